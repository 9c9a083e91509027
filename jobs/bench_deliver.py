"""What it costs to deliver a text: rows a second through claim, send and record, beside the same rows bare.

Two ways out are measured. "stays here" is the sandbox's channel: claimed, sent and recorded in one
transaction. "leaves" is a channel that answers at once but counts as a network's: claimed, looked at once
more, sent by a few threads, recorded in groups. The bare rows are the same final rows, written by SQLAlchemy
Core in as many commits as batches.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from assistant.clock import VirtualClock, monotonic
from assistant.config import Server, Settings, Sms
from assistant.store import Caregiver, OutgoingMessage, Store, open_store
from assistant.store.migrate import upgrade
from jobs.bench_postgresql import named_server, new_database
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.channels.types import FoundMessage, Receipt, Text
from messages.deliver import Channels
from messages.deliver import deliver as one_round

NOW = datetime(2026, 9, 1, 22, 0, tzinfo=UTC)  # Tuesday, 15:00 in Los Angeles
ROWS = 4_000
RUNS = 3
NO_LIMIT = Sms(segments_per_second=1000, daily_limit=1_000_000)
Figure = dict[str, Any]


class _Leaves:
    """Answers at once, as a provider that costs nothing would."""

    def send(self, text: Text) -> Receipt:
        return Receipt("sent", provider_id=f"SM{text.reference}")

    def find(self, text: Text, since: datetime) -> tuple[FoundMessage, ...]:
        return ()

    def fetch(self, provider_id: str) -> FoundMessage | None:
        return None


def deliver(url: str | None = None) -> Iterator[Figure]:
    """SQLite with fsync in a file of its own; PostgreSQL where `url` or TEST_POSTGRESQL_URL says so."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _on(open_store(f"sqlite:///{Path(folder)}/deliver.db"))
    server = named_server(url)
    if server:
        with new_database(server, "deliver") as database:
            yield from _on(open_store(database))


def _on(store: Store) -> Iterator[Figure]:
    upgrade(store)
    settings = Settings(server=Server(secret_key="x" * 32), sms=NO_LIMIT)
    with store.write() as session:
        session.execute(insert(Caregiver), [_caregiver(n) for n in range(1, ROWS + 1)])
    ways: dict[str, Any] = {"stays here": SandboxText(), "leaves": _Leaves()}
    for run in range(RUNS):
        bare = _bare(store, settings, run)
        yield _figure(store, "bare rows, Core", bare)
        for name, way in ways.items():
            # The clock stands still while it runs; a minute later the pace allows as much again.
            clock = VirtualClock(NOW + timedelta(minutes=run))
            seconds = _ours(store, settings, Channels(way, SandboxEmail()), clock, f"{run}:{name}")
            yield _figure(store, name, seconds) | {"of_bare": round(seconds / bare, 2)}
    store.close()


def _ours(store: Store, settings: Settings, channels: Channels, clock: VirtualClock, run: str) -> float:
    _queue(store, run)
    start = monotonic()
    while one_round(store, clock, settings, channels):
        pass
    seconds = monotonic() - start
    with store.read() as session:
        left = session.scalars(
            select(func.count()).select_from(OutgoingMessage).where(OutgoingMessage.state != "sent")
        ).one()
    if left:
        raise RuntimeError(f"{left} rows did not leave")
    return seconds


def _bare(store: Store, settings: Settings, run: int) -> float:
    _queue(store, f"{run}:bare")
    with store.read() as session:
        ids = session.scalars(
            select(OutgoingMessage.id).where(OutgoingMessage.state == "queued").order_by(OutgoingMessage.id)
        ).all()
    change = (
        update(OutgoingMessage)
        .where(OutgoingMessage.id == bindparam("row"))
        .values(
            state="sent", provider_id=bindparam("name"), sent_at=NOW, started_at=NOW, next_at=None, attempts=1
        )
    )
    start = monotonic()
    for first in range(0, len(ids), settings.jobs.batch):
        rows = [{"row": n, "name": f"BA{run}-{n}"} for n in ids[first : first + settings.jobs.batch]]
        with store.write() as session:
            session.connection().execute(change, rows)
    return monotonic() - start


def _caregiver(number: int) -> dict[str, Any]:
    return {
        "id": number, "name": "A", "phone": f"+1415{number:07d}", "language": "en", "created_at": NOW,
        "zone": "America/Los_Angeles", "texts": "in", "mails": "none",
    }  # fmt: skip


def _queue(store: Store, run: str) -> None:
    with store.write() as session:
        session.execute(
            insert(OutgoingMessage),
            [
                {
                    "dedupe_key": f"{run}:{n}", "reference": f"{run}:{n}"[:40], "channel": "sms",
                    "kind": "question", "caregiver_id": n, "to_address": f"+1415{n:07d}", "language": "en",
                    "body": "Every Session: Did Leo have speech today (Tue 9/1)? Reply 1 yes, 2 no.",
                    "about": [n], "template_key": "question_one", "template_version": 1, "created_at": NOW,
                    "not_after": NOW + timedelta(hours=4), "state": "queued", "next_at": NOW,
                }
                for n in range(1, ROWS + 1)
            ],
        )  # fmt: skip


def _figure(store: Store, what: str, seconds: float) -> Figure:
    return {
        "bench": "deliver",
        "database": store.engine.dialect.name,
        "what": what,
        "rows": ROWS,
        "rows_a_second": round(ROWS / seconds),
        "ms_a_row": round(seconds / ROWS * 1000, 3),
    }
