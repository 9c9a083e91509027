"""Which numbers may be texted: those of the countries that are set. A guard against being billed for fraud.

A number under +1 may be in the Caribbean, at many times the price; its area code tells. Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import phonenumbers

_UNDER_ONE = 12  # characters of "+1" and ten digits
_AREA = 5  # "+1" and three digits


def may_be_texted(number: str, countries: Collection[str]) -> bool:
    """Whether the number (E.164) belongs to one of these countries, by two letters."""
    if number.startswith("+1") and len(number) == _UNDER_ONE:
        number = number[:_AREA] + "2345678"  # under +1 only the area code tells the country
    return _country_of(number) in countries


@lru_cache(maxsize=2048)
def _country_of(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""
