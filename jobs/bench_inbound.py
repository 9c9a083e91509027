"""`bench inbound`: signed replies over HTTP, to the pages as `app.py web --workers 2` serves them.

On SQLite (fsync, FULL) and PostgreSQL: at full load, at half of the bar's rate (open loop: a text is due
whether or not the one before it was answered), and at overload; beside the bare limit, the same rows
committed one by one by processes that do nothing else, in the same run. Every answer 200 has to be in the
table. Phones and names are sealed, as an installation with a data key has them.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from sqlalchemy import func, insert, select, text

from assistant.clock import SystemClock, monotonic
from assistant.config import Jobs, Settings
from assistant.conversation.inbound import take_waiting
from assistant.store import Caregiver, InboundText, Store, open_store
from assistant.store.cipher import cipher_for
from assistant.store.migrate import upgrade
from jobs.bench_load import sender
from jobs.bench_postgresql import new_database, some_server
from jobs.engine_schema import upgrade_engine
from messages.templates import sync

Figure = dict[str, Any]
WORKERS = ASKERS = 2
PARENTS = 2_000
BAR = {"sqlite": 300, "postgresql": 600}  # signed replies a second, with two workers
FULL, SECONDS_AT_HALF, OVERLOAD = 4_000, 10, 3_000
CONNECTIONS, MANY = 16, 400
READ_AFTER = 200
ROOT = Path(__file__).parent.parent
_TOKEN, _ACCOUNT, _TO = "bench-" + "t" * 26, "AC" + "0" * 32, "+14155550100"
_DATA_KEY = "a data key that only this benchmark has"
_numbers = itertools.count(1, 1_000_000)


def inbound(url: str | None = None, rounds: int = 3) -> Iterator[Figure]:
    """The figures of both engines; `url`: the PostgreSQL server, else TEST_POSTGRESQL_URL, else one's own."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _of(f"sqlite:///{folder}/inbound.db", Path(folder), rounds)
        with some_server(url, Path(folder)) as server, new_database(server, "inbound") as database:
            yield from _of(database, Path(folder), rounds)


