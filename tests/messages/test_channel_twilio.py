"""The real Twilio client against a loopback server that behaves like the Messages API."""

from __future__ import annotations

import logging
import multiprocessing
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from assistant.clock import SystemClock, VirtualClock, monotonic
from assistant.config import Twilio
from messages.channels.twilio_sms import TwilioSms
from messages.channels.types import CannotAskError, Receipt, Text
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_wire import Mode

PHONE = "+14155550123"
PUBLIC = "https://iep.example.org"
START = datetime(2026, 9, 1, 22, 0, tzinfo=UTC)


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=VirtualClock(START)) as server:
        yield server


def settings(fake: FakeTwilio, **changes: object) -> Twilio:
    values: dict[str, object] = {
        "account_sid": fake.account.sid,
        "auth_token": fake.account.auth_token,
        "messaging_service_sid": fake.account.messaging_service_sid,
        "api_base": fake.url,
        "timeout_seconds": 5,
    }
    return Twilio.model_validate(values | changes)


def channel(fake: FakeTwilio, public_url: str = PUBLIC, **changes: object) -> TwilioSms:
    return TwilioSms(settings(fake, **changes), public_url, VirtualClock(START))


def text(body: str = "Did Leo have speech today? Reply 1, 2 or 3", to: str = PHONE) -> Text:
    return Text(to, body, "ref-1", 3600)


def test_a_text_goes_out_as_it_was_given(fake: FakeTwilio) -> None:
    receipt = channel(fake).send(text())
    (kept,) = fake.messages
    assert receipt == Receipt("sent", kept.sid, detail="accepted")
    assert dict(kept.form) == {
        "To": PHONE,
        "Body": "Did Leo have speech today? Reply 1, 2 or 3",
        "MessagingServiceSid": fake.account.messaging_service_sid,
        "StatusCallback": f"{PUBLIC}/twilio/status?m=ref-1",
        "ValidityPeriod": "3600",
        "SmartEncoded": "false",
    }
    assert kept.reference == "ref-1"


def test_accents_and_signs_arrive_whole(fake: FakeTwilio) -> None:
    body = "¿Tuvo Leo «habla» hoy? 1 sí & 2 no + 3 no sé 100% 👍"
    assert channel(fake).send(text(body)).state == "sent"
    assert fake.messages[0].body == body


def test_without_a_service_the_number_sends(fake: FakeTwilio) -> None:
    sender = channel(fake, public_url="", messaging_service_sid="", from_number=fake.account.number)
    receipt = sender.send(Text(PHONE, "hello", "ref/2 &x"))
    assert (receipt.state, receipt.detail) == ("sent", "queued")
    form = fake.attempts[0]
    assert form["From"] == fake.account.number
    assert not {"MessagingServiceSid", "StatusCallback", "ValidityPeriod"} & form.keys()


def test_a_reference_is_safe_in_the_callback_address(fake: FakeTwilio) -> None:
    channel(fake).send(Text(PHONE, "hello", "a/b &c=d#e"))
    assert fake.messages[0].reference == "a/b &c=d#e"


@pytest.mark.parametrize(("seconds", "sent"), [(1, "1"), (36_000, "36000"), (999_999, "36000")])
def test_validity_stays_inside_twilios_limits(fake: FakeTwilio, seconds: int, sent: str) -> None:
    assert channel(fake).send(Text(PHONE, "hello", "r", seconds)).state == "sent"
    assert fake.attempts[0]["ValidityPeriod"] == sent


def test_a_body_that_no_utf8_has_fails_before_it_leaves(fake: FakeTwilio) -> None:
    receipt = channel(fake).send(text("half \ud83d"))
    assert (receipt.state, receipt.code) == ("failed", "letters")
    assert fake.attempts == []


@pytest.mark.parametrize("changes", [{"account_sid": ""}, {"auth_token": ""}])
def test_missing_credentials_halt(
    fake: FakeTwilio, changes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account.sid)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", fake.account.auth_token)
    assert channel(fake, **changes).send(text()).state == "halt"
    assert fake.attempts == []


