"""The form with which staff write down a review of a text or fact of the guide, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.families.guide_reviews import (
    LONGEST_NAME,
    LONGEST_NOTE,
    record_review,
    review_history,
    withdraw_review,
)
from assistant.families.roles import may
from assistant.store import Staff
from assistant.web.current import the_house
from assistant.web.guide_names import here
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import a_line, today

_LONGEST = timedelta(days=3 * 366)


@dataclass(slots=True)
class Form:
    """A review as it was typed; `errors` by field."""

    by: str = ""
    on: str = ""
    until: str = ""
    note: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def empty() -> Form:
    """A form that nobody has filled in yet: the review was today."""
    return Form(on=today().isoformat())


def write_down(
    key: str, page: Callable[[Session, Staff, Form], str], back: str, *, fact: bool = False
) -> ResponseReturnValue:
    """Write a review down, or that one no longer holds, as the form says; with errors the page comes back."""
    house, now = the_house(), the_house().clock.now()
    with house.store.write() as session:
        staff = staff_who_may(session, "guide_review")
        form, withdrawing = _typed(), request.form.get("do") == "withdraw"
        days = _checked(form, withdrawing=withdrawing)
        if form.errors:
            return page(session, staff, form), 400
        if withdrawing:
            withdraw_review(session, here(session), key, form.note, staff.id, now)
        else:
            record_review(session, here(session), key, form.by, *days, form.note, staff.id, now)
    done = "withdrawn_now" if withdrawing else "recorded"
    flash(words().say(f"guide_facts.{done}" if fact else f"guide_pages.{done}"))
    return redirect(back, 303)


def reviewing(session: Session, staff: Staff, key: str) -> dict[str, Any]:
    """What the part of a page about reviews needs beside the form."""
    settings = the_house().settings
    people = {row.id: row.email for row in session.scalars(select(Staff).limit(500))}
    history = review_history(session, here(session), key)
    return {
        "history": [(row, people.get(row.staff_id, "")) for row in history],
        "may_review": may(staff.role, "guide_review"),
        "zone": ZoneInfo(settings.program.zone),
        "longest_name": LONGEST_NAME,
        "longest_note": LONGEST_NOTE,
    }


def _typed() -> Form:
    return Form(a_line("by"), a_line("on")[:20], a_line("until")[:20], a_line("note"))


def _checked(form: Form, *, withdrawing: bool) -> tuple[date, date]:
    """The days of a review; what is the matter goes into the form's errors."""
    say, day = words().say, today()
    if len(form.note) > LONGEST_NOTE or not form.note.isprintable() or (withdrawing and not form.note):
        form.errors["note"] = say("guide_pages.wrong_note", most=LONGEST_NOTE)
    if withdrawing:
        return day, day
    if not form.by or len(form.by) > LONGEST_NAME or not form.by.isprintable():
        form.errors["by"] = say("guide_pages.wrong_by", most=LONGEST_NAME)
    on, until = _day(form.on), _day(form.until)
    if on is None or on > day:
        form.errors["on"] = say("guide_pages.wrong_on")
    if until is None or not day < until <= day + _LONGEST:
        form.errors["until"] = say("guide_pages.wrong_until")
    return on or day, until or day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
