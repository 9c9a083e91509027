"""Retention: words go after their time, evidence never does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.config import ConfigError, Settings, load
from assistant.evidence.export import as_json
from assistant.families.sign_in import new_link
from assistant.operations import forget
from assistant.store import (
    Alert,
    Attachment,
    Caregiver,
    Consent,
    Fact,
    InboundText,
    LogEntry,
    Media,
    OutgoingMessage,
    SignIn,
    StatusEvent,
    Store,
)
from jobs import housekeeping
from messages.alerts import close_alert, raise_alert
from tests.support.family import SETTINGS, SPEECH, family, registered
from tests.support.talk import Talk


@pytest.fixture
def old(each_store: Store, clock: VirtualClock) -> Talk:
    """A question, its answer with a picture, a link, a report and two alerts of one day."""
    with each_store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        housekeeping.begin(session, clock.now())
    talk = Talk(each_store, clock)
    talk.until_asked()
    talk.say("no, Mrs. Quillby was out")
    with each_store.write() as session:
        person, now = session.scalars(select(Caregiver)).one(), clock.now()
        assert new_link(session, SETTINGS, now, caregiver=person) is not None
        session.add(StatusEvent(provider_id="SM1", status="delivered", at=now))
        raise_alert(session, "outbox_old", now)
        raise_alert(session, "chain_broken", now)
        close_alert(session, "outbox_old", now)
        session.add(Media(inbound_id=1, position=0, state="kept", data=b"picture", kept_at=now))
        session.add(Attachment(message_id=1, name="a", content_type="b", data=b"paper"))
    return talk


def night(talk: Talk, days: int, settings: Settings = SETTINGS) -> None:
    """So many days later, everything that is to be forgotten by then."""
    talk.clock.move_to(talk.clock.now() + timedelta(days=days))
    for _ in range(50):
        with talk.store.write() as session:
            fact = session.get(Fact, forget.KEY)
            if fact is not None and fact.until is not None and fact.until > talk.clock.now():
                return
            forget.forget_due(session, talk.clock.now(), settings)
    raise AssertionError("it never comes to an end")


def count(store: Store, table: type, *where: object) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0  # type: ignore[arg-type]


def test_two_stages_and_the_evidence_stays(old: Talk) -> None:
    store = old.store
    with store.read() as session:
        as_of = old.clock.now()
        before, consents = as_json(session, 1, as_of), count(store, Consent)
    night(old, 100)
    assert count(store, InboundText, InboundText.body != "") == 1, "nothing is old yet"
    assert count(store, StatusEvent) == count(store, SignIn) == 1
    night(old, 100)
    assert count(store, StatusEvent) == count(store, SignIn) == 0
    assert count(store, Alert) == 1, "what is open waits for a person"
    assert count(store, InboundText, InboundText.body != "") == 1
    night(old, 1000)
    assert count(store, InboundText, InboundText.body != "") == 0
    assert count(store, OutgoingMessage, OutgoingMessage.body != "") == 0
    assert count(store, Attachment) == count(store, Media, Media.data.is_not(None)) == 0
    assert count(store, OutgoingMessage) > 0, "when and how they were asked stays"
    assert count(store, Consent) == consents
    with store.read() as session:
        assert session.scalars(select(LogEntry.words)).one() == "no, Mrs. Quillby was out"
        assert as_json(session, 1, as_of) == before, "the same evidence, byte for byte"


def test_young_words_are_not_touched_when_old_ones_go(old: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forget, "ROWS", 2)
    old.clock.move_to(old.clock.now() + timedelta(days=1090))
    with old.store.write() as session:
        for number in range(5):
            session.add(
                InboundText(
                    provider_id=f"SMyoung{number}", channel="sms", from_address="+14155550101", to_address="",
                    body="young", received_at=old.clock.now(), handled_at=old.clock.now(),
                )
            )  # fmt: skip
    night(old, 30)
    assert count(old.store, InboundText, InboundText.body == "young") == 5
    assert count(old.store, InboundText, InboundText.body == "") == 1
    night(old, 1095)
    assert count(old.store, InboundText, InboundText.body != "") == 0


def test_never_means_never(old: Talk) -> None:
    ever = Settings.model_validate(
        {
            "retention": {"words_days": 0, "pictures_days": 0, "rows_days": 0},
        }
    )
    night(old, 10_000, ever)
    assert count(old.store, InboundText, InboundText.body != "") == 1
    assert count(old.store, StatusEvent) == count(old.store, SignIn) == 1


def test_too_short_a_time_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        load(environ={"ASSISTANT_RETENTION_WORDS_DAYS": "30"})
    assert refused.value.problems == [
        "environment: retention.words_days: expected 0 (for ever) or at least 90 days"
    ]
