from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from assistant.config import Escalation
from assistant.escalation.policy import Policy


def test_the_defaults_are_the_ones_in_the_settings() -> None:
    assert Policy() == Policy(**Escalation().model_dump())
    assert [field.name for field in fields(Policy)] == list(Escalation.model_fields)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("misses_for_document", 1),
        ("misses_for_document", 0),
        ("misses_for_notice", 1),
        ("unknowns_in_a_row", -4),
        ("short_percent", 101),
        ("short_percent", 20.5),
        ("short_weeks", True),
        ("none_held_school_days", 401),
        ("oldest_miss_months", 12),
        ("min_days_between_steps", 0),
        ("remind_after_days", "7"),
        ("grey_counts", 1),
    ],
)
def test_a_threshold_that_makes_no_sense_is_named(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{key}: expected "):
        Policy(**{key: value})
