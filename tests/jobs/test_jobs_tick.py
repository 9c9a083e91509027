"""The pass, its lease, and the metronome that beats it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta

from assistant.clock import VirtualClock
from assistant.config import Jobs, Settings
from assistant.store import Fact, Store
from jobs.bench import BENCHMARKS
from jobs.leader import LEASE, take_lease
from jobs.scheduler import Metronome
from jobs.tick import TOLD_AGAIN, due_entries, next_due, run_entry, run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from tests.support.family import SETTINGS, family, registered

CHANNELS = Channels(SandboxText(), SandboxEmail())
HERE = os.uname().nodename


def lease(store: Store, me: str, clock: VirtualClock) -> bool:
    with store.write() as session:
        return take_lease(session, "ticker", me, clock.now())


def test_one_ticks_at_a_time_and_another_takes_over_when_the_lease_runs_out(
    each_store: Store, clock: VirtualClock
) -> None:
    assert lease(each_store, "one:1", clock)
    assert lease(each_store, "one:1", clock)
    assert not lease(each_store, "two:1", clock)
    clock.move_to(clock.now() + LEASE + timedelta(seconds=1))
    assert lease(each_store, "two:1", clock)
    assert not lease(each_store, "one:1", clock)


def test_the_lease_of_a_process_that_died_here_is_free_at_once(store: Store, clock: VirtualClock) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    assert lease(store, f"{HERE}:{dead.pid}", clock)
    assert lease(store, f"{HERE}:{os.getpid()}", clock)
    assert not lease(store, "elsewhere:1", clock)


def test_nothing_is_due_in_an_empty_house(each_store: Store, clock: VirtualClock) -> None:
    with each_store.read() as session:
        assert next_due(session) is None
    assert run_pass(each_store, clock, SETTINGS, CHANNELS) == {}
    with each_store.read() as session:
        assert session.get_one(Fact, "last_tick").value == clock.now().isoformat()


def test_an_idle_pass_writes_only_now_and_then_that_it_was_here(
    each_store: Store, clock: VirtualClock
) -> None:
    first = clock.now()
    told = []
    for _ in range(10):
        run_pass(each_store, clock, SETTINGS, CHANNELS)
        with each_store.read() as session:
            told.append(datetime.fromisoformat(session.get_one(Fact, "last_tick").value))
        assert clock.now() - told[-1] < TOLD_AGAIN
        clock.move_to(clock.now() + timedelta(seconds=5))
    assert sorted(set(told)) == [first, first + TOLD_AGAIN, first + 2 * TOLD_AGAIN]


def test_what_is_due_is_known_before_it_is_run(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(), clock.now())
    with store.read() as session:
        due = next_due(session)
        assert due is not None
        assert due_entries(session, due - timedelta(seconds=1)) == []
        entries = due_entries(session, due)
    assert entries
    clock.move_to(due)
    assert run_entry(store, clock, SETTINGS, entries[0]) > 0
    with store.read() as session:
        assert entries[0] not in due_entries(session, due)


def test_a_second_pass_finds_nothing_to_do(each_store: Store, clock: VirtualClock) -> None:
    with each_store.write() as session:
        registered(session, family(), clock.now())
    for _ in range(30):
        with each_store.read() as session:
            due = next_due(session)
        assert due is not None
        clock.move_to(due)
        assert run_pass(each_store, clock, SETTINGS, CHANNELS)
        assert run_pass(each_store, clock, SETTINGS, CHANNELS) == {}
        with each_store.read() as session:
            later = next_due(session)
        assert later is not None
        assert later > clock.now()


def test_the_metronome_beats_at_once_goes_on_and_survives_a_fault(store: Store, clock: VirtualClock) -> None:
    beats: list[int] = []
    third = threading.Event()

    def tick() -> None:
        beats.append(1)
        if len(beats) == 1:
            raise RuntimeError("a pass that fails")
        if len(beats) >= 3:
            third.set()

    metronome = Metronome(store, clock, Settings(jobs=Jobs(tick_seconds=1)), tick)
    metronome.start()
    assert beats
    assert third.wait(20)
    metronome.stop()
    with store.read() as session:
        assert session.get(Fact, "ticker") is None


def test_there_is_a_benchmark_of_the_pass() -> None:
    assert "tick" in BENCHMARKS
