"""Real processes on one PostgreSQL: pages, workers, two clocks; killed, told to stop, replaced under load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text, update

from app import cli
from assistant.clock import SystemClock
from assistant.store import Caregiver, Expectation, Fact, InboundText, Question, Store, open_store
from assistant.store.migrate import upgrade
from jobs.bench_town import phone_of, settle
from jobs.engine_schema import upgrade_engine
from jobs.leader import KEY
from tests.scale.load import Load, listening
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_rules import inbound_form
from tests.support.fake_twilio_wire import post
from tests.support.installation import PUBLIC, Installation, told_to_stop

FAMILIES = 600


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio() as server:
        yield server


@pytest.fixture
def store(postgresql_database: str) -> Iterator[Store]:
    opened = open_store(postgresql_database)
    upgrade(opened)
    upgrade_engine(opened)
    now = SystemClock().now()
    settle(opened, FAMILIES, now, now.replace(year=now.year + 1))
    yield opened
    opened.close()


@pytest.fixture
def house(tmp_path: Path, store: Store, fake: FakeTwilio) -> Iterator[Installation]:
    url = store.engine.url.render_as_string(hide_password=False)
    with Installation(tmp_path, url, fake) as started:
        yield started


def leading(store: Store) -> str:
    with store.read() as session:
        fact = session.get(Fact, KEY)
        return fact.value if fact else ""


def workers(store: Store) -> int:
    """How many workers began so far, dead ones too."""
    with store.read() as session:
        return session.scalar(text("SELECT coalesce(max(id), 0) FROM procrastinate_workers")) or 0


def make_due(store: Store, first: int, last: int) -> None:
    with store.write() as session:
        session.execute(
            update(Expectation).where(Expectation.id.between(first, last)).values(ask_at=SystemClock().now())
        )


def sent(fake: FakeTwilio) -> Counter[str]:
    return Counter(message.to for message in fake.sent())


def everybody(first: int, last: int) -> dict[str, int]:
    return {phone_of(number): 1 for number in range(first, last + 1)}


@pytest.mark.long
def test_any_process_may_die_or_be_replaced(house: Installation, store: Store, fake: FakeTwilio) -> None:
    clocks = [house.start("clock"), house.start("clock")]
    worker = house.start("worker", "--threads", "2")
    web = house.start("web")
    house.until(lambda: leading(store) and workers(store) == 1 and house.answers() == 200, "all start")

    # A clock that leads is killed: the other one goes on at once.
    leader = next(one for one in clocks if leading(store).endswith(f":{one.pid}"))
    other = next(one for one in clocks if one is not leader)
    leader.kill()
    make_due(store, 1, 10)
    house.until(lambda: sent(fake) == everybody(1, 10), "the questions of the second clock")
    house.until(lambda: leading(store).endswith(f":{other.pid}"), "the second clock leads")

    # A worker is killed in the middle of a job, which waits for a row that we hold.
    with store.write() as session:
        session.scalars(select(Caregiver).where(Caregiver.id == 15).with_for_update()).one()
        make_due(store, 11, 20)
        house.until(lambda: _blocked(store), "the job waits")
        worker.kill()
        worker.wait()
        worker = house.start("worker", "--threads", "2")
        house.until(lambda: workers(store) == 2, "the second worker")
    house.until(lambda: sent(fake) == everybody(1, 20), "the questions of the killed worker")
    with store.read() as session:
        asked = session.scalars(select(Question.caregiver_id)).all()
    assert Counter(asked) == Counter(range(1, 21))

    # Under load, every process is replaced by a new one, as an upgrade would.
    load = Load(f"http://127.0.0.1:{house.port}", fake, 21, FAMILIES)
    load.start()
    house.until(lambda: load.kept, "the first texts are kept")
    new_web, new_worker = house.start("web"), house.start("worker", "--threads", "2")
    house.until(lambda: workers(store) == 3 and listening(house.port) == 2, "the new ones are there")
    assert [told_to_stop(one) for one in (web, worker)] == [0, 0]
    load.finish()
    house.until(lambda: _unread(store) == 0, "all are read")
    house.until(lambda: sent(fake) == everybody(1, 20 + len(load.kept)), "each text is answered once")
    with store.read() as session:
        stored = session.scalars(select(InboundText.from_address).order_by(InboundText.id)).all()
    assert stored == load.kept
    assert told_to_stop(new_worker) == 0
    new_web.kill()
    house.until(lambda: listening(house.port) == 0, "the processes it started end with it")
    assert told_to_stop(other) == 0
    assert leading(store) == ""  # given back, for the next one
    assert "Traceback" not in house.said()


@pytest.mark.parametrize("command", ["web", "worker", "clock"])
def test_processes_of_an_older_schema_do_not_start(
    command: str, tmp_path: Path, postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"ASSISTANT_DATABASE_URL": postgresql_database}
    started = CliRunner().invoke(cli, [command], env=env)
    assert started.exit_code == 2
    assert (
        started.output == "the database is not at this program's schema: run `python app.py migrate` first\n"
    )


@pytest.mark.long
def test_on_sqlite_a_reply_wakes_the_clock(tmp_path: Path, fake: FakeTwilio) -> None:
    """Pages and a clock that looks once a minute: the answer leaves at once."""
    url = f"sqlite:///{tmp_path}/store.db"
    opened = open_store(url)
    upgrade(opened)
    now = SystemClock().now()
    settle(opened, 1, now, now.replace(year=now.year + 1))
    opened.close()
    with Installation(tmp_path, url, fake) as house:
        house.env["ASSISTANT_JOBS_TICK_SECONDS"] = "600"
        clock, _ = house.start("clock"), house.start("web")
        house.until(lambda: house.answers() == 200 and [*tmp_path.glob("*.wake.*")], "both start")
        before = len(fake.sent())
        form = inbound_form(fake.account, fake.receive(phone_of(1), "STATUS"))
        url = f"http://127.0.0.1:{house.port}/twilio/sms"
        assert post(url, form, fake.account.auth_token, f"{PUBLIC}/twilio/sms").status == 200
        house.until(lambda: len(fake.sent()) > before, "the answer")
        assert told_to_stop(clock) == 0
    assert not [*tmp_path.glob("*.wake.*")]


def test_sqlite_needs_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    started = CliRunner().invoke(cli, ["worker"])
    assert started.exit_code == 2
    assert started.output == "worker: SQLite needs none; start one clock, which does the jobs itself\n"


def _unread(store: Store) -> int:
    with store.read() as session:
        unread = select(func.count()).select_from(InboundText).where(InboundText.handled_at.is_(None))
        return session.scalars(unread).one()


def _blocked(store: Store) -> bool:
    with store.read() as session:
        return bool(
            session.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND datname = current_database() AND application_name = 'every-session worker'"
                )
            )
        )
