"""The shipped month of a family with six lines, and the shipped plan that changes, lived whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.conversation.change_file import ChangeError, read_changes
from assistant.evidence.ledger import TERMS
from assistant.schedule.expand import asked
from assistant.simulation import read_scenario, simulate, transcript
from assistant.simulation.scenario import ScenarioError
from tests.support.lived import Lived

SIX = Path("examples/six-lines.toml")
CHANGES = Path("examples/changes.toml")
Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def six(lived: Callable[[str], Lived]) -> Events:
    return lived("six-lines").events


@pytest.fixture(scope="module")
def changes(lived: Callable[[str], Lived]) -> Events:
    return lived("changes").events


def of(events: Events, type_: str, /, **wanted: object) -> Events:
    return [e for e in events if e["type"] == type_ and all(e.get(k) == v for k, v in wanted.items())]


def day_of(event: dict[str, Any]) -> date:
    return datetime.fromisoformat(event["at"]).date()


def test_six_lines_are_fourteen_questions_in_september_and_not_sixty(six: Events) -> None:
    (texts,) = [event["texts"] for event in of(six, "ledger") if "texts" in event]
    september = next(one for one in texts if one["month"] == "2026-09")
    asked_for = [
        e for e in of(six, "sms_out") if e["kind"] in ("question", "reminder") and day_of(e).month == 9
    ]
    assert september["asking"] == {"texts": len(asked_for), "segments": sum(e["segments"] for e in asked_for)}
    # Speech on nine days, eight times OT, reading and the aide on 21 school days each, PT twice, one consult
    # less the two that the count of weeks leaves to October: worked out by hand from the schedule.
    weeks = {day_of(e).isocalendar().week for e in asked_for}
    assert len(asked_for) == 14
    assert len(weeks) == 5
    assert september["one_text_a_session"]["texts"] == 9 + 4 * 2 + 21 + 21 - 2 + 2 + 1


def test_no_evening_brings_two_questions(six: Events) -> None:
    evenings = Counter(day_of(e) for e in of(six, "sms_out") if e["kind"] == "question")
    assert set(evenings.values()) == {1}


def test_every_line_is_asked_in_its_own_words(six: Events) -> None:
    bodies = " | ".join(e["body"] for e in of(six, "sms_out", kind="question"))
    for words in (
        "did speech happen today",
        "OT: how many of 2",
        "reading: how many of 5",
        "aide: days without",
        "PT: minutes, of 60",
        "PT consult: heard of it",
    ):
        assert words in bodies


def test_ledgers_agree_with_what_is_asked(six: Events) -> None:
    (family,) = read_scenario(SIX).families
    for event, line in zip(of(six, "ledger"), family.schedule.services, strict=True):
        first, stop = date(2026, 8, 31), date(2026, 10, 3)
        due = sum(one.due_minutes for one in asked(line, family.schedule.calendar, first, stop))
        assert event["minutes"]["expected"] == due == sum(event["minutes"][term] for term in TERMS[1:])


def test_the_same_file_gives_the_same_bytes(six: Events) -> None:
    again = list(simulate(read_scenario(SIX)))
    assert [json.dumps(e) for e in again] == [json.dumps(e) for e in six]


def test_the_transcript_shows_the_cost_and_both_counts(six: Events) -> None:
    lines = list(transcript(six))
    assert max(map(len, lines)) <= 100
    assert "  okafor: 2026-09                14 / 14     29 / 29               60 / 60" in lines
    assert any(line.startswith("  strict: Counts only minutes") for line in lines)
    assert any(line.startswith("  broad: Counts all minutes") for line in lines)


# The plan that changes


def test_each_change_is_told_once_and_nothing_asked_is_lost(changes: Events) -> None:
    told = [e["body"].removeprefix("Io: ") for e in of(changes, "sms_out", kind="plan_changed")]
    assert [text.split(".")[0] for text in told] == [
        "you agreed to counseling, so we ask about it from Tue 9/22",
        "We will not ask about Tue 9/29",
        "speech is now 30 minutes, Wednesday 2:00 PM, every week, from Mon 10/5",
        "We will not ask about Wed 10/14",
        "new plan from Mon 10/26: speech, OT",
        "we now text you by the clock of Denver",
        "new school, new school days from Mon 11/2",
    ]
    (renewal,) = of(changes, "sms_out", kind="renewal")
    assert day_of(renewal) == date(2026, 9, 30)


def test_nothing_is_asked_on_a_closed_day_or_before_consent(changes: Events) -> None:
    asked_about = [(one["service"], one.get("date")) for e in of(changes, "sms_out") for one in e["about"]]
    assert ("Speech-language therapy", "2026-09-29") not in asked_about
    assert ("Speech-language therapy", "2026-10-14") not in asked_about
    counseling = [day for name, day in asked_about if name == "Individual counseling"]
    assert min(day for day in counseling if day) == "2026-09-24"
    assert max(day for day in counseling if day) == "2026-10-22"  # the new IEP has none


def test_the_promised_make_up_is_asked_about_and_credited(changes: Events) -> None:
    (promise,) = of(changes, "log", kind="make_up")
    assert promise["make_up"] == {"act": "promised", "minutes": 30, "day": "2026-09-25", "miss": 3}
    asked_for = [e for e in of(changes, "sms_out", kind="question") if "make-up" in e["body"]]
    assert [day_of(e) for e in asked_for] == [date(2026, 9, 25)]
    speech = of(changes, "ledger")[0]["minutes"]
    assert (speech["school"], speech["made_up"]) == (60, 30)


def test_each_iep_has_ledgers_of_its_own(changes: Events) -> None:
    names = [event["service"] for event in of(changes, "ledger")]
    assert names == [
        "Speech-language therapy",
        "Occupational therapy",
        "Individual counseling",
        "Speech-language therapy",
        "Occupational therapy",
    ]
    old, new = (event["minutes"]["expected"] for event in of(changes, "ledger") if "Occ" in event["service"])
    assert old == 8 * 60  # eight weeks of two
    assert new == 3 * 30  # three of one


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("closure = 2026-10-12", "changes[0].name: is missing"),
        ("", "changes[0]: says nothing, expected one of: iep, edit, calendar, closure"),
        ('zone = "America/Nowhere"', 'changes[0].zone: "America/Nowhere" is not a known time zone'),
        ('consent = "speech"', "changes[0].given: is missing, expected true or false"),
        (
            'make_up = "promised"\nservice = "speech"\nmisses = [2026-09-08]',
            "changes[0].on: is missing, expected",
        ),
        (
            'make_up = "given"\nservice = "speech"\nmisses = []\non = 2026-09-09',
            "changes[0].misses: is empty",
        ),
        ('iep = "none.toml"', "none.toml: cannot be read: no such file"),
        ('closure = 2026-10-12\nzone = "America/Denver"', "changes[0]: has both closure and zone"),
        ('zone = "America/Denver"\nwhy = "move"', "changes[0].why: unknown key"),
    ],
)
def test_a_change_that_cannot_be_read_is_one_line(tmp_path: Path, table: str, said: str) -> None:
    file = tmp_path / "changes.toml"
    file.write_text(f"[[changes]]\n{table}\n", encoding="utf-8")
    with pytest.raises(ChangeError) as error:
        read_changes(file)
    (line,) = error.value.problems
    assert said in line


def test_a_change_of_a_scenario_says_when(tmp_path: Path) -> None:
    text = CHANGES.read_text(encoding="utf-8").replace("at = 2026-09-29T07:30:00\n", "")
    for file in CHANGES.parent.joinpath("changes").iterdir():
        (tmp_path / "changes").mkdir(exist_ok=True)
        (tmp_path / "changes" / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    broken = tmp_path / "changes.toml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_scenario(broken)
    (line,) = error.value.problems
    assert "families[0].changes[2].at: expected a local date and time" in line
