"""The engine's queue, its tables, who leads, and how a process is woken; on a real PostgreSQL."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import func, select, text

from assistant.clock import VirtualClock
from assistant.config import Database, Jobs, Server, Settings
from assistant.store import Expectation, InboundText, LogEntry, Question, Store, StoreError, open_store
from assistant.store.migrate import upgrade
from jobs import engine_schema
from jobs.engine import Queue, Waker, Worker
from jobs.engine_schema import engine_is_current, upgrade_engine
from jobs.kinds import AFTER, BY_NAME, PATIENCE, due_kinds
from jobs.leader import LEASE, Leader
from jobs.scheduler import Metronome
from jobs.tick import next_due
from jobs.waking import Ear, call
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from tests.support.family import PHONE, family, registered

CHANNELS = Channels(SandboxText(), SandboxEmail())


@pytest.fixture
def big(postgresql_database: str) -> Iterator[Store]:
    """A PostgreSQL store with the engine's tables."""
    store = open_store(postgresql_database)
    upgrade(store)
    upgrade_engine(store)
    yield store
    store.close()


def settings_of(store: Store, **jobs: int) -> Settings:
    return Settings(
        server=Server(secret_key="a key for tests that nobody uses"),
        database=Database(url=store.engine.url.render_as_string(hide_password=False)),
        jobs=Jobs(**jobs),
    )


def waiting(store: Store) -> list[str]:
    with store.read() as session:
        return list(
            session.scalars(
                text(
                    "SELECT queueing_lock FROM procrastinate_jobs WHERE status='todo'"
                    " ORDER BY priority DESC, id"
                )
            )
        )


def empty(store: Store) -> None:
    with store.write() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))


def test_the_engines_tables_are_laid_down_once(big: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade_engine(big)  # a second time: nothing happens
    assert engine_is_current(big)
    # An older program on these tables is content: they only ever gain.
    monkeypatch.setattr(engine_schema, "version", lambda _name: "3.4.0")
    assert engine_is_current(big)


def test_the_engines_tables_of_an_older_version_are_brought_forward(postgresql_database: str) -> None:
    store = open_store(postgresql_database)
    with store.engine.begin() as connection:
        for file in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
            if file.name < "03.03":  # its migrations of that day, one after the other
                connection.connection.cursor().execute(file.read_text())
        connection.execute(text("COMMENT ON TABLE procrastinate_jobs IS 'tables of procrastinate 3.2.2'"))
    assert not engine_is_current(store)
    upgrade_engine(store)
    assert engine_is_current(store)
    with store.read() as session:
        assert session.scalar(
            text("SELECT count(*) FROM pg_proc WHERE proname = 'procrastinate_retry_job_v2'")
        )
    queue = Queue(postgresql_database, "test")
    assert queue.put({"close": 1}) == 1
    queue.close()
    store.close()


def test_tables_that_somebody_else_made_are_left_alone(big: Store) -> None:
    with big.write() as session:
        session.execute(text("COMMENT ON TABLE procrastinate_jobs IS NULL"))
    with pytest.raises(StoreError, match="did not make"):
        upgrade_engine(big)


def test_what_waits_has_its_turn_however_much_comes_in(big: Store) -> None:
    """A steady stream of replies kept texts that were queued for ever, where the workers had enough to do."""
    queue = Queue(settings_of(big).database.url, "test")
    queue.put({"read_replies": 1, "deliver": 1})
    assert waiting(big) == ["read_replies:0", "deliver:0"]  # in the timetable's order where both wait
    queue.put({"sweep": 1, "read_replies": 2, "ask": 1})
    assert waiting(big) == ["read_replies:0", "deliver:0", "sweep:0", "read_replies:1", "ask:0"]
    queue.close()


def test_sqlite_gets_no_tables_of_the_engine(store: Store) -> None:
    upgrade_engine(store)
    with store.read() as session:
        assert not session.scalars(
            text("SELECT name FROM sqlite_master WHERE name LIKE 'procrastinate%'")
        ).all()


def test_no_more_jobs_of_a_kind_wait_than_were_asked_for(big: Store) -> None:
    queue = Queue(settings_of(big).database.url, "test")
    assert queue.put({"deliver": 3, "close": 1}) == 4
    assert queue.put({"deliver": 3, "close": 1, "read_replies": 1}) == 1
    assert waiting(big) == ["deliver:0", "deliver:1", "deliver:2", "close:0", "read_replies:0"]
    queue.close()


def test_a_backlog_is_worth_several_jobs_and_never_more_than_the_slots(
    each_store: Store, clock: VirtualClock
) -> None:
    with each_store.write() as session:
        registered(session, family(), clock.now())
        session.execute(text("UPDATE service_lines SET next_plan_at = NULL"))
        many = session.scalar(select(func.count()).select_from(Expectation)) or 0
    assert many > 4
    clock.move_to(clock.now() + timedelta(days=60))
    with each_store.read() as session:
        assert due_kinds(session, clock.now(), batch=1, slots=3)["ask"] == 3
        assert due_kinds(session, clock.now(), batch=many - 1, slots=3)["ask"] == 2
        assert due_kinds(session, clock.now(), batch=many, slots=3)["ask"] == 1


def test_every_kind_that_another_waits_for_is_one() -> None:
    assert set(AFTER) | {name for names in AFTER.values() for name in names} <= set(BY_NAME)


@pytest.fixture
def late(big: Store, clock: VirtualClock) -> Worker:
    """A question past its day, and an answer to it that was not read yet."""
    settings = settings_of(big)
    worker = Worker(big, clock, settings, CHANNELS, 1)
    with big.write() as session:
        registered(session, family(), clock.now(), settings)
    while not _questions(big):
        with big.read() as session:
            due = next_due(session)
        assert due is not None
        clock.move_to(due)
        for kind in BY_NAME:
            worker.work(kind)
    with big.write() as session:
        session.add(
            InboundText(
                provider_id="SM1", channel="sms", from_address=PHONE, to_address="", body="yes", media=0,
                opt_out_type="", received_at=clock.now(), caregiver_id=1,
            )
        )  # fmt: skip
        closes = session.scalars(select(Question.close_at)).one()
    assert closes is not None
    clock.move_to(closes + timedelta(minutes=1))
    empty(big)
    return worker


def test_a_reply_that_waits_is_read_before_its_question_is_closed(late: Worker, big: Store) -> None:
    late.work("close")
    assert _questions(big) == ["open"]
    assert waiting(big)[0] == "read_replies:0"
    late.work("read_replies")
    assert _questions(big) == ["answered"]
    assert "deliver:0" in waiting(big)  # what it moved is somebody's work at once


def test_what_has_waited_long_enough_waits_no_more(late: Worker, big: Store, clock: VirtualClock) -> None:
    """In a flood of texts there is always one to be read; the answer still counts when its turn comes."""
    clock.move_to(clock.now() + PATIENCE)
    late.work("close")
    assert _questions(big) == ["closed"]
    late.work("read_replies")
    with big.read() as session:
        assert session.scalars(select(LogEntry.outcome).order_by(LogEntry.id.desc())).first() == "held"


def _questions(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Question.state)))


