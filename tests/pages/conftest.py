"""The term that every world of these tests begins with, lived once a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lived import live
from tests.support.once import once


@pytest.fixture(scope="session")
def template(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("lived") / "lived.db"
    file.write_bytes(once(shared, "lived-fall-2026", lambda: live("fall-2026")).database)
    return file
