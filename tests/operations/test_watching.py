"""What staff, a monitor and a watching service see: alerts, the banner, /metrics, /readyz, the ping."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from assistant.clock import VirtualClock, monotonic
from assistant.config import Settings
from assistant.operations.alarms import KINDS
from assistant.operations.audit import STAGES
from assistant.operations.refused import refused
from assistant.store import Alert, AuditEvent, Store
from assistant.web.speech import speech
from jobs.ping import NAME, Pinger
from jobs.sweep import CANNOT, LOST
from messages.alerts import open_alerts, raise_alert
from messages.brakes import LOOP
from messages.delivery.dead import DEAD
from messages.delivery.gate import HALTED, LIMIT
from tests.support.family import PHONE, SPEECH, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import SANDBOX, TWILIO, client_of, press, staff_in

ROOT = Path(__file__).parents[2]
WATCHED = TWILIO.model_copy(
    update={"ops": TWILIO.ops.model_copy(update={"metrics_token": "a-long-token-for-tests-1"})}
)


@pytest.fixture
def home(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    return Talk(store, clock)


def staff(store: Store, clock: VirtualClock, settings: Settings = SANDBOX) -> FlaskClient:
    return staff_in(client_of(store, clock, settings), store, clock)


# The page


def test_alerts_are_shown_to_staff_only_and_closed_with_a_reason(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        raise_alert(session, "outbox_old", clock.now(), minutes=40, messages=3)
        raise_alert(session, "made_up_by_others", clock.now(), subject="sms", code="30003")
    stranger = client_of(store, clock)
    assert stranger.get("/admin/alerts/").status_code == 401
    assert press(stranger, "/family/enter", "/admin/alerts/1/close", reason="x").status_code == 401
    client = staff(store, clock)
    page = client.get("/admin/alerts/").get_data(as_text=True)
    assert "Messages do not leave" in page
    assert "minutes: 40" in page
    assert "Something to look at: made_up_by_others" in page
    assert "code: 30003" in page
    press(client, "/admin/alerts/", "/admin/alerts/1/close", reason="  ")
    with store.read() as session:
        assert len(open_alerts(session)) == 2
    press(client, "/admin/alerts/", "/admin/alerts/1/close", reason=f"Called Ana at {PHONE}; relay was down")
    with store.read() as session:
        assert [one.kind for one in open_alerts(session)] == ["made_up_by_others"]
        assert session.get_one(Alert, 1).closed_by == "staff 1"
        event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "alert_closed")).one()
    assert event.detail == {"about": "outbox_old", "reason": "Called Ana at [number]; relay was down"}
    assert "Over in the last two weeks" in client.get("/admin/alerts/").get_data(as_text=True)
    assert press(client, "/admin/alerts/", "/admin/alerts/99/close", reason="x").status_code == 404


def test_every_alert_of_ours_has_its_words() -> None:
    """Those of other rooms too, as far as they name their kind where they raise it."""
    raised = {
        found
        for room in ("jobs", "messages", "assistant")
        for file in (ROOT / room).rglob("*.py")
        for found in re.findall(r'raise_alert\(\s*session,\s*"(\w+)"', file.read_text(encoding="utf-8"))
    }
    assert "unknown_code" in raised
    for kind in (*KINDS, *(stage.kind for stage in STAGES), *raised, HALTED, LIMIT, DEAD, LOST, CANNOT, LOOP):
        assert speech("en").knows(f"alert.{kind}.title"), kind
        assert speech("en").knows(f"alert.{kind}.do"), kind


def test_the_banner_stands_on_pages_of_staff_alone(home: Talk) -> None:
    store, clock = home.store, home.clock
    client = staff(store, clock, TWILIO)
    assert 'class="notice"' not in client.get("/admin/inbox").get_data(as_text=True)
    clock.move_to(clock.now() + timedelta(minutes=40))
    with store.write() as session:
        raise_alert(session, "outbox_old", clock.now())
    page = client.get("/admin/inbox").get_data(as_text=True)
    assert "The program is behind by 40 minutes" in page, "the line waits to be planned"
    assert "Things to look at: 1." in page
    assert 'class="notice"' not in client.get("/").get_data(as_text=True)
    assert 'class="notice"' not in client_of(store, clock, TWILIO).get("/admin/inbox").get_data(as_text=True)


# The monitor


def test_metrics_are_off_then_behind_a_token(home: Talk) -> None:
    assert client_of(home.store, home.clock, TWILIO).get("/metrics").status_code == 404
    client = client_of(home.store, home.clock, WATCHED)
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer é"}).status_code == 401
    assert client.get("/metrics", headers=_bearer()).status_code == 200


def _bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {WATCHED.ops.metrics_token}"}


def measured(home: Talk) -> dict[tuple[str, ...], float]:
    text = (
        client_of(home.store, home.clock, WATCHED).get("/metrics", headers=_bearer()).get_data(as_text=True)
    )
    assert not any(secret in text for secret in (PHONE, "Leo", "Ana", "speech", "example.org"))
    return {
        (sample.name.removeprefix("every_session_"), *sample.labels.values()): sample.value
        for family_ in text_string_to_metric_families(text)
        for sample in family_.samples
    }


def test_metrics_tell_how_it_goes_without_naming_anybody(home: Talk) -> None:
    home.until_asked()
    home.say("no")
    found = measured(home)
    assert found["questions_asked_week",] == found["questions_answered_week",] == 1
    assert found["due_lag_seconds", "close"] == 0
    assert found["messages_last_day", "sms", "sent"] == 3
    assert found["inbound_last_day", "webhook"] == 1
    assert found["last_inbound_age_seconds",] == found["last_pass_age_seconds",] == 0
    home.clock.move_to(home.clock.now() + timedelta(days=3))
    with home.store.write() as session:
        raise_alert(session, "send_halted", home.clock.now(), subject="sms")
    found = measured(home)
    assert found["alarm", "worker_behind"] == 1
    assert found["alarm", "outbox_old"] == 0
    assert found["alerts_open", "send_halted"] == 1
    assert found["due_lag_seconds", "ask"] > 2 * 3600
    ready = client_of(home.store, home.clock, TWILIO).get("/readyz").get_json()
    assert ready["alarms"] == ["worker_behind"]


def test_refused_webhooks_are_counted_by_reason_and_pile_up_to_an_alarm(home: Talk) -> None:
    client = client_of(home.store, home.clock, WATCHED)
    signed = RequestValidator(WATCHED.twilio.auth_token)
    url = f"{WATCHED.base_url()}/twilio/sms"
    bare = {"X-Twilio-Signature": str(signed.compute_signature(url, {"From": PHONE}))}
    posts: list[tuple[str, Any, int]] = [
        *[("/twilio/sms", {"data": {"Body": "no"}}, 403)] * 2,
        ("/twilio/sms", {"data": {"From": PHONE}, "headers": bare}, 403),
        ("/twilio/sms", {"data": {"Body": "n" * 40_000}}, 413),
        *[("/twilio/status", {"data": {}}, 403)] * 27,
        *[("/twilio/sms", {"data": {"Body": "no"}}, 429)] * 3,
    ]
    for path, form, status in posts:
        assert client.post(path, **form).status_code == status
    with home.store.read() as session:  # a flood writes once in ten seconds
        assert refused(session, home.clock.now() - timedelta(hours=1)) == {("twilio", "signature"): 1}
    home.clock.move_to(home.clock.now() + timedelta(seconds=11))
    client.get("/healthz")
    found = measured(home)
    whole = {key[2]: value for key, value in found.items() if key[0] == "webhooks_refused_last_day"}
    assert whole == {"signature": 29, "shape": 1, "too_large": 1, "too_many": 3}
    assert found["alarm", "webhooks_refused"] == 1
    home.clock.move_to(home.clock.now() + timedelta(minutes=80))
    assert measured(home)["alarm", "webhooks_refused"] == 0


# The watching service


@dataclass
class Watcher:
    """A service that waits for calls; `status` is what it answers, `hang` keeps it from answering."""

    calls: int = 0
    status: int = 200
    hang: threading.Event | None = None
    called: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def watcher() -> Iterator[tuple[Watcher, str]]:
    watcher = Watcher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            watcher.calls += 1
            watcher.called.set()
            if watcher.hang is not None:
                watcher.hang.wait()
            self.send_response(watcher.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name is the base class's
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield watcher, f"http://127.0.0.1:{server.server_address[1]}/ping/one"
    if watcher.hang is not None:
        watcher.hang.set()
    server.shutdown()
    server.server_close()


def with_ping(url: str, settings: Settings = TWILIO) -> Settings:
    return settings.model_copy(update={"ops": settings.ops.model_copy(update={"ping_url": url})})


def settle() -> None:
    """Until the call on its way has ended."""
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(20)


def test_good_passes_are_told_and_bad_ones_are_not(
    store: Store, clock: VirtualClock, watcher: tuple[Watcher, str]
) -> None:
    seen, url = watcher
    pinger = Pinger(store, clock, with_ping(url))
    broken = True

    def tick() -> None:
        if broken:
            raise RuntimeError("the database is away")

    beat = pinger.around(tick)
    with pytest.raises(RuntimeError):
        beat()
    broken = False
    for minutes in (0, 1, 3, 1, 4, 1):  # 0, 1, 4, 5, 9, 10 after the first
        clock.move_to(clock.now() + timedelta(minutes=minutes))
        beat()
        settle()
    assert seen.calls == 3, "at most every five minutes"
    seen.status = 500
    clock.move_to(clock.now() + timedelta(minutes=5))
    beat()
    settle()
    assert seen.calls == 4


def test_dead_workers_end_the_calls_though_the_clock_ticks(home: Talk, watcher: tuple[Watcher, str]) -> None:
    seen, url = watcher
    beat = Pinger(home.store, home.clock, with_ping(url)).around(lambda: None)  # tells others what is due
    beat()
    settle()
    home.clock.move_to(home.clock.now() + timedelta(minutes=20))
    beat()
    settle()
    assert seen.calls == 1


def test_a_service_that_hangs_holds_up_no_pass(
    store: Store, clock: VirtualClock, watcher: tuple[Watcher, str]
) -> None:
    seen, url = watcher
    seen.hang = threading.Event()
    beat = Pinger(store, clock, with_ping(url)).around(lambda: None)
    began = monotonic()
    for _ in range(3):
        clock.move_to(clock.now() + timedelta(minutes=5))
        beat()
    assert monotonic() - began < 5
    assert seen.called.wait(10)
    assert seen.calls == 1, "one at a time"


def test_the_sandbox_calls_nobody(store: Store, clock: VirtualClock, watcher: tuple[Watcher, str]) -> None:
    seen, url = watcher
    Pinger(store, clock, with_ping(url, SANDBOX)).around(lambda: None)()
    settle()
    assert seen.calls == 0
