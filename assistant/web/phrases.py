"""What the reader was taught: the list, a look before a phrase is put forward, approving, taking back."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.conversation.phrases import Look, NotNowError, approve, end, listed, look, names_of, teach
from assistant.families.roles import may
from assistant.replies.teaching import LONGEST, TEACHABLE
from assistant.store import Caregiver, InboundText, Staff, TaughtPhrase
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.speech import as_language
from assistant.web.staff_pages import staff_who_may
from assistant.words import LANGUAGES, Language, Outcome
from messages.outbox import language_of

blueprint = Blueprint("phrases", __name__, url_prefix="/admin/phrases")

_SHOWN = 10  # waiting texts that are named one by one
_LONGEST_TYPED = 2 * LONGEST


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """Those to approve, those in use, and those that were refused or taken back."""
    with the_house().store.read() as session:
        staff = staff_who_may(session, "templates_see")
        return _list(session, staff)


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """A phrase: looked at first, and put forward by a second press. Nothing of it stands in an address."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "phrases_teach")
        text = _text(session, staff)
        typed, language, outcome = _typed(session, text)
        found = None
        if request.method == "POST":
            names = names_of(session, text) if text else ()
            found = look(session, typed, outcome, language, house.clock.now(), names)
            if request.form.get("do") == "teach":
                try:
                    teach(session, staff, found, house.clock.now())
                except NotNowError:
                    return _form(session, staff, text, typed, language, found), 400
                flash(words().say("phrases.put_forward"))
                return redirect(url_for("phrases.page"), 303)
        return _form(session, staff, text, typed, language, found)


@blueprint.post("/<int(max=2147483647):number>/<any(approve,end):what>")
def act(number: int, what: str) -> ResponseReturnValue:
    """Approve it, refuse it, take it back."""
    house = the_house()
    with house.store.write() as session:
        if what == "approve":
            staff = staff_who_may(session, "templates_review")
        else:
            staff = staff_who_may(session, "templates_see")
            if not (may(staff.role, "phrases_teach") or may(staff.role, "templates_review")):
                staff_who_may(session, "templates_review")  # refuses
        try:
            row = (approve if what == "approve" else end)(session, staff, number, house.clock.now())
        except NotNowError as error:
            return _list(session, staff, str(error)), 400
        state = row.state
    flash(words().say(f"phrases.now_{state}"))
    return redirect(url_for("phrases.page"), 303)


def _list(session: Session, staff: Staff, wrong: str = "") -> str:
    rows = listed(session)
    return render_template(
        "admin/phrases.html",
        groups=[
            ("proposed", [one for one in rows if one.state == "proposed"]),
            ("live", [one for one in rows if one.state == "live"]),
            ("over", [one for one in rows if one.state in ("refused", "undone")]),
        ],
        may_end=lambda row: _may_end(staff, row),
        mine=staff.id,
        wrong=wrong,
        zone=ZoneInfo(the_house().settings.program.zone),
    )


def _may_end(staff: Staff, row: TaughtPhrase) -> bool:
    reviews = may(staff.role, "templates_review")
    if row.state == "proposed":
        return reviews or row.taught_by == staff.id
    return row.state == "live" and (reviews or may(staff.role, "phrases_teach"))


def _form(
    session: Session,
    staff: Staff,
    text: InboundText | None,
    typed: str,
    language: Language,
    found: Look | None,
) -> str:
    waiting = found.waiting[:_SHOWN] if found and may(staff.role, "inbox") else ()
    shown = session.scalars(
        select(InboundText).where(InboundText.id.in_(waiting)).order_by(InboundText.id.desc())
    ).all()
    return render_template(
        "admin/phrase.html",
        text=text,
        typed=typed,
        phrase_language=language,
        spoken=LANGUAGES,
        outcome=request.form.get("outcome", ""),
        outcomes=TEACHABLE,
        found=found,
        shown=shown,
        longest=LONGEST,
        zone=ZoneInfo(the_house().settings.program.zone),
    )


def _text(session: Session, staff: Staff) -> InboundText | None:
    """The waiting text that it began with, for who may read texts."""
    given = request.form.get("text", "")
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        return None
    found = session.get(InboundText, int(given))
    if found is None or not found.needs_staff or not may(staff.role, "inbox"):
        abort(404)
    return found


def _typed(session: Session, text: InboundText | None) -> tuple[str, Language, Outcome]:
    """The phrase, its language and meaning as the form gives them; else as the text has them."""
    given = " ".join(request.form.get("phrase", "").replace("\x00", "").split())[:_LONGEST_TYPED]
    typed = given or (" ".join(text.body.split())[:_LONGEST_TYPED] if text else "")
    person = session.get(Caregiver, text.caregiver_id) if text and text.caregiver_id else None
    theirs = language_of(person) if person else words().language
    language = as_language(request.form.get("language")) or theirs
    outcome = next((one for one in TEACHABLE if one == request.form.get("outcome", "")), None)
    if request.method == "POST" and outcome is None:
        abort(404)
    return typed, language, outcome or TEACHABLE[0]
