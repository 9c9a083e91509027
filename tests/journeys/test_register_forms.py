"""A parent with a phone's screen registers services of three kinds, in a real browser without JavaScript.

Needs Chromium (CHROMIUM names it, else one on the PATH); says so and is skipped where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from assistant.store import ServiceLine
from tests.support.browser import JOURNEY, Site, phone

pytestmark = JOURNEY


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=False)


def test_three_ways_to_say_how_often(site: Site, page: Page, screenshots: Path) -> None:
    page.goto(f"{site.url}/register?lang=en")
    only_the_chosen_way_is_open(page)
    page.screenshot(path=screenshots / "register-empty.png", full_page=True)
    fill_family(page)
    a_number_of_times(page)
    page.get_by_text("Add another service").first.click()
    a_cycle(page)
    page.get_by_text("Add another service").nth(1).click()
    only_as_needed(page)
    page.screenshot(path=screenshots / "register-filled.png", full_page=True)

    page.get_by_role("button", name="Register").click()
    expect(page.locator("#services-1-cycle_on-problem")).to_be_visible()
    expect(page.locator("#services-1-cycle_days")).to_have_value("6")
    page.screenshot(path=screenshots / "register-problem.png", full_page=True)
    page.locator("#services-1-cycle_on").fill("1 and 4")
    page.locator("#services-1-cycle_on").press("Enter")  # sends the form, and adds no block
    page.wait_for_url("**/registered/**")
    assert "/registered/" in page.url
    page.get_by_text("School days off that we know").click()
    page.screenshot(path=screenshots / "registered-days-off.png", full_page=True)

    with site.store.read() as session:
        lines = session.scalars(select(ServiceLine).order_by(ServiceLine.id)).all()
        assert [(line.alias, line.minutes, line.frequency["form"]) for line in lines] == [
            ("speech", 30, "count"),
            ("OT", 45, "cycle"),
            ("counseling", 0, "as_needed"),
        ]
        assert lines[1].frequency["on"] == [1, 4]
        assert lines[0].mode == "group"


def only_the_chosen_way_is_open(page: Page) -> None:
    """Set days first; choosing another way closes them and opens its own fields, and the minutes follow."""
    days, times, minutes = (page.locator(f"#services-0-{key}") for key in ("time", "count", "minutes"))
    for way, shown in (("times", (1, 0, 1)), ("count", (0, 1, 1)), ("accommodation", (0, 0, 0))):
        page.locator(f"[name=services-0-form][value={way}]").check()
        for field, visible in zip((days, times, minutes), shown, strict=True):
            expect(field).to_be_visible(visible=bool(visible))
    page.locator("[name=services-0-form][value=times]").check()
    expect(page.locator("#services-0-anchor")).to_be_hidden()
    page.locator("[name=services-0-every]").check()
    expect(page.locator("#services-0-anchor")).to_be_visible()
    page.locator("[name=services-0-every]").uncheck()


def fill_family(page: Page) -> None:
    today = datetime.now(UTC).date()
    page.get_by_label("What should we call your child?").fill("Leo")
    page.locator("#first_day").fill((today - timedelta(days=30)).isoformat())
    page.locator("#last_day").fill((today + timedelta(days=120)).isoformat())
    monday = today + timedelta(days=21 - today.weekday())
    friday, other = monday + timedelta(days=4), monday + timedelta(days=16)
    page.locator("#days_off").fill(f"{monday} to {friday} Fall break\n{other}")
    page.get_by_label("Your name").fill("Ana Rivera")
    page.get_by_label("Mobile phone").fill("(415) 555-0101")
    page.locator("#texts").check()


def a_number_of_times(page: Page) -> None:
    page.locator("#services-0-alias").fill("speech")
    page.get_by_label("I don't know the days").first.check()
    page.locator("#services-0-count").fill("2")
    page.locator("#services-0-minutes").fill("30")
    page.get_by_text("More from the IEP").first.click()
    page.locator("#services-0-mode").select_option("group")


def a_cycle(page: Page) -> None:
    """With a mistake: there is no day 9 in a cycle of 6."""
    page.locator("#services-1-alias").fill("OT")
    page.locator("[name=services-1-form][value=cycle]").check()
    page.locator("#services-1-cycle_days").fill("6")
    page.locator("#services-1-cycle_on").fill("1, 9")
    page.locator("#services-1-cycle_at").fill("10:15")
    page.locator("#services-1-cycle_anchor").fill((datetime.now(UTC).date() - timedelta(days=7)).isoformat())
    page.locator("#services-1-minutes").fill("45")


def only_as_needed(page: Page) -> None:
    page.locator("#services-2-alias").fill("counseling")
    page.locator("[name=services-2-form][value=as_needed]").check()
    expect(page.locator("#services-2-minutes")).to_be_hidden()
