"""The evidence of one child as a file: JSON that carries its chain (checked by `file.verify`), CSV, PDF."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from assistant.evidence import file
from assistant.evidence.collect import collect
from assistant.evidence.collected import Entry, Evidence, MadeUp, Service, Wanted
from assistant.evidence.file import FORMAT, ExportError
from assistant.evidence.ledger import BROAD_LEAVES_OUT, STRICT_LEAVES_OUT, TERMS
from assistant.evidence.ledger import as_json as counts_as_json
from assistant.evidence.paper import as_pdf
from assistant.guide.loader import load_guide
from assistant.store import NOTES, AuditEvent

__all__ = [
    "COLUMNS",
    "FORMAT",
    "ExportError",
    "Kind",
    "as_csv",
    "as_json",
    "cell",
    "csv_of",
    "json_of",
    "keep_trace",
    "made",
]

PROVES = (
    "The chain shows that these entries were recorded in this order and were not changed since. It does not "
    "show that what they say is true: it is the parent's own log. The digests find accidents, such as a "
    "changed letter anywhere in this file; whoever makes a whole new file can make new digests too. That is "
    "found by the chain's head, which the parent also has in their monthly e-mails. A sealed entry is one of "
    "a day outside the range: its place in the chain is checked, what it says is not in this file."
)
METHOD = (
    "After a session, or at the end of a week or month, the caregivers are asked by text or e-mail; the "
    "wordings are those under questions, with their blanks in braces.",
    "The first answer that knows counts; what another caregiver says of the same session is kept beside it.",
    "A correction is a new entry; the entry that it corrects stays.",
    "Not sure and not answered are never counted as missed.",
    "Moments are UTC unless a zone stands beside them; days are those of the school's zone.",
    "A week or month belongs to the day on which it falls due.",
    "Thresholds are this program's settings, not the law.",
)
COLUMNS = (
    *("number", "kind", "day", "period_from", "period_to", "service", "starts", "due_minutes"),
    *("due_sessions", "outcome", "cause", "minutes", "sessions", "chances", "knows", "words"),
    *("asked_at", "answered_at", "delay_seconds", "recorded_at", "supersedes"),
    *("details", "told", "zone", "starts_local", "asked_local", "answered_local", "recorded_local"),
)
_LOCAL = {
    "starts_local": "starts",
    "asked_local": "asked_at",
    "answered_local": "answered_at",
    "recorded_local": "recorded_at",
}
# A spreadsheet runs a cell that begins like a formula, also after what it trims or folds to it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


Kind = Literal["pdf", "csv", "json"]


def made(evidence: Evidence, kind: Kind) -> bytes:
    """The file of that kind."""
    if kind == "pdf":
        return as_pdf(evidence)
    text = json_of(evidence) if kind == "json" else csv_of(evidence)
    return text.encode("utf-8")


def keep_trace(
    session: Session, evidence: Evidence, child_id: int, kind: Kind, actor: str, now: datetime
) -> None:
    """An audit event: that a file of this child's was made, by whom, of which days; nobody's name."""
    wanted = evidence.wanted
    detail = {
        "format": kind,
        "from": wanted.first.isoformat() if wanted.first else None,
        "to": wanted.last.isoformat() if wanted.last else None,
        "full_name": wanted.full_name,
        "entries": len(evidence.told),
        "head": evidence.head,
    }
    session.add(AuditEvent(at=now, actor=actor, kind="exported", subject=f"child {child_id}", detail=detail))


def as_json(
    session: Session,
    child_id: int,
    as_of: datetime,
    wanted: Wanted | None = None,
    jurisdiction: str = "us-ca",
) -> str:
    """The evidence as the JSON file. Raises as `collect` does."""
    return json_of(collect(session, child_id, wanted or Wanted(), as_of, load_guide(jurisdiction)))


def as_csv(
    session: Session,
    child_id: int,
    as_of: datetime,
    wanted: Wanted | None = None,
    jurisdiction: str = "us-ca",
) -> str:
    """The entries as the CSV file. Raises as `collect` does."""
    return csv_of(collect(session, child_id, wanted or Wanted(), as_of, load_guide(jurisdiction)))


def json_of(evidence: Evidence) -> str:
    """The JSON file's text: what the PDF says, with the whole chain.

    Its own sentences are in English; how often a service is due, and the guide, in the language wanted."""
    wanted = evidence.wanted
    parts: dict[str, Any] = {
        "child": evidence.child,
        "range": {
            "from": wanted.first.isoformat() if wanted.first else None,
            "to": wanted.last.isoformat() if wanted.last else None,
        },
        "as_of": evidence.as_of.isoformat(),
        "zone": evidence.zone,
        "guide": asdict(evidence.guide),
        "proves": PROVES,
        "head": evidence.head,
        "counts": {"strict": STRICT_LEAVES_OUT, "broad": BROAD_LEAVES_OUT},
        "services": [_service(one) for one in evidence.services],
        "replies": asdict(evidence.replies),
        "make_ups": [_made_up(one) for one in evidence.make_ups],
        "method": {
            "rules": list(METHOD),
            "zones_of_caregivers": list(evidence.zones),
            "questions": [
                {**asdict(one), "first": one.first.isoformat(), "last": one.last.isoformat()}
                for one in evidence.asked
            ],
        },
    }
    if evidence.sections:
        parts["sections"] = [asdict(one) for one in evidence.sections]
    return file.write({**parts, "entries": [_entry(one) for one in evidence.entries]})


def csv_of(evidence: Evidence) -> str:
    """One row an entry of the range, corrections and notes included; sealed entries are left out."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    zone = ZoneInfo(evidence.zone)
    for entry in evidence.told:
        row = {
            **entry.content,
            "details": _details(entry.content),
            "told": entry.timing,
            "zone": evidence.zone,
            **{name: _local(entry.content.get(key), zone) for name, key in _LOCAL.items()},
        }
        writer.writerow({key: cell(row.get(key)) for key in COLUMNS})
    return out.getvalue()


