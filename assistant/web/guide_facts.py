"""The facts of the guide for staff: the list, and one with its source, its review and where it is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.families.guide_reviews import Reviewable, fact_reviewables
from assistant.families.guide_versions import guide_now
from assistant.guide.stated import GROUPS, Stated, stated, texts_stating
from assistant.guide.types import Guide
from assistant.store import Staff
from assistant.web.current import the_house
from assistant.web.guide_form import Form, empty, reviewing, write_down
from assistant.web.guide_names import here, standing, text_name
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import today
from assistant.words import LANGUAGES

_OLD = timedelta(days=365)  # a fact last read longer ago should be read again


@dataclass(frozen=True, slots=True)
class Row:
    """A fact of the guide as the pages list it. `old`: it was last read more than a year ago."""

    one: Stated
    review: Reviewable
    old: bool


def facts() -> str:
    """What the guide rests on: where each fact was read, how sure it is, and who checked it until when."""
    with the_house().store.read() as session:
        staff_who_may(session, "templates_see")
        rows = _rows(session, guide_now(session, here(session)))
    return render_template(
        "admin/guide_facts.html",
        groups=[(group, [row for row in rows.values() if row.one.group == group]) for group in GROUPS],
        language=words().language,
        standing=standing,
    )


def fact(key: str) -> str:
    """One fact in every language, the texts that state it, and the form to write a review down."""
    with the_house().store.read() as session:
        return _page(session, staff_who_may(session, "templates_see"), key, empty())


def review(key: str) -> ResponseReturnValue:
    """Write down that somebody looked the fact up, or that it is in doubt."""
    with the_house().store.read() as session:
        staff_who_may(session, "templates_see")
        if key not in stated(guide_now(session, here(session))):
            abort(404)
    back = url_for("guide_pages.fact", key=key)
    return write_down(key, lambda session, staff, form: _page(session, staff, key, form), back, fact=True)


def _page(session: Session, staff: Staff, key: str, form: Form) -> str:
    guide = guide_now(session, here(session))
    row = _rows(session, guide).get(key)
    if row is None:
        abort(404)
    return render_template(
        "admin/guide_fact.html",
        row=row,
        one=row.one,
        guide=guide,
        language=words().language,
        codes=LANGUAGES if any(len(set(said.values())) > 1 for _, said in row.one.says) else (),
        texts=[(one, text_name(guide, one)) for one in texts_stating(guide, key)],
        form=form,
        standing=standing,
        **reviewing(session, staff, key),
    )


def _rows(session: Session, guide: Guide) -> dict[str, Row]:
    day, every = today(), stated(guide)
    return {
        found.key: Row(every[found.key], found, day - every[found.key].fact.verified_on > _OLD)
        for found in fact_reviewables(session, here(session), day)
    }
