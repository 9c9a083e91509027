from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from assistant.escalation.decide import decide
from assistant.escalation.policy import Policy
from assistant.escalation.types import Decision, Facts, Occasion, StepKey, StepState, StepTaken
from tests.escalation.escalation_cases import (
    DAY,
    GREY,
    ON_THE_SCHOOL,
    POLICY,
    REGISTERED,
    SAYS_NOTHING,
    facts,
    occasion,
    sessions,
    taken,
)

TUE = date(2026, 9, 1)
WEEKLY = sessions(TUE)
TWICE = sessions(TUE, every=3)


def on_last_day(log: tuple[Occasion, ...], *steps: StepTaken, **more: bool) -> Facts:
    return facts(log[-1].date, log, steps, **more)


def rule(decision: Decision) -> str:
    return decision.why.rule if decision.why else ""


# --- What counts (domain 2.4) --------------------------------------------------------------------


@pytest.mark.parametrize("answer", ON_THE_SCHOOL)
def test_two_school_side_misses_ask_for_the_log(answer: str) -> None:
    found = decide(on_last_day(WEEKLY(f"held, {answer}, held, {answer}")), POLICY)
    assert (found.step, rule(found)) == (StepKey.DOCUMENT, "misses_in_window")
    assert found.why is not None
    assert found.why.entries == (2, 4)
    assert found.why.values["misses"] == 2
    assert found.why.values["window"] == 20


@pytest.mark.parametrize("answer", [*SAYS_NOTHING, "group", "held"])
def test_what_is_not_on_the_school_never_escalates(answer: str) -> None:
    log = TWICE(", ".join([answer] * 40))
    for today in (log[-1].date, date(2027, 5, 28)):
        found = decide(facts(today, log), POLICY)
        assert (found.step, found.remind, found.look_again) == (None, None, None)


@pytest.mark.parametrize("answer", [*ON_THE_SCHOOL, "sent home"])
def test_one_miss_alone_sends_no_step_but_the_urgent_one(answer: str) -> None:
    found = decide(on_last_day(WEEKLY(f"held, held, ill, {answer}")), POLICY)
    assert found.step is (StepKey.URGENT if answer == "sent home" else None)


@pytest.mark.parametrize("answer", GREY)
def test_grey_joins_where_the_policy_says_so(answer: str) -> None:
    told = on_last_day(WEEKLY(f"{answer}, {answer}"))
    assert decide(told, replace(POLICY, grey_counts=True)).step is StepKey.DOCUMENT


def test_minutes_made_up_are_no_longer_missed() -> None:
    log = (occasion(TUE, "missed", 1, made_up=30), occasion(TUE + 7 * DAY, "missed", 2))
    assert decide(on_last_day(log), POLICY).step is None
    half = (replace(log[0], made_up=15), log[1])
    found = decide(on_last_day(half), POLICY)
    assert found.why is not None
    assert found.why.values["minutes_short"] == 45


def test_a_line_without_minutes_counts_its_missed_days() -> None:
    log = tuple(replace(one, due=0) for one in WEEKLY("missed, missed"))
    assert decide(on_last_day(log), POLICY).step is StepKey.DOCUMENT


def test_the_bucket_may_be_left_to_us() -> None:
    log = tuple(replace(one, bucket=None) for one in WEEKLY("missed, missed"))
    assert decide(on_last_day(log), POLICY) == decide(on_last_day(WEEKLY("missed, missed")), POLICY)


# --- Each trigger and its near miss (domain 8) ----------------------------------------------------


def test_the_first_e_mail_asks_to_check_the_iep() -> None:
    new = replace(facts(REGISTERED), steps=())
    found = decide(new, POLICY)
    assert (found.step, rule(found), found.look_again) == (StepKey.CHECK_IEP, "registered", None)
    early = decide(replace(new, today=REGISTERED - 3 * DAY), POLICY)
    assert early == Decision(look_again=REGISTERED)


