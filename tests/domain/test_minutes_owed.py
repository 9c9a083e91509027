"""Minutes owed and given: each way an IEP writes a service, from what is due to what is short.

Each row of the table is a family in one town. September and a bit of October are lived through the real jobs;
the parent writes a few texts and is silent otherwise, and silence is never a miss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from assistant.escalation.decide import decide
from assistant.escalation.pace import behind_pace
from assistant.escalation.policy import Policy
from assistant.escalation.reading import read
from assistant.escalation.shortfall import shortfall
from assistant.escalation.types import Facts, Occasion, Pace, StepKey, StepTaken
from assistant.evidence.ledger import TERMS
from assistant.schedule.calendar import instructional_days
from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    CountPerPeriod,
    CountPerWeeks,
    Daily,
    Exceptions,
    Frequency,
    MinutesPerPeriod,
    Rotation,
    SchoolCalendar,
    ServiceLine,
)
from assistant.words import Bucket, Cause, Outcome, bucket_of
from tests.escalation.escalation_cases import POLICY, REGISTERED, YEAR, taken
from tests.support.family import LA, slots
from tests.support.town import Town

TUESDAY = datetime(2026, 9, 1, 8, tzinfo=LA)
FRIDAYS = [date(2026, 9, 4), date(2026, 9, 11), date(2026, 9, 18), date(2026, 9, 25), date(2026, 10, 2)]
SEPTEMBER_ENDS = date(2026, 9, 30)  # a Wednesday, its last school day
THE_END = date(2026, 10, 2)


def line(minutes: int, frequency: Frequency, alias: str = "speech") -> ServiceLine:
    return ServiceLine("Speech-language therapy", alias, minutes, frequency)


@dataclass(frozen=True)
class Row:
    """A line, what the parent texts on which afternoon, and the ledger on Friday 2 October.

    `asked`: what the first question says; "" where the line is never asked about. `questions`: how many came.
    """

    lines: tuple[ServiceLine, ...]
    told: tuple[tuple[date, str], ...]
    asked: str
    questions: int
    ledger: dict[str, int]
    steps: tuple[StepKey, ...] = ()


DOCUMENT, URGENT = StepKey.DOCUMENT, StepKey.URGENT
ROWS: dict[str, Row] = {
    # Mondays and Wednesdays from 2 September to 30 September: nine, and Labor Day has none.
    "30 min, 2x weekly": Row(
        (line(30, slots((0, 14, 0), (2, 14, 0))),),
        ((date(2026, 9, 2), "1"), (date(2026, 9, 9), "15 min only"), (date(2026, 9, 14), "no, she was out")),
        "Leo: did speech happen today (Wed 9/2)?",
        8,
        {"expected": 240, "held": 45, "school": 45, "unanswered": 150},
        (DOCUMENT,),
    ),
    "30 min, 2x weekly, days vary": Row(
        (line(30, CountPerPeriod(2, "week")),),
        ((FRIDAYS[0], "1"), (FRIDAYS[1], "2"), (FRIDAYS[2], "?")),
        "Leo: how many times did speech happen in the week of Mon 8/31? The plan says 2.",
        5,
        {"expected": 300, "held": 90, "school": 30, "unknown": 60, "unanswered": 120},
    ),
    # Labor Day's week has four days: 60 x 4/5.
    "60 min/week total": Row(
        (line(30, MinutesPerPeriod(60, "week")),),
        ((FRIDAYS[0], "3 x 20"), (FRIDAYS[1], "48"), (FRIDAYS[2], "45")),
        "Leo: how many minutes of speech in the week of Mon 8/31? The plan says 60.",
        5,
        {"expected": 288, "held": 153, "school": 15, "unanswered": 120},
    ),
    "60 min monthly": Row(
        (line(30, MinutesPerPeriod(60, "month")),),
        ((date(2026, 9, 15), "no speech today"), (SEPTEMBER_ENDS, "45")),
        "Leo: how many minutes of speech in September? The plan says 60.",
        1,
        {"expected": 60, "held": 45, "school": 15},
    ),
    # 1,800 minutes over the year's 205 school days, 21 of them in September: 184.4 minutes.
    "1800 min yearly": Row(
        (line(30, MinutesPerPeriod(1800, "year")),),
        ((SEPTEMBER_ENDS, "0"),),
        "Leo: how many minutes of speech in September?",
        1,
        {"expected": 184, "school": 184},
    ),
    "daily 45 min": Row(
        (line(45, Daily(time(9))),),
        ((FRIDAYS[0], "all"), (FRIDAYS[1], "3"), (FRIDAYS[2], "5")),
        "Leo: how many times did speech happen in the week of Mon 8/31? The plan says 5.",
        5,
        {"expected": 24 * 45, "held": 13 * 45, "school": 45, "unanswered": 10 * 45},
    ),
    "N sessions per month": Row(
        (line(45, CountPerPeriod(4, "month")),),
        ((SEPTEMBER_ENDS, "3"),),
        "Leo: how many times did speech happen in September? The plan says 4.",
        1,
        {"expected": 180, "held": 135, "school": 45},
    ),
    "every other week": Row(
        (line(30, replace(slots((3, 14, 0)), every=2, anchor=date(2026, 9, 3))),),
        ((date(2026, 9, 3), "1"), (date(2026, 9, 17), "no, she was out")),
        "Leo: did speech happen today (Thu 9/3)?",
        3,
        {"expected": 90, "held": 30, "school": 30, "unanswered": 30},
    ),
    "3 of 4 weeks": Row(
        (line(25, CountPerWeeks(3, 4, date(2026, 8, 31))),),
        ((FRIDAYS[3], "2"),),
        "Leo: how many times did speech happen from Mon 8/31 to Sun 9/27? The plan says 3.",
        1,
        {"expected": 75, "held": 50, "school": 25},
    ),
    # Six school days a cycle from Tuesday 1 September: the 1st, 10th, 18th, 28th; day 1 is only over at ten.
    "6-day rotation / A-B block": Row(
        (line(30, Rotation(6, (1,), time(10), date(2026, 9, 1))),),
        ((date(2026, 9, 10), "no, she was in a meeting"),),
        "Leo: did speech happen today (Tue 9/1)?",
        4,
        {"expected": 120, "school": 30, "unanswered": 90},
    ),
    "consult 15 min/month staff-to-staff": Row(
        (replace(line(0, MinutesPerPeriod(15, "month")), delivery="consult"),),
        ((SEPTEMBER_ENDS, "2"),),
        "Leo: did you hear that speech happened in September?",
        1,
        {"expected": 15, "unknown": 15},
    ),
    "all-day 1:1 aide": Row(
        (line(370, Exceptions(), "aide"),),
        ((FRIDAYS[0], "0"), (date(2026, 9, 9), "no aide today"), (FRIDAYS[1], "1")),
        "Leo: any school day without aide in the week of Mon 8/31?",
        5,
        {"expected": 24 * 370, "held": 8 * 370, "school": 370, "unanswered": 15 * 370},
    ),
    "accommodation (no minutes)": Row(
        (line(0, Accommodation(), "extra time"),),
        ((FRIDAYS[0], "2 of 2"), (FRIDAYS[1], "1 of 3")),
        "extra time",
        5,
        {},
        (DOCUMENT,),
    ),
    "as needed / on request": Row(
        (line(0, AsNeeded(), "breaks"),), ((date(2026, 9, 9), "no breaks today"),), "", 0, {}
    ),
    "transport / device / nursing": Row(
        (line(0, Exceptions(urgent=True), "nurse"),),
        ((date(2026, 9, 9), "no nurse today"),),
        "Leo: any school day without nurse in the week of Mon 8/31?",
        5,
        {},
        (URGENT,),
    ),
    # Owed is the minimum; what is given above it is shown and counts against nothing.
    "range 20-30 min": Row(
        (line(20, slots((3, 14, 0))),),
        ((date(2026, 9, 3), "30 min"), (date(2026, 9, 10), "15 min"), (date(2026, 9, 17), "20 min")),
        "Leo: did speech happen today (Thu 9/3)?",
        5,
        {"expected": 100, "held": 55, "school": 5, "unanswered": 40},
    ),
    "staged (2x weekly to a date, then 1x)": Row(
        (
            replace(line(30, slots((0, 14, 0), (2, 14, 0))), ends=date(2026, 9, 16)),
            replace(line(30, slots((2, 14, 0))), starts=date(2026, 9, 17)),
        ),
        (),
        "Leo: did speech happen today (Wed 9/2)?",
        6,
        {"expected": 120, "unanswered": 120},
    ),
}


@pytest.fixture(scope="module")
def town(shared: Path) -> Iterator[Town[str]]:
    town = Town[str].lived(shared, "minutes-owed", TUESDAY, live)
    yield town
    town.store.close()


def live(town: Town[str]) -> None:
    for name, row in ROWS.items():
        town.move_in(name, row.lines)
    told = [(day, name, text) for name, row in ROWS.items() for day, text in row.told]
    town.lives(told, until=THE_END)


@pytest.mark.parametrize("name", ROWS)
def test_what_is_due_asked_and_short(town: Town[str], name: str) -> None:
    row, home = ROWS[name], town.homes[name]
    questions = home.texts()
    assert len(questions) == row.questions
    assert not row.asked or row.asked in questions[0]
    ledger = home.ledger()
    assert {term: getattr(ledger, term) for term in TERMS if getattr(ledger, term)} == row.ledger
    assert set(home.step_keys()) == {StepKey.CHECK_IEP, *row.steps}


def test_sixty_minutes_monthly_cannot_be_missed_before_the_months_end(town: Town[str]) -> None:
    """What was told on the fifteenth is progress; the answer at the month's end is the only miss."""
    home = town.homes["60 min monthly"]
    assert [one.day for one in home.log("progress")] == [date(2026, 9, 15)]
    assert [(one.date, one.short) for one in home.facts().occasions] == [(SEPTEMBER_ENDS, 15)]


