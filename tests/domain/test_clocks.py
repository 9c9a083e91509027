"""The clocks, row by row with their numbers: California's, and the federal base it takes over.

Every rule is read from the guide that ships; the dates are worked out by hand from the text of each row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.escalation.clocks import dates_for, run
from assistant.escalation.types import ClockRule, StepKey
from assistant.guide import data
from assistant.guide.files import DATA_FILES, folders_of, merged
from assistant.guide.loader import load_guide
from assistant.schedule.types import Break, SchoolCalendar
from tests.escalation.escalation_cases import YEAR, facts, occasion


def federal() -> Mapping[str, ClockRule]:
    """The base's own clocks: it is no guide by itself, states take it over."""
    problems: list[str] = []
    files = merged(folders_of(Path("assistant/guide"), "us", problems), DATA_FILES, problems)
    rules, _ = data.clocks(files, data.citations(files, problems), problems)
    assert not problems
    return rules


RULES = {"us": federal(), "us-ca": load_guide("us-ca").clocks}
# The worked example's year: winter break from 21 December to 1 January, a Thanksgiving week of five days.
assert {Break(date(2026, 12, 21), date(2027, 1, 1), "Winter")} <= set(YEAR.breaks)
assert {Break(date(2026, 11, 23), date(2026, 11, 27), "Thanksgiving")} <= set(YEAR.breaks)


@dataclass(frozen=True)
class Row:
    """A clock that starts on `start`: between `due` and `latest`, legal or courtesy."""

    guide: str
    clock: str
    start: date
    due: date
    latest: date
    kind: str = "legal"
    cites: str = ""


def one(guide: str, clock: str, start: date, due: date, cites: str, kind: str = "legal") -> Row:
    return Row(guide, clock, start, due, due, kind, cites)


