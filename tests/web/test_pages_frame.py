"""What holds for every page: headers, language, forms that cannot be forged, plain errors, health."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.store import Fact, OutgoingMessage, Store
from assistant.web import create_app
from assistant.web.house import House
from tests.support.family import family, registered
from tests.web.pages_support import SANDBOX, TWILIO, a_form, client_of, house_of, press

PAGES = ("/", "/register", "/sandbox/", "/sandbox/phone", "/sandbox/mail")


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("language", "word"), [("en", "English"), ("es", "Español")])
def test_every_page_in_both_languages(client: FlaskClient, path: str, language: str, word: str) -> None:
    answer = client.get(f"{path}?lang={language}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in page
    assert word in page
    assert page.count("<h1") == 1
    assert len(answer.data) < 60_000


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/healthz"])
def test_headers_are_strict_everywhere(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client: FlaskClient, path: str) -> None:
    page = client.get(path).get_data(as_text=True)
    assert "<script" not in page
    assert not re.search(r"\sstyle=|\son[a-z]+=", page)
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []


def test_language_comes_from_the_browser_until_one_is_chosen(client: FlaskClient) -> None:
    spanish = {"Accept-Language": "es-MX,es;q=0.9"}
    assert b'lang="es"' in client.get("/", headers=spanish).data[:60]
    chosen = client.get("/?lang=en", headers=spanish)
    cookie = chosen.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert b'lang="en"' in client.get("/", headers=spanish).data[:60]
    assert b'lang="en"' in client.get("/?lang=xx", headers=spanish).data[:60]


def test_a_language_that_is_not_offered_is_not_spoken(store: Store, clock: VirtualClock) -> None:
    settings = Settings.model_validate({"program": {"languages": ["en"]}, "server": {"secret_key": "k" * 40}})
    page = client_of(store, clock, settings).get("/?lang=es").get_data(as_text=True)
    assert 'lang="en"' in page
    assert "Español" not in page


def test_cookies_are_safe_and_secure_on_https(store: Store, clock: VirtualClock) -> None:
    cookie = client_of(store, clock, TWILIO).get("/register").headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("path", ["/register", "/sandbox/jump", "/sandbox/phone/1"])
def test_a_form_without_its_token_is_refused(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data=a_form())
    assert answer.status_code == 400
    assert "Please try once more" in answer.get_data(as_text=True)


def test_errors_are_pages_in_plain_words(client: FlaskClient) -> None:
    missing = client.get("/nothing?lang=es")
    assert missing.status_code == 404
    assert "Esta página no existe" in missing.get_data(as_text=True)
    assert press(client, "/register", nickname="x" * 2_100_000).status_code == 413
    assert client.get("/sandbox/jump").status_code == 405


def test_the_sandbox_is_there_only_in_the_sandbox(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock, TWILIO)
    for path in ("/sandbox/", "/sandbox/phone", "/sandbox/mail"):
        assert client.get(path).status_code == 404
    assert client.post("/sandbox/jump").status_code in (400, 404)
    assert "sandbox" not in client.get("/").get_data(as_text=True).casefold()


def test_pages_need_a_secret_key(store: Store, clock: VirtualClock) -> None:
    with pytest.raises(ValueError, match="secret_key"):
        create_app(House(store, clock, Settings(), lambda: None))


def test_health_says_what_is_late_and_no_more(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock)
    assert client.get("/healthz").data == b"ok\n"
    fresh = client.get("/readyz")
    assert fresh.status_code == 200
    assert fresh.get_json()["database"] == "ok"
    assert fresh.get_json()["oldest_unsent"] is None
    with store.write() as session:
        child = registered(session, family(), clock.now())
        session.add(Fact(key="last_tick", value="2026-09-01T15:00:00+00:00", until=None))
        assert child.id
    clock.move_to(datetime(2026, 9, 2, 15, 0, tzinfo=UTC))
    late = client.get("/readyz").get_json()
    assert late["last_tick"] == "2026-09-01T15:00:00+00:00"
    assert late["oldest_overdue"] is not None
    with store.read() as session:
        assert session.query(OutgoingMessage).count() > 0
    assert late["oldest_unsent"] is not None
    assert "Leo" not in client.get("/readyz").get_data(as_text=True)


def test_not_ready_without_the_database(
    clock: VirtualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = Store(create_engine(f"sqlite:///{tmp_path_factory.mktemp('x')}/no/such/folder.db"))
    client = create_app(House(nowhere, clock, SANDBOX, lambda: None)).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "folder" not in answer.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200


def test_the_clock_of_a_house_is_the_only_one(store: Store, clock: VirtualClock) -> None:
    client = create_app(house_of(store, clock)).test_client()
    first = client.get("/readyz").get_json()["now"]
    clock.move_to(clock.now() + timedelta(days=400))
    assert client.get("/readyz").get_json()["now"] > first


def test_a_style_is_kept_until_it_changes(client: FlaskClient) -> None:
    style = re.search(r'href="(/static/style\.css\?v=[0-9a-f]{8})"', client.get("/").get_data(as_text=True))
    assert style is not None
    kept = client.get(style[1]).headers["Cache-Control"]
    assert "max-age=31536000" in kept
    assert "immutable" in kept
    # Asked for by an old page, or without a mark, it is another one soon.
    for path in ("/static/style.css?v=00000000", "/static/icon.svg"):
        assert client.get(path).headers["Cache-Control"] == "public, max-age=3600"
    assert client.get("/static/nothing.css").status_code == 404