def test_a_staged_line_hands_over_on_its_day(town: Town[str]) -> None:
    home = town.homes["staged (2x weekly to a date, then 1x)"]
    first, second = (home.facts(number).occasions for number in (0, 1))
    assert max(one.date for one in first) == date(2026, 9, 16)
    assert [one.date for one in second] == [date(2026, 9, 23), SEPTEMBER_ENDS]


def test_a_range_owes_its_minimum_and_shows_what_is_above(town: Town[str]) -> None:
    ledger = town.homes["range 20-30 min"].ledger()
    assert (ledger.surplus, ledger.school) == (10, 5), "the surplus repays nothing"


def test_a_request_as_needed_is_kept_and_claims_no_minutes(town: Town[str]) -> None:
    home = town.homes["as needed / on request"]
    assert [one.outcome for one in home.log()] == [Outcome.MISSED]
    assert home.ledger().expected == 0


# --- The worked example ----------------------------------------------------------------------------


def test_the_worked_example_to_the_minute(tmp_path: Path) -> None:
    """Twice 30 minutes for six weeks: 32 % of all that fell due, 39 % of what the child was there for.

    Mondays and Wednesdays from 31 August to 7 October are twelve slots, one of them Labor Day.
    """
    town: Town[str] = Town.at(tmp_path, datetime(2026, 8, 28, 8, tzinfo=LA))
    home = town.move_in("worked", [line(30, slots((0, 14, 0), (2, 14, 0)))])
    out, ill = "no, the therapist was out", "no, Leo was home sick"
    answers = ["1", out, ill, "1", "15 min only", "1", out, ill, "1", out, "1"]
    first = date(2026, 8, 31)
    days = [first + timedelta(weeks=week, days=day) for week in range(6) for day in (0, 2)]
    days.remove(date(2026, 9, 7))
    town.lives([(day, "worked", text) for day, text in zip(days, answers, strict=True)], date(2026, 10, 8))
    ledger, found = home.ledger(), shortfall(home.facts().occasions)
    town.store.close()

    assert (ledger.sessions, ledger.expected) == (11, 330)
    assert (ledger.held, ledger.school, ledger.family) == (165, 105, 60)
    assert 165 + 105 + 60 == 330
    assert (ledger.of_all_percent, ledger.of_attended_percent) == (32, 39)
    assert (found.short, found.not_held, found.shortened) == (105, 3, 1)
    assert ledger.strict is not None
    assert ledger.strict.minutes == 90, "the 15 minutes cut off were told without a reason"
    notice = next(step for step in home.steps() if step.key == StepKey.WRITTEN_NOTICE)
    assert notice.why["values"]["misses"] >= 3


