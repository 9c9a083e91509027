"""A phone number as people type it, in E.164 form, and as they read it."""

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


def as_read(number: str) -> str:
    """ "(415) 555-0101" for a number of the country, in the form of all countries for another one."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        parsed, form.NATIONAL if parsed.country_code == 1 else form.INTERNATIONAL
    )
