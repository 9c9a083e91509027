"""What runs where: the program's name and place, its pages, its database, its jobs."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from assistant.config.section import Section
from assistant.words import LANGUAGES, Language

MIN_DATA_KEY = 32
MOST_DATA_KEYS = 3  # the one in use, and those that older values may still be sealed under


class Program(Section):
    name: str = Field("Every Session", min_length=1, max_length=40)
    languages: tuple[Language, ...] = LANGUAGES
    jurisdiction: str = "us-ca"
    zone: str = "America/Los_Angeles"
    centre: str = Field("", max_length=80)  # who runs this, for the public pages
    contact: str = Field("", max_length=200)  # how people reach them

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError('expected a time zone like "America/Los_Angeles"')
        return value

    @field_validator("languages")
    @classmethod
    def _some(cls, value: tuple[Language, ...]) -> tuple[Language, ...]:
        if not value:
            raise ValueError("name at least one language")
        return value


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    public_url: str = ""
    secret_key: str = Field("", repr=False)
    data_key: tuple[str, ...] = Field((), repr=False, max_length=MOST_DATA_KEYS)
    proxies: int = Field(0, ge=0, le=5)
    sign_ups_a_day: int = Field(100, ge=1)

    @field_validator("data_key")
    @classmethod
    def _long_and_different(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        keys = tuple(one.strip() for one in value if one.strip())
        if any(len(one) < MIN_DATA_KEY for one in keys) or len(set(keys)) < len(keys):
            raise ValueError(
                f"expected different keys of at least {MIN_DATA_KEY} random characters (app.py new-key)"
            )
        return keys

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query):
            raise ValueError(
                'expected the address people reach the program at, like "https://iep.example.org"'
            )
        return value.rstrip("/")


class Database(Section):
    url: str = Field("sqlite:///var/every-session.db", repr=False)  # may have a password in it

    @field_validator("url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if not re.match(r"^(sqlite|postgresql(\+psycopg)?)://", value):
            raise ValueError('expected "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/NAME"')
        return re.sub(r"^postgresql://", "postgresql+psycopg://", value)


class Jobs(Section):
    tick_seconds: int = Field(5, ge=1, le=600)
    batch: int = Field(200, ge=1, le=5000)
    slots: int = Field(4, ge=1, le=64)
    stop_seconds: int = Field(30, ge=1, le=600)
    connections: int = Field(4, ge=1, le=16)
