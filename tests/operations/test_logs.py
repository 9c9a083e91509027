"""Nothing of a family stands in the logs: a week at DEBUG through real channels and pages, with faults."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.families.sign_in import new_link
from assistant.operations import logs
from assistant.operations.redact import redacted
from assistant.store import Caregiver, InboundText, OutgoingMessage, Rehearsal, Store
from assistant.web import create_app
from assistant.web.house import House
from jobs import rehearse
from jobs.tick import next_due, run_pass
from messages.channels.sandbox import SandboxEmail
from messages.channels.twilio_sms import TwilioSms
from messages.deliver import Channels
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_wire import sign
from tests.support.family import PHONE, SPEECH, family, registered
from tests.support.rehearsed import NAME, two_days
from tests.web.pages_support import SANDBOX, client_of, press, staff_in

WORDS = "no, therapist Quillby was out again"


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that is logged, as the program would write it, at DEBUG."""
    stream, root = io.StringIO(), logging.getLogger()
    kept = {name: logging.getLogger(name).level for name in logs.LOUD}
    handlers, level = list(root.handlers), root.level
    ops = {"log": getattr(request, "param", "json"), "log_level": "debug"}
    logs.set_up(Settings.model_validate({"ops": ops}), stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in kept.items():
        logging.getLogger(name).setLevel(before)


def settings_for(fake: FakeTwilio) -> Settings:
    return Settings.model_validate(
        {
            "server": {"secret_key": "a key for tests that nobody uses", "public_url": "https://iep.example.org"},
            "sms": {"channel": "twilio"},
            "twilio": {
                "account_sid": fake.account.sid, "auth_token": fake.account.auth_token,
                "from_number": fake.account.number, "api_base": fake.url,
            },
        }
    )  # fmt: skip


def texts(app: Flask, fake: FakeTwilio, number: int, body: str) -> int:
    form = {
        "MessageSid": f"SM{number:032x}", "SmsMessageSid": f"SM{number:032x}", "AccountSid": fake.account.sid,
        "From": PHONE, "To": fake.account.number, "Body": body, "NumMedia": "0",
    }  # fmt: skip
    signature = sign(fake.account.auth_token, "https://iep.example.org/twilio/sms", list(form.items()))
    answer = app.test_client().post(
        "/twilio/sms",
        data=urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    return answer.status_code


@pytest.mark.parametrize("written", ["plain", "json"], indirect=True)
def test_a_week_at_debug_names_nobody(store: Store, clock: VirtualClock, written: io.StringIO) -> None:
    with FakeTwilio(clock=clock) as fake:
        settings = settings_for(fake)
        with store.write() as session:
            registered(session, family(services=(SPEECH,)), clock.now(), settings)
            person = session.scalars(select(Caregiver)).one()
            link = new_link(session, settings, clock.now(), caregiver=person)
        assert link is not None
        channels = Channels(TwilioSms(settings.twilio, settings.server.public_url, clock), SandboxEmail())
        app = create_app(House(store, clock, settings, lambda: None))
        ends, number = clock.now() + timedelta(days=7), 0
        while clock.now() < ends:
            run_pass(store, clock, settings, channels)
            with store.read() as session:
                due = next_due(session)
            clock.move_to(min(due or ends, ends))
            if fake.sent() and number < 3 and len(fake.sent()) > number:
                number += 1
                assert texts(app, fake, number, WORDS) == 200
        path = link.address.removeprefix(settings.base_url())
        for address in (
            path,
            "/family?email=ana@example.org",
            "/nowhere/" + PHONE,
            "/admin/inbox",
            "/healthz",
        ):
            app.test_client().get(address)
        fake.next("500-after", "429")
        fake.refuse(PHONE, 21610)
        assert texts(app, fake, 50, "STATUS") == 200
        run_pass(store, clock, settings, channels)
        _fail_everywhere(create_app(House(store, clock, settings, lambda: None)), store)
        with store.read() as session:
            bodies = [WORDS, *session.scalars(select(OutgoingMessage.body))]
            assert session.scalars(select(InboundText.body)).all().count(WORDS) == 3
    log = written.getvalue()
    assert len(log.splitlines()) > 20
    assert "access" in log
    assert "/family/enter/<" in log, "the rule, not the address"
    forbidden = [
        PHONE, PHONE[2:], "415-555", "ana@", "example.org/family", "Ana Rivera", "Rivera", "Leo", "Alder",
        "Quillby", fake.account.auth_token, settings.server.secret_key, path.rpartition("/")[2], *bodies,
    ]  # fmt: skip
    assert [word for word in forbidden if word in log] == []


def test_what_staff_try_names_nobody_either(
    written: io.StringIO, store: Store, clock: VirtualClock, tmp_path: Path
) -> None:
    """A test e-mail, a talk with a made-up parent, and a rehearsal with words that are tried."""
    settings = two_days(tmp_path, SANDBOX)
    staff = staff_in(client_of(store, clock, settings), store, clock)
    mail, talk = "/admin/templates/en/mails.question.body", "/admin/templates/talk"
    assert press(staff, mail, f"{mail}/test").status_code == 303
    played = press(staff, talk, reply=WORDS, about="one", language="en", drafts="1", do="say")
    assert WORDS in played.get_data(as_text=True)
    tried = "{child}: was Quillby there for {alias} {when}? Text 1 yes, 2 no, 3 not sure."
    wanted = {"scenario": NAME, "words": "live", "text": "texts.question_one en", "body": tried}
    assert press(staff, "/admin/rehearsals/", **wanted).status_code == 303
    rehearse.run(store, clock, settings)
    rehearse.wait(60)
    with store.read() as session:
        bodies = list(session.scalars(select(OutgoingMessage.body)))
        assert bodies
        assert {one.state for one in session.scalars(select(Rehearsal))} <= {"done", "queued", "running"}
    log = written.getvalue()
    assert len(log.splitlines()) >= 6
    assert "POST /admin/templates/talk 200" in log
    forbidden = [
        PHONE, PHONE[2:], "+14155550100", "415-555", "rosa@", "ana@", "Rivera", "Leo", "Ana", "Quillby",
        WORDS, *bodies,
    ]  # fmt: skip
    assert [word for word in forbidden if word in log] == []


def _fail_everywhere(app: Flask, store: Store) -> None:
    """Faults as they happen: a page that breaks with words in the error, a row that the database refuses."""

    @app.before_request
    def _breaks() -> None:
        raise RuntimeError(f"Leonardo Rivera wrote {WORDS!r} from {PHONE}")

    assert app.test_client().get("/").status_code == 500
    with pytest.raises(IntegrityError) as refused, store.write() as session:
        session.add(
            Caregiver(name="Ana Rivera", phone=PHONE, language="en", zone="UTC", created_at=_now(session))
        )
    logging.getLogger("jobs.test").error("a row was refused", exc_info=refused.value)
    logging.getLogger("urllib3.connectionpool").debug("GET /Messages.json?To=%s", PHONE)
    logging.getLogger("messages.test").warning("told %s and ana@example.org, token=%s", PHONE, "abcdef123456")


def _now(session: object) -> object:
    return session.scalars(select(Caregiver.created_at)).first()  # type: ignore[attr-defined]


def test_a_line_has_its_request_and_an_error_its_place(
    written: io.StringIO, store: Store, clock: VirtualClock
) -> None:
    app = create_app(
        House(store, clock, Settings.model_validate({"server": {"secret_key": "k" * 20}}), lambda: None)
    )

    @app.get("/breaks")
    def breaks() -> str:
        logging.getLogger("assistant.test").info("looked at row %d", 12)
        raise ValueError("Leo")

    answer = app.test_client().get("/breaks?x=1")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    mine = [line for line in lines if line.get("request") == answer.headers["X-Request-Id"]]
    assert [line["logger"] for line in mine] == ["assistant.test", app.logger.name, "access"]
    assert mine[0]["event"] == "looked at row 12"
    assert mine[1]["error"] == "ValueError"
    assert any("breaks" in place for place in mine[1]["where"])
    assert mine[2]["event"].startswith("GET /breaks 500 ")
    assert "Leo" not in written.getvalue()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("to +14155550101 now", "to [number] now"),
        ("call (415) 555-0101 or 415.555.0101", "call [number] or [number]"),
        ("mail ana.rivera+x@example.org!", "mail [e-mail]"),
        ("GET /family/enter/eyJhbGciOi.x-y_z 200", "GET /family/enter/[token] 200"),
        ("GET /status?m=12&to=%2B1415 204", "GET /status?[query] 204"),
        ("password=hunter22 next", "password=[secret] next"),
        ("2026-11-26T22:31:10.123+00:00 row 4155 of child 12 from 10.0.0.12", None),
        ("key s3cr3t-of-ours!", "key [secret]"),
        ("bearer Zm9vYmFyMTIzNDU2Nzg5MA", "bearer [token]"),
    ],
)
def test_what_is_put_out_and_what_stays(line: str, told: str | None) -> None:
    assert redacted(line, ["s3cr3t-of-ours!"]) == (told or line)
