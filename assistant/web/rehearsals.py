"""A year in a minute: staff let made-up families live under changed words or thresholds, and read all of it.

The page only asks; a job lives it (jobs.rehearse). Meanwhile the page looks again by itself, by a header, so
without a script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from assistant.escalation.policy import Policy
from assistant.families.kinds import KINDS
from assistant.families.thresholds import EVERY, ThresholdError, checked, layered, newest_values
from assistant.operations.rehearsal_diff import by_words, difference, parts_of
from assistant.operations.rehearsals import (
    TooManyError,
    Wish,
    ask,
    newest_text,
    scenarios,
    text_keys,
    texts_of,
)
from assistant.store import Rehearsal
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.speech import as_language, speech
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import what
from assistant.words import LANGUAGES
from messages.template_states import editable
from messages.templates import LONGEST_TEMPLATE, misfits

blueprint = Blueprint("rehearsals", __name__, url_prefix="/admin/rehearsals")

FIRST = "shipped:a-year"
LONGEST = 5_000  # letters of a text that is tried
A_PAGE = 150  # events
_LISTED = 20
_AGAIN = 3  # seconds
_GREY = "grey_counts"


@dataclass(slots=True)
class Form:
    """The form as it was typed; `text` is "KEY LANGUAGE", or "" where no text is tried."""

    scenario: str = FIRST
    drafts: bool = False
    text: str = ""
    body: str = ""
    kind: str = "all"
    numbers: Mapping[str, str] = field(default_factory=dict)
    grey: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """What may be lived, with which words and numbers, and a link can fill it in.

    `?text=texts.confirm+en` puts the newest words of a text up for a try, `?drafts=1` chooses all drafts,
    `?kind=speech&misses_for_notice=2` thresholds.
    """
    with the_house().store.read() as session:
        staff_who_may(session, "rehearse")
        form, asked = _linked(), request.args.get("text", "")[:80]
        if request.args.get("in") in LANGUAGES:
            asked = f"{asked} {request.args['in']}"
        key, _, language = asked.rpartition(" ")
        body = newest_text(session, key, language) if editable(key) else None
        if body is not None:
            form.text, form.body = asked, body
        return _asking(session, form)


@blueprint.post("/")
def start() -> ResponseReturnValue:
    """Queue it. The page of the new rehearsal answers at once and looks again until it is over."""
    house, form = the_house(), _typed()
    with house.store.write() as session:
        staff = staff_who_may(session, "rehearse")
        wish = _wish(session, form)
        if wish is not None and not form.errors:
            try:
                number = ask(session, staff, wish, house.clock.now(), house.settings).id
            except TooManyError:
                form.errors["scenario"] = words().say("rehearsals.wrong_too_many")
        if wish is None or form.errors:
            return _asking(session, form), 400
    house.wake("rehearse")
    return redirect(url_for("rehearsals.read", number=number), 303)


@blueprint.get("/<int(max=2147483647):number>")
def read(number: int) -> ResponseReturnValue:
    """Where it is; once it is over, month by month what everybody got and said."""
    with the_house().store.read() as session:
        staff_who_may(session, "rehearse")
        row = _row(session, number)
        beside = session.get(Rehearsal, row.beside) if row.beside else None
        if row.state != "done":
            answer = make_response(render_template("admin/rehearsal_wait.html", row=row, **_shared()))
            if row.state in ("queued", "running"):
                answer.headers["Refresh"] = str(_AGAIN)
            return answer
        return _month(row, beside)


@blueprint.get("/<int(max=2147483647):number>/mail/<int(max=99999):place>")
def mail(number: int, place: int) -> ResponseReturnValue:
    """One e-mail whole, and the letters that came with it."""
    with the_house().store.read() as session:
        staff_who_may(session, "rehearse")
        row = _row(session, number)
        events = _events(row)
        if place >= len(events) or events[place]["type"] != "email_out":
            abort(404)
        return render_template("admin/rehearsal_mail.html", row=row, event=events[place], **_shared())


@blueprint.get("/<int(max=2147483647):number>/changes")
def changes(number: int) -> ResponseReturnValue:
    """Before and after: beside the same scenario as everything is now, or beside `?with=` another one."""
    with the_house().store.read() as session:
        staff_who_may(session, "rehearse")
        row = _row(session, number)
        asked = request.args.get("with", "")
        other = int(asked[:9]) if asked.isascii() and asked.isdigit() else row.beside
        beside = _row(session, other) if other else None
        if beside is None or beside.scenario != row.scenario:
            abort(404)
        if "failed" in (row.state, beside.state):
            return redirect(url_for("rehearsals.read", number=row.id), 303)
        if row.state != "done" or beside.state != "done":
            waited = make_response(
                render_template("admin/rehearsal_wait.html", row=row, beside=beside, **_shared())
            )
            waited.headers["Refresh"] = str(_AGAIN)
            return waited
        only = request.args.get("only", "")[:160]
        found = difference(_events(beside), _events(row), only=only)
        if only and not found.groups:
            abort(404)
        return render_template(
            "admin/rehearsal_changes.html",
            row=row,
            beside=beside,
            other=other,
            only=only,
            found=found,
            parts_of=parts_of,
            by_words=by_words,
            **_shared(),
        )


def _asking(session: Session, form: Form) -> str:
    """The form and what was lived lately."""
    house = the_house()
    rows = session.scalars(select(Rehearsal).order_by(Rehearsal.id.desc()).limit(_LISTED)).all()
    others = texts_of(session, drafts=True)
    standing = newest_values(session)
    service = form.kind if form.kind in KINDS else EVERY
    return render_template(
        "admin/rehearsals.html",
        form=form,
        rows=rows,
        scenarios=list(scenarios(house.settings)),
        drafts=sum(texts_of(session, drafts=False).get(name) != body for name, body in others.items()),
        texts={one: what(one) for one in (*text_keys(), *_of_guide(form.text))},
        picked=form.text.rpartition(" "),
        called=_called(form.text) if form.text else "",
        codes=LANGUAGES,
        name_of_language=lambda code: speech(code).say("layout.name_of_language"),
        longest=LONGEST,
        kinds=("all", *KINDS),
        now=layered(house.settings, service, standing),
        keys=[one.name for one in fields(Policy) if one.name != _GREY],
        zone=ZoneInfo(house.settings.program.zone),
        **_shared(),
    )


def _called(text: str) -> str:
    """A text and its language in words: "Invitation after sign-up on the page (English)"."""
    key, _, code = text.rpartition(" ")
    language = as_language(code)
    return f"{what(key)} ({speech(language).say('layout.name_of_language')})" if language else text


def _of_guide(text: str) -> list[str]:
    """The text that is tried, where it is none of the catalogue's: a link from the guide's editor."""
    key = text.rpartition(" ")[0]
    return [key] if key and key not in text_keys() else []


def _linked() -> Form:
    """What a link from another room asks for; what it should not is left out."""
    given = request.args
    numbers = {one.name: given.get(one.name, "")[:9] for one in fields(Policy) if one.name != _GREY}
    kind, grey = given.get("kind", "all"), given.get(_GREY, "")
    return Form(
        drafts=given.get("drafts") == "1",
        kind=kind if kind in KINDS else "all",
        numbers={key: text for key, text in numbers.items() if text.isascii() and text.isdigit()},
        grey=grey if grey in ("yes", "no") else "",
    )


def _typed() -> Form:
    given = request.form
    keys = [one.name for one in fields(Policy) if one.name != _GREY]
    return Form(
        scenario=given.get("scenario", "")[:120],
        drafts=given.get("words") == "drafts",
        text=given.get("text", "")[:80],
        body=given.get("body", "").replace("\r\n", "\n").strip("\n"),
        kind=given.get("kind", "all")[:40],
        numbers={key: given.get(key, "").strip()[:9] for key in keys},
        grey=given.get(_GREY, "")[:3],
    )


def _wish(session: Session, form: Form) -> Wish | None:
    """What the form asks for, or None with its errors named."""
    if form.scenario not in scenarios(the_house().settings):
        form.errors["scenario"] = words().say("rehearsals.wrong_scenario")
    texts, policies = _tried_text(form), _tried_numbers(session, form)
    return None if form.errors else Wish(form.scenario, form.drafts, texts, policies)


def _tried_text(form: Form) -> dict[str, str]:
    key, _, language = form.text.rpartition(" ")
    if not form.text or not form.body:
        return {}
    if not editable(key) or language not in LANGUAGES:
        form.errors["body"] = words().say("rehearsals.wrong_text")
    elif len(form.body) > min(LONGEST, LONGEST_TEMPLATE) or "\x00" in form.body:
        form.errors["body"] = words().say("rehearsals.wrong_long", longest=LONGEST)
    elif holes := misfits(key, form.body):
        names = ", ".join(f"{{{name}}}" for name in holes)
        form.errors["body"] = words().say("rehearsals.wrong_names", names=names)
    return {form.text: form.body}


def _tried_numbers(session: Session, form: Form) -> dict[str, dict[str, Any]]:
    """The layer as it would be: what was typed, over what holds now."""
    typed = {key: text for key, text in form.numbers.items() if text}
    for key, text in typed.items():
        if not (text.isascii() and text.isdigit()):
            form.errors[key] = words().say("thresholds.wrong_number")
    if form.kind not in ("all", *KINDS):
        form.errors["kind"] = words().say("rehearsals.wrong_kind")
    if form.errors or not (typed or form.grey in ("yes", "no")):
        return {}
    wanted: dict[str, Any] = {key: int(text) for key, text in typed.items()}
    if form.grey in ("yes", "no"):
        wanted[_GREY] = form.grey == "yes"
    service, settings = form.kind if form.kind in KINDS else EVERY, the_house().settings
    standing = newest_values(session)
    try:
        return {service: checked(service, {**standing.get(service, {}), **wanted}, standing, settings)}
    except ThresholdError as error:
        key = error.key if error.key in form.numbers else "kind"
        form.errors[key] = words().say("rehearsals.wrong_threshold")
        return {}


def _month(row: Rehearsal, beside: Rehearsal | None) -> Response:
    """One month of a rehearsal that is over, a part of it at a time, with what all of it comes to."""
    events = _events(row)
    told = [(n, event) for n, event in enumerate(events) if event["type"] != "ledger"]
    months = sorted({event["at"][:7] for _, event in told})
    month = request.args.get("month", "")
    month = month if month in months else next(iter(months), "")
    language = request.args.get("only", "")
    language = language if language in LANGUAGES else ""
    shown = [
        (n, event)
        for n, event in told
        if event["at"][:7] == month and language in ("", event.get("language", language))
    ]
    part = request.args.get("part", "1")
    number = min(max(1, int(part[:4]) if part.isascii() and part.isdigit() else 1), -(-len(shown) // A_PAGE))
    some = shown[(number - 1) * A_PAGE : number * A_PAGE] if shown else []
    days = [
        (date.fromisoformat(day), list(found))
        for day, found in groupby(some, key=lambda one: one[1]["at"][:10])
    ]
    return make_response(
        render_template(
            "admin/rehearsal.html",
            row=row,
            beside=beside,
            days=days,
            months=[(one, date.fromisoformat(f"{one}-01")) for one in months],
            month=month,
            only=language,
            part=number,
            parts=-(-len(shown) // A_PAGE),
            families=len({event["family"] for _, event in told if event["family"]}),
            cut=(row.result or {}).get("cut", False),
            **_shared(),
        )
    )


def _events(row: Rehearsal) -> Sequence[dict[str, Any]]:
    events: list[dict[str, Any]] = (row.result or {}).get("events", [])
    return events


def _row(session: Session, number: int) -> Rehearsal:
    wanted = select(Rehearsal).where(Rehearsal.id == number).options(undefer(Rehearsal.result))
    row = session.scalars(wanted).first()
    if row is None:
        abort(404)
    return row


def _shared() -> dict[str, Any]:
    return {
        "cost": _cost,
        "name_of": _name_of,
        "clock": _clock,
        "step_name": _step_name,
        "fault": _fault,
        "note": _note,
        "day_of": lambda text: date.fromisoformat(text[:10]),
    }


def _cost(segments: int) -> str:
    """What so many segments cost, as text."""
    set_to = the_house().settings.rehearsals
    return words().money(Decimal(segments) * set_to.price_per_segment, set_to.currency)


def _name_of(scenario: str) -> str:
    whose, _, name = scenario.partition(":")
    key = f"rehearsals.scenario_{name.replace('-', '_')}"
    return words().say(key) if whose == "shipped" and words().knows(key) else name


def _clock(event: Mapping[str, Any]) -> str:
    return words().clock(datetime.fromisoformat(event["at"]).time())


def _step_name(step: str) -> str:
    key = f"rehearsals.step_{step}"
    return words().say(key) if words().knows(key) else step


def _note(event: Mapping[str, Any]) -> str:
    """What happened beside texts, e-mails and the log's sessions."""
    key = f"rehearsals.note_{event.get('note', '')}"
    if not words().knows(key):
        return words().say("rehearsals.note_other")
    step = _step_name(str(event.get("step", "")))
    return words().say(key, step=step) if "{step}" in words().entries[key] else words().say(key)


def _fault(row: Rehearsal) -> str:
    """Why it failed, in words where we have them; a fault of the scenario's file is told as it is."""
    key = f"rehearsals.fault_{row.fault}"
    return words().say(key) if words().knows(key) else ""