def _entry(entry: Entry) -> dict[str, Any]:
    inside: dict[str, Any] = {"number": entry.number} if entry.sealed else {"content": entry.content}
    return {**inside, "previous_hash": entry.previous_hash, "hash": entry.hash}


def _service(service: Service) -> dict[str, Any]:
    """A service line with its minutes and the two ways to count them, each with what it leaves out."""
    ledger = service.ledger
    return {
        "service": service.name,
        "minutes": service.minutes,
        "often": service.often,
        "from": service.starts.isoformat(),
        "to": service.ends.isoformat(),
        "iep_dated": service.iep_dated.isoformat() if service.iep_dated else None,
        "wording": service.wording,
        "ledger": {name: getattr(ledger, name) for name in (*TERMS, "made_up", "surplus")},
        **counts_as_json(ledger),
        "replies": asdict(service.replies),
        "waiting": [day.isoformat() for day in service.waiting],
    }


def _made_up(one: MadeUp) -> dict[str, Any]:
    return {
        "service": one.service,
        "state": one.state,
        "minutes": one.minutes,
        "day": one.day.isoformat() if one.day else None,
        "told": one.told.isoformat(),
        "misses": [{"day": day.isoformat(), "minutes": minutes} for day, minutes in one.misses],
    }


def _details(content: Mapping[str, Any]) -> str:
    """What a note, a make-up or a confirmed meaning says beyond the columns: "with: Ms. Lee; how: phone"."""
    parts = [content.get(kind) for kind in (*NOTES, "make_up", "clarified")]
    pairs = [pair for part in parts if isinstance(part, Mapping) for pair in part.items()]
    return "; ".join(f"{key}: {value}" for key, value in pairs if value not in (None, ""))


def _local(stamp: object, zone: ZoneInfo) -> str | None:
    if not isinstance(stamp, str):
        return None
    return datetime.fromisoformat(stamp).astimezone(zone).isoformat(timespec="minutes")


def cell(value: object) -> object:
    """The value, and an apostrophe before what a spreadsheet would take for a formula: it stays text."""
    if isinstance(value, str) and value.lstrip(" \u00a0\ufeff").startswith(_FORMULA):
        return "'" + value
    return value
