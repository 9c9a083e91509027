"""The shipped scenario of two homes: both are asked, the first answer counts, nobody is asked in vain."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from assistant.simulation import ScenarioError, read_scenario, simulate

FILE = Path("examples/two-homes.toml")
QUESTIONS = ("did speech happen today", "hubo speech hoy")
PETRA, RAUL = "+13125550141", "+13125550142"


def test_the_first_answer_counts_and_nobody_is_asked_what_is_answered() -> None:
    events = list(simulate(read_scenario(FILE)))
    asked = [
        (event["at"][:10], event["to"])
        for event in events
        if event["type"] == "sms_out"
        and ("did speech happen today" in event["body"] or "hubo speech hoy" in event["body"])
    ]
    # On the 8th and the 17th she answers before his evening begins: his question is taken back.
    assert asked == [
        ("2026-09-08", PETRA),
        ("2026-09-10", PETRA),
        ("2026-09-10", RAUL),
        ("2026-09-15", PETRA),
        ("2026-09-15", RAUL),
        ("2026-09-17", PETRA),
    ]
    log = [(event["date"], event["outcome"], event.get("kind")) for event in events if event["type"] == "log"]
    assert log == [
        ("2026-09-08", "held", None),
        ("2026-09-10", "unanswered", None),
        ("2026-09-15", "missed", None),
        ("2026-09-15", "held", "second"),
        ("2026-09-17", "held", None),
    ]
    [ledger] = [event for event in events if event["type"] == "ledger"]
    assert ledger["minutes"]["school"] == 30
    for event in events:
        if event["type"] == "sms_out":
            other = RAUL if event["to"] == PETRA else PETRA
            assert other not in event["body"]
            assert other[-4:] not in event["body"]


def test_a_rule_for_nobody_is_named(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8").replace('caregiver = "Petra Novak"', 'caregiver = "Petra"')
    text = text.replace("two-homes/schedule.toml", str(FILE.parent.resolve() / "two-homes" / "schedule.toml"))
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match='"Petra" is none of the family'):
        read_scenario(tmp_path / "x.toml")


def test_an_unknown_way_of_asking_is_named(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8").replace('asked = "together"', 'asked = "both"')
    text = text.replace("two-homes/schedule.toml", str(FILE.parent.resolve() / "two-homes" / "schedule.toml"))
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match="asked"):
        read_scenario(tmp_path / "x.toml")


def test_a_taught_phrase_is_used_and_said_to_be(tmp_path: Path) -> None:
    shutil.copytree(FILE.with_suffix(""), tmp_path / FILE.stem)
    text = FILE.read_text(encoding="utf-8").replace('text = "yep she had it"', 'text = "all systems go"')
    (tmp_path / FILE.name).write_text(text, encoding="utf-8")
    scenario = read_scenario(tmp_path / FILE.name)
    taught = {"phrase": "all systems go", "language": "en", "outcome": "held"}
    events = list(simulate(scenario, until=date(2026, 9, 8), phrases=[taught], whole=True))
    notes = [(one["note"], one["said"]) for one in events if one["type"] == "note"]
    assert ("taught", "all systems go") in notes
    assert [one["outcome"] for one in events if one["type"] == "log"] == ["held"]
    without = list(simulate(scenario, until=date(2026, 9, 8)))
    assert [one["outcome"] for one in without if one["type"] == "log"] == []
