"""`thresholds show` and `thresholds preview`, on a database of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.clock import SystemClock
from assistant.config import Database, Settings
from assistant.families.thresholds import save
from assistant.serve import open_migrated
from tests.support.family import SETTINGS, family, registered
from tests.test_command_line import refused, run


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation with one family and a version of thresholds for speech."""
    url = f"sqlite:///{tmp_path}/desk.db"
    store, now = open_migrated(Settings(database=Database(url=url))), SystemClock().now()
    with store.write() as session:
        registered(session, family(), now)
        save(session, "speech", {"unknowns_in_a_row": 3}, "staff 1", "sooner", now, SETTINGS)
    store.close()
    return {"ASSISTANT_DATABASE_URL": url}


def rows(place: dict[str, str], *command: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("thresholds", *command, env=place).output.splitlines()]


def test_the_thresholds_in_force_are_shown_by_kind(place: dict[str, str]) -> None:
    shown = {row["service"]: row for row in rows(place, "show")}
    assert shown["all"]["version"] == 0
    assert (shown["speech"]["version"], shown["speech"]["own"]) == (1, {"unknowns_in_a_row": 3})
    assert [shown[kind]["unknowns_in_a_row"] for kind in ("all", "speech", "other")] == [4, 3, 4]


def test_a_file_is_tried_on_the_past(place: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("[escalation]\nmisses_for_document = 3\n", encoding="utf-8")
    found = rows(place, "preview", str(file), "--service", "speech")
    assert [row["step"] for row in found][-1] == "any"
    assert {(row["then"], row["now"], row["of"]) for row in found} == {(0, 0, 1)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "misses_for_documents = 3",
            'misses_for_documents: unknown key; did you mean "misses_for_document"?',
        ),
        ("misses_for_document = 1", "misses_for_document: expected 2 or more; one miss alone sends no step"),
        ('short_weeks = "four"', "short_weeks: expected a whole number from 1 to 400 (found 'four')"),
        ("short_weeks = ", "not TOML: "),
    ],
)
def test_a_file_that_makes_no_sense_is_one_line(
    place: dict[str, str], tmp_path: Path, text: str, line: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text, encoding="utf-8")
    [said] = refused("thresholds", "preview", str(file), env=place)
    assert said.startswith(f"{file}: {line}")


def test_a_service_that_is_none_is_named(place: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("", encoding="utf-8")
    wrong = refused("thresholds", "preview", str(file), "--service", "dance", env=place)
    assert wrong == ["dance: no kind of service has this name"]
