"""The pace that all workers share; who goes first; the limit of a day; a provider that is slow or gone."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from assistant.clock import VirtualClock, monotonic
from assistant.config import Jobs, Sms, Smtp, Twilio
from assistant.store import Caregiver, OutgoingMessage, Sender, Store
from messages.channels import smtp_email
from messages.channels.sandbox import SandboxEmail
from messages.channels.smtp_email import SmtpEmail
from messages.channels.twilio_client import CONNECT_SECONDS, TwilioClient
from messages.channels.types import Email, Receipt
from messages.deliver import Channels, deliver
from messages.delivery import send
from messages.delivery.record import backoff
from messages.delivery.types import SEND_WINDOW_SECONDS
from messages.outbox import enqueue_text, text_row
from messages.templates import Rendered
from tests.support.fake_twilio import FakeTwilio
from tests.support.mail_server import ScriptedServer
from tests.support.outbox import START, Noted, Outbox, noting, settings_for

LA = ZoneInfo("America/Los_Angeles")


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=VirtualClock(START)) as server:
        yield server


def paced(store: Store, **sms: object) -> tuple[Outbox, Noted]:
    wanted = {"segments_per_second": 1.0, **sms}
    settings = settings_for(sms=Sms.model_validate(wanted))
    return noting(store, settings.model_copy(update={"jobs": Jobs(tick_seconds=1, connections=1)}))


def test_a_crowd_leaves_at_the_senders_pace_and_the_oldest_first(store: Store) -> None:
    outbox, channel = paced(store)
    people = outbox.people_with_texts(90)
    for _ in range(2 * 90):
        outbox.go(wait=timedelta(seconds=0.5))
    phones = [text.to for _, text in channel.taken]
    assert phones == list(people.values()), "each once, in the order in which they were queued"
    moments = [at for at, _ in channel.taken]
    for first, eleventh in zip(moments, moments[10:], strict=False):
        assert eleventh - first >= timedelta(seconds=9), "never more than one a second"
    assert moments[-1] - START <= timedelta(seconds=91), "and never less"


def test_a_long_text_takes_the_time_of_its_segments(store: Store) -> None:
    outbox, channel = paced(store)
    for _ in range(4):
        outbox.queue(outbox.person(), body="x" * 400)  # three segments
    for _ in range(12):
        outbox.go(wait=timedelta(seconds=1))
    moments = [at for at, _ in channel.taken]
    gaps = [late - early for early, late in itertools.pairwise(moments)]
    assert gaps[1:] == [timedelta(seconds=3)] * 2  # before the first nothing had been used for a second


def test_an_answer_overtakes_the_questions_that_wait(store: Store) -> None:
    outbox, channel = paced(store)
    outbox.people_with_texts(30)
    outbox.go()
    person = outbox.person()
    outbox.queue(person, kind="confirm", body="Thank you.")
    for _ in range(3):
        outbox.go(wait=timedelta(seconds=1))
    bodies = [text.body for _, text in channel.taken]
    assert bodies.index("Thank you.") <= 3
    for _ in range(40):
        outbox.go(wait=timedelta(seconds=1))
    questions = [text.to for _, text in channel.taken if text.body != "Thank you."]
    assert len(questions) == 30
    assert questions == sorted(questions), "and those it overtook keep their places"


def test_workers_share_one_pace_and_no_text_goes_twice(each_store: Store) -> None:
    outbox, channel = noting(each_store)
    people = outbox.people_with_texts(60)
    settings = outbox.settings.model_copy(update={"jobs": Jobs(batch=7, connections=2)})
    channels = Channels(channel, SandboxEmail())

    def work() -> None:
        while deliver(each_store, outbox.clock, settings, channels):
            pass

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(text.to for _, text in channel.taken) == sorted(people.values())
    # The same three at a pace of one a second and no time gone by: one tick's worth leaves, in all.
    slow = settings.model_copy(update={"sms": Sms(segments_per_second=1.0), "jobs": Jobs(tick_seconds=2)})
    with each_store.write() as session:
        session.get_one(Sender, "sms").ready_at = None
    outbox.people_with_texts(30)
    before = len(channel.taken)
    for _ in range(3):
        deliver(each_store, outbox.clock, slow, channels)
    assert len(channel.taken) - before == 3


def test_the_limit_of_a_day_stops_everything_until_midnight(store: Store) -> None:
    outbox, channel = noting(store, settings_for(sms=Sms(segments_per_second=1000, daily_limit=5)))
    for _ in range(8):
        outbox.queue(outbox.person(), hours=48)
    outbox.go()
    assert len(channel.taken) == 5
    assert outbox.alerts() == {("daily_limit", "sms"): 1}
    duty = outbox.queue(outbox.person(), kind="help")
    outbox.go(wait=timedelta(minutes=1))
    assert outbox.row(duty).state == "sent", "the answer to HELP is a duty"
    outbox.go_until(datetime(2026, 9, 2, 8, 59, tzinfo=LA))
    assert len(channel.taken) == 6
    outbox.go_until(datetime(2026, 9, 2, 10, 0, tzinfo=LA))
    assert len(channel.taken) == 9
    assert outbox.alerts() == {}


def test_a_number_of_another_country_is_refused_when_claimed(store: Store) -> None:
    outbox, channel = noting(store)
    row = outbox.queue(outbox.person())
    with store.write() as session:
        session.get_one(OutgoingMessage, row).to_address = "+18765550101"  # Jamaica
    outbox.go()
    assert (outbox.row(row).state, channel.taken) == ("dropped", [])
    assert outbox.why("message_dropped") == ["not a number of the countries that are texted"]


@pytest.mark.parametrize(
    "phone", ["+18765550101", "+18095550101", "+442079460101", "+5215555550101", "+1415"]
)
def test_a_number_of_another_country_is_not_even_queued(store: Store, phone: str) -> None:
    """Jamaica and the Dominican Republic have +1, too; Britain and Mexico do not; the last is no number."""
    outbox, channel = noting(store)
    number = outbox.person()
    words = Rendered(body="Did it happen?", subject="", key="question_one", version=1)
    with store.write() as session:
        person = session.get_one(Caregiver, number)
        about: tuple[int, ...] = (1,)
        settings, now = outbox.settings, outbox.clock.now()
        assert enqueue_text(session, person, "new_address", words, "code:1", now, settings, to=phone) is None
        person.phone = phone
        assert enqueue_text(session, person, "question", words, "question:1", now, settings) is None
        assert text_row(person, "question", words, "q", now, now, settings, about, None) is None
    outbox.go()
    assert outbox.rows() == []
    assert channel.taken == []


def test_nothing_leaves_at_night_and_what_lost_its_sense_is_dropped_with_a_record(store: Store) -> None:
    """The worker is away from 15:00 to 23:00."""
    outbox, channel = noting(store)
    outbox.clock.move_to(datetime(2026, 9, 1, 15, 0, tzinfo=LA))
    stale = outbox.queue(outbox.person(), hours=5)
    held = outbox.queue(outbox.person(), kind="confirm", hours=None)
    outbox.clock.move_to(datetime(2026, 9, 1, 23, 0, tzinfo=LA))
    outbox.go()
    assert channel.taken == []
    assert outbox.row(stale).state == "dropped"
    assert outbox.why("message_dropped") == ["waited past its sense"]
    outbox.go_until(datetime(2026, 9, 2, 10, 0, tzinfo=LA))
    outbox.go()
    assert [text.body for _, text in channel.taken] == [outbox.row(held).body]


@pytest.mark.parametrize(
    ("kind", "hours", "at", "seconds"),
    [
        ("question", 2.0, (15, 0), 2 * 3600),
        ("question", 9.0, (18, 30), 90 * 60),  # the window closes at 20:00
        ("confirm", None, (19, 58), 120),
        ("help", None, (23, 0), None),
    ],
)
def test_a_text_is_valid_no_longer_than_its_sense_and_its_window(
    store: Store, kind: str, hours: float | None, at: tuple[int, int], seconds: int | None
) -> None:
    outbox, channel = noting(store)
    outbox.clock.move_to(datetime(2026, 9, 1, *at, tzinfo=LA))
    outbox.queue(outbox.person(), kind=kind, hours=hours)
    outbox.go()
    assert [text.valid_for_seconds for _, text in channel.taken] == [seconds]


def test_in_the_last_minute_of_the_window_a_text_waits_for_the_next(store: Store) -> None:
    outbox, channel = noting(store)
    outbox.clock.move_to(datetime(2026, 9, 1, 19, 59, 30, tzinfo=LA))
    row = outbox.queue(outbox.person(), kind="confirm", hours=None)
    outbox.go()
    assert channel.taken == []
    leaves = outbox.row(row).next_at
    assert leaves is not None
    assert datetime(2026, 9, 2, 9, 0, tzinfo=LA) <= leaves < datetime(2026, 9, 2, 10, 0, tzinfo=LA)


# A provider in trouble


@pytest.mark.parametrize("refusals", [["429"] * 4, "no connection"])
def test_what_certainly_did_not_arrive_is_tried_again_with_growing_gaps(
    store: Store, fake: FakeTwilio, refusals: list[str] | str
) -> None:
    outbox = Outbox.at(fake, store)
    row = outbox.queue(outbox.person(), hours=5)
    fake.retry_after = "2"
    tries = []
    if refusals == "no connection":
        gone = settings_for(fake)
        gone = gone.model_copy(
            update={"twilio": gone.twilio.model_copy(update={"api_base": "http://127.0.0.1:9"})}
        )
        outbox = Outbox.at(fake, store, gone)
    else:
        fake.next(*refusals)
    for _ in range(4):
        outbox.go()
        tries.append(outbox.clock.now())
        assert outbox.row(row).state == "queued"
        outbox.clock.move_to(outbox.row(row).next_at or START)
    gaps = [late - early for early, late in itertools.pairwise(tries)]
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 2 * gaps[0]
    assert len(fake.sent()) == 0


def test_texts_that_were_refused_together_do_not_come_back_together() -> None:
    later = {backoff("sms", number, 3, Receipt("retry")) for number in range(50)}
    assert len(later) > 40
    assert timedelta(seconds=20) <= min(later)
    assert max(later) <= timedelta(seconds=40)
    asked = backoff("sms", 1, 1, Receipt("retry", retry_after_seconds=90))
    assert asked >= timedelta(seconds=90), "no sooner than the provider asked for"


def test_an_email_is_tried_for_two_days_and_then_given_up(store: Store) -> None:
    class Busy:
        def __init__(self) -> None:
            self.tries: list[datetime] = []

        def send(self, email: Email) -> Receipt:
            self.tries.append(outbox.clock.now())
            return Receipt("retry", code="450", detail="come back later")

    outbox, _ = noting(store)
    outbox.email = Busy()
    row = outbox.queue(outbox.person(), kind="confirm", hours=None)
    with store.write() as session:
        found = session.get_one(OutgoingMessage, row)
        found.channel, found.to_address = "email", "ana@example.org"
    outbox.go_until(START + timedelta(days=4))
    assert outbox.row(row).state == "failed"
    tries = outbox.email.tries
    minutes = [(late - early).total_seconds() / 60 for early, late in itertools.pairwise(tries)]
    for gap, low in zip(minutes, [1, 5, 15, 60, *[240] * 11], strict=True):
        assert low <= gap <= 1.1 * low
    assert timedelta(hours=44) <= tries[-1] - START <= timedelta(hours=50)


def test_one_text_that_hangs_holds_up_no_other(store: Store, fake: FakeTwilio) -> None:
    settings = settings_for(fake, connections=3)
    settings = settings.model_copy(
        update={"twilio": settings.twilio.model_copy(update={"timeout_seconds": 0.5})}
    )
    outbox = Outbox.at(fake, store, settings)
    outbox.people_with_texts(12)
    fake.next("hang-before")
    outbox.go()
    assert sorted(row.state for row in outbox.rows()) == ["sent"] * 11 + ["unsure"]
    fake.released.set()


def test_servers_that_drip_hold_up_nobody_else(
    store: Store, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte at a time, for ever: one text and one e-mail. The other families' go, and the round ends."""
    monkeypatch.setattr(smtp_email, "LONGEST_SECONDS", 0.6)
    settings = settings_for(fake, connections=2)
    settings = settings.model_copy(
        update={"twilio": settings.twilio.model_copy(update={"timeout_seconds": 0.3})}
    )
    outbox = Outbox.at(fake, store, settings)
    outbox.people_with_texts(12)
    mail = outbox.queue(outbox.person(), kind="confirm", hours=None)
    with store.write() as session:
        found = session.get_one(OutgoingMessage, mail)
        found.channel, found.to_address = "email", "ana@example.org"
    fake.next("drip-after")
    with ScriptedServer({"DATA": "drip"}) as server:
        outbox.email = SmtpEmail(Smtp(host="127.0.0.1", port=server.port, tls="none"), outbox.clock)
        start = monotonic()
        outbox.go()
        assert monotonic() - start < 3
    assert sorted(row.state for row in outbox.rows()) == ["sent"] * 11 + ["unsure"]
    assert outbox.row(mail).state == "queued", "nothing was handed over: it is tried again"
    fake.released.set()


