"""Putting messages into the outbox. Everything that leaves, leaves from here; `messages.deliver` sends it.

A message is enqueued in the same transaction as the change it tells of, under a dedupe key that names the
occasion ("question:12", "step:7"), so repeating the work never makes a second message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings, Week
from assistant.store import Attachment, Caregiver, OutgoingMessage
from assistant.words import Language
from messages.countries import may_be_texted
from messages.hours import Hours, late_by, reported, some_day_open
from messages.row import message_row, reference_of
from messages.sections import html_of
from messages.segments import plain, thrifty
from messages.templates import Rendered

# What may go to someone who has not said yes: the one invitation, and the one answer to STOP.
INVITATIONS = frozenset({"invite", "join_invite"})
_AFTER_STOP = frozenset({"stopped", "wrong_number"})
# The code for a number or address that somebody signed in just gave: it alone goes there unconfirmed.
TO_CONFIRM = "new_address"
# The way in for somebody of the centre, to the address that an owner gave.
STAFF_LINK = "staff_link"
# What staff try, to their own address (families.own_mail).
TEST_MAIL = "test_mail"
TO_STAFF = frozenset({STAFF_LINK, TEST_MAIL})
# The carrier's own duties, and the steps of joining: they follow at once on a text of the person's.
AT_ONCE = frozenset({"stopped", "wrong_number", "help", "joined", "join_invite", "join", "link", TO_CONFIRM})
# Answers to something the caregiver just wrote; at night they wait unless the setting says otherwise.
_ANSWERS = frozenset(
    {
        "confirm",
        "why",
        "make_up",
        "language",
        "ask_back",
        "fix",
        "status",
        "paused",
        "resumed",
        "letter",
        "no_match",
        "mark",
    }
)

# What the carriers' rules oblige us to say; no limit of ours holds it back.
DUTIES = frozenset({"stopped", "wrong_number", "help"})


def is_answer(kind: str) -> bool:
    """Whether a message of this kind answers a text that somebody just sent."""
    return kind in _ANSWERS or kind in AT_ONCE


_AGAIN = ":again:"
_OF_KEY = select(OutgoingMessage.id).where(OutgoingMessage.dedupe_key == bindparam("of_key"))
FINISHED = ("sent", "delivered", "failed", "dropped")


@dataclass(frozen=True, slots=True)
class File:
    """A file for an e-mail."""

    name: str
    content_type: str
    data: bytes


def hours_of(caregiver: Caregiver, settings: Settings) -> Hours:
    """When this caregiver may be texted: by the program, by the state they live in, by their own wish.

    Each can only narrow the others; a wish that leaves no hour at all is not kept.
    """
    asking = settings.asking
    week = week_in(caregiver.us_state or caregiver.guide_state or settings.home_state(), settings)
    opens = max(asking.quiet_end, caregiver.quiet_end or asking.quiet_end)
    closes = min(asking.quiet_start, caregiver.quiet_start or asking.quiet_start)
    if opens >= closes or (week and not some_day_open(opens, closes, week)):
        opens, closes = asking.quiet_end, asking.quiet_start
    late = late_by(caregiver.id or 0, timedelta(minutes=settings.quiet.spread_minutes))
    return Hours(ZoneInfo(caregiver.zone), opens, closes, asking.sundays, week, late)


def week_in(state: str, settings: Settings) -> Week | None:
    """The windows of a state, as set or as reported; None where it has none of its own."""
    if not settings.quiet.by_state:
        return None
    own = settings.quiet.states.get(state)
    return own.week if own else reported().get(state)


def allowed(caregiver: Caregiver, channel: str, kind: str) -> bool:
    """Whether consent covers a message of this kind now."""
    state = caregiver.texts if channel == "sms" else caregiver.mails
    if kind in _AFTER_STOP:
        return state == "out"
    if kind == TO_CONFIRM or (kind in TO_STAFF and channel == "email"):
        return True
    return state == "in" or (state == "invited" and kind in INVITATIONS)


def enqueue_text(
    session: Session,
    caregiver: Caregiver,
    kind: str,
    rendered: Rendered,
    key: str,
    now: datetime,
    settings: Settings,
    *,
    about: Sequence[int] = (),
    not_after: datetime | None = None,
    to: str = "",
) -> OutgoingMessage | None:
    """Queue a text, for the caregiver's next open hour; None where consent, the phone or the key forbid it.

    `to`: a number that is not theirs yet, for the code that makes it theirs. An answer to a text
    that the caregiver just sent may leave at any hour where the settings say so.
    """
    at_once = kind in AT_ONCE or (kind in _ANSWERS and settings.asking.answer_at_night)
    leave = now if at_once else hours_of(caregiver, settings).next_open(now)
    row = text_row(caregiver, kind, rendered, key, now, leave, settings, about, not_after, to=to)
    return _add(session, row)


def text_row(
    caregiver: Caregiver,
    kind: str,
    rendered: Rendered,
    key: str,
    now: datetime,
    leave: datetime,
    settings: Settings,
    about: Sequence[int],
    not_after: datetime | None,
    *,
    to: str = "",
) -> dict[str, Any] | None:
    """A text's row, for adding many at once; None where consent or the phone forbid it.

    The caller knows that the key is new. `to`: as of `enqueue_text`.
    """
    phone = to or caregiver.phone
    if not phone or not allowed(caregiver, "sms", kind):
        return None
    if not may_be_texted(phone, settings.sms.countries):
        return None
    body = fit(rendered.body, settings)
    return message_row(caregiver, "sms", phone, kind, body, rendered, key, now, leave, about, not_after)


def enqueue_mail(
    session: Session,
    caregiver: Caregiver,
    kind: str,
    rendered: Rendered,
    key: str,
    now: datetime,
    *,
    html: str = "",
    files: Iterable[File] = (),
    thread: str = "",
    thread_subject: str = "",
    about: Sequence[int] = (),
    not_after: datetime | None = None,
    step_id: int | None = None,
    to: str = "",
) -> OutgoingMessage | None:
    """Queue an e-mail; None where consent, the address or the key forbid it. `to`: as of a text.

    Without `html`, that is made of the text. What begins a `thread` gives all of it one subject on the wire:
    `thread_subject`, or its own.
    """
    row = mail_row(caregiver, kind, rendered, key, now, about, thread, not_after, html=html, to=to)
    if row is None:
        return None
    row["step_id"] = step_id
    if thread:
        frozen = _frozen_subject(session, caregiver, thread)
        row["thread_subject"] = frozen or thread_subject or rendered.subject
    message = _add(session, row)
    if message is not None:
        message.attachments = [
            Attachment(name=file.name, content_type=file.content_type, data=file.data) for file in files
        ]
    return message


def mail_row(
    caregiver: Caregiver,
    kind: str,
    rendered: Rendered,
    key: str,
    now: datetime,
    about: Sequence[int],
    thread: str,
    not_after: datetime | None,
    *,
    html: str = "",
    to: str = "",
) -> dict[str, Any] | None:
    """The row of an e-mail without files, likewise; None where consent or the address forbid it."""
    address, body = to or caregiver.email, rendered.body
    if not address or not allowed(caregiver, "email", kind):
        return None
    row = message_row(caregiver, "email", address, kind, body, rendered, key, now, now, about, not_after)
    row["html"] = html or html_of(body, rendered.subject, language_of(caregiver))
    row["thread"] = thread
    return row


def again_key(key: str) -> str:
    """The dedupe key of the row that repeats this one."""
    first, _, number = key.partition(_AGAIN)
    return f"{first}{_AGAIN}{int(number or 0) + 1}"


def again(session: Session, row: OutgoingMessage, most: int, now: datetime, leave: datetime) -> bool:
    """Queue the words of a text that did not arrive once more, in a row of its own, for `leave`.

    False where they were repeated `most` times, or are already. The first row keeps what became of it.
    """
    key = again_key(row.dedupe_key)
    known = session.scalars(_OF_KEY, {"of_key": key}).first()
    if int(key.rpartition(":")[2]) > most or known is not None:
        return False
    session.add(
        OutgoingMessage(
            dedupe_key=key,
            reference=reference_of(key),
            channel=row.channel,
            kind=row.kind,
            caregiver_id=row.caregiver_id,
            to_address=row.to_address,
            language=row.language,
            subject=row.subject,
            body=row.body,
            about=row.about,
            template_key=row.template_key,
            template_version=row.template_version,
            step_id=row.step_id,
            created_at=now,
            not_after=row.not_after,
            next_at=leave,
            again_of=row.id,
        )
    )
    return True


def carrier_says(
    session: Session, caregiver: Caregiver, kind: str, rendered: Rendered, key: str, now: datetime
) -> None:
    """In the sandbox we also play the phone company, which answers STOP, HELP and START itself.

    Kept for the sandbox's pages; it never leaves, and it is not a text of ours.
    """
    phone, body = caregiver.phone or "", rendered.body
    row = message_row(caregiver, "carrier", phone, kind, body, rendered, key, now, now, (), None)
    message = _add(session, row)
    if message is not None:
        message.state, message.next_at = "delivered", None
        message.sent_at = message.delivered_at = now


def drop_queued(
    session: Session, caregiver_id: int, channel: str, reason: str, kinds: Iterable[str] = ()
) -> int:
    """Take back what has not left yet, all or of these kinds; STOP wins every race it still can.

    Returns how many.
    """
    channels = ("sms",) if channel == "sms" else ("email",)
    wanted = [OutgoingMessage.kind.in_(list(kinds))] if kinds else []
    result = session.execute(
        update(OutgoingMessage)
        .where(
            OutgoingMessage.caregiver_id == caregiver_id,
            OutgoingMessage.channel.in_(channels),
            OutgoingMessage.state.in_(("queued", "sending")),
            *wanted,
        )
        .values(state="dropped", next_at=None, error=reason)
        .execution_options(synchronize_session="fetch")
    )
    return int(getattr(result, "rowcount", 0))


def _frozen_subject(session: Session, caregiver: Caregiver, thread: str) -> str:
    """The subject that this caregiver's first e-mail of a thread went out under, "" where this is the first.

    In another language since, the thread begins anew: its words would not be theirs.
    """
    first = session.execute(
        select(OutgoingMessage.thread_subject, OutgoingMessage.subject)
        .where(
            OutgoingMessage.caregiver_id == caregiver.id,
            OutgoingMessage.channel == "email",
            OutgoingMessage.thread == thread,
            OutgoingMessage.language == caregiver.language,
        )
        .order_by(OutgoingMessage.id)
        .limit(1)
    ).first()
    return (first[0] or first[1]) if first else ""


def fit(body: str, settings: Settings) -> str:
    """The body as it is sent: plain quotes and dashes; accents dropped only where that saves a segment."""
    return thrifty(body) if settings.sms.plain_accents and not body.isascii() else plain(body)


def language_of(caregiver: Caregiver) -> Language:
    """The caregiver's language as the catalogues name it."""
    return "es" if caregiver.language == "es" else "en"


def _add(session: Session, row: dict[str, Any] | None) -> OutgoingMessage | None:
    """Add a row, unless there is none, or one of its key already."""
    if row is None:
        return None
    if session.scalars(_OF_KEY, {"of_key": row["dedupe_key"]}).first():
        return None
    message = OutgoingMessage(**row)
    session.add(message)
    session.flush()
    return message
