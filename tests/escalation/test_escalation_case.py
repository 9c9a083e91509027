"""Cases lived through a term day by day, and what has to hold in every one of them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.escalation.decide import decide
from assistant.escalation.policy import Policy
from assistant.escalation.replay import Brought
from assistant.escalation.types import Decision, Facts, Occasion, Pace, StepKey, StepState, StepTaken
from assistant.schedule.calendar import instructional_days
from assistant.words import Bucket, Outcome
from tests.escalation.escalation_cases import (
    ANSWERS,
    DAY,
    POLICY,
    REGISTERED,
    SAYS_NOTHING,
    YEAR,
    Parent,
    facts,
    occasion,
    sessions,
    simulate_case,
)
from tests.support.examples import some

TERM_ENDS = date(2026, 12, 18)
RUNGS = [
    StepKey.DOCUMENT,
    StepKey.WRITTEN_NOTICE,
    StepKey.IEP_MEETING,
    StepKey.COMPLIANCE_COMPLAINT,
    StepKey.COMPENSATORY_EDUCATION,
]
ABOVE_NOTICE = RUNGS[2:]


def always(days: int, state: StepState) -> Parent:
    return lambda _key: (days, state)


def told(events: list[Brought]) -> list[str]:
    return [
        f"{one.on:%m-%d} {'reminder of ' if one.reminder else ''}{one.key}" + f" {one.rule}".rstrip()
        for one in events
    ]


def test_a_term_without_a_provider_climbs_to_the_complaint() -> None:
    log = sessions(date(2026, 8, 25))(", ".join(["vacancy"] * 16))
    assert told(simulate_case(log, always(2, "done"), TERM_ENDS)) == [
        "08-17 check_iep registered",
        "09-01 document misses_in_window",
        "09-08 written_notice misses_in_window",
        "09-25 iep_meeting no_fix_after_notice",
        "10-13 compliance_complaint misses_go_on",
        "10-20 compensatory_education after_complaint",
    ]


def test_a_service_that_is_restored_steps_down_and_leaves_the_minutes() -> None:
    log = sessions(date(2026, 8, 25))("missed, missed, missed, held, ill, held, held, held, held, missed")
    assert told(simulate_case(log, always(1, "done"), TERM_ENDS)) == [
        "08-17 check_iep registered",
        "09-01 document misses_in_window",
        "09-08 written_notice misses_in_window",
        "10-06 resolved held_in_a_row",
        "10-13 compensatory_education short_when_restored",
    ]


def test_a_parent_who_never_acts_is_reminded_and_left_at_the_notice() -> None:
    log = sessions(date(2026, 8, 25))("missed, missed, missed, " + ", ".join(["silence"] * 12))
    assert told(simulate_case(log, lambda _key: None, TERM_ENDS)) == [
        "08-17 check_iep registered",
        "09-01 document misses_in_window",
        "09-08 reminder of document",  # in the morning, before that day's session is missed
        "09-15 written_notice misses_in_window",
        "09-22 reminder of written_notice",
    ]


def test_a_parent_who_says_fixed_starts_anew() -> None:
    log = sessions(date(2026, 8, 25))("missed, missed, held, missed, held, missed")
    assert told(simulate_case(log, always(3, "resolved"), TERM_ENDS)) == [
        "08-17 check_iep registered",
        "09-01 document misses_in_window",
        "09-08 resolved parent_says",
        "09-29 document misses_in_window",
        "10-06 resolved parent_says",
    ]


def test_a_child_sent_home_is_urgent_beside_the_ladder() -> None:
    log = sessions(date(2026, 8, 25))("held, sent home, held, sent home, sent home")
    assert told(simulate_case(log, always(1, "done"), date(2026, 9, 30))) == [
        "08-17 check_iep registered",
        "09-01 urgent sent_home",
        "09-15 urgent sent_home",
        "09-16 document misses_in_window",
        "09-22 urgent sent_home",
        "09-23 written_notice misses_in_window",
    ]


@pytest.mark.parametrize("answer", [*SAYS_NOTHING, "held", "group"])
def test_a_whole_year_of_what_is_not_on_the_school(answer: str) -> None:
    log = sessions(date(2026, 8, 18), every=2)(", ".join([answer] * 90))
    assert told(simulate_case(log, always(1, "done"), date(2027, 6, 30))) == ["08-17 check_iep registered"]


# --- What holds in every case --------------------------------------------------------------------

SCHOOL_DAYS = instructional_days(YEAR, date(2026, 8, 18), date(2027, 2, 26))
# Misses and held sessions more often than the rest, so that the ladder is climbed and stepped down.
ANSWER = st.sampled_from(["missed", "missed", "vacancy", "cut short", "held", "held", *sorted(ANSWERS)])


@st.composite
def logs(draw: st.DrawFn) -> tuple[Occasion, ...]:
    every = draw(st.integers(1, 8))
    days = SCHOOL_DAYS[draw(st.integers(0, 9)) :: every][: draw(st.integers(0, 40))]
    answers = draw(st.lists(ANSWER, min_size=len(days), max_size=len(days)))
    made_up = draw(st.sampled_from([0, 0, 0, 15, 30]))
    return tuple(
        occasion(day, answer, number, made_up if number % 3 == 0 else 0)
        for number, (day, answer) in enumerate(zip(days, answers, strict=True), start=1)
    )


@st.composite
def parents(draw: st.DrawFn) -> Parent:
    states: tuple[StepState, ...] = ("done", "done", "not_now", "resolved")
    acts = st.none() | st.tuples(st.integers(0, 12), st.sampled_from(states))
    plan = {key: draw(acts) for key in StepKey}
    return plan.__getitem__


POLICIES = st.builds(
    Policy,
    misses_for_document=st.just(2),
    misses_for_notice=st.integers(2, 4),
    unknowns_in_a_row=st.integers(2, 5),
    min_days_between_steps=st.sampled_from([3, 7, 14]),
    remind_after_days=st.sampled_from([3, 7, 10]),
    none_held_school_days=st.sampled_from([5, 10]),
    oldest_miss_months=st.sampled_from([3, 9]),
    grey_counts=st.booleans(),
    minimum_days_to_count=st.sampled_from([0, 2, 3]),
)
FIXED = st.fixed_dictionaries(
    {
        "school_said_no": st.booleans(),
        "urgent_line": st.booleans(),
        "pace": st.none() | st.just(Pace(3000, YEAR.first_day, YEAR.last_day)),
    }
)
MANY = settings(max_examples=some(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNTIL = date(2027, 3, 31)


@MANY
@given(logs(), parents(), POLICIES, FIXED)
def test_every_case(log: tuple[Occasion, ...], parent: Parent, policy: Policy, more: dict[str, Any]) -> None:
    """Waits are kept, nothing goes past an unasked notice, and only misses and not-sures bring steps."""
    shuffle = Random(len(log))

    def check(case: Facts, decision: Decision) -> None:
        assert decide(case, policy) == decision
        assert decision.look_again is None or decision.look_again > case.today
        assert not (decision.step and decision.remind)
        mixed = list(case.occasions)
        shuffle.shuffle(mixed)
        assert decide(replace(case, occasions=tuple(mixed), steps=case.steps[::-1]), policy) == decision
        if decision.step in ABOVE_NOTICE:
            notices = [step for step in case.steps if step.key is StepKey.WRITTEN_NOTICE]
            assert any(step.state != "suggested" for step in notices)
        if decision.step in RUNGS:
            assert decision.why is not None
            assert decision.why.entries
            assert set(decision.why.entries) <= {one.entry for one in case.occasions}

    events = simulate_case(log, parent, UNTIL, policy, check=check, **more)
    ordinary = [event.on for event in events if event.key is not StepKey.URGENT]
    for before, after in itertools.pairwise(ordinary):
        assert after - before >= timedelta(policy.min_days_between_steps)
    assert len({(event.key, event.on) for event in events}) == len(events)
    assert simulate_case(log, parent, UNTIL, policy, only_when_due=True, **more) == events
    for key in RUNGS:
        same = [event for event in events if event.key is key]
        reminders = [event for event in same if event.reminder]
        assert len(reminders) <= len(same) - len(reminders)
        for first, again in itertools.pairwise(event for event in same if not event.reminder):
            put_right = any(e.key is StepKey.RESOLVED and first.on < e.on <= again.on for e in events)
            put_right = put_right or any((parent(other) or (0, ""))[1] == "resolved" for other in StepKey)
            assert put_right or again.on - first.on >= timedelta(policy.offer_again_days)


@MANY
@given(logs(), parents(), st.lists(st.sampled_from(SAYS_NOTHING), min_size=1, max_size=12), st.randoms())
def test_what_says_nothing_never_brings_a_step_nearer(
    log: tuple[Occasion, ...], parent: Parent, more: list[str], random: Random
) -> None:
    """Absences, closures, grey days and silence put into any log on any day never give a higher step."""
    noise = [occasion(random.choice(SCHOOL_DAYS), answer, 100 + n) for n, answer in enumerate(more)]

    def check(case: Facts, decision: Decision) -> None:
        added = tuple(one for one in noise if one.date <= case.today)
        noisy = decide(replace(case, occasions=case.occasions + added), POLICY)
        if noisy.step is not decision.step and noisy.step in RUNGS:
            # A diluted share may put a lower step, already due by another rule, in a higher one's place.
            assert decision.step in RUNGS
            assert RUNGS.index(noisy.step) < RUNGS.index(decision.step)

    simulate_case(log, parent, UNTIL, check=check)


@MANY
@given(logs(), parents(), st.sampled_from(["held", "ill", "not sure", "made up"]), FIXED)
def test_undoing_every_miss_steps_down(
    log: tuple[Occasion, ...], parent: Parent, how: str, more: dict[str, Any]
) -> None:
    """Whatever stands: once every answer is put right, only the way down is left, and it is taken once."""
    last: list[Facts] = []
    simulate_case(log, parent, UNTIL, check=lambda case, _decision: last.append(case), **more)
    if how == "made up":
        undone = tuple(replace(one, made_up=one.made_up + one.short) for one in log)
    else:
        undone = tuple(
            replace(occasion(one.date, how, 500 + n)) if one.school_side or one.bucket is Bucket.GREY else one
            for n, one in enumerate(log)
        )
    undone = tuple(one for one in undone if one.outcome is not Outcome.UNKNOWN or how == "not sure")
    case = replace(last[-1], occasions=undone)
    came = []
    for _ in range(90):
        found = decide(case, POLICY)
        assert found.remind is None or found.remind is StepKey.COMPENSATORY_EDUCATION
        if found.step:
            came.append(found.step)
            case = replace(case, steps=(*case.steps, StepTaken(found.step, case.today)))
        case = replace(case, today=case.today + DAY)
    assert came in ([], [StepKey.RESOLVED]) or how == "not sure"
    assert set(came) <= {StepKey.RESOLVED, StepKey.DOCUMENT}


@MANY
@given(
    st.lists(st.sampled_from(["not sure", "not sure", "ill", "silence", "no school", "held"]), max_size=40)
)
def test_not_sure_brings_the_log_request_at_most(answers: list[str]) -> None:
    log = sessions(date(2026, 8, 18), every=3)(", ".join(answers))
    steps = {event.key for event in simulate_case(log, always(1, "done"), UNTIL)}
    assert steps <= {StepKey.CHECK_IEP, StepKey.DOCUMENT, StepKey.RESOLVED}


@MANY
@given(
    logs(),
    st.lists(
        st.tuples(
            st.sampled_from(StepKey),
            st.integers(0, 250),
            st.sampled_from(["suggested", "done", "not_now", "resolved"]),
            st.booleans(),
        ),
        max_size=6,
    ),
)
def test_any_history_gives_a_decision(
    log: tuple[Occasion, ...], history: list[tuple[StepKey, int, StepState, bool]]
) -> None:
    """Also one that we would not have made: nothing raises, and looking again is always ahead."""
    steps = [
        StepTaken(key, REGISTERED + after * DAY, state, reminded=reminded)
        for key, after, state, reminded in history
    ]
    for today in (date(2026, 10, 1), date(2027, 1, 15), date(2027, 8, 1)):
        case = facts(today, log, steps)
        found = decide(case, POLICY)
        assert found.look_again is None or found.look_again > today
        assert decide(case, POLICY) == found
