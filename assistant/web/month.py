"""The month of marks of a child: what was due, day by day, and what became of it."""

from __future__ import annotations

import re
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assistant.conversation.overview import lines_by_number, month_for, zone_of
from assistant.evidence.month import Mark, after
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.signed_in import caregiver_here

blueprint = Blueprint("month", __name__)

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_YEARS = range(2000, 2100)
_MONTHS = range(1, 13)


@blueprint.get("/family/<int(max=2147483647):number>/month")
def page(number: int) -> ResponseReturnValue:
    """The month of `?month=`, else this one, with the way to the one before and the next."""
    house = the_house()
    with house.store.read() as session:
        if caregiver_here(session) is None:
            return redirect(url_for("enter.ask"), 303)
        _, child = mine(session, number)
        now = house.clock.now()
        today = now.astimezone(zone_of(session, child)).date()
        first = _first(request.args.get("month", "")) or today.replace(day=1)
        return render_template(
            "family/month.html",
            child=child,
            month=month_for(session, child, first, now),
            lines=lines_by_number(session, child),
            before=(first - timedelta(days=1)).replace(day=1),
            after=after(first),
            today=today,
            weekdays=words().weekdays(),
            says=says,
        )


def says(mark: Mark, day: date) -> str:
    """A mark in words, for who cannot see it: "happened, Tuesday, September 1"."""
    said = words()
    what = said.say(f"month.state_{mark.state}")
    if len(mark.occasions) > 1:
        kinds = [
            said.say("month.kind_of", count=count, what=said.say(f"month.kind_{kind}"))
            for kind, count in mark.kinds
        ]
        what = ", ".join(kinds)
    return f"{what}, {said.day(day)}"


def _first(text: str) -> date | None:
    found = _MONTH.fullmatch(text)
    if found is None or int(found[1]) not in _YEARS or int(found[2]) not in _MONTHS:
        return None
    return date(int(found[1]), int(found[2]), 1)
