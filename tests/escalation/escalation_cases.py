"""A school year, occasions told in one word, and a case lived through day by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from assistant.escalation.policy import Policy
from assistant.escalation.replay import Brought, Check, Deed, Known, replay
from assistant.escalation.types import Facts, Occasion, StepKey, StepState, StepTaken
from assistant.guide.loader import load_guide
from assistant.schedule.calendar import is_instructional
from assistant.schedule.types import Break, SchoolCalendar
from assistant.words import Cause, Outcome, bucket_of

DAY = timedelta(days=1)
POLICY = Policy()
RULES = load_guide("us-ca").clocks
YEAR = SchoolCalendar(
    zone=ZoneInfo("America/Los_Angeles"),
    first_day=date(2026, 8, 17),
    last_day=date(2027, 6, 4),
    days_off=frozenset({date(2026, 9, 7), date(2026, 11, 11), date(2027, 1, 18)}),
    breaks=(
        Break(date(2026, 11, 23), date(2026, 11, 27), "Thanksgiving"),
        Break(date(2026, 12, 21), date(2027, 1, 1), "Winter"),
        Break(date(2027, 3, 29), date(2027, 4, 2), "Spring"),
    ),
)
REGISTERED = YEAR.first_day

# What an answer says, in one word: outcome, cause, minutes given as written, minutes given otherwise.
ANSWERS: dict[str, tuple[Outcome, Cause | None, int, int]] = {
    "held": (Outcome.HELD, None, 30, 0),
    "missed": (Outcome.MISSED, Cause.PROVIDER_ABSENT, 0, 0),
    "vacancy": (Outcome.MISSED, Cause.NO_PROVIDER, 0, 0),
    "pulled": (Outcome.MISSED, Cause.STAFF_PULLED, 0, 0),
    "no reason": (Outcome.MISSED, None, 0, 0),
    "other reason": (Outcome.MISSED, Cause.OTHER, 0, 0),
    "sent home": (Outcome.MISSED, Cause.SENT_HOME, 0, 0),
    "cut short": (Outcome.PARTIAL, Cause.NOT_GIVEN, 15, 0),
    "group": (Outcome.OTHER, Cause.NOT_GIVEN, 0, 30),
    "assembly": (Outcome.MISSED, Cause.SCHOOL_EVENT, 0, 0),
    "testing": (Outcome.MISSED, Cause.TESTING, 0, 0),
    "minimum day": (Outcome.MISSED, Cause.MINIMUM_DAY, 0, 0),
    "ill": (Outcome.MISSED, Cause.CHILD_ABSENT, 0, 0),
    "refused": (Outcome.MISSED, Cause.CHILD_REFUSED, 0, 0),
    "fire": (Outcome.MISSED, Cause.CLOSURE, 0, 0),
    "no school": (Outcome.NO_SCHOOL, None, 0, 0),
    "not sure": (Outcome.UNKNOWN, None, 0, 0),
    "silence": (Outcome.UNANSWERED, None, 0, 0),
}
ON_THE_SCHOOL = ("missed", "vacancy", "pulled", "no reason", "other reason", "cut short")
GREY = ("assembly", "testing", "minimum day")
SAYS_NOTHING = ("ill", "refused", "fire", "no school", "silence", "assembly", "testing")  # however often


def occasion(day: date, answer: str, entry: int | None = None, made_up: int = 0) -> Occasion:
    """A 30-minute session of `day`, with what the parent answered."""
    outcome, cause, given, other = ANSWERS[answer]
    entry = None if outcome is Outcome.UNANSWERED else entry
    return Occasion(day, 30, outcome, cause, given, other, bucket_of(outcome, cause), entry, made_up)


def sessions(first: date, every: int = 7) -> Callable[[str], tuple[Occasion, ...]]:
    """Occasions from `first`, every so many days, on school days; told as "missed, held, ill"."""

    def told(answers: str) -> tuple[Occasion, ...]:
        day, found = first, []
        for number, answer in enumerate(filter(None, answers.split(", ")), start=1):
            while not is_instructional(YEAR, day):
                day += DAY
            found.append(occasion(day, answer, number))
            day += timedelta(every)
        return tuple(found)

    return told


def facts(
    today: date, occasions: Iterable[Occasion] = (), steps: Iterable[StepTaken] = (), **more: Any
) -> Facts:
    """Facts of a line registered on the first school day whose set-up step went out then."""
    setup = StepTaken(StepKey.CHECK_IEP, REGISTERED, "done", REGISTERED)
    return Facts(
        "Speech therapy", today, YEAR, REGISTERED, tuple(occasions), (setup, *steps), rules=RULES, **more
    )


def taken(key: str, on: date, state: StepState = "suggested", decided: date | None = None) -> StepTaken:
    """A step suggested on a day; decided the same day unless told otherwise."""
    return StepTaken(StepKey(key), on, state, None if state == "suggested" else decided or on)


Parent = Callable[[StepKey], tuple[int, StepState] | None]  # days until, and what; None: never acts


def simulate_case(
    occasions: Iterable[Occasion],
    parent: Parent,
    until: date,
    policy: Policy = POLICY,
    only_when_due: bool = False,
    check: Check | None = None,
    **more: Any,
) -> list[Brought]:
    """Live from the registration to `until`, deciding until nothing more happens on every day.

    Every answer comes on its day; `more` are facts that hold all along. `only_when_due` decides only on days
    with a new log entry, an act of the parent's or a look-again date, as the job does; both give the same.
    """
    log = sorted(occasions, key=lambda one: one.date)
    past = [
        Known(day, tuple(one for one in log if one.date <= day)) for day in sorted({one.date for one in log})
    ]

    def deed(key: StepKey, _before: int) -> Deed | None:
        act = parent(key)
        return Deed(*act) if act else None

    start = replace(facts(REGISTERED, **more), steps=())
    return replay(start, past, deed, until, policy, every_day=not only_when_due, check=check)
