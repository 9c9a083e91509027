"""The doctor, over the wire: a loopback Twilio that is set up right or wrong, this program's own pages served
on loopback, a real mail server.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from app import cli
from assistant.clock import SystemClock, VirtualClock
from assistant.config import Settings
from assistant.doctor import Line, examine
from assistant.doctor.timekeeping import drift_of_header
from assistant.store import Caregiver, Fact, InboundText, open_store
from assistant.web import create_app
from tests.support.fake_twilio import FakeTwilio
from tests.support.imap_server import imap_server
from tests.support.mail_people import settings_of
from tests.support.mail_server import Inbox, real_server
from tests.support.stores import new_sqlite
from tests.web.pages_support import house_of

SECRET = "vG7k-2mQx9Lr4tZbW8sY1nHc"


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[Settings]:
    """The pages of these settings on a port of this machine; the settings with that public address."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    settings = settings.model_copy(update={"server": settings.server.model_copy(update={"public_url": url})})
    store = new_sqlite(folder / "doctor.db")
    with store.write() as session:
        session.add(Fact(key="last_tick", value=datetime.now(UTC).isoformat(), until=None))
    server.app = create_app(house_of(store, VirtualClock(datetime.now(UTC)), settings))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield settings
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio() as running:
        yield running


@pytest.fixture
def settings(fake: FakeTwilio, tmp_path: Path) -> Iterator[Settings]:
    chosen = Settings.model_validate(
        {
            "server": {"secret_key": SECRET},
            "database": {"url": f"sqlite:///{tmp_path}/doctor.db"},
            "sms": {"channel": "twilio"},
            "twilio": {
                "account_sid": fake.account.sid,
                "auth_token": fake.account.auth_token,
                "messaging_service_sid": fake.account.messaging_service_sid,
                "api_base": fake.url,
            },
        }
    )
    with served(chosen, tmp_path) as ours:
        fake.setup.public_url = ours.server.public_url
        yield ours


def seen(settings: Settings) -> dict[str, list[Line]]:
    lines: dict[str, list[Line]] = {}
    for line in examine(settings, SystemClock()):
        lines.setdefault(line.check, []).append(line)
    return lines


def failing(settings: Settings) -> dict[str, list[str]]:
    found = {
        check: [one.found for one in lines if one.state == "fail"] for check, lines in seen(settings).items()
    }
    return {check: lines for check, lines in found.items() if lines}


def test_what_is_set_up_right_fails_nowhere(settings: Settings) -> None:
    lines = seen(settings)
    assert failing(settings) == {}
    for check in (
        "twilio.account",
        "twilio.webhook",
        "twilio.fallback",
        "twilio.retries",
        "signature",
        "clock",
    ):
        assert [line.state for line in lines[check]] == ["ok"], check
    assert {line.check for rows in lines.values() for line in rows if line.state == "look"} == {
        "public_url",  # http, on loopback
        "database.key",  # none is set
        "twilio.keywords",  # Advanced Opt-Out has no resource
        "smtp",
    }


def test_drifted_words_and_no_fallback_fail_with_their_lines(fake: FakeTwilio, settings: Settings) -> None:
    fake.setup.campaign = {"opt_in_keywords": ["START", "yes"], "opt_out_keywords": ["STOP", "No"]}
    fake.setup.service = {"fallback_url": None}
    assert failing(settings) == {
        "twilio.keywords.in": ["YES opts in: Twilio answers it, and a STOP can be undone by an answer"],
        "twilio.keywords.out": ['"No" opts out: who answers a question with it is cut off'],
        "twilio.fallback": [
            "no fallback address is set: a reply that comes while we are away waits for the sweep"
        ],
    }


@pytest.mark.parametrize(
    ("drift", "check", "state"),
    [
        ({"inbound_request_url": "https://old.example.org/twilio/sms#rc=3&rp=all"}, "twilio.webhook", "fail"),
        ({"inbound_request_url": None}, "twilio.webhook", "fail"),
        ({"inbound_method": "GET"}, "twilio.webhook", "fail"),
        ({"fallback_method": "GET"}, "twilio.fallback", "fail"),
        ({"smart_encoding": True}, "twilio.encoding", "look"),
        ({"status_callback": "https://other.example.org/hook"}, "twilio.status", "look"),
        ({"use_inbound_webhook_on_number": True}, "twilio.routing", "look"),
    ],
)
def test_each_drift_of_the_service_has_its_line(
    fake: FakeTwilio, settings: Settings, drift: dict[str, Any], check: str, state: str
) -> None:
    fake.setup.service = drift
    assert [line.state for line in seen(settings)[check]] == [state]


