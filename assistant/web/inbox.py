"""The staff's inbox: texts that a person should see, what they may mean, the question to the parent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.conversation.clarify import GOOD_FOR, NotPossibleError, propose, suggestions
from assistant.conversation.history import Reply, replies_of, thread
from assistant.conversation.wording import Item
from assistant.families.tell import audited
from assistant.operations.replies_waiting import ALARM, how_many, page_of
from assistant.store import Caregiver, InboundText, Media, Proposal
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.pictures import picture_of
from assistant.web.signed_in import sign_out
from assistant.web.staff_pages import first_room, known_staff, staff_who_may
from assistant.web.texts import meaning_of
from assistant.words import Outcome

blueprint = Blueprint("inbox", __name__, url_prefix="/admin")

PAGE = 25
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text of the list: whose it is, their local time, and the session it is most likely about."""

    reply: Reply
    who: str
    zone: ZoneInfo
    about: Item | None


@blueprint.get("/")
def start() -> ResponseReturnValue:
    """The first page of staff is the first room that is theirs: the inbox, for who reads texts."""
    with the_house().store.read() as session:
        known_staff(session)
    return redirect(url_for(first_room()), 303)


@blueprint.get("/inbox")
def texts() -> ResponseReturnValue:
    """What waits: those that may mean danger first, then the newest; a page from behind text `before`."""
    typed = request.args.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS else None
    with the_house().store.read() as session:
        staff_who_may(session, "inbox")
        waiting = page_of(session, before, PAGE)
        return render_template(
            "admin/inbox.html",
            count=how_many(session),
            waiting=[_waiting(session, reply) for reply in replies_of(session, waiting)],
            alarm=ALARM,
            meaning=meaning_of,
            before=before,
            more=waiting[-1].id if len(waiting) == PAGE else None,
        )


@blueprint.get("/inbox/<int(max=2147483647):number>")
def text(number: int) -> ResponseReturnValue:
    """One text with what went before and after it, and three meanings to choose from. The look is kept."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "inbox")
        found = _text(session, number)
        if found.caregiver_id is not None:
            subject = f"caregiver {found.caregiver_id}"
            audited(session, house.clock.now(), f"staff {staff.id}", "thread_read", subject)
        return _thread(session, found)


@blueprint.get("/picture/<int(max=2147483647):number>")
def picture(number: int) -> ResponseReturnValue:
    """A picture of a text that waits for staff, or did, as a download. The look is kept."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "inbox")
        found = session.get(Media, number)
        if found is None:
            abort(404)
        text = _text(session, found.inbound_id)
        if text.caregiver_id is not None:
            subject = f"caregiver {text.caregiver_id}"
            audited(session, house.clock.now(), f"staff {staff.id}", "picture_read", subject)
        return picture_of(found)


@blueprint.post("/inbox/<int(max=2147483647):number>/ask")
def ask(number: int) -> ResponseReturnValue:
    """Put a meaning to the parent. Nothing is logged before they say yes."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "inbox")
        found = _text(session, number, lock=True)
        expectation, outcome = request.form.get("item", ""), request.form.get("outcome", "")
        if not expectation.isascii() or not expectation.isdigit() or outcome not in list(Outcome):
            abort(404)
        now, settings = house.clock.now(), house.settings
        try:
            if not _asked_already(session, found, int(expectation[:18]), outcome, now):
                propose(session, staff, found, int(expectation[:18]), Outcome(outcome), now, settings)
        except NotPossibleError as error:
            return _thread(session, found, str(error)), 400
    if house.settings.sandbox:
        house.run_pass()
    flash(words().say("inbox.asked"))
    return redirect(url_for("inbox.texts"), 303)


@blueprint.post("/inbox/<int(max=2147483647):number>/done")
def done(number: int) -> ResponseReturnValue:
    """Nothing more to do about it."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "inbox")
        found, now = _text(session, number), house.clock.now()
        found.settled_at, found.settled_by = now, staff.id
        audited(session, now, f"staff {staff.id}", "text_settled", f"text {found.id}")
    flash(words().say("inbox.done"))
    return redirect(url_for("inbox.texts"), 303)


@blueprint.post("/out")
def out() -> ResponseReturnValue:
    """Sign out."""
    with the_house().store.write() as session:
        sign_out(session)
    return redirect(url_for("landing.home"), 303)


def _thread(session: Session, found: InboundText, wrong: str = "") -> str:
    person = session.get(Caregiver, found.caregiver_id) if found.caregiver_id else None
    return render_template(
        "admin/thread.html",
        reply=replies_of(session, [found])[0],
        who=_whose(session, found),
        lines=thread(session, found),
        zone=_zone(person),
        choices=suggestions(session, found),
        texts=person.texts if person else "none",
        wrong=wrong,
        meaning=meaning_of,
    )


def _waiting(session: Session, reply: Reply) -> Waiting:
    person = session.get(Caregiver, reply.text.caregiver_id) if reply.text.caregiver_id else None
    likely = suggestions(session, reply.text)
    about = likely[0].item if likely and not reply.told else None  # what was told names its session itself
    return Waiting(reply, _whose(session, reply.text), _zone(person), about)


def _asked_already(
    session: Session, found: InboundText, expectation: int, outcome: str, now: datetime
) -> bool:
    """Whether this very question to the parent is open: a button that is pressed twice asks once."""
    rows = session.scalars(
        select(Proposal).where(
            Proposal.inbound_id == found.id,
            Proposal.expectation_id == expectation,
            Proposal.state == "asked",
            Proposal.asked_at > now - GOOD_FOR,
        )
    )
    return any(row.answer["outcome"] == outcome for row in rows)


def _zone(person: Caregiver | None) -> ZoneInfo:
    return ZoneInfo(person.zone if person else the_house().settings.program.zone)


def _whose(session: Session, found: InboundText) -> str:
    """Whose text it is, by the children's nicknames; a stranger by the last digits, or by the address's host.
    Never a whole number or address.
    """
    person = session.get(Caregiver, found.caregiver_id) if found.caregiver_id else None
    names = ", ".join(child.nickname for child in person.children) if person else ""
    if names:
        return names
    if found.channel == "email":
        return words().say("inbox.stranger_mail", address=found.from_address.rpartition("@")[2])
    return words().say("inbox.stranger", digits=found.from_address[-4:])


def _text(session: Session, number: int, *, lock: bool = False) -> InboundText:
    found = session.get(InboundText, number, with_for_update=lock or None)
    if found is None or not found.needs_staff:
        abort(404)  # only what waits for a person, or did, may be read here
    return found
