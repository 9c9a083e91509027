"""Which events count as a miss: the classification table, row by row, from the parent's text to the decision.

Each row is lived through twice: as plain values (answer -> occasion -> decision), and through the real rooms
(text -> record -> occasion -> case), where the same thing happens on two Thursdays in a row. Two that count
lead to the first step, a request for the service log; whatever does not count leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.escalation.decide import decide
from assistant.escalation.policy import Policy
from assistant.escalation.reading import gap_since, with_repeats
from assistant.escalation.shortfall import shortfall
from assistant.escalation.types import StepKey
from assistant.evidence.ledger import TERMS, fold
from assistant.evidence.occasions import Due, Told, split
from assistant.schedule.types import ServiceLine
from assistant.store import Expectation, MakeUp
from assistant.words import Bucket, Cause, Language, Outcome
from tests.escalation.escalation_cases import DAY, POLICY, facts, occasion, sessions
from tests.support.family import CALENDAR, LA, slots
from tests.support.town import Home, Town

SPEECH = ServiceLine("Speech-language therapy", "speech", 30, slots((3, 14, 0)))
TUESDAY = datetime(2026, 9, 1, 8, tzinfo=LA)
THURSDAYS = (date(2026, 9, 3), date(2026, 9, 10))


@dataclass(frozen=True)
class Row:
    """What a parent writes, and what becomes of it. `step` is what two such answers in a row lead to."""

    texts: tuple[str, ...]
    outcome: Outcome
    cause: Cause | None
    bucket: Bucket | None
    step: StepKey | None = None
    given: int = 0
    other: int = 0
    urgent: bool = False
    cut: bool = False  # told as a part of the session, nobody knows how much: unknown
    line: ServiceLine = SPEECH
    language: Language = "en"


def missed(*texts: str, cause: Cause | None, bucket: Bucket, **more: object) -> Row:
    step = StepKey.DOCUMENT if bucket is Bucket.SCHOOL else None
    return Row(texts, Outcome.MISSED, cause, bucket, **{"step": step, **more})  # type: ignore[arg-type]


SCHOOL, GREY = Bucket.SCHOOL, Bucket.GREY
ROWS: dict[str, Row] = {
    "Provider absent, no substitute": missed(
        "no, the therapist was absent and there was no substitute",
        "no she was out sick, no sub",
        cause=Cause.PROVIDER_ABSENT,
        bucket=SCHOOL,
    ),
    "Provider absent, no substitute (es)": missed(
        "no, la maestra de habla no vino",
        cause=Cause.PROVIDER_ABSENT,
        bucket=SCHOOL,
        language="es",
    ),
    "Vacancy / no provider hired": missed(
        "no, there is no speech therapist since august",
        "they still haven't hired anyone",
        cause=Cause.NO_PROVIDER,
        bucket=SCHOOL,
    ),
    "Provider at IEP meeting": missed(
        "no, she was in an IEP meeting", cause=Cause.STAFF_PULLED, bucket=SCHOOL
    ),
    "Provider testing others": missed(
        "no, she was testing other kids", cause=Cause.STAFF_PULLED, bucket=SCHOOL
    ),
    "Provider in training": missed("no, she had a training", cause=Cause.STAFF_PULLED, bucket=SCHOOL),
    "No reason given": missed("no", cause=None, bucket=SCHOOL),
    "Child absent: ill": missed("no, Leo was home sick", cause=Cause.CHILD_ABSENT, bucket=Bucket.FAMILY),
    "Child absent: family trip": missed(
        "no, we were on a family trip", cause=Cause.CHILD_ABSENT, bucket=Bucket.FAMILY
    ),
    "Child absent: appointment": missed(
        "no, he had a doctor appointment", cause=Cause.CHILD_ABSENT, bucket=Bucket.FAMILY
    ),
    "Child absent: religious day": missed(
        "no, religious holiday, we kept him home",
        "no, we kept him home for Eid",
        cause=Cause.CHILD_ABSENT,
        bucket=Bucket.FAMILY,
    ),
    "Child absent: ill (es)": missed(
        "no, Leo estaba enfermo", cause=Cause.CHILD_ABSENT, bucket=Bucket.FAMILY, language="es"
    ),
    "School sent the child home": missed(
        "no, the school sent him home at noon", cause=Cause.SENT_HOME, bucket=SCHOOL, urgent=True
    ),
    "School shortened the day": missed(
        "no, he's on a shortened day", cause=Cause.SENT_HOME, bucket=SCHOOL, urgent=True
    ),
    "School suspended the child": missed(
        "no, he was suspended", cause=Cause.SENT_HOME, bucket=SCHOOL, urgent=True
    ),
    "Bus did not come": missed(
        "no, the bus never came",
        "the bus didn't come so he missed school",
        cause=Cause.SENT_HOME,
        bucket=SCHOOL,
        urgent=True,
    ),
    "Bus did not come (es)": missed(
        "no, el camión no llegó", cause=Cause.SENT_HOME, bucket=SCHOOL, urgent=True, language="es"
    ),
    "Aide did not come": missed(
        "no, the aide didn't come so he had to stay home", cause=Cause.SENT_HOME, bucket=SCHOOL, urgent=True
    ),
    "Child refused": missed("no, he refused to go", cause=Cause.CHILD_REFUSED, bucket=Bucket.REFUSED),
    "Child would not take part": missed(
        "no, he would not take part", cause=Cause.CHILD_REFUSED, bucket=Bucket.REFUSED
    ),
    "Assembly": missed("no, there was an assembly", cause=Cause.SCHOOL_EVENT, bucket=GREY),
    "Field trip": missed("field trip", cause=Cause.SCHOOL_EVENT, bucket=GREY),
    "Class party": missed("no, class party", cause=Cause.SCHOOL_EVENT, bucket=GREY),
    "Picture day": missed("no, picture day", cause=Cause.SCHOOL_EVENT, bucket=GREY),
    "State testing": missed("no, state testing", cause=Cause.TESTING, bucket=GREY),
    "Minimum day, again within six weeks": missed(
        "no, minimum day", cause=Cause.MINIMUM_DAY, bucket=GREY, step=StepKey.DOCUMENT
    ),
    "Delayed start, again within six weeks": missed(
        "no, delayed start", cause=Cause.MINIMUM_DAY, bucket=GREY, step=StepKey.DOCUMENT
    ),
    "Emergency, strike, closure: smoke": Row(
        ("no, school closed because of smoke",), Outcome.NO_SCHOOL, Cause.CLOSURE, Bucket.CLOSURE
    ),
    "Emergency, strike, closure: strike": Row(
        ("no, there was a strike",), Outcome.NO_SCHOOL, Cause.CLOSURE, Bucket.CLOSURE
    ),
    "Emergency, strike, closure: snow": Row(("snow day",), Outcome.NO_SCHOOL, Cause.CLOSURE, Bucket.CLOSURE),
    "Short session": Row(
        ("yes but only 20 minutes",), Outcome.PARTIAL, None, SCHOOL, StepKey.DOCUMENT, given=20
    ),
    "Late start": Row(
        ("they started late, 15 min only",), Outcome.PARTIAL, None, SCHOOL, StepKey.DOCUMENT, given=15
    ),
    "Ended early, minutes not known": Row(
        ("they ended early",), Outcome.UNKNOWN, None, Bucket.UNKNOWN, cut=True
    ),
    "Group when IEP says individual": Row(("yes but in a group",), Outcome.OTHER, None, SCHOOL, other=30),
    "Group when IEP says group": Row(
        ("yes in a group",), Outcome.HELD, None, None, given=30, line=replace(SPEECH, mode="group")
    ),
    "Group when IEP allows either": Row(
        ("yes but in a group",), Outcome.HELD, None, None, given=30, line=replace(SPEECH, mode="either")
    ),
    "Consult given instead of direct": Row(
        ("yes but they only did a consult", "consult instead"), Outcome.OTHER, None, SCHOOL, other=30
    ),
    "Aide instead of named provider": Row(("the aide did it",), Outcome.OTHER, None, SCHOOL, other=30),
    "Uncredentialed sub": Row(("yes but with a substitute",), Outcome.OTHER, None, SCHOOL, other=30),
    "Teletherapy instead of in person": Row(("yes, but over zoom",), Outcome.OTHER, None, SCHOOL, other=30),
    "Teletherapy where the line allows it": Row(
        ("yes, over zoom",), Outcome.HELD, None, None, given=30, line=replace(SPEECH, delivery="teletherapy")
    ),
    "Different day, same week": Row(
        ("no but they did it on Wednesday instead", "it was on Wednesday instead of Thursday"),
        Outcome.HELD,
        None,
        None,
        given=30,
    ),
    "Different day, same week (es)": Row(
        ("fue el miércoles en vez del jueves",), Outcome.HELD, None, None, given=30, language="es"
    ),
    "Different time, same day": Row(("he had it at 10 instead of 2",), Outcome.HELD, None, None, given=30),
    "First weeks of term before therapist starts": missed(
        "no, the therapist hasn't started yet", cause=Cause.NO_PROVIDER, bucket=SCHOOL
    ),
    "Parent not sure": Row(("not sure",), Outcome.UNKNOWN, None, Bucket.UNKNOWN),
    "Parent not sure (es)": Row(("no sé",), Outcome.UNKNOWN, None, Bucket.UNKNOWN, language="es"),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_row_as_plain_values(name: str) -> None:
    """Answer -> occasion -> decision, and the minutes in the row's column of the ledger."""
    row = ROWS[name]
    minutes = row.given if row.outcome is Outcome.PARTIAL else None
    log = [
        one
        for number, day in enumerate(THURSDAYS, start=1)
        for one in split(Due(day, 30), Told(row.outcome, row.cause, minutes, None, None, number, day))
    ]
    assert [one.bucket for one in log] == [row.bucket] * 2
    assert [(one.given, one.other) for one in log] == [(row.given, row.other)] * 2
    ledger = fold(log)
    column = {name: getattr(ledger, name) for name in TERMS[1:] if getattr(ledger, name)}
    rest = 60 - 2 * (row.given + row.other)
    assert column == {
        name: value
        for name, value in {
            "held": 2 * row.given,
            "other": 2 * row.other,
            **({row.bucket.value: rest} if row.bucket else {}),
        }.items()
        if value
    }
    ordinary = decide(facts(log[-1].date, log), POLICY).step
    assert ordinary is (StepKey.URGENT if row.urgent else row.step)
    once = decide(facts(log[0].date, log[:1]), POLICY).step
    assert once is (StepKey.URGENT if row.urgent else None), "one miss alone sends no step but the urgent one"


