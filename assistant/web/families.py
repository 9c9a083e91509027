"""Families for staff: a list by how they stand, and a page of each. Every look at one is kept."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.history import Told
from assistant.families import follow_ups
from assistant.families.jurisdictions import of_child
from assistant.families.plan import as_line
from assistant.families.tell import audited
from assistant.guide.loader import jurisdictions, load_guide
from assistant.operations.morning import QUEUES
from assistant.operations.one_family import families, family, how_many
from assistant.operations.standing import GROUPS, PAGE, STATES
from assistant.store import Caregiver, Child, Staff
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may
from assistant.web.texts import meaning_of
from messages.frequency import plain_frequency

blueprint = Blueprint("families", __name__, url_prefix="/admin/families")

_LONGEST = 40  # letters that are looked for
_INT = "<int(max=2147483647):number>"


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """A page of families, all or those that stand so; or those that are looked for."""
    house = the_house()
    asked = request.args.get("state", "")
    state = next((one for one in STATES if one == asked), None)
    find = " ".join(request.args.get("find", "").replace("\x00", "").split())[:_LONGEST]
    typed = request.args.get("after", "")
    after = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0
    with house.store.read() as session:
        staff_who_may(session, "families")
        found = families(session, house.clock.now(), state=state, find=find, after=after)
        return render_template(
            "admin/families.html",
            found=found,
            states=STATES,
            state=state,
            find=find,
            after=after,
            more=found[-1].child.id if len(found) == PAGE else None,
            total=how_many(session),
        )


@blueprint.get(f"/{_INT}")
def one(number: int) -> ResponseReturnValue:
    """One family. That somebody looked is kept, each time."""
    house = the_house()
    with house.store.write() as session:
        staff, child = _here(session, number)
        audited(session, house.clock.now(), f"staff {staff.id}", "family_read", f"child {child.id}")
        return _one(session, child)


@blueprint.post(f"/{_INT}/call")
def call(number: int) -> ResponseReturnValue:
    """Put them on the call list, with a note; or nothing more is to be done about it for now."""
    house = the_house()
    note = " ".join(request.form.get("note", "").replace("\x00", "").split())[: follow_ups.LONGEST_NOTE]
    why = request.form.get("why", "family")
    with house.store.write() as session:
        staff, child = _here(session, number)
        if why not in follow_ups.WHYS:
            abort(404)
        now, person = house.clock.now(), _person(session, child)
        if request.form.get("do") == "seen":
            follow_ups.seen_to(session, staff, child.id, why, now, person)
            said = "seen"
        else:
            new = follow_ups.call(session, staff, child.id, why, note, now, person)
            said = "call_listed" if new else "call_known"
            if not new and why == "delivery":  # that call is for this, too
                follow_ups.seen_to(session, staff, child.id, why, now, person)
    flash(words().say(f"families.{said}"))
    return _back(number)


@blueprint.post(f"/{_INT}/<int(max=2147483647):person>/<any(link,pause,mail,second):what>")
def about(number: int, person: int, what: str) -> ResponseReturnValue:
    """Do something about one caregiver: a way in, a pause, e-mail instead, the second contact."""
    house = the_house()
    now, settings = house.clock.now(), house.settings
    with house.store.write() as session:
        staff, child = _here(session, number)
        carer = follow_ups.carer_of(session, child.id, person)
        if carer is None:
            abort(404)
        if what == "link":
            said = f"link_{follow_ups.send_link(session, staff, carer, now, settings) or 'sent'}"
        elif what == "pause":
            said = _paused(session, staff, carer)
        elif what == "mail":
            said = "mailed" if follow_ups.ask_by_mail(session, staff, child.id, carer, now) else "not_mailed"
        else:
            said = (
                "second_marked" if follow_ups.second(session, staff, child.id, carer, now) else "second_known"
            )
    if house.settings.sandbox:
        house.run_pass()
    flash(words().say(f"families.{said}"))
    return _back(number)


def _person(session: Session, child: Child) -> int | None:
    """The caregiver of the child that the form names, if any."""
    typed = request.form.get("person", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 9):
        return None
    carer = follow_ups.carer_of(session, child.id, int(typed))
    return carer.id if carer else None


def _paused(session: Session, staff: Staff, person: Caregiver) -> str:
    house, typed = the_house(), request.form.get("days", "")
    if typed not in {"0", *(str(days) for days in follow_ups.PAUSES)}:
        abort(404)
    follow_ups.pause(session, staff, person, int(typed), house.clock.now(), house.settings)
    return "resumed" if typed == "0" else "paused"


def _back(number: int) -> ResponseReturnValue:
    """Back to the list of what waits, for who came from there."""
    came, group = request.form.get("from", ""), request.form.get("group", "")
    if came == "delivery" and group in GROUPS:
        return redirect(url_for("queues.one", name=came, group=group), 303)
    if came == "delivery" or came in QUEUES:
        return redirect(url_for("queues.one", name=came), 303)
    return redirect(url_for("families.one", number=number), 303)


def _here(session: Session, number: int) -> tuple[Staff, Child]:
    staff = staff_who_may(session, "families")
    child = follow_ups.child_here(session, number)
    if child is None:
        abort(404)
    return staff, child


def _one(session: Session, child: Child) -> str:
    house, said = the_house(), words()
    now = house.clock.now()
    found, theirs = family(session, child, now), of_child(session, child.id, house.settings)
    return render_template(
        "admin/family.html",
        found=found,
        child=child,
        services=[(line.alias, plain_frequency(as_line(line), said.language)) for line in found.lines],
        answers=[(meaning_of(Told(item, entry, corrected=False)), entry) for item, entry in found.answers],
        zone=ZoneInfo(the_house().settings.program.zone),
        now=now,
        pauses=follow_ups.PAUSES,
        can_be_mailed=follow_ups.can_be_mailed,
        kind_of=_kind,
        clock_name=clock_name,
        law=load_guide(theirs.program.jurisdiction).state[said.language],
    )


def _kind(kind: str) -> str:
    key = f"families.kind_{kind}"
    return words().say(key) if words().knows(key) else words().say("families.kind_other")


def clock_name(name: str) -> str:
    """The guide's name of a date, "an answer of the school"; a plain one where it has none any more."""
    mine = the_house().settings.program.jurisdiction
    for key in (mine, *jurisdictions()):  # a family may live under another guide than most
        known = load_guide(key).clock_texts.get(name)
        if known:
            return known.name[words().language]
    return words().say("families.clock_other")
