"""A family's wish to be forgotten. What says something of them goes; what proves something about us stays.

A child goes with its plan, its cases, letters and the school's logs; with those who care for no other child;
with every text, mail and picture of theirs. What is left:

- Of each log entry a tombstone: its number and its two hashes, so that the chain still holds and a file that
  was exported before can still be verified beside it. Its content is gone, and a trigger lets nothing else
  ever change in an entry.
- Of each consent that it was asked for, given, withdrawn, how and when. The address is replaced by a keyed
  hash: if somebody says that we texted them without their consent, their number can be held beside it. From
  the hash no number can be found without the program's secret key.
- Row numbers, in the audit: that, when and by whom it was erased.

Backups that were made before hold what was erased until they are thrown away; operating.md says so.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.evidence.log import hold
from assistant.families.setting_up import forget_those_of
from assistant.operations.erased_list import Gone, carers_left, keep_list, still_there
from assistant.store import (
    AddressChange,
    Attachment,
    AuditEvent,
    Calendar,
    Caregiver,
    Case,
    Child,
    Consent,
    Detail,
    Draft,
    Enrolment,
    Expectation,
    FollowUp,
    Guardianship,
    IepVersion,
    InboundMail,
    InboundText,
    Invitation,
    JurisdictionChoice,
    LinkAsk,
    LogEntry,
    MakeUp,
    Media,
    OutgoingMessage,
    Proposal,
    Question,
    QuestionItem,
    Repaid,
    SchoolLog,
    SchoolLogRow,
    ServiceLine,
    Signal,
    SignIn,
    Step,
    StepClock,
    Store,
)
from assistant.store.scrub import scrub

GONE = date(1970, 1, 1)  # the day of a tombstone; the column cannot be empty
METHOD = "erasure"
_KEYWORDS = frozenset(["STOP", "START", "JOIN", "UNIRSE", "YES", "SI", "SÍ", "ALTO", "UNSTOP"])
_UNFINISHED = ("queued", "sending", "unsure")


class NobodyError(ValueError):
    """There is no such child or caregiver, or they were erased before."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an erasure takes: children and caregivers whole. `staying`: caregivers of these children who care
    for others too; they stay, without anything about these children.
    """

    children: tuple[int, ...]
    caregivers: tuple[int, ...]
    staying: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done, in numbers: entries that became tombstones, texts and mails that were emptied."""

    scope: Scope
    entries: int
    messages: int


def scope_of_child(session: Session, child_id: int) -> Scope:
    """The child, and those who care for no other. Raises NobodyError."""
    child = session.get(Child, child_id)
    if child is None or child.erased_at is not None:
        raise NobodyError(f"no child has the number {child_id}")
    carers = _carers(session, [child_id])
    alone = [one for one in carers if _children(session, one) == {child_id}]
    return Scope((child_id,), tuple(alone), tuple(one for one in carers if one not in alone))


def scope_of_caregiver(session: Session, caregiver_id: int) -> Scope:
    """The caregiver, and the children that nobody else cares for: another's record is not theirs to erase.

    Raises NobodyError.
    """
    person = session.get(Caregiver, caregiver_id)
    if person is None or person.erased_at is not None:
        raise NobodyError(f"no caregiver has the number {caregiver_id}")
    children = [
        one for one in sorted(_children(session, caregiver_id)) if _carers(session, [one]) == [caregiver_id]
    ]
    return Scope(tuple(children), (caregiver_id,), ())


