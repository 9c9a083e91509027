"""Every process replaced, one after the other, under load; `python -m tests.scale.rolling` for more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scale.rolling import roll

pytestmark = pytest.mark.long


@pytest.mark.parametrize("db", ["sqlite", "postgresql"])
def test_a_rolling_restart_loses_nothing_and_nobody_is_refused(
    db: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("postgresql_url") if db == "postgresql" else ""
    rolled = roll(db, tmp_path, server, replies=8, questions=4)
    assert rolled.good, rolled
    assert rolled.refused == 0, "somebody always listens"
    assert rolled.replies > 20
    assert rolled.questions > 10