@pytest.mark.parametrize(("gap", "step"), [(19, StepKey.DOCUMENT), (20, None)])
def test_two_misses_in_twenty_school_days(gap: int, step: StepKey | None) -> None:
    """The window holds its own last day: a miss 19 school days earlier is the first of twenty."""
    first = date(2026, 9, 29)  # 20 weekdays without a day off follow
    days = [first + n * DAY for n in range(60) if (first + n * DAY).weekday() < 5]
    log = (occasion(first, "missed", 1), occasion(days[5], "held", 2), occasion(days[gap], "missed", 3))
    assert decide(on_last_day(log), Policy(short_percent=100)).step is step


@pytest.mark.parametrize(
    ("told", "step"),
    [
        ("not sure, not sure, not sure, not sure", StepKey.DOCUMENT),
        ("not sure, not sure, silence, ill, not sure, not sure", StepKey.DOCUMENT),
        ("not sure, not sure, not sure", None),
        ("not sure, not sure, held, not sure, not sure", None),
        ("not sure, not sure, missed, not sure, not sure", None),
        ("not sure, not sure, group, not sure, not sure", None),
        ("not sure, not sure, not sure, not sure, held", None),
    ],
)
def test_four_not_sure_in_a_row_ask_for_the_log(told: str, step: StepKey | None) -> None:
    found = decide(on_last_day(WEEKLY(told)), POLICY)
    assert found.step is step
    if step:
        assert rule(found) == "unknowns_in_a_row"
        assert found.why is not None
        assert found.why.values["unknowns"] == 4
        assert len(found.why.entries) == 4


def test_not_sure_leads_to_the_log_and_no_further() -> None:
    log = WEEKLY(", ".join(["not sure"] * 20))
    found = decide(on_last_day(log, taken("document", TUE + 28 * DAY, "done")), POLICY)
    assert (found.step, found.remind, found.look_again) == (None, None, None)


DOCUMENT = taken("document", TUE + 7 * DAY, "done")


def test_three_misses_lead_to_a_written_notice() -> None:
    found = decide(on_last_day(WEEKLY("missed, missed, missed"), DOCUMENT), POLICY)
    assert (found.step, rule(found)) == (StepKey.WRITTEN_NOTICE, "misses_in_window")
    assert found.why is not None
    assert found.why.values == {
        "misses": 3,
        "minutes_short": 90,
        "expected": 90,
        "percent": 100,
        "first": "2026-09-01",
        "last": "2026-09-15",
        "window": 60,
    }


def test_lower_steps_come_first_and_the_next_follows_in_a_week() -> None:
    log = WEEKLY("missed, missed, missed")
    first = decide(on_last_day(log), POLICY)
    assert first.step is StepKey.DOCUMENT
    assert first.look_again == log[-1].date + 7 * DAY
    told = facts(first.look_again, log, [taken("document", log[-1].date)])
    assert decide(told, POLICY).step is StepKey.WRITTEN_NOTICE
    assert decide(replace(told, today=told.today - DAY), POLICY).step is None


@pytest.mark.parametrize(
    ("told", "step"),
    [
        ("missed, held, held, ill, ill, ill, ill, ill, ill, missed", StepKey.WRITTEN_NOTICE),  # 2 of 10
        ("missed, held, held, ill, ill, ill, ill, ill, ill, ill, missed", None),  # 2 of 11: 18 %
        ("missed, held, ill, missed", None),  # 50 %, but only three weeks
        ("ill, held, missed, missed, ill", None),  # the child's absences do not make it four weeks
        ("ill, ill, ill, ill, missed", None),  # one miss alone
        ("held, ill, ill, ill, missed", None),
    ],
)
def test_a_fifth_of_the_minutes_over_four_weeks(told: str, step: StepKey | None) -> None:
    log = WEEKLY(told)
    setup = taken("document", TUE + 7 * DAY, "done")
    found = decide(on_last_day(log, setup), POLICY)
    assert found.step is step
    if step:
        assert rule(found) == "percent_short"


