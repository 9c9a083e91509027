"""How texts and e-mails leave and come in."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from assistant.config.section import Section

_E164 = re.compile(r"^\+[1-9]\d{6,14}$")


class Sms(Section):
    channel: Literal["sandbox", "twilio"] = "sandbox"
    keyword_replies: Literal["provider", "self"] = "provider"
    plain_accents: bool = True
    segments_per_second: float = Field(1.0, gt=0, le=1000)
    daily_limit: int = Field(1000, ge=1)
    replies_an_hour: int = Field(3, ge=1, le=60)
    countries: tuple[str, ...] = ("US", "CA")

    @field_validator("countries")
    @classmethod
    def _two_letters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or any(not re.fullmatch(r"[A-Z]{2}", one) for one in value):
            raise ValueError('expected countries by two letters, like ["US", "CA"]')
        return value


class Twilio(Section):
    account_sid: str = ""
    auth_token: str = Field("", repr=False)
    next_auth_token: str = Field("", repr=False)
    messaging_service_sid: str = ""
    from_number: str = ""
    api_base: str = ""
    timeout_seconds: float = Field(20.0, gt=0, le=20)
    sweep_minutes: int = Field(10, ge=1, le=120)
    sweep_patience_hours: int = Field(12, ge=1, le=72)
    delete_media: bool = True

    @field_validator("from_number")
    @classmethod
    def _e164(cls, value: str) -> str:
        if value and not _E164.match(value):
            raise ValueError('expected a number in E.164 form, like "+14155550100"')
        return value


class Email(Section):
    channel: Literal["sandbox", "smtp"] = "sandbox"
    sender: str = Field("Every Session <assistant@localhost>", alias="from")
    bounce_token: str = ""


class Smtp(Section):
    host: str = ""
    port: int = Field(587, ge=1, le=65535)
    username: str = ""
    password: str = Field("", repr=False)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    timeout_seconds: float = Field(30.0, gt=0, le=300)


class Mailbox(Section):
    """Where answers and bounces come back: read by IMAP. Off while `host` is empty.

    `address` gets "+" and a tag of at most 43 characters behind its name, and a name has 64 (RFC 5321).
    """

    host: str = ""
    port: int = Field(993, ge=1, le=65535)
    username: str = ""
    password: str = ""
    tls: Literal["tls", "starttls", "none"] = "tls"
    folder: str = Field("INBOX", min_length=1, max_length=100)
    address: str = ""
    every_minutes: int = Field(2, ge=1, le=1440)
    after_reading: Literal["keep", "delete"] = "keep"
    max_kilobytes: int = Field(256, ge=16, le=10_240)
    timeout_seconds: float = Field(30.0, gt=0, le=300)

    @field_validator("address")
    @classmethod
    def _can_be_tagged(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9._-]{1,20}@[A-Za-z0-9.-]{1,200}", value):
            raise ValueError(
                'expected an address with at most 20 letters before the @ and no "+", '
                'like "answers@iep.example.org"'
            )
        return value

    @field_validator("folder")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not value.isascii() or not value.isprintable():
            raise ValueError('expected a folder as the mail server names it, like "INBOX"')
        return value