Life = tuple[str, str]
LIVES: list[Life] = [(name, text) for name, row in ROWS.items() for text in row.texts]


@pytest.fixture(scope="module")
def town(shared: Path) -> Iterator[Town[Life]]:
    town = Town[Life].lived(shared, "what-counts", TUESDAY, live_all)
    yield town
    town.store.close()


def live_all(town: Town[Life]) -> None:
    """A family a row and text, registered on Tuesday; its set-up e-mail's week ends before the second day."""
    for life in LIVES:
        row = ROWS[life[0]]
        town.move_in(life, [row.line], row.language)
    told = [(day, life, life[1]) for day in THURSDAYS for life in LIVES]
    town.lives(told, until=THURSDAYS[-1] + timedelta(days=1))


@pytest.mark.parametrize(("name", "text"), LIVES)
def test_the_row_as_a_parent_lives_it(town: Town[Life], name: str, text: str) -> None:
    """Text -> record -> occasion -> case, two Thursdays in a row."""
    row, home = ROWS[name], town.homes[name, text]
    said = Outcome.PARTIAL if row.cut else row.outcome
    told = [(one.outcome, one.cause, one.words) for one in home.log()]
    assert told == [(said, row.cause and row.cause.value, text)] * 2
    found = home.facts().occasions
    assert [(one.outcome, one.bucket) for one in found] == [(row.outcome, row.bucket)] * 2
    assert [(one.given, one.other) for one in found] == [(row.given, row.other)] * 2
    expected = [StepKey.CHECK_IEP, *([StepKey.URGENT] * 2 if row.urgent else [])]
    assert sorted(home.step_keys()) == sorted([*expected, *([row.step] if row.step else [])])


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Callable[..., Home]]:
    """One family with these lines, in a town of its own."""
    town: Town[str] = Town.at(tmp_path, TUESDAY)
    yield lambda *lines: town.move_in("alone", lines or [SPEECH])
    town.store.close()