# --- 1,800 minutes a year: only the pace is judged -------------------------------------------------

# 36 weeks of five days, as in the worked example: 50 minutes a week, ten a day.
WEEKS36 = SchoolCalendar(zone=YEAR.zone, first_day=date(2026, 8, 17), last_day=date(2027, 4, 23))
PACE = Pace(1800, WEEKS36.first_day, WEEKS36.last_day)


def told(*weeks: tuple[int, int], answer: Cause | None = None, surplus: int = 0) -> tuple[Occasion, ...]:
    """Reports of so many weeks each, with the minutes given in them."""
    found, monday = [], WEEKS36.first_day
    for number, (length, given) in enumerate(weeks, start=1):
        due, monday = 50 * length, monday + timedelta(weeks=length)
        outcome = Outcome.HELD if given >= due else Outcome.PARTIAL if given else Outcome.MISSED
        found.append(
            Occasion(
                date=monday - timedelta(days=3),
                due=due,
                outcome=outcome,
                cause=answer if given < due else None,
                given=min(given, due),
                bucket=bucket_of(outcome, answer),
                entry=number,
                surplus=max(0, given - due) + (surplus if number == 1 else 0),
            )
        )
    return tuple(found)


def yearly(log: tuple[Occasion, ...], *steps: StepTaken) -> Facts:
    setup = StepTaken(StepKey.CHECK_IEP, REGISTERED, "done", REGISTERED)
    return Facts("Speech", log[-1].date, WEEKS36, REGISTERED, log, (setup, *steps), pace=PACE)


