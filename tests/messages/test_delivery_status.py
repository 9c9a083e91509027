"""Statuses in every order, repeated, unknown, before the create is answered: the same row. And polling."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import OutgoingMessage, StatusEvent, Store
from jobs.kinds import due_kinds
from jobs.tick import next_due
from messages.channels.types import Receipt
from messages.delivery.claim import claim
from messages.delivery.record import record
from messages.delivery.status import note_status
from messages.delivery.types import Channels, Claimed, Result
from tests.support.fake_twilio import FakeTwilio
from tests.support.outbox import START, Noted, Outbox, noting

SID = "SM" + "7c" * 16
REPLY = ("reply", "")  # the answer to the create
DELIVERED = (("queued", ""), ("sending", ""), ("sent", ""), ("delivered", ""), REPLY)
LOST = (("queued", ""), ("sent", ""), ("undelivered", "30003"), REPLY)
BOTH = (("undelivered", "30008"), ("delivered", ""), ("read", ""), REPLY)
NOISE = (("sent", ""), ("sent", ""), ("delivered", ""), ("no such status", ""), REPLY)


def on_its_way(outbox: Outbox) -> Claimed:
    outbox.queue(outbox.person())
    with outbox.store.write() as session:
        (row,) = claim(session, START, outbox.settings, Channels(outbox.text, outbox.email)).out
    return row


@pytest.mark.parametrize(
    ("events", "state", "status", "code"),
    [
        (DELIVERED, "delivered", "delivered", ""),
        (LOST, "failed", "undelivered", "30003"),
        (BOTH, "delivered", "read", ""),
        (NOISE, "delivered", "delivered", ""),
    ],
    ids=["delivered", "lost", "lost and then delivered", "repeated and unknown"],
)
def test_every_order_ends_in_the_same_row(
    store: Store, events: tuple[tuple[str, str], ...], state: str, status: str, code: str
) -> None:
    outbox, _ = noting(store)
    orders = sorted(set(itertools.permutations(events)))
    outbox.people_with_texts(len(orders))
    with store.write() as session:
        rows = claim(session, START, outbox.settings, Channels(outbox.text, outbox.email)).out
    for row, order in zip(rows, orders, strict=True):
        sid = f"SM{row.id:032x}"
        for event in order:
            if event == REPLY:
                record(store, outbox.clock, outbox.settings, [Result(row, Receipt("sent", sid))])
                continue
            with store.write() as session:
                note_status(session, sid, row.reference, *event, outbox.clock.now())
        found = outbox.row(row.id)
        ended = (found.state, found.provider_status, found.error_code, found.provider_id, found.next_at)
        assert ended == (state, status, code, sid, None), order


def test_a_status_for_a_name_that_nobody_knows_is_kept_and_moves_nothing(store: Store) -> None:
    outbox, _ = noting(store)
    row = on_its_way(outbox)
    record(store, outbox.clock, outbox.settings, [Result(row, Receipt("sent", SID))])
    for name, reference in (("SM" + "00" * 16, ""), ("SM" + "01" * 16, row.reference)):
        with store.write() as session:
            note_status(session, name, reference, "undelivered", "30003", outbox.clock.now())
    assert (outbox.row(row.id).state, outbox.row(row.id).provider_id) == ("sent", SID)
    with store.read() as session:
        assert len(session.scalars(select(StatusEvent)).all()) == 2


def test_stop_on_the_way_and_then_a_status(store: Store) -> None:
    """What was posted before STOP took it back did leave, whoever tells of it first."""
    outbox, _ = noting(store)
    for first in ("reply", "sent"):
        row = on_its_way(outbox)
        sid = f"SM{row.id:032x}"
        with store.write() as session:
            session.get_one(OutgoingMessage, row.id).state = "dropped"
        for event in (first, "sent", "reply"):
            if event == "reply":
                record(store, outbox.clock, outbox.settings, [Result(row, Receipt("sent", sid))])
            else:
                with store.write() as session:
                    note_status(session, sid, row.reference, event, "", outbox.clock.now())
        assert outbox.row(row.id).state == "sent"


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=VirtualClock(START)) as server:
        yield server


def test_what_nobody_calls_back_about_is_asked_for(store: Store, fake: FakeTwilio) -> None:
    outbox = Outbox.at(fake, store)
    arrived, lost, silent = (outbox.queue(outbox.person()) for _ in range(3))
    outbox.go()
    fake.progress(outbox.row(arrived).provider_id or "", "delivered")
    fake.progress(outbox.row(lost).provider_id or "", "undelivered", 30006)
    fake.progress(outbox.row(silent).provider_id or "", "sent")
    with store.read() as session:  # one process and many workers both see that there is something to do
        assert next_due(session) == START + timedelta(minutes=10)
        assert due_kinds(session, START + timedelta(minutes=10), 200, 4) == {"reconcile": 1}
    outbox.go(wait=timedelta(minutes=9, seconds=59))
    assert {outbox.row(row).state for row in (arrived, lost, silent)} == {"sent"}
    outbox.go(wait=timedelta(seconds=1))
    assert [outbox.row(row).state for row in (arrived, lost, silent)] == ["delivered", "failed", "sent"]
    assert outbox.texts(outbox.row(lost).caregiver_id) == "none"
    assert outbox.row(silent).next_at == START + timedelta(hours=24), "the carrier has it; ask once a day"
    outbox.go_until(START + timedelta(days=4))
    assert (outbox.row(silent).state, outbox.row(silent).next_at) == ("sent", None), "asked enough"


def test_a_provider_that_cannot_be_asked_is_asked_later(store: Store, fake: FakeTwilio) -> None:
    outbox = Outbox.at(fake, store)
    rows = [outbox.queue(outbox.person()) for _ in range(3)]
    outbox.go()
    for row in rows:
        fake.progress(outbox.row(row).provider_id or "", "delivered")
    fake.next_list("503-before")
    outbox.go(wait=timedelta(minutes=10))
    assert {outbox.row(row).state for row in rows} == {"sent"}, "one failure ends the round"
    outbox.go(wait=timedelta(minutes=5))
    assert {outbox.row(row).state for row in rows} == {"delivered"}


def test_a_name_that_the_provider_does_not_know_is_not_asked_for_again(store: Store) -> None:
    outbox, channel = noting(store)
    assert isinstance(channel, Noted)
    row = outbox.queue(outbox.person())
    outbox.go()
    outbox.go(wait=timedelta(minutes=10))
    assert (outbox.row(row).state, outbox.row(row).next_at) == ("sent", None)
