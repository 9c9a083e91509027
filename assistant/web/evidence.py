"""The evidence of a child: a summary and one big button, other forms below it, and a page to print."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import get_args

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.escalation.shortfall import percent
from assistant.evidence.collect import evidence_of
from assistant.evidence.collected import Evidence, Wanted
from assistant.evidence.export import Kind, keep_trace, made
from assistant.evidence.ledger import Ledger
from assistant.evidence.paper.sheet import sheet
from assistant.evidence.standing import ledgers_of
from assistant.families.guide_versions import guide_of_child
from assistant.store import Child
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import lines_of, mine
from assistant.web.packed import packed
from assistant.web.signed_in import signed_in_lately
from assistant.web.speech import as_language

blueprint = Blueprint("evidence", __name__, url_prefix="/family")

_PAGE = "/evidence/<int(max=2147483647):number>"
KINDS: tuple[Kind, ...] = get_args(Kind)
_TYPES: Mapping[Kind, str] = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
MOST_LINES = 12  # summed up on the page; the file has all
_FIELDS = ("first", "last", "kind", "name", "language")
PLAIN: Mapping[str, str] = {"first": "", "last": "", "kind": "pdf", "name": "nickname", "language": "en"}


@blueprint.get(_PAGE)
def page(number: int) -> str:
    """The choices."""
    with the_house().store.read() as session:
        _, child = mine(session, number)
        return _page(session, child, PLAIN, {})


@blueprint.post(_PAGE)
def download(number: int) -> ResponseReturnValue:
    """The file. It is made while nothing is held, and leaves a trace without any name."""
    house, now = the_house(), the_house().clock.now()
    given = {key: request.form.get(key, "").strip()[:20] for key in _FIELDS}
    errors: dict[str, str] = {}
    with house.store.read() as session:
        person, child = mine(session, number)
        if not signed_in_lately(session):
            return _page(session, child, given, {}), 403
        kind, wanted = _read(given, errors)
        if kind is None or errors:
            return _page(session, child, given, errors), 400
        evidence = evidence_of(session, number, wanted, now, guide_of_child(session, number, house.settings))
        actor = f"caregiver {person.id}"
    data = made(evidence, kind)
    with house.store.write() as session:
        keep_trace(session, evidence, number, kind, actor, now)
    return _file(evidence, kind, data)


@blueprint.get("/<int(max=2147483647):number>/evidence/print")
def printed(number: int) -> ResponseReturnValue:
    """The evidence as a page for paper, from the same values as the PDF. Looking at it keeps no trace."""
    house, now = the_house(), the_house().clock.now()
    given = {key: request.args.get(key, PLAIN[key]).strip()[:20] for key in _FIELDS}
    errors: dict[str, str] = {}
    with house.store.read() as session:
        _, child = mine(session, number)
        if not signed_in_lately(session):
            return _page(session, child, PLAIN, {}), 403
        _, wanted = _read(given, errors)
        if errors:
            return _page(session, child, given, errors), 400
        evidence = evidence_of(session, number, wanted, now, guide_of_child(session, number, house.settings))
        page = render_template("family/print.html", child=child, given=given, sheet=sheet(evidence))
    return packed(page)


def _file(evidence: Evidence, kind: Kind, data: bytes) -> Response:
    # No child's name in the name of a file: downloads lie around where others see them.
    name = f"{words().say('evidence.file')}-{evidence.as_of.date()}.{kind}"
    return send_file(BytesIO(data), mimetype=_TYPES[kind], as_attachment=True, download_name=name)


def _read(given: Mapping[str, str], errors: dict[str, str]) -> tuple[Kind | None, Wanted]:
    """What the form says; what is the matter with it goes to `errors`."""
    days: dict[str, date | None] = {"first": None, "last": None}
    for field in days:
        try:
            days[field] = date.fromisoformat(given[field]) if given[field] else None
        except ValueError:
            errors[field] = words().say("evidence.wrong_day")
    first, last = days["first"], days["last"]
    if first and last and first > last:
        errors["last"] = words().say("evidence.wrong_range")
    kind = next((one for one in KINDS if one == given["kind"]), None)
    if kind is None:
        errors["kind"] = words().say("evidence.wrong_kind")
    language = as_language(given["language"]) or "en"
    return kind, Wanted(first, last, given["name"] == "full", language)


def _page(session: Session, child: Child, given: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "family/evidence.html",
        child=child,
        given=given,
        plain=PLAIN,
        errors=errors,
        kinds=KINDS,
        fresh=signed_in_lately(session),
        so_far=_so_far(session, child),
    )


def _so_far(session: Session, child: Child) -> list[tuple[str, Ledger, int]]:
    """Each service of which minutes fell due: its name, its minutes, and the share held, in percent."""
    now = the_house().clock.now()
    ledgers = ledgers_of(session, child.id, now)
    found = [
        (line.name, ledgers[line.id]) for line in lines_of(session, child)[:MOST_LINES] if line.id in ledgers
    ]
    return [(name, one, percent(one.held, one.expected)) for name, one in found if one.expected]