def test_a_held_session_that_leaves_the_window_brings_no_notice() -> None:
    """Time alone does not raise the share: the window ends with the newest miss."""
    log = WEEKLY("held, held, held, missed, held, held, held, held, held, held, missed")
    told = on_last_day(log, DOCUMENT)
    for day in range(200):
        later = decide(replace(told, today=told.today + day * DAY), POLICY)
        assert (later.step, later.remind) == (None, None)


def test_nothing_held_for_ten_school_days() -> None:
    log = sessions(date(2026, 9, 14), every=4)("missed, missed")  # Monday and Friday
    told = on_last_day(log, DOCUMENT)
    found = decide(told, POLICY)
    assert found.step is None
    assert found.look_again == date(2026, 9, 26)  # the tenth school day, Friday 25 September, has passed
    later = decide(replace(told, today=date(2026, 9, 26)), POLICY)
    assert (later.step, rule(later)) == (StepKey.WRITTEN_NOTICE, "none_held")
    assert later.why is not None
    assert later.why.values["school_days"] == 10


def test_nothing_held_is_not_claimed_of_a_time_long_past() -> None:
    log = sessions(date(2026, 9, 14), every=4)("missed, missed")
    assert decide(facts(date(2026, 11, 30), log, [DOCUMENT]), POLICY).step is None


@pytest.mark.parametrize("last", ["silence", "ill", "not sure", "held", "cut short", "assembly"])
def test_nothing_held_is_not_claimed_beside_anything_else(last: str) -> None:
    log = sessions(date(2026, 9, 14), every=4)(f"missed, missed, {last}")
    found = decide(facts(date(2026, 9, 30), log, [DOCUMENT]), Policy(misses_for_notice=9))
    assert found.step is None


def test_the_school_says_it_cannot_provide() -> None:
    found = decide(on_last_day(WEEKLY("held, missed"), school_said_no=True), POLICY)
    assert (found.step, rule(found)) == (StepKey.WRITTEN_NOTICE, "school_said_no")
    assert decide(on_last_day(WEEKLY("held, held"), school_said_no=True), POLICY).step is None


# --- Past the notice -----------------------------------------------------------------------------

MISSES = WEEKLY("missed, missed, missed")
NOTICE_ON = date(2026, 9, 22)
ANSWER_BY = date(2026, 10, 6)  # ten school days later


def past(key: str, *steps: StepTaken, log: tuple[Occasion, ...] = MISSES, on: date, **more: bool) -> bool:
    return decide(facts(on, log, [DOCUMENT, *steps], **more), POLICY).step is StepKey(key)


def test_a_meeting_when_the_letter_is_not_answered_in_ten_school_days() -> None:
    done = taken("written_notice", NOTICE_ON, "done")
    waiting = decide(facts(NOTICE_ON + DAY, MISSES, [DOCUMENT, done]), POLICY)
    assert (waiting.step, waiting.look_again) == (None, ANSWER_BY + DAY)
    assert not past("iep_meeting", done, on=ANSWER_BY)
    found = decide(facts(ANSWER_BY + DAY, MISSES, [DOCUMENT, done]), POLICY)
    assert (found.step, rule(found)) == (StepKey.IEP_MEETING, "no_fix_after_notice")
    assert found.why is not None
    assert found.why.values["answer_by"] == "2026-10-06"


def test_no_meeting_while_sessions_are_held_again() -> None:
    done = taken("written_notice", NOTICE_ON, "done")
    held = (*MISSES, occasion(date(2026, 9, 29), "held", 4))
    assert not past("iep_meeting", done, log=held, on=ANSWER_BY + DAY)
    missed = (*held, occasion(date(2026, 10, 6), "missed", 5))
    assert past("iep_meeting", done, log=missed, on=ANSWER_BY + DAY)


def test_after_a_declined_letter_a_meeting_needs_a_further_miss() -> None:
    declined = taken("written_notice", NOTICE_ON, "not_now")
    assert not past("iep_meeting", declined, on=ANSWER_BY + 30 * DAY)
    missed = (*MISSES, occasion(date(2026, 9, 29), "missed", 4))
    assert past("iep_meeting", declined, log=missed, on=ANSWER_BY + DAY)


