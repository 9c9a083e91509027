"""Signs that more help may be good: seen by the tool or told on the page, raised once, only to one's own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.conversation.marks import act
from assistant.conversation.signals import raised
from assistant.guide.loader import load_guide
from assistant.guide.render import footer_lines
from assistant.store import Child, OutgoingMessage, Signal, Step, StepClock, Store
from jobs.tick import run_pass
from tests.support.family import LA, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk
from tests.web.pages_support import client_of, press, signed_in

ASKED = [one.key for one in load_guide().signals if one.how == "asked"]


@pytest.fixture
def child(store: Store, clock: VirtualClock) -> Child:
    with store.write() as session:
        return registered(session, family(caregiver(), services=(SPEECH,)), clock.now())


def signs(store: Store, child: Child) -> dict[str, str]:
    with store.read() as session:
        return {one.key: one.how for one in raised(session, child.id)}


def missed_for_weeks(store: Store, clock: VirtualClock, settings: Settings = SETTINGS) -> Talk:
    """The records were asked for, and their day went by."""
    talk = Talk(store, clock)
    while clock.now() < datetime.combine(date(2026, 9, 8), time(18), LA):
        if any("happen" in body for body in talk.jump()):
            talk.say("2 she was out")
    with store.write() as session:
        number = session.scalars(select(Step.id).where(Step.key == "document")).one()
        act(session, number, "done", clock.now(), settings, "test")
    return talk


def test_the_check_raises_what_is_ticked_once(store: Store, clock: VirtualClock, child: Child) -> None:
    client = signed_in(store, clock)
    path = f"/family/signals/{child.id}"
    page = client.get(path).get_data(as_text=True)
    assert page.count('type="checkbox"') == len(ASKED)
    for _ in range(2):
        press(client, path, sign=[ASKED[0], ASKED[1], "nothing the guide knows"])
    assert signs(store, child) == {ASKED[0]: "asked", ASKED[1]: "asked"}
    page = client.get(path).get_data(as_text=True)
    assert page.count('type="checkbox"') == len(ASKED) - 2
    assert "You can keep using the steps meanwhile" in page
    assert load_guide().helpers[0].name in page
    assert "Pending expert review" in page


def test_nothing_ticked_changes_nothing(store: Store, clock: VirtualClock, child: Child) -> None:
    client = signed_in(store, clock)
    answer = press(client, f"/family/signals/{child.id}")
    assert answer.status_code == 303
    assert signs(store, child) == {}


def test_another_familys_child_is_not_there(store: Store, clock: VirtualClock, child: Child) -> None:
    with store.write() as session:
        other = registered(
            session,
            family(caregiver(phone="+14155550177", email="b@example.org"), nickname="Max"),
            clock.now(),
        )
    client = signed_in(store, clock)
    assert client.get(f"/family/signals/{other.id}").status_code == 404
    assert press(client, f"/family/signals/{child.id}", f"/family/signals/{other.id}").status_code == 404
    assert client_of(store, clock).get(f"/family/signals/{child.id}").status_code == 404


def test_a_records_request_that_passes_unanswered_is_seen(
    store: Store, clock: VirtualClock, child: Child
) -> None:
    talk = missed_for_weeks(store, clock)
    with store.read() as session:
        due = session.scalars(select(StepClock.due).where(StepClock.name == "records")).one()
    talk.until(datetime.combine(due, time(18), LA))
    assert "records_overdue" not in signs(store, child)
    talk.until(datetime.combine(due + timedelta(1), time(18), LA))
    assert signs(store, child)["records_overdue"] == "known"
    talk.until(datetime.combine(due + timedelta(9), time(18), LA))
    with store.read() as session:
        assert len(session.scalars(select(Signal).where(Signal.key == "records_overdue")).all()) == 1


def mails(store: Store, kind: str) -> list[str]:
    with store.read() as session:
        wanted = OutgoingMessage.kind == kind
        return list(session.scalars(select(OutgoingMessage.body).where(wanted).order_by(OutgoingMessage.id)))


def test_what_was_seen_is_told_once_in_the_weekly_email(
    store: Store, clock: VirtualClock, child: Child
) -> None:
    talk = missed_for_weeks(store, clock)
    talk.until(datetime.combine(date(2026, 10, 6), time(18), LA))
    sign = "The day for the school's records has passed"
    telling = [body for body in mails(store, "summary") if sign in body]
    assert len(telling) == 1
    assert "You can keep using the steps" in telling[0]
    assert load_guide().helpers[0].page in telling[0]
    for line in footer_lines(load_guide(), "en", date(2026, 10, 6)):
        assert line in telling[0]


def test_without_weekly_emails_it_is_told_by_one_of_its_own(
    store: Store, clock: VirtualClock, child: Child
) -> None:
    settings = SETTINGS.model_copy(
        update={"summaries": SETTINGS.summaries.model_copy(update={"weekly": False})}
    )
    missed_for_weeks(store, clock)
    with store.write() as session:
        due = session.scalars(select(StepClock.due).where(StepClock.name == "records")).one()
    clock.move_to(datetime.combine(due + timedelta(1), time(9), LA))
    for _ in range(3):
        run_pass(store, clock, settings, CHANNELS)
    [told] = mails(store, "signals")
    assert "The day for the school's records has passed" in told
    assert "not legal advice" in told
