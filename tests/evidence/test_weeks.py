"""What a week was, counted from occasions: every session once, and the ledger's very minutes."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assistant.escalation.types import Occasion
from assistant.evidence.ledger import TERMS, fold
from assistant.evidence.occasions import Due, Told, split
from assistant.evidence.weeks import Kind, first_miss, kind_of, tally, unknown_run, within
from assistant.schedule.weekly import month_before, week_before
from assistant.words import Asks, Bucket, Cause, Outcome, bucket_of

MONDAY = date(2026, 9, 7)
SUNDAY = MONDAY + timedelta(days=6)

tolds = st.builds(
    Told,
    outcome=st.sampled_from(Outcome),
    cause=st.none() | st.sampled_from(Cause),
    minutes=st.none() | st.integers(0, 90),
    sessions=st.none() | st.integers(0, 6),
    chances=st.none() | st.integers(0, 4),
    number=st.integers(1, 99),
)
dues = st.builds(
    Due,
    day=st.dates(MONDAY - timedelta(days=20), SUNDAY + timedelta(days=20)),
    minutes=st.integers(0, 120),
    sessions=st.integers(1, 5),
    asks=st.sampled_from(Asks),
)
many = st.lists(st.tuples(dues, tolds), max_size=25).map(
    lambda pairs: [one for due, told in pairs for one in split(due, told)]
)


@given(many)
def test_a_weeks_lines_are_the_ledger_of_the_week(occasions: list[Occasion]) -> None:
    week = tally(within(occasions, MONDAY, SUNDAY))
    mine = [one for one in occasions if MONDAY <= one.date <= SUNDAY]
    assert week.ledger == fold(mine)
    assert week.due == len(mine) == week.ledger.sessions
    assert sum(week.count(kind) for kind in Kind) == week.due
    assert all(kind_of(one) is kind for kind, those in week.by_kind.items() for one in those)


@given(many)
def test_the_weeks_of_a_term_add_up_to_the_whole_ledger(occasions: list[Occasion]) -> None:
    start = MONDAY - timedelta(days=21)
    spans = [
        (start + timedelta(weeks=number), start + timedelta(weeks=number, days=6)) for number in range(8)
    ]
    weeks = [tally(within(occasions, *span)).ledger for span in spans]
    whole = fold(occasions)
    for term in (*TERMS, "made_up", "surplus", "sessions", "not_held", "shortened"):
        assert sum(getattr(week, term) for week in weeks) == getattr(whole, term), term


def one(day: int, outcome: Outcome, cause: Cause | None = None, given: int = 0) -> Occasion:
    side = bucket_of(outcome, cause)
    held = 30 if outcome is Outcome.HELD else given
    return Occasion(MONDAY + timedelta(days=day), 30, outcome, cause, held, bucket=side)


def test_every_cause_has_its_own_name_and_only_the_schools_side_is_a_miss() -> None:
    named = {cause: kind_of(one(0, Outcome.MISSED, cause)) for cause in Cause}
    assert {cause for cause, kind in named.items() if kind is Kind.MISSED} == {
        cause for cause in Cause if bucket_of(Outcome.MISSED, cause) is Bucket.SCHOOL
    }
    assert named[Cause.CHILD_ABSENT] is Kind.AWAY
    assert named[Cause.CHILD_REFUSED] is Kind.REFUSED
    assert named[Cause.CLOSURE] is Kind.CLOSED
    assert named[Cause.TESTING] is Kind.EVENT
    assert kind_of(one(0, Outcome.MISSED)) is Kind.MISSED
    assert kind_of(one(0, Outcome.NO_SCHOOL)) is Kind.CLOSED


def test_only_the_one_miss_of_a_line_is_its_first() -> None:
    missed, held = one(1, Outcome.MISSED), one(0, Outcome.HELD)
    assert first_miss([held, missed], MONDAY, SUNDAY) == missed
    assert first_miss([held, missed], MONDAY + timedelta(days=7), SUNDAY + timedelta(days=7)) is None
    assert first_miss([missed, one(3, Outcome.MISSED)], MONDAY, SUNDAY) is None
    assert first_miss([one(-7, Outcome.MISSED), missed], MONDAY, SUNDAY) is None
    assert first_miss([one(0, Outcome.PARTIAL, given=10)], MONDAY, SUNDAY) is None
    for cause in (Cause.CHILD_ABSENT, Cause.CLOSURE, Cause.TESTING):
        assert first_miss([one(0, Outcome.MISSED, cause)], MONDAY, SUNDAY) is None
    assert first_miss([one(0, Outcome.UNKNOWN), one(1, Outcome.UNANSWERED)], MONDAY, SUNDAY) is None


def test_a_row_of_unknowns_ends_with_anything_known() -> None:
    unknown, silent = one(1, Outcome.UNKNOWN), one(2, Outcome.UNANSWERED)
    away = one(2, Outcome.MISSED, Cause.CHILD_ABSENT)
    assert unknown_run([]) == 0
    assert unknown_run([unknown, silent, unknown, away]) == 2
    assert unknown_run([unknown, one(1, Outcome.HELD), unknown]) == 1
    assert unknown_run([unknown, one(1, Outcome.MISSED)]) == 0


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_week_and_the_month_before_are_whole_and_over(day: date) -> None:
    monday, sunday = week_before(day)
    assert monday.weekday() == 0
    assert sunday - monday == timedelta(days=6)
    assert timedelta(0) < day - sunday <= timedelta(days=7)
    first, last = month_before(day)
    assert first.day == 1
    assert (last + timedelta(days=1)).day == 1
    assert last < day.replace(day=1) == last + timedelta(days=1)
