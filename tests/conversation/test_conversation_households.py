"""Two who care for one child, and one who cares for two: who is asked, whose answer counts, what is kept."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.inbound import Arrival, receive, take
from assistant.evidence.ledger import ledger_of
from assistant.families.household import ask_whom, leave
from assistant.families.types import NewCaregiver
from assistant.store import Caregiver, Child, LogEntry, OutgoingMessage, Store
from jobs.tick import run_pass
from tests.support.family import OT, PHONE, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk

BEN = "+14155550102"


def ben(language: str = "en", **changes: object) -> NewCaregiver:
    fields = {"phone": BEN, "email": None, "mails": False, **changes}
    return caregiver("es" if language == "es" else "en", **fields)  # type: ignore[arg-type]  # names as given


@pytest.fixture
def home(store: Store, clock: VirtualClock) -> tuple[Talk, Talk]:
    """Ana and Ben, who are asked together about Leo's speech."""
    with store.write() as session:
        child = registered(session, family(caregiver(), ben(), services=(SPEECH,)), clock.now())
        ask_whom(session, child, "together", clock.now(), "test")
    return Talk(store, clock, PHONE), Talk(store, clock, BEN)


def to(store: Store, phone: str) -> list[str]:
    with store.read() as session:
        rows = session.scalars(
            select(OutgoingMessage)
            .where(OutgoingMessage.to_address == phone, OutgoingMessage.state == "sent")
            .order_by(OutgoingMessage.id)
        )
        return [row.body for row in rows]


def test_both_are_asked_and_the_first_answer_counts(store: Store, home: tuple[Talk, Talk]) -> None:
    ana, ben_ = home
    ana.until_asked()
    assert "did speech happen" in to(store, PHONE)[-1]
    assert "did speech happen" in to(store, BEN)[-1]
    ana.say("2 the therapist was out")
    replies = ben_.say("1")
    assert [kind(one) for one in ana.log()] == [("answer", "missed"), ("second", "held")]
    assert "Someone told us before: speech" in replies[-1]
    assert "provider out" in replies[-1]
    assert PHONE not in replies[-1]
    with store.read() as session:
        [ledger] = [ledger_of(session, one.service_line_id or 0, ana.clock.now()) for one in ana.log()[:1]]
        assert (ledger.school, ledger.held) == (30, 0)


def kind(entry: LogEntry) -> tuple[str, str]:
    return entry.kind, entry.outcome


def test_the_same_answer_twice_is_no_matter_to_talk_about(home: tuple[Talk, Talk]) -> None:
    ana, ben_ = home
    ana.until_asked()
    ana.say("1")
    assert "Logged: speech" in ben_.say("yes she had it")[-1]
    assert [kind(one) for one in ana.log()] == [("answer", "held"), ("second", "held")]


def test_not_sure_is_no_first_answer(home: tuple[Talk, Talk]) -> None:
    ana, ben_ = home
    ana.until_asked()
    ana.say("3")
    ben_.say("no, she told me nobody came")
    assert [kind(one) for one in ana.log()] == [("answer", "unknown"), ("answer", "missed")]
    assert ana.log()[1].supersedes == 1


def test_each_corrects_only_what_they_said(home: tuple[Talk, Talk]) -> None:
    ana, ben_ = home
    ana.until_asked()
    ana.say("2")
    ben_.say("1")
    ben_.say("fix it was no")
    ana.say("fix 15 min")
    assert [(one.kind, one.outcome, one.supersedes) for one in ana.log()] == [
        ("answer", "missed", None),
        ("second", "held", None),
        ("second", "missed", 2),
        ("answer", "partial", 1),
    ]


def test_a_reminder_is_not_sent_to_who_was_overtaken(store: Store, home: tuple[Talk, Talk]) -> None:
    ana, _ = home
    ana.until_asked()
    ana.say("1")
    asked = len(to(store, BEN))
    ana.until(ana.clock.now() + timedelta(hours=30))
    assert len(to(store, BEN)) == asked


def test_own_language_and_own_hours(store: Store, clock: VirtualClock) -> None:
    late = replace(ben("es"), quiet_end=time(18, 0))
    with store.write() as session:
        child = registered(session, family(caregiver(), late, services=(SPEECH,)), clock.now())
        ask_whom(session, child, "together", clock.now(), "test")
    ana = Talk(store, clock, PHONE)
    ana.until_asked()
    assert to(store, BEN)[1:] == []  # welcomed, and not asked before his hours
    ana.until(clock.now().replace(hour=23, minute=59) + timedelta(hours=2))
    assert "¿hubo speech hoy" in to(store, BEN)[-1]


