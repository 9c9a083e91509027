"""Registration, consent and the planner, on a real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import delete, func, select

from assistant.clock import VirtualClock
from assistant.families.plan import plan_due, replan_line
from assistant.families.register import RegistrationError, first_question_at, greet
from assistant.store import (
    Calendar,
    Caregiver,
    Consent,
    Expectation,
    Guardianship,
    Invitation,
    OutgoingMessage,
    ServiceLine,
    Store,
)
from tests.support.family import CALENDAR, LA, SETTINGS, SPEECH, caregiver, family, registered


def days(store: Store) -> list[date]:
    with store.read() as session:
        return list(session.scalars(select(Expectation.day).order_by(Expectation.day)))


def test_a_family_comes_in_whole_with_its_first_weeks_planned(each_store: Store, clock: VirtualClock) -> None:
    with each_store.write() as session:
        child = registered(session, family(), clock.now())
        first = first_question_at(session, child.id)
    assert first == datetime(2026, 9, 1, 22, 15, tzinfo=UTC)  # Tuesday 14:30 + 45 minutes, in Los Angeles
    assert days(each_store)[:4] == [date(2026, 9, 1), date(2026, 9, 2), date(2026, 9, 3), date(2026, 9, 8)]
    with each_store.read() as session:
        assert session.scalars(select(Consent.act)).all() == ["given", "given"]
        kinds = session.scalars(select(OutgoingMessage.kind).where(OutgoingMessage.channel == "sms")).all()
        assert kinds == ["welcome"]


def test_who_has_not_said_yes_gets_one_invitation_and_nothing_else(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(caregiver(confirmed=False)), clock.now())
    with store.read() as session:
        person = session.scalars(select(Caregiver)).one()
        assert (person.texts, person.mails) == ("invited", "invited")
        texts = session.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "sms")).all()
        assert [text.kind for text in texts] == ["invite"]
        assert "JOIN" in texts[0].body


def test_a_welcome_says_the_five_things_carriers_ask_for(store: Store, clock: VirtualClock) -> None:
    for language, words in (
        ("en", ["Every Session", "up to 10", "rates may apply", "HELP", "STOP"]),
        ("es", ["Every Session", "hasta 10", "cargos", "HELP", "STOP"]),
    ):
        with store.write() as session:
            person = caregiver(
                "es" if language == "es" else "en",
                phone="+14155550201" if language == "en" else "+14155550202",
            )
            registered(session, family(person), clock.now())
        with store.read() as session:
            body = session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id.desc())).all()
            text = next(one.body for one in body if one.kind == "welcome")
            assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (family(services=()), "services"),
        (replace(family(), caregivers=()), "caregivers"),
        (family(caregiver(phone=None, email=None)), "consent"),
        (family(replace(caregiver(), texts=False, mails=False)), "consent"),
    ],
)
def test_what_cannot_be_kept_is_named_and_nothing_is_written(
    store: Store, clock: VirtualClock, new: object, field: str
) -> None:
    with pytest.raises(RegistrationError) as caught, store.write() as session:
        registered(session, new, clock.now())  # type: ignore[arg-type]  # parametrised
    assert caught.value.field == field
    with store.read() as session:
        assert session.scalars(select(Caregiver)).all() == []


def test_a_phone_is_one_caregivers_who_may_care_for_several(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(), clock.now())
        registered(session, family(nickname="Mia"), clock.now())
        ana = session.scalars(select(Caregiver)).one()
        assert [child.nickname for child in ana.children] == ["Leo", "Mia"]


def test_a_known_phone_is_asked_before_it_is_tied_to_another_child(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(), clock.now())
        registered(
            session,
            family(caregiver(confirmed=False, email="other@example.org"), nickname="Mia"),
            clock.now(),
        )
    with store.read() as session:
        ana, other = session.scalars(select(Caregiver).order_by(Caregiver.id)).all()
        assert [child.nickname for child in ana.children] == ["Leo"]
        # What a stranger typed beside her number is not hers.
        assert (ana.email, other.email, other.phone) == ("ana@example.org", "other@example.org", None)
        assert session.scalars(select(Invitation.state)).all() == ["open"]


def test_children_of_a_district_share_a_calendar(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(), clock.now())
        registered(session, family(caregiver(phone="+14155550109"), nickname="Mia"), clock.now())
        assert len(session.scalars(select(Calendar)).all()) == 1


def test_the_planner_goes_on_week_by_week_and_skips_days_off(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    while clock.now() < datetime(2026, 12, 1, tzinfo=UTC):
        clock.move_to(clock.now() + timedelta(days=3))
        with store.write() as session:
            plan_due(session, clock.now(), SETTINGS)
    planned = days(store)
    wanted = [
        day
        for day in (date(2026, 9, 1) + timedelta(days=n) for n in range(90))
        if day.weekday() in (1, 3) and day not in CALENDAR.off
    ]
    assert planned[: len(wanted)] == wanted
    assert len(planned) == len(set(planned))


def test_planning_twice_adds_nothing(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(), clock.now())
    before = days(store)
    with store.write() as session:
        assert plan_due(session, clock.now(), SETTINGS) == 0
    assert days(store) == before


def test_a_changed_line_is_planned_anew_from_now_and_what_was_asked_stays(
    store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        asked = session.scalars(select(Expectation).order_by(Expectation.day)).first()
        assert asked is not None
        asked.state, asked.ask_at = "asked", None
    clock.move_to(datetime.combine(date(2026, 9, 2), time(8), LA))
    with store.write() as session:
        line = session.scalars(select(ServiceLine)).one()
        line.frequency = _friday(line.frequency)
        replan_line(session, line, clock.now(), SETTINGS)
    planned = days(store)
    assert planned[0] == date(2026, 9, 1)
    assert {day.weekday() for day in planned[1:]} == {4}


def _friday(_old: object) -> dict[str, object]:
    from assistant.schedule.jsonable import frequency_to_json
    from tests.support.family import slots

    return frequency_to_json(slots((4, 9, 0)))


def test_a_line_without_consent_is_kept_and_never_planned(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        line = session.scalars(select(ServiceLine)).one()
        line.consented = False
        replan_line(session, line, clock.now(), SETTINGS)
    assert days(store) == []


def test_who_agrees_after_they_left_is_greeted_about_nobody(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now(), SETTINGS)
        person = session.scalars(select(Caregiver)).first()
        assert person is not None
        session.execute(delete(Guardianship))
        before = session.scalars(select(func.count()).select_from(OutgoingMessage)).one()
        for channel in ("email", "sms"):
            greet(session, person, channel, clock.now(), SETTINGS)
        assert session.scalars(select(func.count()).select_from(OutgoingMessage)).one() == before