def erase(session: Session, scope: Scope, now: datetime, secret_key: str, by: str) -> Erased:
    """Erase it, in this transaction. `by` is for the audit: "staff 2", "caregiver 7"."""
    for child_id in scope.children:
        hold(session, child_id)
    session.flush()
    names = _names(session, scope)
    lines = _ids(session, ServiceLine.id, ServiceLine.child_id.in_(scope.children))
    expectations = _ids(session, Expectation.id, Expectation.child_id.in_(scope.children))
    steps = _ids(session, Step.id, Step.case_id.in_(select(Case.id).where(Case.child_id.in_(scope.children))))
    told = _ids(
        session, LogEntry.inbound_id, LogEntry.child_id.in_(scope.children), LogEntry.inbound_id.is_not(None)
    )
    messages = _messages(session, scope, set(expectations), set(steps), names)
    texts = _texts(session, scope, set(told), names)
    entries = _tombstones(session, scope, now)
    _empty_messages(session, messages, scope)
    _empty_texts(session, texts, now)
    _drop_plan(session, scope, lines, expectations, steps)
    _drop_people(session, scope)
    for caregiver_id in scope.caregivers:
        _forget_caregiver(session, caregiver_id, now, secret_key)
    for child_id in scope.children:
        _forget_child(session, child_id, now)
    for what, numbers in (("child", scope.children), ("caregiver", scope.caregivers)):
        for number in numbers:
            session.add(
                AuditEvent(
                    at=now, actor=by, kind="erased", subject=f"{what} {number}", detail={"entries": entries}
                )
            )
    session.flush()
    session.expire_all()
    return Erased(scope, entries, len(messages) + len(texts))


def erase_now(store: Store, clock: Clock, settings: Settings, scope: Scope, by: str) -> Erased:
    """Erase it in a transaction of its own, and let nothing linger in the database's files."""
    with store.write() as session:
        done = erase(session, scope, clock.now(), settings.server.secret_key, by)
    scrub(store)
    keep_list(store, settings)
    return done


def erase_again(session: Session, gone: Collection[Gone], now: datetime, secret_key: str) -> Erased | None:
    """Erase whom the list of the erased names and this database, which is older, has whole. None: nobody."""
    children, caregivers = still_there(session, gone)
    if not children and not caregivers:
        return None
    scope = Scope(children, caregivers, carers_left(session, children, caregivers))
    return erase(session, scope, now, secret_key, "restore")


def address_proof(secret_key: str, address: str) -> str:
    """What stands in an erased consent in the place of the phone number or e-mail address."""
    return "hmac:" + hmac.new(secret_key.encode(), f"consent {address}".encode(), "sha256").hexdigest()


# Whom and what it is about


def _carers(session: Session, children: Iterable[int]) -> list[int]:
    wanted = select(Guardianship.caregiver_id).where(Guardianship.child_id.in_(list(children))).distinct()
    return list(session.scalars(wanted.order_by(Guardianship.caregiver_id)))


def _children(session: Session, caregiver_id: int) -> set[int]:
    return set(
        session.scalars(select(Guardianship.child_id).where(Guardianship.caregiver_id == caregiver_id))
    )


def _ids(session: Session, column: Any, *where: ColumnElement[bool]) -> list[int]:
    return list(session.scalars(select(column).where(*where)))


def _names(session: Session, scope: Scope) -> re.Pattern[str] | None:
    """By what a text is about one of these children: their names, as whole words."""
    children = session.scalars(select(Child).where(Child.id.in_(scope.children)))
    names = {part for child in children for part in (child.nickname, child.full_name) if part.strip()}
    if not names:
        return None
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, sorted(names)))})(?!\w)", re.IGNORECASE)


def _messages(
    session: Session, scope: Scope, expectations: set[int], steps: set[int], names: re.Pattern[str] | None
) -> list[int]:
    """Every message of those who go; of those who stay, what is about these children."""
    found = _ids(session, OutgoingMessage.id, OutgoingMessage.caregiver_id.in_(scope.caregivers))
    for row in session.scalars(
        select(OutgoingMessage).where(OutgoingMessage.caregiver_id.in_(scope.staying))
    ):
        about = set(row.about) & expectations or row.step_id in steps
        if about or (names and names.search(f"{row.subject}\n{row.body}")):
            found.append(row.id)
    return found


