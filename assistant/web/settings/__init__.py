"""A family's settings: one idea a page, under /family/<number of the child>/settings."""

from assistant.web.settings import (
    addresses,
    devices,
    everything,
    household,
    page,
    school,
    services,
    terms,
    times,
)
from assistant.web.settings.room import blueprint, new_address

__all__ = [
    "addresses",
    "blueprint",
    "devices",
    "everything",
    "household",
    "new_address",
    "page",
    "school",
    "services",
    "terms",
    "times",
]
