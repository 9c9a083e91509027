"""Staff mark a snow day in a real browser, and the parent's phone is not asked about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from assistant.clock import AheadClock, VirtualClock
from assistant.schedule.calendar import add_school_days
from assistant.store import Store
from messages.templates import short_day
from tests.support.browser import JOURNEY, Site, phone, shown
from tests.support.family import CALENDAR, LA, SPEECH, family, registered, slots
from tests.web.pages_support import client_of, staff_in

pytestmark = JOURNEY


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=request.param)


def a_family(store: Store) -> tuple[date, date]:
    """Leo, with speech on every school day from the next one on; that day, and the one after it."""
    now = AheadClock().now()
    today = now.astimezone(LA).date()
    year = replace(
        CALENDAR,
        first_day=today - timedelta(days=30),
        last_day=today + timedelta(days=200),
        days_off=frozenset(),
        breaks=(),
    )
    first, second = add_school_days(year, today, 1), add_school_days(year, today, 2)
    every_day = slots(*((day, 14, 0) for day in range(5)))
    speech = replace(SPEECH, frequency=every_day, starts=first)
    with store.write() as session:
        registered(session, replace(family(services=(speech,)), calendar=year), now)
    return first, second


def test_a_snow_day_is_not_asked_about(site: Site, page: Page, screenshots: Path) -> None:
    closed, after = a_family(site.store)
    clock = VirtualClock(AheadClock().now())
    signed = staff_in(client_of(site.store, clock), site.store, clock)
    cookie = signed.get_cookie("session")
    assert cookie is not None
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": site.url}])
    page.goto(f"{site.url}/admin/closures/?lang=en")
    page.get_by_label("Which day?").fill(closed.isoformat())
    page.get_by_label("Snow or ice").check()
    page.get_by_role("button", name="Show what it would do").click()
    assert "Sessions that nobody has been asked about: 1." in shown(page)
    page.screenshot(path=screenshots / "closures-shown.png", full_page=True)
    page.get_by_role("button", name="Mark it closed").click()
    assert "is marked closed on" in page.locator("[role=status]").first.inner_text()
    page.screenshot(path=screenshots / "closures-done.png", full_page=True)
    page.goto(f"{site.url}/sandbox/phone")
    for _ in range(8):
        if "did speech happen" in shown(page):
            break
        page.get_by_role("button", name="Jump ahead").click()
    asked = [text for text in page.locator(".bubble").all_inner_texts() if "did speech happen" in text]
    assert len(asked) == 1
    assert short_day(after, "en") in asked[0]
    assert short_day(closed, "en") not in asked[0]