def test_what_waits_for_the_hours_of_one_is_taken_back_when_the_other_answers(
    store: Store, clock: VirtualClock
) -> None:
    late = replace(ben(), quiet_end=time(18, 0))
    with store.write() as session:
        child = registered(session, family(caregiver(), late, services=(SPEECH,)), clock.now())
        ask_whom(session, child, "together", clock.now(), "test")
    ana = Talk(store, clock, PHONE)
    ana.until_asked()
    ana.say("1")
    ana.until(clock.now() + timedelta(hours=20))
    assert not [body for body in to(store, BEN) if "happen" in body]


def test_by_turns(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        child = registered(session, family(caregiver(), ben(), services=(SPEECH,)), clock.now())
        ask_whom(session, child, "turns", clock.now(), "test")
    ana, ben_ = Talk(store, clock, PHONE), Talk(store, clock, BEN)
    turns = []
    for talk in itertools.islice(itertools.cycle((ana, ben_)), 4):
        before = len(to(store, PHONE)), len(to(store, BEN))
        talk.until_asked()
        after = len(to(store, PHONE)), len(to(store, BEN))
        turns.append((after[0] - before[0], after[1] - before[1]))
        talk.say("1")
    asked = [body for body in to(store, PHONE) if "did speech happen" in body]
    assert len(asked) == len([body for body in to(store, BEN) if "did speech happen" in body]) == 2
    assert [one.caregiver_id for one in ana.log()] == [1, 2, 1, 2]


def test_when_one_stops_the_other_is_still_asked(store: Store, home: tuple[Talk, Talk]) -> None:
    ana, ben_ = home
    ana.until_asked()
    ana.say("STOP")
    ben_.say("1")
    ben_.until_asked()
    assert sum("did speech happen" in body for body in to(store, BEN)) == 2
    assert sum("did speech happen" in body for body in to(store, PHONE)) == 1


def test_one_leaves_in_the_middle_and_the_other_may_still_answer(
    store: Store, home: tuple[Talk, Talk]
) -> None:
    ana, ben_ = home
    ana.until_asked()
    with store.write() as session:
        person = session.scalars(select(Caregiver).where(Caregiver.phone == PHONE)).one()
        leave(session, person, session.scalars(select(Child)).one(), ana.clock.now())
        assert (person.texts, person.mails) == ("out", "out")
    run_pass(store, ana.clock, SETTINGS, CHANNELS)
    assert ana.log() == []
    ben_.say("2")
    assert [kind(one) for one in ben_.log()] == [("answer", "missed")]


def test_when_both_are_silent_it_is_unanswered_once(home: tuple[Talk, Talk]) -> None:
    ana, _ = home
    ana.until_asked()
    ana.until(ana.clock.now() + timedelta(hours=49))
    assert [kind(one) for one in ana.log()] == [("answer", "unanswered")]


def test_two_answers_at_the_same_moment_are_a_first_and_a_second(
    each_store: Store, clock: VirtualClock
) -> None:
    with each_store.write() as session:
        child = registered(session, family(caregiver(), ben(), services=(SPEECH,)), clock.now())
        ask_whom(session, child, "together", clock.now(), "test")
    ana = Talk(each_store, clock, PHONE)
    ana.until_asked()
    clock.move_to(clock.now() + timedelta(minutes=5))
    texts = []
    for number, (phone, words) in enumerate(((PHONE, "1"), (BEN, "2"))):
        with each_store.write() as session:
            arrival = Arrival(f"SM{number}", "sms", phone, "", words, clock.now())
            texts.append(receive(session, arrival))
    ready = threading.Barrier(2)

    def read(number: int | None) -> None:
        assert number is not None
        with each_store.write() as session:
            # On PostgreSQL both have begun before either has read anything of the log.
            if not each_store.sqlite:
                session.execute(select(1))
                ready.wait(timeout=20)
            take(session, number, clock.now(), SETTINGS)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(read, texts))
    assert sorted(one.kind for one in ana.log()) == ["answer", "second"]
    assert [one.supersedes for one in ana.log()] == [None, None]


def test_two_children_on_one_phone(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now())
        registered(
            session,
            family(caregiver(mails=False, email=None), services=(SPEECH, OT), nickname="Mia"),
            clock.now(),
        )
    ana = Talk(store, clock, PHONE)
    asked = ana.until_asked()
    assert "Leo" in asked
    assert "Mia" in asked
    assert ana.say("no speech")[-1].startswith("Sorry, I did not get that")
    ana.say("leo yes, mia no the therapist was out")
    with store.read() as session:
        said = {session.get_one(Child, one.child_id).nickname: (one.outcome, one.cause) for one in ana.log()}
    assert said == {"Leo": ("held", None), "Mia": ("missed", "provider_absent")}
