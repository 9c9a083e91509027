"""A mailbox over real IMAP connections on loopback, and over those that break off."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.clock import monotonic
from assistant.config import Mailbox
from messages.channels import mailbox as channel
from messages.channels.mailbox import HEAD_BYTES, ImapMailbox, MailboxError
from tests.support.certificates import Certificates
from tests.support.imap_server import PASSWORD, USER, MailServer, ScriptedImap, imap_server


def mailbox(port: int, trust: ssl.SSLContext | None = None, **changes: Any) -> ImapMailbox:
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "username": USER,
        "password": PASSWORD,
        "address": "answers@iep.example.org",
        "timeout_seconds": 5,
    }
    return ImapMailbox(Mailbox.model_validate(values | changes), trust)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with imap_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(server: MailServer) -> None:
    server.reset()


SMALL = b"From: ana@example.org\r\nSubject: small\r\n\r\nhello\r\n"
LARGE = b"From: ana@example.org\r\nSubject: large\r\n\r\n" + b"x" * 40_000 + b"\r\n"


def test_what_is_new_comes_whole_or_as_its_head(server: MailServer) -> None:
    server.put(SMALL, LARGE)
    with mailbox(server.port).open() as folder:
        first, second = folder.uids_after(0)
        found = list(folder.fetch([first, second, second + 7], 16 * 1024))
        assert [(one.uid, one.whole) for one in found] == [(first, True), (second, False)]
        assert found[0].data == SMALL
        assert found[1].data.rstrip() == b"From: ana@example.org\r\nSubject: large"
        assert folder.uids_after(first) == [second]
        assert folder.uids_after(second) == folder.uids_after(second + 100) == []
        assert list(folder.fetch([], 1)) == []
    assert r"\Seen" not in "".join(server.flags().values()), "looking marks nothing"


def test_a_head_that_is_too_large_is_cut(server: MailServer) -> None:
    server.put(b"From: ana@example.org\r\nX-Long: " + b"y" * 200_000 + b"\r\n\r\nhello\r\n")
    with mailbox(server.port).open() as folder:
        (found,) = folder.fetch(folder.uids_after(0), 16 * 1024)
    assert len(found.data) <= HEAD_BYTES


def test_done_is_seen_or_gone(server: MailServer) -> None:
    server.put(SMALL, SMALL, SMALL)
    with mailbox(server.port).open() as folder:
        first, second, third = folder.uids_after(0)
        folder.done_with(first, delete=False)
        folder.done_with(second, delete=True)
        assert folder.uids_after(0) == [first, third]
    assert {uid: r"\Seen" in said for uid, said in server.flags().items()} == {first: True, third: False}


def test_a_folder_that_is_made_anew_has_another_validity(server: MailServer) -> None:
    with mailbox(server.port).open() as folder:
        before = folder.validity
    server.reset()
    with mailbox(server.port).open() as folder:
        assert folder.validity != before


@pytest.mark.parametrize(
    "changes", [{"password": "wrong"}, {"username": "nobody"}, {"folder": "Nowhere"}, {"username": 'a" b'}]
)
def test_what_a_person_has_to_mend(server: MailServer, changes: dict[str, Any]) -> None:
    with pytest.raises(MailboxError) as error, mailbox(server.port, **changes).open():
        raise AssertionError("it opened")
    assert error.value.code == "refused"


def test_a_password_that_imap_cannot_carry(server: MailServer) -> None:
    with pytest.raises(MailboxError) as error, mailbox(server.port, password="pässwörd").open():
        raise AssertionError("it opened")
    assert error.value.code == "letters"


def test_starttls_and_a_certificate_that_nobody_vouches_for(certificates: Certificates) -> None:
    with imap_server(starttls=certificates.server) as server:
        with mailbox(server.port, certificates.trusting, tls="starttls").open() as folder:
            assert folder.uids_after(0) == []
        with pytest.raises(MailboxError) as error, mailbox(server.port, tls="starttls").open():
            raise AssertionError("it opened")
    assert error.value.code == "certificate"


SELECTED = "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"greeting": None}, "lost"),
        ({"greeting": "hang"}, "lost"),
        ({"greeting": "* BYE go away"}, "answer"),
        ({"LOGIN": None}, "lost"),
        ({"LOGIN": "hang"}, "lost"),
        ({"LOGIN": "NO"}, "refused"),
        ({"SELECT": "NO"}, "refused"),
        ({"SELECT": None}, "lost"),
        ({"SELECT": "* 1 EXISTS"}, "answer"),
        ({"SELECT": "* OK [UIDVALIDITY many] valid"}, "answer"),
        ({"SELECT": SELECTED, "UID SEARCH": "BAD"}, "answer"),
        ({"SELECT": SELECTED, "UID SEARCH": "hang"}, "lost"),
        ({"SELECT": SELECTED, "UID SEARCH": None}, "lost"),
    ],
)
def test_breaking_off_anywhere_is_one_error_in_time(script: dict[str, str | None], code: str) -> None:
    began = monotonic()
    with ScriptedImap(script) as server:
        box = mailbox(server.port, timeout_seconds=0.3)
        with pytest.raises(MailboxError) as error, box.open() as folder:
            folder.uids_after(0)
    assert error.value.code == code
    assert monotonic() - began < 4


@pytest.mark.parametrize("where", ["greeting", "LOGIN", "UID SEARCH"])
def test_a_server_that_drips_frees_us_in_time(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "LONGEST_SECONDS", 0.3)
    began = monotonic()
    script = {"SELECT": SELECTED, where: "drip"}
    with (
        ScriptedImap(script) as server,
        pytest.raises(MailboxError) as error,
        mailbox(server.port).open() as folder,
    ):
        folder.uids_after(0)
    assert error.value.code in ("lost", "unreachable")
    assert 0.3 <= monotonic() - began < 2


def test_answers_that_make_no_sense_are_left_out() -> None:
    script = {
        "SELECT": SELECTED,
        "UID SEARCH": "* SEARCH 5 six 7",
        "UID FETCH": "* 1 FETCH (UID 5 FLAGS ())\r\n* 2 FETCH nonsense",
    }
    with ScriptedImap(script) as server, mailbox(server.port).open() as folder:
        assert folder.uids_after(0) == [5, 7]
        assert list(folder.fetch([5, 7], 1000)) == []


def test_nobody_listens() -> None:
    with ScriptedImap({}) as server:
        port = server.port
    with pytest.raises(MailboxError) as error, mailbox(port).open():
        raise AssertionError("it opened")
    assert error.value.code == "unreachable"