@pytest.mark.parametrize(("state", "step"), [("done", True), ("not_now", True), ("suggested", False)])
def test_a_school_that_says_no_need_not_be_waited_for(state: StepState, step: bool) -> None:
    notice = replace(taken("written_notice", NOTICE_ON), state=state)
    on = NOTICE_ON + 7 * DAY
    assert past("iep_meeting", notice, on=on, school_said_no=True) is step
    assert not past("iep_meeting", notice, on=on - DAY, school_said_no=True)


def test_a_complaint_when_the_meeting_is_not_held_in_its_latest_reading() -> None:
    notice = taken("written_notice", date(2026, 11, 16), "done")
    asked = taken("iep_meeting", date(2026, 12, 7), "done")
    log = sessions(date(2026, 11, 3))("missed, missed, vacancy")
    steps = [DOCUMENT, notice, asked]
    waiting = decide(facts(date(2026, 12, 8), log, steps), POLICY)
    assert (waiting.step, waiting.look_again) == (None, date(2027, 1, 23))
    found = decide(facts(date(2027, 1, 23), log, steps), POLICY)
    assert (found.step, rule(found)) == (StepKey.COMPLIANCE_COMPLAINT, "meeting_overdue")
    declined = replace(asked, state="not_now")
    assert decide(facts(date(2027, 1, 23), log, [DOCUMENT, notice, declined]), POLICY).step is None


@pytest.mark.parametrize(
    ("missed_on", "state", "step"),
    [
        (date(2026, 10, 19), "done", None),  # a day short of four weeks
        (date(2026, 10, 20), "done", StepKey.COMPLIANCE_COMPLAINT),
        (date(2026, 10, 20), "not_now", None),
    ],
)
def test_a_complaint_when_misses_go_on_four_weeks_after_the_letter(
    missed_on: date, state: StepState, step: StepKey | None
) -> None:
    notice = replace(taken("written_notice", NOTICE_ON, "done"), state=state)
    log = (*MISSES, occasion(missed_on, "missed", 4))
    steps = [DOCUMENT, notice, taken("iep_meeting", date(2026, 10, 7), "not_now")]
    found = decide(facts(missed_on, log, steps), POLICY)
    assert found.step is step
    assert not step or rule(found) == "misses_go_on"


NINE_MONTHS = date(2027, 6, 1)  # after the first miss


@pytest.mark.parametrize("state", ["done", "not_now"])
def test_a_complaint_before_the_oldest_miss_grows_too_old(state: StepState) -> None:
    notice = replace(taken("written_notice", NOTICE_ON, "done"), state=state)
    steps = [DOCUMENT, notice, taken("iep_meeting", date(2026, 10, 7), "not_now")]
    waiting = decide(facts(date(2026, 10, 8), MISSES, steps), POLICY)
    assert (waiting.step, waiting.look_again) == (None, NINE_MONTHS)
    found = decide(facts(NINE_MONTHS, MISSES, steps), POLICY)
    assert (found.step, rule(found)) == (StepKey.COMPLIANCE_COMPLAINT, "oldest_miss")


def test_nothing_goes_past_a_notice_that_was_not_answered_about() -> None:
    notice = StepTaken(StepKey.WRITTEN_NOTICE, NOTICE_ON, reminded=True, reminded_on=NOTICE_ON + 7 * DAY)
    for on in (ANSWER_BY + DAY, NOTICE_ON + 60 * DAY, NINE_MONTHS):
        assert decide(facts(on, MISSES, [DOCUMENT, notice]), POLICY) == Decision()