def live(home: Home, told: Sequence[tuple[date, str]], until: date) -> None:
    Town(home.store, home.clock, {"": home}).lives([(day, "", text) for day, text in told], until)


def test_vacancy_is_flagged_as_an_ongoing_gap(town: Town[Life]) -> None:
    for (name, _), home in town.homes.items():
        gaps = [one.why["values"].get("gap_since") for one in home.steps() if one.key == StepKey.DOCUMENT]
        vacant = ROWS[name].cause is Cause.NO_PROVIDER
        assert gaps == ["2026-09-03"] if vacant else gaps in ([], [None]), name


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ("vacancy, vacancy", date(2026, 9, 1)),
        ("held, vacancy, ill, silence, vacancy, no school", date(2026, 9, 8)),
        ("vacancy", None),
        ("vacancy, vacancy, held", None),
        ("vacancy, missed, vacancy", None),
    ],
)
def test_an_ongoing_gap_is_the_newest_run_without_a_provider(told: str, since: date | None) -> None:
    assert gap_since(sessions(date(2026, 9, 1))(told)) == since


def test_school_holiday_is_not_expected_and_no_text_is_sent(alone: Callable[..., Home]) -> None:
    """Labor Day, the seventh, is a Monday without school."""
    home = alone(replace(SPEECH, frequency=slots((0, 14, 0))))
    live(home, [], until=date(2026, 9, 8))
    assert home.texts() == []
    with home.store.read() as session:
        days = set(session.scalars(select(Expectation.day)))
    assert days
    assert not days & set(CALENDAR.off)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(replace(SPEECH, starts=date(2026, 9, 17)), id="before start date"),
        pytest.param(replace(SPEECH, ends=date(2026, 9, 2)), id="after end date"),
        pytest.param(replace(SPEECH, consented=False), id="not consented"),
    ],
)
def test_no_duty_yet_is_not_expected(alone: Callable[..., Home], line: ServiceLine) -> None:
    home = alone(line)
    live(home, [(THURSDAYS[0], "no speech today")], until=date(2026, 9, 11))
    assert not home.texts()
    assert not home.log()
    assert set(home.step_keys()) <= {StepKey.CHECK_IEP}


