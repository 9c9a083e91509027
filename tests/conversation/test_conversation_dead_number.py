"""A number that takes no texts: nobody is called silent who was not asked; somebody else is asked instead."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.families.consent import opt_in
from assistant.store import Alert, Caregiver, LogEntry, OutgoingMessage, Store
from messages.delivery.status import note_status
from tests.support.family import PHONE, SPEECH, caregiver, family, registered
from tests.support.talk import Talk

OTHER = "+14155550102"


def number_fails(talk: Talk) -> None:
    """The question to the first phone comes back as undeliverable: a landline."""
    with talk.store.write() as session:
        question = session.scalars(
            select(OutgoingMessage).where(
                OutgoingMessage.kind == "question", OutgoingMessage.to_address == PHONE
            )
        ).one()
        note_status(session, question.provider_id or "", "", "undelivered", "30006", talk.clock.now())


def test_the_second_contact_is_asked_about_the_same_session(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        people = (caregiver(mails=False), caregiver(phone=OTHER, email="ben@example.org", mails=False))
        registered(session, family(*people, services=(SPEECH,)), clock.now())
    first, second = Talk(store, clock), Talk(store, clock, OTHER)
    asked = first.until_asked()
    assert [body for body in second.texts() if body == asked] == []
    number_fails(first)
    came = second.until(clock.now() + timedelta(minutes=5))
    assert came == [asked]
    second.say("1")
    with store.read() as session:
        entries = session.scalars(select(LogEntry)).all()
        assert [(one.outcome, one.kind) for one in entries] == [("held", "answer")]
        alerts = session.scalars(select(Alert.kind).where(Alert.closed_at.is_(None))).all()
        assert alerts == ["number_dead"]


def test_who_is_alone_is_asked_by_email_and_a_new_yes_closes_the_alert(
    store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now())
    talk = Talk(store, clock)
    talk.until_asked()
    number_fails(talk)
    talk.until(clock.now() + timedelta(minutes=5))
    with store.read() as session:
        mails = session.scalars(
            select(OutgoingMessage).where(
                OutgoingMessage.kind == "question", OutgoingMessage.channel == "email"
            )
        ).all()
        assert len(mails) == 1
        kinds = session.scalars(select(OutgoingMessage.kind).where(OutgoingMessage.channel == "email")).all()
        assert "number_dead" in kinds
        assert session.scalars(select(LogEntry)).all() == []
    with store.write() as session:
        opt_in(session, session.scalars(select(Caregiver)).one(), "sms", "text", "JOIN", clock.now())
        assert session.scalars(select(Alert.kind).where(Alert.closed_at.is_(None))).all() == []
