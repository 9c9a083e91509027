"""What holds for every page: tokens on forms, our own name, cookies, floods, sign-ups a day."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest
from flask import request
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.families.sign_up import may_sign_up
from assistant.store import Alert, Attempt, Caregiver, OutgoingMessage, Store
from assistant.web import create_app
from messages.alerts import open_alerts
from tests.web.pages_support import SANDBOX, TWILIO, a_form, client_of, house_of, press, staff_in

# Posted by programs that have not seen a page: signed, by a token of their own, or of no effect but to stop.
WITHOUT_TOKEN = {
    "twilio.sms",
    "twilio.fallback",
    "twilio.status",
    "twilio_check.check",
    "mail_hook.bounce",
    "consent.unsubscribe",
}


def settings(**server: object) -> Settings:
    return SANDBOX.model_copy(update={"server": SANDBOX.server.model_copy(update=server)})


def fitting(converter: BaseConverter) -> object:
    """A value that this part of an address takes."""
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, IntegerConverter) else "x"


def test_every_form_needs_its_token(store: Store, clock: VirtualClock) -> None:
    client = staff_in(client_of(store, clock), store, clock)
    app = client.application
    tried: set[str] = set()
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in WITHOUT_TOKEN:
            continue
        some = {name: fitting(one) for name, one in rule._converters.items()}
        path = app.url_map.bind("localhost").build(rule.endpoint, some, method="POST")
        place = {
            "REMOTE_ADDR": f"192.0.2.{len(tried) % 200 + 1}"
        }  # more forms than one place may send a minute
        for token in ({}, {"csrf_token": "x"}):
            assert client.post(path, data=token, environ_base=place).status_code == 400, rule.endpoint
        tried.add(rule.endpoint)
    assert len(tried) > 30
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= WITHOUT_TOKEN


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("iep.example.org", 200),
        ("IEP.example.org:443", 200),
        ("localhost:8000", 200),
        ("evil.example", 400),
        ("iep.example.org.evil.example", 400),
        ("", 400),
    ],
)
def test_pages_answer_to_our_own_name_only(store: Store, clock: VirtualClock, host: str, status: int) -> None:
    client = client_of(store, clock, TWILIO)
    assert client.get("/", headers={"Host": host}).status_code == status
    assert client.get("/healthz", headers={"Host": host}).status_code == 200  # asked by what watches us


def test_cookies_are_bound_to_this_host_over_https(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock, TWILIO)
    answer = client.get("/family/enter", base_url="https://iep.example.org")
    [cookie] = [one for one in answer.headers.getlist("Set-Cookie") if "session" in one]
    assert cookie.startswith("__Host-session=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(("proxies", "seen"), [(0, "9.9.9.9"), (1, "3.3.3.3"), (2, "2.2.2.2")])
def test_so_many_proxies_are_believed_as_are_set(
    store: Store, clock: VirtualClock, proxies: int, seen: str
) -> None:
    app = create_app(house_of(store, clock, settings(proxies=proxies)))
    app.add_url_rule("/whose", "whose", lambda: request.remote_addr or "")
    claimed = {"X-Forwarded-For": "1.1.1.1, 2.2.2.2, 3.3.3.3"}
    answer = app.test_client().get("/whose", headers=claimed, environ_base={"REMOTE_ADDR": "9.9.9.9"})
    assert answer.get_data(as_text=True) == seen


def test_bad_signatures_are_braked_by_address_and_good_ones_are_not(
    store: Store, clock: VirtualClock
) -> None:
    client = client_of(store, clock, TWILIO)

    def post(place: str) -> int:
        return client.post("/twilio/sms", data={"Body": "x"}, environ_base={"REMOTE_ADDR": place}).status_code

    answers = [post("1.2.3.4") for _ in range(35)]
    assert answers == [403] * 30 + [429] * 5
    assert post("1.2.3.5") == 403


def test_a_flood_of_forms_from_one_address_is_braked(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock)
    answers = [client.post("/family/code").status_code for _ in range(122)]
    assert answers == [400] * 120 + [429] * 2
    assert client.get("/family/code").status_code == 200
    assert client.post("/family/code", environ_base={"REMOTE_ADDR": "1.2.3.5"}).status_code == 400


def test_ten_thousand_numbers_from_fifty_addresses_send_no_more_than_the_budget(
    store: Store, clock: VirtualClock
) -> None:
    most = settings(sign_ups_a_day=40)
    taken: list[str] = []
    with store.write() as session:
        for number in range(10_000):
            # California once in twenty; else two islands under +1, and Britain.
            area = "415" if number % 20 == 0 else ("809", "876", "44")[number % 3]
            phone = f"+1{area}555{number:04}" if area != "44" else f"+44770090{number:04}"
            refused = may_sign_up(session, most, phone, f"10.0.0.{number % 50}", clock.now())
            if not refused:
                taken.append(phone)
            elif area != "415":
                assert refused == "country"
        assert [one.kind for one in open_alerts(session)] == ["sign_ups_stopped"]
    assert len(taken) == 40
    assert all(phone.startswith("+1415") for phone in taken)
    with store.read() as session:
        assert session.scalars(select(func.count()).select_from(Attempt)).one() == 3 * 40
        assert not any(phone in key for key in session.scalars(select(Attempt.key)) for phone in taken)


@pytest.mark.parametrize(
    ("numbers", "most"),
    [pytest.param(10_000, 40, marks=pytest.mark.long, id="all"), pytest.param(120, 10, id="some")],
)
def test_the_page_hit_by_thousands_of_numbers_from_fifty_addresses(
    store: Store, clock: VirtualClock, numbers: int, most: int
) -> None:
    """Through the real application, one form a number."""
    client = client_of(store, clock, settings(sign_ups_a_day=most))
    answers: Counter[int] = Counter()
    page = client.get("/register").get_data(as_text=True)
    (token,) = set(re.findall('name="csrf_token" value="([^"]+)"', page))
    for number in range(numbers):
        # California once in four; else two islands under +1, and Britain.
        area = ("415", "809", "876", "44")[number % 4]
        phone = f"+1{area}555{number:04}" if area != "44" else f"+44770090{number:04}"
        form = a_form(nickname=f"Leo {number}", phone=phone, email="", mails=None, csrf_token=token)
        answer = client.post("/register", data=form, environ_base={"REMOTE_ADDR": f"10.0.0.{number % 50}"})
        assert answer.status_code != 303 or area == "415"
        answers[answer.status_code] += 1
    assert answers[303] == most
    assert set(answers) == {303, 400, 429}
    with store.read() as session:
        phones = session.scalars(select(OutgoingMessage.to_address)).all()
        assert len(set(phones)) <= most
        assert all(phone.startswith("+1415") for phone in phones)
        assert session.scalars(select(Alert.kind)).one() == "sign_ups_stopped"


def test_the_page_signs_up_no_more_than_the_budget(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock, settings(sign_ups_a_day=3))
    answers = [
        press(client, "/register", **a_form(nickname=f"Leo {n}", phone=f"(415) 555-01{n:02}")).status_code
        for n in range(5)
    ]
    assert answers == [303] * 3 + [429] * 2
    with store.read() as session:
        assert session.scalars(select(func.count()).select_from(Caregiver)).one() == 3
        assert session.scalars(select(func.count()).select_from(OutgoingMessage)).one() >= 3
        assert session.scalars(select(Alert.kind)).one() == "sign_ups_stopped"
    clock.move_to(clock.now() + timedelta(hours=24, seconds=1))
    again = press(client, "/register", **a_form(nickname="Mia", phone="(415) 555-0150"))
    assert again.status_code == 303


def test_one_number_and_one_address_have_limits_of_their_own(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:

        def signs_up(phone: str, place: str) -> str:
            return may_sign_up(session, SANDBOX, phone, place, clock.now())

        assert [signs_up("+14155550101", f"10.0.0.{n}") for n in range(4)] == ["", "", "", "too_many"]
        clock.move_to(clock.now() + timedelta(minutes=61))
        assert [signs_up("+14155550101", f"10.0.0.{n}") for n in range(3)] == ["", "", "too_many"]
        answers = [signs_up(f"+1415555{n:04}", "10.0.1.1") for n in range(200, 212)]
        assert answers == [""] * 10 + ["too_many"] * 2


def test_a_number_that_is_not_texted_is_told_so_and_nothing_is_kept(
    store: Store, clock: VirtualClock
) -> None:
    client = client_of(store, clock)
    answer = press(client, "/register", **a_form(phone="+1 809 555 2671"))
    assert answer.status_code == 400
    assert "United States and Canada" in answer.get_data(as_text=True)
    with store.read() as session:
        assert session.scalars(select(Caregiver)).all() == []


@pytest.mark.parametrize(
    "here", ["//evil.example", "https://evil.example/sandbox/", "/sandbox/../../x", "/\\evil"]
)
def test_nothing_leads_out_of_the_house(store: Store, clock: VirtualClock, here: str) -> None:
    client = client_of(store, clock)
    answer = press(client, "/sandbox/", "/sandbox/pass", here=here)
    assert answer.status_code in (303, 404)
    assert answer.headers.get("Location", "/sandbox/").startswith("/sandbox/")
    page = client.get("/?lang=es&next=https://evil.example").get_data(as_text=True)
    assert 'href="https://evil.example' not in page


def test_a_language_link_stays_in_the_house(client: FlaskClient) -> None:
    page = client.get("//evil.example/").get_data(as_text=True)
    assert 'href="//evil.example' not in page


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)
