"""Two logs side by side: what each says, neutral facts, three numbers; nobody is judged."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evidence.side_by_side import Comparison, Pair, Parent, Plan, School, compare
from assistant.words import Cause

TUE, WED, THU = date(2026, 9, 8), date(2026, 9, 9), date(2026, 9, 10)
LABOR_DAY = date(2026, 9, 7)
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
PLAN = Plan(
    starts=date(2026, 8, 17),
    ends=date(2026, 9, 25),
    log_begins=date(2026, 9, 1),
    is_school_day=lambda day: day.weekday() < 5 and day != LABOR_DAY,
)


def parent(day: date, says: str = "held", given: int | None = None, **more: object) -> Parent:
    minutes = (30 if says in ("held", "other") else 0) if given is None else given
    return Parent(day, day, 30, says, minutes, given is not None, **more)  # type: ignore[arg-type]  # as tests write


def school(day: date, said: str = "given", minutes: int | None = 30, **more: object) -> School:
    return School(day, said, None if said == "not_given" else minutes, **more)  # type: ignore[arg-type]  # likewise


def both(*rows: Parent | School, first: date = FIRST, last: date = LAST, told: bool = True) -> Comparison:
    ours = [one for one in rows if isinstance(one, Parent)]
    theirs = [one for one in rows if isinstance(one, School)]
    return compare(ours, theirs, PLAN, first, last, told=told)


def only(*rows: Parent | School) -> Pair:
    [pair] = both(*rows).pairs
    return pair


def keys(pair: Pair) -> list[str]:
    return [fact.key for fact in pair.facts]


@pytest.mark.parametrize(
    ("ours", "theirs", "state", "facts"),
    [
        (parent(TUE), school(TUE), "agree", []),
        (parent(TUE), school(TUE, minutes=25), "agree", ["less"]),
        (parent(TUE), school(TUE, minutes=40), "agree", ["more"]),
        (parent(TUE), school(TUE, minutes=None), "agree", ["no_minutes"]),
        (parent(TUE, "part", 15), school(TUE, minutes=15), "agree", ["less"]),
        (parent(TUE, "part", 15), school(TUE), "differ", ["minutes_differ"]),
        (parent(TUE, "part"), school(TUE), "differ", ["said_part"]),
        (parent(TUE, "part"), school(TUE, minutes=20), "agree", ["less"]),
        (parent(TUE, "other"), school(TUE), "agree", []),
        (parent(TUE), school(TUE, "not_given"), "differ", ["said_held"]),
        (parent(TUE), school(TUE, "unclear"), "unclear", ["row_unclear"]),
        (parent(TUE), None, "only_parent", ["not_in_log"]),
        (parent(TUE, "not_held"), school(TUE), "differ", ["said_not_held"]),
        (parent(TUE, "no_school"), school(TUE), "differ", ["said_no_school"]),
        (parent(TUE, "not_held"), school(TUE, "not_given"), "agree", []),
        (parent(TUE, "not_held"), None, "agree", ["no_row"]),
        (
            parent(TUE, "not_held", cause=Cause.PROVIDER_ABSENT),
            school(TUE, "not_given", cause=Cause.CHILD_ABSENT),
            "differ",
            ["reasons_differ"],
        ),
        (
            parent(TUE, "not_held", cause=Cause.NO_PROVIDER),
            school(TUE, "not_given", cause=Cause.PROVIDER_ABSENT),
            "agree",
            [],
        ),
        (
            parent(TUE, "not_held", cause=Cause.NOT_GIVEN),
            school(TUE, "not_given", cause=Cause.CHILD_ABSENT),
            "agree",
            [],
        ),
        (parent(TUE, "unknown"), school(TUE), "not_known", ["given_unknown"]),
        (parent(TUE, "unanswered"), school(TUE), "not_known", ["given_unknown"]),
        (parent(TUE, "unanswered"), school(TUE, "not_given"), "not_known", ["not_given_unknown"]),
        (parent(TUE, "unknown"), None, "not_known", []),
        (None, school(TUE), "only_school", ["not_due"]),
        (None, school(LABOR_DAY), "only_school", ["no_school_day"]),
        (None, school(date(2026, 9, 5)), "only_school", ["no_school_day"]),
        (None, school(date(2026, 9, 28)), "only_school", ["after_plan"]),
        (None, school(LABOR_DAY, "not_given"), "only_school", []),
        (None, school(TUE, make_up=True), "only_school", ["not_due", "make_up"]),
    ],
)
def test_what_each_says_of_a_day(
    ours: Parent | None, theirs: School | None, state: str, facts: list[str]
) -> None:
    pair = only(*[one for one in (ours, theirs) if one])
    assert (pair.state, keys(pair)) == (state, facts)


def test_days_before_the_plan_and_before_the_log() -> None:
    found = both(school(date(2026, 8, 10)), school(date(2026, 8, 18)), first=date(2026, 8, 1))
    assert [keys(pair) for pair in found.pairs] == [["before_log", "before_plan"], ["before_log"]]
    assert [pair.asks for pair in found.pairs] == [True, False]


def test_a_session_logged_twice() -> None:
    pair = only(parent(TUE), school(TUE), school(TUE))
    assert (pair.state, keys(pair)) == ("agree", ["twice", "more"])
    assert pair.asks
    crossed = only(parent(TUE), school(TUE), school(TUE, "not_given"))
    assert (crossed.state, keys(crossed), crossed.asks) == ("agree", ["both_said"], True)
    two_due = both(parent(TUE), parent(TUE, "not_held"), school(TUE), school(TUE))
    assert [(pair.state, keys(pair)) for pair in two_due.pairs] == [
        ("agree", []),
        ("differ", ["said_not_held"]),
    ]


def test_a_session_moved_within_its_week_is_put_beside_it() -> None:
    pair = only(parent(TUE), school(WED))
    assert (pair.first, pair.state, keys(pair)) == (TUE, "agree", ["moved"])
    assert pair.facts[0].day == WED
    assert not pair.asks
    assert pair.agreed_minutes == 30
    missed = only(parent(TUE, "not_held"), school(WED))
    assert (missed.state, keys(missed)) == ("differ", ["moved", "said_not_held"])
    holiday = only(parent(TUE), school(LABOR_DAY))
    assert keys(holiday) == ["moved", "no_school_day"]


def test_a_moved_session_goes_to_what_was_held_and_to_the_nearest_day_and_not_over_a_weekend() -> None:
    found = both(parent(TUE, "not_held"), parent(THU), school(WED))
    assert [(pair.first, pair.state) for pair in found.pairs] == [(TUE, "agree"), (THU, "agree")]
    assert keys(found.pairs[1]) == ["moved"]
    next_week = both(parent(THU), school(date(2026, 9, 14)))
    assert [pair.state for pair in next_week.pairs] == ["only_parent", "only_school"]
    make_up = both(parent(TUE, "not_held"), school(WED, make_up=True))
    assert [pair.state for pair in make_up.pairs] == ["agree", "only_school"]


def week(says: str, given: int) -> Parent:
    return Parent(LABOR_DAY, date(2026, 9, 11), 60, says, given, True, sessions=2)  # type: ignore[arg-type]  # as tests write


def test_a_week_is_compared_as_a_whole() -> None:
    assert only(week("held", 60), school(TUE), school(THU)).state == "agree"
    less = only(week("part", 30), school(TUE), school(THU))
    assert (less.state, keys(less), less.agreed_minutes) == ("differ", ["minutes_differ"], 30)
    none = only(week("not_held", 0), school(TUE))
    assert (none.state, keys(none)) == ("differ", ["said_not_held", "less"])
    assert only(week("held", 60)).state == "only_parent"


def test_a_period_that_sticks_out_of_what_the_log_covers_is_not_compared() -> None:
    cut = both(week("held", 60), school(TUE), first=TUE, last=LAST)
    assert [(pair.state, keys(pair)) for pair in cut.pairs] == [("only_school", ["period_cut"])]
    whole = both(week("held", 60), school(TUE), school(THU), first=TUE, last=THU, told=False)
    assert [pair.state for pair in whole.pairs] == ["agree"]
    assert (whole.first, whole.last) == (LABOR_DAY, date(2026, 9, 11))


def test_what_lies_outside_is_left_out() -> None:
    found = both(parent(date(2026, 8, 25)), parent(TUE), school(TUE), school(date(2026, 10, 1)))
    assert [pair.first for pair in found.pairs] == [TUE]


def test_three_numbers() -> None:
    found = both(
        parent(TUE),
        school(TUE, minutes=25),
        parent(THU, "not_held"),
        school(THU),
        parent(date(2026, 9, 15), "part", 10),
        parent(date(2026, 9, 17)),
        school(date(2026, 9, 17), minutes=None),
    )
    assert found.minutes == (70, 55, 25)
    assert found.without_minutes == 1
    assert found.counts == {"agree": 2, "differ": 1, "only_parent": 1}
    assert [pair.first for pair in found.asked] == [THU, date(2026, 9, 15)]


days = st.integers(0, 40).map(lambda n: FIRST - timedelta(5) + timedelta(n))
parents = st.builds(
    lambda day, length, says, given_, make_up: Parent(
        day,
        day + timedelta(length),
        30,
        says,
        given_ if says in ("held", "part", "other") else 0,
        make_up=make_up,
    ),
    days,
    st.sampled_from([0, 0, 0, 4]),
    st.sampled_from(["held", "part", "other", "not_held", "no_school", "unknown", "unanswered"]),
    st.integers(0, 60),
    st.booleans(),
)
schools = st.builds(
    lambda day, said, minutes, make_up: School(
        day, said, minutes if said == "given" else None, make_up=make_up
    ),
    days,
    st.sampled_from(["given", "not_given", "unclear"]),
    st.none() | st.integers(1, 60),
    st.booleans(),
)


@given(st.lists(parents, max_size=12), st.lists(schools, max_size=15), st.booleans())
def test_every_row_stands_once_and_numbers_add_up(
    ours: list[Parent], theirs: list[School], told: bool
) -> None:
    found = compare(ours, theirs, PLAN, FIRST, LAST, told=told)
    inside = [row for row in theirs if FIRST <= row.day <= LAST]
    assert sorted((row.day, row.said) for pair in found.pairs for row in pair.school) == sorted(
        (row.day, row.said) for row in inside
    )
    shown = [id(pair.parent) for pair in found.pairs if pair.parent]
    assert len(shown) == len(set(shown))
    assert {id(one) for one in ours if one.first >= FIRST and one.last <= LAST} <= set(shown)
    by_parent, by_school, agreed = found.minutes
    assert by_school == sum(row.minutes or 0 for row in inside if row.said == "given")
    assert 0 <= agreed <= min(by_parent, by_school)
    assert sum(found.counts.values()) == len(found.pairs)
    assert list(found.pairs) == sorted(found.pairs, key=lambda pair: (pair.first, pair.last))
    assert compare(list(reversed(ours)), list(reversed(theirs)), PLAN, FIRST, LAST, told=told).minutes[
        :2
    ] == (
        by_parent,
        by_school,
    )


@given(
    st.lists(parents.filter(lambda one: one.says in ("unknown", "unanswered")), max_size=8), st.lists(schools)
)
def test_what_the_parent_does_not_know_never_differs(ours: list[Parent], theirs: list[School]) -> None:
    found = compare(ours, theirs, PLAN, FIRST, LAST)
    assert found.counts["differ"] == found.counts["only_parent"] == 0