def test_make_up_delivered_later_cancels_the_miss_it_is_tied_to(alone: Callable[..., Home]) -> None:
    home, out = alone(), "no, the therapist was out"
    made_up = (date(2026, 9, 8), "they made up last thursday's session today")
    live(home, [(THURSDAYS[0], out), made_up, (THURSDAYS[1], out)], until=date(2026, 9, 11))
    assert [(one.outcome, one.made_up, one.short) for one in home.facts().occasions] == [
        (Outcome.MISSED, 30, 0),
        (Outcome.MISSED, 0, 30),
    ]
    assert home.step_keys() == [StepKey.CHECK_IEP]
    assert home.ledger().made_up == 30
    assert home.ledger().school == 60, "the day that was missed is never edited"


def test_make_up_offered_and_declined_is_recorded_and_credits_nothing(alone: Callable[..., Home]) -> None:
    home = alone()
    told = ["no, the therapist was out", "they offered to make it up", "I said no to the make-up"]
    live(home, [(THURSDAYS[0], text) for text in told], until=date(2026, 9, 4))
    with home.store.read() as session:
        assert session.scalars(select(MakeUp.state).order_by(MakeUp.id)).all() == ["offered", "declined"]
    acts = [(one.content["make_up"]["act"], one.words) for one in home.log("make_up")]
    assert acts == [("offered", told[1]), ("declined", told[2])]
    (one,) = home.facts().occasions
    assert (one.made_up, one.short, one.school_side) == (0, 30, True)


def test_no_reply_is_not_a_miss(alone: Callable[..., Home]) -> None:
    home = alone()
    live(home, [], until=date(2026, 10, 30))
    assert {one.outcome for one in home.facts().occasions} == {Outcome.UNANSWERED}
    assert home.step_keys() == [StepKey.CHECK_IEP]


# --- Short days that repeat ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_between", "policy", "step"),
    [
        pytest.param(41, POLICY, True, id="twice within six weeks"),
        pytest.param(42, POLICY, False, id="six weeks apart"),
        pytest.param(7, replace(POLICY, minimum_days_to_count=0), False, id="switched off"),
        pytest.param(7, replace(POLICY, minimum_days_to_count=3), False, id="three needed"),
        pytest.param(7, replace(POLICY, minimum_day_weeks=1), False, id="within a shorter time"),
    ],
)
def test_minimum_days_count_from_the_second_within_six_weeks(
    days_between: int, policy: Policy, step: bool
) -> None:
    first = date(2026, 9, 10)
    log = (occasion(first, "minimum day", 1), occasion(first + days_between * DAY, "minimum day", 2))
    wide = replace(policy, document_window_school_days=60)
    assert (decide(facts(log[-1].date, log), wide).step is StepKey.DOCUMENT) is step
    assert fold(log).grey == 60
    assert shortfall(with_repeats(log, policy)).short == (60 if step else 0)


def test_of_three_short_days_only_those_that_lie_together_count() -> None:
    days = (date(2026, 9, 3), date(2026, 10, 29), date(2026, 11, 12))
    log = [occasion(day, "minimum day", n) for n, day in enumerate(days, start=1)]
    assert [one.repeated for one in with_repeats(log, POLICY)] == [False, True, True]
    made_up = [log[0], replace(log[1], made_up=30), log[2]]
    assert not any(one.repeated for one in with_repeats(made_up, POLICY))


@pytest.mark.parametrize("answer", ["assembly", "testing", "minimum day"])
def test_other_grey_events_and_one_short_day_never_count(answer: str) -> None:
    times = 1 if answer == "minimum day" else 20
    log = sessions(date(2026, 9, 1), every=3)(", ".join([answer] * times))
    found = decide(facts(log[-1].date, log), POLICY)
    assert (found.step, found.look_again) == (None, None)
