"""The engine for several workers: procrastinate, on PostgreSQL.

An engine job only says that there is work of a kind (`jobs.kinds`); the rows are claimed from our own tables
when it runs. So nothing is lost with an engine job, nothing is done twice by a second one, and never more of
them wait than the settings' slots: that is the back-pressure. A job that moved something asks what is due now
and puts that in at once, so a reply is read, answered and sent without waiting for the clock.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import Store
from assistant.store.engine import Use, connection_arguments, libpq_url
from jobs.kinds import AFTER, BY_NAME, due_kinds, must_wait
from jobs.scheduler import log_fault
from messages.deliver import Channels

log = logging.getLogger(__name__)
QUEUE = "every_session"
WORK, SWEEP = "work", "sweep"
# The engine's table is looked at so often even when no notice came (one can be lost).
LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS, STALLED_SECONDS = 10.0, 30.0
KEEP_FAILED_HOURS = 24


class Queue:
    """Puts jobs in, for the clock, for pages that wake the workers, and for the workers themselves.

    Its connections do not wait for the disk: a job that a crash of the database loses is put in again by the
    clock's next beat. Every method raises ConnectorException when the database cannot be reached.
    """

    def __init__(self, url: str, name: str) -> None:
        self._app = App(
            connector=SyncPsycopgConnector(
                conninfo=libpq_url(url), kwargs=_arguments(name), min_size=1, max_size=2, timeout=10
            )
        )
        self._opening = threading.Lock()
        self._open = False

    def put(self, wanted: Mapping[str, int]) -> int:
        """Put in so many jobs of each kind, less those that wait already. Returns how many were new."""
        if not wanted:
            return 0
        self._ready()
        waiting = {job.queueing_lock for job in self._app.job_manager.list_jobs(queue=QUEUE, status="todo")}
        slots = [
            (kind, f"{kind}:{slot}")
            for kind, jobs in wanted.items()
            for slot in range(jobs)
            if f"{kind}:{slot}" not in waiting
        ]
        # First come, first taken: a kind with precedence would, under a steady load, leave others no turn.
        return sum(self._put(WORK, slot, kind=kind) for kind, slot in slots)

    def put_sweep(self) -> None:
        """Ask a worker to clear away what killed workers left."""
        self._ready()
        self._put(SWEEP, SWEEP)

    def close(self) -> None:
        with self._opening:
            if self._open:
                self._app.close()
            self._open = False

    def _put(self, task: str, slot: str, **arguments: str) -> bool:
        deferrer = self._app.configure_task(task, queue=QUEUE, queueing_lock=slot)
        try:
            deferrer.defer(**arguments)
        except AlreadyEnqueued:
            return False  # another process was quicker
        return True

    def _ready(self) -> None:
        with self._opening:
            if not self._open:
                self._app.open()
                self._open = True


class Worker:
    """Takes jobs up, `threads` at a time, until it is told to stop."""

    def __init__(
        self, store: Store, clock: Clock, settings: Settings, channels: Channels, threads: int
    ) -> None:
        self._store, self._clock, self._settings, self._channels = store, clock, settings, channels
        self._threads = threads
        self._queue = Queue(settings.database.url, "every-session worker queue")

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; then finish what is being done, within the set time, and return.
        A database that goes away is waited for.
        """
        asyncio.run(self._run())
        self._queue.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(self._threads + 1, thread_name_prefix="job"))
        working: asyncio.Task[None] | None = None

        def stop() -> None:
            self._channels.stopping.set()
            _end_in(self._settings.jobs.stop_seconds + 5)
            if working is not None:
                working.cancel()  # procrastinate then takes nothing new and finishes what it has

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        while not self._channels.stopping.is_set():
            working = asyncio.create_task(self._work_on(self._app()))
            try:
                await working
            except asyncio.CancelledError:
                break
            except (ConnectorException, psycopg.Error):
                log.warning("the database cannot be used; waiting for it")
            if not self._channels.stopping.is_set():
                await asyncio.sleep(1)

    async def _work_on(self, app: App) -> None:
        async with app.open_async():
            await app.run_worker_async(
                queues=[QUEUE],
                name=f"{os.uname().nodename}:{os.getpid()}",
                concurrency=self._threads,
                fetch_job_polling_interval=LOOK_SECONDS,
                shutdown_graceful_timeout=self._settings.jobs.stop_seconds,
                delete_jobs="successful",
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
                install_signal_handlers=False,
            )

    def _app(self) -> App:
        connector = PsycopgConnector(
            conninfo=libpq_url(self._settings.database.url),
            kwargs=_arguments("every-session worker engine"),
            min_size=1,
            max_size=3,
            timeout=10,
        )
        app = App(connector=connector)
        app.task(name=WORK, queue=QUEUE)(self.work)
        app.task(name=SWEEP, queue=QUEUE, pass_context=True)(_sweep)
        return app

    def work(self, kind: str) -> None:
        """One batch of one kind; then put in what is due now. After a fault the clock tries again."""
        try:
            due = self._due()
            if kind not in due:
                return
            if self._must_wait(kind, due):
                self._queue.put(due)  # those first; whoever does the last of them puts this kind in again
                return
            if BY_NAME[kind].run(self._store, self._clock, self._settings, self._channels):
                self._queue.put(self._due())
        except Exception as error:  # noqa: BLE001
            log_fault(f"the job {kind} failed; the clock puts it in again", error)

    def _must_wait(self, kind: str, due: Mapping[str, int]) -> bool:
        if kind not in AFTER:
            return False
        with self._store.read() as session:
            return must_wait(session, kind, due, self._clock.now())

    def _due(self) -> dict[str, int]:
        jobs = self._settings.jobs
        with self._store.read() as session:
            return due_kinds(session, self._clock.now(), jobs.batch, jobs.slots)


