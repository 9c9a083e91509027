from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.escalation.clocks import add_months, dates_for, not_held_since, run
from assistant.escalation.holidays import federal_holidays
from assistant.escalation.types import ClockRule, DueDate, StepKey
from assistant.schedule.types import Break, SchoolCalendar
from tests.escalation.escalation_cases import RULES, YEAR, facts, occasion, sessions


def clock(
    name: str, start: date, calendar: SchoolCalendar = YEAR, next_first_day: date | None = None
) -> DueDate:
    return run(RULES[name], start, calendar, next_first_day)


IN_THE_YEAR = st.dates(date(2026, 6, 1), date(2027, 8, 31))


@pytest.mark.parametrize(
    ("found", "kind", "due", "latest"),
    [
        # Records: 5 business days after receipt.
        (clock("records", date(2026, 9, 14), YEAR), "legal", date(2026, 9, 21), date(2026, 9, 21)),
        (
            clock("records", date(2026, 9, 3), YEAR),
            "legal",
            date(2026, 9, 11),
            date(2026, 9, 11),
        ),  # Labor Day
        (
            clock("records", date(2026, 9, 12), YEAR),
            "legal",
            date(2026, 9, 18),
            date(2026, 9, 18),
        ),  # a Saturday
        (clock("records", date(2026, 12, 16), YEAR), "legal", date(2026, 12, 23), date(2027, 1, 6)),
        (clock("records", date(2026, 11, 18), YEAR), "legal", date(2026, 11, 25), date(2026, 12, 2)),
        # Letter: 10 school days, courtesy.
        (clock("reply", date(2026, 9, 1), YEAR), "courtesy", date(2026, 9, 16), date(2026, 9, 16)),
        (clock("reply", date(2026, 12, 14), YEAR), "courtesy", date(2027, 1, 11), date(2027, 1, 11)),
        (
            run(replace(RULES["reply"], length=5), date(2026, 9, 8), YEAR),
            "courtesy",
            date(2026, 9, 15),
            date(2026, 9, 15),
        ),
        # Meeting: 30 days; the worked example with winter break.
        (clock("meeting", date(2026, 12, 7), YEAR), "legal", date(2027, 1, 18), date(2027, 1, 22)),
        # A break of exactly five school days counts.
        (clock("meeting", date(2026, 11, 2), YEAR), "legal", date(2026, 12, 2), date(2026, 12, 2)),
        (clock("meeting", date(2026, 9, 1), YEAR), "legal", date(2026, 10, 1), date(2026, 10, 1)),
        # Days between terms do not count: before the first day, and over the summer.
        (clock("meeting", date(2026, 7, 1), YEAR), "legal", date(2026, 9, 15), date(2026, 9, 15)),
        (clock("meeting", date(2027, 5, 25), YEAR), "legal", date(2027, 9, 4), date(2027, 9, 4)),
        (
            clock("meeting", date(2027, 5, 25), YEAR, date(2027, 8, 23)),
            "legal",
            date(2027, 9, 11),
            date(2027, 9, 11),
        ),
        # State complaint, due process.
        (clock("lookback", date(2026, 9, 15)), "legal", date(2027, 9, 15), date(2027, 9, 15)),
        (clock("lookback", date(2028, 2, 29)), "legal", date(2029, 2, 28), date(2029, 2, 28)),
        (clock("decision", date(2026, 11, 23)), "legal", date(2027, 1, 22), date(2027, 1, 22)),
        (clock("reconsideration", date(2027, 1, 22)), "legal", date(2027, 2, 21), date(2027, 2, 21)),
        (clock("due_process", date(2026, 9, 15)), "legal", date(2028, 9, 15), date(2028, 9, 15)),
    ],
)
def test_each_clock(found: DueDate, kind: str, due: date, latest: date) -> None:
    assert (found.kind, found.due, found.latest) == (kind, due, latest)
    assert bool(found.citation) == (kind == "legal")


@pytest.mark.parametrize(
    "winter",
    [
        Break(date(2026, 12, 19), date(2027, 1, 3)),  # written with its weekends
        Break(date(2026, 12, 21), date(2027, 1, 1)),
    ],
)
def test_a_break_may_be_written_with_its_weekends(winter: Break) -> None:
    found = clock("meeting", date(2026, 12, 7), replace(YEAR, breaks=(winter,)))
    assert (found.due, found.latest) == (date(2027, 1, 18), date(2027, 1, 22))


def test_a_break_told_day_by_day_is_a_break() -> None:
    days = {date(2026, 12, 21) + timedelta(n) for n in range(12)}
    found = clock("meeting", date(2026, 12, 7), replace(YEAR, breaks=(), days_off=frozenset(days)))
    assert (found.due, found.latest) == (date(2027, 1, 18), date(2027, 1, 22))


def test_a_day_off_beside_a_five_day_break_makes_a_range() -> None:
    """Five days of break and a staff day: more than five school days in one reading only."""
    calendar = replace(YEAR, days_off=YEAR.days_off | {date(2026, 11, 30)})
    found = clock("meeting", date(2026, 11, 2), calendar)
    assert found.due == date(2026, 12, 2)
    assert found.latest == date(2026, 12, 2) + timedelta(10)  # 21 to 30 November