def test_the_client_is_imported_only_when_a_text_goes_out() -> None:
    """The web process and every command would pay 0.3 s for it."""
    script = "import sys, messages.channels.twilio_sms; sys.exit('twilio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=30).returncode == 0


@pytest.mark.parametrize("seconds", [0, -5])
def test_a_text_past_its_time_is_not_sent(fake: FakeTwilio, seconds: int) -> None:
    receipt = channel(fake).send(Text(PHONE, "hello", "r", seconds))
    assert (receipt.state, receipt.code) == ("failed", "expired")
    assert fake.attempts == []


@pytest.mark.parametrize(
    ("to", "state", "code", "effect"),
    [
        ("+15005550001", "failed", "21211", "number_invalid"),
        ("+15005550002", "failed", "21612", None),
        ("+15005550003", "failed", "21408", None),
        ("+15005550004", "failed", "21610", "opted_out"),
        ("+15005550009", "failed", "21614", "landline"),
        ("+525512345678", "failed", "21408", None),
        ("12", "failed", "21211", "number_invalid"),
    ],
)
def test_numbers_that_twilio_refuses(
    fake: FakeTwilio, to: str, state: str, code: str, effect: str | None
) -> None:
    receipt = channel(fake).send(text(to=to))
    assert (receipt.state, receipt.code, receipt.effect) == (state, code, effect)
    assert fake.sent() == []


@pytest.mark.parametrize(
    ("sender", "state", "code"),
    [
        ("+15005550001", "halt", "21212"),
        ("+15005550007", "halt", "21606"),
        ("+15005550008", "retry", "21611"),
        ("+14155550999", "halt", "21606"),
    ],
)
def test_senders_that_twilio_refuses(fake: FakeTwilio, sender: str, state: str, code: str) -> None:
    receipt = channel(fake, messaging_service_sid="", from_number=sender).send(text())
    assert (receipt.state, receipt.code) == (state, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"auth_token": "wrong"}, "20003"),
        ({"account_sid": "AC" + "9" * 32}, "20003"),
        ({"messaging_service_sid": "MG" + "0" * 32}, "21701"),
    ],
)
def test_our_own_mistakes_halt_everything(fake: FakeTwilio, changes: dict[str, str], code: str) -> None:
    receipt = channel(fake, **changes).send(text())
    assert (receipt.state, receipt.code) == ("halt", code)


def test_a_wrong_callback_address_halts(fake: FakeTwilio) -> None:
    receipt = channel(fake, public_url="https://under_score.example.org").send(text())
    assert (receipt.state, receipt.code) == ("halt", "21609")


def test_empty_and_endless_bodies_fail(fake: FakeTwilio) -> None:
    assert channel(fake).send(text("")).code == "21602"
    assert channel(fake).send(text("x" * 1601)).code == "21617"
    assert channel(fake).send(text("x" * 1600)).state == "sent"


@pytest.mark.parametrize(
    ("mode", "state", "kept"),
    [
        ("429", "retry", 0),
        ("302", "retry", 0),
        ("500-before", "unsure", 0),
        ("500-after", "unsure", 1),
        ("503-before", "unsure", 0),
        ("html-502", "unsure", 0),
        ("reset-before", "unsure", 0),
        ("reset-after", "unsure", 1),
        ("empty-200", "unsure", 1),
        ("html-200", "unsure", 1),
        ("null-200", "unsure", 1),
    ],
)
def test_answers_that_go_wrong(fake: FakeTwilio, mode: Mode, state: str, kept: int) -> None:
    fake.next(mode)
    receipt = channel(fake).send(text())
    assert (receipt.state, receipt.provider_id) == (state, None)
    assert len(fake.attempts) == 1  # the client never tries again by itself
    assert len(fake.sent()) == kept


@pytest.mark.parametrize("mode", ["hang-before", "hang-after"])
def test_a_server_that_hangs_frees_us_in_time(fake: FakeTwilio, mode: Mode) -> None:
    fake.next(mode)
    began = monotonic()
    receipt = channel(fake, timeout_seconds=0.3).send(text())
    assert (receipt.state, receipt.code) == ("unsure", "no_answer")
    assert monotonic() - began < 3
    assert len(fake.attempts) == 1


