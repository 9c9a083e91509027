"""The page of a step: why, the dates, its letters to change and take along, and what was done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.conversation.came_of import came_of, may_come
from assistant.conversation.letters import Offer, first_caregiver, guide_for, letters_of, tell
from assistant.conversation.marks import ACTS, ANSWERS, Act, ActError, act
from assistant.conversation.stepmail import CLOCK_MAILS
from assistant.escalation.reading import PREPARED
from assistant.escalation.types import StepKey
from assistant.families.jurisdictions import of_step
from assistant.families.plan import calendar_of
from assistant.guide.letter import Letter
from assistant.guide.letters import LETTERS_OF
from assistant.guide.loader import guide_of
from assistant.guide.render import about_step, letter_allowed, review_line
from assistant.guide.types import ClockText, Guide
from assistant.guide.values import date_value, why_sentence
from assistant.store import Attachment, Child, Draft, LogEntry, OutgoingMessage, Step, StepClock
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from assistant.web.letter_form import (
    FORMATS,
    LONGEST_TEXT,
    Field,
    Format,
    copy_file,
    fields_of,
    letter_file,
    read_form,
    same,
)
from assistant.web.signed_in import caregiver_here
from assistant.words import Language
from messages.links import read_step_token

blueprint = Blueprint("step", __name__)

_LONGEST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter on the page: as the log gives it, and as the parent has changed it."""

    letter: Letter
    draft: Draft | None
    older: bool  # the log has news since it was changed

    @property
    def text(self) -> str:
        return self.draft.text if self.draft else self.letter.school.text


@blueprint.get("/step/<token>")
def page(token: str) -> str:
    """What is suggested and why; what was done is changed by a press only."""
    with the_house().store.read() as session:
        return _page(session, token, _step(session, token))


@blueprint.post("/step/<token>")
def decide(token: str) -> ResponseReturnValue:
    """Sent, not now, fixed; or what the school did with what was sent."""
    house = the_house()
    do = next((one for one in ACTS if one == request.form.get("do", "")), None)
    with house.store.write() as session:
        step = _step(session, token)
        if do is None or do not in _acts(step):
            return redirect(url_for("step.page", token=token), 303)
        given = {key: request.form.get(key, "").strip()[:_LONGEST_WORDS] for key in ("on", "words")}
        on, problem = _day(given["on"])
        if not problem:
            try:
                now = house.clock.now()
                act(session, step.id, do, now, house.settings, by="page", on=on, words=given["words"])
            except ActError as error:
                problem = error.key
        if problem:
            errors = {"on": words().say(f"step.wrong_{problem}")}
            return _page(session, token, step, marked=given, errors=errors), 400
    return redirect(url_for("step.page", token=token) + "#main", 303)


@blueprint.post("/step/<token>/came")
def came(token: str) -> ResponseReturnValue:
    """What came of it: a meeting was held, or what the state found."""
    house = the_house()
    with house.store.write() as session:
        step = _step(session, token)
        what = next((one for one in may_come(step) if one == request.form.get("came", "")), None)
        if what is None:
            return redirect(url_for("step.page", token=token), 303)
        given = {key: request.form.get(key, "").strip()[:_LONGEST_WORDS] for key in ("came_on", "came_words")}
        on, problem = _day(given["came_on"])
        if not problem:
            try:
                now, words_ = house.clock.now(), given["came_words"]
                came_of(session, step.id, what, now, house.settings, by="page", on=on, words=words_)
            except ActError as error:
                problem = error.key
        if problem:
            errors = {"came_on": words().say(f"step.wrong_{problem}")}
            return _page(session, token, step, told=given, errors=errors), 400
    return redirect(url_for("step.page", token=token) + "#main", 303)


@blueprint.post("/step/<token>/details")
def details(token: str) -> ResponseReturnValue:
    """Keep what the parent tells for the letters."""
    house = the_house()
    with house.store.write() as session:
        step = _step(session, token)
        found = letters_of(session, step, house.clock.now(), house.settings)
        typed, kept, errors = read_form(_fields(session, step, found), request.form)
        if errors:
            return _page(session, token, step, fields=typed, errors=errors), 400
        child = session.get_one(Child, step.case.child_id)
        person = first_caregiver(session, child.id)
        tell(session, child, kept, house.clock.now(), caregiver=person, line=step.case.line)
    return redirect(url_for("step.page", token=token) + "#letters", 303)


@blueprint.get("/step/<token>/letter/<name>")
def paper(token: str, name: str) -> str:
    """A letter as it would leave: to read, to change, to take along."""
    with the_house().store.read() as session:
        return _paper(session, token, _step(session, token), name)


