"""The house of the request at hand."""

from __future__ import annotations

from flask import current_app

from assistant.web.house import House


def the_house() -> House:
    """The house that the current request is served from."""
    house = current_app.extensions["house"]
    assert isinstance(house, House)
    return house
