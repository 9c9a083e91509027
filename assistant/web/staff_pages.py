"""What all pages of staff share: who may see them, and the rooms they lead to."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden, Unauthorized

from assistant.families.roles import Power, may
from assistant.store import Staff
from assistant.web.language import prefer
from assistant.web.signed_in import staff_here

_HOW_IN = "python app.py admin create EMAIL"
# The rooms in the order of a morning: the page's endpoint, its power. Named by staff_nav.ROOM in strings/.
ROOMS: Sequence[tuple[str, str, Power]] = (
    ("inbox", "inbox.texts", "inbox"),
    ("queues", "queues.page", "problems"),
    ("families", "families.page", "families"),
    ("templates", "templates.page", "templates_see"),
    ("guide", "guide_pages.page", "templates_see"),
    ("thresholds", "thresholds.kinds", "policies_see"),
    ("rehearsals", "rehearsals.page", "rehearse"),
    ("calendars", "calendars.page", "calendars"),
    ("closures", "closures.page", "closures"),
    ("measures", "measures.page", "measures"),
    ("alerts", "alerts.waiting", "alerts_see"),
    ("consents", "consents.page", "consents"),
    ("audit", "audit.page", "audit"),
    ("staff", "staff.page", "staff"),
)


class Closed(Unauthorized):
    """Nobody of the centre is signed in on this browser."""


class Refused(Forbidden):
    """Who is signed in may not do this."""


def staff_who_may(session: Session, power: Power) -> Staff:
    """The member of staff who is signed in here and may do this.

    Raises Closed (401) where nobody is signed in, Refused (403) where they may not; both become pages.
    """
    staff = known_staff(session)
    if not may(staff.role, power):
        raise Refused
    return staff


def known_staff(session: Session) -> Staff:
    """Whoever of the centre is signed in here, for pages about themselves. Raises Closed (401)."""
    staff = staff_here(session)
    if staff is None:
        raise Closed
    g.role = staff.role
    prefer(staff.language)
    return staff


def first_room() -> str:
    """The endpoint of the first room that who is signed in may enter; their account, where there is none."""
    mine = (endpoint for _, endpoint, power in ROOMS if may(g.get("role", ""), power))
    return next((one for one in mine if one in current_app.view_functions), "account.page")


def install(app: Flask) -> None:
    """The pages that say no, and the list of rooms for the layout."""

    @app.errorhandler(Closed)
    def closed(_error: Closed) -> ResponseReturnValue:
        return render_template("admin/closed.html", command=_HOW_IN), 401

    @app.errorhandler(Refused)
    def refused(_error: Refused) -> ResponseReturnValue:
        return render_template("admin/refused.html"), 403

    @app.template_global("staff_rooms")
    def rooms() -> list[tuple[str, str, bool]]:
        """The rooms that who is signed in may enter: name, endpoint, whether this page belongs to it."""
        role = g.get("role", "")
        return [
            (name, endpoint, (request.blueprint or "") == endpoint.partition(".")[0])
            for name, endpoint, power in ROOMS
            if may(role, power) and endpoint in current_app.view_functions
        ]

    @app.template_global("staff_may")
    def this_one_may(power: Power) -> bool:
        return may(g.get("role", ""), power)
