"""Answered by text, the mark seen, opened and put right; both entries stay. In a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from assistant.clock import AheadClock
from assistant.families.sign_in import new_link
from assistant.schedule.types import ServiceLine
from assistant.store import Caregiver
from assistant.words import Language
from tests.support.browser import JOURNEY, Site, phone
from tests.support.family import CALENDAR, SETTINGS, caregiver, family, registered, slots

pytestmark = JOURNEY
DAILY = ServiceLine("Speech-language therapy", "speech", 30, slots(*((day, 10, 0) for day in range(5))))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=False)


def begun(site: Site, language: Language) -> str:
    """A family with speech on every weekday of a school year around today; the way in."""
    now = AheadClock().now()
    year = replace(
        CALENDAR,
        first_day=now.date() - timedelta(days=30),
        last_day=now.date() + timedelta(days=90),
        days_off=frozenset(),
        breaks=(),
    )
    with site.store.write() as session:
        new = replace(family(caregiver(language), services=(DAILY,)), calendar=year)
        registered(session, new, now)
        person = session.get_one(Caregiver, 1)
        link = new_link(session, SETTINGS, now, caregiver=person)
    assert link is not None
    return link.address.removeprefix(SETTINGS.base_url())


def say(page: Page, words: str) -> None:
    page.get_by_label("Answer as the parent").or_(page.get_by_label("Contestar como la familia")).fill(words)
    with page.expect_navigation():
        page.locator(".say .button").click()


@pytest.mark.parametrize(("language", "held"), [("en", "yes, it"), ("es", "sí, la hubo")])
def test_answered_seen_opened_and_put_right(
    site: Site, page: Page, screenshots: Path, language: Language, held: str
) -> None:
    way_in = begun(site, language)
    page.goto(f"{site.url}{way_in}")
    page.locator("main .button").click()
    page.goto(f"{site.url}/sandbox/phone/1?lang={language}")
    if not page.locator(".bubble.us").count():  # registered at night: the invitation waits for the morning
        page.locator(".clock .button").click()
        page.goto(f"{site.url}/sandbox/phone/1")
    say(page, "JOIN" if language == "en" else "UNIRSE")
    for _ in range(8):
        if "speech" in page.locator(".bubble.us").last.inner_text():
            break
        page.locator(".clock .button").click()
        page.goto(f"{site.url}/sandbox/phone/1")
    say(page, "no")
    page.goto(f"{site.url}/family/")
    page.screenshot(path=screenshots / f"home-{language}.png", full_page=True)
    page.locator("a.mark-of:has(use[href='#s-missed'])").first.click()
    assert page.locator(".said").first.inner_text() == "no"
    page.locator("input[value=held]").check()
    page.locator("#fix ~ form .button").click()
    page.screenshot(path=screenshots / f"mark-{language}.png", full_page=True)
    assert page.locator(".was").count() == 2
    assert page.locator(".was s.gone").count() == 1
    assert held in page.locator(".was").nth(1).inner_text()
    page.goto(f"{site.url}/family/")
    assert page.locator("a.mark-of:has(use[href='#s-missed'])").count() == 0
    assert page.locator("a.mark-of:has(use[href='#s-held'])").count() == 1
