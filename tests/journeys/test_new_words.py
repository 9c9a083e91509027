"""An editor changes the question, a reviewer reviews it, and the parent's phone shows the new words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.serving import make_server

from assistant.clock import AheadClock
from assistant.families.sign_in import begin
from assistant.serve import Program, pages
from assistant.store import Staff, Store, Template
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync
from tests.support.browser import JOURNEY, shown
from tests.support.family import SETTINGS, family, registered

pytestmark = JOURNEY
WORDS = "{child}: was there {alias} {when}? Text 1 yes, 2 no, 3 not sure."


@dataclass(frozen=True)
class Centre:
    """The program on loopback, and the cookies of those who are signed in."""

    url: str
    cookies: dict[str, str]


@pytest.fixture(name="centre")
def centre_fixture(store: Store) -> Iterator[Centre]:
    numbers, clock = {}, AheadClock()
    with store.write() as session:
        sync(session, clock.now())
        registered(session, family(), clock.now())
        for role in ("editor", "reviewer"):
            row = Staff(email=f"{role}@example.org", role=role, created_at=clock.now(), ended_at=None)
            session.add(row)
            session.flush()
            numbers[role] = begin(session, row.id, clock.now(), "").id
    app = pages(Program(SETTINGS, store, clock, Channels(SandboxText(), SandboxEmail())))
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    cookies = {role: str(signer.dumps({"sign_in": number})) for role, number in numbers.items()}
    yield Centre(f"http://127.0.0.1:{server.server_port}", cookies)
    server.shutdown()
    thread.join()


def as_role(page: Page, centre: Centre, role: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "session", "value": centre.cookies[role], "url": centre.url}])


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_new_words_reach_the_parent_once_they_are_reviewed(
    centre: Centre, store: Store, browser: Browser, screenshots: Path, scripts: bool
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=scripts)
    page = context.new_page()
    editor = f"{centre.url}/admin/templates/en/texts.question_one"
    as_role(page, centre, "editor")
    page.goto(f"{centre.url}/admin/templates/?lang=en")
    page.screenshot(path=screenshots / "messages.png")
    page.goto(editor)
    page.get_by_label("The words", exact=True).fill(WORDS)
    if not scripts:
        page.get_by_role("button", name="Look", exact=True).click()
    page.locator("#look .bubble", has_text="Maximiliano: was there counseling").wait_for()
    if scripts:  # the rest is the same for both
        context.close()
        return
    page.get_by_label("Why this change?").fill("Plainer.")
    page.get_by_role("button", name="Save as a draft").click()
    page.screenshot(path=screenshots / "message.png", full_page=True)
    page.get_by_role("link", name="Versions, review and history").click()
    page.get_by_role("button", name="Send to review").click()
    as_role(page, centre, "reviewer")
    page.goto(f"{editor}/versions?lang=en")
    page.get_by_role("button", name="The words are right").first.click()
    assert "Reviewed. It is sent from now on." in shown(page)
    page.screenshot(path=screenshots / "message-versions.png", full_page=True)
    page.goto(f"{centre.url}/sandbox/phone?lang=en")
    for _ in range(12):
        if "was there speech" in shown(page):
            break
        page.get_by_role("button", name="Jump ahead").click()
    assert "Leo: was there speech" in shown(page)
    with store.read() as session:
        assert session.scalars(select(Template.author).where(Template.version == 2)).one() == "staff 1"
    context.close()
