from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.escalation.shortfall import percent, shortfall
from assistant.escalation.types import Occasion
from tests.escalation.escalation_cases import ANSWERS, occasion, sessions

TOLD = sessions(date(2026, 8, 18), every=3)


def test_the_worked_example_twice_weekly_for_six_weeks_with_one_holiday() -> None:
    """Eleven slots, 330 minutes: five held, one of 15, two absences, three without a provider."""
    weeks = "held, missed, held, ill, cut short, held, vacancy, ill, held, pulled, held"
    found = shortfall(TOLD(weeks))
    assert (found.expected, found.given, found.short, found.family) == (330, 165, 105, 60)
    assert (found.of_all_percent, found.of_attended_percent) == (32, 39)
    assert (found.sessions, found.not_held, found.shortened) == (11, 3, 1)
    assert found.entries == (2, 5, 7, 10)


def test_a_make_up_is_a_credit_and_leaves_the_day_as_it_was() -> None:
    missed = occasion(date(2026, 9, 1), "missed", 1, made_up=20)
    found = shortfall([missed])
    assert (found.school, found.made_up, found.short) == (30, 20, 10)
    whole = shortfall([replace(missed, made_up=30)])
    assert (whole.school, whole.short, whole.not_held, whole.entries) == (30, 0, 0, ())


@pytest.mark.parametrize(("counts", "short"), [(False, 30), (True, 60)])
def test_grey_minutes_are_claimed_only_where_the_policy_says_so(counts: bool, short: int) -> None:
    found = shortfall(TOLD("missed, assembly"), grey_counts=counts)
    assert (found.school, found.grey, found.short) == (30, 30, short)


def test_nothing_due_is_nothing_short() -> None:
    assert shortfall([]) == type(shortfall([]))()
    assert shortfall(TOLD("ill, fire")).of_attended_percent == 0


def test_more_given_than_due_cannot_be_added_up() -> None:
    with pytest.raises(ValueError, match="2026-09-01: more minutes given than were due"):
        shortfall([replace(occasion(date(2026, 9, 1), "held"), given=31)])


def test_half_a_percent_rounds_up() -> None:
    assert [percent(1, 200), percent(1, 201), percent(199, 200), percent(0, 0)] == [1, 0, 100, 0]


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_percent_is_the_exact_fraction_rounded_half_up(part: int, whole: int) -> None:
    assert percent(part, whole) == floor(Fraction(100 * part, whole) + Fraction(1, 2))


@given(st.lists(st.tuples(st.sampled_from(sorted(ANSWERS)), st.integers(0, 30)), max_size=20), st.randoms())
def test_the_minutes_add_up_in_any_order(told: list[tuple[str, int]], random: object) -> None:
    log: list[Occasion] = [
        occasion(date(2026, 9, 1 + n), answer, n + 1, made_up) for n, (answer, made_up) in enumerate(told)
    ]
    found = shortfall(log)
    parts = (found.given, found.other, found.school, found.grey, found.family, found.refused)
    assert found.expected == sum(parts) + found.closure + found.unknown + found.unanswered
    assert found.school == found.short + found.made_up
    assert found.of_attended_percent >= found.of_all_percent
    random.shuffle(log)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert shortfall(log) == found