@pytest.mark.parametrize("mode", ["drip-before", "drip-after"])
def test_a_server_that_drips_frees_us_in_time(fake: FakeTwilio, mode: Mode) -> None:
    """On a new connection and on one that was kept; each byte comes well within the time-out."""
    slow = channel(fake, timeout_seconds=0.2)
    for kept in (False, True):
        if kept:
            assert slow.send(text("2")).state == "sent"
        fake.next(mode)
        began = monotonic()
        receipt = slow.send(text())
        assert (receipt.state, receipt.code) == ("unsure", "no_answer")
        assert 0.4 <= monotonic() - began < 3


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("Tue, 01 Sep 2026 22:01:30 GMT", 90), ("soon", None), ("0", None)],
)
def test_too_many_requests_says_when_to_come_back(fake: FakeTwilio, header: str, seconds: int | None) -> None:
    fake.retry_after = header
    fake.next("429")
    receipt = channel(fake).send(text())
    assert (receipt.state, receipt.code, receipt.retry_after_seconds) == ("retry", "20429", seconds)


def test_a_wait_is_not_remembered_for_the_next_text(fake: FakeTwilio) -> None:
    sender = channel(fake)
    fake.next("429")
    assert sender.send(text()).retry_after_seconds == 7
    fake.refuse(PHONE, 30017)
    assert sender.send(text()).retry_after_seconds == 600  # the code's own


def test_a_refused_connection_is_safe_to_try_again(fake: FakeTwilio) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        receipt = channel(fake, api_base=f"http://127.0.0.1:{free.getsockname()[1]}").send(text())
    assert (receipt.state, receipt.code) == ("retry", "unreachable")


def test_a_name_that_does_not_resolve_is_safe_to_try_again(fake: FakeTwilio) -> None:
    receipt = channel(fake, api_base="http://nobody.invalid").send(text())
    assert (receipt.state, receipt.code) == ("retry", "unreachable")


@pytest.mark.parametrize("base", ["http://", "ftp://127.0.0.1", "nonsense"])
def test_an_unusable_api_address_halts(fake: FakeTwilio, base: str) -> None:
    assert channel(fake, api_base=base).send(text()).state == "halt"


def test_the_same_text_to_an_opted_out_phone(fake: FakeTwilio) -> None:
    sender = channel(fake)
    fake.receive(PHONE, " stop ")
    receipt = sender.send(text())
    assert (receipt.state, receipt.code, receipt.effect) == ("failed", "21610", "opted_out")
    fake.receive(PHONE, "START")
    assert sender.send(text()).state == "sent"


