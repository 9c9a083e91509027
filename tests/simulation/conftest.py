"""The shipped scenarios, each lived once a run for all the tests that look at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.lived import Lived, live
from tests.support.once import once


@pytest.fixture(scope="session")
def lived(shared: Path) -> Callable[[str], Lived]:
    """The scenario of that name among the examples, lived to its end."""
    return lambda name: once(shared, f"lived-{name}", lambda: live(name))
