"""Facts for letters' tests: Leo Rivera's speech as the worked example has it, with talks noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
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
from assistant.words import Cause, Knows, Outcome

LA = ZoneInfo("America/Los_Angeles")
TODAY = date(2026, 12, 7)
DAYS = [date(2026, 9, 8) + timedelta(7 * week + day) for week in range(6) for day in (0, 2)]


def due(name: str, day: date, latest: date | None = None) -> DueDate:
    return DueDate(name, "legal", TODAY, day, latest or day, "a law")


def line(
    number: int, day: date, outcome: Outcome | None, cause: Cause | None = None, **more: object
) -> LogLine:
    at = datetime(day.year, day.month, day.day, 15, 40, tzinfo=LA)
    return replace(LogLine(number, day, at, "answer", outcome, cause), **more)  # type: ignore[arg-type]


# Eleven due: two absences of the child, three of the provider, one 15 minutes short, five held.
MISSED = [(2, DAYS[1]), (5, DAYS[4]), (8, DAYS[7])]
SHORT = (9, DAYS[8])
AWAY = [(3, DAYS[2]), (6, DAYS[5])]
HELD = [(1, DAYS[0]), (4, DAYS[3]), (7, DAYS[6]), (10, DAYS[9]), (11, DAYS[10])]
LOG = {
    **{n: line(n, day, Outcome.MISSED, Cause.PROVIDER_ABSENT) for n, day in MISSED},
    SHORT[0]: line(*SHORT, Outcome.PARTIAL, None, minutes=15),
    **{n: line(n, day, Outcome.MISSED, Cause.CHILD_ABSENT) for n, day in AWAY},
    **{n: line(n, day, Outcome.HELD) for n, day in HELD},
    12: line(12, date(2026, 10, 20), None, kind="contact"),
    13: line(13, date(2026, 10, 21), None, kind="step"),
    14: line(14, date(2026, 10, 29), None, kind="passed"),
    15: line(15, date(2026, 11, 3), Outcome.MISSED, Cause.PROVIDER_ABSENT, kind="make_up"),
    16: line(16, date(2026, 11, 4), None, kind="school_log"),
    17: line(17, date(2026, 11, 5), Outcome.MISSED, Cause.SENT_HOME),
    18: line(18, date(2026, 11, 6), Outcome.UNKNOWN),
}
ROWS = (
    *(
        LetterRow(day, 30, 0, Outcome.MISSED, Cause.PROVIDER_ABSENT, "no vino", n, Knows.SCHOOL_SAID)
        for n, day in MISSED
    ),
    LetterRow(SHORT[1], 30, 15, Outcome.PARTIAL, None, "15 min", SHORT[0], Knows.CHILD_SAID),
)

FACTS = StepFacts(
    today=TODAY,
    nickname="Leo",
    full_name="Leonardo Rivera",
    school="Alder Elementary",
    district="Alder Unified",
    caregiver_name="Ana Rivera",
    email="ana@example.org",
    phone="+14155550101",
    language="es",
    service="Speech-language therapy",
    alias="speech",
    iep_dated=date(2026, 5, 14),
    iep_wording="30 minutes, 2 times a week, individual, in the therapy room",
    quoted=True,
    frequency={"en": "30 minutes, Tuesday and Thursday", "es": "30 minutos, martes y jueves"},
    minutes=30,
    since=date(2026, 8, 17),
    first=DAYS[0],
    last=DAYS[10],
    rows=ROWS,
    misses=3,
    partials=1,
    minutes_expected=330,
    minutes_received=165,
    minutes_short=105,
    not_counted=(LeftOut("family", 2, 60, (3, 6)),),
    percent_of_all=32,
    percent_of_attended=39,
    earlier=((StepKey.DOCUMENT, date(2026, 10, 21)),),
    dates=(
        due("records", date(2026, 12, 14), date(2026, 12, 15)),
        due("reply", date(2027, 1, 8)),
        due("meeting", date(2027, 1, 18), date(2027, 1, 22)),
        due("lookback", date(2027, 9, 10)),
        due("decision", date(2027, 2, 5)),
    ),
    why=Why("misses_in_window", {"misses": 3}, (2, 5, 8)),
    page_url="https://iep.example.org/step/abc",
    every=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    held=(1, 4, 7, 10, 11),
    sessions_held=5,
    unknown=(OpenDay(date(2026, 11, 6), 18),),
    contacts=(
        Contact(
            date(2026, 10, 20),
            "Ms. Lee",
            "phone",
            "She will ask the district for a substitute",
            "a call back",
            12,
            title="case manager",
            at="8:30",
            promised_by=date(2026, 10, 27),
        ),
    ),
    steps=(StepDone(date(2026, 10, 21), "document", "sent", "", 13),),
    passed=(
        Passed(
            "records",
            "document",
            date(2026, 10, 21),
            date(2026, 10, 28),
            date(2026, 10, 28),
            "Cal. Ed. Code 56504",
            14,
        ),
    ),
    make_ups=(MadeUp(date(2026, 11, 3), "promised", 30, date(2026, 11, 24), (15,)),),
    school_log=(SchoolRecord(date(2026, 11, 4), 9, date(2026, 9, 8), date(2026, 10, 15), 16),),
    log=LOG,
)
DETAILS = {
    "child_address": "12 Oak Street, Alder, CA 95000",
    "parent_address": "12 Oak Street, Alder, CA 95000",
}
ALL_DETAILS = DETAILS | {
    "relation": "parent",
    "birth_date": "2018-03-04",
    "student_number": "A-4471",
    "grade": "3",
    "manager_name": "Dana Lee",
    "manager_title": "case manager",
    "manager_email": "dlee@alder.example",
    "cc": "Pat Kim, principal",
    "delivery": "email",
    "interpreter": "yes",
    "meeting_on": "2027-01-20",
    "records_from": "2026-08-20",
    "restore_from": "2026-12-14",
    "times": "Mondays after 3 pm, or January 19 at 8 am",
    "people": "the speech therapist's supervisor",
    "agenda": "how we hear of a session that is not held",
    "record_meeting": "yes",
    "school_answer": "Ms. Lee said in October that nobody could be found",
    "make_up_by": "2027-03-31",
    "proposal": "a monthly note to me with the sessions that were held",
    "goals": "Goal 1: say r in words, began at 40 percent",
    "progress": "50 percent in June and 45 percent in October",
    "observation": "he is understood less at home than in spring",
    "amount": "105 minutes",
    "make_up_form": "extra",
    "start_from": "2027-01-11",
    "use_by": "2027-06-04",
    "transport": "no",
    "thanks_to": "Ms. Lee",
}
URGENT = (OpenDay(date(2026, 11, 5), 17, Outcome.MISSED, Cause.SENT_HOME, "Aide, all day"),)


def facts(details: dict[str, str] = DETAILS, **changes: object) -> StepFacts:
    """The facts, for any letter: a complaint's issue is the one line."""
    made = replace(FACTS, details=details, receipt_by=TODAY + timedelta(14), **changes)  # type: ignore[arg-type]
    return replace(made, issues=(replace(made, details={}),))