def test_the_environment_does_not_leak_in(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "TWILIO_ACCOUNT_SID": "AC" + "f" * 32,
        "TWILIO_AUTH_TOKEN": "someone else's",
        "TWILIO_EDGE": "sydney",
        "TWILIO_REGION": "au1",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    assert channel(fake).send(text()).state == "sent"


def test_the_client_has_a_time_out(fake: FakeTwilio) -> None:
    assert channel(fake, timeout_seconds=4)._client.get().http_client.timeout == 4


def test_neither_logs_nor_receipts_hold_number_or_words(
    fake: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("twilio.http_client", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    sender = channel(fake)
    receipts = [sender.send(text("secret words"))]
    fake.refuse("+14155550177", 21211)
    receipts.append(sender.send(text("secret words", to="+14155550177")))
    fake.next("500-after", "html-502", "429", "reset-after")
    receipts += [sender.send(text("secret words")) for _ in range(4)]
    sender.find(text("secret words"), START)
    said = caplog.text + repr(receipts)
    for secret in ("5550123", "5550177", "secret", fake.account.auth_token):
        assert secret not in said


def test_many_threads_share_one_channel(fake: FakeTwilio) -> None:
    sender = channel(fake)
    receipts: dict[str, Receipt] = {}

    def run(worker: int) -> None:
        for number in range(8):
            name = f"{worker}-{number}"
            receipts[name] = sender.send(Text(PHONE, f"text {name}", name))

    threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    by_reference = {m.reference: m.sid for m in fake.sent()}
    assert {name: r.provider_id for name, r in receipts.items()} == by_reference
    assert len(by_reference) == 64


def _send_in_a_child(sender: TwilioSms, number: int) -> None:
    sender.send(Text(PHONE, f"child {number}", f"child-{number}"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_makes_its_own_connection(fake: FakeTwilio) -> None:
    sender = channel(fake)
    sender.send(text())
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_send_in_a_child, args=(sender, i)) for i in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(20)
    assert [child.exitcode for child in children] == [0, 0, 0]
    assert {m.reference for m in fake.sent()} == {"ref-1", "child-0", "child-1", "child-2"}


class TestFind:
    """Asking Twilio what it has, after an answer that was lost."""

    def test_what_was_taken_is_found(self, fake: FakeTwilio) -> None:
        sender = channel(fake)
        fake.next("500-after")
        assert sender.send(text()).state == "unsure"
        (kept,) = fake.sent()
        (found,) = sender.find(text(), START - timedelta(minutes=1))
        assert (found.provider_id, found.status, found.created) == (kept.sid, "accepted", START)

    def test_what_was_not_taken_is_not(self, fake: FakeTwilio) -> None:
        sender = channel(fake)
        fake.next("500-before")
        assert sender.send(text()).state == "unsure"
        assert sender.find(text(), START) == ()

    def test_only_this_body_this_number_outbound_and_recent(self, fake: FakeTwilio) -> None:
        clock = fake.clock
        assert isinstance(clock, VirtualClock)
        sender = channel(fake)
        sender.send(text())  # too old
        clock.move_to(START + timedelta(hours=1))
        sender.send(text("Did Leo have speech today? Reply 1, 2 or 3 "))
        sender.send(text(to="+14155550124"))
        fake.receive(PHONE, text().body)
        assert sender.find(text(), clock.now()) == ()
        fake.progress(sender.send(text()).provider_id or "", "undelivered", 30005)
        (found,) = sender.find(text(), clock.now() + timedelta(milliseconds=900))  # whole seconds
        assert (found.status, found.error_code) == ("undelivered", "30005")
        assert len(sender.find(text(), START)) == 2

    def test_it_turns_the_pages(self, fake: FakeTwilio) -> None:
        sender = channel(fake)
        first = sender.send(text("the one")).provider_id
        for number in range(120):
            fake.take({"To": PHONE, "Body": f"later {number}", "From": fake.account.number})
        assert [m.provider_id for m in sender.find(text("the one"), START)] == [first]

    def test_newest_first(self, fake: FakeTwilio) -> None:
        sender = channel(fake)
        sids = [sender.send(text()).provider_id for _ in range(3)]
        assert [m.provider_id for m in sender.find(text(), START)] == sids[::-1]

    def test_a_trial_accounts_prefix_is_looked_through(self, fake: FakeTwilio) -> None:
        fake.take(
            {
                "To": PHONE,
                "Body": "Sent from your Twilio trial account - hello",
                "From": fake.account.number,
            }
        )
        assert len(channel(fake).find(text("hello"), START)) == 1

    @pytest.mark.parametrize(
        "mode", ["500-before", "429", "html-502", "html-200", "reset-before", "empty-200"]
    )
    def test_no_answer_is_not_an_empty_answer(self, fake: FakeTwilio, mode: Mode) -> None:
        fake.next_list(mode)
        with pytest.raises(CannotAskError) as error:
            channel(fake).find(text(), START)
        assert "5550123" not in str(error.value)

    def test_null_is_not_an_empty_answer(self, fake: FakeTwilio) -> None:
        fake.next_list("null-200")
        with pytest.raises(CannotAskError):
            channel(fake).find(text(), START)

    def test_hanging_is_not_an_empty_answer(self, fake: FakeTwilio) -> None:
        fake.next_list("hang-before")
        with pytest.raises(CannotAskError):
            channel(fake, timeout_seconds=0.3).find(text(), START)


def test_the_clock_is_the_systems_unless_one_is_given(fake: FakeTwilio) -> None:
    assert isinstance(TwilioSms(settings(fake), "")._clock, SystemClock)