@pytest.mark.parametrize(
    ("overrides", "state"),
    [("", "look"), ("#rc=0&rp=all", "look"), ("#rc=2&rp=4xx", "look"), ("#rc=5&rp=ct,rt,5xx", "ok")],
)
def test_retries_have_to_cover_errors_and_late_answers(
    fake: FakeTwilio, settings: Settings, overrides: str, state: str
) -> None:
    fake.setup.service = {"inbound_request_url": f"{settings.server.public_url}/twilio/sms{overrides}"}
    assert [line.state for line in seen(settings)["twilio.retries"]] == [state]


def test_numbers_links_campaign_and_account(fake: FakeTwilio, settings: Settings) -> None:
    fake.setup.numbers = [("+442071838750", "GB", ["SMS"]), ("+14155550100", "US", ["voice"])]
    fake.setup.short_links, fake.setup.kind = True, "Trial"
    fake.setup.campaign = {"campaign_status": "FAILED"}
    lines = seen(settings)
    assert [line.state for line in lines["twilio.numbers"]] == ["fail", "fail"]
    assert "+44...8750 is" in lines["twilio.numbers"][0].found, "never a whole number"
    assert lines["twilio.links"][0].state == lines["twilio.account"][0].state == "look"
    assert lines["twilio.campaign"][0].state == "fail"
    fake.setup.numbers, fake.setup.campaign, fake.setup.status = [], None, "suspended"
    lines = seen(settings)
    assert [lines[check][0].state for check in ("twilio.account", "twilio.numbers")] == ["fail", "fail"]
    assert lines["twilio.campaign"][0].state == "look"


def test_a_number_of_its_own_is_looked_at_too(fake: FakeTwilio, settings: Settings) -> None:
    twilio = settings.twilio.model_copy(update={"messaging_service_sid": "", "from_number": "+14155550100"})
    own = settings.model_copy(update={"twilio": twilio})
    assert failing(own) == {}
    fake.setup.number = {"sms_fallback_url": "", "sms_application_sid": "AP" + "6f" * 16, "sms_url": ""}
    assert set(failing(own)) == {"twilio.fallback", "twilio.routing", "twilio.webhook"}
    fake.setup.numbers = []
    assert set(failing(own)) == {"twilio.number"}


def test_wrong_credentials_and_no_answer_end_the_visit_with_a_line(
    fake: FakeTwilio, settings: Settings
) -> None:
    twilio = settings.twilio.model_copy(update={"auth_token": "another"})
    found = failing(settings.model_copy(update={"twilio": twilio}))
    assert found["twilio.account"] == ["Twilio answered 401"]
    fake.next_list("html-200")
    assert failing(settings) == {"twilio.account": ["Twilio's answer could not be read"]}
    twilio = settings.twilio.model_copy(update={"api_base": "http://127.0.0.1:9"})
    assert (
        "could not be reached" in failing(settings.model_copy(update={"twilio": twilio}))["twilio.account"][0]
    )


def test_the_round_trip_finds_a_wrong_public_address(settings: Settings) -> None:
    away = settings.server.model_copy(
        update={"public_url": settings.server.public_url.replace("127.0.0.1", "localhost")}
    )
    found = failing(settings.model_copy(update={"server": away}))
    assert found["signature"] == [
        "our own signed request was refused: it arrives changed, or for another address"
    ]
    key = settings.server.model_copy(update={"secret_key": SECRET[::-1]})
    assert "another secret_key" in failing(settings.model_copy(update={"server": key}))["signature"][0]


def test_texts_that_twilio_took_for_keywords_are_told(settings: Settings) -> None:
    store = open_store(settings.database.url)
    with store.write() as session:
        for number, (body, took) in enumerate([("No", "STOP"), (" YES ", "START"), ("stop", "STOP")]):
            session.add(
                InboundText(
                    provider_id=f"SM{number}", channel="sms", from_address="+14155550101", body=body,
                    to_address="+14155550100", opt_out_type=took, received_at=datetime.now(UTC),
                )
            )  # fmt: skip
    store.close()
    assert len(failing(settings)["twilio.keywords.seen"]) == 2


