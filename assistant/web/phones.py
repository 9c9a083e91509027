"""A phone number as people type it, in E.164 form."""

from __future__ import annotations

import phonenumbers


def us_phone(typed: str) -> str | None:
    """The number in E.164 form, without a country code a United States one; None for any other text."""
    try:
        number = phonenumbers.parse(typed.strip(), "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or number.country_code != 1:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
