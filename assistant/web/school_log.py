"""The school's service log beside the parent's: put in, looked over, kept, compared. Nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import get_args

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.evidence.school_log import (
    NewLog,
    Source,
    by_service,
    compare_line,
    digest_of,
    keep,
    logs_of,
    zone_of,
)
from assistant.evidence.school_text import (
    MAX_BYTES,
    ReadError,
    Reading,
    Row,
    Unread,
    as_csv,
    as_text,
    read,
    tidy,
)
from assistant.store import Child, ServiceLine
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import lines_of, mine
from assistant.web.school_log_words import question, shown
from assistant.web.speech import as_language

blueprint = Blueprint("school_log", __name__, url_prefix="/family/school-log")

TYPED = 12  # rows of the form
BY_ROW = "rows"  # the choice that each row names its service
_SAID = ("given", "not given", "not clear")
_LONGEST_CELL = 120


@dataclass(frozen=True, slots=True)
class Given:
    """What the form holds: a log's text and where it came from, the service, the days it covers."""

    raw: str
    source: Source
    service: str
    first: date | None
    last: date | None

    @property
    def covers(self) -> tuple[date, date] | tuple[None, None]:
        """The days the log covers, where both ends are told."""
        return (self.first, self.last) if self.first and self.last else (None, None)


@blueprint.get("/<int(max=2147483647):number>")
def page(number: int) -> str:
    """Each service with both logs side by side, the question to the school, and the logs that were kept."""
    house = the_house()
    with house.store.read() as session:
        person, child = mine(session, number)
        now = house.clock.now()
        compared = [
            (line, shown(found), question(child, line, found, person))
            for line in lines_of(session, child)
            if (found := compare_line(session, line, now)) is not None
        ]
        return render_template(
            "family/school_log.html",
            child=child,
            compared=compared,
            logs=logs_of(session, child.id),
            zone=zone_of(session, child),
            iso=date.fromisoformat,
            other=as_language(person.language) if person.language != "en" else None,
        )


@blueprint.get("/<int(max=2147483647):number>/add")
def form(number: int) -> str:
    """The form: paste, a file, or rows to type."""
    with the_house().store.read() as session:
        _, child = mine(session, number)
        return _form(session, child, {})


@blueprint.post("/<int(max=2147483647):number>/add")
def look(number: int) -> ResponseReturnValue:
    """Read what came, and show it line by line. Nothing is kept yet."""
    with the_house().store.read() as session:
        _, child = mine(session, number)
        try:
            given = _given()
            return _check(session, child, given)
        except ReadError as error:
            problem = words().say(f"school_log.wrong_{error.key}")
            return _form(session, child, request.form, problem), 400


@blueprint.post("/<int(max=2147483647):number>/keep")
def kept(number: int) -> ResponseReturnValue:
    """Keep the log as it was shown; or back to the form to change its text."""
    house = the_house()
    with house.store.write() as session:
        person, child = mine(session, number)
        try:
            given = _given()
            if request.form.get("do") == "change":
                return _form(session, child, {**request.form, "text": given.raw})
            reading = read(given.raw, *given.covers)
        except ReadError as error:
            problem = words().say(f"school_log.wrong_{error.key}")
            return _form(session, child, request.form, problem), 400
        bare = request.form.get("bare", "")
        changed = digest_of(given.raw) != request.form.get("seen")
        if changed or (reading.bare and bare not in ("given", "unclear")):
            return _check(session, child, given, unanswered=not changed), 400
        if reading.bare and bare == "given":
            reading = reading.with_bare_given()
        rows, unplaced = _placed(session, child, given, reading)
        if not rows:
            return _check(session, child, given), 400
        now = house.clock.now()
        new = NewLog(
            given.source,
            given.raw,
            rows,
            unread=len(reading.unread) + len(unplaced),
            first=given.first,
            last=given.last,
            choices={"bare_rows": bare} if reading.bare else None,
        )
        keep(session, child, new, now.astimezone(zone_of(session, child)).date(), now, person.id)
    flash(words().say("school_log.kept"))
    return redirect(url_for("school_log.page", number=number), 303)


def _given() -> Given:
    """The form as it came. Raises ReadError where there is no text to read, or the days are no days."""
    form = request.form
    file = request.files.get("file")
    data = file.read(MAX_BYTES * 2 + 1) if file else b""
    source: Source = next((one for one in get_args(Source) if one == form.get("source")), "pasted")
    if data:
        raw, source = as_text(data), "csv"
    elif form.get("text", "").strip():
        raw = tidy(form["text"])
    else:
        raw, source = _typed(form), "typed"
    if not raw:
        raise ReadError("empty")
    first, last = _date(form.get("first", "")), _date(form.get("last", ""))
    if (first and last and first > last) or bool(first) != bool(last):
        raise ReadError("covers")
    return Given(raw, source, form.get("service", "")[:20], first, last)


def _typed(form: Mapping[str, str]) -> str:
    rows: list[tuple[str, str, str, str]] = []
    for n in range(TYPED):
        day, said, minutes, note = (
            form.get(f"{name}-{n}", "").strip()[:_LONGEST_CELL] for name in ("day", "said", "minutes", "note")
        )
        if day or minutes or note:
            rows.append((day, said if said in _SAID else "", minutes, note))
    return as_csv(rows) if rows else ""


def _form(session: Session, child: Child, given: Mapping[str, str], problem: str = "") -> str:
    services = _services(session, child)
    return render_template(
        "family/school_log_add.html",
        child=child,
        services=services,
        given=given,
        problem=problem,
        typed=range(TYPED),
        saids=_SAID,
        by_row=BY_ROW,
        most=MAX_BYTES,
    )


def _check(session: Session, child: Child, given: Given, *, unanswered: bool = False) -> str:
    """The reading, line by line, with what is left to say about it. Raises ReadError."""
    reading = read(given.raw, *given.covers)
    if given.service != BY_ROW and given.service not in {str(one.id) for one in _services(session, child)}:
        raise ReadError("service")
    rows, unplaced = _placed(session, child, given, reading)
    unread = [*reading.unread, *(Unread(row.place, row.service or row.note, "service") for row in unplaced)]
    return render_template(
        "family/school_log_check.html",
        child=child,
        given=given,
        reading=reading,
        rows=rows,
        unread=sorted(unread, key=lambda one: one.place),
        several=given.service == BY_ROW,
        seen=digest_of(given.raw),
        unanswered=unanswered,
    )


def _placed(
    session: Session, child: Child, given: Given, reading: Reading
) -> tuple[list[tuple[Row, ServiceLine]], list[Row]]:
    lines = lines_of(session, child)
    chosen = next((line for line in lines if str(line.id) == given.service), None)
    if chosen is None and given.service != BY_ROW:
        return [], list(reading.rows)
    return by_service(reading, lines, chosen)


def _services(session: Session, child: Child) -> list[ServiceLine]:
    """One line a service: of the newest IEP that has it."""
    found: dict[str, ServiceLine] = {}
    for line in lines_of(session, child):
        found.setdefault(line.name.casefold(), line)
    return list(found.values())


def _date(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ReadError("covers") from None
