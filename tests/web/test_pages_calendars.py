"""Calendars and closures for staff: what a page says would happen is what then happens; roles."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time, timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.conversation.closures import close_school, closing, reopen_school
from assistant.conversation.found_out import waiting_of
from assistant.families.calendar_desk import MovedOnError, put, trial
from assistant.families.calendars import CalendarError, offered_calendars
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.typed_days import (
    date_of,
    days_off_of,
    minimum_as_text,
    minimum_days_of,
    off_as_text,
    read_as_text,
)
from assistant.schedule.types import Break
from assistant.store import (
    AuditEvent,
    Calendar,
    Child,
    Closure,
    Expectation,
    LogEntry,
    OutgoingMessage,
    Staff,
    Store,
)
from jobs.tick import run_pass
from tests.support.family import CALENDAR, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk
from tests.web.pages_support import TWILIO, client_of, press, staff_in

LIST, CLOSURES = "/admin/calendars/", "/admin/closures/"
EVENT = "BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:{name}\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\n"


def two(store: Store, clock: VirtualClock) -> None:
    """Leo and Mia, who share a calendar."""
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        other = family(caregiver(phone="+14155550109", email=None), services=(SPEECH,), nickname="Mia")
        registered(session, other, clock.now())


def days(store: Store, state: str) -> list[date]:
    with store.read() as session:
        rows = select(Expectation.day).where(Expectation.state == state).order_by(Expectation.day)
        return list(session.scalars(rows))


def as_role(store: Store, clock: VirtualClock, role: str) -> FlaskClient:
    """A browser of somebody of that role."""
    with store.write() as session:
        session.add(Staff(email=f"{role}@example.org", role=role, created_at=clock.now(), ended_at=None))
    return staff_in(client_of(store, clock), store, clock, f"{role}@example.org")


def form_of(page: str) -> dict[str, str]:
    """What the calendar's form holds."""
    fields = dict(re.findall(r'<input[^>]* name="(name|first_day|last_day|base)"[^>]* value="([^"]*)"', page))
    for name, text in re.findall(r'<textarea id="(\w+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL):
        fields[name] = text
    return {**fields, "zone": "America/Los_Angeles", "offered": "1"}


def test_days_are_read_as_people_type_them_and_written_back() -> None:
    typed = "9/7/2026\n2026-11-23 to 11/27/2026  Thanksgiving\n1/18/2027: King\nnonsense\n13/45/2026"
    found = days_off_of(typed)
    assert found.days_off == {date(2026, 9, 7)}
    assert found.breaks == [
        Break(date(2026, 11, 23), date(2026, 11, 27), "Thanksgiving"),
        Break(date(2027, 1, 18), date(2027, 1, 18), "King"),
    ]
    assert found.wrong == ["nonsense", "13/45/2026"]
    assert days_off_of("9/7/2026 - 9/9/2026\n9/8/2026 x").overlapping == date(2026, 9, 8)
    minimum, wrong = minimum_days_of(
        "10/9/2026 12:30\n10/16/2026 1:15 pm\n10/23/2026 1:15\n10/24/2026 25:00\nx"
    )
    assert list(minimum.values()) == [time(12, 30), time(13, 15), time(13, 15)]
    assert wrong == ["10/24/2026 25:00", "x"]
    whole = replace(CALENDAR, minimum_days=minimum)
    again = days_off_of(off_as_text(whole))
    assert (frozenset(again.days_off), tuple(again.breaks)) == (whole.days_off, whole.breaks)
    assert minimum_days_of(minimum_as_text(whole)) == (minimum, [])
    some = {date(2026, 12, 21): "Winter", date(2026, 12, 22): "Winter", date(2027, 1, 4): "Pupil free"}
    assert read_as_text(some) == "12/21/2026 – 12/22/2026 Winter\n1/4/2027 Pupil free"
    assert date_of("9/31/2026") is None


def test_a_closure_does_what_was_shown_before(store: Store, clock: VirtualClock) -> None:
    two(store, clock)
    talk = Talk(store, clock)
    talk.until(clock.now().replace(hour=23, minute=0))  # both were asked about Tuesday
    talk.say("no")
    for day, shown in ((date(2026, 9, 1), (2, 0, 1)), (date(2026, 9, 3), (2, 2, 0))):
        with store.write() as session:
            row = session.scalars(select(Calendar)).one()
            would = closing(session, row, day)
            assert (would.children, would.planned, would.waiting) == shown
            before = days_now(session, "planned", day)
            assert close_school(session, row, day, "snow", clock.now(), SETTINGS, "staff 1") == would.waiting
            session.flush()
            assert before - days_now(session, "planned", day) == would.planned
            with pytest.raises(CalendarError):
                closing(session, row, day)


def days_now(session: object, state: str, day: date) -> int:
    count = select(func.count()).select_from(Expectation)
    found = session.scalar(count.where(Expectation.state == state, Expectation.day == day))  # type: ignore[attr-defined]
    return int(found)


def test_a_closure_taken_back_asks_about_what_was_over_that_day(store: Store, clock: VirtualClock) -> None:
    """Mia's question was open: "no school" is corrected and she is asked again; Leo is asked at last."""
    two(store, clock)
    clock.move_to(clock.now() + timedelta(hours=14))  # Tuesday's session is over, nothing was asked
    tuesday = date(2026, 9, 1)
    with store.write() as session:
        mia = session.scalars(select(Expectation).where(Expectation.day == tuesday)).all()[-1]
        mia.state, mia.ask_at = "asked", None
        row = session.scalars(select(Calendar)).one()
        close_school(session, row, tuesday, "snow", clock.now(), SETTINGS, "staff 1")
        session.flush()
        assert (days_now(session, "withdrawn", tuesday), days_now(session, "answered", tuesday)) == (1, 1)
        made = session.scalars(select(Closure)).one()
        assert reopen_school(session, made, clock.now(), SETTINGS, "staff 2") == 2
        assert days_now(session, "planned", tuesday) == 2
        said = session.scalars(select(LogEntry).order_by(LogEntry.number)).all()
        assert [(one.outcome, one.supersedes) for one in said] == [("no_school", None), ("unanswered", 1)]
    talk = Talk(store, clock)
    assert any("Tue 9/1" in text or "happen" in text for text in talk.until(clock.now().replace(hour=23)))
    assert days(store, "asked").count(tuesday) == 2


def test_a_closure_that_is_over_is_taken_back_and_its_sessions_are_not_known(
    store: Store, clock: VirtualClock
) -> None:
    two(store, clock)
    thursday = date(2026, 9, 3)
    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        close_school(session, row, thursday, "snow", clock.now(), SETTINGS, "staff 1")
    assert thursday not in days(store, "planned")
    clock.move_to(clock.now() + timedelta(days=9))
    with store.write() as session:
        made = session.scalars(select(Closure)).one()
        assert reopen_school(session, made, clock.now(), SETTINGS, "staff 2") == 2
    run_pass(store, clock, SETTINGS, CHANNELS)
    with store.read() as session:
        child = session.get_one(Child, 1)
        open_now = waiting_of(session, child, child.caregivers[0], clock.now(), SETTINGS).open
    assert thursday in [item.day for item in open_now]
    assert thursday in days(store, "closed")


def test_a_closure_of_a_day_to_come_is_taken_back_and_one_long_over_is_not(
    store: Store, clock: VirtualClock
) -> None:
    two(store, clock)
    before = days(store, "planned")
    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        definition = dict(row.definition)
        close_school(session, row, date(2026, 9, 3), "snow", clock.now(), SETTINGS, "staff 1")
        made = session.scalars(select(Closure)).one()
        reopen_school(session, made, clock.now(), SETTINGS, "staff 2")
        assert row.definition == definition
        assert (row.revision, made.undone_by) == (3, "staff 2")
        with pytest.raises(CalendarError, match="already"):
            reopen_school(session, made, clock.now(), SETTINGS, "staff 2")
        close_school(session, row, date(2026, 9, 8), "snow", clock.now(), SETTINGS, "staff 1")
    assert date(2026, 9, 3) in days(store, "planned")
    assert len(days(store, "planned")) == len(before) - 2
    clock.move_to(clock.now() + timedelta(days=80))
    with store.write() as session:
        made = session.scalars(select(Closure).where(Closure.day == date(2026, 9, 8))).one()
        with pytest.raises(CalendarError, match="is over"):
            reopen_school(session, made, clock.now(), SETTINGS, "staff 2")
        assert made.undone_at is None


def test_a_trial_of_other_days_says_what_saving_does(store: Store, clock: VirtualClock) -> None:
    two(store, clock)
    new = replace(
        CALENDAR,
        breaks=(Break(date(2026, 9, 8), date(2026, 9, 10), "Heat"), *CALENDAR.breaks),
        days_off=CALENDAR.days_off - {date(2026, 11, 11)},
        minimum_days={date(2026, 9, 15): time(12, 30)},
    )
    shown = trial(store, 1, 1, "Alder Unified", new, clock.now(), SETTINGS)
    with store.read() as session:
        assert calendar_from_json(session.get_one(Calendar, 1).definition) == CALENDAR
        sent = session.scalar(select(func.count()).select_from(OutgoingMessage)) or 0
        assert session.scalars(select(AuditEvent).where(AuditEvent.actor == "trial")).all() == []
    planned = len(days(store, "planned"))
    with store.write() as session:
        done = put(session, 1, 1, "Alder", new, clock.now(), SETTINGS, "staff 1", offered=True)
    assert done == shown
    assert (shown.children, shown.dropped, shown.added) == (2, 4, 0)
    assert shown.closed == (date(2026, 9, 8), date(2026, 9, 9), date(2026, 9, 10))
    assert (shown.opened, shown.shortened) == ((date(2026, 11, 11),), (date(2026, 9, 15),))
    assert len(days(store, "planned")) == planned - shown.dropped
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(OutgoingMessage)) == sent + shown.told
        assert shown.told == 2
    with store.write() as session, pytest.raises(MovedOnError):
        put(session, 1, 1, "Alder", CALENDAR, clock.now(), SETTINGS, "staff 1", offered=True)