def test_a_provider_that_hangs_frees_the_worker_and_the_queue_waits(
    store: Store, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "SEND_WINDOW_SECONDS", 0.4)
    settings = settings_for(fake, connections=2)
    settings = settings.model_copy(
        update={"twilio": settings.twilio.model_copy(update={"timeout_seconds": 0.3})}
    )
    outbox = Outbox.at(fake, store, settings)
    outbox.people_with_texts(40)
    mail = outbox.queue(outbox.person(), kind="confirm", hours=None)
    with store.write() as session:
        found = session.get_one(OutgoingMessage, mail)
        found.channel, found.to_address = "email", "ana@example.org"
    fake.default_mode = "hang-before"
    start = monotonic()
    outbox.go()
    assert monotonic() - start < send.GIVE_UP_SECONDS
    assert outbox.row(mail).state == "sent", "e-mail still goes"
    tried = [row for row in outbox.rows() if row.state == "unsure"]
    assert 2 <= len(tried) <= 4
    assert {(row.state, row.attempts) for row in outbox.rows()} == {("unsure", 1), ("queued", 0)}
    fake.released.set()


def test_no_try_and_no_round_outlasts_35_seconds(fake: FakeTwilio) -> None:
    with pytest.raises(ValidationError):
        Twilio(timeout_seconds=20.1)
    longest = Twilio().timeout_seconds
    assert SEND_WINDOW_SECONDS + CONNECT_SECONDS + longest <= send.GIVE_UP_SECONDS == 35.0
    assert (
        SEND_WINDOW_SECONDS + smtp_email.LONGEST_SECONDS + smtp_email._GOODBYE_SECONDS <= send.GIVE_UP_SECONDS
    )
    http = TwilioClient(settings_for(fake).twilio).get().http_client
    assert http.timeout is not None
    assert {type(one).__name__ for one in http.session.adapters.values()} == {"Bounded"}