ROWS: dict[str, Row] = {
    # Ten school days after Tuesday 8 September; after Monday 14 December, over the winter break.
    "Written notice: a courtesy date": one(
        "us-ca", "reply", date(2026, 9, 8), date(2026, 9, 22), "", "courtesy"
    ),
    "Written notice: a courtesy date over a break": one(
        "us-ca", "reply", date(2026, 12, 14), date(2027, 1, 11), "", "courtesy"
    ),
    "Written notice: a courtesy date (federal)": one(
        "us", "reply", date(2026, 9, 8), date(2026, 9, 22), "", "courtesy"
    ),
    "IEP meeting: 30 days from receipt": one(
        "us-ca", "meeting", date(2026, 9, 14), date(2026, 10, 14), "56343"
    ),
    "IEP meeting: the worked winter break": Row(
        "us-ca", "meeting", date(2026, 12, 7), date(2027, 1, 18), date(2027, 1, 22), "legal", "56343.5"
    ),
    "IEP meeting: a Thanksgiving week of exactly five counts": one(
        "us-ca", "meeting", date(2026, 11, 9), date(2026, 12, 9), "56343"
    ),
    # Five of the thirty days are left in May and June; the others begin with the new year, 52 weeks on.
    "IEP meeting: days between terms do not count": one(
        "us-ca", "meeting", date(2027, 5, 30), date(2027, 9, 9), "56343"
    ),
    "School records: 5 business days": one("us-ca", "records", date(2026, 9, 14), date(2026, 9, 21), "56504"),
    "School records: 5 business days over Labor Day": one(
        "us-ca", "records", date(2026, 9, 2), date(2026, 9, 10), "49069.7"
    ),
    "School records: 5 business days over a break, both readings": Row(
        "us-ca", "records", date(2026, 12, 17), date(2026, 12, 24), date(2027, 1, 7), "legal", "56504"
    ),
    "School records, federal: no more than 45 days": one(
        "us", "records", date(2026, 9, 14), date(2026, 10, 29), "300.613"
    ),
    "State complaint look-back: 1 year to receipt": one(
        "us-ca", "lookback", date(2026, 9, 8), date(2027, 9, 8), "300.153"
    ),
    "State complaint look-back (federal)": one(
        "us", "lookback", date(2026, 9, 8), date(2027, 9, 8), "300.153"
    ),
    "State complaint look-back over a leap day": one(
        "us-ca", "lookback", date(2028, 2, 29), date(2029, 2, 28), "300.153"
    ),
    "State complaint decision: 60 calendar days": one(
        "us-ca", "decision", date(2026, 11, 2), date(2027, 1, 1), "300.152"
    ),
    "State complaint decision: 60 calendar days (federal)": one(
        "us", "decision", date(2026, 11, 2), date(2027, 1, 1), "300.152"
    ),
    "Reconsideration: within 30 days of the report": one(
        "us-ca", "reconsideration", date(2027, 1, 1), date(2027, 1, 31), "3204"
    ),
    "Due process: 2 years": one("us-ca", "due_process", date(2026, 9, 8), date(2028, 9, 8), "1415(f)"),
    "Due process: 2 years (federal)": one("us", "due_process", date(2026, 9, 8), date(2028, 9, 8), "1415(f)"),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_row_by_its_number(name: str) -> None:
    row = ROWS[name]
    found = run(RULES[row.guide][row.clock], row.start, YEAR)
    assert (found.kind, found.due, found.latest) == (row.kind, row.due, row.latest)
    assert row.cites in found.citation
    assert bool(found.citation) == (row.kind == "legal"), "a courtesy date rests on no law, a legal one does"


def test_the_guides_have_these_clocks_and_no_other() -> None:
    """No federal number of days for a meeting that a parent asks for, and none for a prior written notice."""
    both = {"records", "reply", "lookback", "decision", "due_process"}
    assert set(RULES["us"]) == both
    assert set(RULES["us-ca"]) == both | {"meeting", "reconsideration"}


def test_the_worked_meeting_in_each_of_its_readings() -> None:
    """Asked for on 7 December: 6 January naively; 18, 20 or 22 January by how much of the break counts."""
    rule, asked = RULES["us-ca"]["meeting"], date(2026, 12, 7)
    naive = run(replace(rule, without_long_vacations=False), asked, YEAR)
    assert naive.due == date(2027, 1, 6)
    found = run(rule, asked, YEAR)
    assert found.due == naive.due + timedelta(12) == date(2027, 1, 18)
    assert found.latest == naive.due + timedelta(16) == date(2027, 1, 22)
    assert found.due < date(2027, 1, 20) < found.latest


@pytest.mark.parametrize(
    ("days_off", "due", "latest"),
    [
        pytest.param(5, date(2026, 12, 9), date(2026, 12, 9), id="five school days: they count"),
        pytest.param(6, date(2026, 12, 17), date(2026, 12, 19), id="six school days: they do not"),
    ],
)
def test_a_vacation_in_excess_of_five_school_days(days_off: int, due: date, latest: date) -> None:
    last = date(2026, 11, 27) if days_off == 5 else date(2026, 11, 30)
    break_ = Break(date(2026, 11, 23), last, "Thanksgiving")
    found = run(RULES["us-ca"]["meeting"], date(2026, 11, 9), replace(YEAR, breaks=(break_,)))
    assert (found.due, found.latest) == (due, latest)


def test_the_earliest_logged_miss_leaves_the_window_the_day_after() -> None:
    """A complaint received on the last day still covers it; a day later the next one is the earliest."""
    log = [occasion(date(2026, 9, 8), "missed", 1), occasion(date(2026, 9, 22), "missed", 2)]
    for received, start in ((date(2027, 9, 8), date(2026, 9, 8)), (date(2027, 9, 9), date(2026, 9, 22))):
        case = replace(facts(received, log), rules=RULES["us-ca"])
        found = {each.name: each for each in dates_for(StepKey.COMPLIANCE_COMPLAINT, received, case)}
        assert found["lookback"].start == start
        assert found["due_process"].start == date(2026, 9, 8)


def test_the_reconsideration_runs_from_the_decision() -> None:
    on = date(2026, 11, 2)
    case = replace(facts(on, [occasion(date(2026, 9, 8), "missed", 1)]), rules=RULES["us-ca"])
    found = {each.name: each for each in dates_for(StepKey.COMPLIANCE_COMPLAINT, on, case)}
    assert found["decision"].due == date(2027, 1, 1)
    assert (found["reconsideration"].start, found["reconsideration"].due) == (
        date(2027, 1, 1),
        date(2027, 1, 31),
    )


# Rows that no step of this program starts: the guide has no clock of theirs. That the same counting gives
# their numbers, too, shows that a jurisdiction can add them as data.
OTHER: dict[str, tuple[ClockRule, date, date]] = {
    "Chase-up: 10 days after mailing": (
        ClockRule("chase", "courtesy", "calendar_days", 10, ""),
        date(2026, 9, 14),
        date(2026, 9, 24),
    ),
    "Resolution meeting: within 15 days": (
        ClockRule("resolution", "legal", "calendar_days", 15, "34 CFR 300.510"),
        date(2026, 9, 14),
        date(2026, 9, 29),
    ),
    "Resolution period: 30 days": (
        ClockRule("period", "legal", "calendar_days", 30, "34 CFR 300.510"),
        date(2026, 9, 14),
        date(2026, 10, 14),
    ),
    "Hearing decision: 45 days": (
        ClockRule("hearing", "legal", "calendar_days", 45, "34 CFR 300.515"),
        date(2026, 10, 14),
        date(2026, 11, 28),
    ),
    "A settlement may be voided within 3 business days": (
        ClockRule("void", "legal", "business_days", 3, "34 CFR 300.510"),
        date(2026, 9, 3),
        date(2026, 9, 9),
    ),
    "Appeal: 90 days to court": (
        ClockRule("appeal", "legal", "calendar_days", 90, "OAH"),
        date(2026, 9, 14),
        date(2026, 12, 13),
    ),
    "Assessment plan: 15 days": (
        ClockRule("plan", "legal", "calendar_days", 15, "56321(a)", without_long_vacations=True),
        date(2026, 9, 14),
        date(2026, 9, 29),
    ),
    "Assessment plan: 15 days, winter break left out": (
        ClockRule("plan", "legal", "calendar_days", 15, "56321(a)", without_long_vacations=True),
        date(2026, 12, 14),
        date(2027, 1, 10),
    ),
    "Assessment and IEP meeting: 60 days": (
        ClockRule("assessment", "legal", "calendar_days", 60, "56344(a)", without_long_vacations=True),
        date(2026, 9, 14),
        date(2026, 11, 13),
    ),
    "Private placement notice: 10 business days": (
        ClockRule("placement", "legal", "business_days", 10, "34 CFR 300.148(d)"),
        date(2026, 9, 1),
        date(2026, 9, 16),
    ),
    "504/OCR complaint: 180 days": (
        ClockRule("ocr", "legal", "calendar_days", 180, "34 CFR 100.7(b)"),
        date(2026, 9, 1),
        date(2027, 2, 28),
    ),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_clock_that_a_guide_may_add(name: str) -> None:
    rule, start, due = OTHER[name]
    assert run(rule, start, YEAR).due == due


def test_a_calendar_without_breaks_gives_one_date() -> None:
    plain = SchoolCalendar(zone=YEAR.zone, first_day=YEAR.first_day, last_day=YEAR.last_day)
    found = run(RULES["us-ca"]["meeting"], date(2026, 12, 7), plain)
    assert found.due == found.latest == date(2027, 1, 6)
