"""What every journey needs."""

from tests.support.browser import browser_fixture, screenshots_fixture, site_fixture

__all__ = ["browser_fixture", "screenshots_fixture", "site_fixture"]
