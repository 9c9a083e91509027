"""What the pages of the settings share."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from assistant.web.language import words

blueprint = Blueprint("settings", __name__, url_prefix="/family/<int(max=2147483647):number>/settings")
# The link to a new address names no child: whoever is signed in finds their own.
new_address = Blueprint("new_address", __name__, url_prefix="/family/new")


def saved(
    number: int, key: str = "settings.saved", endpoint: str = "settings.page", **values: str
) -> Response:
    """Back to a page of the settings, with a word that it is done."""
    flash(words().say(key, **values))
    return redirect(url_for(endpoint, number=number), 303)


def typed(key: str, longest: int = 200) -> str:
    """A field of the form, without blanks around it."""
    return request.form.get(key, "").strip()[:longest]


def day_of(text: str) -> date | None:
    """A date as browsers send it, or as people in the United States type it; None for anything else."""
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
    return None
