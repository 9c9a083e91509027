"""Alarms in simulated time: each fires when it should, not before, and is over when its cause is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.operations.alarms import judge
from assistant.operations.vitals import DUE, vitals
from assistant.store import Alert, Caregiver, OutgoingMessage, Question, Store
from jobs import housekeeping
from jobs.tick import run_pass
from jobs.timetable import TIMETABLE
from messages.alerts import open_alerts
from tests.support.family import SPEECH, family, registered
from tests.support.talk import CHANNELS, Talk
from tests.web.pages_support import TWILIO

QUARTER = timedelta(minutes=15)


@pytest.fixture
def home(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        housekeeping.begin(session, clock.now())
    return Talk(store, clock)


def beat(home: Talk, settings: Settings = TWILIO) -> set[str]:
    """One pass; the alerts that are open after it. The channels stay the sandbox's: nothing leaves."""
    run_pass(home.store, home.clock, settings, CHANNELS)
    with home.store.read() as session:
        return {alert.kind for alert in open_alerts(session)}


def ever(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(Alert.kind)))


def alarms(store: Store, now: datetime) -> dict[str, dict[str, Any]]:
    with store.read() as session:
        return {one.kind: one.detail for one in judge(vitals(session, now, TWILIO), TWILIO.ops)}


def test_every_job_has_its_lag() -> None:
    jobs = {entry.name: (entry.column, entry.when) for entry in TIMETABLE if not entry.about_us}
    for name, (column, when) in jobs.items():
        assert name in DUE
        assert DUE[name][0] is column
        assert str(DUE[name][1]) == str(when)


def test_a_starved_worker_is_an_alarm_for_the_pages_and_in_the_end_for_itself(home: Talk) -> None:
    home.until_asked()  # a Tuesday, a quarter past three in Los Angeles
    home.clock.move_to(home.clock.now() + QUARTER)
    assert beat(home) == set()
    home.clock.move_to(home.clock.now() + timedelta(minutes=14))
    assert alarms(home.store, home.clock.now()) == {}
    home.clock.move_to(home.clock.now() + timedelta(hours=50))  # nobody beats: Thursday's question is due
    found = alarms(home.store, home.clock.now())
    assert found["worker_behind"]["last_pass_minutes"] == 50 * 60 + 14
    assert found["worker_behind"]["job"] == "remind", "the oldest that waits, a day after the question"
    assert beat(home) >= {"worker_behind"}, "said before it has caught up"
    home.clock.move_to(home.clock.now() + QUARTER)
    assert beat(home) == set(), "over, and it stays in the table"
    assert ever(home.store) == {"worker_behind"}


def test_a_backlog_that_does_not_leave_is_an_alarm(home: Talk) -> None:
    beat(home)
    home.until_asked()
    with home.store.write() as session:
        row = session.scalars(select(OutgoingMessage)).first()
        assert row is not None
        row.state, row.next_at = "queued", home.clock.now()
    assert alarms(home.store, home.clock.now() + QUARTER) == {}
    found = alarms(home.store, home.clock.now() + QUARTER + timedelta(minutes=1))
    assert found["outbox_old"] == {"minutes": 16, "messages": 1}


@pytest.mark.parametrize(
    ("delivered", "failed", "silent", "filtered", "kinds"),
    [
        (16, 4, 0, 0, set()),
        (15, 5, 0, 0, {"delivery_low"}),
        (15, 0, 5, 0, {"delivery_low"}),
        (0, 19, 0, 0, set()),  # too few to say
        (98, 0, 0, 2, set()),
        (97, 0, 0, 3, {"texts_filtered"}),
    ],
)
def test_what_the_carriers_report(
    store: Store,
    clock: VirtualClock,
    delivered: int,
    failed: int,
    silent: int,
    filtered: int,
    kinds: set[str],
) -> None:
    then = clock.now() - timedelta(hours=3)
    with store.write() as session:
        registered(session, family(), clock.now())
        person = session.scalars(select(Caregiver.id)).one()
        states = ["delivered"] * delivered + ["failed"] * (failed + filtered) + ["sent"] * silent
        codes = [""] * (delivered + failed) + ["30007"] * filtered + [""] * silent
        for number, (state, code) in enumerate(zip(states, codes, strict=True)):
            session.add(a_text(number, person, state, then, code))
        session.add(a_text(999, person, "sent", clock.now(), ""))  # no report is due yet
    assert set(alarms(store, clock.now())) == kinds


def a_text(number: int, caregiver_id: int, state: str, at: datetime, code: str) -> OutgoingMessage:
    return OutgoingMessage(
        dedupe_key=f"x{number}", reference=f"{number:x}", channel="sms", kind="question", body="?", about=[],
        caregiver_id=caregiver_id, to_address="+14155550101", language="en", template_key="question",
        created_at=at, sent_at=at, state=state, error_code=code,
    )  # fmt: skip


def test_silence_over_two_school_days_is_an_alarm_and_a_weekend_is_none(
    store: Store, clock: VirtualClock
) -> None:
    """Three questions on a Thursday and a Friday; nobody writes."""
    thursday = datetime(2026, 9, 3, 22, 0, tzinfo=clock.now().tzinfo)
    with store.write() as session:
        registered(session, family(), clock.now())
        person = session.scalars(select(Caregiver.id)).one()
        for moment in (thursday, thursday + timedelta(hours=1), thursday + timedelta(days=1)):
            session.add(
                Question(
                    caregiver_id=person, channel="sms", state="closed", asked_at=moment, spoken_at=moment,
                    close_at=moment + timedelta(days=2), turn=0,
                )
            )  # fmt: skip
    fired = [
        hour
        for hour in range(0, 24 * 14, 6)
        if "no_replies" in alarms(store, thursday + timedelta(hours=hour))
    ]
    assert fired[0] == 48, "on Saturday at three, local: two days after Thursday's first question"
    assert fired[-1] < 14 * 24
    talk = Talk(store, clock)
    clock.move_to(thursday + timedelta(hours=50))
    talk.say("yes", minutes=1)
    assert "no_replies" not in alarms(store, clock.now())


def test_a_fault_in_housekeeping_holds_up_nobody(home: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("Leo's words")

    monkeypatch.setattr("assistant.operations.alarms.raise_alarms", broken)
    assert beat(home) == {"housekeeping_failed"}
    assert "happen" in home.until_asked()


def test_a_day_and_a_night_of_passes_raise_nothing(home: Talk) -> None:
    """Quiet hours, a reminder that waits for the morning, the auditor: nothing of it is an alarm."""
    for _ in range(100):
        home.clock.move_to(home.clock.now() + QUARTER)
        beat(home)
    assert ever(home.store) == set()
