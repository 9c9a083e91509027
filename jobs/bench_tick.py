"""What a due question costs, and a pass that finds nothing, whatever number of lines is registered.

`asked`: a due question handled whole by the job that asks: claimed, question, text in the outbox, audit.
`pass`: the same with everything else a pass does, and the text delivered to the sandbox. Beside them, in the
same database and right after each run: `bare`, the rows that the run wrote, written again by SQLAlchemy Core
from values already at hand, as many to a commit. And APScheduler with one persisted job a session, whose jobs
do nothing at all. SQLite with fsync (synchronous=FULL); PostgreSQL as well where TEST_POSTGRESQL_URL names a
server.
"""

from __future__ import annotations

import pickle
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.executors.base import BaseExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import (
    JSON,
    ColumnElement,
    Text,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from assistant.clock import SystemClock, VirtualClock, monotonic, worked
from assistant.config import Server, Settings
from assistant.store import (
    AuditEvent,
    Calendar,
    Caregiver,
    Child,
    Expectation,
    Guardianship,
    IepVersion,
    OutgoingMessage,
    Question,
    QuestionItem,
    ServiceLine,
    Store,
    open_store,
)
from assistant.store.base import Moment
from assistant.store.migrate import upgrade
from jobs.bench_postgresql import named_server, new_database
from jobs.tick import run_entry, run_pass
from jobs.timetable import TIMETABLE
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync

Figure = dict[str, Any]
NOW = datetime(2026, 9, 1, 22, 0, tzinfo=UTC)  # Tuesday, 15:00 in Los Angeles
REGISTERED = (10_000, 100_000, 1_000_000)
ON_POSTGRESQL = (10_000, 100_000)
BY_APSCHEDULER = (10_000, 100_000)  # a million pickled jobs take minutes to store, and say nothing new
DUE = (100, 1_000)
RUNS = 5
IDLE_RUNS = 60
NAMES = ("Leo", "Mia", "Amir", "Zoë", "Ximena", "Jo", "Nathaniel", "Sofía", "Kai", "Valentina", "Theo")
SERVICES = ("speech", "OT", "PT", "reading", "counseling", "aide", "vision")
SETTINGS = Settings(server=Server(secret_key="x" * 32))
CHANNELS = Channels(SandboxText(), SandboxEmail())
ASK = next(entry for entry in TIMETABLE if entry.name == "ask")
WRITTEN = (Question, QuestionItem, OutgoingMessage, AuditEvent)


def tick() -> Iterator[Figure]:
    """Every figure of the module's docstring, the small registers first."""
    for registered in REGISTERED:
        with tempfile.TemporaryDirectory() as folder:
            yield from _ours(f"sqlite:///{folder}/ours.db", "sqlite", registered)
            if registered in BY_APSCHEDULER:
                yield from _apscheduler(Path(folder), registered)
    if server := named_server():
        for registered in ON_POSTGRESQL:
            with new_database(server, "tick") as url:
                yield from _ours(url, "postgresql", registered)


def _ours(url: str, engine: str, registered: int) -> Iterator[Figure]:
    store = open_store(url)
    upgrade(store)
    filled = _timed(lambda: fill(store, registered)).wall
    yield {
        "bench": "tick",
        "what": "fill",
        "store": engine,
        "registered": registered,
        "s": round(filled, 1),
        "waits_for_disk": _waits_for_disk(store),
    }
    clock = VirtualClock(NOW)
    run_pass(store, clock, SETTINGS, CHANNELS)
    idle = [_timed(lambda: _after(store, clock, 5)) for _ in range(IDLE_RUNS)]
    yield _figure("idle pass", engine, registered, 0, idle)
    for due in DUE:
        asked, bare, passes = [], [], []
        for turn in range(RUNS):
            first = _last(store)
            _make_due(store, clock, due, registered, 2 * turn)
            asked.append(_timed(lambda: _ask_all(store, clock)))
            assert _last(store)["questions"] - first["questions"] == due  # not a few of them only
            bare.append(_again(store, first))
            run_pass(store, clock, SETTINGS, CHANNELS)  # what was asked leaves, before the next is measured
            _make_due(store, clock, due, registered, 2 * turn + 1)
            passes.append(_timed(lambda: run_pass(store, clock, SETTINGS, CHANNELS)))
        yield _figure("asked", engine, registered, due, asked)
        yield _figure("bare", engine, registered, due, bare)
        yield _figure("pass", engine, registered, due, passes)
    store.close()


def _waits_for_disk(store: Store) -> bool:
    """Whether a commit here is on the disk when it returns; a server for tests may be told not to."""
    with store.read() as session:
        if store.sqlite:
            return bool(session.execute(text("PRAGMA synchronous")).scalar_one() == 2)
        return all(
            session.execute(text(f"SHOW {name}")).scalar_one() == "on"
            for name in ("fsync", "synchronous_commit")
        )


def _after(store: Store, clock: VirtualClock, seconds: int) -> None:
    clock.move_to(clock.now() + timedelta(seconds=seconds))
    run_pass(store, clock, SETTINGS, CHANNELS)


def _ask_all(store: Store, clock: VirtualClock) -> None:
    while run_entry(store, clock, SETTINGS, ASK):
        pass


def _last(store: Store) -> dict[str, int]:
    """The newest id of each table that asking writes."""
    with store.read() as session:
        return {
            model.__tablename__: session.scalars(select(func.max(model.id))).one() or 0 for model in WRITTEN
        }


def _again(store: Store, first: dict[str, int]) -> Took:
    """Write what a run wrote once more, as other rows with the same values; then none of it is due."""
    tables: list[Any] = [model.__table__ for model in WRITTEN]
    with store.read() as session:
        rows = {
            table.name: [
                dict(row._mapping)
                for row in session.execute(
                    select(*table.c).where(table.c.id > first[table.name]).order_by(table.c.id)
                )
            ]
            for table in tables
        }
    shift = len(rows["questions"])
    asked = [one["expectation_id"] for one in rows["question_items"]]
    for table in tables:
        for one in rows[table.name]:
            number = one.pop("id")
            if table.name == "questions":
                one["id"] = number + shift
            elif table.name == "question_items":
                one["question_id"] += shift
    for one in rows["outgoing_messages"]:
        one["dedupe_key"] = f"bare:{one['dedupe_key']}"
        del one["provider_id"]
    size = SETTINGS.jobs.batch
    expectations: Any = Expectation.__table__

    def write() -> None:
        for start in range(0, shift, size):
            part = slice(start, start + size)
            with store.write() as session:
                for table in tables:
                    session.execute(insert(table), rows[table.name][part])
                session.execute(
                    update(expectations)
                    .where(expectations.c.id.in_(asked[part]))
                    .values(state="asked", ask_at=None)
                )

    took = _timed(write)
    with store.write() as session:
        if not store.sqlite:
            session.execute(text("SELECT setval('questions_id_seq', (SELECT max(id) FROM questions))"))
        session.execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.dedupe_key.startswith("bare:"), OutgoingMessage.state == "queued")
            .values(state="dropped", next_at=None)
            .execution_options(synchronize_session=False)
        )
    return took


