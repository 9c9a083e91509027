"""A parent with a phone's screen: from nothing to a first answered question, in a real browser.

Needs Chromium (CHROMIUM names it, else one on the PATH); says so and is skipped where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from assistant.store import Caregiver, LogEntry
from tests.support.browser import JOURNEY, Site, phone, shown

pytestmark = JOURNEY


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=True)


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
    if "text JOIN" not in shown(page):  # registered at night: the invitation waits for the morning
        page.get_by_role("button", name="Jump ahead").click()
    assert "text JOIN" in shown(page)
    reply(page, "JOIN")
    assert "you are set" in shown(page)
    for _ in range(12):
        if "did speech happen" in shown(page):
            break
        page.get_by_role("button", name="Jump ahead").click()
    assert "did speech happen" in shown(page)
    reply(page, "1")
    assert "Logged: speech" in shown(page)
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
