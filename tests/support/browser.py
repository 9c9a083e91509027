"""The program in a real browser: a site on loopback and a phone's screen, with and without scripts."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from assistant.clock import AheadClock
from assistant.serve import Program, pages
from assistant.store import Store
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
JOURNEY = [
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


@pytest.fixture(name="site")
def site_fixture(store: Store) -> Iterator[Site]:
    with site_of(store) as site:
        yield site


@contextmanager
def site_of(store: Store) -> Iterator[Site]:
    """The program with that store, served until the end."""
    clock = AheadClock()
    with store.write() as session:
        sync(session, clock.now())
    program = Program(SETTINGS, store, clock, Channels(SandboxText(), SandboxEmail()))
    server = make_server("127.0.0.1", 0, pages(program), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", store)
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture(name="screenshots")
def screenshots_fixture(tmp_path: Path) -> Path:
    """Where pictures of the journey go: SCREENSHOTS, to look at them, else a folder that is thrown away."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(name="browser", scope="module")
def browser_fixture() -> Iterator[Browser]:
    """One browser for a module's journeys; each has a context, and so cookies, of its own."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def phone(browser: Browser, *, scripts: bool) -> Iterator[Page]:
    """A page as wide as a phone."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=scripts)
    yield context.new_page()
    context.close()


def shown(page: Page) -> str:
    """All words of the page, once it has come whole.

    Right after a tap, or while a page looks again by itself, the old one may be gone and the new not here.
    """
    page.wait_for_load_state()
    return page.locator("body").text_content() or ""
