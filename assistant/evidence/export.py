"""The evidence of one child as a file: JSON that carries its chain, or CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.evidence import chain
from assistant.evidence.ledger import BROAD_LEAVES_OUT, STRICT_LEAVES_OUT, TERMS, ledger_of
from assistant.evidence.ledger import as_json as counts_as_json
from assistant.store import Child, LogEntry, ServiceLine

FORMAT = "every-session-evidence-1"
PROVES = (
    "The chain shows that these entries were recorded in this order and were not changed since. "
    "It does not show that what they say is true: it is the parent's own log."
)
COLUMNS = (
    *(
        "number",
        "kind",
        "day",
        "period_from",
        "period_to",
        "service",
        "starts",
        "due_minutes",
        "due_sessions",
        "outcome",
        "cause",
        "minutes",
    ),
    *(
        "sessions",
        "chances",
        "knows",
        "words",
        "asked_at",
        "answered_at",
        "delay_seconds",
        "recorded_at",
        "supersedes",
    ),
)


class ExportError(Exception):
    """There is nothing to export; the message says why in one line."""


def evidence(session: Session, child_id: int, as_of: datetime) -> dict[str, Any]:
    """Everything logged about a child, whole chain included. Raises ExportError for an unknown child."""
    child = session.get(Child, child_id)
    if child is None:
        raise ExportError(f"no child has the number {child_id}")
    entries = session.scalars(
        select(LogEntry).where(LogEntry.child_id == child_id).order_by(LogEntry.number)
    ).all()
    lines = session.scalars(
        select(ServiceLine).where(ServiceLine.child_id == child_id).order_by(ServiceLine.id)
    )
    return {
        "format": FORMAT,
        "child": child.nickname,
        "as_of": as_of.isoformat(),
        "proves": PROVES,
        "head": entries[-1].hash if entries else chain.START,
        "counts": {"strict": STRICT_LEAVES_OUT, "broad": BROAD_LEAVES_OUT},
        "services": [_service(session, line, as_of) for line in lines],
        "entries": [
            {"content": entry.content, "previous_hash": entry.previous_hash, "hash": entry.hash}
            for entry in entries
        ],
    }


def as_json(session: Session, child_id: int, as_of: datetime) -> str:
    """The evidence as JSON text, one line feed at the end."""
    return json.dumps(evidence(session, child_id, as_of), indent=1, ensure_ascii=False) + "\n"


def as_csv(
    session: Session, child_id: int, as_of: datetime, first: date | None = None, last: date | None = None
) -> str:
    """The entries of days `first` to `last` (inclusive) as CSV, one row an entry, corrections included."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for entry in evidence(session, child_id, as_of)["entries"]:
        content = entry["content"]
        day = date.fromisoformat(content["day"])
        if (first is None or day >= first) and (last is None or day <= last):
            writer.writerow({key: _cell(content.get(key)) for key in COLUMNS})
    return out.getvalue()


def verify(text: str) -> chain.Check:
    """Check an exported JSON file without a database. Raises ExportError when it is not such a file."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ExportError(f"not an evidence file of this program (expected format {FORMAT})")
        entries, head = list(data["entries"]), data["head"]
    except (ValueError, KeyError, TypeError) as error:
        raise ExportError(f"not an evidence file: {error}") from None
    found = chain.check(entries)
    last = entries[-1].get("hash") if entries else chain.START
    if found.intact and head != last:
        return chain.Check(found.entries, f"entry {found.entries + 1}: missing at the end of the chain")
    return found


def _service(session: Session, line: ServiceLine, as_of: datetime) -> dict[str, Any]:
    """A service line with its minutes and the two ways to count them, each with what it leaves out."""
    ledger = ledger_of(session, line.id, as_of)
    return {
        "service": line.name,
        "minutes": line.minutes,
        "from": line.starts.isoformat(),
        "to": line.ends.isoformat(),
        "wording": line.wording,
        "ledger": {name: getattr(ledger, name) for name in (*TERMS, "made_up", "surplus")},
        **counts_as_json(ledger),
    }


def _cell(value: object) -> object:
    # A spreadsheet runs a cell that begins like a formula; an apostrophe keeps it text.
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
