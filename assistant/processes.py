"""The processes this program can be: all in one (`run`), or pages, workers and a clock of their own.

Each ends the same way. SIGTERM (or Ctrl-C): it takes nothing new, finishes what it is doing within
`[jobs] stop_seconds`, gives back what it leased, and ends with status 0. SIGKILL at any moment loses nothing:
what it held is found again, by its lease or because the database let go of it.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from pathlib import Path

from flask import Flask

from assistant.clock import monotonic, pause
from assistant.config import Settings, load
from assistant.operations import logs
from assistant.serve import Program, build, pages
from assistant.store import Fact
from assistant.store.engine import Use
from assistant.store.facts import keep_fact
from jobs.ping import Pinger
from jobs.scheduler import Metronome
from jobs.tick import fresh
from jobs.waking import Ear, call

THREADS = 4  # of one process of pages, each with a connection to the database at most
SWEEP_SECONDS = 60.0
_RUN = Use("every-session run", THREADS + 12, 60)
_WEB = Use("every-session web", THREADS + 1, 30)
_CLOCK = Use("every-session clock", 12, 60)


def run(settings: Settings, port: int | None = None) -> None:
    """Say plainly what this program will and will not do, then serve pages and run jobs until stopped."""
    settings = _on_port(settings, port)
    build(settings, _RUN).store.close()  # so that a fault is one line here, not a worker that dies and dies
    _say(greeting(settings))
    _granian(settings, "app:wsgi", 1)


def web(settings: Settings, workers: int, port: int | None = None) -> None:
    """Serve pages only, from `workers` processes on one port. Raises StoreError."""
    settings = _on_port(settings, port)
    program = _begun(settings, _WEB, migrate=False)
    program.store.close()
    others = "the clock" if program.store.sqlite else "the workers and the clock"
    _say([*greeting(settings), f"Only the pages run here; texts leave by {others}."])
    _granian(settings, "app:web_wsgi", workers)


def worker(settings: Settings, threads: int) -> None:
    """Do what is due, `threads` jobs at a time, until stopped. PostgreSQL only. Raises StoreError."""
    from jobs.engine import Worker

    # A job that sends has a few threads of its own, for texts and for e-mails.
    connections = threads * (1 + 2 * settings.jobs.connections)
    program = _begun(settings, Use("every-session worker", connections, 60), migrate=False)
    _say([f"A worker with {threads} threads."])
    Worker(program.store, program.clock, program.settings, program.channels, threads).run()
    program.store.close()


def clock(settings: Settings) -> None:
    """Tell the workers what is due, or on SQLite do it, while no other clock does; until stopped.

    Raises StoreError.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    program = _begun(settings, _CLOCK, migrate=False)
    _say(["A clock; another one may stand by."])
    tick, close = (program.once, _nothing) if program.store.sqlite else _told(program)
    metronome = _metronome(program, tick)
    if program.store.sqlite:
        close = Ear(Path(program.store.engine.url.database or ""), metronome.wake).close
    metronome.start()
    stopping.wait()
    program.channels.stopping.set()
    metronome.stop()
    close()
    program.store.close()


def wsgi() -> Flask:
    """For a WSGI server that calls factories: the pages, with the jobs beating in the background."""
    _end_with_parent()
    program = _begun(load(), _RUN)
    metronome = _metronome(program, program.once)
    metronome.start()

    def stop() -> None:
        program.channels.stopping.set()
        metronome.stop()

    _at_end(stop)
    return pages(program, metronome.wake)


def web_wsgi() -> Flask:
    """For a WSGI server that calls factories: the pages alone, one of several such processes."""
    _end_with_parent()
    program = _begun(load(), _WEB, migrate=False)
    if program.store.sqlite:
        database = Path(program.store.engine.url.database or "")
        return pages(program, lambda _what: call(database), alone=False)
    from jobs.engine import Queue, Waker
    from jobs.kinds import BY_NAME

    queue = Queue(program.settings.database.url, "every-session web queue")

    def put(what: set[str]) -> None:
        known = what & BY_NAME.keys()
        queue.put(dict.fromkeys(known, 1) if known == what else _due(program))

    waker = Waker(put)
    _at_end(waker.stop)
    return pages(program, waker.wake, alone=False)