def _texts(session: Session, scope: Scope, told: set[int], names: re.Pattern[str] | None) -> list[int]:
    """Every text of those who go, also from before we knew them; of those who stay, what is about these."""
    found = set(_ids(session, InboundText.id, InboundText.caregiver_id.in_(scope.caregivers))) | told
    for address in _addresses(session, scope):
        found.update(_ids(session, InboundText.id, InboundText.from_address == address))
    # Answers to their e-mails from other addresses stand under nobody's name.
    theirs = select(OutgoingMessage.reference).where(
        OutgoingMessage.caregiver_id.in_(scope.caregivers), OutgoingMessage.channel == "email"
    )
    answers = InboundMail.reference.in_(theirs), InboundMail.inbound_id.is_not(None)
    found.update(
        number for number in session.scalars(select(InboundMail.inbound_id).where(*answers)) if number
    )
    for row in session.scalars(select(InboundText).where(InboundText.caregiver_id.in_(scope.staying))):
        if names and names.search(row.body):
            found.add(row.id)
    return sorted(found)


def _addresses(session: Session, scope: Scope) -> list[str]:
    people = session.scalars(select(Caregiver).where(Caregiver.id.in_(scope.caregivers)))
    return [address for person in people for address in (person.phone, person.email) if address]


# Emptying and dropping


def _tombstones(session: Session, scope: Scope, now: datetime) -> int:
    """The one change that the trigger allows."""
    whole = _ids(session, LogEntry.id, LogEntry.child_id.in_(scope.children), LogEntry.erased_at.is_(None))
    empty = dict.fromkeys(
        (
            *("service_line_id", "expectation_id", "question_id", "caregiver_id", "inbound_id", "cause"),
            *("minutes", "sessions", "chances", "asked_at", "answered_at", "supersedes"),
        )
    )
    blank = {"outcome": "", "knows": "", "words": ""}
    for some in _some(whole):
        session.execute(
            update(LogEntry)
            .where(LogEntry.id.in_(some))
            .values(kind="erased", day=GONE, content={}, erased_at=now, **empty, **blank)
            .execution_options(synchronize_session=False)
        )
    return len(whole)


def _empty_messages(session: Session, messages: Collection[int], scope: Scope) -> None:
    nothing = {"subject": "", "body": "", "html": "", "thread": "", "thread_subject": "", "error": ""}
    for some in _some(messages):
        rows = OutgoingMessage.id.in_(some)
        _drop(session, Attachment, Attachment.message_id.in_(some))
        _set(session, OutgoingMessage, rows, about=[], step_id=None, **nothing)
        _set(
            session,
            OutgoingMessage,
            rows & OutgoingMessage.state.in_(_UNFINISHED),
            state="dropped",
            next_at=None,
        )
        _set(
            session, OutgoingMessage, rows & OutgoingMessage.caregiver_id.in_(scope.caregivers), to_address=""
        )


def _empty_texts(session: Session, texts: Collection[int], now: datetime) -> None:
    """The provider's name for a text stays, so that it is not taken again from the provider's list."""
    for some in _some(texts):
        rows = InboundText.id.in_(some)
        _drop(session, Media, Media.inbound_id.in_(some))
        _drop(session, InboundMail, InboundMail.inbound_id.in_(some))
        _drop(session, Proposal, Proposal.inbound_id.in_(some))
        _set(session, InboundText, rows & InboundText.handled_at.is_(None), handled_at=now)
        _set(
            session, InboundText, rows,
            from_address="", to_address="", body="", raw=None, meaning=None, needs_staff=False, flag="",
        )  # fmt: skip


