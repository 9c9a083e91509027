"""The table of errors, code by code: what becomes of the text, the number and the channel, and who is told.

The table here is written from the carrier's and Twilio's own pages, not from ours. Texts go to a loopback
Twilio that refuses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import Alert, Caregiver, OutgoingMessage, Store
from messages.alerts import close_alert
from messages.channels.sandbox import SandboxEmail
from messages.channels.twilio_codes import LATE, ON_CREATE
from messages.channels.types import Email, Receipt
from messages.delivery.gate import PROBES
from tests.support.fake_twilio import FakeTwilio
from tests.support.outbox import START, Outbox

HALTED = ("send_halted", "sms")


@dataclass(frozen=True)
class End:
    """How a text ends, and its number; `alert`: the kind that opens; `repeated`: a second row waits."""

    state: str
    texts: str = "in"
    alert: str = ""
    repeated: bool = False


STOPS_ALL = End("queued", alert="send_halted")
KEPT = End("queued")
DOUBT = End("unsure")
LOST = End("failed")
OUR_FAULT = End("failed", alert="send_failed")
DEAD = End("failed", "none", "number_dead")
OUT = End("failed", "out")

CREATE = {
    **dict.fromkeys((20003, 20004, 20005, 20006, 20008, 20404, 21212, 21601, 21603, 21606, 21609), STOPS_ALL),
    **dict.fromkeys((21659, 21660, 21661, 21701, 21702, 21703, 21704, 21705), STOPS_ALL),
    **dict.fromkeys((20429, 21611), KEPT),
    **dict.fromkeys((20500, 20503), DOUBT),
    **dict.fromkeys((21211, 21217, 21265, 21614), DEAD),
    21604: End("failed", "none", "number_dead send_failed"),
    21610: OUT,
    **dict.fromkeys((21408, 21602, 21608, 21612, 21617, 21618, 21619, 21620), OUR_FAULT),
    **dict.fromkeys((35114, 35115, 35116, 35117, 35118), OUR_FAULT),
    29999: End("failed", alert="unknown_code"),
}
AGAIN = End("failed", repeated=True)
REPORTED = {
    **dict.fromkeys((30001, 30003, 30008, 30017, 30022, 63018), AGAIN),
    **dict.fromkeys((30002, 30024, 30032, 30033, 30034, 30035), End("failed", "in", "send_halted", True)),
    **dict.fromkeys((30023, 30027), End("failed", "in", "carrier_daily_limit", True)),
    **dict.fromkeys((30004, 21610), OUT),
    30005: LOST,  # the first time
    **dict.fromkeys((30006, 21614), DEAD),
    30007: LOST,  # the first time
    30036: AGAIN,
    **dict.fromkeys((30010, 30018, 30450, 30610, 30640), OUR_FAULT),
    39999: End("failed", alert="unknown_code"),
}


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=VirtualClock(START)) as server:
        yield server


@pytest.fixture
def outbox(fake: FakeTwilio, store: Store) -> Outbox:
    return Outbox.at(fake, store)


def test_every_code_of_our_table_has_a_row_here() -> None:
    assert set(ON_CREATE) <= set(CREATE)
    assert set(LATE) <= set(REPORTED)


@pytest.mark.parametrize("code", sorted(CREATE))
def test_a_create_that_is_refused(outbox: Outbox, fake: FakeTwilio, code: int) -> None:
    wanted = CREATE[code]
    person, others = outbox.person(), [outbox.person() for _ in range(3)]
    first = outbox.queue(person)
    for other in others:
        outbox.queue(other)
    fake.refuse(phone(outbox, first), code)
    outbox.go()
    row = outbox.row(first)
    assert (row.state, outbox.texts(person)) == (wanted.state, wanted.texts)
    assert row.attempts == (0 if wanted is STOPS_ALL else 1)
    assert {kind for kind, _ in outbox.alerts()} == set(wanted.alert.split())
    assert all(count == 1 for count in outbox.alerts().values())
    # One refused create says nothing about the others, unless it is us who may not send.
    assert len(fake.attempts) == (1 if wanted is STOPS_ALL else 4)
    assert row.body not in (row.error, str(outbox.why("send_failed")))


@pytest.mark.parametrize("code", sorted(REPORTED))
def test_a_text_that_is_reported_as_lost(outbox: Outbox, fake: FakeTwilio, code: int) -> None:
    wanted = REPORTED[code]
    person = outbox.person()
    # Of sense until the evening after next, so that the next day is not too late.
    first = outbox.queue(person, hours=60)
    outbox.go()
    outbox.says(first, "undelivered", str(code))
    row = outbox.row(first)
    assert (row.state, row.error_code, outbox.texts(person)) == (wanted.state, str(code), wanted.texts)
    assert {kind for kind, _ in outbox.alerts()} == set(wanted.alert.split())
    later = outbox.rows()[1:]
    assert [one.again_of for one in later] == ([first] if wanted.repeated else [])
    outbox.go()
    assert len(fake.sent()) == 1, "nothing is sent again at once"


def phone(outbox: Outbox, row: int) -> str:
    return outbox.row(row).to_address


def test_a_halt_stops_the_channel_and_ends_by_itself(outbox: Outbox, fake: FakeTwilio) -> None:
    people = [outbox.person() for _ in range(6)]
    rows = [outbox.queue(one) for one in people]
    fake.refuse(phone(outbox, rows[0]), 20003)
    outbox.go()
    assert len(fake.attempts) == 1
    for expected in (2, 3):  # the probes: one message each, after a growing wait
        outbox.go(wait=PROBES[expected - 2])
        outbox.go()
        assert len(fake.attempts) == expected
    assert outbox.alerts() == {HALTED: 3}
    fake.refuse(phone(outbox, rows[0]), 0)  # mended
    outbox.go(wait=PROBES[2])
    outbox.go()
    assert outbox.alerts() == {}
    assert {outbox.row(row).state for row in rows} == {"sent"}
    assert len(fake.sent()) == 6


def test_what_waits_for_a_halt_past_its_sense_is_dropped_with_a_record(
    outbox: Outbox, fake: FakeTwilio
) -> None:
    row = outbox.queue(outbox.person(), hours=1)
    fake.refuse(phone(outbox, row), 20003)
    outbox.go_until(START + timedelta(hours=2))
    fake.refuse(phone(outbox, row), 0)
    outbox.go()
    assert outbox.row(row).state == "dropped"
    assert outbox.why("message_dropped") == ["waited past its sense"]
    assert fake.sent() == []


def test_a_sender_that_is_not_registered_is_not_believed_until_a_text_arrives(
    outbox: Outbox, fake: FakeTwilio
) -> None:
    """Twilio takes such texts and fails them later: that it takes one proves nothing."""
    people = [outbox.person() for _ in range(3)]
    rows = [outbox.queue(one) for one in people]
    outbox.go()
    outbox.says(rows[0], "failed", "30034")
    waiting = [outbox.queue(one) for one in people]
    outbox.go()
    assert len(fake.sent()) == 3
    outbox.go(wait=PROBES[0])
    assert len(fake.sent()) == 4
    outbox.go(wait=timedelta(seconds=10))
    assert len(fake.sent()) == 4
    assert HALTED in outbox.alerts()
    probe = next(
        row
        for row in [*waiting, *(one.id for one in outbox.rows())]
        if outbox.row(row).next_at and outbox.row(row).state == "sent" and row not in rows
    )
    outbox.says(probe, "delivered")
    outbox.go()
    assert outbox.alerts() == {}
    assert len(fake.sent()) == 3 + 3 + 1, "the rest, and the one that had failed once more"


@pytest.mark.parametrize(("code", "days"), [("30003", 3), ("30005", 2)])
def test_a_number_is_dead_after_as_many_different_days(outbox: Outbox, code: str, days: int) -> None:
    person = outbox.person()
    for day in range(days):
        assert outbox.texts(person) == "in"
        for _ in range(2 if day == 0 else 1):  # twice a day counts once
            row = outbox.queue(person, hours=5)
            outbox.go()
            outbox.says(row, "undelivered", code)
        if day < days - 1:
            outbox.clock.move_to(outbox.clock.now() + timedelta(days=1))
    assert outbox.texts(person) == "none"
    assert list(outbox.alerts()) == [("number_dead", f"caregiver {person}")]
    assert outbox.why("number_dead") == ["number_invalid"]
    assert [mail.caregiver_id for mail in outbox.rows(kind="number_dead")] == [person]


def test_a_text_that_arrives_in_between_starts_the_count_anew(outbox: Outbox) -> None:
    person = outbox.person()
    for status in ("undelivered", "delivered", "undelivered"):
        row = outbox.queue(person, hours=5)
        outbox.go()
        outbox.says(row, status, "30005" if status == "undelivered" else "")
        outbox.clock.move_to(outbox.clock.now() + timedelta(days=1))
    assert outbox.texts(person) == "in"


def test_news_about_a_number_that_has_texted_us_since_is_old(outbox: Outbox) -> None:
    person = outbox.person()
    row = outbox.queue(person)
    outbox.go()
    outbox.clock.move_to(outbox.clock.now() + timedelta(minutes=5))
    with outbox.store.write() as session:
        session.get_one(Caregiver, person).heard_at = outbox.clock.now()
    outbox.says(row, "undelivered", "30006")
    assert outbox.texts(person) == "in"


def test_a_template_that_is_filtered_stops_and_staff_resume_it(outbox: Outbox, fake: FakeTwilio) -> None:
    people = [outbox.person() for _ in range(4)]
    for one in people[:3]:
        row = outbox.queue(one, hours=30)
        outbox.go()
        outbox.says(row, "undelivered", "30007")
    assert outbox.alerts() == {("template_paused", "question_one"): 1}
    held, other = outbox.queue(people[3], hours=30), outbox.queue(people[3], template="reminder_one")
    outbox.go()
    assert (outbox.row(held).state, outbox.row(other).state) == ("queued", "sent")
    with outbox.store.write() as session:
        close_alert(session, "template_paused", outbox.clock.now(), subject="question_one", by="staff 1")
    outbox.go(wait=timedelta(minutes=15))
    assert outbox.row(held).state == "sent"
    outbox.says(held, "undelivered", "30007")
    assert outbox.alerts() == {}, "one after staff looked is no three"


def test_two_filtered_of_many_stop_a_template_by_their_share(outbox: Outbox) -> None:
    people = [outbox.person() for _ in range(120)]
    rows = [outbox.queue(one) for one in people]
    outbox.go()
    for row in rows[:2]:
        outbox.says(row, "undelivered", "30007")
    assert outbox.alerts() == {}, "two of 120 are less than 2 percent"
    again = [outbox.queue(one, template="reminder_one") for one in people[:50]]
    outbox.go()
    for row in again[:2]:
        outbox.says(row, "undelivered", "30007")
    assert outbox.alerts() == {("template_paused", "reminder_one"): 1}


def test_a_text_that_got_lost_is_repeated_once_and_not_when_it_arrives_after_all(
    outbox: Outbox, fake: FakeTwilio
) -> None:
    lost, late, short = (outbox.queue(outbox.person(), hours=hours) for hours in (6, 6, 0.9))
    outbox.go()
    for row in (lost, late, short):
        outbox.says(row, "undelivered", "30008")
    assert len(outbox.rows()) == 5, "the third would come too late"
    outbox.says(late, "delivered")
    outbox.go(wait=timedelta(minutes=59))
    assert len(fake.sent()) == 3
    outbox.go(wait=timedelta(minutes=1))
    assert len(fake.sent()) == 4
    repeated = next(one for one in outbox.rows() if one.again_of == lost)
    outbox.says(repeated.id, "undelivered", "30008")
    outbox.go(wait=timedelta(hours=2))
    assert len(fake.sent()) == 4, "once"
    assert outbox.row(lost).state == "failed"
    assert outbox.row(late).state == "delivered"
    assert outbox.why("not_sent_again") == ["waited past its sense", "tried often enough"]


@pytest.mark.parametrize("code", ["30023", "30027"])
def test_the_daily_limit_of_a_carrier_holds_the_sender_until_its_midnight(
    outbox: Outbox, fake: FakeTwilio, code: str
) -> None:
    row = outbox.queue(outbox.person(), hours=40)
    outbox.go()
    outbox.says(row, "undelivered", code)
    assert outbox.alerts() == {("carrier_daily_limit", code): 1}
    other, short = outbox.queue(outbox.person(), hours=40), outbox.queue(outbox.person(), hours=3)
    duty = outbox.queue(outbox.person(), kind="help", hours=None)
    outbox.go_until(START + timedelta(hours=12, minutes=59))  # a minute to midnight in Los Angeles
    assert (outbox.row(other).state, outbox.row(short).state) == ("queued", "dropped")
    assert outbox.row(duty).state == "sent", "the answer to HELP is a duty"
    assert len(fake.sent()) == 2
    outbox.go_until(START + timedelta(hours=22, minutes=15))  # nine in the morning, and what spreads it
    outbox.go()
    assert len(fake.sent()) == 4
    assert outbox.row(other).state == "sent"
    assert outbox.alerts() == {}


def test_a_daily_limit_of_yesterday_holds_nothing_today(outbox: Outbox, fake: FakeTwilio) -> None:
    row = outbox.queue(outbox.person(), hours=40)
    outbox.go()
    outbox.clock.move_to(START + timedelta(hours=23))
    outbox.says(row, "undelivered", "30023")
    other = outbox.queue(outbox.person())
    outbox.go()
    assert outbox.row(other).state == "sent"


def test_an_unknown_code_is_told_of_once_also_after_somebody_closed_it(outbox: Outbox) -> None:
    for _ in range(2):
        row = outbox.queue(outbox.person())
        outbox.go()
        outbox.says(row, "undelivered", "39999")
        with outbox.store.write() as session:
            close_alert(session, "unknown_code", outbox.clock.now(), subject="39999", by="staff 1")
    with outbox.store.read() as session:
        assert len(session.scalars(select(Alert)).all()) == 1


def test_email_that_is_halted_does_not_hold_up_texts(outbox: Outbox, fake: FakeTwilio) -> None:
    class Locked:
        tries = 0

        def send(self, email: Email) -> Receipt:
            self.tries += 1
            return Receipt("halt", code="535", detail="the mail server refused our name and password")

    outbox.email = server = Locked()
    for _ in range(5):
        row = outbox.queue(outbox.person(), kind="confirm", hours=None)
        with outbox.store.write() as session:
            found = session.get_one(OutgoingMessage, row)
            found.channel, found.to_address = "email", "ana@example.org"
    outbox.people_with_texts(5)
    outbox.go()
    assert (server.tries, len(fake.sent())) == (1, 5)
    assert outbox.alerts() == {("send_halted", "email"): 1}
    outbox.email = SandboxEmail()  # mended
    outbox.go(wait=PROBES[0])
    outbox.go()
    assert {mail.state for mail in outbox.rows(kind="confirm")} == {"sent"}


def test_a_provider_that_gives_no_answer_again_and_again_is_only_probed(
    outbox: Outbox, fake: FakeTwilio
) -> None:
    outbox.people_with_texts(30)
    fake.default_mode = "500-before"
    outbox.go()
    assert len(fake.attempts) == 5
    outbox.go(wait=timedelta(seconds=30))
    assert len(fake.attempts) == 5, "no other is tried before the first probe"
    assert outbox.alerts()[HALTED] >= 1
    fake.default_mode = "ok"
    outbox.go_until(START + timedelta(minutes=20))
    assert {row.state for row in outbox.rows()} == {"sent"}
    assert len(fake.sent()) == 30
    assert outbox.alerts() == {}


def test_a_refusal_of_one_text_shows_that_the_channel_works_but_only_one_from_after_the_halt(
    outbox: Outbox, fake: FakeTwilio
) -> None:
    rows = [outbox.queue(outbox.person()) for _ in range(3)]
    for row in rows:
        fake.refuse(phone(outbox, row), 21614)
    fake.refuse(phone(outbox, rows[0]), 20003)
    outbox.go()
    assert HALTED in outbox.alerts()
    fake.refuse(phone(outbox, rows[0]), 21614)
    outbox.go(wait=PROBES[0])
    assert HALTED not in outbox.alerts()
    assert outbox.row(rows[0]).state == "failed"
