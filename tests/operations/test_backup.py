"""Backups: one moment of a busy database, back into either engine with every byte of evidence; or nothing."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select

from assistant.clock import VirtualClock
from assistant.evidence.export import as_json
from assistant.evidence.stored import check_stored
from assistant.operations.backup import MANIFEST, BackupError, backup
from assistant.operations.restore import restore
from assistant.store import AuditEvent, Base, Caregiver, Child, Fact, InboundText, LogEntry, Store, open_store
from assistant.store.cipher import Cipher
from assistant.store.migrate import is_current, upgrade
from tests.support.family import SPEECH, family, registered
from tests.support.talk import Talk

KEY = "a data key for tests, long enough to be taken"
OTHER_KEY = "another data key for tests, which is long as well"


@pytest.fixture
def lived(each_store: Store, clock: VirtualClock) -> Store:
    """Leo, with a reply whose letters are unusual in JSON."""
    with each_store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    talk = Talk(each_store, clock)
    talk.until_asked()
    talk.say('no – "la señora" \\ \x07 \U0001f600 was out')
    return each_store


def told(store: Store, clock: VirtualClock) -> str:
    with store.read() as session:
        return as_json(session, 1, clock.now())


def test_back_into_either_engine_byte_for_byte(
    lived: Store, clock: VirtualClock, tmp_path: Path, postgresql_database: str
) -> None:
    file = tmp_path / "copy.zip"
    made = backup(lived, file, clock, None)
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    assert set(manifest["tables"]) == {table.name for table in Base.metadata.sorted_tables}
    for url in (f"sqlite:///{tmp_path}/back.db", postgresql_database):
        clock.move_to(clock.now() + timedelta(hours=1))
        back = restore(url, file, clock, None, durable=False)
        assert (back.rows, back.children) == (made.rows, 1)
        store = open_store(url)
        assert is_current(store)
        assert told(store, clock) == told(lived, clock)
        for table in Base.metadata.sorted_tables:
            if table.name != "facts":
                with lived.engine.connect() as old, store.engine.connect() as new:
                    was, now = ([repr(row) for row in one.execute(select(table))] for one in (old, new))
                assert sorted(was) == sorted(now), table.name
        talk = Talk(store, clock)
        talk.say("yes")  # rows get numbers after the last one's, and life goes on
        with store.read() as session:
            assert check_stored(session, 1).intact
        store.close()


def test_a_copy_while_others_write_is_one_moment(lived: Store, clock: VirtualClock, tmp_path: Path) -> None:
    """Every transaction writes a text and an event of the same number; a copy has both or neither."""
    stop, wrote = threading.Event(), []

    def write() -> None:
        number = 0
        while not stop.is_set() or number < 5:
            with lived.write() as session:
                session.add(
                    InboundText(provider_id=f"SMw{number}", channel="sms", from_address="+1", to_address="",
                                body="x", received_at=clock.now(), handled_at=clock.now())
                )  # fmt: skip
                session.flush()
                session.add(
                    AuditEvent(at=clock.now(), actor="w", kind="wrote", subject=f"{number}", detail={})
                )
            number += 1
            wrote.append(number)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(3):
            backup(lived, tmp_path / f"{number}.zip", clock, None)
    finally:
        stop.set()
        thread.join()
    assert len(wrote) >= 5
    counts = []
    for number in range(3):
        restore(f"sqlite:///{tmp_path}/{number}.db", tmp_path / f"{number}.zip", clock, None, durable=False)
        store = open_store(f"sqlite:///{tmp_path}/{number}.db")
        with store.read() as session:
            texts = session.scalar(select(func.count()).where(InboundText.provider_id.like("SMw%")))
            events = session.scalar(select(func.count()).where(AuditEvent.kind == "wrote"))
            assert check_stored(session, 1).intact
        assert texts == events
        counts.append(texts or 0)
        store.close()
    assert counts == sorted(counts)


def test_sealed_values_stay_sealed_and_need_their_key(tmp_path: Path, clock: VirtualClock) -> None:
    cipher = Cipher([KEY])
    store = open_store(f"sqlite:///{tmp_path}/sealed.db", durable=False, cipher=cipher)
    upgrade(store)
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    backup(store, tmp_path / "sealed.zip", clock, cipher)
    store.close()
    with zipfile.ZipFile(tmp_path / "sealed.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"4155550101" not in everything
    assert b"Leonardo" not in everything
    url = f"sqlite:///{tmp_path}/back.db"
    for wrong in (None, Cipher([OTHER_KEY])):
        with pytest.raises(BackupError, match=r"not in server\.data_key"):
            restore(url, tmp_path / "sealed.zip", clock, wrong, durable=False)
    restore(url, tmp_path / "sealed.zip", clock, Cipher([OTHER_KEY, KEY]), durable=False)
    back = open_store(url, cipher=Cipher([OTHER_KEY, KEY]))
    with back.read() as session:
        assert session.scalars(select(Caregiver.phone)).one() == "+14155550101"
    back.close()


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def _flip(file: Path) -> None:
    """One byte within the rows; what ZIP keeps around them (a date, say) may be any."""
    with zipfile.ZipFile(file) as archive:
        largest = max(archive.infolist(), key=lambda one: one.compress_size)
    data = bytearray(file.read_bytes())
    data[largest.header_offset + 60 + largest.compress_size // 2] ^= 0xFF
    file.write_bytes(data)


def _swap(file: Path, member: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[member]
    parts[member] = parts[member].replace(old, new)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    "harm",
    [
        _cut,
        _flip,
        lambda file: file.write_bytes(b"hello"),
        lambda file: _swap(file, "tables/log_entries.jsonl", b"missed", b"held"),
        lambda file: _swap(file, MANIFEST, b"every-session-backup-1", b"every-session-backup-9"),
        lambda file: _swap(file, MANIFEST, b'"children"', b'"children; DROP"'),
        lambda file: _swap(file, MANIFEST, b'"made_at"', b'"made"'),
    ],
)
def test_a_damaged_file_changes_nothing(
    store: Store, clock: VirtualClock, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    Talk(store, clock).until_asked()
    Talk(store, clock).say("no")
    file = tmp_path / "copy.zip"
    backup(store, file, clock, None)
    before = told(store, clock)
    harm(file)
    clock.move_to(clock.now() + timedelta(hours=1))
    url = make_url(f"sqlite:///{tmp_path}/store.db").render_as_string()
    with pytest.raises(BackupError):
        restore(url, file, clock, None, force=True, durable=False)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(LogEntry)) == 1
    assert len(told(store, clock)) == len(before)
    assert [one.name for one in tmp_path.glob(".*")] == []


def test_a_chain_that_does_not_hold_is_not_put_in_place(
    lived: Store, clock: VirtualClock, tmp_path: Path, postgresql_database: str
) -> None:
    """Whoever changes a row and its digest too is found by the chain, and nothing is kept."""
    file = tmp_path / "copy.zip"
    backup(lived, file, clock, None)
    with zipfile.ZipFile(file) as archive:
        old = archive.read("tables/log_entries.jsonl")
    new = old.replace(b'"outcome":"missed"', b'"outcome":"held"')
    _swap(file, "tables/log_entries.jsonl", old, new)
    _swap(file, MANIFEST, sha256(old).hexdigest().encode(), sha256(new).hexdigest().encode())
    for url in (f"sqlite:///{tmp_path}/back.db", postgresql_database):
        with pytest.raises(BackupError, match="log of child 1 does not hold"):
            restore(url, file, clock, None, durable=False)
    assert not (tmp_path / "back.db").exists()
    target = open_store(postgresql_database)
    with target.engine.connect() as connection:
        assert not target.engine.dialect.has_table(connection, "children")
    target.close()


def test_what_is_in_use_is_replaced_only_by_force_and_never_under_a_running_program(
    lived: Store, clock: VirtualClock, tmp_path: Path
) -> None:
    file = tmp_path / "copy.zip"
    backup(lived, file, clock, None)
    url = lived.engine.url.render_as_string(hide_password=False)
    with pytest.raises(BackupError, match="is running"):  # a pass was made just now
        restore(url, file, clock, None, force=True, durable=False)
    clock.move_to(clock.now() + timedelta(minutes=5))
    with pytest.raises(BackupError, match="--force"):
        restore(url, file, clock, None, durable=False)
    with lived.write() as session:
        session.add(Fact(key="after", value="the copy"))
    lived.close()
    restore(url, file, clock, None, force=True, durable=False)
    again = open_store(url)
    with again.read() as session:
        assert session.get(Fact, "after") is None
        assert session.scalars(select(Child.nickname)).all() == ["Leo"]
    again.close()
