"""A house with real jobs on a virtual clock, and a browser without JavaScript to look at it with."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.families.sign_in import begin, new_link
from assistant.store import Caregiver, Staff, Store
from assistant.web import create_app
from assistant.web.house import House
from jobs.tick import next_due, run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync

SECRET = "a key for tests that nobody uses"
SANDBOX = Settings.model_validate({"server": {"secret_key": SECRET}})
TOKEN = "12345678901234567890123456789012"
SID = "AC" + "0" * 32
TWILIO = Settings.model_validate(
    {
        "server": {"secret_key": SECRET, "public_url": "https://iep.example.org"},
        "sms": {"channel": "twilio"},
        "twilio": {"account_sid": SID, "auth_token": TOKEN, "from_number": "+14155550100"},
    }
)
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_ONCE = re.compile(r'name="once" value="([^"]+)"')


def house_of(store: Store, clock: VirtualClock, settings: Settings = SANDBOX) -> House:
    """The pages' house; its jobs are the real ones, its channels the sandbox's."""
    channels = Channels(SandboxText(), SandboxEmail())
    with store.write() as session:
        sync(session, clock.now())

    def once() -> None:
        run_pass(store, clock, settings, channels)

    def jump() -> datetime | None:
        with store.read() as session:
            due = next_due(session)
        if due is None:
            return None
        clock.move_to(due)
        once()
        return clock.now()

    return House(store, clock, settings, once, jump if settings.sandbox else None)


def client_of(store: Store, clock: VirtualClock, settings: Settings = SANDBOX) -> FlaskClient:
    """A browser with cookies."""
    app = create_app(house_of(store, clock, settings))
    app.testing = True
    return app.test_client()


def signed_in(store: Store, clock: VirtualClock, phone: str | None = None) -> FlaskClient:
    """A browser on which the caregiver (of that phone, else the first) has pressed their sign-in link."""
    with store.write() as session:
        wanted = select(Caregiver).order_by(Caregiver.id)
        person = session.scalars(wanted.where(Caregiver.phone == phone) if phone else wanted).first()
        assert person is not None
        link = new_link(session, SANDBOX, clock.now(), caregiver=person)
    assert link is not None
    client = client_of(store, clock)
    path = link.address.removeprefix(SANDBOX.base_url())
    assert press(client, path).status_code == 303
    return client


def staff_in(
    client: FlaskClient, store: Store, clock: VirtualClock, email: str = "rosa@example.org"
) -> FlaskClient:
    """That browser, on which a member of staff has signed in; they are made where there is none."""
    with store.write() as session:
        staff = session.scalars(select(Staff).where(Staff.email == email)).first()
        if staff is None:
            staff = Staff(email=email, role="owner", created_at=clock.now(), ended_at=None)
            session.add(staff)
            session.flush()
        number = begin(session, staff.id, clock.now(), "").id
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["sign_in"] = number
    return client


def press(client: FlaskClient, path: str, to: str | None = None, **fields: Any) -> TestResponse:
    """Open `path`, and send its form with these fields (to `to`, where the form goes elsewhere)."""
    page = client.get(path).get_data(as_text=True)
    hidden = {"csrf_token": (_CSRF.search(page) or ["", ""])[1]}
    once = _ONCE.search(page)
    if once:
        hidden["once"] = once[1]
    return client.post(to or path, data={**hidden, **fields})


def a_form(**changes: Any) -> dict[str, Any]:
    """The registration form, filled in: Leo, speech on Tuesday and Thursday."""
    form: dict[str, Any] = {
        "nickname": "Leo",
        "services-0-alias": "speech",
        "services-0-name": "Speech and language therapy",
        "services-0-minutes": "30",
        "services-0-day": ["tue", "thu"],
        "services-0-time": "14:00",
        "calendar_name": "Alder Unified",
        "first_day": "2026-08-17",
        "last_day": "2027-06-04",
        "days_off": "9/7/2026\n11/23/2026 to 11/27/2026 Thanksgiving",
        "zone": "America/Los_Angeles",
        "name": "Ana Rivera",
        "phone": "(415) 555-2671",
        "email": "ana@example.org",
        "language": "en",
        "texts": "1",
        "mails": "1",
    }
    form.update(changes)
    return {key: value for key, value in form.items() if value is not None}
