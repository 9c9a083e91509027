"""The scenario that staff rehearse with: it can be read, and a new number in it is lived as any other."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from assistant.operations.rehearsals import SHIPPED
from assistant.simulation import Scenario, ScenarioError, read_scenario, simulate

YEAR = SHIPPED / "a-year.toml"


@pytest.fixture(name="first_days")
def first_days_fixture(tmp_path: Path) -> Scenario:
    """Its first three days, with the new number on the first of them."""
    for folder in ("a-year", "fall-2026"):
        shutil.copytree(SHIPPED / folder, tmp_path / folder)
    text = YEAR.read_text(encoding="utf-8").replace("at = 2027-05-04T18:00:00", "at = 2026-08-12T18:00:00")
    (tmp_path / "days.toml").write_text(text, encoding="utf-8")
    return read_scenario(tmp_path / "days.toml")


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.toml")), ids=lambda file: str(file.stem))
def test_what_is_shipped_can_be_lived(file: Path) -> None:
    assert read_scenario(file).families


def test_a_year_is_a_school_year_of_one_family_in_two_languages() -> None:
    year = read_scenario(YEAR)
    (family,) = year.families
    assert (year.ends - year.starts).days > 290
    assert {person.language for person in family.caregivers} == {"en", "es"}


def test_a_new_number_is_confirmed_with_its_code_and_used(first_days: Scenario) -> None:
    events = list(simulate(first_days, until=date(2026, 8, 13), whole=True))
    code = next(event for event in events if event.get("template") == "new_number")
    assert (code["to"], code["at"][:16]) == ("+14155550143", "2026-08-12T18:00")
    assert " 000000 " in code["body"], "what is told holds no secret, so it is the same every time"
    asked = [event["to"] for event in events if event.get("kind") == "question" and event["language"] == "es"]
    assert asked == ["+14155550141", "+14155550143"]
    replies = [event["from"] for event in events if event["type"] == "sms_in"]
    assert replies == asked


def test_a_number_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a-year").mkdir()
    text = YEAR.read_text(encoding="utf-8").replace('phone = "+14155550143"', 'phone = "four"')
    (tmp_path / "days.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"numbers\[0\]\.phone: \"four\" is not in E\.164 form"):
        read_scenario(tmp_path / "days.toml")