@blueprint.post("/step/<token>/letter/<name>")
def change(token: str, name: str) -> ResponseReturnValue:
    """Keep the parent's own text of a letter, or go back to the log's."""
    house = the_house()
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    with house.store.write() as session:
        step = _step(session, token)
        letter = _letter(session, step, name)
        draft = _draft(session, step, name)
        if len(text) > LONGEST_TEXT:
            errors = {"text": words().say("step.too_long")}
            return _paper(session, token, step, name, errors=errors, typed=text[:LONGEST_TEXT]), 400
        if request.form.get("keep") == "reset" or not text or same(text, letter):
            if draft is not None:
                session.delete(draft)
        elif draft is None:
            now = house.clock.now()
            session.add(Draft(step_id=step.id, letter=name, text=text, updated_at=now))
        else:
            draft.text, draft.updated_at = text, house.clock.now()
    return redirect(url_for("step.paper", token=token, name=name), 303)


@blueprint.get("/step/<token>/letter/<name>.<form>")
def take(token: str, name: str, form: str) -> Response:
    """A letter as a file, with the parent's changes; the annex stays as the log gives it."""
    with the_house().store.read() as session:
        step = _step(session, token)
        letter = _letter(session, step, name)
        draft = _draft(session, step, name)
        chosen: Format | None = next((one for one in FORMATS if one == form), None)
        made = (
            letter_file(letter, chosen, draft.text if draft else None)
            if chosen
            else copy_file(letter)
            if form == "copy"
            else None
        )
        if made is None:
            abort(404)
        return made


@blueprint.get("/step/<token>/file/<int(max=2147483647):number>")
def letter(token: str, number: int) -> Response:
    """A file of the step's e-mail, as it was sent."""
    with the_house().store.read() as session:
        step = _step(session, token)
        message = _message(session, step)
        found = session.get(Attachment, number)
        if message is None or found is None or found.message_id != message.id:
            abort(404)
        return download(found)


def download(file: Attachment) -> Response:
    """A file as a download, never shown in the page."""
    return send_file(
        BytesIO(file.data), mimetype=file.content_type, as_attachment=True, download_name=file.name
    )


def _page(
    session: Session,
    token: str,
    step: Step,
    *,
    fields: list[Field] | None = None,
    errors: dict[str, str] | None = None,
    marked: dict[str, str] | None = None,
    told: dict[str, str] | None = None,
) -> str:
    house, key = the_house(), StepKey(step.key)
    now = house.clock.now()
    guide = guide_for(session, step, now, house.settings)
    found = letters_of(session, step, now, house.settings)
    person = first_caregiver(session, step.case.child_id)
    message = _message(session, step)
    prefer(message.language if message else person.language)
    language = words().language
    today = now.astimezone(calendar_of(session, step.case.line).zone).date()
    shown = [_shown(session, step, one) for one in found.letters]
    own = letters_of(session, step, now, house.settings, language=language)
    following = next_clock(step)
    return render_template(
        "step.html",
        token=token,
        step=step,
        **_child(session, step),
        line=step.case.line,
        name=step_name(guide, step, language),
        about=about_step(guide, key, language, found.facts),
        next_clock=(following, guide.clock_texts.get(following.name)) if following else None,
        if_passed=if_passed,
        message=message,
        titles={one.key: one.own_title for one in own.letters},
        why=why_sentence(guide, found.facts, language),
        dates=_dates(guide, step, found),
        clocks=guide.clock_texts,
        allowed=letter_allowed(guide, key, today),
        review=review_line(guide, language, key.value, today),
        footer=(guide.jurisdiction[language], f"{guide.version}", guide.not_advice[language]),
        helpers=guide.helpers,
        letters=shown,
        withheld=found.withheld,
        missing=found.missing,
        fields=fields or _fields(session, step, found),
        errors=errors or {},
        acts=_acts(step),
        answers=ANSWERS,
        sendable=key in PREPARED,
        marked=marked or {"on": today.isoformat(), "words": ""},
        may_come=may_come(step),
        told=told or {"came_on": (step.came_on or today).isoformat(), "came_words": ""},
        today=today,
        formats=FORMATS,
    )


