"""Make-ups: offered, declined, promised, given; a credit beside the miss, never an edit of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.evidence.export import as_json
from assistant.evidence.file import verify
from assistant.evidence.ledger import Ledger, ledger_of
from assistant.evidence.make_ups import MakeUpError, Source, make_up, short_of
from assistant.store import Expectation, MakeUp, ServiceLine, Store
from assistant.words import Knows
from tests.support.family import LA, OT, SPEECH, family, registered
from tests.support.talk import Talk


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 9, day, hour, tzinfo=LA)


@pytest.fixture
def missed(store: Store, clock: VirtualClock) -> Talk:
    """Leo's speech was missed on the first and, after fifteen minutes, ended on the third."""
    with store.write() as session:
        registered(session, family(services=(SPEECH, OT)), clock.now())
    talk = Talk(store, clock)
    talk.until(at(1, 16))
    talk.say("no, she was out sick")
    talk.until(at(2, 13))
    talk.say("yes")
    talk.until(at(3, 16))
    talk.say("only 15 min")
    return talk


def ledger(talk: Talk) -> Ledger:
    with talk.store.read() as session:
        line = session.scalars(select(ServiceLine).where(ServiceLine.alias == "speech")).one()
        return ledger_of(session, line.id, talk.clock.now())


def misses(talk: Talk, *days: int) -> list[int]:
    with talk.store.read() as session:
        return [
            session.scalars(
                select(Expectation.id).where(
                    Expectation.day == date(2026, 9, day),
                    Expectation.form == "slot",
                    Expectation.due_minutes == 30,
                )
            ).first()
            or 0
            for day in days
        ]


def act(
    talk: Talk, what: str, days: tuple[int, ...] = (1,), on: int | None = None, minutes: int | None = None
) -> None:
    numbers = misses(talk, *days)
    with talk.store.write() as session:
        make_up(
            session,
            what,  # type: ignore[arg-type]
            [session.get_one(Expectation, number) for number in numbers],
            talk.clock.now(),
            minutes=minutes,
            on=date(2026, 9, on) if on else None,
            source=Source(Knows.SCHOOL_WROTE, "We will make it up."),
        )


def test_what_was_given_is_a_credit_and_the_day_stays_missed(missed: Talk) -> None:
    before = ledger(missed)
    act(missed, "given", (1,), on=3)
    after = ledger(missed)
    assert (before.school, before.made_up, before.of_all_percent) == (45, 0, 75)
    assert (after.school, after.held, after.made_up, after.of_all_percent) == (45, 15, 30, 25)
    entry = missed.log()[-1]
    assert (entry.kind, entry.outcome, entry.cause, entry.words) == (
        "make_up",
        "missed",
        "provider_absent",
        "We will make it up.",
    )
    assert entry.content["make_up"] == {"act": "given", "minutes": 30, "day": "2026-09-03", "miss": 1}
    assert entry.supersedes is None


def test_a_promise_is_asked_about_on_its_day_and_pays_when_it_is_kept(missed: Talk) -> None:
    act(missed, "promised", (1, 3), on=11, minutes=45)
    assert ledger(missed).made_up == 0
    missed.until(at(8, 16))
    missed.say("yes")
    missed.until(at(9, 13))
    missed.say("yes")
    missed.until(at(10, 16))
    missed.say("yes")
    (question,) = missed.until(at(11, 17))
    assert (
        question == "Leo: did the make-up for speech happen today (Fri 9/11)? Text 1 yes, 2 no, 3 not sure."
    )
    assert missed.say("yes") == ["Logged: speech make-up Fri 9/11: yes. Wrong? Text FIX within 7 days."]
    found = ledger(missed)
    assert (found.school, found.made_up, found.of_all_percent) == (45, 45, 0)
    assert found.expected == 120  # the make-up was not due: it repays
    with missed.store.read() as session:
        row = session.scalars(select(MakeUp)).one()
        assert (row.state, [one.minutes for one in row.repays]) == ("given", [30, 15])


def test_a_promise_that_is_not_kept_pays_nothing_and_a_fix_can_change_that(missed: Talk) -> None:
    act(missed, "promised", (1,), on=4)
    missed.until(at(4, 17))
    missed.say("no")
    with missed.store.read() as session:
        assert session.scalars(select(MakeUp.state)).one() == "not_given"
    assert ledger(missed).made_up == 0
    missed.say("FIX yes")
    with missed.store.read() as session:
        assert session.scalars(select(MakeUp.state)).one() == "given"
    assert ledger(missed).made_up == 30


def test_part_of_a_promise_pays_a_part(missed: Talk) -> None:
    act(missed, "promised", (1,), on=4)
    missed.until(at(4, 17))
    missed.say("only 20 min")
    assert ledger(missed).made_up == 20


def test_offered_and_declined_are_kept_and_change_no_minutes(missed: Talk) -> None:
    before = ledger(missed)
    act(missed, "offered")
    act(missed, "declined")
    assert ledger(missed) == before
    acts = [entry.content["make_up"]["act"] for entry in missed.log() if entry.kind == "make_up"]
    assert acts == ["offered", "declined"]
    with missed.store.read() as session:
        assert verify(as_json(session, 1, missed.clock.now())).intact


def test_minutes_beyond_the_miss_repay_nothing_else(missed: Talk) -> None:
    act(missed, "given", (1,), on=3, minutes=60)
    found = ledger(missed)
    assert (found.made_up, found.school) == (30, 45)  # Thursday's fifteen minutes stay short


def test_the_ledger_of_an_earlier_day_knows_no_later_make_up(missed: Talk) -> None:
    then = missed.clock.now()
    missed.until(at(7, 12))
    act(missed, "given", (1,), on=4)
    with missed.store.read() as session:
        line = session.scalars(select(ServiceLine).where(ServiceLine.alias == "speech")).one()
        assert ledger_of(session, line.id, then).made_up == 0
        assert ledger_of(session, line.id, missed.clock.now()).made_up == 30


def test_what_cannot_be_made_up_is_refused(missed: Talk) -> None:
    with pytest.raises(MakeUpError, match="needs its day"):
        act(missed, "promised")
    with pytest.raises(MakeUpError, match="2026-09-01 is over"):
        act(missed, "promised", on=1)
    with pytest.raises(MakeUpError, match="something of each is still missing"):
        act(missed, "offered", (2,))  # Wednesday's OT was held
    act(missed, "given", (1,), on=3)
    with pytest.raises(MakeUpError, match="something of each is still missing"):
        act(missed, "given", (1,), on=3)
    with missed.store.write() as session:
        both = [session.get_one(Expectation, number) for number in misses(missed, 1, 2)]
        with pytest.raises(MakeUpError, match="of one service"):
            make_up(session, "offered", both, missed.clock.now())
        assert short_of(session, both[1]) == 0