def test_the_next_first_day_comes_after_the_last() -> None:
    with pytest.raises(ValueError, match="next_first_day"):
        clock("meeting", date(2027, 5, 25), YEAR, date(2027, 6, 4))


@given(IN_THE_YEAR)
def test_a_range_runs_forward_and_thirty_days_are_the_least(received: date) -> None:
    found = clock("meeting", received, YEAR)
    assert received + timedelta(30) <= found.due <= found.latest


@given(IN_THE_YEAR, IN_THE_YEAR)
def test_a_later_request_is_never_due_earlier(one: date, two: date) -> None:
    first, second = sorted((one, two))
    for name in ("meeting", "records", "reply"):
        assert clock(name, first).due <= clock(name, second).due
        assert clock(name, first).latest <= clock(name, second).latest


def test_federal_holidays_as_observed() -> None:
    assert federal_holidays(2026) == {
        date(2026, 1, 1),
        date(2026, 1, 19),
        date(2026, 2, 16),
        date(2026, 5, 25),
        date(2026, 6, 19),
        date(2026, 7, 3),  # the 4th is a Saturday
        date(2026, 9, 7),
        date(2026, 10, 12),
        date(2026, 11, 11),
        date(2026, 11, 26),
        date(2026, 12, 25),
    }
    assert date(2021, 12, 31) in federal_holidays(2021)  # New Year's Day 2022 was a Saturday
    assert date(2022, 1, 1) not in federal_holidays(2022)
    assert date(2023, 1, 2) in federal_holidays(2023)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 5, 31), 9, date(2027, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_end_where_the_month_ends(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


@pytest.mark.parametrize(
    ("step", "names"),
    [
        (StepKey.CHECK_IEP, []),
        (StepKey.DOCUMENT, ["records"]),
        (StepKey.WRITTEN_NOTICE, ["reply", "lookback"]),
        (StepKey.IEP_MEETING, ["meeting", "lookback"]),
        (StepKey.COMPLIANCE_COMPLAINT, ["decision", "reconsideration", "lookback", "due_process"]),
        (StepKey.COMPENSATORY_EDUCATION, ["lookback", "due_process"]),
        (StepKey.URGENT, []),
        (StepKey.RESOLVED, []),
    ],
)
def test_the_dates_that_a_step_starts(step: StepKey, names: list[str]) -> None:
    log = sessions(date(2026, 9, 1))("ill, missed, held, missed")
    found = dates_for(step, date(2026, 10, 1), facts(date(2026, 10, 1), log))
    assert [each.name for each in found] == names
    assert all(each.due <= each.latest for each in found)
    lookback = [each.start for each in found if each.name in ("lookback", "due_process")]
    assert set(lookback) <= {date(2026, 9, 8)}  # not the child's absence of the week before


def test_a_miss_that_has_left_the_window_or_was_made_up_is_passed_over() -> None:
    log = (
        occasion(date(2025, 9, 30), "missed", 1),
        occasion(date(2026, 9, 1), "missed", 2, made_up=30),
        occasion(date(2026, 9, 8), "missed", 3),
    )
    on = date(2026, 10, 1)
    found = {each.name: each for each in dates_for(StepKey.COMPLIANCE_COMPLAINT, on, facts(on, log))}
    assert found["lookback"].start == date(2026, 9, 8)
    assert found["due_process"].start == date(2025, 9, 30)


def test_a_miss_after_the_day_in_question_starts_nothing() -> None:
    log = [occasion(date(2026, 10, 6), "missed", 1)]
    found = dates_for(StepKey.WRITTEN_NOTICE, date(2026, 10, 1), facts(date(2026, 10, 6), log))
    assert [each.name for each in found] == ["reply"]


def test_a_jurisdiction_without_a_clock_starts_none() -> None:
    bare = replace(facts(date(2026, 10, 1), sessions(date(2026, 9, 1))("missed, missed")), rules={})
    assert dates_for(StepKey.IEP_MEETING, date(2026, 10, 1), bare) == ()


NOTICE = ClockRule(
    "missed_service_notice", "legal", "school_days", 3, "a law", (StepKey.DOCUMENT,), "not_held", after=10
)


@pytest.mark.parametrize(
    ("answers", "due"),
    [
        ("held, missed, missed", date(2026, 9, 25)),  # from 8 September: 10 school days, and 3 more
        ("held, missed, ill, missed", date(2026, 9, 25)),  # what is not the school's does not end the run
        ("missed, missed, held", None),  # held again: nothing runs
        ("ill, silence, not sure", None),
    ],
)
def test_a_run_in_which_nothing_was_held_starts_a_clock_of_its_own(answers: str, due: date | None) -> None:
    """The one statutory yardstick found (Illinois): told within 3 school days after 10 without it."""
    on = date(2026, 10, 1)
    case = replace(facts(on, sessions(date(2026, 9, 1))(answers)), rules={"missed_service_notice": NOTICE})
    found = dates_for(StepKey.DOCUMENT, on, case)
    assert [one.due for one in found] == ([due] if due else [])
    first = not_held_since(case.occasions)
    assert (first is None) == (due is None)