def fill(store: Store, registered: int) -> None:
    """One child, caregiver, line and planned session each, half of them in Spanish; nothing due today.

    Made by the database itself, so that a million families are there in some seconds.
    """
    n: Any
    if store.sqlite:
        numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < registered))
        n = numbers.c.n
    else:
        n = func.generate_series(1, registered).column_valued("n")
    later = _one_of(n, [NOW + timedelta(days=ahead, minutes=17 * ahead) for ahead in range(1, 8)])
    made = {"created_at": _lit(NOW)}
    starts, ends = _lit(date(2026, 8, 17)), _lit(date(2027, 6, 4))
    wanted: tuple[tuple[type[Any], dict[str, Any]], ...] = (
        (
            Caregiver,
            {
                "id": n, "name": _lit("A"), "phone": _lit("+1").concat(cast(n + 4_150_000_000, Text)),
                "language": _one_of(n, ["en", "es"]), "zone": _lit("America/Los_Angeles"),
                "texts": _lit("in"), "mails": _lit("none"),
            }
            | made,
        ),
        (
            Child,
            {
                "id": n, "nickname": _one_of(n, NAMES), "full_name": _lit(""), "school": _lit(""),
                "district": _lit(""), "calendar_id": _lit(1),
            }
            | made,
        ),
        (Guardianship, {"id": n, "child_id": n, "caregiver_id": n}),
        (IepVersion, {"id": n, "child_id": n, "starts": starts} | made),
        (
            ServiceLine,
            {
                "id": n, "child_id": n, "iep_version_id": n, "name": _lit("A service"),
                "alias": _one_of(n, SERVICES), "minutes": _lit(30), "frequency": _lit({}), "starts": starts,
                "ends": ends, "planned_to": _lit(date(2026, 9, 29)),
                "next_plan_at": _lit(NOW + timedelta(days=14)),
            }
            | made,
        ),
        (
            Expectation,
            {
                "id": n, "service_line_id": n, "child_id": n, "form": _lit("slot"),
                "day": _lit(date(2026, 9, 1)), "start_at": _lit(NOW - timedelta(hours=1)),
                "due_at": _lit(NOW - timedelta(minutes=30)), "due_sessions": _lit(1), "due_minutes": _lit(30),
                "ask_at": later,
            },
        ),
    )  # fmt: skip
    with store.write() as session:
        sync(session, NOW)
        session.add(Calendar(id=1, name="Alder", zone="America/Los_Angeles", definition={}, created_at=NOW))
        session.flush()
        for model, columns in wanted:
            table: Any = model.__table__
            rows = select(*(value.label(name) for name, value in columns.items()))
            session.execute(insert(table).from_select(list(columns), rows))
        if not store.sqlite:
            session.execute(text("ANALYZE"))  # as its autovacuum would have done by now


