"""E-mail that came in, sorted: bounces, answers of parents, wishes to get no more, and what no person wrote.

Stored first, like a text: an answer becomes an InboundText and is read later, by the same job. Nothing that
comes in is ever answered to the address it came from, only to the one we know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.inbound import Arrival, receive
from assistant.families.consent import opt_out
from assistant.replies.quoted import written
from assistant.store import Caregiver, InboundMail, InboundText, OutgoingMessage
from messages.alerts import raise_alert
from messages.bounces import bounced
from messages.mail_in import ReceivedMail
from messages.mail_tags import Tag, read_tags

LONGEST = 5_000  # characters kept of what somebody wrote
A_DAY = 40  # e-mails kept from one person, or to one address of ours; more is a program or an attack


@dataclass(frozen=True, slots=True)
class Place:
    """Where an e-mail lay: which mailbox, and its number there."""

    mailbox_id: int
    uid_validity: int
    uid: int


def sort(
    session: Session, mail: ReceivedMail, place: Place, now: datetime, settings: Settings
) -> tuple[str, bool]:
    """Take an e-mail, once. Returns what it is (InboundMail.kind), and whether it is new."""
    known = or_(
        InboundMail.key == mail.key,
        (InboundMail.mailbox_id == place.mailbox_id)
        & (InboundMail.uid_validity == place.uid_validity)
        & (InboundMail.uid == place.uid),
    )
    before = session.scalars(select(InboundMail.kind).where(known)).first()
    if before is not None:
        return before, False
    row = InboundMail(
        mailbox_id=place.mailbox_id,
        uid_validity=place.uid_validity,
        uid=place.uid,
        key=mail.key,
        kind="broken",
        status="",
        reference="",
        by_tag=False,
        received_at=now,
    )
    tags = read_tags(settings, mail.to)
    bounce = _tag(tags, "bounce")
    leave = _tag(tags, "leave")
    if mail.reports or bounce:
        _bounce(session, mail, row, bounce, now, settings)
    elif leave:
        row.kind = "leave"
        _leave(session, int(leave.name), mail.subject, now)
    elif mail.machine:
        row.kind = "machine"
    elif mail.sender:
        _answer(session, mail, row, _tag(tags, "answer"), now, settings)
    session.add(row)
    session.flush()
    return row.kind, True


def broken(session: Session, key: str, place: Place, now: datetime) -> None:
    """Remember an e-mail that could not be sorted at all, so that it is not tried for ever."""
    session.add(
        InboundMail(
            mailbox_id=place.mailbox_id,
            uid_validity=place.uid_validity,
            uid=place.uid,
            key=key,
            kind="broken",
            received_at=now,
        )
    )


def _bounce(
    session: Session,
    mail: ReceivedMail,
    row: InboundMail,
    tag: Tag | None,
    now: datetime,
    settings: Settings,
) -> None:
    if tag is None:
        row.kind = "forged"  # of something that we did not send, or that only looks like a bounce
        return
    row.reference, row.by_tag = tag.name, True
    if not mail.reports:
        row.kind = "machine"  # an out-of-office goes to the Return-Path as well (RFC 3834)
        return
    verdicts = [bounced(session, tag.name, report, now, settings) for report in mail.reports]
    row.kind = "delayed" if all(one in ("news", None) for one in verdicts) else "bounce"
    row.status = mail.reports[0].status


def _leave(session: Session, caregiver_id: int, wording: str, now: datetime) -> None:
    caregiver = session.get(Caregiver, caregiver_id, with_for_update=True)
    if caregiver is not None and caregiver.mails != "out":
        opt_out(session, caregiver, "email", "e-mail", wording[:80] or "unsubscribe", now)


def _answer(
    session: Session,
    mail: ReceivedMail,
    row: InboundMail,
    tag: Tag | None,
    now: datetime,
    settings: Settings,
) -> None:
    """By the address it came to, then by what it refers to, then by who wrote."""
    message = _by_reference(session, [tag.name] if tag else mail.answers)
    person = session.get(Caregiver, message.caregiver_id) if message is not None else None
    theirs = person is not None and mail.sender in _addresses(person, message)
    if not theirs and tag is None:
        person, message = _by_sender(session, mail.sender), None
        theirs = person is not None
    if person is None:
        row.kind = "stranger"
        return
    row.kind = "answer" if _few(session, person, tag, now) else "flood"
    row.reference = message.reference if message is not None else ""
    row.by_tag = tag is not None
    if row.kind == "flood":
        raise_alert(session, "mail_flood", now, subject=f"caregiver {person.id}")
        return
    row.inbound_id = _keep(session, mail, person if theirs else None, now, settings)


def _few(session: Session, person: Caregiver, tag: Tag | None, now: datetime) -> bool:
    """Whether no more came from them, or to this address, within a day than a person writes."""
    since = now - timedelta(days=1)
    theirs = select(func.count()).where(
        InboundText.caregiver_id == person.id, InboundText.channel == "email", InboundText.received_at > since
    )
    there = select(func.count()).where(
        InboundMail.reference == (tag.name if tag else "-"), InboundMail.received_at > since
    )
    return max(session.scalar(theirs) or 0, session.scalar(there) or 0) < A_DAY


def _keep(
    session: Session, mail: ReceivedMail, person: Caregiver | None, now: datetime, settings: Settings
) -> int | None:
    """What they wrote themselves. The quoted letter is left out: it has links that are theirs alone."""
    arrival = Arrival(
        provider_id=f"mail-{mail.key[:32]}",
        channel="email",
        from_address=mail.sender,
        to_address=settings.mailbox.address,
        body=(written(mail.text) or ("" if mail.answers else mail.subject))[:LONGEST],
        received_at=now,
    )
    number = receive(session, arrival)
    if number is not None:
        text = session.get_one(InboundText, number)
        text.caregiver_id = person.id if person else None
        text.media = mail.files
        if not mail.whole:
            text.needs_staff, text.flag = True, "too_large"
    return number


def _by_reference(session: Session, names: list[str] | tuple[str, ...]) -> OutgoingMessage | None:
    if not names:
        return None
    rows = session.scalars(
        select(OutgoingMessage).where(
            OutgoingMessage.reference.in_(list(names)), OutgoingMessage.channel == "email"
        )
    ).all()
    place = {name: number for number, name in enumerate(names)}
    return min(rows, key=lambda one: place[one.reference], default=None)


def _by_sender(session: Session, sender: str) -> Caregiver | None:
    """The one caregiver with this address; two who share one cannot be told apart."""
    rows = session.scalars(select(Caregiver).where(Caregiver.email == sender).limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def _addresses(person: Caregiver, message: OutgoingMessage | None) -> set[str]:
    """Theirs: the one they have now, and the one that the message went to."""
    found = {person.email or "", message.to_address if message is not None else ""}
    return {one.lower() for one in found if one}


def _tag(tags: tuple[Tag, ...], kind: str) -> Tag | None:
    return next((one for one in tags if one.kind == kind), None)
