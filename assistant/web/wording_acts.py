"""The versions of a text: history, review, retirement, going back; and test texts to one's own phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant.families.own_mail import Try, send_test_mail
from assistant.families.own_phone import phone_of, send_test, set_phone
from assistant.families.roles import Power, may
from assistant.families.wordings import (
    NotNowError,
    alone,
    retire,
    review,
    roll_back,
    send_back,
    send_to_review,
    who,
)
from assistant.store import Staff
from assistant.web.current import the_house
from assistant.web.guide_words import changed
from assistant.web.language import words
from assistant.web.phones import us_phone
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import a_line, finding, of_list, today, what
from assistant.words import Language
from messages.template_diff import Piece, pieces
from messages.template_samples import sample
from messages.template_states import Version, Wording, guide_piece, wording
from messages.templates import TemplateError, fill

REASON = 300  # letters
_SHOWN = 50  # versions on a page
_GOOD_FOR = timedelta(days=365)  # what the form offers for a review
# What may be done with a version, and who may.
POWERS: dict[str, Power] = {
    "send": "templates_edit",
    "back": "templates_review",
    "review": "templates_review",
    "retire": "templates_see",  # a draft by who edits, what is in use by who reviews
    "again": "templates_edit",
}
_WITH_REASON = ("back", "retire", "again")


@dataclass(frozen=True, slots=True)
class Past:
    """A version as the history shows it: what changed, who did what, what may be done now."""

    version: Version
    changes: list[Piece]
    before: int | None
    can: tuple[str, ...]
    places: list[tuple[str, list[Piece]]]  # of a text of the guide, only what differs, with where it stands


def versions(language: str, key: str) -> ResponseReturnValue:
    """The history of a text."""
    code = of_list(language, key)
    with the_house().store.read() as session:
        staff = staff_who_may(session, "templates_see")
        return _history(session, staff, wording(session, key, code))


def act(language: str, key: str, number: int) -> ResponseReturnValue:
    """Send to review, send back, review, retire, or go back to a version."""
    code, house, do = of_list(language, key), the_house(), request.form.get("do", "")
    if do not in POWERS:
        abort(404)
    reason = a_line("reason")[: REASON + 1]
    try:
        with house.store.write() as session:
            staff = staff_who_may(session, POWERS[do])
            one = wording(session, key, code)
            if do in _WITH_REASON and not 0 < len(reason) <= REASON:
                problem = words().say("wordings.no_reason", most=REASON)
                return _history(session, staff, one, problem, number), 400
            try:
                said = _do(session, staff, one, do, number, reason)
            except NotNowError as error:
                problem = words().say(f"wordings.no_{error.why}")
                code_of = 403 if error.why in ("own_words", "power") else 404 if error.why == "gone" else 409
                status = 400 if error.why == "until" else code_of
                return _history(session, staff, one, problem, number), status
    except IntegrityError:
        flash(words().say("wordings.no_old"))
        return redirect(url_for("templates.versions", language=code, key=key), 303)
    flash(said)
    return redirect(url_for("templates.versions", language=code, key=key), 303)


def test(language: str, key: str) -> ResponseReturnValue:
    """Send the newest words, filled in and marked: a text to the phone, an e-mail to the address of who
    presses it.
    """
    code, house = of_list(language, key), the_house()
    if key.startswith(("mails.", "footer.", "words.")):
        return _test_mail(code, key)
    if not key.startswith("texts."):
        abort(404)
    with house.store.write() as session:
        staff = staff_who_may(session, "templates_see")
        one = wording(session, key, code)
        version = one.at_work or one.in_use
        if version is None:
            abort(404)
        try:
            filled = fill(version.row.body, sample(key, code, house.settings.program.name), key)
        except TemplateError:
            abort(404)
        now = house.clock.now()
        trouble = send_test(session, staff, key, code, version.number, filled, now, house.settings)
    if house.settings.sandbox and not trouble:
        house.run_pass()
    flash(words().say(f"wordings.test_{trouble or 'sent'}"))
    return redirect(url_for("templates.edit", language=code, key=key), 303)


def _test_mail(code: Language, key: str) -> ResponseReturnValue:
    """An e-mail whole, its subject and body in their newest words; of a longer one, the sentence alone, as
    footers and words that stand inside of something.
    """
    house = the_house()
    of_mail, _, part = key.rpartition(".")
    whole = key.startswith("mails.") and part in ("subject", "body")
    keys = [f"{of_mail}.subject", f"{of_mail}.body"] if whole else [key]
    with house.store.write() as session:
        staff = staff_who_may(session, "templates_see")
        found = [wording(session, one, code) for one in keys]
        newest = [one.at_work or one.in_use for one in found]
        values = sample(key, code, house.settings.program.name)
        try:
            filled = [fill(one.row.body, values, key) for one in newest if one is not None]
        except TemplateError:
            abort(404)
        if len(filled) != len(keys):
            abort(404)
        shown = newest[-1 if key == keys[-1] else 0]
        assert shown is not None
        tried = Try(key, code, shown.number, filled[0] if len(keys) == 2 else what(key), filled[-1])
        trouble = send_test_mail(session, staff, tried, house.clock.now(), house.settings)
    if house.settings.sandbox and not trouble:
        house.run_pass()
    flash(words().say(f"wordings.mail_{trouble or 'sent'}"))
    return redirect(url_for("templates.edit", language=code, key=key), 303)


def phone() -> ResponseReturnValue:
    """One's own phone for test texts."""
    with the_house().store.read() as session:
        return _phone(session, staff_who_may(session, "templates_see"))


