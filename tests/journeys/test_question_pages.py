"""A parent with a phone's screen: one question a page to a registered child.

With scripts the services are read from the IEP's text; without, they are ticked, and the pages, taps and
words of that shortest way are counted against a budget. (`make first-run` makes a time of the same counts.)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from assistant.store import Child, Expectation, SetUp
from tests.journeys.first_run import Counted, on_the_pages
from tests.support.browser import JOURNEY, Site, phone

pytestmark = JOURNEY

# Visible words of all pages from the first one to Start, and those that are new when they are met. Three
# minutes are made of these: a page that says more has to say less elsewhere.
MOST_WORDS = {"en": (540, 408), "es": (564, 431)}
MOST_PAGES, MOST_TAPS = 13, 19


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=True)


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=False)


def looking(page: Page, screenshots: Path, language: str, shown: list[str]) -> Callable[[str], None]:
    """Look at the page that is open: nothing sticks out, and it has one heading, which goes to `shown`."""

    def seen(name: str) -> None:
        page.locator("h1").wait_for()  # the page that comes next, not the one that goes
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert page.locator("h1").count() == 1
        shown.append(page.locator("h1").inner_text())
        if "SCREENSHOTS" in os.environ:  # a picture of each costs more than the journey itself
            page.screenshot(path=screenshots / f"start-{name}-{language}.png", full_page=True)

    return seen


def leo_is_there(site: Site) -> None:
    with site.store.read() as session:
        assert session.scalars(select(Child.nickname)).one() == "Leo"
        assert session.scalars(select(Expectation.id)).first() is not None
        assert session.scalars(select(SetUp.child_id)).one() is not None


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_shortest_way_stays_short(site: Site, plain_page: Page, screenshots: Path, language: str) -> None:
    shown: list[str] = []
    counted = Counted(plain_page)
    on_the_pages(counted, site.url, language, looking(plain_page, screenshots, language, shown))
    assert "/registered/" in plain_page.url
    assert len(set(shown)) == len(shown)
    assert counted.pages <= MOST_PAGES
    assert counted.taps <= MOST_TAPS
    assert counted.words <= MOST_WORDS[language][0]
    assert counted.read <= MOST_WORDS[language][1]
    leo_is_there(site)


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_the_ieps_own_text_to_a_first_question(
    site: Site, page: Page, screenshots: Path, language: str
) -> None:
    shown: list[str] = []
    seen = looking(page, screenshots, language, shown)

    def press(selector: str = "main form .button") -> None:
        page.locator(selector).first.click()

    page.goto(f"{site.url}/?lang={language}")
    press(".hero .button")
    page.locator("#nickname").fill("Leo")
    press()
    press("a[href$=paste]")
    seen("paste")
    page.locator("#text").fill("Language and Speech, 30 min x 2 totaling 60 min weekly\nOT 20-30 min weekly")
    press()
    seen("found")
    press()
    seen("found-not-sure")
    press("button[value=change]")
    seen("kind-next")
    press("button[value=ot]")
    press("button[name=times][value='1']")
    press("button[name=unknown]")  # the days of speech
    page.locator("#minutes").scroll_into_view_if_needed()
    press("button[value='30']")
    page.locator("[name=day][value=mon]").check()
    page.locator("#time").fill("10:00")
    press()
    seen("more")
    press("button[name=enough]")
    press("button[name=unknown]")
    page.locator("#name").fill("Ana Rivera")
    press()
    page.locator("#phone").fill("(415) 555-0101")
    page.locator("#texts").check()
    press()
    seen("check-pasted")
    press("main form:last-of-type .button.wide")
    page.wait_for_url("**/registered/**")
    assert len(set(shown)) == len(shown) - 1  # the two lines of the IEP have one question
    leo_is_there(site)
