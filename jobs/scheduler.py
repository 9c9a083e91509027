"""APScheduler as a metronome: one interval job that asks for a beat, in one process at a time.

APScheduler holds no truth: its store is memory, and what is due stands in our tables. No session time is ever
one of its triggers (they skip and double hours at clock changes). Who beats is settled by `jobs.leader`.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import Store
from jobs.leader import Leader

log = logging.getLogger(__name__)
BREATH = 0.1  # seconds between two beats at least: what is stored meanwhile is then taken up as one batch


class Metronome:
    """Calls `tick` every `settings.jobs.tick_seconds` seconds and when woken, while this process leads.

    All beats come from one thread, so there are never two at once; a wake during a beat means one more.
    """

    def __init__(self, store: Store, clock: Clock, settings: Settings, tick: Callable[[], object]) -> None:
        self._leader, self._tick, self._settings = Leader(store, clock), tick, settings
        self._wanted, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beats, name="metronome", daemon=True)
        self._scheduler = BackgroundScheduler(timezone="UTC", daemon=True)
        self._scheduler.add_job(
            self.wake,
            "interval",
            seconds=settings.jobs.tick_seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        """Begin; the first beat comes at once, in this thread, so that what is due is done when we return."""
        self.beat()
        self._thread.start()
        self._scheduler.start()

    def wake(self, _what: str = "") -> None:
        """Beat soon instead of at the next interval; returns at once."""
        self._wanted.set()

    def stop(self) -> None:
        """Let a running pass finish within the settings' time, then stop and let another process lead."""
        self._scheduler.shutdown(wait=False)
        self._ending.set()
        self._wanted.set()
        self._thread.join(self._settings.jobs.stop_seconds)
        if self._thread.is_alive():
            log.error("a pass did not end in %s seconds; it is left", self._settings.jobs.stop_seconds)
            return  # it still leads, until the process ends
        try:
            self._leader.resign()
        except Exception as error:  # noqa: BLE001  the lease runs out by itself
            log.warning("the lease could not be given back (%s)", type(error).__name__)

    def beat(self) -> None:
        """One beat. An error is logged and the next beat tries again: a metronome that stops is silence."""
        try:
            if self._leader.leads():
                self._tick()
        except Exception as error:  # noqa: BLE001
            log_fault("a pass failed; the next one tries again", error)

    def _beats(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._ending.is_set():
                return
            self.beat()
            self._ending.wait(BREATH)


def log_fault(what: str, error: Exception) -> None:
    """Log where it happened and what kind of error it was, never its text: that may hold a phone number."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", what, type(error).__name__, where)
