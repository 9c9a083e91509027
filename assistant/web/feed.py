"""The calendar feed of a caregiver at an address nobody can guess, and a page to take it back."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from assistant.conversation.feed import feed, owner_of
from assistant.families.feed_key import new_key
from assistant.store import Caregiver
from assistant.web.current import the_house
from assistant.web.language import prefer

blueprint = Blueprint("feed", __name__)

_KEY = re.compile(r"[A-Za-z0-9_-]{20,40}")


@blueprint.get("/calendar/<key>.ics")
def calendar(key: str) -> Response:
    """The feed, for a calendar program; it asks again by itself."""
    house = the_house()
    with house.store.read() as session:
        data = feed(session, _owner(session, key), house.clock.now())
    return Response(
        data,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": 'inline; filename="sessions.ics"',
            "X-Robots-Tag": "noindex, nofollow",
        },
    )


@blueprint.get("/calendar/<key>")
def page(key: str) -> str:
    """What the address is for, how to add it, and a button that makes a new one."""
    with the_house().store.read() as session:
        owner = _owner(session, key)
        prefer(owner.language)
        address = f"{the_house().settings.base_url()}{url_for('feed.calendar', key=key)}"
        return render_template("feed.html", key=key, address=address)


@blueprint.post("/calendar/<key>")
def renew(key: str) -> Answer:
    """A new address; the old one shows nothing from now on."""
    with the_house().store.write() as session:
        owner = _owner(session, key)
        owner.feed_key = new_key()
        fresh = owner.feed_key
    return redirect(url_for("feed.page", key=fresh), 303)


def _owner(session: Session, key: str) -> Caregiver:
    owner = owner_of(session, key) if _KEY.fullmatch(key) else None
    if owner is None:
        abort(404)
    return owner
