"""Statuses in every order, repeated, unknown, before the create is answered: the same row. And polling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.clock import VirtualClock
from assistant.store import Caregiver, OutgoingMessage, StatusEvent, Store
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
REPLY = ("reply", "")  # the answer to the create, which takes the text
UNKNOWN, STRANGE = ("no such status", ""), ("of a name that nobody knows", "")
SENT, DELIVERED, LOST = ("sent", ""), ("delivered", ""), ("undelivered", "30008")
ON_THE_WAY = (("queued", ""), ("sending", ""), SENT, UNKNOWN, STRANGE, REPLY)
AT_ONCE = ("reply", "30006")  # taken and given up in one answer
GIVEN_UP = (("queued", ""), ("undelivered", "30006"), ("undelivered", "30006"))


def on_its_way(outbox: Outbox) -> Claimed:
    outbox.queue(outbox.person())
    with outbox.store.write() as session:
        (row,) = claim(session, START, outbox.settings, Channels(outbox.text, outbox.email)).out
    return row


class OneTransaction(Store):
    """All its transactions are savepoints of one session's, so that what was tried can be taken back."""

    session: Session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self.session.begin_nested():
            yield self.session


class _TakenBackError(Exception):
    pass


@dataclass
class Walk:
    """Every order of the events of one text, as a tree whose branches meet.

    Wherever the same events have happened, in whatever order, everything is the same; so each set of events
    is gone on from once, and all orders are tried by trying every event after every set.
    """

    store: OneTransaction
    outbox: Outbox
    text: Claimed
    events: tuple[tuple[str, str], ...]
    found: dict[frozenset[int], dict[str, object]] = field(default_factory=dict)

    def go(self, done: frozenset[int] = frozenset()) -> None:
        for number in set(range(len(self.events))) - done:
            after = done | {number}
            with suppress(_TakenBackError), self.store.write():
                self._happens(*self.events[number])
                now, new = self._now(), after not in self.found
                assert self.found.setdefault(after, now) == now, [self.events[one] for one in after]
                if new:
                    self.go(after)
                raise _TakenBackError

    def _happens(self, status: str, code: str) -> None:
        session = self.store.session
        if status == "reply":
            receipt = Receipt("sent", SID)
            if code:
                receipt = Receipt("failed", SID, code, effect="landline", status="undelivered")
            record(self.store, self.outbox.clock, self.outbox.settings, [Result(self.text, receipt)])
        elif (status, code) == STRANGE:
            note_status(session, "SM" + "00" * 16, "", "delivered", "", START)
        else:
            note_status(session, SID, self.text.reference, status, code, START)

    def _now(self) -> dict[str, object]:
        """The row, its person, what is kept, and whether the text is to be repeated."""
        session = self.store.session
        session.flush()
        session.expire_all()
        row = session.get_one(OutgoingMessage, self.text.id)
        again = select(OutgoingMessage.id).where(
            OutgoingMessage.again_of == row.id, OutgoingMessage.state == "queued"
        )
        kept = session.execute(select(StatusEvent.provider_id, StatusEvent.status, StatusEvent.error_code))
        return {
            **{column.key: getattr(row, column.key) for column in row.__table__.columns},
            "texts": session.get_one(Caregiver, row.caregiver_id).texts,
            "kept": sorted(map(tuple, kept)),
            "again": len(session.scalars(again).all()),
        }


@pytest.mark.parametrize(
    ("events", "ends"),
    [
        ((*ON_THE_WAY[:3], UNKNOWN, DELIVERED, REPLY), ("delivered", "delivered", "", "in", 0)),
        ((*ON_THE_WAY[:3], LOST, LOST, REPLY), ("failed", "undelivered", "30008", "in", 1)),
        pytest.param(
            (*ON_THE_WAY, DELIVERED, DELIVERED),
            ("delivered", "delivered", "", "in", 0),
            marks=pytest.mark.long,
        ),
        pytest.param(
            (*ON_THE_WAY, LOST, LOST), ("failed", "undelivered", "30008", "in", 1), marks=pytest.mark.long
        ),
        pytest.param(
            (*ON_THE_WAY, LOST, DELIVERED), ("delivered", "delivered", "", "in", 0), marks=pytest.mark.long
        ),
        ((SENT, LOST, LOST, DELIVERED, ("read", ""), REPLY), ("delivered", "read", "", "in", 0)),
        ((*GIVEN_UP, UNKNOWN, STRANGE, AT_ONCE), ("failed", "undelivered", "30006", "none", 0)),
    ],
    ids=[
        *("delivered", "lost", "delivered, all", "lost, all", "lost and then delivered, all"),
        *("lost and then read", "given up at once"),
    ],
)
def test_every_order_ends_in_the_same_row(
    store: Store, events: tuple[tuple[str, str], ...], ends: tuple[object, ...]
) -> None:
    """Six events have 720 orders, eight 40,320."""
    outbox, _ = noting(store)
    text = on_its_way(outbox)
    one = OneTransaction(store.engine)
    with store.write() as session:
        one.session = session
        walk = Walk(one, outbox, text, events)
        walk.go()
        session.rollback()
    assert len(walk.found) == 2 ** len(events) - 1
    last = walk.found[frozenset(range(len(events)))]
    assert (last["state"], last["provider_status"], last["error_code"], last["texts"], last["again"]) == ends
    assert (last["provider_id"], last["next_at"]) == (SID, None)
    told = {(SID, *event) for event in events if event[0] != "reply" and event != STRANGE}
    if AT_ONCE in events:
        told.add((SID, "undelivered", "30006"))
    if STRANGE in events:
        told.add(("SM" + "00" * 16, "delivered", ""))
    assert set(last["kept"]) == told, "each is kept, once"  # type: ignore[call-overload]
    assert len(last["kept"]) == len(told)  # type: ignore[arg-type]


def test_two_answers_that_gave_a_text_up_count_as_two_days(store: Store) -> None:
    """What was taken and given up in one answer is a report like any other."""
    outbox, channel = noting(store)
    person = outbox.person()
    for day in range(2):
        assert outbox.texts(person) == "in"
        channel.answers.append(Receipt("failed", f"SM{day:032x}", "30005", status="failed"))
        outbox.clock.move_to(START + timedelta(days=day))
        outbox.queue(person, hours=5)
        outbox.go()
    assert outbox.texts(person) == "none"


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