def test_the_worked_pace() -> None:
    """Week 14: 700 minutes expected, 430 delivered, 270 behind; 62 a week for 22 weeks to finish."""
    assert len(instructional_days(WEEKS36, WEEKS36.first_day, WEEKS36.last_day)) == 180
    line = yearly(told((4, 150), (5, 150), (5, 130)))
    reason = behind_pace(read(line, POLICY))
    assert reason is not None
    assert reason.rule == "behind_pace"
    found = {
        key: reason.values[key] for key in ("expected", "behind", "a_week", "needed_a_week", "weeks_left")
    }
    assert found == {"expected": 700, "behind": 270, "a_week": 50, "needed_a_week": 62, "weeks_left": 22}
    assert reason.entries == (1, 2, 3)
    assert decide(line, POLICY).step is StepKey.DOCUMENT
    asked = taken("document", line.today - timedelta(days=8), "done")
    assert decide(replace(line, steps=(*line.steps, asked)), POLICY).step is StepKey.WRITTEN_NOTICE


@pytest.mark.parametrize(
    ("log", "flagged"),
    [
        pytest.param(told((4, 199), (4, 199)), False, id="a minute short in each month"),
        pytest.param(told((4, 150), (4, 150)), False, id="25 % behind, but two weeks' worth"),
        pytest.param(told((4, 100), (4, 100)), False, id="exactly four weeks' worth"),
        pytest.param(told((4, 100), (4, 99)), True, id="a minute more than four weeks' worth"),
        pytest.param(told((10, 400), (10, 400)), False, id="exactly 20 % behind"),
        pytest.param(told((10, 400), (10, 399)), True, id="a minute more than 20 %"),
        pytest.param(told((5, 0)), False, id="one quiet month alone is no miss"),
        pytest.param(told((5, 0), (4, 200)), False, id="one quiet month, then back at pace"),
        pytest.param(told((5, 25), (4, 100), (4, 400)), False, id="caught up by minutes above the pace"),
        pytest.param(told((17, 800), (16, 775)), False, id="three weeks left: exactly 1.5 times to catch up"),
        pytest.param(told((17, 800), (16, 774)), True, id="three weeks left: more than 1.5 times"),
        pytest.param(told((18, 875), (18, 875)), False, id="the year over: one week's worth short"),
        pytest.param(told((18, 874), (18, 875)), True, id="the year over: more than a week's worth short"),
        pytest.param(told((4, 0), (5, 0), (5, 0), answer=Cause.CHILD_ABSENT), False, id="the child was away"),
        pytest.param(told((4, 0), (5, 0), (5, 0), answer=Cause.TESTING), False, id="testing"),
    ],
)
def test_a_yearly_line_is_flagged_only_when_far_behind(log: tuple[Occasion, ...], flagged: bool) -> None:
    found = decide(yearly(log), POLICY)
    assert (found.step is StepKey.DOCUMENT) is flagged
    assert found.why is None or found.why.rule == "behind_pace"


def test_the_same_months_on_a_line_without_a_pace_are_misses() -> None:
    log = told((4, 150), (4, 150))
    usual = replace(yearly(log), pace=None)
    assert decide(usual, Policy(document_window_school_days=60)).step is StepKey.DOCUMENT
    assert decide(yearly(log), Policy(document_window_school_days=60)).step is None


def test_a_yearly_line_that_is_not_known_about_asks_for_the_log() -> None:
    log = tuple(
        replace(one, outcome=Outcome.UNKNOWN, bucket=Bucket.UNKNOWN, given=0)
        for one in told((4, 0), (4, 0), (4, 0), (4, 0))
    )
    found = decide(yearly(log), POLICY)
    assert (found.step, found.why and found.why.rule) == (StepKey.DOCUMENT, "unknowns_in_a_row")