def _of(database: str, folder: Path, rounds: int) -> Iterator[Figure]:
    store = open_store(database, cipher=cipher_for((_DATA_KEY,)))
    upgrade(store)
    kind = "sqlite" if store.sqlite else "postgresql"
    if not store.sqlite:
        upgrade_engine(store)
    with store.write() as session:
        sync(session, SystemClock().now())
        session.execute(insert(Caregiver), [_parent(number) for number in range(PARENTS)])
    durable = _durable(store)
    for number in range(1, rounds + 1):
        said = {"bench": "inbound", "database": kind, "durable": durable, "round": number}
        yield {**said, "what": "bare: the same rows, one commit each, 2 processes"} | _bare(database)
        with _web(database, folder) as port:
            for what, options in (
                ("full load", {"count": FULL, "connections": CONNECTIONS, "rate": 0}),
                ("half of the bar", {"count": BAR[kind] // 2 * SECONDS_AT_HALF, "rate": BAR[kind] / 2}),
                ("overload", {"count": OVERLOAD, "connections": MANY, "rate": 0}),
            ):
                before = _kept(store)
                found = _load(port, options)
                kept = _kept(store) - before
                lost = found["answers"].get("200", 0) - kept
                yield {**said, "what": f"every session, {WORKERS} web workers: {what}", **found,
                       "kept": kept, "lost": lost, "bar": BAR[kind]}  # fmt: skip
    yield {
        "bench": "inbound",
        "database": kind,
        "what": "reading them afterwards, one worker",
        **_read(store),
    }
    store.close()


def _load(port: int, options: dict[str, Any]) -> Figure:
    each, connections = options["count"] // ASKERS, options.get("connections", MANY // 2)
    tasks = [
        {
            "kind": "load", "port": port, "first": next(_numbers), "count": each, "parents": PARENTS,
            "connections": connections // ASKERS, "rate": options["rate"] / ASKERS, "path": "/twilio/sms",
            "url": f"http://127.0.0.1:{port}/twilio/sms", "token": _TOKEN, "account": _ACCOUNT, "to": _TO,
        }
        for _ in range(ASKERS)
    ]  # fmt: skip
    return _together(tasks)


def _bare(database: str) -> Figure:
    tasks = [
        {"kind": "bare", "database": database, "first": next(_numbers), "count": FULL // WORKERS,
         "parents": PARENTS, "threads": 4, "to": _TO}
        for _ in range(WORKERS)
    ]  # fmt: skip
    return _together(tasks)


def _together(tasks: list[dict[str, Any]]) -> Figure:
    """Run the tasks at once, each in a process of its own; what they saw, summed."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "jobs.bench_load"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in tasks
    ]  # fmt: skip
    for process, task in zip(started, tasks, strict=True):
        assert process.stdin is not None
        process.stdin.write(json.dumps(task))
        process.stdin.close()
    found = []
    for process in started:
        assert process.stdout is not None
        found.append(json.loads(process.stdout.read()))
        process.wait()
    latencies = sorted(one for part in found for one in part["latencies"])
    answers: Counter[str] = Counter()
    for part in found:
        answers.update(part["answers"])
    return {
        "per_second": round(sum(len(part["latencies"]) / part["seconds"] for part in found), 1),
        "p50_ms": _ms(latencies, 0.5),
        "p99_ms": _ms(latencies, 0.99),
        "answers": dict(answers),
    }


def _ms(latencies: list[float], share: float) -> float:
    return (
        round(latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000, 2) if latencies else 0
    )


@contextmanager
def _web(database: str, folder: Path) -> Iterator[int]:
    """The pages as an installation starts them; the port they listen on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")}
    for section, keys in _environment_as_settings(database, port).items():
        for key, value in keys.items():
            environment[f"ASSISTANT_{section}_{key}".upper()] = str(value)
    process = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, str(ROOT / "app.py"), "web", "--workers", str(WORKERS)],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    opener, until = build_opener(ProxyHandler({})), monotonic() + 30
    while monotonic() < until and process.poll() is None:
        try:
            opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
        except (URLError, OSError):
            Event().wait(0.1)
        else:
            Event().wait(1.0)  # for the second worker
            return
    raise RuntimeError("the pages did not start")


def _environment_as_settings(database: str, port: int = 8000) -> dict[str, dict[str, Any]]:
    return {
        "server": {
            "secret_key": "bench " * 8, "data_key": _DATA_KEY, "port": port,
            "public_url": f"http://127.0.0.1:{port}",
        },
        "database": {"url": database},
        "sms": {"channel": "twilio"},
        "twilio": {"account_sid": _ACCOUNT, "auth_token": _TOKEN, "from_number": _TO},
    }  # fmt: skip


def _parent(number: int) -> dict[str, Any]:
    return {
        "name": "A", "phone": sender(number, PARENTS), "language": "en", "zone": "America/Los_Angeles",
        "texts": "in", "mails": "none", "created_at": SystemClock().now(),
    }  # fmt: skip


def _kept(store: Store) -> int:
    with store.read() as session:
        return session.scalars(select(func.count()).select_from(InboundText)).one()


def _read(store: Store) -> Figure:
    """What the job takes to read some of what was kept."""
    settings, begun, done = Settings(jobs=Jobs(batch=50)), monotonic(), 0
    while done < READ_AFTER:
        with store.write() as session:
            moved = take_waiting(session, SystemClock().now(), settings)
        if not moved:
            break
        done += moved
    return {"texts": done, "per_second": round(done / (monotonic() - begun), 1)}


def _durable(store: Store) -> str:
    """What the database was told about the disk; figures without it would be worth nothing."""
    with store.engine.connect() as connection:
        if store.sqlite:
            return f"synchronous={connection.execute(text('PRAGMA synchronous')).scalar()} (2: FULL)"
        shown = [f"{key}={connection.execute(text(f'SHOW {key}')).scalar()}" for key in _DISK]
        return ", ".join(shown)


_DISK = ("fsync", "synchronous_commit")