class Waker:
    """Tells the workers, from a thread of its own, that something waits: a page must not wait for that.

    What is asked for meanwhile is put in as one. When the queue cannot be reached nothing is lost but time:
    the clock finds the work at its next beat.
    """

    def __init__(self, put: Callable[[set[str]], object], breath_seconds: float = 0.05) -> None:
        self._put, self._breath = put, breath_seconds
        self._wanted: set[str] = set()
        self._news, self._ending = threading.Condition(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
        self._thread.start()

    def wake(self, what: str) -> None:
        """Returns at once."""
        with self._news:
            self._wanted.add(what)
            self._news.notify()

    def stop(self) -> None:
        """Put in what was asked for, and end."""
        self._ending.set()
        self.wake("")
        self._thread.join(5)

    def _run(self) -> None:
        ending = False
        while not ending:
            with self._news:
                self._news.wait_for(lambda: self._wanted)
                ending = self._ending.is_set()
                wanted, self._wanted = self._wanted - {""}, set()
            if wanted:
                try:
                    self._put(wanted)
                except Exception as error:  # noqa: BLE001
                    log.warning("the workers could not be woken (%s)", type(error).__name__)
                self._ending.wait(self._breath)


async def _sweep(context: JobContext) -> None:
    """Clear away the jobs of workers that died. Their rows in our tables are due again by themselves."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED_SECONDS):
        log.warning("a job of a worker that died is cleared away: %s", job.task_kwargs.get("kind", SWEEP))
        await manager.finish_job(job, Status.FAILED, delete_job=True)
    await manager.prune_stalled_workers(STALLED_SECONDS)
    await manager.delete_old_jobs(KEEP_FAILED_HOURS, QUEUE, True, True, True)


def _arguments(name: str) -> dict[str, str | int]:
    arguments = connection_arguments(Use(name, statement_seconds=30))
    arguments["options"] = f"{arguments['options']} -c synchronous_commit=off"
    return arguments


def _end_in(seconds: float) -> None:
    """End the process whatever hangs: what it held is then found again as after any other death."""

    def end() -> None:
        log.error("a job did not end in time; the process ends without it")
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
