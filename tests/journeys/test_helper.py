"""A helper signs in with password and code, sees inbox and families, and is refused what is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from assistant.clock import AheadClock
from assistant.families.staff_access import set_password
from assistant.store import Staff
from tests.support.browser import JOURNEY, Site, phone
from tests.support.family import family, registered

pytestmark = JOURNEY
PASSWORD = "clay river lantern"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    yield from phone(browser, scripts=False)


def test_a_helper_in_both_languages(site: Site, page: Page, screenshots: Path) -> None:
    now, secret = AheadClock().now(), pyotp.random_base32()
    with site.store.write() as session:
        registered(session, family(), now)
        ben = Staff(
            email="ben@example.org", role="helper", created_at=now, ended_at=None, totp_secret=secret,
            totp_since=now,
        )  # fmt: skip
        session.add(ben)
        session.flush()
        set_password(session, ben, PASSWORD, now)

    page.goto(f"{site.url}/admin/sign-in?lang=en")
    page.get_by_label("E-mail address").fill("ben@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").first.click()
    page.get_by_label("Code from the app").fill(pyotp.TOTP(secret).at(now + timedelta(seconds=1)))
    page.get_by_role("button").first.click()
    for language, inbox, families, refused in (
        ("en", "Inbox", "Families", "This is not part of your role"),
        ("es", "Mensajes recibidos", "Familias", "Esto no es parte de su función"),
    ):
        page.goto(f"{site.url}/admin/?lang={language}")
        rooms = page.locator(".staff-rooms")
        expect(rooms.get_by_role("link", name=families)).to_be_hidden()
        rooms.get_by_text(f": {inbox}").click()  # the menu of a phone, named after the room
        expect(rooms.get_by_role("link", name=inbox)).to_have_attribute("aria-current", "true")
        rooms.get_by_role("link", name=families).click()
        page.get_by_role("link", name="Leo").click()
        expect(page.locator("h1")).to_contain_text("Leo")
        page.screenshot(path=screenshots / f"helper-family-{language}.png", full_page=True)
        named = rooms.all_text_contents()[0]
        assert ("Staff" in named, "Personal" in named) == (False, False)
        read = page.goto(f"{site.url}/admin/templates/en/texts.welcome?lang={language}")
        assert read is not None
        assert read.status == 200
        expect(page.locator("button[value=save]")).to_have_count(0)  # to read, not to change
        for path in ("/admin/staff/", "/admin/audit/"):
            answer = page.goto(f"{site.url}{path}?lang={language}")
            assert answer is not None
            assert answer.status == 403
            expect(page.locator("h1")).to_have_text(refused)
    with site.store.read() as session:
        assert session.scalars(select(Staff.role)).one() == "helper"
