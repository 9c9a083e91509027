"""Reads the mailbox: bounces, and what parents answer. Off in the sandbox and where no mailbox is set.

Due: `mailboxes.next_at`. While one worker looks, that moment lies ahead, so no second one looks; should it
die, the next look begins at the first e-mail that was not done with. Each e-mail is stored in a transaction
of its own, then marked; what was stored twice all the same is known by its UID and its Message-ID. Nothing is
fetched inside a transaction.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant.clock import Clock, monotonic
from assistant.config import Mailbox as MailboxSettings
from assistant.config import Settings
from assistant.conversation.mailroom import Place, broken, sort
from assistant.store import Mailbox, Store
from messages.alerts import close_alert, raise_alert
from messages.channels.mailbox import Fetched, Folder, ImapMailbox, MailboxError
from messages.mail_in import read_mail

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=10)
LONGEST_LOOK_SECONDS = 240.0
BATCH = 100
FAILURES_TOLD = (
    3  # looks in a row that did not work, and somebody is told; at once where it cannot mend itself
)
_LONGEST_WAIT = timedelta(hours=1)
_FOR_A_PERSON = ("refused", "certificate", "letters")
ALERT = "mailbox_unreadable"


@dataclass(frozen=True, slots=True)
class _Claim:
    """The mailbox, for this look: how far it was read, and until when it is this worker's."""

    id: int
    uid_validity: int
    last_uid: int
    until: datetime


def prepare(session: Session, settings: Settings, now: datetime) -> None:
    """Have a row for the mailbox of these settings, due now; mailboxes of earlier settings are not read."""
    wanted = name_of(settings.mailbox) if settings.reads_mail else ""
    rows = {row.name: row for row in session.scalars(select(Mailbox))}
    for row in rows.values():
        if row.name != wanted:
            row.next_at = None
    if wanted and wanted not in rows:
        session.add(Mailbox(name=wanted, uid_validity=0, last_uid=0, next_at=now, failures=0))
    elif wanted and rows[wanted].next_at is None:
        rows[wanted].next_at = now


def name_of(mailbox: MailboxSettings) -> str:
    """What a mailbox is known by: a hash, since a user name is often somebody's address."""
    parts = "\n".join((mailbox.host.lower(), mailbox.username, mailbox.folder))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def run(store: Store, clock: Clock, settings: Settings, box: ImapMailbox | None = None) -> int:
    """One look, where one is due. Returns how many e-mails were new. `box` is the settings' unless given."""
    if not settings.reads_mail:
        return 0
    with store.write() as session:
        claim = _claim(session, settings, clock.now())
    if claim is None:
        return 0
    try:
        with (box or ImapMailbox(settings.mailbox)).open() as folder:
            new, more = _look(store, clock, settings, claim, folder)
    except MailboxError as error:
        log.warning("the mailbox could not be read (%s)", error.code)
        with store.write() as session:
            _failed(session, claim, error.code, clock.now())
        return 0
    with store.write() as session:
        wait = timedelta(0) if more else timedelta(minutes=settings.mailbox.every_minutes)
        _looked(session, claim, clock.now(), wait)
    return new


def _claim(session: Session, settings: Settings, now: datetime) -> _Claim | None:
    row = session.scalars(
        select(Mailbox)
        .where(Mailbox.name == name_of(settings.mailbox), Mailbox.next_at <= now)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    row.next_at = now + LEASE
    return _Claim(row.id, row.uid_validity, row.last_uid, row.next_at)


def _look(store: Store, clock: Clock, settings: Settings, claim: _Claim, folder: Folder) -> tuple[int, bool]:
    """How many were new, and whether more wait. A mailbox made anew begins at its first e-mail again."""
    began, new, done = monotonic(), 0, 0
    last = claim.last_uid if folder.validity == claim.uid_validity else 0
    waiting = folder.uids_after(last)
    delete = settings.mailbox.after_reading == "delete"
    for mail in folder.fetch(waiting[:BATCH], settings.mailbox.max_kilobytes * 1024):
        kind, is_new = _store(store, clock, settings, Place(claim.id, folder.validity, mail.uid), mail)
        new += is_new
        if kind not in (
            "stranger",
            "flood",
            "broken",
        ):  # those are nobody's business here; they stay as they are
            folder.done_with(mail.uid, delete=delete)
        with store.write() as session:
            _read_up_to(session, claim, folder.validity, mail.uid)
        done += 1
        if monotonic() - began > LONGEST_LOOK_SECONDS:
            break
    else:
        if waiting[:BATCH]:  # also past those that were deleted under our hands
            with store.write() as session:
                _read_up_to(session, claim, folder.validity, waiting[:BATCH][-1])
            done = len(waiting[:BATCH])
    return new, done < len(waiting)


def _store(store: Store, clock: Clock, settings: Settings, place: Place, mail: Fetched) -> tuple[str, bool]:
    """Sort one e-mail in its own transaction. One that cannot be sorted must not hold up the others."""
    found = read_mail(mail.data, whole=mail.whole)
    try:
        with store.write() as session:
            return sort(session, found, place, clock.now(), settings)
    except IntegrityError:
        return "", False  # another worker was quicker by a moment
    except Exception as error:  # noqa: BLE001  as the docstring says
        log.error("e-mail %d could not be sorted (%s)", place.uid, type(error).__name__)
        with store.write() as session:
            broken(session, found.key, place, clock.now())
            raise_alert(session, "mail_broken", clock.now(), error=type(error).__name__)
        return "broken", True


def _read_up_to(session: Session, claim: _Claim, validity: int, uid: int) -> None:
    row = session.get_one(Mailbox, claim.id, with_for_update=True)
    if row.uid_validity != validity:
        row.uid_validity, row.last_uid = validity, 0
    row.last_uid = max(row.last_uid, uid)


def _looked(session: Session, claim: _Claim, now: datetime, wait: timedelta) -> None:
    row = session.get_one(Mailbox, claim.id, with_for_update=True)
    if row.next_at == claim.until:  # else another worker has taken over
        row.next_at = now + wait
    if row.failures:
        row.failures = 0
        close_alert(session, ALERT, now)


def _failed(session: Session, claim: _Claim, code: str, now: datetime) -> None:
    row = session.get_one(Mailbox, claim.id, with_for_update=True)
    row.failures += 1
    row.next_at = now + min(timedelta(minutes=2) * 2 ** min(row.failures - 1, 5), _LONGEST_WAIT)
    if code in _FOR_A_PERSON or row.failures >= FAILURES_TOLD:
        raise_alert(session, ALERT, now, code=code)
