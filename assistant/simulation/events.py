"""What happened, as events (contracts, section 5), read from the store after each pass by what is new in it.

Nothing of the run is told twice and nothing is told that the store does not hold. Events carry no database
numbers; `about` names a session by service and day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session, joinedload

from assistant.conversation.phrases import taught_phrase
from assistant.conversation.stepmail import DOCX
from assistant.evidence.ledger import TERMS, as_json, ledger_of
from assistant.guide.docx import paper_text
from assistant.simulation.scenario import Family
from assistant.store import (
    AuditEvent,
    Caregiver,
    Case,
    Expectation,
    Guardianship,
    InboundText,
    LogEntry,
    OutgoingMessage,
    ServiceLine,
    Step,
    Store,
)
from messages.one_time import without_secrets
from messages.segments import count

Event = dict[str, Any]
LONGEST = 20_000  # letters of one e-mail, letter or note, where everything is told
LEFT = ("sent", "delivered")
_TOLD = (
    "step_done",
    "step_not_now",
    "step_resolved",
    "step_answered",
    "step_refused",
    "not_asked",
    "step_without_mail",
    "message_dropped",
)

# What is new of each table, beyond the last row that was told. Built once: they run in every pass.
_BEYOND: BindParameter[int] = bindparam("beyond")
_NEW_TEXTS = select(InboundText).where(InboundText.id > _BEYOND).order_by(InboundText.id)
_NEW_ENTRIES = (
    select(LogEntry)
    .where(LogEntry.id > _BEYOND)
    .order_by(LogEntry.id)
    .options(joinedload(LogEntry.line), joinedload(LogEntry.expectation))
)
_NEW_STEPS = (
    select(Step, Case, ServiceLine.name)
    .join(Case, Step.case_id == Case.id)
    .join(ServiceLine, Case.service_line_id == ServiceLine.id)
    .where(Step.id > _BEYOND)
    .order_by(Step.id)
)
_NEW_ACTS = (
    select(AuditEvent).where(AuditEvent.id > _BEYOND, AuditEvent.kind.in_(_TOLD)).order_by(AuditEvent.id)
)
_NEW_MESSAGES = select(OutgoingMessage).where(OutgoingMessage.id > _BEYOND).order_by(OutgoingMessage.id)
_SESSIONS = (
    select(Expectation, ServiceLine.name)
    .join(ServiceLine, Expectation.service_line_id == ServiceLine.id)
    .where(Expectation.id.in_(bindparam("about", expanding=True)))
    .order_by(Expectation.due_at, Expectation.id)
)
_FIRST_CHILD = (
    select(Guardianship.child_id)
    .where(Guardianship.caregiver_id == bindparam("caregiver"))
    .order_by(Guardianship.id)
    .limit(1)
)


class Reporter:
    """Remembers what was told. `families` maps a child's number to its family, as they register.

    `whole`: for a page that shows everything. Then texts name their language and template, e-mails have
    their body and letters their words, and a note says in words of the log's own what it is about (`note`).
    """

    def __init__(self, store: Store, families: Mapping[int, Family], *, whole: bool = False) -> None:
        self._store, self._families, self._whole = store, families, whole
        self._messages: set[int] = set()
        self._low = 0  # below this every message was told or will never leave
        self._inbound = self._entry = self._step = self._audit = 0

    def news(self) -> Iterator[Event]:
        """Events since the last call, oldest first."""
        with self._store.read() as session:
            found = [
                *self._inbound_texts(session),
                *self._entries(session),
                *self._steps(session),
                *self._acts(session),
                *self._outgoing(session),
            ]
        found.sort(key=lambda one: one[0])  # stable: within a moment, in the order of the way of the data
        for _, event in found:
            yield event

    def ledgers(self, now: datetime) -> Iterator[Event]:
        """One a service, with every term of the identity."""
        with self._store.read() as session:
            for line in session.scalars(select(ServiceLine).order_by(ServiceLine.id)):
                ledger = ledger_of(session, line.id, now)
                terms = {name: getattr(ledger, name) for name in (*TERMS, "made_up", "surplus")}
                plain_counts = as_json(ledger)
                # The term "family" and the event's own "family" share a name: all terms stand in `minutes`,
                # and those without a double beside it as well.
                plain = {name: value for name, value in terms.items() if name != "family"}
                yield self._event(
                    line.child_id, now, "ledger", service=line.name, **plain, minutes=terms, **plain_counts
                )

    def _inbound_texts(self, session: Session) -> Iterator[tuple[datetime, Event]]:
        for row in session.scalars(_NEW_TEXTS, {"beyond": self._inbound}):
            self._inbound = row.id
            child = _child_of(session, row.caregiver_id)
            if row.channel == "page":
                yield (
                    row.received_at,
                    self._event(
                        child,
                        row.received_at,
                        "note",
                        text=f"On the page: {row.body}",
                        **self._more_of_note("page", row.body),
                    ),
                )
                continue
            yield (
                row.received_at,
                self._event(child, row.received_at, "sms_in", **{"from": row.from_address, "body": row.body}),
            )
            phrase = taught_phrase(row.meaning)
            if phrase is not None:
                text = f'Read by a phrase that staff taught: "{phrase}".'
                yield (
                    row.received_at,
                    self._event(
                        child, row.received_at, "note", text=text, **self._more_of_note("taught", phrase)
                    ),
                )
            if row.needs_staff:
                text = "Kept for a person to look at; nothing was logged from it."
                more = self._more_of_note("staff", "")
                yield row.received_at, self._event(child, row.received_at, "note", text=text, **more)

    def _entries(self, session: Session) -> Iterator[tuple[datetime, Event]]:
        for row in session.scalars(_NEW_ENTRIES, {"beyond": self._entry}):
            self._entry = row.id
            if row.line is None or row.expectation is None:
                yield row.recorded_at, self._note(row)
                continue
            yield (
                row.recorded_at,
                self._event(
                    row.child_id,
                    row.recorded_at,
                    "log",
                    service=row.line.name,
                    **_when(row.expectation),
                    outcome=row.outcome,
                    cause=row.cause,
                    minutes=row.minutes,
                    **_more(row),
                    knows=row.knows,
                    entry=row.number,
                    supersedes=row.supersedes,
                ),
            )

    def _note(self, row: LogEntry) -> Event:
        """An entry about no session: a contact, a letter that was sent, a date that passed."""
        service, about = row.content["service"], row.content[row.kind]
        said = ", ".join(f"{key} {value}" for key, value in about.items() if value not in (None, "", []))
        text = f"log {row.number}: {row.kind.replace('_', ' ')}{f' ({service})' if service else ''}: {said}"
        more = self._more_of_note(row.kind, service or "")
        return self._event(
            row.child_id, row.recorded_at, "note", text=text, entry=row.number, kind=row.kind, **more
        )

    def _steps(self, session: Session) -> Iterator[tuple[datetime, Event]]:
        for step, case, service in session.execute(_NEW_STEPS, {"beyond": self._step}):
            self._step = step.id
            why = {"rule": step.why["rule"], **step.why["values"], "entries": step.why["entries"]}
            yield (
                step.suggested_at,
                self._event(
                    case.child_id, step.suggested_at, "step", service=service, step=step.key, why=why
                ),
            )

    def _acts(self, session: Session) -> Iterator[tuple[datetime, Event]]:
        for row in session.scalars(_NEW_ACTS, {"beyond": self._audit}).all():
            self._audit = row.id
            kind, _, number = row.subject.partition(" ")
            if kind == "step":
                yield from self._act(session, row, int(number))
            else:
                child = _child_of_subject(session, kind, int(number))
                why = row.detail.get("why", "")
                text, more = f"{row.kind.replace('_', ' ')}: {why}", self._more_of_note(row.kind, "")
                yield row.at, self._event(child, row.at, "note", text=text, **more)

    def _act(self, session: Session, row: AuditEvent, number: int) -> Iterator[tuple[datetime, Event]]:
        step = session.get_one(Step, number)
        service, child = step.case.line.name, step.case.child_id
        text = f"{service}: step {step.key}: {row.kind.removeprefix('step_').replace('_', ' ')}"
        more = self._more_of_note(row.kind, service) | ({"step": step.key} if self._whole else {})
        yield row.at, self._event(child, row.at, "note", text=text, **more)
        if row.kind != "step_done":
            return
        for one in step.dates:
            named = {key: one[key] for key in ("name", "kind", "from", "due", "latest", "citation")}
            yield row.at, self._event(child, row.at, "clock", service=service, step=step.key, **named)

    def _outgoing(self, session: Session) -> Iterator[tuple[datetime, Event]]:
        settled = True
        for row in session.scalars(_NEW_MESSAGES, {"beyond": self._low}).all():
            if row.id not in self._messages and row.state in LEFT and row.sent_at is not None:
                self._messages.add(row.id)
                yield row.sent_at, self._left(session, row)
            settled = settled and (row.id in self._messages or row.state in ("dropped", "failed"))
            if settled:
                self._low = row.id

    def _left(self, session: Session, row: OutgoingMessage) -> Event:
        child, at = _child_of(session, row.caregiver_id), row.sent_at
        assert at is not None
        if row.channel == "carrier":
            text, more = f"The phone company answers: {row.body}", self._more_of_note("carrier", row.body)
            return self._event(child, at, "note", text=text, **more)
        if row.channel == "sms":
            sessions = session.execute(_SESSIONS, {"about": row.about})
            about = [{"service": name, **_when(one)} for one, name in sessions]
            return self._event(
                child,
                at,
                "sms_out",
                to=row.to_address,
                body=without_secrets(row.body),
                segments=count(without_secrets(row.body)).segments,
                about=about,
                kind=row.kind,
                **self._more_of_message(row),
            )
        step = session.get_one(Step, row.step_id).key if row.step_id else None
        files = [
            {"name": one.name, "type": one.content_type, "bytes": len(one.data)} for one in row.attachments
        ]
        return self._event(
            child, at, "email_out", to=row.to_address, subject=row.subject, step=step, language=row.language,
            attachments=files, **self._more_of_message(row),
        )  # fmt: skip

    def _more_of_message(self, row: OutgoingMessage) -> dict[str, Any]:
        """Everything there is to read in it, and which template it was made from."""
        if not self._whole:
            return {}
        more: dict[str, Any] = {"template": row.template_key}
        if row.channel == "sms":
            more["language"] = row.language
        else:
            more |= {
                "kind": row.kind,
                "body": without_secrets(row.body)[:LONGEST],
                "letters": [
                    {"name": one.name, "text": paper_text(one.data)[:LONGEST]}
                    for one in row.attachments
                    if one.content_type == DOCX
                ],
            }
        return more

    def _more_of_note(self, note: str, said: str) -> dict[str, Any]:
        return {"note": note, "said": said[:LONGEST]} if self._whole else {}

    def _event(self, child_id: int | None, at: datetime, kind: str, /, **more: Any) -> Event:
        family = self._families.get(child_id or 0)
        local = at.astimezone(family.schedule.zone) if family else at
        return {"at": local.isoformat(), "family": family.id if family else None, "type": kind, **more}


def _when(one: Expectation) -> dict[str, Any]:
    if one.period_from is None or one.period_to is None:
        return {"date": one.day.isoformat()}
    return {"period": {"from": one.period_from.isoformat(), "to": one.period_to.isoformat()}}


def _more(row: LogEntry) -> dict[str, Any]:
    """What only some entries have."""
    more: dict[str, Any] = {"sessions": row.sessions, "chances": row.chances}
    if row.kind != "answer":
        more["kind"] = row.kind
    if row.kind == "make_up":
        more["make_up"] = row.content["make_up"]
    return {key: value for key, value in more.items() if value is not None}


def _child_of(session: Session, caregiver_id: int | None) -> int | None:
    return session.scalars(_FIRST_CHILD, {"caregiver": caregiver_id}).first()


def _child_of_subject(session: Session, kind: str, number: int) -> int | None:
    if kind == "expectation":
        return session.get_one(Expectation, number).child_id
    if kind == "message":
        return _child_of(session, session.get_one(OutgoingMessage, number).caregiver_id)
    return _child_of(session, session.get_one(Caregiver, number).id)