def test_zones_schema_key_and_worker(settings: Settings) -> None:
    store = open_store(settings.database.url)
    now = datetime.now(UTC)
    with store.write() as session:
        session.add(
            Caregiver(
                name="Ana", phone="+14155550101", language="es", zone="America/Atlantis", created_at=now
            )
        )
        session.merge(Fact(key="last_tick", value=(now - timedelta(hours=1)).isoformat(), until=None))
    weak = settings.model_copy(update={"server": settings.server.model_copy(update={"secret_key": "a" * 20})})
    found = failing(weak)
    assert set(found) == {"zones.caregivers", "worker", "secret_key", "signature"}
    assert "Atlantis" in found["zones.caregivers"][0]
    with store.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")
        connection.commit()
    store.close()
    assert failing(settings)["database"] == ["reachable, not at the newest schema"]


@pytest.mark.parametrize(("seconds", "state"), [(3, "ok"), (60, "look"), (900, "fail")])
def test_a_clock_that_drifts(seconds: int, state: str) -> None:
    ours = datetime(2026, 9, 1, 15, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    line = drift_of_header("clock", "Twilio's", "Tue, 01 Sep 2026 15:00:00 GMT", ours)
    assert line is not None
    assert line.state == state
    assert drift_of_header("clock", "Twilio's", "yesterday", ours) is None


def test_the_command_ends_with_1_where_something_fails(
    fake: FakeTwilio, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for section in ("server", "database", "sms", "twilio"):
        for key, value in getattr(settings, section).model_dump(by_alias=True).items():
            if value not in ("", ()):
                text = ",".join(value) if isinstance(value, tuple) else str(value)
                monkeypatch.setenv(f"ASSISTANT_{section.upper()}_{key.upper()}", text)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(cli, ["doctor"]).exit_code == 0
    fake.setup.service = {"fallback_url": ""}
    shown = CliRunner().invoke(cli, ["doctor", "--json"])
    assert shown.exit_code == 1
    lines = [json.loads(line) for line in shown.output.splitlines()]
    assert [line["check"] for line in lines if line["state"] == "fail"] == ["twilio.fallback"]
    assert fake.account.auth_token not in shown.output
    assert SECRET not in shown.output


def test_the_sandbox_asks_nobody(fake: FakeTwilio, settings: Settings) -> None:
    sandbox = settings.model_copy(update={"sms": settings.sms.model_copy(update={"channel": "sandbox"})})
    fake.next_list("500-before")  # would be used up by any question
    checks = {line.check for line in examine(sandbox, SystemClock())}
    assert "mode" in checks
    assert not any(check.startswith(("twilio", "smtp", "signature")) for check in checks)
    assert fake.list_mode() == "500-before"


def test_the_mail_server_is_signed_in_to_and_nothing_is_sent() -> None:
    inbox = Inbox(password="right")
    with real_server(inbox) as port:
        for password, states in (("right", ["ok"]), ("wrong", ["fail"])):
            settings = Settings.model_validate(
                {
                    "server": {"secret_key": SECRET},
                    "email": {"channel": "smtp", "from": "Every Session <us@example.org>"},
                    "smtp": {
                        "host": "127.0.0.1", "port": port, "tls": "none",
                        "username": "us", "password": password,
                    },
                }
            )  # fmt: skip
            lines = [line for line in examine(settings, SystemClock()) if line.check.startswith("smtp")]
            assert [line.state for line in lines] == states
            assert not any("wrong" in str(line) for line in lines), "never a password"
    assert inbox.envelopes == []
    assert [line.state for line in examine(settings, SystemClock()) if line.check == "smtp"] == ["fail"]


def test_the_mailbox_is_looked_into_and_nothing_is_marked() -> None:
    with real_server(Inbox()) as smtp, imap_server() as server:
        server.put(b"From: ana@example.org\r\n\r\nhello\r\n")
        for changes, state, found in (
            ({}, "ok", "INBOX"),
            ({"password": "wrong one"}, "fail", "refused"),
            ({"port": smtp}, "fail", "cannot be read"),
            ({"host": "", "username": "", "password": "", "address": ""}, "look", "none"),
        ):
            settings = settings_of(smtp, server.port, timeout_seconds=2, **changes)
            (line,) = (one for one in examine(settings, SystemClock()) if one.check == "mailbox")
            assert (line.state, found in line.found, bool(line.do)) == (state, True, state != "ok")
            assert "wrong one" not in str(line)
        assert r"\Seen" not in "".join(server.flags().values())