def test_the_calendars_pages(store: Store, clock: VirtualClock) -> None:
    two(store, clock)
    client = staff_in(client_of(store, clock), store, clock)
    page = client.get(LIST).get_data(as_text=True)
    for told in ("Alder Unified", "Children using it: 2", "Days off still to come: 7"):
        assert told in page
    one = client.get(f"{LIST}1").get_data(as_text=True)
    assert "November 2026" in one
    assert "11/23/2026 – 11/27/2026 Thanksgiving" in one
    assert len(one.encode()) < 60_000
    events = (
        ("No School", "20261012"),
        ("No School", "20261013"),
        ("Staff Development Day if needed", "20261020"),
    )
    body = "".join(EVENT.format(n=n, name=name, day=day) for n, (name, day) in enumerate(events))
    file = (BytesIO(f"BEGIN:VCALENDAR\r\n{body}END:VCALENDAR\r\n".encode()), "d.ics")
    shown = press(client, f"{LIST}1", **form_of(one), ics=file, do="save").get_data(as_text=True)
    assert "Days taken from the file: 2" in shown  # a file is looked at first, whatever was pressed
    assert "Staff Development Day if needed" in shown
    assert "School days that become days off: 2." in shown
    fields = form_of(shown)
    assert fields["days_off"].endswith("10/12/2026 – 10/13/2026 No School")
    assert press(client, f"{LIST}1", **fields, do="save").status_code == 303
    after = client.get(f"{LIST}1").get_data(as_text=True)
    assert "revision 2" in after
    assert "other days <" in after
    assert "rosa@example.org" in after
    late = press(client, f"{LIST}1", **fields, do="save")
    assert late.status_code == 409
    assert "Somebody changed this calendar" in late.get_data(as_text=True)
    bad = {
        **form_of(after),
        "days_off": "soon",
        "first_day": "x",
        "minimum_days": "11/25/2026",
        "zone": "Mars",
    }
    wrong = press(client, f"{LIST}1", **bad, do="save")
    assert wrong.status_code == 400
    assert "This line is not a date or two dates: soon" in wrong.get_data(as_text=True)
    assert 'name="first_day" type="date" value="x"' in wrong.get_data(as_text=True)


