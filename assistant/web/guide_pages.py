"""The guide for staff: jurisdictions, every text with its review and as a family would get it, every fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.escalation.types import StepKey
from assistant.families.guide_reviews import (
    LONGEST_NAME,
    LONGEST_NOTE,
    record_review,
    review_history,
    reviewables,
    withdraw_review,
)
from assistant.families.guide_versions import guide_now
from assistant.families.roles import may
from assistant.families.thresholds import EVERY, policy_for_kind
from assistant.guide.checked import KEYS
from assistant.guide.filling import LetterError
from assistant.guide.leaves import PIECES
from assistant.guide.letter import write_letter
from assistant.guide.letters import LETTERS_OF, NAMES
from assistant.guide.loader import bases_of, jurisdictions, load_guide
from assistant.guide.render import render_clock_mail, render_step
from assistant.guide.sample import sample, sample_due
from assistant.guide.types import Fact, Guide, Review
from assistant.store import Staff
from assistant.web import guide_tests
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may
from assistant.words import LANGUAGES, Language
from messages.template_states import guide_key

blueprint = Blueprint("guide_pages", __name__, url_prefix="/admin/guide")

_STEP_OF = {name: key for key, names in LETTERS_OF.items() for name in names}
_OLD = timedelta(days=365)  # a fact last read longer ago should be read again


@dataclass(slots=True)
class Form:
    """A review as it was typed; `errors` by field."""

    by: str = ""
    on: str = ""
    until: str = ""
    note: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A text of the guide in one language, filled for the sample family."""

    language: Language
    kind: str  # "mail", "letter", "copy", "before_you_send"
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A fact of the guide as the page lists it. `old`: it was last read more than a year ago."""

    name: str
    fact: Fact
    old: bool


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """The jurisdictions, and every text of the one in use with its review."""
    house = the_house()
    with house.store.read() as session:
        staff_who_may(session, "templates_see")
        guide = guide_now(session, house.settings)
        rows = reviewables(session, house.settings, _today())
        return render_template(
            "admin/guide.html",
            guides=[(load_guide(key), bases_of(key)) for key in jurisdictions()],
            guide=guide,
            rows=rows,
            name=lambda key: _name(guide, key),
            needing=[one for one in rows if one.standing in ("soon", "expired", "changed")],
            groups=("step", "letter", "dates"),
            standing=_standing,
            language=words().language,
        )


@blueprint.get("/facts")
def facts() -> ResponseReturnValue:
    """What the guide rests on: where each fact was read, how sure it is, and when it was last checked."""
    house = the_house()
    with house.store.read() as session:
        staff_who_may(session, "templates_see")
        guide = guide_now(session, house.settings)
    return render_template("admin/guide_facts.html", guide=guide, groups=_facts(guide))


@blueprint.get("/text/<key>")
def text(key: str) -> ResponseReturnValue:
    """One text as a family would get it in each language, its review, and the form to write one down."""
    with the_house().store.read() as session:
        staff = staff_who_may(session, "templates_see")
        _known(key)
        return _page(session, staff, key, Form(on=_today().isoformat()))


@blueprint.post("/text/<key>")
def review(key: str) -> ResponseReturnValue:
    """Write down a review, or that one no longer holds. What was sent before stays as it was."""
    house, now = the_house(), the_house().clock.now()
    with house.store.write() as session:
        staff = staff_who_may(session, "guide_review")
        _known(key)
        form, withdrawing = _typed(), request.form.get("do") == "withdraw"
        days = _checked(form, withdrawing=withdrawing)
        if form.errors:
            return _page(session, staff, key, form), 400
        if withdrawing:
            withdraw_review(session, house.settings, key, form.note, staff.id, now)
        else:
            record_review(session, house.settings, key, form.by, *days, form.note, staff.id, now)
    flash(words().say("guide_pages.withdrawn_now" if withdrawing else "guide_pages.recorded"))
    return redirect(url_for("guide_pages.text", key=key), 303)


blueprint.add_url_rule("/text/<key>/test", "test", view_func=guide_tests.send, methods=["POST"])


def _known(key: str) -> None:
    if key not in KEYS:
        abort(404)


def _typed() -> Form:
    def line(name: str) -> str:
        return " ".join(request.form.get(name, "").split())

    return Form(line("by"), line("on")[:20], line("until")[:20], line("note"))


def _checked(form: Form, *, withdrawing: bool) -> tuple[date, date]:
    """The days of a review; what is the matter goes into the form's errors."""
    say, today = words().say, _today()
    if len(form.note) > LONGEST_NOTE or not form.note.isprintable() or (withdrawing and not form.note):
        form.errors["note"] = say("guide_pages.wrong_note", most=LONGEST_NOTE)
    if withdrawing:
        return today, today
    if not form.by or len(form.by) > LONGEST_NAME or not form.by.isprintable():
        form.errors["by"] = say("guide_pages.wrong_by", most=LONGEST_NAME)
    on, until = _day(form.on), _day(form.until)
    if on is None or on > today:
        form.errors["on"] = say("guide_pages.wrong_on")
    if until is None or not today < until <= today + timedelta(days=3 * 366):
        form.errors["until"] = say("guide_pages.wrong_until")
    return on or today, until or today


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(session: Session, staff: Staff, key: str, form: Form) -> str:
    house = the_house()
    guide = guide_now(session, house.settings)
    one = next(row for row in reviewables(session, house.settings, _today()) if row.key == key)
    people = {row.id: row.email for row in session.scalars(select(Staff).limit(500))}
    return render_template(
        "admin/guide_text.html",
        key=key,
        name=_name(guide, key),
        row=one,
        standing=_standing,
        guide=guide,
        told=_told(guide, key),
        triggers=_when(session, guide, key),
        edits=[
            (kind, code, guide_key(guide.key, f"{kind}.{key}"))
            for kind in ("mail", "letter")
            if f"{kind}.{key}" in PIECES
            for code in LANGUAGES
        ],
        form=form,
        history=[(row, people.get(row.staff_id, "")) for row in review_history(session, house.settings, key)],
        may_review=may(staff.role, "guide_review"),
        zone=_zone(),
        longest_name=LONGEST_NAME,
        longest_note=LONGEST_NOTE,
    )


