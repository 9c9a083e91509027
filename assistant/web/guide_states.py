"""Whose law holds: staff see the guides that are shipped, choose one for all or for one child, and see first
what that changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.families.jurisdiction_effects import changed_texts, changed_times, effects
from assistant.families.jurisdictions import (
    FOLLOWS,
    choices,
    choose,
    choose_for_child,
    followers,
    of_centre,
    of_child,
)
from assistant.families.roles import may
from assistant.families.tell import audited
from assistant.guide.loader import jurisdictions, load_guide
from assistant.store import Child, Staff
from assistant.web.current import the_house
from assistant.web.guide_names import text_name
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import a_line, today

REASON = 300  # letters
NOTHING = "-"  # no state is ticked yet


@dataclass(slots=True)
class Form:
    """The choice as it was made. `whom`: "all" who have no guide of their own, or who is "new"."""

    jurisdiction: str
    whom: Literal["all", "new"] = "new"
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def page() -> str:
    """The guides, and which one holds for whoever has none of their own."""
    with the_house().store.read() as session:
        staff = staff_who_may(session, "templates_see")
        return _page(session, staff, None, Form(NOTHING))


def change() -> ResponseReturnValue:
    """[Show what changes], or [Choose it] for all or for who is new."""
    house = the_house()
    with house.store.write() as session:
        staff, form = staff_who_may(session, "guide_choose"), _typed()
        if _wrong(form, _of_all(session), jurisdictions()):
            return _page(session, staff, None, form), 400
        if request.form.get("do") != "choose":
            return _page(session, staff, None, form, look=True)
        by, now = f"staff {staff.id}", house.clock.now()
        choose(session, form.jurisdiction, form.whom, by, form.reason, now, house.settings)
    return _chosen(url_for("guide_pages.states"))


def child(number: int) -> str:
    """The same for one child. That somebody looked is kept."""
    house = the_house()
    with house.store.write() as session:
        staff, one = _here(session, number)
        audited(session, house.clock.now(), f"staff {staff.id}", "family_read", f"child {one.id}")
        return _page(session, staff, one, Form(NOTHING))


def change_child(number: int) -> ResponseReturnValue:
    """Choose for one child."""
    house = the_house()
    with house.store.write() as session:
        staff, one = _here(session, number)
        form = _typed()
        if _wrong(form, _own(session, number), (FOLLOWS, *jurisdictions())):
            return _page(session, staff, one, form), 400
        if request.form.get("do") != "choose":
            return _page(session, staff, one, form, look=True)
        by, now = f"staff {staff.id}", house.clock.now()
        choose_for_child(session, number, form.jurisdiction, by, form.reason, now)
    return _chosen(url_for("guide_pages.states_child", number=number))


def _chosen(back: str) -> ResponseReturnValue:
    house = the_house()
    if house.settings.sandbox:
        house.run_pass()
    flash(words().say("guide_states.chosen"))
    return redirect(back, 303)


def _here(session: Session, number: int) -> tuple[Staff, Child]:
    staff = staff_who_may(session, "families")
    staff_who_may(session, "guide_choose")
    one = session.get(Child, number)
    if one is None or one.erased_at is not None:
        abort(404)
    return staff, one


def _of_all(session: Session) -> str:
    return of_centre(session, the_house().settings).program.jurisdiction


def _own(session: Session, number: int) -> str:
    newest = next(iter(choices(session, number)), None)
    return newest.jurisdiction if newest else FOLLOWS


def _typed() -> Form:
    whom: Literal["all", "new"] = "all" if request.form.get("whom") == "all" else "new"
    return Form(request.form.get("jurisdiction", NOTHING), whom, a_line("reason")[: REASON + 1])


def _wrong(form: Form, holds: str, offered: Sequence[str]) -> bool:
    """What keeps the choice from being made goes into the form's errors."""
    say = words().say
    if form.jurisdiction not in offered:
        form.errors["jurisdiction"], form.jurisdiction = say("guide_states.wrong_one"), NOTHING
    elif form.jurisdiction == holds:
        form.errors["jurisdiction"] = say("guide_states.holds_already")
    if request.form.get("do") == "choose" and not 0 < len(form.reason) <= REASON:
        form.errors["reason"] = say("guide_states.wrong_reason", most=REASON)
    return bool(form.errors)


def _page(session: Session, staff: Staff, one: Child | None, form: Form, look: bool = False) -> str:
    house, language = the_house(), words().language
    of_all = _of_all(session)
    holds = of_child(session, one.id, house.settings).program.jurisdiction if one else of_all
    now = _own(session, one.id) if one else of_all
    offered = (FOLLOWS, *jurisdictions()) if one else jurisdictions()
    rows = choices(session, one.id if one else None)
    people = {f"staff {row.id}": row.email for row in session.scalars(select(Staff).limit(500))}
    return render_template(
        "admin/guide_states.html",
        child=one,
        form=form,
        state=lambda key: load_guide(key).state[language],
        holds=holds,
        of_all=of_all,
        offered=sorted(offered, key=lambda key: (key == now, key in (holds, FOLLOWS))),  # what is new first
        now=now,
        changes=_changes(session, one, holds, form) if look else None,
        history=[(row, people.get(row.author, row.author)) for row in rows],
        may_choose=may(staff.role, "guide_choose"),
        may_see=may(staff.role, "families"),
        zone=ZoneInfo(house.settings.program.zone),
        longest=REASON,
        configured=house.settings.program.jurisdiction,
    )


def _changes(session: Session, one: Child | None, holds: str, form: Form) -> dict[str, object]:
    """What the choice means: for whom, which times, which words, which hours."""
    settings, language = the_house().settings, words().language
    after = form.jurisdiction or _of_all(session)
    children = [one.id] if one else followers(session) if form.whom == "all" else []
    new, texts = changed_texts(session, holds, after, settings)
    weekdays = words().weekdays()
    found = effects(session, children, holds, after, settings)
    return {
        "of": found,
        "days": [(weekdays[day][1], old, then) for day, old, then in found.days],
        "times": changed_times(load_guide(holds), load_guide(after), language),
        "texts": [(text_name(new, key), new.review_of(key, today())) for key in texts],
        "before": load_guide(holds).state[language],
        "after": load_guide(after).state[language],
    }
