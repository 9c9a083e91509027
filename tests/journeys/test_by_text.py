"""From JOIN to a finished schedule without a page, the family's page, the inbox: in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from assistant.clock import AheadClock, SystemClock
from assistant.desk import new_staff
from tests.support.browser import JOURNEY, Site, phone, shown
from tests.support.family import SETTINGS

pytestmark = JOURNEY
EN = ("1", "Theo", "speech every day 30 min", "0", "0", "1")
ES = ("1", "Sofía", "habla todos los dias 30 minutos", "0", "0", "1")


@pytest.fixture
def page(language: str, browser: Browser) -> Iterator[Page]:
    """With scripts in English, without in Spanish."""
    yield from phone(browser, scripts=language == "en")


def say(page: Page, words: str) -> None:
    page.get_by_label("Answer as the parent").or_(page.get_by_label("Contestar como la familia")).fill(words)
    with page.expect_navigation():  # the same page anew: what was there before must not be read
        page.locator(".say .button").click()


def set_up_staff(page: Page, screenshots: Path, language: str) -> None:
    """A password, the picture for the phone, spare codes: to the inbox."""

    def seen(name: str) -> None:
        page.screenshot(path=screenshots / f"staff-{name}-{language}.png", full_page=True)

    for one in ("password", "again"):
        page.locator(f"#{one}").fill("clay river lantern")
    seen("password")
    page.locator("main .button").click()
    seen("phone")
    assert page.locator(".qr svg").bounding_box()["width"] > 150  # type: ignore[index]
    secret = page.locator("main p strong").inner_text().replace(" ", "")
    page.locator("#code").fill(pyotp.TOTP(secret).at(SystemClock().now()))
    page.locator("main .button").click()
    seen("codes")
    assert len(page.locator("pre").inner_text().split()) == 10
    page.locator("main .button").click()
    page.goto(page.url.replace("/inbox", "/sign-in"))
    seen("sign-in")
    page.goto(page.url.replace("/sign-in", "/account"))
    seen("account")
    page.goto(page.url.replace("/account", "/inbox"))


@pytest.mark.parametrize(("language", "words", "done"), [("en", EN, "all set"), ("es", ES, "todo listo")])
def test_joining_by_text_to_the_familys_page(
    site: Site, page: Page, screenshots: Path, language: str, words: tuple[str, ...], done: str
) -> None:
    page.goto(f"{site.url}/sandbox/?lang={language}")
    page.locator("form[action$=join] .button").click()
    for one in words:
        say(page, one)
        if done in shown(page):
            break
    assert done in shown(page)
    page.locator(".phone").screenshot(path=screenshots / f"joining-{language}.png")
    say(page, "i think she said something about the bus")
    say(page, "LINK")
    link = page.locator(".bubble.us").last.inner_text()
    path = link[link.index("/family/enter/") :].split()[0]
    page.goto(f"{site.url}{path}")
    page.screenshot(path=screenshots / f"enter-{language}.png", full_page=True)
    page.locator("main .button").click()
    assert page.url.endswith("/family/")
    page.screenshot(path=screenshots / f"home-{language}.png", full_page=True)
    page.locator("main a[href='/family/texts']").click()
    assert "i think she said something about the bus" in shown(page)
    page.screenshot(path=screenshots / f"family-{language}.png", full_page=True)
    page.goto(
        new_staff(site.store, AheadClock(), SETTINGS, "rosa@example.org").replace(
            SETTINGS.base_url(), site.url
        )
    )
    page.locator("main .button").click()
    set_up_staff(page, screenshots, language)
    page.screenshot(path=screenshots / f"inbox-{language}.png", full_page=True)
    page.locator("a.card").first.click()
    page.screenshot(path=screenshots / f"text-{language}.png", full_page=True)
    assert page.locator(".thread .bubble").count() > 5