def _when(session: Session, guide: Guide, key: str) -> tuple[str, ...]:
    """When a step is suggested, with the numbers that hold for all services."""
    if key not in set(StepKey):
        return ()
    policy = policy_for_kind(session, EVERY, the_house().settings)
    return guide.when(StepKey(key), words().language, policy)


def _told(guide: Guide, key: str) -> list[Told]:
    """The text in every language for the sample family, as if its review held: all of its words."""
    whole = _as_if_reviewed(guide)
    return [one for language in LANGUAGES for one in _told_in(whole, key, language)]


def _told_in(guide: Guide, key: str, language: Language) -> list[Told]:
    today, found = _today(), []
    step = StepKey(key) if key in set(StepKey) else _STEP_OF.get(key, StepKey.DOCUMENT)
    about = sample(guide, step, language, today)
    if key in set(StepKey):
        mail = render_step(guide, step, language, about)
        found.append(Told(language, "mail", mail.subject, mail.text))
    if KEYS[key] == "dates":
        when: Literal["before", "after"] = "before" if key == "clock_before" else "after"
        for clock in guide.clock_mails[when, language].phrases:
            mail = render_clock_mail(
                guide, when, clock, step, language, about, sample_due(guide, clock, today)
            )
            found.append(Told(language, "mail", mail.subject, mail.text))
    if key in NAMES:
        found += _letter(guide, key, language)
    return found


def _letter(guide: Guide, name: str, language: Language) -> list[Told]:
    about = sample(guide, _STEP_OF.get(name, StepKey.DOCUMENT), language, _today())
    try:
        made = write_letter(guide, name, language, about)
    except LetterError:
        return []
    shown = made.copy or made.school
    found = [Told(language, "copy" if made.copy else "letter", shown.title, shown.text)]
    if made.before_you_send:
        points = "\n".join(f"- {one}" for one in made.before_you_send)
        found.append(Told(language, "before_you_send", made.before_title, points))
    return found


def _as_if_reviewed(guide: Guide) -> Guide:
    """The guide with no review run out: a text past its review is read whole here, to be reviewed anew."""
    today = _today()
    kept = {key: one for key, one in guide.reviews.items() if one.state(today) != "expired"}
    return replace(guide, reviews=kept)


def _facts(guide: Guide) -> list[tuple[str, list[Source]]]:
    language, today = words().language, _today()

    def listed(named: Sequence[tuple[str, Fact]]) -> list[Source]:
        return [Source(name, fact, today - fact.verified_on > _OLD) for name, fact in named]

    clocks = [(one.name[language], one.fact) for one in guide.clock_texts.values() if one.fact is not None]
    return [
        ("citations", listed([(one.text, one) for one in guide.citations.values()])),
        ("clocks", listed(clocks)),
        ("places", listed([(one.name, one) for one in guide.places.values()])),
        ("helpers", listed([(one.name, one) for one in guide.helpers])),
        ("signals", listed([(one.text[language], one) for one in guide.signals])),
        ("glossary", listed([(one.term[language], one) for one in guide.glossary.values()])),
        ("reading", listed([(one.name[language], one) for one in guide.reading.values()])),
    ]


def _name(guide: Guide, key: str) -> str:
    """What a step, letter or kind of e-mail is called, in the reader's language."""
    language = words().language
    if key in set(StepKey):
        name = guide.words[language][key]
        return name[:1].upper() + name[1:]
    if key in NAMES:
        return guide.letters.texts[key, language].title
    return words().say(f"guide_pages.{key}")


def _standing(review: Review, standing: str) -> str:
    """The state of a review in words."""
    until = words().day_and_year(review.until) if review.until else ""
    return words().say(f"guide_pages.is_{standing}", by=review.by, until=until)


def _zone() -> ZoneInfo:
    return ZoneInfo(the_house().settings.program.zone)


def _today() -> date:
    return the_house().clock.now().astimezone(_zone()).date()
