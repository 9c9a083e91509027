"""Another state's guide is data: the same code, other clocks, other words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.lived import Lived

Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def events(lived: Callable[[str], Lived]) -> Events:
    return lived("illinois").events


def test_the_steps_of_an_autumn_in_illinois(events: Events) -> None:
    assert [e["step"] for e in events if e["type"] == "step"] == [
        "check_iep",
        "document",
        "written_notice",
        "iep_meeting",  # at once: the school said no
        "compliance_complaint",
        "compensatory_education",
        "resolved",
    ]


def test_the_school_has_to_speak_up_after_ten_school_days(events: Events) -> None:
    """Since 1 September nothing: 10 school days to the 16th (Labor Day between), and 3 more."""
    clocks = {e["name"]: e for e in events if e["type"] == "clock" and e["step"] == "document"}
    told = clocks["missed_service_notice"]
    assert (told["kind"], told["from"], told["due"]) == ("legal", "2026-09-01", "2026-09-21")
    assert "226.310" in told["citation"] or "14-8.02f" in told["citation"]
    assert not [e for e in events if e["type"] == "clock" and "Cal. Ed. Code" in e["citation"]]


def test_one_email_a_morning(events: Events) -> None:
    mornings = [e["at"] for e in events if e["type"] == "email_out" and "T09:00" in e["at"] and e["step"]]
    assert len(mornings) == len(set(mornings)) > 5
