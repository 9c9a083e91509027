"""The shortest scenario there is, in a folder as a centre would have it, and settings that know it."""

from __future__ import annotations

from pathlib import Path

from assistant.config import Settings
from tests.support.family import SETTINGS

NAME = "own:two-days"
_SCHEDULE = """timezone = "America/Los_Angeles"
[calendar]
first_day = 2026-08-17
last_day = 2027-06-04
[[services]]
name = "Speech-language therapy"
alias = "speech"
minutes = 30
times = ["tue 14:00"]
"""
_SCENARIO = """[scenario]
starts = 2026-09-01
ends = 2026-09-02
[[families]]
id = "rivera"
schedule = "schedule.of-two-days"
[families.child]
nickname = "Leo"
[[families.caregivers]]
name = "Ana Rivera"
phone = "+14155550101"
email = "ana@example.org"
language = "en"
primary = true
[[families.replies]]
text = "1"
"""


def two_days(folder: Path, settings: Settings = SETTINGS) -> Settings:
    """The settings, with the scenario `own:two-days` in `folder`: one question and its answer."""
    (folder / "schedule.of-two-days").write_text(_SCHEDULE, encoding="utf-8")
    (folder / "two-days.toml").write_text(_SCENARIO, encoding="utf-8")
    own = settings.rehearsals.model_copy(update={"folder": str(folder)})
    return settings.model_copy(update={"rehearsals": own})