def test_the_minutes_are_asked_for_beside_a_complaint() -> None:
    notice = taken("written_notice", NOTICE_ON, "done")
    complaint = taken("compliance_complaint", date(2026, 11, 3), "done")
    steps = [DOCUMENT, notice, complaint]
    assert decide(facts(date(2026, 11, 9), MISSES, steps), POLICY).step is None
    found = decide(facts(date(2026, 11, 10), MISSES, steps), POLICY)
    assert (found.step, rule(found)) == (StepKey.COMPENSATORY_EDUCATION, "after_complaint")
    asked = taken("compensatory_education", date(2026, 11, 10), "done")
    assert decide(facts(date(2026, 12, 1), MISSES, [*steps, asked]), POLICY).step is None


# --- The way down --------------------------------------------------------------------------------


def test_three_held_in_a_row_step_the_ladder_down() -> None:
    log = WEEKLY("missed, missed, held, ill, held, not sure, held")
    found = decide(on_last_day(log, DOCUMENT), POLICY)
    assert (found.step, rule(found)) == (StepKey.RESOLVED, "held_in_a_row")
    assert found.why is not None
    assert found.why.values["held"] == 3
    assert found.why.values["minutes_short"] == 60
    assert found.why.entries == (3, 5, 7)


@pytest.mark.parametrize("told", ["held, held", "held, held, group, held", "held, held, missed, held"])
def test_fewer_than_three_in_a_row_do_not(told: str) -> None:
    log = WEEKLY(f"missed, missed, {told}")
    found = decide(on_last_day(log, DOCUMENT), Policy(misses_for_notice=9, short_percent=100))
    assert found.step is None


def test_sessions_held_before_the_step_do_not_count() -> None:
    log = WEEKLY("held, missed, missed, held, held, held")
    late = taken("document", log[-2].date, "done")
    assert decide(facts(log[-1].date + 7 * DAY, log, [late]), POLICY).step is None


def test_two_sessions_of_one_day_are_read_with_the_miss_last() -> None:
    log = WEEKLY("missed, missed, held, held, held")
    same_day = occasion(log[2].date, "missed", 6)
    for both in ((*log, same_day), (same_day, *log)):
        found = decide(facts(log[-1].date, both, [DOCUMENT]), POLICY)
        assert found.step is StepKey.WRITTEN_NOTICE


def test_after_a_resolution_only_what_comes_later_counts() -> None:
    log = WEEKLY("missed, missed, missed, held, held, held, missed")
    resolved = taken("resolved", log[5].date, "done")
    assert decide(on_last_day(log, DOCUMENT, resolved), POLICY).step is None
    again = (*log, occasion(log[-1].date + 7 * DAY, "missed", 8))
    assert decide(on_last_day(again, DOCUMENT, resolved), POLICY).step is StepKey.DOCUMENT


def test_the_parent_says_it_is_fixed() -> None:
    fixed = taken("document", TUE + 7 * DAY, "resolved", TUE + 9 * DAY)
    log = WEEKLY("missed, missed")
    waiting = decide(facts(TUE + 9 * DAY, log, [fixed]), POLICY)
    assert (waiting.step, waiting.look_again) == (None, TUE + 14 * DAY)
    found = decide(facts(TUE + 14 * DAY, log, [fixed]), POLICY)
    assert (found.step, rule(found)) == (StepKey.RESOLVED, "parent_says")
    once = facts(TUE + 30 * DAY, log, [fixed, taken("resolved", TUE + 14 * DAY, "done")])
    assert decide(once, POLICY) == Decision()
    same_day = taken("document", TUE + 7 * DAY, "resolved")
    new = (*log, occasion(TUE + 14 * DAY, "missed", 3), occasion(TUE + 21 * DAY, "missed", 4))
    assert decide(on_last_day(new, same_day), POLICY).step is StepKey.DOCUMENT
    not_so = new[:3]
    assert decide(facts(TUE + 14 * DAY, not_so, [fixed]), POLICY).step is None


