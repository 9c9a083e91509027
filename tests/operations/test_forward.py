"""Migrations forward on real data: a database that was lived in with an older program, brought to head."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from assistant.clock import VirtualClock
from assistant.evidence import chain
from assistant.evidence.export import as_json
from assistant.evidence.file import verify
from assistant.evidence.stored import check_stored
from assistant.operations.backup import backup
from assistant.operations.erase import erase_now, scope_of_child
from assistant.operations.restore import restore
from assistant.store import (
    Base,
    Caregiver,
    Consent,
    InboundText,
    LogEntry,
    OutgoingMessage,
    Store,
    open_store,
)
from assistant.store.migrate import is_current, upgrade, upgrade_on
from messages.templates import sync
from tests.support.family import SETTINGS
from tests.support.talk import Talk

OLDER = "0004"
AT = "2026-09-01 22:00:00.000000"
CALENDAR = (
    '{"timezone": "America/Los_Angeles", "first_day": "2026-08-12", "last_day": "2027-06-03", "days_off": '
    '[], "breaks": [], "minimum_days": []}'
)
SLOTS = '{"form": "times", "times": [["tue", "14:00:00"]], "every": 1, "anchor": null}'


@pytest.fixture(params=["sqlite", "postgresql"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A family with an answer in the record, as the program of revision 0004 left it."""
    url = (
        f"sqlite:///{tmp_path}/older.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgresql_database")
    )
    store = open_store(url, durable=False)
    with store.write() as session:
        upgrade_on(session.connection(), OLDER)
        for statement in rows():
            session.execute(text(statement.replace(":", "\\:")))
            if not store.sqlite:  # a number that was given is none that the sequence knows of
                table = statement.split()[2]
                session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1)"))
    yield store
    store.close()


def rows() -> Iterator[str]:
    """What a family's rows were, column by column, at that revision."""
    said = {
        "number": 1, "kind": "answer", "service": "Speech", "day": "2026-09-01", "outcome": "missed",
        "words": "no",
    }  # fmt: skip
    content = chain.canonical(said)
    yield f"INSERT INTO calendars (id, name, zone, definition, revision, created_at) VALUES (1, 'Alder', 'America/Los_Angeles', '{CALENDAR}', 1, '{AT}')"  # noqa: E501
    yield f"INSERT INTO children (id, nickname, full_name, school, district, calendar_id, whom, created_at) VALUES (1, 'Leo', 'Leonardo Rivera', 'Alder', 'Alder', 1, 'first', '{AT}')"  # noqa: E501
    yield f"INSERT INTO caregivers (id, name, phone, email, language, zone, texts, mails, created_at) VALUES (1, 'Ana Rivera', '+14155550101', 'Ana@Example.org', 'en', 'America/Los_Angeles', 'in', 'none', '{AT}')"  # noqa: E501
    yield "INSERT INTO guardianships (id, child_id, caregiver_id, position) VALUES (1, 1, 1, 0)"
    yield f"INSERT INTO consents (id, caregiver_id, channel, act, method, wording, address, at) VALUES (1, 1, 'sms', 'given', 'text', 'JOIN', '+14155550101', '{AT}')"  # noqa: E501
    yield f"INSERT INTO iep_versions (id, child_id, starts, created_at) VALUES (1, 1, '2026-08-12', '{AT}')"
    yield f"INSERT INTO service_lines (id, child_id, iep_version_id, name, alias, minutes, frequency, starts, ends, mode, delivery, wording, consented, esy, planned_to, created_at) VALUES (1, 1, 1, 'Speech', 'speech', 30, '{SLOTS}', '2026-08-12', '2027-06-03', 'individual', 'direct', '', true, false, '2027-06-04', '{AT}')"  # noqa: E501
    yield f"INSERT INTO expectations (id, service_line_id, child_id, form, asks, day, start_at, due_at, due_sessions, due_minutes, minimum_day, state) VALUES (1, 1, 1, 'slot', 'happened', '2026-09-01', '{AT}', '{AT}', 1, 30, false, 'answered')"  # noqa: E501
    yield f"INSERT INTO questions (id, caregiver_id, channel, state, turn, asked_at, spoken_at, close_at, asked_back) VALUES (1, 1, 'sms', 'answered', 1, '{AT}', '{AT}', '{AT}', false)"  # noqa: E501
    yield f"INSERT INTO inbound_texts (id, provider_id, channel, from_address, to_address, body, media, opt_out_type, received_at, caregiver_id, handled_at, needs_staff, flag) VALUES (1, 'SM1', 'sms', '+14155550101', '+1', 'no', 0, '', '{AT}', 1, '{AT}', false, '')"  # noqa: E501
    yield f"INSERT INTO outgoing_messages (id, dedupe_key, reference, channel, kind, caregiver_id, to_address, language, subject, body, html, thread, about, template_key, template_version, created_at, state, attempts, looks, provider_status, error_code, error) VALUES (1, 'q1', 'ab', 'sms', 'question', 1, '+14155550101', 'en', '', 'Did it happen?', '', '', '[1]', 'question', 1, '{AT}', 'delivered', 1, 0, '', '', '')"  # noqa: E501
    yield f"INSERT INTO log_entries (id, child_id, number, service_line_id, expectation_id, question_id, caregiver_id, inbound_id, kind, day, outcome, knows, words, recorded_at, content, previous_hash, hash) VALUES (1, 1, 1, 1, 1, 1, 1, 1, 'answer', '2026-09-01', 'missed', 'saw', 'no', '{AT}', '{content}', '{chain.START}', '{chain.link(chain.START, said)}')"  # noqa: E501


