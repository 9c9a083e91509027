"""The database, and what it tells of the rest: its clock, its room, the worker, texts that a carrier took
for keywords. Nothing is kept of what is written here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import available_timezones

from sqlalchemy import delete, func, insert, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.doctor.lines import Line, fail, look, ok
from assistant.doctor.timekeeping import drift
from assistant.store import Caregiver, Fact, InboundText, Store, StoreError, open_store
from assistant.store.cipher import cipher_for
from assistant.store.migrate import is_current
from assistant.store.sealing import unsealed, wrong_keys
from messages.alerts import open_alerts

ROOM = 500_000_000  # bytes: below it a week of a large centre, or one backup, may not fit
KEYWORDS_BACK = timedelta(days=30)
BEHIND = timedelta(minutes=10)


def lines(settings: Settings, clock: Clock) -> Iterator[Line]:
    """Reachable, at the newest schema, tuned, writable, with room; then what its rows tell."""
    parsed = make_url(settings.database.url)
    file = Path(parsed.database or "")
    if parsed.get_backend_name() == "sqlite" and not file.exists():
        yield look("database", f"{file} is not there yet", "start the program once, or `app.py migrate`")
        return
    try:
        store = open_store(settings.database.url, cipher=cipher_for(settings.server.data_key))
    except StoreError as error:
        yield fail("database", str(error), "start it, or put [database] url right")
        return
    try:
        yield from _looked_at(store, settings, clock, file)
    except SQLAlchemyError as error:
        yield fail("database", f"cannot be read ({type(error).__name__})", "look at the database's own log")
    finally:
        store.close()


def _looked_at(store: Store, settings: Settings, clock: Clock, file: Path) -> Iterator[Line]:
    if not is_current(store):
        yield fail("database", "reachable, not at the newest schema", "make a backup, then `app.py migrate`")
        return
    yield ok("database", f"{store.engine.dialect.name}, at the newest schema")
    if store.sqlite:
        yield _tuned(store)
        yield _room(file)
    else:
        yield _database_clock(store, clock)
    yield _writable(store)
    yield _key(store, settings)
    with store.read() as session:
        yield _homes(session)
        yield from _keywords(session, clock.now())
        if not settings.sandbox:  # the sandbox's clock jumps
            yield _worker(session, clock.now())
        yield _alerts(session)


def _tuned(store: Store) -> Line:
    with store.engine.connect() as connection:
        mode = str(connection.execute(text("PRAGMA journal_mode")).scalar_one())
        safe = int(connection.execute(text("PRAGMA synchronous")).scalar_one())
        sound = str(connection.execute(text("PRAGMA quick_check(1)")).scalar_one())
    if sound != "ok":
        return fail("database.file", "the file is damaged", "stop the program and `app.py restore` a backup")
    if mode.lower() != "wal" or safe < 2:
        return fail(
            "database.file",
            f"journal {mode}, synchronous {safe}: a power cut can lose answers",
            "keep the file on a local disk: network shares do not carry a write-ahead log",
        )
    return ok("database.file", "sound; write-ahead log, every commit reaches the disk")


def _room(file: Path) -> Line:
    free, size = shutil.disk_usage(file.resolve().parent).free, file.stat().st_size
    found = f"{free // 1_000_000} MB free, the file has {size // 1_000_000} MB"
    if free < ROOM // 10:
        return fail("disk", found, "make room now: a full disk keeps no replies")
    if free < ROOM or free < 2 * size:
        return look("disk", found, "make room; a backup needs as much again as the file")
    return ok("disk", found)


def _database_clock(store: Store, clock: Clock) -> Line:
    with store.engine.connect() as connection:
        theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return drift("database.clock", "the database's", theirs, clock.now())


def _writable(store: Store) -> Line:
    try:
        with store.engine.connect().execution_options(every_session_write=True) as connection:
            connection.execute(delete(Fact).where(Fact.key == "doctor"))
            connection.execute(insert(Fact).values(key="doctor", value="was here"))
            connection.rollback()
    except SQLAlchemyError as error:
        return fail("database.write", f"cannot be written ({type(error).__name__})", "check rights and room")
    return ok("database.write", "can be written")


def _key(store: Store, settings: Settings) -> Line:
    problem = wrong_keys(store)
    if problem:
        return fail("database.key", problem, "put every key it was sealed under into the environment")
    if not settings.server.data_key:
        found = "none: numbers, addresses and names are stored in clear"
        return look("database.key", found, "`app.py new-key`, ASSISTANT_SERVER_DATA_KEY, then `app.py seal`")
    left = sum(unsealed(store).values())
    if left:
        return look("database.key", f"{left} rows are not sealed under the first key", "run `app.py seal`")
    return ok("database.key", "set; numbers, addresses and names are sealed")


def _homes(session: Session) -> Line:
    known = available_timezones()
    zones = session.scalars(select(Caregiver.zone).distinct()).all()
    unknown = sorted(zone for zone in zones if zone not in known)
    if unknown:
        return fail(
            "zones.caregivers",
            f"not known: {', '.join(unknown)}",
            "quiet hours cannot be kept; run `make setup`",
        )
    return ok("zones.caregivers", f"{len(zones)} in use, all known")


def _keywords(session: Session, now: datetime) -> Iterator[Line]:
    """What came in tells what the carrier takes for keywords, whatever its set-up page says."""
    word = func.lower(func.trim(InboundText.body))
    for took, said, why in (
        ("STOP", ("no",), '"No" is an answer'),
        ("START", ("yes", "si", "sí"), "YES is an answer"),
    ):
        times = session.scalar(
            select(func.count())
            .select_from(InboundText)
            .where(
                InboundText.received_at > now - KEYWORDS_BACK,
                InboundText.opt_out_type == took,
                word.in_(said),
            )
        )
        if times:
            yield fail(
                "twilio.keywords.seen",
                f"in {KEYWORDS_BACK.days} days Twilio took {said[0].upper()} for {took} {times} times; {why}",
                f"Console > Messaging Service > Opt-Out Management: take it out of the {took} words",
            )


def _worker(session: Session, now: datetime) -> Line:
    fact = session.get(Fact, "last_tick")
    if fact is None:
        return look("worker", "no pass has been made yet", "start `app.py run` (or `worker` and `clock`)")
    ago = now - datetime.fromisoformat(fact.value)
    if ago > BEHIND:
        return fail(
            "worker",
            f"the last full pass was {int(ago.total_seconds() // 60)} minutes ago",
            "start or restart it",
        )
    return ok("worker", f"the last full pass was {max(0, int(ago.total_seconds()))} seconds ago")


def _alerts(session: Session) -> Line:
    kinds = sorted({alert.kind for alert in open_alerts(session)})
    if kinds:
        return look("alerts", f"open: {', '.join(kinds)}", "see /admin/alerts")
    return ok("alerts", "none open")
