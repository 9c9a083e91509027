"""The set-up of this browser: a secret in a cookie of its own, which outlives the browser's session."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.conversation.joined import usual_calendar
from assistant.families.setting_up import KEPT_DAYS, done, draft_of, find
from assistant.families.types import NewFamily
from assistant.store import Caregiver, SetUp
from assistant.web.house import House
from assistant.web.language import words
from assistant.web.register_fields import ZONES, RegistrationForm, Trouble
from assistant.web.registering import OWN, family_of
from assistant.web.start_draft import Draft, form_of

_NAME = "set_up"
_LONGEST = 100


def set_up_here(session: Session, now: datetime) -> SetUp | None:
    """The set-up of this browser, if it is not over."""
    return find(session, secret_here(), now)


def open_here(session: Session, now: datetime) -> tuple[SetUp, Draft] | None:
    """The set-up of this browser that is not finished, with its answers."""
    row = set_up_here(session, now)
    draft = draft_of(row) if row is not None and row.child_id is None else None
    return (row, draft) if row is not None and draft else None


def set_up_became(house: House, child_id: int, comes: str) -> None:
    """The set-up of this browser was finished on the one page: its answers are kept here no longer."""
    with house.store.write() as session:
        now = house.clock.now()
        found = open_here(session, now)
        if found is not None:
            done(found[0], child_id, comes, now)


def secret_here() -> str:
    """The secret in this browser's cookie, or ""."""
    return request.cookies.get(_cookie(), "")[:_LONGEST]


def remember(response: Response, secret: str) -> Response:
    """Let this browser find the set-up again."""
    response.set_cookie(
        _cookie(),
        secret,
        max_age=KEPT_DAYS * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        path="/",
    )
    return response


def family_here(house: House, draft: Draft, trouble: Trouble, number: int) -> NewFamily | None:
    """The family that the answers describe, by the rules of the one-page form; None with the trouble.

    `number`: of the set-up. It is in the name of a calendar that nobody named, so that a closure of one
    school never reaches another whose days look the same.
    """
    family = family_of(house, whole_form(house, draft, number), trouble)
    if family is None or not draft["joined"] or draft["calendar"] not in ("unknown", OWN):
        return family
    # Their zone is known from their texts; the form's list need not have it.
    return replace(family, calendar=replace(family.calendar, zone=ZoneInfo(draft["zone"])))


def whole_form(house: House, draft: Draft, number: int) -> RegistrationForm:
    """The answers as the one page would have sent them, with a usual school year where none is known."""
    if not draft["zone"]:
        draft = {**draft, "zone": house.settings.program.zone}
    if draft["joined"]:
        # They are known already: what the form wants to hear of a caregiver is not asked of them again.
        zone_listed = draft["zone"] if draft["zone"] in dict(ZONES) else ZONES[0][0]
        draft = {**draft, "phone": "", "email": "join@example.org", "texts": False, "mails": True}
        draft["zone"] = zone_listed
    # Which week is the first of "every other" is often not known: we count from this one.
    this_week = house.clock.now().date().isoformat()
    draft = {
        **draft,
        "services": [{**one, "weeks_anchor": one["weeks_anchor"] or this_week} for one in draft["services"]],
    }
    if draft["calendar"] in ("unknown", OWN) and not draft["calendar_name"]:
        draft = {**draft, "calendar_name": words().say("start.own_calendar", number=number)}
    if draft["calendar"] == "unknown":
        zone = ZoneInfo(house.settings.program.zone)
        usual = usual_calendar(zone, house.clock.now().astimezone(zone).date())
        draft = {
            **draft,
            "calendar": OWN,
            "first_day": usual.first_day.isoformat(),
            "last_day": usual.last_day.isoformat(),
            "days_off": "",
        }
    return form_of(draft, g.language)


def joined_by(session: Session, row: SetUp) -> Caregiver | None:
    """Who began this set-up by text."""
    return session.get(Caregiver, row.caregiver_id) if row.caregiver_id else None


def _cookie() -> str:
    return "__Host-set_up" if current_app.config["SESSION_COOKIE_SECURE"] else _NAME
