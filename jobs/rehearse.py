"""Lets made-up families live a scenario that staff asked for, in a process of its own.

Due: `rehearsals.next_at`. The pass that finds one only claims it and starts a thread, which waits for the
process and keeps what it says: no parent's text waits for a rehearsal. The process gets no database address
and no secret, and is ended after the settings' seconds. Whatever happens to this program meanwhile, the claim
runs out and it is lived again, once.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from assistant.clock import Clock, monotonic
from assistant.config import Settings
from assistant.families.jurisdictions import of_centre
from assistant.operations.rehearsals import request_of, sums_of
from assistant.store import Rehearsal, Store, StoreError

log = logging.getLogger(__name__)
TRIES = 2
_HOUSE = Path(__file__).parents[1]
_ROOM = timedelta(seconds=60)  # beyond the process's own time
_KEEP = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME")  # of the environment
_threads: list[threading.Thread] = []


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    request: dict[str, Any]


def run(store: Store, clock: Clock, settings: Settings) -> int:
    """Claim what waits longest and start it; one at a time. Returns 1 where one was started."""
    now = clock.now()
    with store.read() as session:
        if not session.scalar(select(exists().where(Rehearsal.next_at <= now))):
            return 0
    with store.write() as session:
        claimed = _claim(session, now, settings)
    if claimed is None:
        return 0
    thread = threading.Thread(
        target=_attend, args=(store, clock, settings, claimed), name="rehearsal", daemon=True
    )
    _threads[:] = [one for one in _threads if one.is_alive()] + [thread]
    thread.start()
    return 1


def wait(seconds: float) -> None:
    """Until what this process started is over: for tests and commands."""
    for thread in list(_threads):
        thread.join(seconds)


def _claim(session: Session, now: datetime, settings: Settings) -> _Claimed | None:
    """The next one to live. While one is being lived the others wait for its end."""
    _give_up(session, now)
    running = session.scalars(
        select(Rehearsal.next_at).where(Rehearsal.state == "running", Rehearsal.next_at > now)
    ).first()
    if running is not None:
        session.execute(update(Rehearsal).where(Rehearsal.state == "queued").values(next_at=running))
        return None
    waiting = (
        select(Rehearsal)
        .where(Rehearsal.next_at.is_not(None))
        .order_by(Rehearsal.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalars(waiting).first()
    if row is None:
        return None
    try:
        request = request_of(row, of_centre(session, settings))
    except KeyError:
        _end(row, now, fault=f"{row.scenario}: the file is gone")
        return None
    row.state, row.tries = "running", row.tries + 1
    row.next_at = now + timedelta(seconds=settings.rehearsals.seconds) + _ROOM
    return _Claimed(row.id, request)


def _give_up(session: Session, now: datetime) -> None:
    """What was claimed so often and never came back is not tried for ever."""
    lost = select(Rehearsal).where(
        Rehearsal.state == "running", Rehearsal.next_at <= now, Rehearsal.tries >= TRIES
    )
    for row in session.scalars(lost):
        _end(row, now, fault="stopped")
    session.flush()


def _attend(store: Store, clock: Clock, settings: Settings, claimed: _Claimed | None) -> None:
    """Live one, keep what came of it, and go on with the next that waits."""
    try:
        while claimed is not None:
            began = monotonic()
            answer = _lived(claimed.request, settings.rehearsals.seconds)
            with store.write() as session:
                row = session.get(Rehearsal, claimed.id)
                if row is not None and row.state == "running":
                    _keep(row, answer, clock.now(), monotonic() - began)
            with store.write() as session:
                claimed = _claim(session, clock.now(), settings)
    except StoreError as error:
        log.warning("a rehearsal could not be kept (%s); it is lived again", type(error).__name__)


def _keep(row: Rehearsal, answer: dict[str, Any], now: datetime, seconds: float) -> None:
    if "fault" in answer:
        _end(row, now, fault=answer["fault"])
        return
    row.result, row.sums = answer, sums_of(answer["events"], seconds)
    _end(row, now)


def _end(row: Rehearsal, now: datetime, fault: str = "") -> None:
    row.state, row.fault = "failed" if fault else "done", fault[:2000]
    row.ended_at, row.next_at = now, None


def _lived(request: dict[str, Any], seconds: int) -> dict[str, Any]:
    """What the process says; {"fault": "too_long"} or {"fault": "broken"} where it said nothing."""
    environment = {name: os.environ[name] for name in _KEEP if name in os.environ}
    process = subprocess.Popen(  # our own module, by this very interpreter
        [sys.executable, "-m", "assistant.simulation"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=_HOUSE, env={**environment, "PYTHONPATH": str(_HOUSE)}, text=True, encoding="utf-8",
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    alarm = threading.Timer(seconds, end)
    alarm.daemon = True
    alarm.start()
    try:
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()  # and stays open: its end would be the process's
        answer = json.loads(process.stdout.read())
        return answer if isinstance(answer, dict) else {"fault": "broken"}
    except (OSError, ValueError):
        return {"fault": "too_long" if late.is_set() else "broken"}
    finally:
        alarm.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
        with suppress(OSError):  # it may have died before it read all of it
            process.stdin.close()