def _paper(
    session: Session,
    token: str,
    step: Step,
    name: str,
    *,
    errors: dict[str, str] | None = None,
    typed: str = "",
) -> str:
    person = first_caregiver(session, step.case.child_id)
    prefer(person.language)
    guide = guide_for(session, step, the_house().clock.now(), the_house().settings)
    shown = _shown(session, step, _letter(session, step, name))
    told = _letter(session, step, name, words().language)
    today = the_house().clock.now().astimezone(calendar_of(session, step.case.line).zone).date()
    return render_template(
        "letters/paper.html",
        token=token,
        **_child(session, step),
        shown=shown,
        letter=shown.letter,
        name=name,
        title=told.own_title,
        before=told.before_you_send,
        step_name=step_name(guide, step, words().language),
        text=typed or shown.text,
        errors=errors or {},
        formats=FORMATS,
        review=review_line(guide, words().language, name, today),
        footer=(guide.jurisdiction[words().language], guide.version, guide.not_advice[words().language]),
    )


def step_name(guide: Guide, step: Step, language: Language) -> str:
    """The step as a heading: "Written notice"."""
    name = guide.words[language][step.key]
    return name[:1].upper() + name[1:]


def next_clock(step: Step) -> StepClock | None:
    """The date of a step that comes first, of those that still run."""
    return min((one for one in step.clocks if one.state == "running"), key=lambda one: one.due, default=None)


def if_passed(guide_text: ClockText) -> str:
    """What follows when a date goes by, by whose date it is."""
    return words().say(f"steps.passes_{guide_text.whose}")


def _child(session: Session, step: Step) -> dict[str, Child | None]:
    """Whom it is about; `child` only where who reads it is signed in, so that the child's rooms open."""
    about = session.get_one(Child, step.case.child_id)
    person = caregiver_here(session)
    mine = person is not None and any(one.id == about.id for one in person.children)
    return {"whose": about, "child": about if mine else None}


def _acts(step: Step) -> tuple[Act, ...]:
    """What makes sense: that all is well asks nothing, and what has no letter gets no answer."""
    key = StepKey(step.key)
    if key is StepKey.RESOLVED:
        return ()
    return ACTS if key in PREPARED else tuple(one for one in ACTS if one not in ANSWERS)


def _dates(guide: Guide, step: Step, found: Offer) -> list[dict[str, Any]]:
    """The dates that run since the step was done, else those that would run from today."""
    language = words().language
    known = [one for one in found.facts.dates if one.name in guide.clock_texts]
    return [
        date_value(one, language)
        | {
            "name": guide.clock_texts[one.name].name[language],
            "note": guide.clock_texts[one.name].note[language],
            "kind": one.kind,
            "passes": if_passed(guide.clock_texts[one.name]),
        }
        for one in sorted(known, key=lambda one: one.due)
    ]


def _fields(session: Session, step: Step, found: Offer) -> list[Field]:
    book = guide_of(of_step(session, step, the_house().settings)).letters
    names = LETTERS_OF.get(StepKey(step.key), ())
    return fields_of(found, book, names)


def _shown(session: Session, step: Step, letter: Letter) -> Shown:
    draft = _draft(session, step, letter.key)
    newest: datetime | None = session.scalars(
        select(LogEntry.recorded_at)
        .where(LogEntry.child_id == step.case.child_id)
        .order_by(LogEntry.number.desc())
        .limit(1)
    ).first()
    older = draft is not None and newest is not None and newest > draft.updated_at and step.state != "done"
    return Shown(letter, draft, older)


def _letter(session: Session, step: Step, name: str, language: Language | None = None) -> Letter:
    house = the_house()
    found = letters_of(session, step, house.clock.now(), house.settings, language=language)
    made = next((one for one in found.letters if one.key == name), None)
    if made is None:
        abort(404)
    return made


def _draft(session: Session, step: Step, name: str) -> Draft | None:
    return session.scalars(select(Draft).where(Draft.step_id == step.id, Draft.letter == name)).first()


def _day(text: str) -> tuple[date | None, str]:
    """A day of the form, and what is the matter with it; no day is today."""
    if not text:
        return None, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return None, "day"


def _message(session: Session, step: Step) -> OutgoingMessage | None:
    """The newest e-mail that brought the step, or its reminder; none about its dates."""
    return session.scalars(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.step_id == step.id,
            OutgoingMessage.channel == "email",
            OutgoingMessage.template_key.not_in(CLOCK_MAILS),
        )
        .order_by(OutgoingMessage.id.desc())
        .limit(1)
    ).first()


def _step(session: Session, token: str) -> Step:
    """The step that a signed link opens; 404 for one that we did not make."""
    number = read_step_token(the_house().settings.server.secret_key, token)
    step = session.get(Step, number) if number is not None else None
    if step is None:
        abort(404)
    return step
