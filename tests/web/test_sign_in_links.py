"""Links and codes to a parent: spent by a press only, short-lived, alike for everybody, kept as hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.families.link_asks import MOST_TRIES, MOST_TRIES_AN_HOUR
from assistant.store import Caregiver, LinkAsk, OutgoingMessage, SignIn, Store
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.channels.types import Email, Text
from messages.one_time import (
    RevealingEmail,
    RevealingText,
    code_of,
    new_nonce,
    revealed,
    stored_link,
    token_of,
)
from tests.support.family import PHONE, SPEECH, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import SECRET, client_of, press

TYPED = "(415) 555-0101"
STRANGER = "(415) 555-2671"


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    with store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now())
    clock.move_to(clock.now().replace(hour=20))  # an hour at which texts may leave
    return client_of(store, clock)


def sent(store: Store) -> list[OutgoingMessage]:
    with store.read() as session:
        return list(session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "link")))


def asked(client: FlaskClient, store: Store, address: str = TYPED) -> tuple[str, str]:
    """Ask on the page; the path of the link and the code that came."""
    assert press(client, "/family/enter", address=address).status_code == 303
    body = revealed(sent(store)[-1].body, SECRET)
    found = re.search(r"(/family/enter/\S{24})(?s:.*)\b(\d{6})\b", body)
    assert found is not None
    return found[1], found[2]


def test_a_scanner_spends_nothing_and_the_second_press_opens_nothing(
    client: FlaskClient, store: Store
) -> None:
    path, _ = asked(client, store)
    scanner = client.application.test_client()
    for _ in range(100):
        for answer in (scanner.get(path), scanner.head(path)):
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert scanner.post(path).status_code == 400  # a press without having seen the page
    assert press(client, path).status_code == 303
    assert client.get("/family/").status_code == 200
    assert press(client.application.test_client(), "/family/enter", path).status_code == 410


def test_a_code_opens_the_page_once_on_the_browser_that_asked(client: FlaskClient, store: Store) -> None:
    path, code = asked(client, store)
    other = client.application.test_client()
    assert press(other, "/family/code", code=code).status_code == 400
    assert press(client, "/family/code", code=f" {code[:3]} {code[3:]} ").status_code == 303
    assert client.get("/family/").status_code == 200
    assert client.get(path).status_code == 410  # link and code are one
    assert press(client, "/family/code", code=code).status_code == 400


@pytest.mark.parametrize("way", ["link", "code"])
def test_ten_minutes_and_it_is_over(client: FlaskClient, store: Store, clock: VirtualClock, way: str) -> None:
    path, code = asked(client, store)
    clock.move_to(clock.now() + timedelta(minutes=9, seconds=59))
    assert client.get(path).status_code == 200
    clock.move_to(clock.now() + timedelta(seconds=1))
    if way == "link":
        assert press(client, "/family/enter", path).status_code == 410
    else:
        assert press(client, "/family/code", code=code).status_code == 400
    assert client.get("/family/").status_code == 303


def test_five_tries_a_code_and_ten_an_hour(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    def wrong(code: str) -> str:
        return f"{(int(code) + 1) % 10**6:06}"

    _, first = asked(client, store)
    for _ in range(MOST_TRIES):
        assert press(client, "/family/code", code=wrong(first)).status_code == 400
    assert press(client, "/family/code", code=first).status_code == 400  # the sixth, though it is right
    _, second = asked(client, store)
    for _ in range(MOST_TRIES_AN_HOUR - MOST_TRIES):
        press(client, "/family/code", code=wrong(second))
    clock.move_to(clock.now() + timedelta(minutes=59))
    press(client, "/family/enter", address=TYPED)  # a third is not sent within the hour
    assert len(sent(store)) == 2
    clock.move_to(clock.now() + timedelta(minutes=2))
    _, third = asked(client, store)
    assert press(client, "/family/code", code=third).status_code == 303


def test_the_page_says_and_does_the_same_for_everybody(client: FlaskClient, store: Store) -> None:
    pages = set()
    for address in (TYPED, STRANGER, "ana@example.org", "nobody@example.org", "x", ""):
        answer = press(client, "/family/enter", address=address)
        pages.add((answer.status_code, answer.headers["Location"], client.get("/family/code").data))
    assert len({(status, place) for status, place, _ in pages}) == 1
    assert len({re.sub(rb'value="[^"]+"', b"", page) for _, _, page in pages}) == 1
    wrong = {
        re.sub(rb'value="[^"]+"', b"", press(client, "/family/code", code=code).data)
        for code in ("000000", "x", "", "1234567")
    }
    assert len(wrong) == 1
    with store.read() as session:  # the page keeps the same of a stranger, and looks nobody up
        assert len(session.scalars(select(LinkAsk)).all()) == 6
    assert [one.to_address for one in sent(store)] == [PHONE, "ana@example.org"]


def test_the_page_looks_nobody_up(client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same statements for one who is known and one who is not: there is nothing to time."""
    from sqlalchemy import event

    seen: list[str] = []
    house = client.application.extensions["house"]
    monkeypatch.setattr(type(house), "run_pass", lambda _self: None, raising=False)
    object.__setattr__(house, "run_pass", lambda: None)
    client.get("/family/enter")  # the centre's own words are read once a process, by whoever comes first
    event.listen(store.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    press(client, "/family/enter", address=TYPED)
    known = seen.copy()
    seen.clear()
    press(client, "/family/enter", address=STRANGER)
    assert known == seen != []
    assert not any("caregivers" in statement for statement in seen)


def test_neither_token_nor_code_is_in_the_database(client: FlaskClient, store: Store, tmp_path: Path) -> None:
    path, code = asked(client, store)
    asked(client, store, "ana@example.org")
    token = path.rpartition("/")[2]
    by_mail = revealed(sent(store)[-1].body, SECRET)
    mailed = by_mail[by_mail.index("/enter/") + 7 :][:24]
    for answer in client.get("/sandbox/phone/1"), client.get("/sandbox/mail"):
        assert answer.status_code == 200
    data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert PHONE.encode() in data  # no key here, and the files are the right ones
    for secret in (token, mailed):
        assert len(secret) == 24
        assert secret.encode() not in data
    with store.read() as session:
        rows = session.scalars(select(LinkAsk)).all()
        assert all(code not in one.code_hash and len(one.code_hash) == 64 for one in rows)
    assert f" {code} ".encode() not in data
    assert press(client, path).status_code == 303  # and yet it opens


def test_a_page_neither_uses_the_links_up_nor_texts_at_night(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    ana = Talk(store, clock)
    clock.move_to((clock.now() + timedelta(days=1)).replace(hour=10))  # three in the morning in California
    press(client, "/family/enter", address=TYPED)
    clock.move_to(clock.now().replace(hour=20))
    for _ in range(4):
        press(client, "/family/enter", address=TYPED)
    assert [one.created_at.hour for one in sent(store)] == [20, 20]
    assert sum("/enter/" in body for body in ana.say("LINK")) >= 1


def test_one_place_asks_ten_times_an_hour(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    answers = [press(client, "/family/enter", address=f"a{n}@example.org").status_code for n in range(12)]
    assert answers == [303] * 10 + [429] * 2
    clock.move_to(clock.now() + timedelta(minutes=61))
    assert press(client, "/family/enter", address="a@example.org").status_code == 303
    with store.read() as session:
        assert len(session.scalars(select(LinkAsk)).all()) == 11


@pytest.mark.parametrize("typed", ["a\x00@example.org", "\x00", "_na@example.org", "%@example.org", "a@b\\"])
def test_an_address_that_is_none_is_nobodys(each_store: Store, clock: VirtualClock, typed: str) -> None:
    with each_store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now())
    client = client_of(each_store, clock)
    assert press(client, "/family/enter", address=typed).status_code == 303
    assert press(client, "/family/code", code="123456").status_code == 400
    with each_store.read() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_an_address_that_two_share_tells_nobody(client: FlaskClient, store: Store) -> None:
    with store.write() as session:
        first = session.scalars(select(Caregiver)).one()
        values = {"language": "en", "zone": "UTC", "mails": "in", "created_at": first.created_at}
        session.add(Caregiver(name="Ben", phone=None, email="ana@example.org", **values))
    press(client, "/family/enter", address="ana@example.org")
    assert sent(store) == []


def test_a_session_that_nobody_uses_is_over(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    press(client, asked(client, store)[0])
    for _ in range(2):
        clock.move_to(clock.now() + timedelta(days=13))
        assert client.get("/family/").status_code == 200
    clock.move_to(clock.now() + timedelta(days=4, seconds=1))  # thirty days after the press
    assert client.get("/family/").status_code == 303
    other = client.application.test_client()
    press(other, asked(other, store)[0])
    clock.move_to(clock.now() + timedelta(days=14))
    assert other.get("/family/").status_code == 303


def test_the_secrets_are_put_in_on_the_way_out_and_when_the_provider_is_asked() -> None:
    class Outside(SandboxText):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def send(self, text: Text):  # type: ignore[no-untyped-def]
            self.seen.append(text.body)
            return super().send(text)

        def find(self, text: Text, since):  # type: ignore[no-untyped-def]
            self.seen.append(text.body)
            return super().find(text, since)

    nonce, outside = new_nonce(), Outside()
    body = f"Your page: https://x.example{stored_link(nonce)} or =code= there"
    text = Text(PHONE, body, "r")
    RevealingText(outside, SECRET).send(text)
    RevealingText(outside, SECRET).find(text, None)  # type: ignore[arg-type]
    token, code = token_of(nonce, SECRET), code_of(nonce, SECRET)
    assert outside.seen == [f"Your page: https://x.example/enter/{token} or {code} there"] * 2
    assert len(outside.seen[0]) == len(body)
    assert revealed("=code= and /enter/=short stay", SECRET) == "=code= and /enter/=short stay"
    assert nonce not in outside.seen[0]


def _mails() -> Iterator[Email]:
    nonce = new_nonce()
    body = f"https://x.example/family{stored_link(nonce)} =code="
    yield Email("a@example.org", "b@example.org", "s", body, "<1@x>", html=f'<a href="{body}">{body}</a>')


def test_both_forms_of_an_e_mail_get_them() -> None:
    kept: list[Email] = []

    class Outside(SandboxEmail):
        def send(self, email: Email):  # type: ignore[no-untyped-def]
            kept.append(email)
            return super().send(email)

    for mail in _mails():
        RevealingEmail(Outside(), SECRET).send(mail)
    [mail] = kept
    assert "=code=" not in mail.text + (mail.html or "")
    assert "/enter/=" not in mail.text + (mail.html or "")
