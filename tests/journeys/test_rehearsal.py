"""Staff change a text for a try, press play, and read what a made-up family then gets. Scripts off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from assistant.clock import AheadClock
from assistant.families.sign_in import begin
from assistant.serve import Program, pages
from assistant.store import Staff, Store
from assistant.words import LANGUAGES
from jobs import rehearse
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync
from tests.pages.look import PHONE, trouble
from tests.support.browser import JOURNEY, phone, shown
from tests.support.rehearsed import NAME, two_days

pytestmark = JOURNEY


@dataclass(frozen=True)
class Office:
    """The program on loopback, and the cookie of a member of staff who is signed in."""

    url: str
    cookie: str


@pytest.fixture(name="office")
def office_fixture(store: Store, tmp_path: Path) -> Iterator[Office]:
    settings, clock = two_days(tmp_path), AheadClock()
    with store.write() as session:
        sync(session, clock.now())
        rosa = Staff(email="rosa@example.org", role="editor", created_at=clock.now(), ended_at=None)
        session.add(rosa)
        session.flush()
        number = begin(session, rosa.id, clock.now(), "").id
    program = Program(settings, store, clock, Channels(SandboxText(), SandboxEmail()))

    def wake(what: str) -> None:
        if what == "rehearse":
            rehearse.run(store, clock, settings)

    app = pages(program, wake)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Office(f"http://127.0.0.1:{server.server_port}", str(signer.dumps({"sign_in": number})))
    server.shutdown()
    thread.join()
    rehearse.wait(60)


@pytest.fixture(name="page")
def page_fixture(browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=False)


def test_a_changed_text_is_read_before_anybody_gets_it(office: Office, page: Page, screenshots: Path) -> None:
    page.context.add_cookies([{"name": "session", "value": office.cookie, "url": office.url}])
    page.goto(f"{office.url}/admin/rehearsals/?lang=en")
    page.get_by_label("Try other words for one text").select_option("texts.question_one")
    page.get_by_role("button", name="Change this text").click()
    page.get_by_label("What should they live through?").select_option(NAME)
    page.get_by_label("The words to try").fill("{child}: {alias} {when}? Text 1 yes, 2 no, 3 not sure.")
    page.get_by_role("button", name="Play it").click()
    assert any(words in shown(page) for words in ("waits for its turn", "living it now", "See what changes"))
    page.get_by_role("link", name="See what changes").click(timeout=30_000)  # the page looks again by itself
    page.get_by_role("heading", name="Messages that change").wait_for()
    assert page.locator("del").all_inner_texts() == ["did ", " happen"]
    page.get_by_role("link", name="Back to all texts").click()
    page.get_by_text("Leo: speech today (Tue 9/1)? Text 1 yes, 2 no, 3 not sure.").wait_for()
    page.screenshot(path=screenshots / "rehearsal.png", full_page=True)
    assert looked_at(office, page, page.url) == []


def looked_at(office: Office, page: Page, lived: str) -> list[str]:
    """What is the matter with a finished rehearsal's pages; the walk over all pages cannot wait for one."""
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(viewport=PHONE, bypass_csp=True)  # type: ignore[arg-type]
    context.add_cookies([{"name": "session", "value": office.cookie, "url": office.url}])
    other, found = context.new_page(), list[str]()
    for language in LANGUAGES:
        for part in ("", "/changes"):
            other.goto(f"{lived.partition('?')[0]}{part}?lang={language}")
            found += [f"{part} {language}: {one}" for one in trouble(other, language)]
    context.close()
    return found
