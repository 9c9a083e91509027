"""The benchmarks of the jobs. Each yields figures as plain dicts, beside a baseline from the same run.

`tick`: what one pass of the scheduler costs for so many registered lines and so many due, on SQLite with
fsync, beside APScheduler with one persisted job a session in a SQLite job store (its jobs do nothing at all;
ours write the question, the text in the outbox, and send it to the sandbox).
"""

from __future__ import annotations

import pickle
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.executors.base import BaseExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import insert, update

from assistant.clock import SystemClock, VirtualClock, monotonic
from assistant.config import Server, Settings
from assistant.store import (
    Calendar,
    Caregiver,
    Child,
    Expectation,
    Guardianship,
    IepVersion,
    ServiceLine,
    Store,
    open_store,
)
from assistant.store.migrate import upgrade
from jobs.bench_evidence import evidence
from jobs.bench_inbound import inbound
from jobs.bench_plan import plan
from jobs.bench_preview import measure as preview
from jobs.bench_replies import replies
from jobs.tick import run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync

Figure = dict[str, Any]
NOW = datetime(2026, 9, 1, 22, 0, tzinfo=UTC)  # Tuesday, 15:00 in Los Angeles
REGISTERED = (100, 10_000, 100_000)
DUE = (0, 100, 1_000)
IDLE_RUNS = 25


def tick() -> Iterator[Figure]:
    """A pass with 100, 10,000 and 100,000 registered lines and 0, 100 and 1,000 due."""
    for registered in REGISTERED:
        with tempfile.TemporaryDirectory() as folder:
            yield from _ours(Path(folder), registered)
            yield from _apscheduler(Path(folder), registered)


def _ours(folder: Path, registered: int) -> Iterator[Figure]:
    store = open_store(f"sqlite:///{folder}/ours.db")
    upgrade(store)
    _fill(store, registered)
    settings = Settings(server=Server(secret_key="x" * 32))
    channels = Channels(SandboxText(), SandboxEmail())
    clock = VirtualClock(NOW)
    for due in DUE:
        if due > registered:
            continue
        runs = 1 if due else IDLE_RUNS
        _make_due(store, due)
        run_pass(store, clock, settings, channels) if not due else None
        seconds = [_timed(lambda: run_pass(store, clock, settings, channels)) for _ in range(runs)]
        yield _figure("every session", registered, due, seconds)
    store.close()


def _fill(store: Store, registered: int) -> None:
    """One child, caregiver, line and planned session each; nothing due."""
    later = NOW + timedelta(days=7)
    people, children, ties, versions, lines, sessions = [], [], [], [], [], []
    for n in range(1, registered + 1):
        people.append(
            {
                "id": n, "name": "A", "phone": f"+1415{n:07d}", "language": "en", "created_at": NOW,
                "zone": "America/Los_Angeles", "texts": "in", "mails": "none",
            }
        )  # fmt: skip
        children.append(
            {
                "id": n,
                "nickname": "Leo",
                "full_name": "",
                "school": "",
                "district": "",
                "calendar_id": 1,
                "created_at": NOW,
            }
        )
        ties.append({"id": n, "child_id": n, "caregiver_id": n, "position": 0})
        versions.append({"id": n, "child_id": n, "starts": date(2026, 8, 17), "created_at": NOW})
        lines.append(
            {
                "id": n, "child_id": n, "iep_version_id": n, "name": "Speech therapy", "alias": "speech",
                "minutes": 30, "frequency": {}, "starts": date(2026, 8, 17), "ends": date(2027, 6, 4),
                "mode": "individual",
                "delivery": "direct", "wording": "", "consented": True, "planned_to": date(2026, 9, 29),
                "next_plan_at": later, "created_at": NOW,
            }
        )  # fmt: skip
        sessions.append(
            {
                "id": n, "service_line_id": n, "child_id": n, "form": "slot", "day": date(2026, 9, 1),
                "start_at": NOW - timedelta(hours=1), "due_at": NOW - timedelta(minutes=45),
                "due_sessions": 1, "due_minutes": 30, "minimum_day": False,
                "state": "planned", "ask_at": later,
            }
        )  # fmt: skip
    with store.write() as session:
        sync(session, NOW)
        session.add(Calendar(id=1, name="Alder", zone="America/Los_Angeles", definition={}, created_at=NOW))
        session.flush()
        for table, rows in (
            (Caregiver, people), (Child, children), (Guardianship, ties), (IepVersion, versions),
            (ServiceLine, lines), (Expectation, sessions),
        ):  # fmt: skip
            session.execute(insert(table), rows)


def _make_due(store: Store, due: int) -> None:
    if due:
        with store.write() as session:
            chosen = Expectation.id.in_(
                [n for (n,) in session.query(Expectation.id).where(Expectation.state == "planned").limit(due)]
            )
            session.execute(update(Expectation).where(chosen).values(ask_at=NOW))


def _nothing() -> None:
    """What an APScheduler job does here."""


class _InPlace(BaseExecutor):  # type: ignore[misc]  # APScheduler has no types
    """Runs a job at once, in this thread, so that a pass can be timed whole."""

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        job.func()
        self._run_job_success(job.id, [])


def _apscheduler(folder: Path, registered: int) -> Iterator[Figure]:
    jobs = SQLAlchemyJobStore(url=f"sqlite:///{folder}/apscheduler.db")
    scheduler = BackgroundScheduler(
        jobstores={"default": jobs}, executors={"default": _InPlace()}, timezone="UTC"
    )
    real = SystemClock().now()  # APScheduler reads the machine's clock itself
    template = scheduler.add_job(
        _nothing, "date", run_date=real + timedelta(days=30), id="t", misfire_grace_time=None
    )
    scheduler.start(paused=True)
    state = template.__getstate__()
    later = (real + timedelta(days=30)).timestamp()
    rows = []
    for n in range(registered):
        one = dict(state, id=f"job{n}")
        rows.append({"id": f"job{n}", "next_run_time": later, "job_state": pickle.dumps(one)})
    with jobs.engine.begin() as connection:
        connection.execute(jobs.jobs_t.delete())
        connection.execute(jobs.jobs_t.insert(), rows)
    first = 0
    for due in DUE:
        if due > registered:
            continue
        past = real - timedelta(seconds=5)
        made_due = dict(state, next_run_time=past)
        with jobs.engine.begin() as connection:
            for n in range(first, first + due):
                connection.execute(
                    jobs.jobs_t.update()
                    .where(jobs.jobs_t.c.id == f"job{n}")
                    .values(
                        next_run_time=past.timestamp(), job_state=pickle.dumps(dict(made_due, id=f"job{n}"))
                    )
                )
        first = (first + due) % max(registered - DUE[-1], 1) if registered > DUE[-1] else 0
        scheduler.state = 1  # running, without its own thread: we call the pass
        seconds = [_timed(scheduler._process_jobs) for _ in range(1 if due else IDLE_RUNS)]
        yield _figure("apscheduler, a persisted job a session", registered, due, seconds)
    scheduler.shutdown(wait=False)


def _timed(work: Callable[[], object]) -> float:
    start = monotonic()
    work()
    return monotonic() - start


def _figure(what: str, registered: int, due: int, seconds: list[float]) -> Figure:
    middle = statistics.median(seconds) * 1000
    return {
        "bench": "tick",
        "what": what,
        "registered": registered,
        "due": due,
        "pass_ms": round(middle, 2),
        "ms_per_due": round(middle / due, 3) if due else None,
        "runs": len(seconds),
    }


BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "tick": tick,
    "plan": plan,
    "replies": replies,
    "preview": preview,
    "evidence": evidence,
    "inbound": inbound,
}
