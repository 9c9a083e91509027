"""A name that nobody resolves holds up nothing for longer than its time, whichever way we go out by."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from assistant.clock import VirtualClock, monotonic
from assistant.config import Mailbox, Smtp, Twilio
from messages.channels import time_limit
from messages.channels.look_up import addresses_of
from messages.channels.mailbox import ImapMailbox, MailboxError
from messages.channels.smtp_email import SmtpEmail
from messages.channels.twilio_client import bound
from messages.channels.twilio_sms import TwilioSms
from messages.channels.types import Email, Text

NOW = datetime(2026, 9, 1, 22, 0, tzinfo=UTC)
HOST = "silent.example.org"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names that were asked for: of a resolver that says nothing until the test is over."""
    names: list[str] = []
    over = threading.Event()

    def silent(host: str, *_: Any, **__: Any) -> list[Any]:
        names.append(host)
        over.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "nobody said")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(time_limit, "LOOK_UP_SECONDS", 0.1)
    yield names
    over.set()


def test_no_way_out_waits_longer_than_its_time(asked: list[str]) -> None:
    began = monotonic()
    twilio = Twilio(account_sid="AC" + "0" * 32, auth_token="t" * 32, api_base=f"http://{HOST}")
    text = TwilioSms(twilio, "https://iep.example.org", VirtualClock(NOW)).send(
        Text("+14155550123", "Hi", "ref-1", 3600)
    )
    assert (text.state, text.code) == ("retry", "unreachable"), "no byte can have left"
    email = Email("ana@example.org", "we@iep.example.org", "Hi", "Hi", message_id="<a@iep.example.org>")
    smtp = Smtp(host=HOST, port=25, tls="none")
    assert SmtpEmail(smtp, VirtualClock(NOW)).send(email).state == "retry"
    imap = Mailbox(host=HOST, username="us", password="secret", tls="none", address="us@iep.example.org")
    with pytest.raises(MailboxError), ImapMailbox(imap).open():
        pass
    with requests.Session() as session:
        bound(session)
        session.trust_env = False
        with pytest.raises(requests.ConnectTimeout):
            session.get(f"http://{HOST}/", timeout=10)
    assert set(asked) == {HOST}
    assert monotonic() - began < 5


def test_many_who_wait_are_one_question(asked: list[str]) -> None:
    def wait() -> None:
        with pytest.raises(TimeoutError):
            addresses_of(HOST, 443, 0.1)

    waiting = [threading.Thread(target=wait) for _ in range(8)]
    for one in waiting:
        one.start()
    for one in waiting:
        one.join()
    assert asked == [HOST]


def test_what_the_resolver_says_is_passed_on_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one[3] for one in addresses_of("127.0.0.1", 80)] == [("127.0.0.1", 80)]
    with pytest.raises(socket.gaierror):
        addresses_of("nobody.invalid", 80)
    with pytest.raises(UnicodeError):
        addresses_of("a" * 70 + ".example", 80)
    moved = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.9", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: moved)
    assert [one[3] for one in addresses_of("127.0.0.1", 80)] == [("127.0.0.9", 80)]


def test_every_way_out_is_bounded() -> None:
    """Where a connection is made: through the one look-up, by a session that `bound` had in hand."""
    makes = re.compile(
        r"getaddrinfo\(|create_connection\(|urlopen\(|gethostby\w+\(|requests\.(get|post|put)\("
    )
    files = [
        file
        for room in ("assistant", "messages", "jobs")
        for file in (ROOT / room).rglob("*.py")
        if not file.name.startswith("bench")
    ]
    assert [file.name for file in files if makes.search(file.read_text())] == ["look_up.py"]
    for file in files:
        words = file.read_text()
        made = len(re.findall(r"\bSession\(\) as session|\brequests\.Session\(\)", words))
        assert len(re.findall(r"\bbound\(session", words)) >= bool(made), file