def end_lock_holders(store: Store) -> None:
    """End the sessions of this database, and of no other on the server, that hold an advisory lock.

    Told without a limit the server only sends the signal and returns; with one it waits until the session is
    gone (ten seconds at most), and says whether it is.
    """
    here = "locktype = 'advisory' AND granted"
    here += " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    with store.read() as session:
        found = session.execute(
            text(f"SELECT pid, pg_terminate_backend(pid, 10000) FROM pg_locks WHERE {here}")
        ).all()
        assert [ended for _, ended in found] == [True]
        assert not session.scalars(text(f"SELECT pid FROM pg_locks WHERE {here}")).all()


def test_the_second_leads_at_once_when_the_firsts_session_is_gone(big: Store, clock: VirtualClock) -> None:
    first, second = Leader(big, clock), Leader(big, clock)
    second._me = "elsewhere:2"
    assert first.leads()
    assert first.leads()
    assert not second.leads()
    end_lock_holders(big)  # as if the first were killed, on a machine that nobody here can look into
    assert second.leads()
    assert not first.leads()
    second.resign()
    assert first.leads()
    first.resign()


def test_a_leader_that_hangs_loses_its_lease(big: Store, clock: VirtualClock) -> None:
    first, second = Leader(big, clock), Leader(big, clock)
    second._me = "elsewhere:2"
    assert first.leads()
    clock.move_to(clock.now() + LEASE + timedelta(seconds=1))
    assert second.leads()
    assert first.leads()  # it goes on and still has the lock: it leads again, and the other stands by
    assert not second.leads()
    first.resign()
    second.resign()


def test_a_wake_makes_the_metronome_beat_now(store: Store, clock: VirtualClock) -> None:
    beats: list[int] = []
    woken = threading.Event()

    def tick() -> None:
        beats.append(1)
        if len(beats) == 2:
            woken.set()

    metronome = Metronome(store, clock, Settings(jobs=Jobs(tick_seconds=600)), tick)
    metronome.start()
    assert len(beats) == 1
    metronome.wake("read_replies")
    assert woken.wait(20)
    metronome.stop()


def test_a_page_wakes_every_clock_beside_its_database(tmp_path: Path) -> None:
    database, heard = tmp_path / "store.db", threading.Event()
    call(database)  # nobody is there
    ear = Ear(database, heard.set)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:  # a clock that left its name
        killed.bind(f"{database}.wake.1")
    call(database)
    assert heard.wait(5)
    ear.close()
    assert list(tmp_path.iterdir()) == []


def test_where_no_name_fits_the_clock_goes_on_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    far = tmp_path / ("x" * 150)
    far.mkdir()
    Ear(far / "store.db", print).close()
    assert "it looks every few seconds" in caplog.text


def test_a_waker_puts_in_what_was_asked_for_and_survives_a_queue_that_is_away() -> None:
    put: list[set[str]] = []
    again = threading.Event()

    def queue(what: set[str]) -> None:
        put.append(what)
        if len(put) == 1:
            raise OSError("away")
        again.set()

    waker = Waker(queue)
    waker.wake("read_replies")
    while not put:
        waker.wake("read_replies")
    waker.wake("deliver")
    assert again.wait(20)
    waker.wake("ask")
    waker.stop()
    assert put[0] == {"read_replies"}
    assert set().union(*put) == {"read_replies", "deliver", "ask"}
