"""A parent with a phone's screen: from nothing to a first answered question, in a real browser.

Needs Chromium (CHROMIUM names it, else one on the PATH); says so and is skipped where there is none.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from assistant.clock import AheadClock
from assistant.serve import Program, pages
from assistant.store import Caregiver, LogEntry, Store
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync
from tests.support.family import SETTINGS

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on this machine: the browser journeys are skipped"
    ),
]


@dataclass(frozen=True)
class Site:
    """The program, served on loopback."""

    url: str
    store: Store


@pytest.fixture
def site(store: Store) -> Iterator[Site]:
    clock = AheadClock()
    with store.write() as session:
        sync(session, clock.now())
    program = Program(SETTINGS, store, clock, Channels(SandboxText(), SandboxEmail()))
    server = make_server("127.0.0.1", 0, pages(program), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", store)
    server.shutdown()
    thread.join()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Where pictures of the journey go: SCREENSHOTS, to look at them, else a folder that is thrown away."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page(viewport={"width": 360, "height": 740})
        browser.close()


def test_from_nothing_to_an_answer_in_the_log(site: Site, page: Page, screenshots: Path) -> None:
    page.goto(f"{site.url}/register?lang=en")
    fill_registration(page)
    page.get_by_role("button", name="Register").click()
    assert "/registered/" in page.url
    page.screenshot(path=screenshots / "registered.png", full_page=True)
    page.goto(f"{site.url}/sandbox/phone")
    open_phone = page.get_by_role("link", name="Open Ana Rivera's phone")
    if open_phone.count():
        open_phone.click()
    if "text JOIN" not in page.content():  # registered at night: the invitation waits for the morning
        page.get_by_role("button", name="Jump ahead").click()
    assert "text JOIN" in page.content()
    reply(page, "JOIN")
    assert "you are set" in page.content()
    for _ in range(12):
        if "did speech happen" in page.content():
            break
        page.get_by_role("button", name="Jump ahead").click()
    assert "did speech happen" in page.content()
    reply(page, "1")
    assert "Logged: speech" in page.content()
    page.locator(".phone").screenshot(path=screenshots / "phone.png")
    with site.store.read() as session:
        entry = session.scalars(select(LogEntry)).one()
        assert (entry.outcome, entry.words) == ("held", "1")
        assert session.scalars(select(Caregiver.texts)).one() == "in"


def fill_registration(page: Page) -> None:
    """Speech on every weekday at ten, in a school year around today; JavaScript or not."""
    today = datetime.now(UTC).date()
    page.get_by_label("What should we call your child?").fill("Leo")
    page.locator("#services-0-alias").fill("speech")
    page.locator("#services-0-minutes").fill("30")
    for day in ("mon", "tue", "wed", "thu", "fri"):
        page.locator(f"[name=services-0-day][value={day}]").check()
    page.locator("#services-0-time").fill("10:00")
    page.locator("#first_day").fill((today - timedelta(days=30)).isoformat())
    page.locator("#last_day").fill((today + timedelta(days=120)).isoformat())
    page.get_by_label("Your name").fill("Ana Rivera")
    page.get_by_label("Mobile phone").fill("(415) 555-0101")
    page.get_by_label("E-mail", exact=True).fill("ana@example.org")
    page.locator("#texts").check()


def reply(page: Page, text: str) -> None:
    page.get_by_label("Answer as the parent").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()
