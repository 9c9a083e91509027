"""`bench scale`: a backlog of due questions, asked and sent by 1, 2 and 4 workers on PostgreSQL.

Real processes: `app.py worker --threads 2` so many times, and one `app.py clock`. The texts stay in the
sandbox, then go to a Messages API on loopback that counts them. Beside it the raw limit: the same rows
written, claimed and marked as sent in the same batches by one process of bare SQLAlchemy Core, in this run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, update

from assistant.clock import SystemClock, monotonic, pause
from assistant.store import Base, Expectation, OutgoingMessage, Question, Store, open_store
from assistant.store.cipher import cipher_for
from assistant.store.migrate import upgrade
from jobs.bench_postgresql import new_database, some_server
from jobs.bench_provider import CountingProvider
from jobs.bench_town import settle
from jobs.engine_schema import upgrade_engine

Figure = dict[str, Any]
Rows = dict[str, list[dict[str, Any]]]
TABLES = Base.metadata.tables
WORKERS, THREADS = (1, 2, 4), 2
DUE, BATCH = 5_000, 200
PATIENCE = 600.0  # seconds
DATA_KEY = "a data key that only this benchmark has"
ROOT = Path(__file__).parent.parent


def scale(url: str | None = None, due: int = DUE) -> Iterator[Figure]:
    """The figures; `url`: the PostgreSQL server, else TEST_POSTGRESQL_URL, else one started for this."""
    with tempfile.TemporaryDirectory() as folder, some_server(url, Path(folder)) as server:
        written: Rows = {}
        for out in ("sandbox", "loopback"):
            for workers in WORKERS:
                with _store(server, due) as store, CountingProvider() as provider:
                    figure = _lived(store, provider, Path(folder), out, workers, due)
                    written = written or _rows(store)
                yield figure
        with _store(server, due) as store:
            yield {
                "bench": "scale", "what": "bare SQLAlchemy Core, the same rows, one process", "due": due,
                **_per_second(due, _timed(lambda: _bare(store, written))),
            }  # fmt: skip


def _lived(
    store: Store, provider: CountingProvider, folder: Path, out: str, workers: int, due: int
) -> Figure:
    """Start the processes, let everything come due, and wait for the last text."""
    env = _environment(store, provider, folder, out)
    commands = [["clock"], *[["worker", "--threads", str(THREADS)]] * workers]
    with _started(commands, env, folder) as processes:
        _until(lambda: _count(store, "SELECT count(*) FROM procrastinate_workers") == workers, processes)
        _until(lambda: _count(store, "SELECT count(*) FROM facts WHERE key = 'ticker'"), processes)
        with store.write() as session:
            session.execute(update(Expectation).values(ask_at=SystemClock().now()))
        seconds = _timed(lambda: _until(lambda: _sent(store) >= due, processes))
        statuses = _stopped(processes)
    with store.read() as session:
        asked = Counter(session.scalars(select(Question.caregiver_id)))
        texts = Counter(session.scalars(select(OutgoingMessage.caregiver_id)))
    twice = sum(n - 1 for count in (asked, texts, provider.taken) for n in count.values())
    return {
        "bench": "scale", "what": f"every session, texts to the {out}", "workers": workers,
        "threads": THREADS, "due": due, **_per_second(due, seconds), "asked": len(asked),
        "sent": len(texts), "posted": provider.taken.total(), "twice": twice, "exits": statuses,
        "cores": os.cpu_count(),
    }  # fmt: skip


def _environment(store: Store, provider: CountingProvider, folder: Path, out: str) -> dict[str, str]:
    config = folder / "config.toml"
    config.write_text("[jobs]\ntick_seconds = 1\n[asking]\nsundays = true\n", encoding="ascii")
    env = {key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")}
    env |= {
        "ASSISTANT_CONFIG": str(config),
        "ASSISTANT_DATABASE_URL": store.engine.url.render_as_string(hide_password=False),
        "ASSISTANT_SERVER_SECRET_KEY": "only for this benchmark",
        "ASSISTANT_SERVER_DATA_KEY": DATA_KEY,
    }
    if out == "loopback":
        env |= {
            "ASSISTANT_SMS_CHANNEL": "twilio",
            "ASSISTANT_SMS_SEGMENTS_PER_SECOND": "1000",
            "ASSISTANT_SMS_DAILY_LIMIT": "1000000",
            "ASSISTANT_SERVER_PUBLIC_URL": "https://iep.example.org",
            "ASSISTANT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "ASSISTANT_TWILIO_AUTH_TOKEN": "only-for-this-benchmark",
            "ASSISTANT_TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32,
            "ASSISTANT_TWILIO_API_BASE": provider.url,
        }
    return env


@contextmanager
def _started(
    commands: Sequence[list[str]], env: dict[str, str], folder: Path
) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [
        subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, str(ROOT / "app.py"), *command],
            cwd=folder,
            env=env,
            stdout=subprocess.DEVNULL,
        )
        for command in commands
    ]
    try:
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def _stopped(processes: list[subprocess.Popen[bytes]]) -> list[int]:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    return [process.wait(60) for process in processes]


def _until(true: Callable[[], object], processes: list[subprocess.Popen[bytes]]) -> None:
    ends = monotonic() + PATIENCE
    while not true():
        if monotonic() > ends or any(process.poll() is not None for process in processes):
            raise RuntimeError("the processes of the benchmark do not get there")
        pause(0.1)


def _count(store: Store, statement: str) -> int:
    with store.read() as session:
        return session.scalar(text(statement)) or 0


def _sent(store: Store) -> int:
    with store.read() as session:
        done = select(func.count()).select_from(OutgoingMessage).where(OutgoingMessage.state == "sent")
        return session.scalars(done).one()


def _rows(store: Store) -> Rows:
    """What was written for the questions, to be written again by the bare way."""
    with store.read() as session:
        return {
            name: [dict(row) for row in session.execute(select(TABLES[name])).mappings()]
            for name in ("questions", "question_items", "outgoing_messages")
        }


def _bare(store: Store, written: Rows) -> None:
    """Three commits a batch, as it has to be: asked, claimed, sent."""
    questions, messages = written["questions"], TABLES["outgoing_messages"]
    items = {row["question_id"]: row for row in written["question_items"]}
    texts = {row["caregiver_id"]: row for row in written["outgoing_messages"]}
    moved = update(TABLES["expectations"]).where(TABLES["expectations"].c.id == bindparam("number"))
    marked = update(messages).where(messages.c.id == bindparam("number"))
    for start in range(0, len(questions), BATCH):
        batch = questions[start : start + BATCH]
        about = [items[one["id"]] for one in batch]
        leaving = [{**texts[one["caregiver_id"]], "state": "queued"} for one in batch]
        with store.engine.begin() as connection:
            connection.execute(
                moved.values(state="asked", ask_at=None),
                [{"number": one["expectation_id"]} for one in about],
            )
            connection.execute(insert(TABLES["questions"]), batch)
            connection.execute(insert(TABLES["question_items"]), about)
            connection.execute(insert(messages), leaving)
        for state in ("sending", "sent"):
            with store.engine.begin() as connection:
                connection.execute(marked.values(state=state), [{"number": one["id"]} for one in leaving])


def _timed(work: Callable[[], object]) -> float:
    start = monotonic()
    work()
    return monotonic() - start


def _per_second(due: int, seconds: float) -> Figure:
    return {"seconds": round(seconds, 2), "per_second": round(due / seconds, 1)}


@contextmanager
def _store(server: str, due: int) -> Iterator[Store]:
    """A new database with so many families, whose questions come due in a year."""
    with new_database(server, "scale") as url:
        store = open_store(url, cipher=cipher_for((DATA_KEY,)))
        try:
            upgrade(store)
            upgrade_engine(store)
            now = SystemClock().now()
            settle(store, due, now, now.replace(year=now.year + 1, day=1))
            yield store
        finally:
            store.close()