def test_a_new_calendar_is_offered_at_once(store: Store, clock: VirtualClock) -> None:
    client = as_role(store, clock, "editor")
    fields = {
        "name": "Elm Unified",
        "first_day": "2026-08-17",
        "last_day": "2027-06-04",
        "days_off": "9/7/2026 Labor Day",
        "zone": "America/Chicago",
        "offered": "1",
    }
    looked = press(client, f"{LIST}new", **fields, do="look").get_data(as_text=True)
    assert "Save this calendar" in looked
    with store.read() as session:
        assert session.scalars(select(Calendar)).all() == []
    assert press(client, f"{LIST}new", **fields, do="save").location == f"{LIST}1"
    assert press(client, f"{LIST}new", **{**fields, "last_day": "2026-08-17"}).status_code == 400
    with store.read() as session:
        assert [row.name for row in offered_calendars(session, TWILIO)] == ["Elm Unified"]


def test_the_closures_page(store: Store, clock: VirtualClock) -> None:
    two(store, clock)
    client = as_role(store, clock, "helper")
    page = client.get(CLOSURES).get_data(as_text=True)
    assert 'value="2026-09-01"' in page
    fields = {"calendar": "1", "day": "2026-09-03", "name": "snow", "own": ""}
    shown = press(client, CLOSURES, **fields, do="look").get_data(as_text=True)
    assert "Sessions that nobody has been asked about: 2." in shown
    assert date(2026, 9, 3) in days(store, "planned")
    assert press(client, CLOSURES, **fields, do="close").status_code == 303
    assert date(2026, 9, 3) not in days(store, "planned")
    made = client.get(f"{CLOSURES}?lang=es").get_data(as_text=True)
    assert "Nieve o hielo" in made
    assert press(client, CLOSURES, **fields, do="close").status_code == 400  # it is closed already
    assert (
        press(client, CLOSURES, **{**fields, "day": "x", "calendar": "9", "name": "other"}).status_code == 400
    )
    assert press(client, CLOSURES, f"{CLOSURES}1/undo").status_code == 303
    assert date(2026, 9, 3) in days(store, "planned")
    assert press(client, CLOSURES, f"{CLOSURES}1/undo").status_code == 409
    assert press(client, CLOSURES, f"{CLOSURES}7/undo").status_code == 404


def test_who_may_see_calendars_and_closures(store: Store, clock: VirtualClock) -> None:
    anybody = client_of(store, clock)
    assert anybody.get(LIST).status_code == anybody.get(CLOSURES).status_code == 401
    for role, calendars, closed in (("helper", 403, 200), ("editor", 200, 200), ("reviewer", 403, 403)):
        client = as_role(store, clock, role)
        assert (client.get(LIST).status_code, client.get(CLOSURES).status_code) == (calendars, closed)
        assert press(client, "/family/enter", f"{LIST}new", do="save").status_code == (
            400 if calendars == 200 else 403
        )
