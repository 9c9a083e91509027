"""How staff get in: a password, then a code from an app on their phone or a spare code. Both, always.

Passwords after NIST SP 800-63B: length and not a common one, no rules about kinds of letters, no expiry. A
wrong one makes the next try wait, longer each time, whoever's address was typed; counts are in the database,
so that they hold across processes. An address that nobody has costs the same work and is answered alike.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from assistant.families.attempts import DAY, forget, hashed_key, keep, latest, one_at_a_time
from assistant.families.sign_in import end_all
from assistant.families.tell import audited
from assistant.store import RecoveryCode, Staff

SHORTEST, LONGEST = 12, 200
SPARE_CODES = 10
_FREE_TRIES = 5  # wrong ones that nobody has to wait for
_FREE_TRIES_FROM = 20  # from one address of the net, where several people may sit
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_STEP = 30  # seconds that a code of the app lasts; one step early or late is taken as well

# argon2id as OWASP's cheat sheet has it for small machines: 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def trouble_with(password: str, email: str, program: str) -> str | None:
    """Why this password will not do ("short", "long", "common"); None where it will."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        return "short"
    if len(plain) > LONGEST:
        return "long"
    folded = plain.casefold()
    own = (email.casefold(), email.partition("@")[0].casefold() * 2, program.casefold().replace(" ", ""))
    if folded in _common() or folded in own or len(set(folded)) < 4:
        return "common"
    return None


def set_password(session: Session, staff: Staff, password: str, now: datetime) -> None:
    """Keep a password that `trouble_with` has nothing against."""
    staff.password_hash = _HASHER.hash(_normal(password))
    audited(session, now, f"staff {staff.id}", "password_set", f"staff {staff.id}")


def may_try(session: Session, secret_key: str, scope: str, key: str, now: datetime) -> bool:
    """Whether one more try need not wait for those before it. It counts as a wrong one until it was `right`,
    so that many at the same moment are counted as well.
    """
    hashed = hashed_key(secret_key, scope, key)
    one_at_a_time(session, f"{scope} {hashed}")
    tried, last = latest(session, scope, hashed, now - DAY)
    free = _FREE_TRIES_FROM if scope.endswith("_from") else _FREE_TRIES
    if last is not None and tried >= free:
        doubled = _FIRST_WAIT * 2 ** min(tried - free, 12)
        if now < last + min(doubled, _LONGEST_WAIT):
            return False
    keep(session, scope, hashed, now)
    return True


def was_right(session: Session, secret_key: str, scope: str, key: str) -> None:
    """That try was a right one: the count starts anew."""
    forget(session, scope, hashed_key(secret_key, scope, key))


def with_password(session: Session, email: str, password: str) -> Staff | None:
    """Who signs in with these; None for everything else, after the same work."""
    staff = session.scalars(
        select(Staff).where(Staff.email == email.strip().lower(), Staff.ended_at.is_(None))
    ).first()
    known = staff is not None and staff.password_hash != "" and staff.totp_since is not None
    stored = staff.password_hash if staff is not None and known else _nobodys()
    try:
        _HASHER.verify(stored, _normal(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return None
    return staff if known else None


def new_secret(staff: Staff) -> str:
    """The secret for the app on their phone; the same one until it is in use."""
    if staff.totp_secret is None or staff.totp_since is not None:
        staff.totp_secret, staff.totp_since, staff.totp_step = pyotp.random_base32(), None, 0
    return staff.totp_secret


def address_of(staff: Staff, program: str) -> str:
    """The otpauth:// address that the app reads from the picture."""
    return pyotp.TOTP(staff.totp_secret or "").provisioning_uri(name=staff.email, issuer_name=program)


def takes_code(session: Session, staff: Staff, typed: str, now: datetime) -> bool:
    """Whether this is the app's code of now; each is taken once, and none that is older than the last."""
    digits = "".join(typed.split())
    if not staff.totp_secret or not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return False
    totp, now_step = pyotp.TOTP(staff.totp_secret), int(now.timestamp()) // _STEP
    step = next(
        (
            one
            for one in range(now_step - 1, now_step + 2)
            if hmac.compare_digest(totp.generate_otp(one), digits)
        ),
        None,
    )
    if step is None:
        return False
    mine = session.execute(
        update(Staff)
        .where(Staff.id == staff.id, Staff.totp_step < step)
        .values(totp_step=step)
        .execution_options(synchronize_session="fetch")
    )
    return getattr(mine, "rowcount", 0) == 1


def takes_spare_code(session: Session, secret_key: str, staff: Staff, typed: str, now: datetime) -> bool:
    """Whether this is a spare code that was not used yet; it is used now."""
    mine = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.staff_id == staff.id,
            RecoveryCode.code_hash == _spare_hash(secret_key, staff.id, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    if getattr(mine, "rowcount", 0) != 1:
        return False
    audited(session, now, f"staff {staff.id}", "spare_code_used", f"staff {staff.id}")
    return True


def new_spare_codes(session: Session, secret_key: str, staff: Staff) -> list[str]:
    """New spare codes in the place of all others; shown once, only hashes are kept."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(SPARE_CODES)]
    for code in codes:
        session.add(
            RecoveryCode(staff_id=staff.id, code_hash=_spare_hash(secret_key, staff.id, code), used_at=None)
        )
    return codes


def reset(session: Session, staff: Staff, now: datetime) -> None:
    """Take password, second factor and spare codes away, and end every session: a phone was lost."""
    staff.password_hash, staff.totp_secret, staff.totp_since, staff.totp_step = "", None, None, 0
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    end_all(session, now, staff_id=staff.id)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _spare_hash(secret_key: str, staff_id: int, typed: str) -> str:
    plain = "".join(one for one in typed.lower() if one.isalnum())
    return hmac.new(secret_key.encode(), f"spare {staff_id} {plain}".encode(), hashlib.sha256).hexdigest()


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_hex(16))


@cache
def _common() -> frozenset[str]:
    file = Path(__file__).with_name("common_passwords.txt")
    return frozenset(file.read_text(encoding="utf-8").casefold().split("\n"))