@pytest.mark.parametrize("how", ["corrected", "made up"])
def test_undoing_the_misses_steps_down(how: str) -> None:
    log = WEEKLY("missed, missed")
    if how == "corrected":
        undone = tuple(occasion(one.date, "ill", 10 + n) for n, one in enumerate(log))
    else:
        undone = tuple(replace(one, made_up=30) for one in log)
    assert decide(on_last_day(undone), POLICY).step is None
    found = decide(facts(TUE + 20 * DAY, undone, [DOCUMENT]), POLICY)
    assert (found.step, rule(found)) == (StepKey.RESOLVED, "nothing_short")


@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("done", StepKey.COMPENSATORY_EDUCATION),
        ("resolved", StepKey.COMPENSATORY_EDUCATION),
        ("not_now", StepKey.COMPENSATORY_EDUCATION),
        ("suggested", None),
    ],
)
def test_minutes_still_short_when_the_service_is_restored(state: StepState, step: StepKey | None) -> None:
    log = WEEKLY("missed, missed, missed, held, held, held")
    notice = replace(taken("written_notice", log[2].date + DAY, "done", log[5].date), state=state)
    resolved = taken("resolved", log[5].date, "done")
    told = facts(log[5].date + 7 * DAY, log, [DOCUMENT, notice, resolved])
    found = decide(told, POLICY)
    assert found.step is step
    if step:
        assert found.why is not None
        assert found.why.values["minutes_short"] == 90
        assert decide(replace(told, today=told.today - DAY), POLICY).look_again == told.today
        made_up = tuple(replace(one, made_up=one.short) for one in log)
        assert decide(replace(told, occasions=made_up), POLICY).step is None
        asked = (*told.steps, taken("compensatory_education", told.today))
        month_later = replace(told, today=told.today + 40 * DAY, steps=asked)
        assert decide(month_later, POLICY).step is None


RESTORED = WEEKLY("missed, missed, missed, held, held, held")
SENT = taken("written_notice", RESTORED[2].date + DAY, "done")
OVER = taken("resolved", RESTORED[5].date, "done")


def test_the_minutes_are_not_asked_for_while_new_ones_are_missed() -> None:
    missed = (*RESTORED, occasion(OVER.suggested_on + 7 * DAY, "missed", 7))
    assert decide(on_last_day(missed, DOCUMENT, SENT, OVER), POLICY).step is None


def test_only_the_minutes_of_the_time_just_closed_are_asked_for() -> None:
    steps = [taken("resolved", TUE + 2 * DAY, "done"), taken("document", TUE + 9 * DAY, "done"), SENT, OVER]
    found = decide(facts(OVER.suggested_on + 7 * DAY, RESTORED, steps), POLICY)
    assert found.step is StepKey.COMPENSATORY_EDUCATION
    assert found.why is not None
    assert (found.why.values["minutes_short"], found.why.entries) == (60, (2, 3))


def test_the_minutes_asked_for_once_do_not_come_back_with_new_misses() -> None:
    asked = StepTaken(
        StepKey.COMPENSATORY_EDUCATION,
        OVER.suggested_on + 7 * DAY,
        reminded=True,
        reminded_on=OVER.suggested_on + 14 * DAY,
    )
    first = OVER.suggested_on + 21 * DAY
    later = sessions(first)("missed, held, held, held, held, held, held, missed")
    told = on_last_day((*RESTORED, *later), DOCUMENT, SENT, OVER, asked)
    found = decide(told, Policy(short_percent=50))
    assert (found.step, found.remind) == (None, None)


# --- Urgent --------------------------------------------------------------------------------------


def test_sent_home_is_urgent_the_same_day_and_once() -> None:
    log = WEEKLY("held, sent home")
    just_mailed = taken("document", log[-1].date - DAY, "done")
    found = decide(on_last_day(log, just_mailed), POLICY)
    assert (found.step, rule(found)) == (StepKey.URGENT, "sent_home")
    assert found.why is not None
    assert found.why.entries == (2,)
    raised = taken("urgent", log[-1].date)
    assert decide(on_last_day(log, just_mailed, raised), POLICY).step is None
    assert decide(facts(log[-1].date + DAY, log, [just_mailed, raised]), POLICY).step is None


