"""A shipped scenario, lived to its end."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.simulation import read_scenario, simulate


@dataclass(frozen=True)
class Lived:
    """What happened in a scenario, and the SQLite database that it ended in."""

    events: list[dict[str, Any]]
    database: bytes


def live(name: str) -> Lived:
    """Live the scenario of that name among the examples."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lived.db"
        scenario = read_scenario(Path(f"examples/{name}.toml"))
        events = list(simulate(scenario, database_url=f"sqlite:///{file}"))
        return Lived(events, file.read_bytes())
