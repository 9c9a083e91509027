"""The first page: what this is, and where to go."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("landing", __name__)


@blueprint.get("/")
def home() -> str:
    """What the program does, in a few lines, with one big button."""
    return render_template("landing.html")
