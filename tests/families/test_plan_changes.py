"""A plan that changes in mid-term: what was asked stays, the rest is planned anew, the parent is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.closures import close_school
from assistant.families.calendars import CalendarError, calendar_named, keep_calendar, replace_calendar
from assistant.families.changes import (
    change_caregiver_zone,
    edit_line,
    line_named,
    move_school,
    set_consent,
)
from assistant.families.versions import NewVersion, PlanError, a_year_after, new_version
from assistant.schedule.types import Break, CountPerPeriod, ServiceLine
from assistant.store import (
    AuditEvent,
    Calendar,
    Caregiver,
    Child,
    Expectation,
    IepVersion,
    LogEntry,
    Store,
)
from assistant.store import ServiceLine as StoredLine
from tests.support.family import CALENDAR, LA, OT, SETTINGS, SPEECH, caregiver, family, registered, slots
from tests.support.talk import Talk


def at(day: int, hour: int, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=LA)


def talk_of(store: Store, clock: VirtualClock, *lines: ServiceLine) -> Talk:
    with store.write() as session:
        registered(session, family(services=lines or (SPEECH,)), clock.now())
    talk = Talk(store, clock)
    talk.until(at(1, 10))
    return talk


def planned(store: Store, name: str = "") -> list[date]:
    with store.read() as session:
        rows = session.scalars(
            select(Expectation).where(Expectation.state == "planned").order_by(Expectation.due_at)
        )
        return [row.day for row in rows if not name or row.line.alias == name]


def audits(store: Store) -> list[str]:
    with store.read() as session:
        return [
            kind
            for kind in session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id))
            if kind not in ("not_asked",)
        ]


# Calendars


def test_a_calendar_that_changes_replans_only_what_was_not_asked(
    each_store: Store, clock: VirtualClock
) -> None:
    talk = talk_of(each_store, clock)
    talk.until(at(1, 16))
    talk.say("yes")
    with each_store.write() as session:
        row = calendar_named(session, "Alder Unified")
        new = replace(CALENDAR, days_off=CALENDAR.days_off | {date(2026, 9, 1), date(2026, 9, 10)})
        replace_calendar(session, row, new, clock.now(), SETTINGS, "staff")
    assert planned(each_store)[:3] == [date(2026, 9, 3), date(2026, 9, 8), date(2026, 9, 15)]
    # Tuesday the first was asked and answered; that it is a day off now does not unsay it.
    assert [entry.day for entry in talk.log()] == [date(2026, 9, 1)]
    assert talk.until(at(1, 18)) == ["Leo: We will not ask about Thu 9/10. Your log stays as it is."]
    assert "calendar_replaced" in audits(each_store)
    with each_store.read() as session:
        assert session.scalars(select(Calendar.revision)).one() == 2


def test_one_calendar_serves_every_child_of_a_district(store: Store, clock: VirtualClock) -> None:
    talk_of(store, clock)
    with store.write() as session:
        other = family(caregiver(phone="+14155550109", email=None), services=(OT,), nickname="Mia")
        registered(session, other, clock.now())
    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        assert len(session.scalars(select(Child).where(Child.calendar_id == row.id)).all()) == 2
        longer = replace(CALENDAR, breaks=(Break(date(2026, 9, 8), date(2026, 9, 9), "Storm"),))
        replace_calendar(session, row, longer, clock.now(), SETTINGS, "staff")
    assert date(2026, 9, 8) not in planned(store, "speech")
    assert date(2026, 9, 9) not in planned(store, "OT")
    mias = Talk(store, clock, "+14155550109")
    told = Talk(store, clock).until(at(1, 12)) + mias.texts()
    assert sorted(body for body in told if "not ask" in body) == [
        "Leo: We will not ask about Tue 9/8. Your log stays as it is.",
        "Mia: We will not ask about Wed 9/9. Your log stays as it is.",
    ]


def test_nobody_is_told_of_a_change_that_changes_nothing_for_them(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        new = replace(CALENDAR, days_off=CALENDAR.days_off | {date(2026, 9, 4)})  # a Friday
        replace_calendar(session, row, new, clock.now(), SETTINGS, "staff")
    assert talk.until(at(1, 12)) == []


def test_another_zone_of_the_school_moves_the_questions(store: Store, clock: VirtualClock) -> None:
    talk_of(store, clock)
    from zoneinfo import ZoneInfo

    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        new = replace(CALENDAR, zone=ZoneInfo("America/Denver"))
        replace_calendar(session, row, new, clock.now(), SETTINGS, "staff")
    with store.read() as session:
        first = session.scalars(
            select(Expectation).where(Expectation.state == "planned").order_by(Expectation.due_at)
        ).first()
        assert first is not None
        assert first.due_at == datetime(2026, 9, 1, 14, 30, tzinfo=ZoneInfo("America/Denver"))


def test_a_later_end_of_the_year_is_the_lines_end_too(store: Store, clock: VirtualClock) -> None:
    talk_of(store, clock, SPEECH, replace(OT, ends=date(2026, 12, 18)))
    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        replace_calendar(
            session, row, replace(CALENDAR, last_day=date(2027, 6, 11)), clock.now(), SETTINGS, "staff"
        )
        ends = {line.alias: line.ends for line in session.scalars(select(StoredLine))}
    assert ends == {"speech": date(2027, 6, 11), "OT": date(2026, 12, 18)}


def test_a_closure_of_one_day_is_for_all_and_answers_open_questions(
    store: Store, clock: VirtualClock
) -> None:
    talk = talk_of(store, clock, SPEECH)
    with store.write() as session:
        other = family(caregiver(phone="+14155550109", email=None), services=(SPEECH,), nickname="Mia")
        registered(session, other, clock.now())
    talk.until(at(1, 16))  # both are asked about Tuesday
    talk.say("no")
    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        answered = close_school(session, row, date(2026, 9, 1), "smoke", clock.now(), SETTINGS, "staff")
    assert answered == 1  # Mia's; Leo's parent answered before, and that stays
    assert [(entry.outcome, entry.cause) for entry in talk.log()] == [
        ("missed", None),
        ("no_school", "closure"),
    ]
    assert talk.log()[-1].words == "(staff: smoke)"
    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        close_school(session, row, date(2026, 9, 3), "smoke", clock.now(), SETTINGS, "staff")
        with pytest.raises(CalendarError, match="2026-09-03 is no school day of Alder Unified already"):
            close_school(session, row, date(2026, 9, 3), "smoke", clock.now(), SETTINGS, "staff")
    assert date(2026, 9, 3) not in planned(store)


def test_a_closure_told_after_the_hour_still_withdraws_what_was_not_asked(
    store: Store, clock: VirtualClock
) -> None:
    talk_of(store, clock)
    clock.move_to(datetime(2026, 9, 1, 15, 0, tzinfo=LA))  # over at 14:30, to be asked at 15:15
    with store.write() as session:
        row = session.scalars(select(Calendar)).one()
        close_school(session, row, date(2026, 9, 1), "flood", clock.now(), SETTINGS, "staff")
    assert not [body for body in Talk(store, clock).until(at(1, 19)) if "did speech" in body]


# IEP versions


def test_a_new_iep_begins_on_its_day_and_the_past_keeps_its_lines(
    each_store: Store, clock: VirtualClock
) -> None:
    talk = talk_of(each_store, clock)
    talk.until(at(3, 18))
    weekly = ServiceLine("Occupational therapy", "OT", 30, CountPerPeriod(1, "week"))
    once = replace(SPEECH, frequency=slots((1, 14, 0)))
    with each_store.write() as session:
        child = session.scalars(select(Child)).one()
        new = NewVersion(date(2026, 9, 10), (once, weekly), dated=date(2026, 9, 8))
        new_version(session, child.id, new, clock.now(), SETTINGS, "staff")
    with each_store.read() as session:
        old, now = session.scalars(select(IepVersion).order_by(IepVersion.id)).all()
        assert (old.ends, now.starts, now.renews_on) == (
            date(2026, 9, 9),
            date(2026, 9, 10),
            date(2027, 9, 8),
        )
        lines = session.scalars(select(StoredLine).order_by(StoredLine.id)).all()
        by_line = {
            line.id: session.scalars(
                select(Expectation.day)
                .where(Expectation.service_line_id == line.id)
                .order_by(Expectation.day)
            ).all()
            for line in lines
        }
    first, speech, ot = by_line.values()
    assert first == [
        date(2026, 9, 1),
        date(2026, 9, 3),
        date(2026, 9, 8),
    ]  # Thursday the tenth is the new IEP's
    assert speech[:2] == [date(2026, 9, 15), date(2026, 9, 22)]
    assert ot[:2] == [date(2026, 9, 11), date(2026, 9, 18)]  # the first week is cut to its two days
    assert talk.until(at(3, 19)) == ["Leo: new plan from Thu 9/10: speech, OT. Your log stays as it is."]


def test_a_week_cut_by_a_new_iep_is_still_asked_about(store: Store, clock: VirtualClock) -> None:
    weekly = ServiceLine("Occupational therapy", "OT", 30, CountPerPeriod(2, "week"))
    talk = talk_of(store, clock, weekly)
    clock.move_to(at(9, 12))
    with store.write() as session:
        child = session.scalars(select(Child)).one()
        new_version(
            session, child.id, NewVersion(date(2026, 9, 9), (SPEECH,)), clock.now(), SETTINGS, "staff"
        )
    with store.read() as session:
        last = session.scalars(
            select(Expectation)
            .join(StoredLine)
            .where(StoredLine.alias == "OT")
            .order_by(Expectation.id.desc())
        ).first()
        assert last is not None
        # Monday is Labor Day: the old line had Tuesday only.
        assert (last.period_from, last.period_to) == (date(2026, 9, 7), date(2026, 9, 8))
        assert (last.due_sessions, last.due_minutes) == (1, 30)
    assert talk.log() is not None


@pytest.mark.parametrize("starts", [date(2026, 8, 12), date(2026, 8, 1)])
def test_a_new_iep_begins_after_the_one_in_force(store: Store, clock: VirtualClock, starts: date) -> None:
    talk_of(store, clock)
    with store.write() as session:
        child = session.scalars(select(Child)).one()
        with pytest.raises(PlanError, match="not after the one before, 2026-08-12"):
            new_version(session, child.id, NewVersion(starts, (SPEECH,)), clock.now(), SETTINGS, "staff")
        with pytest.raises(PlanError, match="at least one service line"):
            new_version(session, child.id, NewVersion(date(2026, 9, 9), ()), clock.now(), SETTINGS, "staff")


def test_the_yearly_date_is_reminded_of_a_month_and_a_week_before(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        new = replace(family(services=(SPEECH,)), iep_dated=date(2025, 10, 15))
        registered(session, new, clock.now())
    texts = Talk(store, clock).until(at(14, 12, month=10))
    told = [body for body in texts if "yearly" in body]
    assert (
        told
        == ["Leo: the yearly meeting for the plan is due by Thu 10/15. Tell us when there is a new plan."] * 2
    )


def test_a_new_iep_ends_the_reminders_of_the_old_one(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        child = registered(
            session, replace(family(services=(SPEECH,)), iep_dated=date(2025, 10, 15)), clock.now()
        )
        new = NewVersion(date(2026, 9, 8), (SPEECH,), dated=date(2026, 9, 7))
        new_version(session, child.id, new, clock.now(), SETTINGS, "staff")
    assert not [body for body in Talk(store, clock).until(at(14, 12, month=10)) if "yearly" in body]


def test_a_year_after_a_leap_day() -> None:
    assert a_year_after(date(2028, 2, 29)) == date(2029, 2, 28)
    assert a_year_after(date(2026, 9, 14)) == date(2027, 9, 14)


def test_nothing_is_asked_for_a_line_without_consent_until_there_is_one(
    store: Store, clock: VirtualClock
) -> None:
    refused = replace(OT, consented=False)
    talk = talk_of(store, clock, SPEECH, refused)
    assert planned(store, "OT") == []
    talk.until(at(2, 19))
    with store.write() as session:
        child = session.scalars(select(Child)).one()
        line = line_named(session, child.id, "ot")
        set_consent(session, line, True, clock.now(), SETTINGS, "staff", on=date(2026, 9, 9))
    assert planned(store, "OT")[:2] == [date(2026, 9, 9), date(2026, 9, 16)]
    assert talk.until(at(3, 12))[-1] == (
        "Leo: you agreed to OT, so we ask about it from Wed 9/9. Your log stays as it is."
    )
    with store.write() as session:
        child = session.scalars(select(Child)).one()
        set_consent(session, line_named(session, child.id, "OT"), False, clock.now(), SETTINGS, "staff")
    assert planned(store, "OT") == []


# Lines, zones, schools


def test_a_line_put_right_keeps_what_was_asked(each_store: Store, clock: VirtualClock) -> None:
    talk = talk_of(each_store, clock)
    talk.until(at(1, 16))
    talk.say("no")
    with each_store.write() as session:
        child = session.scalars(select(Child)).one()
        row = line_named(session, child.id, "speech")
        moved = replace(SPEECH, frequency=slots((0, 9, 0), (2, 9, 0)), minutes=25)
        edit_line(session, row, moved, clock.now(), SETTINGS, "staff")
    with each_store.read() as session:
        rows = session.scalars(select(Expectation).order_by(Expectation.day)).all()
        assert [(row.day, row.due_minutes, row.state) for row in rows[:3]] == [
            (date(2026, 9, 1), 30, "answered"),
            (date(2026, 9, 2), 25, "planned"),
            (date(2026, 9, 9), 25, "planned"),
        ]
        detail = session.scalars(select(AuditEvent.detail).where(AuditEvent.kind == "line_edited")).one()
        assert (detail["before"]["minutes"], detail["after"]["minutes"]) == (30, 25)
    assert talk.until(at(1, 19)) == [
        "Leo: speech is now 25 minutes, Monday 9:00 AM and Wednesday 9:00 AM, every week, from Tue 9/1. "
        "Your log stays as it is."
    ]


def test_a_line_of_another_iep_cannot_be_named(store: Store, clock: VirtualClock) -> None:
    talk_of(store, clock)
    with store.read() as session, pytest.raises(PlanError, match='"music" is none of the services'):
        line_named(session, session.scalars(select(Child)).one().id, "music")


def test_another_clock_of_the_caregiver_moves_the_hours_of_texts(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    with store.write() as session:
        person = session.scalars(select(Caregiver)).one()
        change_caregiver_zone(session, person, "America/New_York", clock.now(), SETTINGS, "staff")
    (told,) = talk.until(at(1, 12))
    assert told == "Leo: we now text you by the clock of New York. Your log stays as it is."
    # The session stays the school's: over at 14:30 in Los Angeles, asked at 15:15 there.
    assert not talk.until(at(1, 15))
    (question,) = talk.until(at(1, 16))
    assert question.startswith("Leo: did speech happen today (Tue 9/1)?")
    with store.write() as session:
        person = session.scalars(select(Caregiver)).one()
        with pytest.raises(ValueError, match="is not a known time zone"):
            change_caregiver_zone(session, person, "America/Nowhere", clock.now(), SETTINGS, "staff")


def test_a_child_that_moves_lives_by_the_new_school_from_that_day(
    each_store: Store, clock: VirtualClock
) -> None:
    talk = talk_of(each_store, clock)
    talk.until(at(1, 16))
    talk.say("yes")
    cedar = replace(CALENDAR, days_off=frozenset({date(2026, 9, 3)}), first_day=date(2026, 8, 24))
    with each_store.write() as session:
        child = session.scalars(select(Child)).one()
        row = keep_calendar(session, "Cedar District", cedar, clock.now())
        move_school(session, child.id, row, clock.now(), SETTINGS, "staff", school="Cedar School")
    assert planned(each_store)[:2] == [date(2026, 9, 8), date(2026, 9, 10)]
    (told,) = talk.until(at(1, 19))
    assert told == (
        "Leo: new school, new school days from Tue 9/1. We will not ask about Thu 9/3. "
        "Your log stays as it is."
    )
    with each_store.read() as session:
        child = session.scalars(select(Child)).one()
        assert (child.school, child.district) == ("Cedar School", "Alder Unified")
        detail = session.scalars(select(AuditEvent.detail).where(AuditEvent.kind == "moved_school")).one()
        assert detail["before"]["school"] == "Alder Elementary"
        assert session.scalars(select(LogEntry.outcome)).all() == ["held"]
