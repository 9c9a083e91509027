"""Our state and the carrier's in every order: nobody who stopped is texted, nobody is lost unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.serve import Program
from assistant.store import Caregiver, Consent, InboundText, LogEntry
from jobs.tick import run_pass
from messages.delivery.status import note_status
from tests.conversation.conftest import PUBLIC, go_on
from tests.support.examples import EVERYTHING
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import PHONE, SPEECH, caregiver, family, registered
from tests.support.mail_server import Inbox
from tests.support.stores import bring_back, snapshot

STOPS = ("STOP", "CANCEL", "stop texting me please")
STARTS = ("START", "JOIN")
EVENTS = (*STOPS, *STARTS, "YES", "ask")


class RewoundClock(VirtualClock):
    """A clock that can be set back to a moment that is brought back."""

    def back_to(self, moment: datetime) -> None:
        self._now = moment


@pytest.fixture
def clock() -> RewoundClock:
    return RewoundClock(datetime(2026, 9, 1, 15, 0, tzinfo=UTC))


def begin(program: Program, clock: VirtualClock) -> None:
    with program.store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now(), program.settings)
    run_pass(program.store, clock, program.settings, program.channels)


def ask(program: Program, clock: VirtualClock, fake: FakeTwilio) -> None:
    """Live on for three days: questions, reminders, whatever is due."""
    until = clock.now() + timedelta(days=3)
    while clock.now() < until:
        go_on(program, clock)


def say(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, words: str, **more: object
) -> None:
    clock.move_to(clock.now() + timedelta(minutes=7))
    fake.text(f"{site}/twilio/sms", PHONE, words, signed_as=f"{PUBLIC}/twilio/sms", **more)  # type: ignore[arg-type]  # as text() takes them
    run_pass(program.store, clock, program.settings, program.channels)


def state(program: Program) -> str:
    with program.store.read() as session:
        return session.scalars(select(Caregiver.texts)).one()


def flags(program: Program) -> list[str]:
    with program.store.read() as session:
        return [
            text.flag for text in session.scalars(select(InboundText).order_by(InboundText.id)) if text.flag
        ]


@dataclass
class Life:
    """One person's life up to here; `kept` brings everything back to a moment in it."""

    program: Program
    clock: RewoundClock
    fake: FakeTwilio
    site: str
    stopped: bool = False
    blocked: bool = False

    @contextmanager
    def kept(self) -> Iterator[Callable[[], None]]:
        """What brings this moment back: the database, the clock, whom the carrier blocks."""
        now, stopped, blocked = self.clock.now(), self.stopped, self.blocked
        known = len(self.fake.messages)
        with closing(snapshot(self.program.store)) as saved:

            def back() -> None:
                bring_back(self.program.store, saved)
                self.clock.back_to(now)
                self.stopped, self.blocked = stopped, blocked
                self.fake.rewind(known)
                (self.fake.opt_out if blocked else self.fake.opt_in)(PHONE)

            yield back

    def then(self, event: str, order: tuple[str, ...] = ()) -> None:
        """The event happens, and our state and the carrier's are what they should be."""
        taken = len(self.fake.sent(to=PHONE))
        if event == "ask":
            ask(self.program, self.clock, self.fake)
        else:
            say(self.program, self.clock, self.fake, self.site, event)
        was = self.stopped
        if event in ("STOP", "CANCEL", "START", "YES"):  # the carrier's own words
            self.blocked = event in STOPS
        if event in STOPS or event == "START":
            self.stopped = event in STOPS
        elif event == "JOIN":
            self.stopped = (
                self.blocked
            )  # our word, not the carrier's: it still refuses, and our state follows
        texts = [one.body for one in self.fake.sent(to=PHONE)[taken:]]
        assert (state(self.program) == "out") == self.stopped, (order, event)
        if self.stopped:
            # The carrier answers its own words; plain words get the one answer of ours.
            ours = event == "stop texting me please" and not was
            assert len(texts) == int(ours and not self.blocked), (order, event, texts)
        assert self.blocked == (PHONE in self.fake.opted_out)
        assert self.stopped or not self.blocked

    def every_order(self, order: tuple[str, ...]) -> int:
        """Live every order of three events with a stop in it that begins with `order`. Returns how many."""
        if len(order) == 3:
            return 1
        lived = 0
        with self.kept() as back:
            for event in EVENTS:
                longer = (*order, event)
                if len(longer) == 3 and not set(longer) & set(STOPS):
                    continue
                back()
                self.then(event, order)
                lived += self.every_order(longer)
        return lived


