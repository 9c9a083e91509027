"""Who was erased after a backup was made is erased again when it is restored, on either engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app import cli
from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.evidence.stored import check_stored
from assistant.operations.backup import backup
from assistant.operations.erase import erase_now, scope_of_caregiver
from assistant.operations.erased_list import bring_up, gone_in, list_file, read_list
from assistant.operations.restore import restore
from assistant.store import AuditEvent, Child, LogEntry, Store, open_store
from jobs import housekeeping
from jobs.forget import run as forget
from tests.support.family import PHONE, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import Talk

OTHER = "+14155550199"


def settings_with(file: Path) -> Settings:
    retention = SETTINGS.retention.model_copy(update={"erased_list": str(file)})
    return SETTINGS.model_copy(update={"retention": retention})


@pytest.fixture
def lived(each_store: Store, clock: VirtualClock) -> Store:
    """Leo, about whom something was said, and Mia of others."""
    with each_store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        registered(
            session, family(caregiver(phone=OTHER, email="o@example.net"), nickname="Mia"), clock.now()
        )
    talk = Talk(each_store, clock)
    talk.until_asked()
    talk.say("no, Mrs. Quillby was out")
    return each_store


def erase_first(store: Store, clock: VirtualClock, settings: Settings) -> None:
    with store.read() as session:
        scope = scope_of_caregiver(session, 1)
    erase_now(store, clock, settings, scope, "caregiver 1")


def test_a_backup_from_before_brings_nobody_back(
    lived: Store, clock: VirtualClock, tmp_path: Path, postgresql_database: str
) -> None:
    copy, listed = tmp_path / "copy.zip", tmp_path / "list" / "erased"
    settings = settings_with(listed)
    backup(lived, copy, clock, None)
    clock.move_to(clock.now() + timedelta(hours=1))
    erase_first(lived, clock, settings)
    assert {(one.what, one.number) for one in read_list(listed)} == {("child", 1), ("caregiver", 1)}
    assert not any(word in listed.read_text() for word in (PHONE, "Leo", "Ana", "example"))
    for url in (f"sqlite:///{tmp_path}/back.db", postgresql_database):
        made = restore(url, copy, clock, None, gone=read_list(listed), secret_key="x" * 16, durable=False)
        assert made.erased_again == ("child 1", "caregiver 1")
        store = open_store(url)
        with store.read() as session:
            assert session.scalars(select(Child.nickname).order_by(Child.id)).all() == ["", "Mia"]
            assert set(session.scalars(select(LogEntry.words).where(LogEntry.child_id == 1))) == {""}
            assert check_stored(session, 1).intact
            assert session.scalars(select(AuditEvent.actor).where(AuditEvent.kind == "erased")).all()
        store.close()
        if url.startswith("sqlite"):
            assert b"Quillby" not in (tmp_path / "back.db").read_bytes()


def test_what_the_database_in_place_had_erased_needs_no_list(
    lived: Store, clock: VirtualClock, tmp_path: Path
) -> None:
    copy, url = tmp_path / "copy.zip", lived.engine.url.render_as_string(hide_password=False)
    backup(lived, copy, clock, None)
    clock.move_to(clock.now() + timedelta(hours=1))
    erase_first(lived, clock, settings_with(tmp_path / "missing" / "erased"))
    lived.close()
    again = restore(url, copy, clock, None, secret_key="x" * 16, force=True, durable=False)
    assert again.erased_again == ("child 1", "caregiver 1")


def test_a_number_given_anew_is_somebody_else(store: Store, clock: VirtualClock, tmp_path: Path) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    copy = tmp_path / "copy.zip"
    backup(store, copy, clock, None)
    erase_first(store, clock, settings_with(tmp_path / "erased"))
    others = [replace(one, made="2020-01-01T00:00:00+00:00") for one in read_list(tmp_path / "erased")]
    made = restore(f"sqlite:///{tmp_path}/back.db", copy, clock, None, gone=others, durable=False)
    assert made.erased_again == ()


def test_the_night_writes_what_could_not_be_written(
    store: Store, clock: VirtualClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        housekeeping.begin(session, clock.now())
    (tmp_path / "full").write_text("a file where a folder should be")
    erase_first(store, clock, settings_with(tmp_path / "full" / "erased"))
    assert "list of who was erased could not be written" in caplog.text
    settings = settings_with(tmp_path / "erased")
    with store.write() as session:
        assert forget(session, clock, settings) == 1
    with store.read() as session:
        assert read_list(tmp_path / "erased") == gone_in(session.connection()) != set()


def test_a_line_that_was_cut_off_is_written_anew(store: Store, clock: VirtualClock, tmp_path: Path) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    listed = list_file(f"sqlite:///{tmp_path}/store.db", SETTINGS)
    assert listed == tmp_path / "store.db.erased"
    erase_first(store, clock, settings_with(listed))
    whole = read_list(listed)
    listed.write_bytes(listed.read_bytes()[:-20])
    assert len(read_list(listed)) == 1
    with store.read() as session:
        assert bring_up(session.connection(), listed) == 1
    assert read_list(listed) == whole
    listed.write_text("nonsense\n")
    with pytest.raises(ValueError, match="line 1: not a line"):
        read_list(listed)


def test_the_command_says_who_was_erased_again(store: Store, clock: VirtualClock, tmp_path: Path) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    copy, back = tmp_path / "copy.zip", tmp_path / "back.db"
    backup(store, copy, clock, None)
    erase_first(store, clock, settings_with(Path(f"{back}.erased")))
    env = {"ASSISTANT_DATABASE_URL": f"sqlite:///{back}", "ASSISTANT_SERVER_SECRET_KEY": "x" * 16}
    done = CliRunner().invoke(cli, ["restore", str(copy)], env=env)
    assert done.exit_code == 0, done.output
    assert "erased since the backup, and now again: child 1, caregiver 1" in done.output
