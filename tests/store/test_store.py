"""The store on both engines: schema, moments, append-only tables, write transactions."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import TextClause, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from assistant.store import (
    AuditEvent,
    Base,
    Calendar,
    Caregiver,
    Child,
    Consent,
    Expectation,
    Fact,
    LogEntry,
    ServiceLine,
    Store,
    StoreError,
    migrate,
    open_store,
)
from assistant.store.facts import keep_fact
from assistant.store.migrate import is_current, upgrade

NOW = datetime(2026, 9, 1, 15, 0, tzinfo=UTC)


def caregiver(phone: str = "+14155550101") -> Caregiver:
    return Caregiver(
        name="Ana", phone=phone, email=None, language="es", zone="America/Los_Angeles", created_at=NOW
    )


def test_migrations_make_exactly_the_models(each_store: Store) -> None:
    with each_store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(each_store: Store) -> None:
    assert is_current(each_store)
    assert upgrade(each_store) == upgrade(each_store)


def test_a_moment_comes_back_aware_and_in_utc(each_store: Store) -> None:
    local = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/Los_Angeles"))
    with each_store.write() as session:
        session.add(AuditEvent(at=local, actor="test", kind="x", subject="", detail={"n": 1}))
    with each_store.read() as session:
        found = session.scalars(select(AuditEvent)).one()
        assert found.at == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
        assert found.at.tzinfo is UTC
        assert found.detail == {"n": 1}


def test_a_moment_without_a_zone_is_refused(each_store: Store) -> None:
    with pytest.raises(StatementError, match="needs a time zone"), each_store.write() as session:
        session.add(AuditEvent(at=datetime(2026, 9, 1), actor="t", kind="x", subject="", detail={}))


@pytest.mark.parametrize("statement", ["UPDATE consents SET act = 'given'", "DELETE FROM consents"])
def test_proof_cannot_be_changed_or_taken_away(each_store: Store, statement: str) -> None:
    with each_store.write() as session:
        person = caregiver()
        session.add(person)
        session.flush()
        session.add(
            Consent(
                caregiver_id=person.id, channel="sms", act="withdrawn", method="text", wording="STOP",
                address="+14155550101", at=NOW,
            )
        )  # fmt: skip
    with pytest.raises(DBAPIError, match="append-only"), each_store.write() as session:
        session.execute(text(statement))
    with each_store.read() as session:
        assert session.scalars(select(Consent.act)).all() == ["withdrawn"]


def test_foreign_keys_are_on(each_store: Store) -> None:
    with pytest.raises(IntegrityError), each_store.write() as session:
        session.add(Child(nickname="Leo", calendar_id=99, created_at=NOW))


def test_one_phone_is_one_caregiver(each_store: Store) -> None:
    with pytest.raises(IntegrityError), each_store.write() as session:
        session.add_all([caregiver(), caregiver()])


def test_an_error_leaves_nothing_half_written(each_store: Store) -> None:
    with pytest.raises(RuntimeError), each_store.write() as session:
        session.add(caregiver())
        session.flush()
        raise RuntimeError("power cut")
    with each_store.read() as session:
        assert session.scalars(select(Caregiver)).all() == []


def test_reading_never_writes(each_store: Store) -> None:
    with each_store.read() as session:
        session.add(Calendar(name="x", zone="UTC", definition={}, created_at=NOW))
        session.flush()
    with each_store.read() as session:
        assert session.scalars(select(Calendar)).all() == []


def test_writers_at_the_same_moment_lose_nothing(each_store: Store) -> None:
    """Read-then-write from many threads: SQLite by the immediate lock, PostgreSQL by the row lock."""
    with each_store.write() as session:
        session.add(Fact(key="count", value="0"))

    def add() -> None:
        for _ in range(10):
            with each_store.write() as session:
                row = session.scalars(select(Fact).where(Fact.key == "count").with_for_update()).one()
                session.execute(update(Fact).values(value=str(int(row.value) + 1)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with each_store.read() as session:
        assert session.scalars(select(Fact.value)).one() == "40"


def test_dates_stay_dates(each_store: Store) -> None:
    with each_store.write() as session:
        session.add(Calendar(name="Alder", zone="UTC", definition={"days": ["2026-09-07"]}, created_at=NOW))
    with each_store.read() as session:
        row = session.scalars(select(Calendar)).one()
        assert date.fromisoformat(row.definition["days"][0]) == date(2026, 9, 7)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://nobody:secret@127.0.0.1:1/none",
        "sqlite:////proc/nowhere/store.db",
    ],
)
def test_an_unreachable_database_is_one_clear_line(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    line = str(caught.value)
    assert line.startswith("database ")
    assert "\n" not in line
    assert "secret" not in line


def test_a_database_of_the_first_schema_comes_forward_with_its_record(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/old.db")
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    at = "2026-09-01 15:00:00.000000"
    rows = (
        f"INSERT INTO calendars VALUES (1, 'Alder', 'America/Los_Angeles', '{{}}', 1, '{at}')",
        f"INSERT INTO children VALUES (1, 'Leo', '', '', '', 1, '{at}')",
        f"INSERT INTO iep_versions VALUES (1, 1, '2026-05-14', '2026-08-17', NULL, NULL, '{at}')",
        "INSERT INTO service_lines (id, child_id, iep_version_id, name, alias, minutes, frequency, starts, "
        "ends, mode, delivery, wording, consented, planned_to, created_at) "
        "VALUES (1, 1, 1, 'Speech', 'speech', 30, "
        f"'{{}}', '2026-08-17', '2027-06-04', 'individual', 'direct', '', 1, '2026-09-29', '{at}')",
        "INSERT INTO expectations (id, service_line_id, child_id, form, day, start_at, due_at, due_sessions, "
        "due_minutes, minimum_day, state) VALUES "
        f"(1, 1, 1, 'slot', '2026-09-01', '{at}', '{at}', 1, 30, 0, 'answered')",
        "INSERT INTO log_entries (id, child_id, number, service_line_id, expectation_id, day, outcome, "
        "knows, words, recorded_at, content, previous_hash, hash) VALUES "
        f"(1, 1, 1, 1, 1, '2026-09-01', 'held', 'saw', 'yes', '{at}', '{{}}', 'a', 'b')",
    )
    with (
        store.engine.connect().execution_options(every_session_write=True) as connection,
        connection.begin(),
    ):
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in rows:
            connection.exec_driver_sql(statement)
    upgrade(store)
    assert is_current(store)
    with store.read() as session:
        assert session.scalars(select(Expectation.asks)).all() == ["happened"]
        assert session.scalars(select(LogEntry.kind)).all() == ["answer"]
        line = session.scalars(select(ServiceLine)).one()
        assert (line.esy, line.minimum_day_minutes) == (False, None)
    with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
        session.execute(update(LogEntry).values(words="no"))
    store.close()


def test_what_may_be_lost_waits_for_no_disk_and_what_follows_does(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for url in (f"sqlite:///{tmp_path}/durable.db", request.getfixturevalue("postgresql_database")):
        store = open_store(url)
        upgrade(store)
        asked = text("PRAGMA synchronous" if store.sqlite else "SHOW synchronous_commit")

        def synced(store: Store = store, asked: TextClause = asked) -> object:
            with store.read() as session:
                return session.execute(asked).scalar_one()

        usual = synced()
        with store.passing() as session:
            assert session.execute(asked).scalar_one() == (1 if store.sqlite else "off")
            keep_fact(session, "here", "now")
        with pytest.raises(RuntimeError), store.passing() as session:
            keep_fact(session, "here", "never")
            raise RuntimeError("something else")
        assert synced() == usual == (2 if store.sqlite else usual)
        with store.read() as session:
            assert session.get_one(Fact, "here").value == "now"
        store.close()