@pytest.mark.parametrize("first", EVENTS if EVERYTHING else EVENTS[::2])
@pytest.mark.long
def test_every_order_of_three_events(
    program: Program, clock: RewoundClock, fake: FakeTwilio, site: str, first: str
) -> None:
    """After a plain START; where orders part, the moment is brought back instead of lived again."""
    begin(program, clock)
    life = Life(program, clock, fake, site)
    life.then("START")
    life.then(first)
    assert life.every_order((first,)) == (49 if first in STOPS else 49 - 16)


def test_a_join_that_the_carrier_does_not_know_is_seen_by_a_person_and_answered_by_mail(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, inbox: Inbox
) -> None:
    begin(program, clock)
    say(program, clock, fake, site, "STOP")
    say(program, clock, fake, site, "JOIN")
    assert state(program) == "out"
    assert flags(program) == ["carrier_blocks"]
    run_pass(program.store, clock, program.settings, program.channels)
    assert "START" in str(inbox.envelopes[-1].content)
    say(program, clock, fake, site, "START")
    assert state(program) == "in"


@pytest.mark.parametrize("word", ["CANCEL", "END", "cancel", "Cancel."])
def test_cancel_said_to_a_question_never_loses_a_parent_unseen(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, word: str
) -> None:
    begin(program, clock)
    while not any("did speech happen" in one.body for one in fake.sent(to=PHONE)):
        go_on(program, clock)
    say(program, clock, fake, site, word)
    assert state(program) == "out"
    assert "cancel" in flags(program)
    say(program, clock, fake, site, "START")
    assert state(program) == "in"
    say(program, clock, fake, site, "2")
    with program.store.read() as session:
        assert [entry.outcome for entry in session.scalars(select(LogEntry))] == ["missed"]


def test_yes_to_a_question_is_an_answer_also_when_the_carrier_calls_it_an_opt_in(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    begin(program, clock)
    while not any("did speech happen" in one.body for one in fake.sent(to=PHONE)):
        go_on(program, clock)
    say(program, clock, fake, site, "YES", more=[("OptOutType", "START")])
    with program.store.read() as session:
        assert [entry.outcome for entry in session.scalars(select(LogEntry))] == ["held"]


def test_yes_does_not_undo_a_stop_and_a_person_sees_it(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    begin(program, clock)
    say(program, clock, fake, site, "STOP")
    say(program, clock, fake, site, "YES", more=[("OptOutType", "START")])
    assert state(program) == "out"
    assert flags(program) == ["yes_after_stop"]


@pytest.mark.parametrize("word", ["Alto ya", "salir", "STOP"])
def test_what_the_carrier_was_told_to_stop_on_stops_us(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, word: str
) -> None:
    """Advanced opt-out has words of its own; `OptOutType` says what the carrier did."""
    begin(program, clock)
    sent = len(fake.sent(to=PHONE))
    say(program, clock, fake, site, word, more=[("OptOutType", "STOP")])
    assert state(program) == "out"
    assert len(fake.sent(to=PHONE)) == sent


def test_a_lost_stop_is_learnt_from_the_carriers_refusal(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    begin(program, clock)
    known = len(fake.messages)
    say(program, clock, fake, site, "STOP", deliver=False)
    fake.rewind(known)  # not in the list either: a carrier that blocks by itself, below Twilio
    assert state(program) == "in"
    ask(program, clock, fake)
    assert state(program) == "out"
    with program.store.read() as session:
        proof = session.scalars(select(Consent).order_by(Consent.id.desc())).first()
        assert proof is not None
        assert (proof.act, proof.method, proof.wording) == (
            "withdrawn",
            "carrier",
            "error 21610 from the carrier",
        )
    say(program, clock, fake, site, "START")
    assert state(program) == "in"


def test_an_old_refusal_does_not_stop_who_came_back(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    begin(program, clock)
    while not any("did speech happen" in one.body for one in fake.sent(to=PHONE)):
        go_on(program, clock)
    question = fake.sent(to=PHONE)[-1]
    say(program, clock, fake, site, "STOP")
    say(program, clock, fake, site, "START")
    with program.store.write() as session:
        note_status(session, question.sid, question.reference, "undelivered", "21610", clock.now())
    assert state(program) == "in"