@pytest.mark.parametrize(
    ("answer", "step"), [("missed", StepKey.URGENT), ("ill", None), ("not sure", None), ("silence", None)]
)
def test_a_miss_of_an_urgent_line(answer: str, step: StepKey | None) -> None:
    found = decide(on_last_day(WEEKLY(f"held, {answer}"), urgent_line=True), POLICY)
    assert found.step is step


def test_a_miss_told_late_is_raised_although_a_newer_one_was() -> None:
    log = (occasion(TUE, "sent home", 5), occasion(TUE + DAY, "sent home", 4))
    raised = replace(taken("urgent", TUE + DAY), entries=(4,))
    today = decide(facts(TUE + DAY, log, [raised]), POLICY)
    assert (today.step, today.look_again) == (None, TUE + 2 * DAY)
    found = decide(facts(TUE + 2 * DAY, log, [raised]), POLICY)
    assert found.why is not None
    assert (found.step, found.why.entries) == (StepKey.URGENT, (5,))


def test_what_is_told_weeks_later_is_no_longer_urgent() -> None:
    log = WEEKLY("sent home")
    assert decide(facts(TUE + 14 * DAY, log), POLICY).step is StepKey.URGENT
    assert decide(facts(TUE + 15 * DAY, log), POLICY).step is None


# --- Reminding, and offering again ---------------------------------------------------------------


def test_a_step_not_acted_on_is_reminded_of_once() -> None:
    offered = taken("document", TUE + 7 * DAY)
    log = WEEKLY("missed, missed")
    waiting = decide(facts(TUE + 8 * DAY, log, [offered]), POLICY)
    assert (waiting.remind, waiting.look_again) == (None, TUE + 14 * DAY)
    found = decide(facts(TUE + 14 * DAY, log, [offered]), POLICY)
    assert (found.step, found.remind) == (None, StepKey.DOCUMENT)
    reminded = replace(offered, reminded=True, reminded_on=TUE + 14 * DAY)
    for day in range(14, 100):
        assert decide(facts(TUE + day * DAY, log, [reminded]), POLICY).remind is None


@pytest.mark.parametrize("state", ["done", "not_now", "resolved"])
def test_a_step_decided_about_is_not_reminded_of(state: StepState) -> None:
    offered = replace(taken("document", TUE + 7 * DAY, "done"), state=state)
    assert decide(facts(TUE + 14 * DAY, WEEKLY("missed, missed"), [offered]), POLICY).remind is None


@pytest.mark.parametrize(
    ("told", "step"),
    [
        ("", None),
        ("silence, ill, not sure", None),
        ("missed", None),
        ("missed, held, missed", StepKey.WRITTEN_NOTICE),
    ],
)
def test_a_step_is_offered_again_only_after_new_misses(told: str, step: StepKey | None) -> None:
    offered = StepTaken(StepKey.WRITTEN_NOTICE, NOTICE_ON, reminded=True, reminded_on=NOTICE_ON + 7 * DAY)
    more = sessions(date(2026, 10, 6))(told)
    log = (*MISSES, *more)
    on = max([date(2026, 10, 27), *(one.date for one in more)])
    found = decide(facts(on, log, [DOCUMENT, offered]), POLICY)
    assert found.step is step
    assert not step or rule(found) == "new_misses_since"


def test_offered_again_is_not_reminded_of_again() -> None:
    first = StepTaken(StepKey.WRITTEN_NOTICE, NOTICE_ON, reminded=True, reminded_on=NOTICE_ON + 7 * DAY)
    again = taken("written_notice", date(2026, 10, 20))
    found = decide(facts(date(2026, 11, 9), MISSES, [DOCUMENT, first, again]), POLICY)
    assert (found.step, found.remind) == (None, None)


def test_a_new_step_goes_before_a_reminder() -> None:
    offered = taken("document", date(2026, 9, 15))
    found = decide(facts(date(2026, 9, 22), MISSES, [offered]), POLICY)
    assert (found.step, found.remind) == (StepKey.WRITTEN_NOTICE, None)
