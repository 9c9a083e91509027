"""No mouse: a parent's main way and a staff member's, by Tab, Shift-Tab, arrows, Space and Enter alone."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.serving import make_server

from assistant.clock import VirtualClock
from assistant.families.staff_access import set_password
from assistant.store import OutgoingMessage, Staff, Store, Template, TemplateAct
from assistant.web import create_app
from assistant.web.speech import speech
from messages.one_time import revealed
from tests.support.browser import JOURNEY
from tests.support.logged import logged, suggested
from tests.web.pages_support import SECRET, house_of

pytestmark = JOURNEY
MOST = 120  # stops on the way to anything
EMAIL, PASSWORD, APP = "rosa@example.org", "clay river lantern", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
say = speech("en").say
# What somebody hears of the stop they are at, and whether it shows.
_AT = """() => { const one = document.activeElement, style = getComputedStyle(one);
  const heard = one === document.body ? [] : [one.labels?.[0]?.textContent, one.textContent].filter(Boolean);
  return {says: heard.join(' ').replace(/\\s+/g, ' '),
    name: `${one.tagName.toLowerCase()} ${one.name || ''} ${one.getAttribute('class') || ''}`,
    value: one.value || '', on: one.checked === true, shows: style.outlineStyle !== 'none'}; }"""


@pytest.fixture
def url(store: Store, clock: VirtualClock) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(house_of(store, clock)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 800, "height": 740}, java_script_enabled=True)
    yield context.new_page()
    context.close()


def to(page: Page, words: str, key: str = "Tab") -> None:
    """Press until the stop is one that says this, or is a field of this name."""
    met: list[str] = []
    for _ in range(MOST):
        page.keyboard.press(key)
        at = page.evaluate(_AT)
        if words in at["says"] or words in at["name"].split():
            assert at["shows"], f"{words}: its focus is not seen"
            return
        met.append(at["says"].strip()[:30] or at["name"])
    raise AssertionError(f"{words}: not among {met}")


def choose(page: Page, name: str, value: str) -> None:
    """The one of a group of choices, by the arrows."""
    to(page, name)
    for _ in range(12):
        at = page.evaluate(_AT)
        if at["value"] == value:
            if not at["on"]:
                page.keyboard.press("Space")
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{name}: no {value}")


def enter(page: Page, words: str = "", key: str = "Tab") -> None:
    """Go there and open or send it."""
    if words:
        to(page, words, key)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_parent_signs_in_puts_right_takes_a_letter_and_pauses(
    store: Store, clock: VirtualClock, url: str, page: Page
) -> None:
    page.set_default_timeout(6_000)
    logged(store, clock)
    suggested(store, clock, "written_notice")
    clock.move_to(clock.now().replace(hour=20))  # an hour at which texts may leave
    page.goto(f"{url}/family/enter")
    enter(page, say("layout.skip"))
    to(page, "address")
    page.keyboard.type("(415) 555-0101")
    enter(page)
    with store.read() as session:
        sent = session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "link")).one()
    code = re.search(r"\b\d{6}\b", revealed(sent.body, SECRET))
    assert code is not None
    to(page, "code")
    page.keyboard.type(code[0])
    enter(page)

    enter(page, "mark-of")
    before = page.locator(".was").count()
    choose(page, "outcome", "held")
    enter(page, say("mark.keep"))
    assert page.locator(".was").count() == before + 1

    enter(page, say("family_nav.steps"))
    enter(page, say("steps.open_letter"))
    enter(page, say("steps.read_change"))
    to(page, say("letters.as_docx"))
    with page.expect_download():
        page.keyboard.press("Enter")
    enter(page, say("steps.sent_it"))
    enter(page, say("step.done"))
    assert page.locator(".done").is_visible()

    page.goto(f"{url}/family/1/settings/pause")
    choose(page, "day", page.locator("input[name=day]").nth(1).get_attribute("value") or "")
    enter(page, say("settings.pause_button"))
    assert page.locator(".done").is_visible()


def test_staff_sign_in_with_a_code_and_send_new_words_to_review(
    store: Store, clock: VirtualClock, url: str, page: Page
) -> None:
    page.set_default_timeout(6_000)
    with store.write() as session:
        row = Staff(email=EMAIL, role="owner", created_at=clock.now(), ended_at=None)
        row.totp_secret, row.totp_since = APP, clock.now()
        session.add(row)
        set_password(session, row, PASSWORD, clock.now())
    page.goto(f"{url}/admin/sign-in")
    to(page, "email")
    page.keyboard.type(EMAIL)
    to(page, "password")
    page.keyboard.type(PASSWORD)
    enter(page)
    to(page, "code")
    page.keyboard.type(pyotp.TOTP(APP).at(clock.now()))
    enter(page)

    enter(page, say("staff_nav.templates"))
    enter(page, "mark-shipped")
    to(page, "body")
    page.keyboard.press("Control+End")
    page.keyboard.press("Backspace")
    page.keyboard.type("!")  # not a letter longer: this text fills its part
    to(page, "reason")
    page.keyboard.type("Kinder.")
    enter(page, say("wordings.save"))
    enter(page, say("wordings.versions"), "Shift+Tab")
    enter(page, say("wordings.do_send"))
    with store.read() as session:
        new = session.scalars(select(Template).where(Template.version == 2)).one()
        assert new.body.endswith("to stop!")
        act = session.scalars(select(TemplateAct.act).where(TemplateAct.template_id == new.id)).one()
    assert act == "sent"
