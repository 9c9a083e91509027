"""How one expectation becomes sessions and days, with minutes that always add up to its own."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evidence.ledger import TERMS, broad, fold, strict
from assistant.evidence.occasions import Due, Told, split
from assistant.words import Asks, Bucket, Cause, Outcome

FRIDAY = date(2026, 9, 4)


@st.composite
def told(draw: st.DrawFn) -> Told:
    outcome = draw(st.sampled_from(Outcome))
    causes = outcome in (Outcome.MISSED, Outcome.PARTIAL, Outcome.OTHER)
    return Told(
        outcome,
        draw(st.none() | st.sampled_from(Cause)) if causes else None,
        draw(st.none() | st.integers(0, 500)),
        draw(st.none() | st.integers(0, 12)),
        draw(st.none() | st.integers(0, 5)),
        draw(st.integers(1, 99)),
        draw(st.sampled_from([FRIDAY, date(2026, 9, 2)])),
    )


@given(st.sampled_from(Asks), st.integers(0, 400), st.integers(1, 8), told(), st.lists(told(), max_size=3))
def test_minutes_always_add_up(
    asks: Asks, minutes: int, sessions: int, said: Told, so_far: list[Told]
) -> None:
    due = Due(FRIDAY, 0 if asks is Asks.GIVEN else minutes, sessions, asks)
    found = split(due, said, so_far)
    assert found
    assert sum(one.due for one in found) == due.minutes
    assert all(one.given + one.other <= one.due for one in found)
    ledger = fold(found)  # raises where the identity does not hold
    assert ledger.expected == due.minutes
    assert ledger.expected == sum(getattr(ledger, term) for term in TERMS[1:])
    assert 0 <= strict(found) <= broad(found) <= ledger.expected
    assert ledger.strict
    assert ledger.broad
    assert strict(found) <= ledger.school


@pytest.mark.parametrize(
    ("asks", "said", "buckets"),
    [
        (Asks.COUNT, Told(Outcome.PARTIAL, sessions=1, minutes=30), [None, Bucket.SCHOOL]),
        (Asks.COUNT, Told(Outcome.MISSED, Cause.CHILD_ABSENT, sessions=0), [Bucket.FAMILY] * 2),
        (Asks.COUNT, Told(Outcome.NO_SCHOOL, Cause.CLOSURE), [Bucket.CLOSURE]),
        (Asks.COUNT, Told(Outcome.HELD, sessions=2), [None, None]),
        (Asks.COUNT, Told(Outcome.UNKNOWN), [Bucket.UNKNOWN]),
        (Asks.WITHOUT, Told(Outcome.PARTIAL, Cause.PROVIDER_ABSENT, sessions=1), [None, Bucket.SCHOOL]),
        (Asks.GIVEN, Told(Outcome.PARTIAL, sessions=1, chances=3), [None, Bucket.SCHOOL, Bucket.SCHOOL]),
        (Asks.GIVEN, Told(Outcome.NO_SCHOOL, chances=0), [Bucket.CLOSURE]),
    ],
)
def test_a_period_is_as_many_occasions_as_were_told(
    asks: Asks, said: Told, buckets: list[Bucket | None]
) -> None:
    due = Due(FRIDAY, 0 if asks is Asks.GIVEN else 60, 2, asks)
    assert [one.bucket for one in split(due, said)] == buckets


def test_three_of_two_is_held_with_a_surplus_of_one() -> None:
    found = split(Due(FRIDAY, 60, 2, Asks.COUNT), Told(Outcome.HELD, sessions=3, minutes=90))
    assert [(one.given, one.surplus) for one in found] == [(30, 0), (30, 30)]
    assert fold(found).surplus == 30
    whole = split(Due(FRIDAY, 60, 1, Asks.MINUTES), Told(Outcome.HELD, minutes=75))
    assert fold(whole).surplus == 15


def test_a_day_told_of_when_it_happened_keeps_its_own_entry_and_date() -> None:
    early = Told(Outcome.MISSED, Cause.PROVIDER_ABSENT, number=4, day=date(2026, 9, 2))
    final = Told(Outcome.PARTIAL, sessions=3, number=9, day=FRIDAY)
    found = split(Due(FRIDAY, 1850, 5, Asks.WITHOUT), final, [early])
    missed = [(one.date, one.entry, one.cause) for one in found if one.bucket]
    assert missed == [(date(2026, 9, 2), 4, Cause.PROVIDER_ABSENT), (FRIDAY, 9, None)]


def test_a_day_told_of_twice_is_one_day_and_the_days_keep_their_order() -> None:
    wednesday, tuesday = date(2026, 9, 2), date(2026, 9, 1)
    early = [
        Told(Outcome.MISSED, number=n, day=day) for n, day in ((4, wednesday), (5, tuesday), (6, wednesday))
    ]
    final = Told(Outcome.PARTIAL, sessions=3, number=9, day=FRIDAY)
    found = split(Due(FRIDAY, 1850, 5, Asks.WITHOUT), final, early)
    assert [(one.date, one.entry) for one in found if one.bucket] == [(tuesday, 5), (wednesday, 6)]


def test_silence_at_the_end_leaves_what_was_told_before() -> None:
    so_far = [Told(Outcome.HELD, sessions=1, number=3)]
    found = split(Due(FRIDAY, 60, 2, Asks.COUNT), Told(Outcome.UNANSWERED), so_far)
    ledger = fold(found)
    assert (ledger.held, ledger.unanswered, ledger.school) == (30, 30, 0)
    minutes = split(
        Due(FRIDAY, 60, 1, Asks.MINUTES), Told(Outcome.UNANSWERED), [Told(Outcome.HELD, minutes=45)]
    )
    assert (fold(minutes).held, fold(minutes).unanswered) == (45, 15)


def test_strict_needs_a_named_reason_and_broad_takes_what_was_not_as_written() -> None:
    due = Due(FRIDAY, 30)
    found = [
        *split(due, Told(Outcome.MISSED, Cause.PROVIDER_ABSENT)),
        *split(due, Told(Outcome.MISSED)),
        *split(due, Told(Outcome.MISSED, Cause.SCHOOL_EVENT)),
        *split(due, Told(Outcome.OTHER)),
        *split(due, Told(Outcome.MISSED, Cause.CHILD_ABSENT)),
        *split(due, Told(Outcome.NO_SCHOOL, Cause.CLOSURE)),
        *split(due, Told(Outcome.UNKNOWN)),
        *split(due, Told(Outcome.UNANSWERED)),
    ]
    ledger = fold(found)
    assert ledger.strict
    assert ledger.broad
    assert (ledger.strict.minutes, ledger.school, ledger.broad.minutes) == (30, 60, 120)
    # 240 minutes were due, 60 of them while the child was away or nobody was served.
    assert (ledger.of_all_percent, ledger.of_attended_percent) == (25, 33)
    assert (ledger.broad.of_all_percent, ledger.broad.of_attended_percent) == (50, 67)
