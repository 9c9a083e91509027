"""Slow preparation, once a run: the test process that comes first does it, the others read what it made."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

Made = TypeVar("Made")


def once(folder: Path, name: str, make: Callable[[], Made]) -> Made:
    """What `make` returns, out of `folder` if it was made before. It is pickled; everybody gets a copy."""
    kept = folder / f"{name}.pickle"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make()))
        return cast(Made, pickle.loads(kept.read_bytes()))
