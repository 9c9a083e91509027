"""A parent with a phone's screen: one question a page to a registered child, scripts or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from assistant.store import Child, Expectation, SetUp
from tests.support.browser import JOURNEY, Site, phone

pytestmark = JOURNEY


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=request.param)


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_the_first_page_to_a_first_question(
    site: Site, page: Page, screenshots: Path, language: str
) -> None:
    shown: list[str] = []

    def seen(name: str) -> None:
        page.locator("h1").wait_for()  # the page that comes next, not the one that goes
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert page.locator("h1").count() == 1
        shown.append(page.locator("h1").inner_text())
        if "SCREENSHOTS" in os.environ:  # a picture of each costs more than the journey itself
            page.screenshot(path=screenshots / f"start-{name}-{language}.png", full_page=True)

    def press(selector: str = "main form .button") -> None:
        page.locator(selector).first.click()

    page.goto(f"{site.url}/?lang={language}")
    press(".hero .button")
    seen("child")
    page.locator("#nickname").fill("Leo")
    press()
    seen("kind")
    press("a[href$=paste]")
    seen("paste")
    page.locator("#text").fill("Language and Speech, 30 min x 2 totaling 60 min weekly\nOT 20-30 min weekly")
    press()
    seen("found")
    press()
    seen("found-not-sure")
    press("button[value=change]")
    press("button[value=ot]")
    seen("often")
    press("button[name=times][value='1']")
    press("button[name=unknown]")  # the days of speech
    page.locator("#minutes").scroll_into_view_if_needed()
    seen("minutes")
    press("button[value='30']")
    seen("days")
    page.locator("[name=day][value=mon]").check()
    page.locator("#time").fill("10:00")
    press()
    seen("more")
    press("button[name=enough]")
    seen("calendar")
    press("button[name=unknown]")
    seen("you")
    page.locator("#name").fill("Ana Rivera")
    press()
    page.locator("#phone").fill("(415) 555-0101")
    page.locator("#texts").check()
    seen("reach")
    press()
    seen("check")
    press("main form:last-of-type .button.wide")
    assert "/registered/" in page.url
    seen("registered")
    assert len(set(shown)) == len(shown) - 1  # the two lines of the IEP have one question
    with site.store.read() as session:
        assert session.scalars(select(Child.nickname)).one() == "Leo"
        assert session.scalars(select(Expectation.id)).first() is not None
        assert session.scalars(select(SetUp.child_id)).one() is not None
