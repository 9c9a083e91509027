"""What every journey needs."""

from tests.support.browser import screenshots_fixture, site_fixture

__all__ = ["screenshots_fixture", "site_fixture"]
