"""A new phone number or e-mail address of a caregiver's: only a code goes there before it is confirmed.

The page says the same whether we know the number or not: to another person's number nothing is sent. The code
is typed, and the link pressed, where the person is signed in: whoever gets them by a slip of the pen has no
use for them. The other way round, the new phone may text the number that stands on the page: JOIN 4821.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families import consent
from assistant.families.attempts import DAY, HOUR, Limit, take
from assistant.families.sign_in import end_all
from assistant.families.tell import audited
from assistant.store import AddressChange, Caregiver, OutgoingMessage, Question
from messages import templates
from messages.countries import may_be_texted
from messages.one_time import STORED_CODE, code_of, new_nonce, stored_link, token_of
from messages.outbox import TO_CONFIRM, enqueue_mail, enqueue_text, hours_of, language_of

GOOD_FOR = timedelta(minutes=30)  # of a code: an e-mail may be slow
MOST_TRIES = 5
_BY_PERSON = (Limit(3, HOUR), Limit(6, DAY))
_BY_ADDRESS = (Limit(3, HOUR), Limit(5, DAY))  # whoever asks: it may be anybody's

# Why no code is sent: "same" (it is theirs already), "country", "hours" (night), "too_many"; "": it is.
Refused = Literal["", "same", "country", "hours", "too_many"]
# "taken": the code was right, and somebody else has come to have that number meanwhile.
Confirmed = Literal["yes", "wrong", "taken"]


def ask(
    session: Session,
    caregiver: Caregiver,
    channel: consent.Channel,
    address: str,
    wording: str,
    now: datetime,
    settings: Settings,
) -> Refused:
    """Send a code to a new number (E.164) or e-mail address (lower case); the one before is of no use then.

    `wording` is what the page says they agree to by confirming.
    """
    if address == _now(caregiver, channel):
        return "same"
    if channel == "sms" and not may_be_texted(address, settings.sms.countries):
        return "country"
    if channel == "sms" and not hours_of(caregiver, settings).allows(now):
        return "hours"
    secret = settings.server.secret_key
    if not take(session, secret, "new_address", str(caregiver.id), now, *_BY_PERSON):
        return "too_many"
    if not take(session, secret, "new_address_at", address, now, *_BY_ADDRESS):
        return "too_many"
    _forget(session, caregiver, channel)
    row = AddressChange(
        caregiver_id=caregiver.id, channel=channel, address=address, wording=wording, created_at=now
    )
    session.add(row)
    session.flush()
    if channel == "email" or not _anothers(session, caregiver, address):
        _send_code(session, caregiver, row, now, settings)
    return ""


def waiting(
    session: Session, caregiver: Caregiver, channel: consent.Channel, now: datetime
) -> AddressChange | None:
    """The new address that a code was asked for, while the code is good."""
    return session.scalars(
        select(AddressChange).where(
            AddressChange.caregiver_id == caregiver.id,
            AddressChange.channel == channel,
            AddressChange.created_at > now - GOOD_FOR,
            AddressChange.tries < MOST_TRIES,
        )
    ).first()


def confirm(
    session: Session,
    caregiver: Caregiver,
    channel: consent.Channel,
    typed: str,
    now: datetime,
    settings: Settings,
    *,
    keep: int | None = None,
) -> Confirmed:
    """The code, or the secret of the link: from now on we write to the new address, and the old one is told.

    "wrong" for anything else, counted. Every other session of theirs is over but `keep`: the old phone may be
    somebody else's tomorrow. Raises IntegrityError, when another transaction takes the number at this moment.
    """
    row = waiting(session, caregiver, channel, now)
    if row is None:
        return "wrong"
    row.tries += 1
    secret, said = settings.server.secret_key, "".join(typed.split())[:40]
    if not any(
        hmac.compare_digest(kept, _hash(secret, row, said)) for kept in (row.code_hash, row.link_hash)
    ):
        return "wrong"
    if channel == "sms" and _anothers(session, caregiver, row.address):
        return "taken"
    _done(session, caregiver, row, now, settings, keep=keep)
    return "yes"


def _done(
    session: Session,
    caregiver: Caregiver,
    row: AddressChange,
    now: datetime,
    settings: Settings,
    *,
    keep: int | None = None,
) -> None:
    channel: consent.Channel = "sms" if row.channel == "sms" else "email"
    old = _now(caregiver, channel)
    _redirect(session, caregiver, channel, row.address)
    _tell_old(session, caregiver, channel, f"moved:{row.link_hash[:24]}", now, settings)
    consent.move(session, caregiver, channel, row.address, row.wording, now)
    caregiver.heard_at = now
    end_all(session, now, caregiver_id=caregiver.id, keep=keep)
    audited(
        session, now, f"caregiver {caregiver.id}", "address_changed", f"caregiver {caregiver.id}",
        channel=channel, had_one=old is not None,
    )  # fmt: skip
    _forget(session, caregiver, channel)


def page_number(row: AddressChange, settings: Settings) -> str:
    """The four digits on the page that the new phone may text. They go to no phone: whoever has only the
    phone has no use for it, as whoever has only the page.
    """
    said = f"{row.link_hash} {row.created_at.timestamp()}"
    return f"{int(_hash(settings.server.secret_key, row, said), 16) % 10_000:04d}"


def asked_from(session: Session, phone: str, now: datetime) -> AddressChange | None:
    """The change to this number (E.164) that its owner was written to about, while it is good."""
    return session.scalars(
        select(AddressChange)
        .where(
            AddressChange.address == phone,
            AddressChange.channel == "sms",
            AddressChange.code_hash != "",
            AddressChange.created_at > now - GOOD_FOR,
            AddressChange.tries < MOST_TRIES,
        )
        .order_by(AddressChange.id.desc())
    ).first()


def confirm_from(
    session: Session, row: AddressChange, number: str, now: datetime, settings: Settings
) -> Caregiver | None:
    """The new phone texted a number: where it is the page's, we write there from now on, as by `confirm`, and
    every session is over. None for any other, counted.
    """
    row.tries += 1
    person = session.get_one(Caregiver, row.caregiver_id, with_for_update=True)
    right = hmac.compare_digest(number, page_number(row, settings))
    if not right or _anothers(session, person, row.address):
        return None
    _done(session, person, row, now, settings)
    return person


def refused(session: Session, row: AddressChange) -> None:
    """Whoever has the new number does not want it: the code is of no use any more."""
    session.delete(row)
    session.flush()


def _send_code(
    session: Session, caregiver: Caregiver, row: AddressChange, now: datetime, settings: Settings
) -> None:
    secret, nonce = settings.server.secret_key, new_nonce()
    row.code_hash = _hash(secret, row, code_of(nonce, secret))
    row.link_hash = _hash(secret, row, token_of(nonce, secret))
    language, program = language_of(caregiver), settings.program.name
    link = f"{settings.base_url()}/family/new{stored_link(nonce)}"
    values = {"program": program, "code": STORED_CODE, "link": link}
    # Not the number of the row: SQLite gives that of a deleted one again.
    key, until = f"new_address:{row.link_hash[:24]}", now + GOOD_FOR
    if row.channel == "sms":
        text = templates.text(session, "new_number", language, values)
        enqueue_text(
            session, caregiver, TO_CONFIRM, text, key, now, settings, not_after=until, to=row.address
        )
        return
    mail = templates.mail(session, "new_address", language, values | {"name": caregiver.name or program})
    enqueue_mail(session, caregiver, TO_CONFIRM, mail, key, now, not_after=until, to=row.address)


def _tell_old(
    session: Session,
    caregiver: Caregiver,
    channel: consent.Channel,
    key: str,
    now: datetime,
    settings: Settings,
) -> None:
    """The address that we wrote to so far, or the one they still have, hears that it is over."""
    language, program = language_of(caregiver), settings.program.name
    what = templates.word(f"moved_{channel}", language)
    text = templates.text(session, "address_moved", language, {"program": program, "change": what})
    values = {"program": program, "change": what[0].upper() + what[1:], "name": caregiver.name or program}
    mail = templates.mail(session, "address_moved", language, values)
    if channel == "sms" and caregiver.texts == "in":
        enqueue_text(session, caregiver, "address_moved", text, key, now, settings)
    elif (channel == "email" and caregiver.mails == "in") or channel == "sms":
        enqueue_mail(session, caregiver, "address_moved", mail, key, now)
    else:
        enqueue_text(session, caregiver, "address_moved", text, key, now, settings)


def _redirect(session: Session, caregiver: Caregiver, channel: consent.Channel, address: str) -> None:
    """What was to leave for the old address goes to the new one; what was asked stays open."""
    session.execute(
        update(OutgoingMessage)
        .where(
            OutgoingMessage.caregiver_id == caregiver.id,
            OutgoingMessage.channel == channel,
            OutgoingMessage.state == "queued",
        )
        .values(to_address=address)
        .execution_options(synchronize_session="fetch")
    )
    if channel == "sms" and caregiver.texts != "in":  # asked by e-mail so far: from now on by text
        session.execute(
            update(Question)
            .where(Question.caregiver_id == caregiver.id, Question.state == "open")
            .values(remind_at=None)
            .execution_options(synchronize_session="fetch")
        )


def _now(caregiver: Caregiver, channel: consent.Channel) -> str | None:
    """Where we write now; a number or address that they said no to may be confirmed anew."""
    if channel == "sms":
        return caregiver.phone if caregiver.texts == "in" else None
    return caregiver.email if caregiver.mails == "in" else None


def _anothers(session: Session, caregiver: Caregiver, phone: str) -> bool:
    wanted = select(Caregiver.id).where(Caregiver.phone == phone, Caregiver.id != caregiver.id)
    return session.scalars(wanted).first() is not None


def _forget(session: Session, caregiver: Caregiver, channel: consent.Channel) -> None:
    session.execute(
        delete(AddressChange)
        .where(AddressChange.caregiver_id == caregiver.id, AddressChange.channel == channel)
        .execution_options(synchronize_session="fetch")
    )


def _hash(secret_key: str, row: AddressChange, code: str) -> str:
    """Keyed, since six digits are soon tried; and of this very ask."""
    said = f"new address {row.id} {row.address} {code}"
    return hmac.digest(secret_key.encode(), said.encode(), "sha256").hex()
