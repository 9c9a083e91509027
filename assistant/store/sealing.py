"""The keys of a database: whether these are its keys, and writing every sealed value anew under the first.

Which keys have been in use is kept in the database as one sealed word a key (the fact "data_key"), so that a
program started with a wrong key ends with one line and not with unreadable names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Column, Table, Text, func, or_, select, text, type_coerce, update
from sqlalchemy.orm import Session

from assistant.store.base import Base
from assistant.store.cipher import MARK, Cipher, SealError
from assistant.store.engine import Store, StoreError
from assistant.store.facts import keep_fact
from assistant.store.scrub import scrub
from assistant.store.sealed import Sealed, cipher_of
from assistant.store.sending import Fact

_FACT = "data_key"
_WORD = "every session"
_NONE_SET = "its numbers and names are sealed, no key is set; put it into ASSISTANT_SERVER_DATA_KEY"
_ROUNDS = 3
_BATCH = 500  # rows a transaction; a writer waits for one batch, not for a table
APPEND_ONLY = ("consents",)  # tables with sealed values that a trigger keeps from being changed


def wrong_keys(store: Store) -> str:
    """What is wrong with the keys that are set, given those this database was sealed under; "" if nothing."""
    cipher = cipher_of(store.engine.dialect)
    with store.read() as session:
        known = _known(session)
    if cipher is None:
        return _NONE_SET if known else ""
    for one in known:
        if not _opens(cipher, one):
            return (
                "a key it was sealed under is missing from ASSISTANT_SERVER_DATA_KEY "
                f"(set are {', '.join(cipher.names)}; wanted is {one.split('.')[1]})"
            )
    return ""


def check_keys(store: Store) -> None:
    """Refuse keys that are not those of this database; remember a key that is new. Raises StoreError."""
    problem = wrong_keys(store)
    if problem:
        raise StoreError(f"database: {problem}")
    cipher = cipher_of(store.engine.dialect)
    if cipher is None:
        return
    with store.read() as session:
        if any(cipher.is_current(one) for one in _known(session)):
            return
    with store.write() as session:
        keep_fact(session, _FACT, " ".join([*_known(session), cipher.seal(_WORD, _FACT)]))


def _opens(cipher: Cipher, word: str) -> bool:
    try:
        return cipher.open(word, _FACT) == _WORD
    except SealError:
        return False


def columns() -> list[tuple[Table, list[Column[Any]]]]:
    """Every table with sealed columns, and these."""
    found = [
        (table, [one for one in table.c if isinstance(one.type, Sealed)])
        for table in Base.metadata.sorted_tables
    ]
    return [(table, sealed) for table, sealed in found if sealed]


def unsealed(store: Store) -> dict[str, int]:
    """How many rows of each table hold a value that is not sealed under the first key; none are left out.

    Without a cipher these are the rows with a plain value. It reads the tables whole.
    """
    cipher = cipher_of(store.engine.dialect)
    with store.read() as session:
        counts = {}
        for table, sealed in columns():
            mark = cipher.mark if cipher else MARK
            stale = or_(*(type_coerce(one, Text).not_like(f"{mark}%") for one in sealed))
            wanted = select(func.count()).select_from(table).where(stale)
            counts[table.name] = session.scalars(wanted).one()
        return {name: number for name, number in counts.items() if number}


def reseal(store: Store, batch: int = _BATCH) -> Iterator[tuple[str, int]]:
    """Write every value that is plain or under an older key anew under the first key; (table, rows changed).

    It works while the program runs and may be stopped and begun again. When it has come to its end, older
    keys are no longer needed and no longer asked for. Raises StoreError without a key.
    """
    cipher = cipher_of(store.engine.dialect)
    if cipher is None:
        raise StoreError("seal: no key is set; put one into ASSISTANT_SERVER_DATA_KEY (app.py new-key)")
    check_keys(store)
    left = {table.name: 0 for table, _ in columns()}
    for _ in range(_ROUNDS):  # a row that somebody changed while it was read is left to the next round
        for table, sealed in columns():
            if table.name in left:
                yield table.name, _reseal_table(store, cipher, table, sealed, batch)
        left = unsealed(store)
    if left:  # another process still runs with an older key, or with none
        raise StoreError(
            f"seal: rows were written without this key meanwhile ({', '.join(left)}); give every process the "
            "key, then run it again"
        )
    with store.write() as session:
        keep_fact(session, _FACT, cipher.seal(_WORD, _FACT))
    scrub(store)  # what was there before does not stay behind in the files


def _reseal_table(store: Store, cipher: Cipher, table: Table, sealed: list[Column[Any]], batch: int) -> int:
    changed, last = 0, 0
    raw = [type_coerce(one, Text).label(one.name) for one in sealed]
    while True:
        with store.write() as session:
            rows = session.execute(
                select(table.c.id, *raw).where(table.c.id > last).order_by(table.c.id).limit(batch)
            ).all()
            if not rows:
                return changed
            last = rows[-1].id
            with lifted(session, table.name) if table.name in APPEND_ONLY else nullcontext():
                changed += sum(_reseal_row(session, cipher, table, sealed, row._asdict()) for row in rows)


def _reseal_row(
    session: Session, cipher: Cipher, table: Table, sealed: list[Column[Any]], row: dict[str, Any]
) -> bool:
    """Only where each value is still the one that was read: what somebody wrote meanwhile stays."""
    stale = [one for one in sealed if row[one.name] is not None and not cipher.is_current(row[one.name])]
    if not stale:
        return False
    fresh = {one.name: cipher.open(row[one.name], _purpose(one)) for one in stale}
    same = [type_coerce(one, Text) == row[one.name] for one in stale]
    done = session.execute(update(table).where(table.c.id == row["id"], *same).values(fresh))
    return getattr(done, "rowcount", 0) == 1


def _purpose(column: Column[Any]) -> str:
    kind = column.type
    assert isinstance(kind, Sealed)  # columns() gives no other
    return kind.purpose


@contextmanager
def lifted(session: Session, table: str) -> Iterator[None]:
    """Changes to an append-only table are let through inside, and refused again before the commit.

    The trigger goes and comes back within this one transaction, which no other sees.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only"))
        yield
        session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only"))
        return
    found = session.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": table},
    ).all()
    for trigger in found:
        session.execute(text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in found:
        session.execute(text(trigger.sql))


def _known(session: Session) -> list[str]:
    found = session.get(Fact, _FACT)
    return found.value.split() if found else []