def test_a_lived_database_comes_to_head_with_every_row(older: Store, clock: VirtualClock) -> None:
    assert not is_current(older)
    upgrade(older)
    assert is_current(older)
    with older.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []
    with older.read() as session:
        for table in (Caregiver, Consent, InboundText, OutgoingMessage, LogEntry):
            assert session.scalar(select(func.count()).select_from(table)) == 1
        assert session.execute(select(Caregiver.phone, Caregiver.phone_end)).one() == ("+14155550101", "0101")
        found = check_stored(session, 1)
        assert (found.intact, found.entries, found.sealed) == (True, 1, 0)
    for statement in ("UPDATE log_entries SET outcome = 'held'", "DELETE FROM consents"):
        with pytest.raises(DBAPIError, match="append-only"), older.write() as session:
            session.execute(text(statement))


def test_what_came_from_there_can_be_copied_and_erased(
    older: Store, clock: VirtualClock, tmp_path: Path
) -> None:
    upgrade(older)
    backup(older, tmp_path / "copy.zip", clock, None)
    restore(f"sqlite:///{tmp_path}/back.db", tmp_path / "copy.zip", clock, None, durable=False)
    with older.read() as session:
        scope = scope_of_child(session, 1)
    erase_now(older, clock, SETTINGS, scope, "staff 1")
    with older.read() as session:
        assert check_stored(session, 1).sealed == 1


def test_a_backup_of_an_older_schema_is_restored_and_brought_forward(
    older: Store, clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made by the older program: its tables and columns, and its revision in the manifest."""
    from sqlalchemy import MetaData

    theirs = MetaData()
    theirs.reflect(older.engine)
    theirs.remove(theirs.tables["alembic_version"])
    ours = Base.metadata.tables
    for table in theirs.tables.values():
        for column in table.columns:
            column.type = ours[table.name].columns[column.name].type
    with monkeypatch.context() as then:
        then.setattr(Base, "metadata", theirs)
        backup(older, tmp_path / "older.zip", clock, None)
    url = f"sqlite:///{tmp_path}/back.db"
    restore(url, tmp_path / "older.zip", clock, None, durable=False)
    back = open_store(url)
    assert is_current(back)
    with back.read() as session:
        assert check_stored(session, 1).intact
    back.close()


def test_life_goes_on_after_it(older: Store, clock: VirtualClock) -> None:
    upgrade(older)
    clock.move_to(datetime(2026, 9, 2, 20, 0, tzinfo=UTC))
    with older.write() as session:
        sync(session, clock.now())
    talk = Talk(older, clock)
    talk.say("STOP")
    with older.read() as session:
        assert session.scalars(select(Caregiver.texts)).one() == "out"
        assert verify(as_json(session, 1, clock.now())).intact
