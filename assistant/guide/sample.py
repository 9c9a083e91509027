"""A family that does not exist, with long names and every fact told: to read a guide's texts with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from assistant.escalation.types import DueDate, StepKey, Why
from assistant.guide.facts import (
    Contact,
    LeftOut,
    LetterRow,
    LogLine,
    MadeUp,
    OpenDay,
    Passed,
    SchoolRecord,
    StepDone,
    StepFacts,
)
from assistant.guide.types import Guide
from assistant.words import Cause, Knows, Language, Outcome

_ZONE: Final = ZoneInfo("America/Los_Angeles")
# Days since the first session, what came of it, and why, as entries 1, 2, 3 ... of the log.
_SESSIONS: Final = (
    (0, Outcome.HELD, None),
    (2, Outcome.MISSED, Cause.PROVIDER_ABSENT),
    (7, Outcome.MISSED, Cause.CHILD_ABSENT),
    (9, Outcome.MISSED, Cause.NO_PROVIDER),
    (14, Outcome.HELD, None),
    (16, Outcome.PARTIAL, Cause.STAFF_PULLED),
    (21, Outcome.MISSED, Cause.NO_PROVIDER),
)
_DETAILS: Final = {
    "child_address": "12345 North Wildflower Meadow Lane, Apartment 218, San Buenaventura, CA 93001",
    "parent_address": "12345 North Wildflower Meadow Lane, Apartment 218, San Buenaventura, CA 93001",
    "birth_date": "2018-03-04",
    "student_number": "A-4471-2026",
    "grade": "3",
    "manager_name": "Alexandrina Vandersloot-Hollingsworth",
    "manager_title": "case manager",
    "manager_email": "a.vandersloot-hollingsworth@alder-unified.example",
}


_SHORT: Final = {
    "child_address": "1 Oak St, Fresno, CA 93701",
    "parent_address": "1 Oak St, Fresno, CA 93701",
    "student_number": "7",
    "manager_name": "Ms. Lee",
    "manager_email": "lee@oak.example",
}


def sample(guide: Guide, step: StepKey, language: Language, today: date) -> StepFacts:
    """The facts of the sample family for a step of the guide, as of `today`."""
    first = today - timedelta(days=today.weekday() + 27)  # a Tuesday four weeks ago
    days = [first + timedelta(days=after) for after, _, _ in _SESSIONS]
    log = {
        number: LogLine(number, day, _at(day), "answer", outcome, cause)
        for number, (day, (_, outcome, cause)) in enumerate(zip(days, _SESSIONS, strict=True), start=1)
    }
    for number, kind in enumerate(("contact", "step", "passed", "make_up", "school_log"), start=8):
        log[number] = LogLine(number, today, _at(today), kind)
    log[13] = LogLine(13, today, _at(today), "answer", Outcome.MISSED, Cause.SENT_HOME)
    log[14] = LogLine(14, today, _at(today), "answer", Outcome.UNKNOWN)
    made = StepFacts(
        today=today,
        nickname="Maximiliana",
        full_name="Maximiliana Guadalupe Hernández-Featherstonehaugh",
        school="Nuestra Señora de los Ángeles Dual Language Academy",
        district="Rancho Santa Margarita Joint Unified School District",
        caregiver_name="María Fernanda Hernández-Featherstonehaugh",
        email="maria.fernanda.hernandez@example.org",
        phone="+18055550142",
        language=language,
        service="Speech-language therapy, individual and small group",
        alias="speech therapy",
        iep_dated=first - timedelta(days=120),
        iep_wording="30 minutes, 2 times a week, individually in the therapy room",
        quoted=True,
        frequency={"en": "30 minutes, Tuesday and Thursday", "es": "30 minutos, martes y jueves"},
        minutes=30,
        since=first,
        first=first,
        last=days[-1],
        rows=tuple(
            LetterRow(
                day,
                30,
                15 if outcome is Outcome.PARTIAL else 0,
                outcome,
                cause,
                "—",
                number,
                Knows.SCHOOL_SAID,
            )
            for number, (day, (_, outcome, cause)) in enumerate(zip(days, _SESSIONS, strict=True), start=1)
            if outcome is not Outcome.HELD and cause is not Cause.CHILD_ABSENT
        ),
        misses=3,
        partials=1,
        minutes_expected=210,
        minutes_received=75,
        minutes_short=105,
        not_counted=(LeftOut("family", 1, 30, (3,)),),
        percent_of_all=50,
        percent_of_attended=58,
        earlier=((StepKey.DOCUMENT, today - timedelta(days=14)),),
        dates=tuple(_due(guide, name, today) for name in guide.clocks),
        why=Why("misses_in_window", {"misses": 3}, (2, 4, 7)),
        page_url="https://sessions.example.org/step/sample",
        every=tuple(range(1, 8)),
        held=(1, 5),
        sessions_held=2,
        unknown=(OpenDay(today, 14),),
        contacts=(
            Contact(
                today - timedelta(days=10),
                "Alexandrina Vandersloot-Hollingsworth",
                "phone",
                "She will ask the district for a substitute",
                "a call back",
                8,
                title="case manager",
                at="8:30",
                promised_by=today - timedelta(days=3),
            ),
        ),
        steps=(StepDone(today - timedelta(days=14), "document", "sent", "", 9),),
        passed=(_passed(guide, today),),
        make_ups=(MadeUp(today - timedelta(days=5), "promised", 30, today + timedelta(days=7), (11,)),),
        school_log=(SchoolRecord(today - timedelta(days=4), 7, first, days[-1], 12),),
        urgent=(OpenDay(today, 13, Outcome.MISSED, Cause.SENT_HOME, "Aide, all day"),),
        log=log,
        details=_DETAILS,
        receipt_by=today + timedelta(days=14),
    )
    return replace(made, issues=(replace(made, details={}),))


def short_names(about: StepFacts) -> StepFacts:
    """The same step for a family with short names, one session not held and little else told."""
    talks = tuple(
        replace(one, person="Ms. Lee", title="", said="She will ask", promised="") for one in about.contacts
    )
    made = replace(
        about,
        nickname="Bo",
        full_name="Bo Li",
        school="Oak School",
        district="Oak Unified",
        caregiver_name="Ann Li",
        email="ann@li.example",
        service="Speech",
        alias="speech",
        iep_wording="30 minutes, 2 times a week",
        rows=about.rows[:1],
        misses=1,
        partials=0,
        minutes_expected=60,
        minutes_received=30,
        minutes_short=30,
        not_counted=(),
        percent_of_all=50,
        percent_of_attended=50,
        last=about.rows[0].day,
        why=Why(about.why.rule, {"misses": 1}, (2,)),
        every=(1, 2),
        held=(1,),
        sessions_held=1,
        unknown=(),
        contacts=talks,
        passed=(),
        make_ups=(),
        school_log=(),
        details={**about.details, **_SHORT},
    )
    return replace(made, issues=(replace(made, details={}),))


def sample_due(guide: Guide, clock: str, today: date) -> DueDate:
    """A date of that clock which runs since `today`, for the e-mails about dates."""
    return _due(guide, clock, today)


def _due(guide: Guide, name: str, today: date) -> DueDate:
    rule, day = guide.clocks[name], today + timedelta(days=21)
    citation = guide.citations[rule.citation].text if rule.citation in guide.citations else rule.citation
    return DueDate(name, rule.kind, today, day, day, citation)


def _passed(guide: Guide, today: date) -> Passed:
    name = "records" if "records" in guide.clocks else next(iter(guide.clocks))
    due = today - timedelta(days=7)
    return Passed(
        name, "document", today - timedelta(days=14), due, due, _due(guide, name, today).citation, 10
    )


def _at(day: date) -> datetime:
    return datetime.combine(day, time(15, 40), _ZONE)