def _begun(settings: Settings, use: Use, *, migrate: bool = True) -> Program:
    """A program of this process, which from now on logs as set. Raises StoreError."""
    logs.set_up(settings)
    return build(settings, use, migrate=migrate)


def greeting(settings: Settings) -> list[str]:
    """What starts, in words: which channels are real, and the address to open."""
    lines = [f"{settings.program.name} is starting."]
    if settings.sms.channel == "sandbox":
        lines.append("Texts: sandbox. None is sent; read and answer them on /sandbox/phone.")
        if settings.twilio.account_sid:
            lines.append('       Twilio is set up; [sms] channel = "twilio" would send them.')
    else:
        lines.append("Texts: sent through Twilio.")
    if settings.email.channel == "sandbox":
        lines.append("E-mails: sandbox. None is sent; read them on /sandbox/mail.")
        if settings.smtp.host:
            lines.append('         SMTP is set up; [email] channel = "smtp" would send them.')
    else:
        lines.append(f"E-mails: sent through {settings.smtp.host}.")
    lines.append(f"Database: {settings.database.url.split('@')[-1]}")
    lines.append(f"Open {settings.base_url()}/")
    return lines


def _metronome(program: Program, tick: Callable[[], object]) -> Metronome:
    """Beats with this tick; after good ones a watching service is told, where one is set."""
    pinger = Pinger(program.store, program.clock, program.settings)
    return Metronome(program.store, program.clock, program.settings, pinger.around(tick))


def _told(program: Program) -> tuple[Callable[[], None], Callable[[], None]]:
    """A tick that puts into the engine's queue what is due, and how to close the queue."""
    from jobs.engine import Queue

    queue = Queue(program.settings.database.url, "every-session clock queue")
    swept = 0.0

    def tick() -> None:
        nonlocal swept
        queue.put(_due(program))
        _tell_last_tick(program)
        if monotonic() - swept > SWEEP_SECONDS:
            queue.put_sweep()
            swept = monotonic()

    return tick, queue.close


def _tell_last_tick(program: Program) -> None:
    """For /readyz: the clock was here, and could ask what is due."""
    with program.store.read() as session:
        fact = session.get(Fact, "last_tick")
    now = program.clock.now()
    if not fresh(datetime.fromisoformat(fact.value) if fact else None, now):
        with program.store.passing() as session:
            keep_fact(session, "last_tick", now.isoformat())


def _due(program: Program) -> dict[str, int]:
    from jobs.kinds import due_kinds

    jobs = program.settings.jobs
    with program.store.read() as session:
        return due_kinds(session, program.clock.now(), jobs.batch, jobs.slots)


def _granian(settings: Settings, target: str, workers: int) -> None:
    """Serve until SIGTERM; requests that are being answered then are answered. What dies is replaced."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        target,
        address=settings.server.host,
        port=settings.server.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.jobs.stop_seconds + 10,
        log_enabled=True,
        log_level=LogLevels.warning,
    ).serve()


def _on_port(settings: Settings, port: int | None) -> Settings:
    """The settings with another port, also for the processes that this one starts."""
    if port is None:
        return settings
    os.environ["ASSISTANT_SERVER_PORT"] = str(port)
    return load()


def _end_with_parent() -> None:
    """In a process of granian's: end in peace soon after the one that started it died, however that was.

    It would serve on, with nobody to stop it, and share the port with those that are started anew.
    """
    if parent_process() is None:
        return  # somebody else's server, or none
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            pause(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _at_end(work: Callable[[], None]) -> None:
    """Do `work` when this process of granian's ends in peace.

    Such processes are multiprocessing's children: they end without `atexit`, but not without their
    finalizers.
    """
    Finalize(None, work, exitpriority=10)


def _nothing() -> None:
    """There is nothing to close."""


def _say(lines: list[str]) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201  this is what a person who starts it reads


logging.getLogger("procrastinate").setLevel(logging.WARNING)  # its INFO has three lines for every job