def _drop_plan(
    session: Session,
    scope: Scope,
    lines: Collection[int],
    expectations: Collection[int],
    steps: Collection[int],
) -> None:
    """Everything that hangs on the children, what hangs on it first."""
    for some in _some(expectations):
        _drop(session, QuestionItem, QuestionItem.expectation_id.in_(some))
        _drop(session, Proposal, Proposal.expectation_id.in_(some))
        _drop(session, Repaid, Repaid.expectation_id.in_(some))
    for some in _some(lines):
        _drop(
            session, Repaid, Repaid.make_up_id.in_(select(MakeUp.id).where(MakeUp.service_line_id.in_(some)))
        )
        _drop(session, MakeUp, MakeUp.service_line_id.in_(some))
        _drop(session, SchoolLogRow, SchoolLogRow.service_line_id.in_(some))
    for some in _some(steps):
        _set(session, OutgoingMessage, OutgoingMessage.step_id.in_(some), step_id=None)
        _drop(session, StepClock, StepClock.step_id.in_(some))
        _drop(session, Draft, Draft.step_id.in_(some))
        _drop(session, Step, Step.id.in_(some))
    tables: tuple[Any, ...] = (Signal, Case, SchoolLog, Detail, Expectation, ServiceLine, IepVersion)
    for table in (*tables, FollowUp, Invitation, JurisdictionChoice, Guardianship):
        _drop(session, table, table.child_id.in_(scope.children))
    used = exists().where(LogEntry.question_id == Question.id) | exists().where(
        QuestionItem.question_id == Question.id
    )
    about = Question.caregiver_id.in_((*scope.caregivers, *scope.staying))
    _drop(session, Question, about & ~used)


def _drop_people(session: Session, scope: Scope) -> None:
    theirs = select(SignIn.id).where(SignIn.caregiver_id.in_(scope.caregivers))
    _drop(session, LinkAsk, LinkAsk.sign_in_id.in_(theirs))
    for address in _addresses(session, scope):
        _drop(session, LinkAsk, LinkAsk.address == address)
    forget_those_of(session, scope.children, scope.caregivers, _addresses(session, scope))
    tables: tuple[Any, ...] = (SignIn, Enrolment, FollowUp, Invitation, Guardianship, Proposal, AddressChange)
    for table in tables:
        _drop(session, table, table.caregiver_id.in_(scope.caregivers))
    # A question that another child's record still points at stays, as two moments; nobody is asked it again.
    _set(session, Question, Question.caregiver_id.in_(scope.caregivers), state="closed", remind_at=None)


def _forget_caregiver(session: Session, caregiver_id: int, now: datetime, secret_key: str) -> None:
    person = session.get_one(Caregiver, caregiver_id)
    for channel, state, address in (
        ("sms", person.texts, person.phone),
        ("email", person.mails, person.email),
    ):
        if state in ("in", "invited"):
            session.add(
                Consent(
                    caregiver_id=caregiver_id, channel=channel, act="withdrawn", method=METHOD, wording="",
                    address=address or "", at=now,
                )
            )  # fmt: skip
    session.flush()
    whole = select(Consent).where(Consent.caregiver_id == caregiver_id, Consent.erased_at.is_(None))
    for consent in session.scalars(whole).all():
        if consent.address:
            consent.address = address_proof(secret_key, consent.address)
        # A web form's wording is ours. What somebody texted is theirs, but for a keyword alone.
        if consent.method != "web form" and consent.wording.strip().upper() not in _KEYWORDS:
            consent.wording = ""
        consent.erased_at = now
    person.name, person.phone, person.email, person.feed_key = "", None, None, None
    person.texts, person.mails, person.language, person.zone = "out", "out", "en", "UTC"
    person.quiet_start = person.quiet_end = person.paused_until = person.heard_at = person.summary_at = None
    person.erased_at = now


def _forget_child(session: Session, child_id: int, now: datetime) -> None:
    child = session.get_one(Child, child_id)
    child.nickname = child.full_name = child.school = child.district = ""
    child.erased_at = now
    session.flush()
    others = exists().where(Child.calendar_id == Calendar.id, Child.erased_at.is_(None))
    _set(session, Calendar, (Calendar.id == child.calendar_id) & ~others, name="")


def _drop(session: Session, table: Any, where: ColumnElement[bool]) -> None:
    session.execute(delete(table).where(where).execution_options(synchronize_session=False))


def _set(session: Session, table: Any, where: ColumnElement[bool], **values: Any) -> None:
    session.execute(update(table).where(where).values(**values).execution_options(synchronize_session=False))


def _some(numbers: Collection[int], most: int = 500) -> Iterable[list[int]]:
    """In pieces that every engine takes as parameters of one statement."""
    every = list(numbers)
    return (every[start : start + most] for start in range(0, len(every), most))
