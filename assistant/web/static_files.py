"""Styles, scripts and the picture in the tab: a browser keeps each until it changes.

Their addresses carry a mark of what is in them, so a new version has another address. On a slow line a page
then waits for itself only, not for questions whether its style is still the same.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

_A_YEAR = 365 * 24 * 3600  # seconds
_AN_HOUR = 3600  # what is named without a mark, as a style names its pictures


def install(app: Flask) -> None:
    """Mark the addresses of static files, and say how long each answer may be kept."""
    folder = Path(app.static_folder or "")

    @cache
    def mark(name: str) -> str:
        file = folder / name
        return sha256(file.read_bytes()).hexdigest()[:8] if file.is_file() else ""

    @app.url_defaults
    def marked(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            values["v"] = mark(str(values.get("filename", ""))) or None

    @app.after_request
    def kept(response: Response) -> Response:
        if request.endpoint != "static" or response.status_code not in (200, 304):
            return response
        mine = mark(str((request.view_args or {}).get("filename", "")))
        response.cache_control.no_cache = None
        response.cache_control.public = True
        # An old page that is still open asks for an old mark; what it gets is another, and kept shortly.
        same = request.args.get("v") == mine
        response.cache_control.max_age = _A_YEAR if same else _AN_HOUR
        response.cache_control.immutable = same
        return response
