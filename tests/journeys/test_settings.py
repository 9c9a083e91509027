"""The settings on a phone: another language, a service put right, a pause; with scripts and without."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from assistant.clock import SystemClock
from assistant.families.sign_in import new_link
from assistant.store import Caregiver, ServiceLine
from assistant.words import Language
from tests.support.browser import JOURNEY, Site, phone
from tests.support.family import SETTINGS, SPEECH, caregiver, family, registered

pytestmark = JOURNEY


def save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main .button:not(.second)").last.click()


@pytest.mark.parametrize(("language", "other", "scripts"), [("en", "es", True), ("es", "en", False)])
def test_language_a_service_and_a_pause(
    site: Site, browser: Browser, language: Language, other: Language, scripts: bool
) -> None:
    for page in phone(browser, scripts=scripts):
        journey(site, page, language, other)


def journey(site: Site, page: Page, language: Language, other: Language) -> None:
    now = SystemClock().now()
    with site.store.write() as session:
        registered(session, family(caregiver(language), services=(SPEECH,)), now)
        link = new_link(session, SETTINGS, now, caregiver=session.scalars(select(Caregiver)).one())
    assert link is not None
    page.goto(site.url + link.address.removeprefix(SETTINGS.base_url()))
    save(page)
    settings = f"{site.url}/family/1/settings"

    page.goto(f"{settings}/you")
    page.locator(f"input[name=language][value={other}]").check()
    save(page)
    assert page.locator("html").get_attribute("lang") == other

    page.goto(f"{settings}/services/1")
    page.locator("input[value=count]").check()
    page.locator("#services-0-count").fill("2")
    page.locator("#services-0-minutes").fill("45")
    save(page)
    assert "45" in page.locator("main .lead").inner_text()
    save(page)
    assert page.locator(".done").is_visible()

    page.goto(f"{settings}/pause")
    page.locator("input[name=day]").nth(1).check()
    save(page)
    assert page.locator(".done").is_visible()
    with site.store.read() as session:
        person, line = session.scalars(select(Caregiver)).one(), session.scalars(select(ServiceLine)).one()
    assert (person.language, line.minutes, line.frequency["form"]) == (other, 45, "count")
    assert person.paused_until is not None
    assert person.paused_until > now + timedelta(days=12)
