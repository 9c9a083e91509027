"""A parent with a phone's screen: a suggested step, its letter changed and taken along, "sent", the dates.

Then the evidence by one press. The clock stands still in October 2026, so this does not go by the machine's.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from assistant.clock import VirtualClock
from assistant.families.sign_in import new_link
from assistant.store import Caregiver, Store
from assistant.web import create_app
from assistant.web.speech import speech
from assistant.words import Language
from tests.support.browser import JOURNEY, phone
from tests.support.logged import logged, suggested
from tests.web.pages_support import SANDBOX, house_of

pytestmark = JOURNEY


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=False)


@pytest.fixture
def url(store: Store, clock: VirtualClock) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(house_of(store, clock)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_a_suggestion_to_a_letter_in_hand(
    store: Store, clock: VirtualClock, url: str, page: Page, language: Language, screenshots: Path
) -> None:
    page.set_default_timeout(6_000)
    say = speech(language).say
    logged(store, clock, language)
    suggested(store, clock, "written_notice")
    with store.write() as session:
        link = new_link(session, SANDBOX, clock.now(), caregiver=session.get_one(Caregiver, 1))
    assert link is not None
    page.goto(link.address.replace(SANDBOX.base_url(), url))
    page.locator("main form button").first.click()
    page.goto(f"{url}/family/1/steps")
    page.get_by_role("link", name=say("steps.open_letter")).click()
    page.get_by_role("link", name=say("steps.read_change")).click()
    letter = page.get_by_label(say("letters.text"))
    letter.fill(letter.input_value().replace("Dear case manager", "Dear Ms. Lee"))
    page.get_by_role("button", name=say("steps.save")).click()
    assert "Dear Ms. Lee" in page.locator(".sheet").inner_text(), "shown as it would leave"
    page.screenshot(path=screenshots / f"letter-{language}.png", full_page=True)
    with page.expect_download() as taken:
        page.get_by_role("link", name=say("letters.as_docx")).click()
    document = Document(io.BytesIO(Path(taken.value.path()).read_bytes()))
    assert any("Dear Ms. Lee" in one.text for one in document.paragraphs)
    page.get_by_role("link", name=say("steps.sent_it")).click()
    page.get_by_role("button", name=say("step.done"), exact=True).click()
    said = page.locator(".done").inner_text()
    assert say("step.is_done") in said
    assert "2026" in said, "the next date"
    page.get_by_role("link", name=say("steps.back")).click()
    assert page.locator(".clock-card.is-running").count() == 2
    page.get_by_role("link", name=say("family_nav.evidence"), exact=True).click()
    with page.expect_download() as file:
        page.get_by_role("button", name=say("evidence.one_tap")).click()
    assert Path(file.value.path()).read_bytes().startswith(b"%PDF")
