"""A past lived again: what was known when, what the parent did, and what stricter thresholds can only do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.escalation.policy import Policy
from assistant.escalation.replay import Brought, Deed, Known, Parent, replay
from assistant.escalation.types import Facts, Occasion, Pace, SchoolAnswer, StepKey, StepState
from assistant.schedule.calendar import instructional_days
from assistant.words import Bucket, Outcome
from tests.escalation.escalation_cases import ANSWERS, POLICY, REGISTERED, YEAR, facts, occasion, sessions
from tests.support.examples import some

START = replace(facts(REGISTERED), steps=())
UNTIL = date(2027, 2, 26)
LADDER = set(StepKey) - {StepKey.CHECK_IEP, StepKey.URGENT, StepKey.RESOLVED}
FEW = settings(max_examples=some(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def nothing(_key: StepKey, _before: int) -> Deed | None:
    return None


def always(deed: Deed) -> Parent:
    return lambda _key, _before: deed


def growing(told: Sequence[tuple[Occasion, int]]) -> list[Known]:
    """What is known evening by evening, each answer so many days after its session; unanswered before."""
    days = {one.date for one, _ in told} | {one.date + timedelta(late) for one, late in told}
    silent = {one.date: Occasion(one.date, one.due, Outcome.UNANSWERED) for one, late in told if late}
    return [
        Known(
            day,
            tuple(
                one if one.date + timedelta(late) <= day else silent[one.date]
                for one, late in told
                if one.date <= day
            ),
            told=any(one.date + timedelta(late) == day for one, late in told),
        )
        for day in sorted(days)
    ]


def steps(brought: Sequence[Brought]) -> list[str]:
    return [
        f"{one.on:%m-%d} {'reminder of ' if one.reminder else ''}{one.key}"
        for one in brought
        if one.key is not StepKey.CHECK_IEP
    ]


def test_an_answer_counts_from_the_day_it_came() -> None:
    log = sessions(date(2026, 8, 25))("missed, missed, held")
    assert (
        steps(replay(START, growing([(one, 0) for one in log]), nothing, UNTIL, POLICY))[0]
        == "09-01 document"
    )
    late = growing([(log[0], 0), (log[1], 3), (log[2], 0)])
    assert steps(replay(START, late, nothing, UNTIL, POLICY))[0] == "09-04 document"


def test_a_deed_told_of_later_happened_when_it_happened() -> None:
    log = growing([(one, 0) for one in sessions(date(2026, 8, 25))(", ".join(["vacancy"] * 12))])
    same_day = replay(START, log, always(Deed(0, "done")), UNTIL, POLICY)
    told_late = replay(START, log, always(Deed(3, "done", ago=3)), UNTIL, POLICY)
    assert [one for one in steps(same_day) if "meeting" in one] == ["09-23 iep_meeting"]
    assert steps(told_late) == steps(same_day)
    later = replay(START, log, always(Deed(3, "done")), UNTIL, POLICY)
    assert [one for one in steps(later) if "meeting" in one] == ["09-26 iep_meeting"]


@pytest.mark.parametrize(("answer", "on"), [(None, "09-23"), ("refused", "09-15")])
def test_a_refusal_of_the_notice_is_known_from_the_day_it_came(answer: SchoolAnswer | None, on: str) -> None:
    log = growing([(one, 0) for one in sessions(date(2026, 8, 25))(", ".join(["vacancy"] * 12))])
    brought = replay(START, log, always(Deed(0, "done", answer=answer, answer_after=2)), UNTIL, POLICY)
    assert f"{on} iep_meeting" in steps(brought)


def test_the_parent_does_the_second_time_what_they_did_the_second_time() -> None:
    log = growing(
        [
            (one, 0)
            for one in sessions(date(2026, 8, 25))("missed, missed, held, missed, held, missed, missed")
        ]
    )
    asked: list[tuple[StepKey, int]] = []

    def parent(key: StepKey, before: int) -> Deed | None:
        asked.append((key, before))
        return Deed(1, "resolved") if before == 0 else None

    replay(START, log, parent, UNTIL, POLICY)
    assert [one for one in asked if one[0] is StepKey.DOCUMENT] == [
        (StepKey.DOCUMENT, 0),
        (StepKey.DOCUMENT, 1),
    ]


# --- What holds for every past -------------------------------------------------------------------

DAYS = instructional_days(YEAR, date(2026, 8, 18), date(2027, 2, 5))
ANSWER = st.sampled_from(["missed", "vacancy", "cut short", "held", "held", "held", *sorted(ANSWERS)])


@st.composite
def pasts(draw: st.DrawFn) -> list[Known]:
    """Sessions every few days, most answered on the day, some days later."""
    every = draw(st.integers(1, 7))
    days = DAYS[draw(st.integers(0, 9)) :: every][: draw(st.integers(0, 32))]
    late = st.sampled_from([0, 0, 0, 1, 3, 9])
    return growing(
        [
            (occasion(day, draw(ANSWER), number, draw(st.sampled_from([0, 0, 0, 30]))), draw(late))
            for number, day in enumerate(days, start=1)
        ]
    )


@st.composite
def parents(draw: st.DrawFn) -> Parent:
    states: tuple[StepState, ...] = ("done", "done", "not_now", "resolved")
    answers: tuple[SchoolAnswer | None, ...] = (None, None, "answered", "refused")
    deed = st.builds(
        Deed,
        after=st.integers(0, 12),
        state=st.sampled_from(states),
        answer=st.sampled_from(answers),
        answer_after=st.integers(0, 9),
    )
    plan = {key: draw(st.none() | deed) for key in StepKey}
    return lambda key, _before: plan[key]


POLICIES = st.builds(
    Policy,
    misses_for_notice=st.integers(2, 4),
    unknowns_in_a_row=st.integers(2, 5),
    short_percent=st.sampled_from([10, 20]),
    short_weeks=st.integers(1, 4),
    none_held_school_days=st.sampled_from([5, 10]),
    held_in_a_row_to_resolve=st.integers(1, 4),
    min_days_between_steps=st.sampled_from([1, 7]),
    grey_counts=st.booleans(),
)
STARTS = st.sampled_from([START, replace(START, pace=Pace(1800, YEAR.first_day, YEAR.last_day))])


@FEW
@given(pasts(), parents(), POLICIES, STARTS)
def test_living_only_the_days_that_matter_comes_to_the_same(
    past: list[Known], parent: Parent, policy: Policy, start: Facts
) -> None:
    every = replay(start, past, parent, UNTIL, policy, every_day=True)
    assert replay(start, past, parent, UNTIL, policy) == every


@FEW
@given(pasts(), parents(), POLICIES, st.data())
def test_nothing_rests_on_what_was_not_known_yet(
    past: list[Known], parent: Parent, policy: Policy, data: st.DataObject
) -> None:
    """Cutting off what was told after a day changes nothing that went out up to that day."""
    cut = data.draw(st.sampled_from([one.day for one in past] or [REGISTERED]))
    whole = replay(START, past, parent, UNTIL, policy)
    known = [one for one in past if one.day <= cut]
    assert replay(START, known, parent, cut, policy) == [one for one in whole if one.on <= cut]


@FEW
@given(pasts(), parents(), POLICIES, st.data())
def test_stricter_thresholds_never_bring_the_ladder_sooner(
    past: list[Known], parent: Parent, policy: Policy, data: st.DataObject
) -> None:
    """More misses, a longer streak, a larger share over more weeks, a longer gap, a shorter window of the
    first rung: the first step of the ladder comes on the same day, later, or not at all. (Later steps follow
    from what the parent did, and the notice's window also sets what a share is taken of: no such rule there.)
    """
    more = data.draw
    document = policy.misses_for_document + more(st.integers(0, 3))
    stricter = replace(
        policy,
        misses_for_document=document,
        document_window_school_days=policy.document_window_school_days - more(st.integers(0, 15)),
        misses_for_notice=max(document, policy.misses_for_notice + more(st.integers(0, 3))),
        unknowns_in_a_row=policy.unknowns_in_a_row + more(st.integers(0, 3)),
        short_percent=policy.short_percent + more(st.integers(0, 30)),
        short_weeks=policy.short_weeks + more(st.integers(0, 4)),
        none_held_school_days=policy.none_held_school_days + more(st.integers(0, 10)),
    )
    first, then = (_first(replay(START, past, parent, UNTIL, each)) for each in (policy, stricter))
    assert then is None or (first is not None and first <= then)


@FEW
@given(pasts(), parents(), POLICIES)
def test_a_past_without_the_schools_misses_or_not_sures_brings_no_ladder(
    past: list[Known], parent: Parent, policy: Policy
) -> None:
    """What the preview leaves out beforehand: lines of which all was held, or nobody told otherwise."""
    calm = [
        replace(
            known,
            occasions=tuple(
                one
                if one.bucket not in (Bucket.SCHOOL, Bucket.GREY, Bucket.UNKNOWN)
                else replace(one, outcome=Outcome.HELD, cause=None, bucket=None, given=one.due)
                for one in known.occasions
            ),
        )
        for known in past
    ]
    assert _first(replay(START, calm, parent, UNTIL, policy)) is None


def _first(brought: Sequence[Brought]) -> date | None:
    return next((one.on for one in brought if one.key in LADDER), None)
