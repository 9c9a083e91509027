"""What the pages are given: the store, the clock, the settings, and a way to let the jobs run.

The pages never start a job themselves; `app.py`, which knows both, hands these callables in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import Store


def nobody(_what: str) -> None:
    """Nobody is waiting to be woken."""


@dataclass(frozen=True)
class House:
    """`run_pass()` runs every job that is due now. `jump()` moves the sandbox's clock to the next thing due,
    runs the jobs and returns that moment (UTC), or None when nothing is planned; None outside the sandbox.
    `wake(what)` tells whoever runs the jobs that something of this kind waits ("read_replies"); it returns at
    once, does nothing itself, and may be lost: a pass finds the work all the same.
    """

    store: Store
    clock: Clock
    settings: Settings
    run_pass: Callable[[], None]
    jump: Callable[[], datetime | None] | None = None
    wake: Callable[[str], None] = nobody
