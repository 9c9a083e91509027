"""Staff sign in with a password and a second factor; guesses wait, sessions end, nothing tells who exists."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from argon2.exceptions import VerificationError
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.desk import end_staff, new_staff
from assistant.families.staff_access import (
    LONGEST,
    SPARE_CODES,
    may_try,
    takes_code,
    trouble_with,
    was_right,
    with_password,
)
from assistant.store import AuditEvent, RecoveryCode, SignIn, Staff, Store
from tests.web.pages_support import SANDBOX, SECRET, client_of, press

EMAIL, PASSWORD = "rosa@example.org", "clay river lantern"


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


def browser(client: FlaskClient) -> FlaskClient:
    return client.application.test_client()


def link(store: Store, clock: VirtualClock, *, anew: bool = False) -> str:
    address = new_staff(store, clock, SANDBOX, EMAIL, anew=anew)
    return address[address.index("/admin/") :]


def code(store: Store, clock: VirtualClock) -> str:
    """What the app on their phone shows now."""
    with store.read() as session:
        secret = session.scalars(select(Staff.totp_secret)).one()
    return pyotp.TOTP(secret or "").at(clock.now())


def set_up(client: FlaskClient, store: Store, clock: VirtualClock) -> list[str]:
    """Through the link to a password and a phone; the spare codes. Signed in."""
    assert press(client, link(store, clock)).headers["Location"] == "/admin/set-up"
    answer = press(client, "/admin/set-up", password=PASSWORD, again=PASSWORD)
    assert answer.headers["Location"] == "/admin/phone"
    page = client.get("/admin/phone").get_data(as_text=True)
    assert "<svg" in page
    assert "style=" not in page
    assert "<script" not in page
    page = press(client, "/admin/phone", code=code(store, clock)).get_data(as_text=True)
    codes = re.findall(r"[0-9a-f]{6}-[0-9a-f]{6}", page)
    assert len(codes) == SPARE_CODES
    assert client.get("/admin/inbox").status_code == 200
    clock.move_to(clock.now() + timedelta(seconds=30))
    return codes


def sign_in(client: FlaskClient, password: str = PASSWORD, email: str = EMAIL) -> int:
    return press(client, "/admin/sign-in", email=email, password=password).status_code


def test_a_link_opens_nothing_but_the_set_up(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    assert press(client, link(store, clock)).status_code == 303
    for path in ("/admin/inbox", "/admin/account", "/admin/thresholds/", "/admin/alerts/", "/admin/phone"):
        assert client.get(path).status_code == 401
    press(client, "/admin/set-up", password=PASSWORD, again=PASSWORD)
    assert client.get("/admin/inbox").status_code == 401  # a password alone is not enough
    assert sign_in(browser(client)) == 400  # nor does it sign in before there is a second factor
    clock.move_to(clock.now() + timedelta(minutes=15))
    assert client.get("/admin/phone").status_code == 401


def test_password_then_code_and_each_code_once(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    set_up(client, store, clock)
    one, other = browser(client), browser(client)
    assert one.get("/admin/second").status_code == 303  # no code without a password
    assert sign_in(one, email=" Rosa@Example.org ") == 303
    assert one.get("/admin/inbox").status_code == 401
    now = code(store, clock)
    assert press(one, "/admin/second", code=f"{now[:3]} {now[3:]}").status_code == 303
    assert one.get("/admin/inbox").status_code == 200
    assert sign_in(other) == 303
    assert press(other, "/admin/second", code=now).status_code == 400  # it was used
    early = VirtualClock(clock.now() - timedelta(seconds=30))
    assert press(other, "/admin/second", code=code(store, early)).status_code == 400  # older than that
    clock.move_to(clock.now() + timedelta(seconds=30))
    assert press(other, "/admin/second", code=code(store, clock)).status_code == 303


def test_spare_codes_work_once_and_are_kept_as_hashes(
    client: FlaskClient, store: Store, clock: VirtualClock, tmp_path: Path
) -> None:
    codes = set_up(client, store, clock)
    for spare, expected in ((codes[0].upper(), 303), (codes[0], 400), (codes[1].replace("-", " "), 303)):
        one = browser(client)
        assert sign_in(one) == 303
        assert press(one, "/admin/second", code=spare).status_code == expected
    data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"argon2id" in data
    for secret in (*codes, PASSWORD):
        assert secret.encode() not in data
    fresh = press(client, "/admin/account", "/admin/account/codes", code=code(store, clock))
    assert codes[2] not in fresh.get_data(as_text=True)
    one = browser(client)
    sign_in(one)
    assert press(one, "/admin/second", code=codes[2]).status_code == 400  # the new ones replaced it
    with store.read() as session:
        assert len(session.scalars(select(RecoveryCode)).all()) == SPARE_CODES
        kinds = session.scalars(select(AuditEvent.kind)).all()
    assert kinds.count("spare_code_used") == 2
    assert {"password_set", "second_factor_set", "spare_codes_made", "signed_in"} <= set(kinds)


def test_wrong_passwords_wait_longer_and_longer(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    set_up(client, store, clock)
    one = browser(client)
    assert [sign_in(one, "wrong wrong wrong") for _ in range(6)] == [400] * 5 + [429]
    assert sign_in(one) == 429  # a right one has to wait as well
    clock.move_to(clock.now() + timedelta(seconds=31))
    assert sign_in(one, "wrong wrong wrong") == 400
    clock.move_to(clock.now() + timedelta(seconds=31))
    assert sign_in(one) == 429  # a minute now
    clock.move_to(clock.now() + timedelta(seconds=30))
    assert sign_in(one) == 303
    assert [sign_in(one, "wrong wrong wrong") for _ in range(5)] == [400] * 5  # it began anew


def test_one_address_cannot_try_many_accounts(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    answers = [sign_in(client, email=f"p{number}@example.org") for number in range(22)]
    assert answers == [400] * 20 + [429] * 2


def test_codes_are_not_guessed_either(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    set_up(client, store, clock)
    one = browser(client)
    sign_in(one)
    wrong = f"{(int(code(store, clock)) + 1) % 10**6:06}"
    answers = [press(one, "/admin/second", code=wrong).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]
    assert press(one, "/admin/second", code=code(store, clock)).status_code == 429


def test_waits_hold_across_processes_and_are_counted_one_by_one(each_store: Store) -> None:
    clock = VirtualClock(datetime(2026, 9, 1, tzinfo=UTC))
    allowed = 0
    for _ in range(8):
        with each_store.write() as session:
            allowed += may_try(session, SECRET, "staff_password", EMAIL, clock.now())
    assert allowed == 5
    with each_store.write() as session:
        was_right(session, SECRET, "staff_password", EMAIL)
        assert may_try(session, SECRET, "staff_password", EMAIL, clock.now())


def test_who_exists_is_not_told(
    client: FlaskClient, store: Store, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(client, store, clock)
    pages = []
    for email in (EMAIL, "nobody@example.org"):
        answer = press(browser(client), "/admin/sign-in", email=email, password="wrong wrong wrong")
        pages.append(re.sub(rb'value="[^"]+"', b"", answer.data))
    assert pages[0] == pages[1]
    checked: list[str] = []
    from assistant.families import staff_access

    class Counting:
        def verify(self, stored: str, _password: str) -> bool:
            checked.append(stored.rpartition("$")[0].rpartition("$")[0])  # kind, version, cost
            raise VerificationError

    monkeypatch.setattr(staff_access, "_HASHER", Counting())
    staff_access._nobodys.cache_clear()
    monkeypatch.setattr(staff_access, "_nobodys", lambda: "$argon2id$v=19$m=19456,t=2,p=1$a$b")
    with store.read() as session:
        for email in (EMAIL, "nobody@example.org", "\x00"):
            assert with_password(session, email, "wrong wrong wrong") is None
    assert checked == ["$argon2id$v=19$m=19456,t=2,p=1"] * 3  # the same work


@pytest.mark.parametrize(
    ("password", "trouble"),
    [
        ("elevenchars", "short"),
        ("password1234", "common"),
        ("PASSWORDpassword", "common"),
        ("aaaaaaaaaaaaaaaa", "common"),
        ("rosa@example.org", "common"),
        ("every session", "common"),
        ("x" * 99 + "y" * 99 + "ab!", "long"),
        ("only lower case words", None),
        ("ñandú en la lluvia", None),
        ("🌧" * 3 + "abcdefghi", None),
    ],
)
def test_passwords_are_judged_by_length_and_ease(password: str, trouble: str | None) -> None:
    assert trouble_with(password, EMAIL, "Every Session") == trouble
    assert LONGEST >= 64  # NIST SP 800-63B


def test_a_weak_or_mistyped_password_is_not_taken(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    press(client, link(store, clock))
    for password, again in (("short", "short"), ("password1234", "password1234"), (PASSWORD, PASSWORD + "x")):
        assert press(client, "/admin/set-up", password=password, again=again).status_code == 400
    with store.read() as session:
        assert session.scalars(select(Staff.password_hash)).one() == ""


def test_sessions_end_when_idle_when_old_and_everywhere(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    set_up(client, store, clock)
    for _ in range(12):
        clock.move_to(clock.now() + timedelta(minutes=59))
        assert client.get("/admin/inbox").status_code == 200
    clock.move_to(clock.now() + timedelta(minutes=12))  # twelve hours after the sign-in
    assert client.get("/admin/inbox").status_code == 401
    one, other = browser(client), browser(client)
    for each in (one, other):
        clock.move_to(clock.now() + timedelta(seconds=30))
        sign_in(each)
        press(each, "/admin/second", code=code(store, clock))
        assert each.get("/admin/inbox").status_code == 200
    press(one, "/admin/account", "/admin/account/out")
    assert [each.get("/admin/inbox").status_code for each in (one, other)] == [401, 401]
    clock.move_to(clock.now() + timedelta(seconds=30))
    sign_in(one)
    press(one, "/admin/second", code=code(store, clock))
    clock.move_to(clock.now() + timedelta(hours=1))
    assert one.get("/admin/inbox").status_code == 401  # idle


def test_each_step_of_the_way_in_has_a_session_of_its_own(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    set_up(client, store, clock)
    one = browser(client)
    sign_in(one)
    with one.session_transaction() as cookie:
        planted = dict(cookie)
    press(one, "/admin/second", code=code(store, clock))
    with one.session_transaction() as cookie:
        assert cookie["sign_in"] != planted["sign_in"]
    thief = browser(client)  # with the cookie of before
    with thief.session_transaction() as cookie:
        cookie.update(planted)
    assert thief.get("/admin/inbox").status_code == 401
    assert thief.get("/admin/second").status_code == 303


def test_a_forgotten_password_needs_the_phone_and_a_lost_phone_the_operator(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    set_up(client, store, clock)
    one = browser(client)
    press(one, link(store, clock))
    new = "other river lantern"
    assert press(one, "/admin/set-up", password=new, again=new).status_code == 400  # no code
    assert one.get("/admin/phone").status_code == 401  # nor another phone
    answer = press(one, "/admin/set-up", password=new, again=new, code=code(store, clock))
    assert answer.status_code == 303
    assert client.get("/admin/inbox").status_code == 401  # the others are signed out
    assert one.get("/admin/inbox").status_code == 200
    path = link(store, clock, anew=True)
    assert one.get("/admin/inbox").status_code == 401
    assert sign_in(browser(client), new) == 400
    assert press(one, path).headers["Location"] == "/admin/set-up"
    with store.read() as session:
        assert session.scalars(select(Staff.totp_secret)).one() is None


def test_who_has_left_is_out(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    set_up(client, store, clock)
    with pytest.raises(ValueError, match="nobody of the staff"):
        end_staff(store, clock, "ben@example.org")
    end_staff(store, clock, f" {EMAIL.upper()}")
    assert client.get("/admin/inbox").status_code == 401
    assert sign_in(browser(client)) == 400
    assert press(browser(client), link(store, clock)).headers["Location"] == "/admin/set-up"  # back again


def test_two_at_once_with_one_code_are_one(each_store: Store, clock: VirtualClock) -> None:
    secret = pyotp.random_base32()
    with each_store.write() as session:
        session.add(Staff(email=EMAIL, created_at=clock.now(), ended_at=None, totp_secret=secret))
    typed = pyotp.TOTP(secret).at(clock.now())
    with each_store.read() as one, each_store.read() as other:
        stale = other.scalars(select(Staff)).one()  # read before the first one was taken
        other.rollback()
        fresh = one.scalars(select(Staff)).one()
        assert takes_code(one, fresh, typed, clock.now())
        one.commit()
        assert not takes_code(other, stale, typed, clock.now())


def test_nothing_of_it_is_in_the_sign_in_rows(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    path = link(store, clock)
    with store.read() as session:
        row = session.scalars(select(SignIn)).one()
        assert path.rpartition("/")[2] not in row.token_hash
