"""The fake Twilio's calls to the program: signed, repeated, out of order, and with its own keywords."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from assistant.config import Twilio
from assistant.web.twilio_signature import is_genuine, public_request_url, shape_problem, status_shape_problem
from messages.channels.twilio_sms import TwilioSms
from messages.channels.types import Text
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_calling import Overrides

PHONE = "+14155550123"


class Program(ThreadingHTTPServer):
    """As much of the program as answers webhooks: 403 unless signed and well shaped."""

    daemon_threads = True

    def __init__(self, fake: FakeTwilio) -> None:
        super().__init__(("127.0.0.1", 0), _Webhooks)
        self.fake = fake
        self.public_url = self.url
        self.taken: list[dict[str, str]] = []
        self.script: list[int] = []  # how the next webhooks end, whatever they say; 0: no answer
        self.paths: list[str] = []
        self.tokens: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Webhooks(BaseHTTPRequestHandler):
    server: Program

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True)
        path, _, query = self.path.partition("?")
        self.server.paths.append(self.path)
        self.server.tokens.append(self.headers.get("I-Twilio-Idempotency-Token", ""))
        if self.server.script:
            self._scripted(self.server.script.pop(0))
            return
        account = self.server.fake.account
        url = public_request_url(self.server.public_url, path, query)
        good = is_genuine(account.auth_token, url, form, self.headers.get("X-Twilio-Signature"))
        if path == "/twilio/status":
            good &= status_shape_problem(form, account.sid) is None
        else:
            good &= shape_problem(form, account.sid, [account.number]) is None
        if good:
            self.server.taken.append(dict(form) | {"query": query})
        self.send_response(204 if good else 403)
        self.end_headers()

    def _scripted(self, status: int) -> None:
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name is the base class's
        """Quiet."""


@contextmanager
def running(server: Program) -> Iterator[Program]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio() as server:
        yield server


@pytest.fixture
def program(fake: FakeTwilio) -> Iterator[Program]:
    with running(Program(fake)) as server:
        yield server


def channel(fake: FakeTwilio, program: Program) -> TwilioSms:
    account = fake.account
    settings = Twilio(
        account_sid=account.sid,
        auth_token=account.auth_token,
        messaging_service_sid=account.messaging_service_sid,
        api_base=fake.url,
        timeout_seconds=5,
    )
    return TwilioSms(settings, program.url)


def test_statuses_are_called_back_in_the_order_asked_for(fake: FakeTwilio, program: Program) -> None:
    sid = channel(fake, program).send(Text(PHONE, "hello", "row 7")).provider_id or ""
    answers = fake.call_back(sid, "sent", "delivered", "queued", "sent")
    assert [a.status for a in answers] == [204] * 4
    assert [t["MessageStatus"] for t in program.taken] == ["sent", "delivered", "queued", "sent"]
    assert {t["query"] for t in program.taken} == {"m=row%207"}
    assert fake.message(sid).status == "delivered"


def test_a_failure_carries_its_code(fake: FakeTwilio, program: Program) -> None:
    sid = channel(fake, program).send(Text(PHONE, "hello", "r")).provider_id or ""
    fake.call_back(sid, "sent", "undelivered", error_code=30005)
    assert [t.get("ErrorCode") for t in program.taken] == [None, "30005"]
    assert (fake.message(sid).status, fake.message(sid).error_code) == ("undelivered", 30005)


def test_a_callback_may_come_before_the_answer_to_the_create(fake: FakeTwilio, program: Program) -> None:
    fake.call_back_early("queued", "sent")
    fake.next("reset-after")
    assert channel(fake, program).send(Text(PHONE, "hello", "early")).state == "unsure"
    assert [t["MessageStatus"] for t in program.taken] == ["queued", "sent"]
    assert program.taken[0]["MessageSid"] == fake.sent()[0].sid


def test_one_webhook_many_times_from_many_threads(fake: FakeTwilio, program: Program) -> None:
    answers = fake.text(f"{program.url}/twilio/sms", PHONE, "1 ¡sí! & más", times=3, threads=4)
    assert [a.status for a in answers] == [204] * 12
    assert {t["MessageSid"] for t in program.taken} == {fake.messages[0].sid}
    assert {t["Body"] for t in program.taken} == {"1 ¡sí! & más"}


def test_behind_a_proxy_the_public_address_is_signed(fake: FakeTwilio, program: Program) -> None:
    program.public_url = "https://iep.example.org"
    where, signed = (
        f"{program.url}/twilio/sms?k=%C3%A9&b=a%2Fb",
        "https://iep.example.org/twilio/sms?k=%C3%A9&b=a%2Fb",
    )
    assert fake.text(where, PHONE, "1", signed_as=signed)[0].status == 204
    assert fake.text(where, PHONE, "1")[0].status == 403


def test_a_lost_webhook_leaves_the_text_in_the_list(fake: FakeTwilio, program: Program) -> None:
    assert fake.text(f"{program.url}/twilio/sms", PHONE, "1", deliver=False) == []
    assert [m.body for m in fake.messages] == ["1"]
    assert program.taken == []


def test_nobody_there_is_no_answer(fake: FakeTwilio) -> None:
    with running(Program(fake)) as server:
        url = server.url
    assert fake.text(f"{url}/twilio/sms", PHONE, "1")[0].status == 0


@pytest.mark.parametrize(
    ("overrides", "script", "tried"),
    [
        ("", [503], 1),  # by default only what made no connection is tried again
        ("", [0], 1),
        ("#rp=5xx", [503, 503], 2),  # once, where no count is given
        ("#rc=3&rp=all", [503, 0, 403], 4),
        ("#rc=3&rp=5xx,rt", [503, 0, 403], 3),
        ("#rc=2&rp=4xx", [429, 503], 2),
        ("#rc=5&rp=all", [500] * 6, 6),
        ("#rc=0&rp=all", [500], 1),
    ],
)
def test_what_failed_is_tried_again_as_the_fragment_asks_for(
    fake: FakeTwilio, program: Program, overrides: str, script: list[int], tried: int
) -> None:
    program.script = list(script)
    [answer] = fake.text(f"{program.url}/twilio/sms?k=1{overrides}", PHONE, "1")
    assert program.paths == ["/twilio/sms?k=1"] * tried, "the fragment stays at Twilio"
    assert len(set(program.tokens)) == 1
    assert program.tokens[0]
    assert fake.errors == ([] if tried > len(script) else [11200])
    assert answer.status == (204 if tried > len(script) else script[-1])


def test_who_cannot_be_reached_is_tried_twice_and_then_the_fallback_is_told_why(
    fake: FakeTwilio, program: Program
) -> None:
    with running(Program(fake)) as server:
        gone = f"{server.url}/twilio/sms"
    [answer] = fake.text(f"{gone}#tt=5000", PHONE, "1", fallback=f"{program.url}/twilio/sms/fallback")
    assert [one.answer.status for one in fake.calls] == [0, 0, 204]
    assert (answer.status, fake.errors) == (204, [11205])
    assert (program.taken[0]["ErrorCode"], program.taken[0]["ErrorUrl"]) == ("11205", gone)


@pytest.mark.parametrize(
    "wrong", ["rc=6", "rp=6xx", "ct=99", "ct=10001", "rt=15001", "tt=0", "rc=-1", "xy=1", "rp=ct,"]
)
def test_overrides_that_twilio_does_not_take(wrong: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Overrides.of(f"https://iep.example.org/twilio/sms#{wrong}")


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Cancel ", "END", "quit", "unsubscribe", "optout", "revoke"]
)
def test_the_carriers_opt_out_words(fake: FakeTwilio, word: str) -> None:
    fake.receive(PHONE, word)
    assert fake.opted_out == {PHONE}
    assert len(fake.own_answers(PHONE)) == 1
    assert fake.sent() == []


@pytest.mark.parametrize("words", ["stop please", "cancelled", "no", "the end", "stopped early"])
def test_other_words_are_not_the_carriers_business(fake: FakeTwilio, words: str) -> None:
    fake.receive(PHONE, words)
    assert fake.opted_out == set()
    assert fake.own_answers(PHONE) == []


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
def test_the_carriers_opt_in_words(fake: FakeTwilio, word: str) -> None:
    fake.opt_out(PHONE)
    fake.receive(PHONE, word)
    assert fake.opted_out == set()
