"""All that we hold of a caregiver's, in one ZIP file: each child's log, their texts, the school's logs."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.evidence.collect import evidence_of
from assistant.evidence.collected import Evidence, Wanted
from assistant.evidence.export import Kind, cell, keep_trace, made
from assistant.families.guide_versions import guide_of_child
from assistant.families.tell import audited
from assistant.store import Caregiver, Case, Draft, InboundText, OutgoingMessage, SchoolLog, Step
from assistant.words import Language
from messages.one_time import without_secrets

MOST_MESSAGES = 20_000  # of each direction; years of them
_TEXTS = ("at", "direction", "channel", "kind", "subject", "text")


@dataclass(frozen=True, slots=True)
class Everything:
    """What goes into the file, as plain values; nothing of the database is needed to pack it."""

    caregiver_id: int
    evidence: Sequence[tuple[int, Evidence]]
    messages: Sequence[Sequence[str]]
    papers: Sequence[tuple[str, str]]  # the name of a file and its text, as it came


def gather(
    session: Session, caregiver_id: int, now: datetime, settings: Settings, language: Language
) -> Everything:
    """Read it all. Only what this caregiver wrote and was sent, and the children they care for."""
    person = session.get_one(Caregiver, caregiver_id)
    wanted = Wanted(full_name=True, language=language)
    children = list(person.children)
    evidence = [
        (
            child.id,
            evidence_of(session, child.id, wanted, now, guide_of_child(session, child.id, settings)),
        )
        for child in children
    ]
    papers: list[tuple[str, str]] = []
    for child in children:
        logs = session.scalars(select(SchoolLog).where(SchoolLog.child_id == child.id).order_by(SchoolLog.id))
        papers += [
            (f"child-{child.id}/school-log-{log.imported_at.date()}-{log.id}.txt", log.raw) for log in logs
        ]
        drafts = session.execute(
            select(Draft.id, Draft.letter, Draft.text)
            .join(Step, Step.id == Draft.step_id)
            .join(Case, Case.id == Step.case_id)
            .where(Case.child_id == child.id)
            .order_by(Draft.id)
        )
        papers += [(f"child-{child.id}/letter-{number}-{name}.txt", text) for number, name, text in drafts]
    return Everything(caregiver_id, evidence, _messages(session, caregiver_id), papers)


def packed(found: Everything) -> bytes:
    """The ZIP file: for each child a folder with the log as PDF, CSV and JSON; the messages beside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for number, evidence in found.evidence:
            for kind in get_args(Kind):
                whole.writestr(f"child-{number}/log.{kind}", made(evidence, kind))
        whole.writestr("messages.csv", "\ufeff" + _csv(_TEXTS, found.messages))
        for name, text in found.papers:
            whole.writestr(name, text)
    return out.getvalue()


def trace(session: Session, found: Everything, now: datetime) -> None:
    """That it was made: an audit event a file of a child's, and one for the whole."""
    by = f"caregiver {found.caregiver_id}"
    for number, evidence in found.evidence:
        for kind in get_args(Kind):
            keep_trace(session, evidence, number, kind, by, now)
    audited(session, now, by, "exported_all", by, children=len(found.evidence), messages=len(found.messages))


def _messages(session: Session, caregiver_id: int) -> list[tuple[str, ...]]:
    said = session.execute(
        select(InboundText.received_at, InboundText.channel, InboundText.body)
        .where(InboundText.caregiver_id == caregiver_id)
        .order_by(InboundText.id.desc())
        .limit(MOST_MESSAGES)
    )
    rows: list[tuple[datetime, tuple[str, ...]]] = [
        (at, ("from you", channel, "", "", body)) for at, channel, body in said
    ]
    sent = session.execute(
        select(
            OutgoingMessage.sent_at,
            OutgoingMessage.channel,
            OutgoingMessage.kind,
            OutgoingMessage.subject,
            OutgoingMessage.body,
        )
        .where(OutgoingMessage.caregiver_id == caregiver_id, OutgoingMessage.sent_at.is_not(None))
        .order_by(OutgoingMessage.id.desc())
        .limit(MOST_MESSAGES)
    )
    rows += [
        (at, ("to you", channel, kind, subject, without_secrets(body)))
        for at, channel, kind, subject, body in sent
        if at is not None
    ]
    rows.sort(key=lambda row: row[0])
    return [(at.isoformat(timespec="seconds"), *values) for at, values in rows]


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([[cell(value) for value in row] for row in rows])
    return out.getvalue()