def phone_set() -> ResponseReturnValue:
    """Name it; the invitation goes there, and only a JOIN from it lets tests through."""
    house = the_house()
    typed = request.form.get("phone", "")[:40]
    number = us_phone(typed)
    with house.store.write() as session:
        staff = staff_who_may(session, "templates_see")
        if number is None:
            return _phone(session, staff, typed, words().say("wordings.phone_wrong")), 400
        now = house.clock.now()
        trouble = set_phone(session, staff, number, words().language, now, house.settings)
        if trouble:
            status = 429 if trouble == "too_many" else 400
            return _phone(session, staff, typed, words().say(f"wordings.phone_{trouble}")), status
    if house.settings.sandbox:
        house.run_pass()
    flash(words().say("wordings.phone_sent"))
    return redirect(url_for("templates.phone"), 303)


def _do(session: Session, staff: Staff, one: Wording, do: str, number: int, reason: str) -> str:
    """Do it, and what to say of it. Raises NotNowError."""
    say, now, day = words().say, the_house().clock.now(), today()
    if do == "send":
        send_to_review(session, staff, one, number, now)
        return say("wordings.done_sent")
    if do == "back":
        send_back(session, staff, one, number, reason, now)
        return say("wordings.done_back")
    if do == "review":
        review(session, staff, one, number, _until(day), day, now)
        return say("wordings.done_reviewed")
    if do == "retire":
        version = one.numbered(number)
        using = version is not None and version.live
        if not may(staff.role, "templates_edit") and not may(staff.role, "templates_review"):
            raise NotNowError("power")
        retire(session, staff, one, number, reason, now)
        return say("wordings.done_retired" if using else "wordings.done_dropped")
    row = roll_back(session, staff, one, number, reason, now)
    return say("wordings.done_again", version=row.version)


def _until(day: date) -> date:
    """The day that was typed; `day` itself, today, which is refused, for what is none."""
    try:
        return date.fromisoformat(request.form.get("until", "")[:10])
    except ValueError:
        return day


def _history(session: Session, staff: Staff, one: Wording, problem: str = "", at: int = 0) -> str:
    people = {row.id: row.email for row in session.scalars(select(Staff).limit(500))}
    day = today()
    return render_template(
        "admin/wording_versions.html",
        one=one,
        what=what(one.key),
        pasts=list(_pasts(session, staff, one)),
        by=lambda author: _who(author, people),
        problem=problem,
        at=at,
        until=(day + _GOOD_FOR).isoformat(),
        tomorrow=(day + timedelta(days=1)).isoformat(),
        zone=ZoneInfo(the_house().settings.program.zone),
        longest=REASON,
        say=finding,
    )


def _pasts(session: Session, staff: Staff, one: Wording) -> Iterator[Past]:
    by_itself = alone(session, staff)
    for place, version in enumerate(one.versions[:_SHOWN]):
        before = one.versions[place + 1] if place + 1 < len(one.versions) else None
        changes = pieces(before.row.body if before else version.row.body, version.row.body)
        places = (
            changed(one.key, before.row.body, version.row.body) if before and guide_piece(one.key) else []
        )
        can = tuple(do for do in POWERS if _can(staff, one, version, do, by_itself))
        yield Past(version, changes, before.number if before else None, can, places)


def _can(staff: Staff, one: Wording, version: Version, do: str, by_itself: bool) -> bool:
    """Whether the page offers it; the use-case decides once more."""
    if do != "retire" and not may(staff.role, POWERS[do]):
        return False
    newest, using = version is one.at_work, version is one.in_use
    if version.number == 0 and do != "again":
        return False  # the guide's own file
    own = version.row.author == who(staff) and not by_itself
    if do == "send":
        return newest and version.state == "draft"
    if do == "back":
        return newest and version.state == "in_review"
    if do == "review":
        return not own and (using or (newest and version.state == "in_review"))
    if do == "retire":
        if version.live:
            more = sum(other.live for other in one.versions) > 1
            return using and more and may(staff.role, "templates_review")
        return version.state != "retired" and may(staff.role, "templates_edit")
    return not using and not newest


def _who(author: str, people: dict[int, str]) -> str:
    number = author.removeprefix("staff ")
    if number == author or not number.isdigit():
        return author
    return people.get(int(number)) or words().say("wordings.somebody", number=number)


def _phone(session: Session, staff: Staff, typed: str = "", problem: str = "") -> str:
    found = phone_of(session, staff)
    return render_template(
        "admin/wording_phone.html",
        state=found.texts if found else "none",
        digits=(found.phone or "")[-4:] if found else "",
        typed=typed,
        errors={"phone": problem} if problem else {},
    )