def _lit(value: Any) -> ColumnElement[Any]:
    """The value, typed where its column's type is not the one that goes with the Python type."""
    types: dict[type[Any], Any] = {datetime: Moment(), dict: JSON()}
    return literal(value, types.get(type(value)))


def _one_of(n: ColumnElement[int], values: Sequence[Any]) -> ColumnElement[Any]:
    """A value for each number, in turn."""
    return case(*((n % len(values) == place, _lit(value)) for place, value in enumerate(values)))


def _make_due(store: Store, clock: VirtualClock, due: int, registered: int, turn: int) -> None:
    """So many sessions are due now, asked about before or not, spread over the whole register."""
    step = registered // due
    numbers = [place * step + turn % step + 1 for place in range(due)]
    with store.write() as session:
        session.execute(
            update(Expectation)
            .where(Expectation.id.in_(numbers))
            .values(state="planned", ask_at=clock.now())
            .execution_options(synchronize_session=False)
        )


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
    for due in (0, *DUE):
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
        yield _figure("apscheduler", "sqlite", registered, due, seconds)
    scheduler.shutdown(wait=False)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds that something took by the clock on the wall, and of this process's CPU."""

    wall: float
    cpu: float


def _timed(work: Callable[[], object]) -> Took:
    start, at_work = monotonic(), worked()
    work()
    return Took(monotonic() - start, worked() - at_work)


def _figure(what: str, engine: str, registered: int, due: int, runs: list[Took]) -> Figure:
    """Medians; `best_ms` is the run that was disturbed least, `cpu_ms` what this process worked for it."""
    wall = statistics.median(one.wall for one in runs) * 1000
    return {
        "bench": "tick",
        "what": what,
        "store": engine,
        "registered": registered,
        "due": due,
        "ms": round(wall, 2),
        "ms_per_due": round(wall / due, 3) if due else None,
        "cpu_ms": round(statistics.median(one.cpu for one in runs) * 1000, 2),
        "best_ms": round(min(one.wall for one in runs) * 1000, 2),
        "mean_ms": round(statistics.mean(one.wall for one in runs) * 1000, 2),
        "runs": len(runs),
    }
