"""Asking on a page for a way in: the page keeps the ask, a job sends a link with a code, or nothing.

So the page does the same work and says the same whether we know the number or not. The code is bound to the
browser that asked: who reads it off a phone cannot use it on another. Times and tries after NIST SP 800-63B:
ten minutes, few guesses at six digits; ours are 5 a code, and 10 an hour at one number or address.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import phonenumbers
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.attempts import DAY, HOUR, Limit, take
from assistant.families.sign_in import GOOD_FOR, Link, find_number, new_link, spend_row
from assistant.store import Caregiver, LinkAsk, SignIn
from messages import templates
from messages.one_time import CODE_DIGITS, STORED_CODE, code_of
from messages.outbox import enqueue_mail, enqueue_text, hours_of, language_of

MOST_TRIES = 5  # at one code
MOST_TRIES_AN_HOUR = 10  # at one number or address, over all its codes
MOST_BY_PAGE = (Limit(2, HOUR), Limit(5, DAY))  # to one person: anybody can type a number
_KEPT = timedelta(days=2)


def ask(session: Session, typed: str, now: datetime) -> str:
    """Keep that somebody asked; returns the secret for the cookie of their browser."""
    browser = secrets.token_urlsafe(18)
    session.execute(delete(LinkAsk).where(LinkAsk.created_at < now - _KEPT))
    session.add(
        LinkAsk(
            address=_address(typed),
            browser_hash=_hash(browser),
            created_at=now,
            answer_at=now,
            sign_in_id=None,
        )
    )
    session.flush()
    return browser


def answer(session: Session, row: LinkAsk, settings: Settings, now: datetime) -> None:
    """Look who asked, and send them a link and a code. Nobody known, night, too many: nothing is sent."""
    row.answer_at = None
    person = _known(session, row.address)
    if person is None or now >= row.created_at + GOOD_FOR:
        return
    by_text = "@" not in row.address
    if by_text and not hours_of(person, settings).allows(now):
        return  # anybody can type a number, also at night; their own LINK is answered at any hour
    secret = settings.server.secret_key
    if not take(session, secret, "page_link", str(person.id), now, *MOST_BY_PAGE):
        return
    link = new_link(session, settings, now, caregiver=person)
    if link is None:
        return  # too many within the hour: the page says the same all the same
    row.sign_in_id = link.number
    row.code_hash = _code_hash(secret, row.browser_hash, code_of(link.nonce, secret))
    _send(session, person, link, settings, now, by_text=by_text)


def try_code(session: Session, browser: str, typed: str, settings: Settings, now: datetime) -> SignIn | None:
    """The session that this code opens in this browser, once; None for every other code, counted."""
    row = session.scalars(select(LinkAsk).where(LinkAsk.browser_hash == _hash(browser))).first()
    if row is None or not _may_try(session, row, now):
        return None
    digits = "".join(one for one in typed if one.isascii() and one.isdigit())
    right = hmac.compare_digest(
        row.code_hash, _code_hash(settings.server.secret_key, row.browser_hash, digits)
    )
    link = find_number(session, row.sign_in_id, now)
    if not right or len(digits) != CODE_DIGITS or link is None:
        return None
    return spend_row(session, link, now)


def _may_try(session: Session, row: LinkAsk, now: datetime) -> bool:
    """Count one try at this code; False when there were enough, here or at the same address."""
    since = now - HOUR
    before = session.scalars(
        select(func.sum(LinkAsk.tries)).where(LinkAsk.address == row.address, LinkAsk.created_at > since)
    ).one()
    if (before or 0) >= MOST_TRIES_AN_HOUR or now >= row.created_at + GOOD_FOR:
        return False
    mine = session.execute(
        update(LinkAsk)
        .where(LinkAsk.id == row.id, LinkAsk.tries < MOST_TRIES)
        .values(tries=LinkAsk.tries + 1)
        .execution_options(synchronize_session="fetch")
    )
    return getattr(mine, "rowcount", 0) == 1


def _address(typed: str) -> str:
    """As it is looked up: a number in E.164 form, an e-mail in lower case, "" for anything else."""
    if not typed.isprintable():
        return ""  # a database need not take a NUL, and no address has one
    if "@" in typed:
        return typed.lower()
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _known(session: Session, address: str) -> Caregiver | None:
    """Who that is, if they agreed to hear from us there. An e-mail that several share tells nobody."""
    if "@" in address:
        rows = session.scalars(
            select(Caregiver).where(Caregiver.email == address, Caregiver.mails == "in")
        ).all()
        return rows[0] if len(rows) == 1 else None
    return session.scalars(
        select(Caregiver).where(Caregiver.phone == address, Caregiver.texts == "in")
    ).first()


def _send(
    session: Session, person: Caregiver, link: Link, settings: Settings, now: datetime, *, by_text: bool
) -> None:
    key, language = f"link:{link.number}", language_of(person)
    values = {"link": link.stored, "code": STORED_CODE}
    if by_text:
        rendered = templates.text(session, "link_code", language, values)
        enqueue_text(session, person, "link", rendered, key, now, settings)
        return
    program = settings.program.name
    mail = templates.mail(
        session, "link", language, values | {"program": program, "name": person.name or program}
    )
    enqueue_mail(session, person, "link", mail, key, now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _code_hash(secret_key: str, browser_hash: str, code: str) -> str:
    """Keyed, since six digits are soon tried; and of this browser only."""
    return hmac.digest(secret_key.encode(), f"code {browser_hash} {code}".encode(), "sha256").hex()
