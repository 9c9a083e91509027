"""`bench audit`: the daily auditor and the look for alarms, with 1,000 and 10,000 families.

Each family has three lines and a term of answers. `whole pass`: every batch of every stage, each in its own
transaction, as a night has it; the longest batch is what others may have to wait for. Beside it, in the same
run and database, the bare reading of the same rows by SQLAlchemy Core. The register is made of plain rows, so
much of it does not hold: the auditor has something to tell.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select

from assistant.clock import monotonic
from assistant.operations import alarms, audit
from assistant.store import (
    Caregiver,
    Case,
    Consent,
    Expectation,
    Fact,
    InboundText,
    LogEntry,
    OutgoingMessage,
    Question,
    ServiceLine,
    StepClock,
    Store,
    open_store,
)
from assistant.store.migrate import upgrade
from jobs.bench_preview import NOW, SETTINGS, fill

FAMILIES = (1_000, 10_000)
ALARM_RUNS = 20
Figure = dict[str, Any]
# What the stages go through, but for the chains; those read the entries of `CHAINS_A_DAY` children.
_READ = (
    Case, Question, Expectation, OutgoingMessage, InboundText, ServiceLine, StepClock, Consent, Caregiver,
)  # fmt: skip


def measure(families: tuple[int, ...] = FAMILIES) -> Iterator[Figure]:
    """The figures for each number of families, on SQLite with fsync."""
    for number in families:
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(f"sqlite:///{Path(folder)}/audit.db")
            upgrade(store)
            entries = fill(store, number)
            yield from _of(store, number, entries)
            store.close()


def _of(store: Store, families: int, entries: int) -> Iterator[Figure]:
    batches = _whole_pass(store)
    bare = _timed(lambda: _bare(store))
    looks = [_timed(partial(_alarms, store, run)) for run in range(ALARM_RUNS)]
    common = {"bench": "audit", "families": families, "entries": entries}
    yield {
        **common, "what": "whole pass", "seconds": round(sum(batches), 3), "batches": len(batches),
        "longest_batch_ms": round(1000 * max(batches), 1), "of_bare": round(sum(batches) / bare, 1),
    }  # fmt: skip
    yield {**common, "what": "bare reading of the same rows, Core", "seconds": round(bare, 3)}
    yield {
        **common, "what": "a look for alarms", "ms": round(1000 * sorted(looks)[len(looks) // 2], 2),
        "slowest_ms": round(1000 * max(looks), 2),
    }  # fmt: skip


def _whole_pass(store: Store) -> list[float]:
    """The seconds of each batch, from the first stage to the last."""
    seconds: list[float] = []
    done = False
    while not done:
        begun = monotonic()
        with store.write() as session:
            audit.audit_due(session, NOW, SETTINGS)
            done = session.get(Fact, "last_audit") is not None
        seconds.append(monotonic() - begun)
    return seconds


def _bare(store: Store) -> None:
    reads: list[Select[Any]] = [select(table.__table__) for table in _READ]
    some = select(Case.child_id).distinct().order_by(Case.child_id).limit(audit.CHAINS_A_DAY)
    reads.append(select(LogEntry.__table__).where(LogEntry.child_id.in_(some)))
    with store.engine.connect() as connection:
        for read in reads:
            connection.execute(read).all()


def _alarms(store: Store, run: int) -> None:
    with store.write() as session:
        alarms.raise_alarms(session, NOW + alarms.EVERY * run + timedelta(seconds=1), SETTINGS)


def _timed(work: Callable[[], object]) -> float:
    begun = monotonic()
    work()
    return monotonic() - begun
