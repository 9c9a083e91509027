"""Watching the program, and how long it keeps what need not be kept."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from assistant.config.section import MIN_SECRET, Section


class Retention(Section):
    """How long is kept what need not be. Days; 0: for ever. The log, consents and the audit always are."""

    words_days: int = Field(1095, ge=0, le=36_500)
    pictures_days: int = Field(1095, ge=0, le=36_500)
    rows_days: int = Field(180, ge=0, le=36_500)
    erased_list: str = Field("", max_length=400)  # empty: beside the database

    @field_validator("words_days", "pictures_days", "rows_days")
    @classmethod
    def _not_too_soon(cls, value: int) -> int:
        # A late answer still finds its question, and a session lasts a month.
        if 0 < value < 90:
            raise ValueError("expected 0 (for ever) or at least 90 days")
        return value


class Ops(Section):
    """Watching the program itself."""

    behind_minutes: int = Field(15, ge=2, le=1440)
    delivery_percent: int = Field(80, ge=1, le=100)
    filtered_percent: float = Field(2.0, ge=0, le=100)
    silent_hours: int = Field(48, ge=12, le=336)
    refused_an_hour: int = Field(20, ge=1, le=100_000)
    ping_url: str = ""
    ping_minutes: int = Field(5, ge=1, le=1440)
    metrics_token: str = ""
    log: Literal["plain", "json"] = "plain"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("ping_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError('expected a web address, like "https://hc-ping.com/..."')
        return value

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: str) -> str:
        if 0 < len(value) < MIN_SECRET:
            raise ValueError(f"too short, expected at least {MIN_SECRET} random characters")
        return value
