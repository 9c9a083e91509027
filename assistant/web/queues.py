"""Today: what waits for staff, counted; each list on a page of its own, with what can be done at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.families import follow_ups
from assistant.families.guide_reviews import needing_review
from assistant.families.guide_versions import guide_now
from assistant.families.jurisdictions import in_use, under
from assistant.guide.checked import KEYS
from assistant.operations import morning
from assistant.operations.differing import Differs, differing
from assistant.operations.morning import PAGE, PAGES, QUEUES, Queue
from assistant.operations.standing import GROUPS
from assistant.store import FollowUp
from assistant.web.current import the_house
from assistant.web.families import clock_name
from assistant.web.guide_names import called as name_of
from assistant.web.language import words
from assistant.web.school_log_words import Day, day_of
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import today as day_here
from assistant.web.wording_words import what as text_name
from messages.template_states import all_wordings


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be reviewed: its name and page, the last day of its review (None: it changed since)."""

    what: str
    page: str
    until: date | None
    past: bool


blueprint = Blueprint("queues", __name__, url_prefix="/admin/queues")

_SOON = timedelta(days=31)
REVIEWS = 25  # on a page
_FIRST_REVIEWS = 5  # on the page of all lists
_FIRST = 5  # delivery problems of each group on the page of all groups
_SHOWN = 6  # sessions that differ, of each family


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """The counts, and the calls to make."""
    house = the_house()
    now = house.clock.now()
    with house.store.read() as session:
        staff_who_may(session, "problems")
        calls, reviews = morning.calls(session, _after()), _reviews(session)
        return render_template(
            "admin/queues.html",
            counts={
                **morning.counts(session, now),
                "delivery": sum(morning.trouble_counts(session, now).values()),
            },
            lists=("delivery", *QUEUES),
            calls=calls,
            more=calls[-1][0].id if len(calls) == PAGE else None,
            reviews=reviews[:_FIRST_REVIEWS],
            all_reviews=len(reviews),
            longest=follow_ups.LONGEST_NOTE,
            zone=_zone(),
        )


@blueprint.get("/<any(delivery,silent,deadline,letter,opt_out,disagreement,school_log):name>")
def one(name: str) -> ResponseReturnValue:
    """One list."""
    house = the_house()
    with house.store.read() as session:
        staff_who_may(session, "problems")
        if name == "delivery":
            return _delivery(session)
        queue = next(one for one in QUEUES if one == name)
        return _list(session, queue)


@blueprint.get("/reviews")
def reviews() -> ResponseReturnValue:
    """Reviews that run out, those that ran out first before the others; a page from behind that many."""
    with the_house().store.read() as session:
        staff_who_may(session, "problems")
        found, after = _reviews(session), _after()
        return render_template(
            "admin/reviews.html",
            count=len(found),
            reviews=found[after : after + REVIEWS],
            after=after,
            more=after + REVIEWS if len(found) > after + REVIEWS else None,
        )


@blueprint.post("/call/<int(max=2147483647):number>/done")
def called(number: int) -> ResponseReturnValue:
    """Somebody called; a note of what came of it."""
    house = the_house()
    note = " ".join(request.form.get("note", "").replace("\x00", "").split())[: follow_ups.LONGEST_NOTE]
    with house.store.write() as session:
        staff = staff_who_may(session, "problems")
        row = session.get(FollowUp, number, with_for_update=True)
        if row is None or row.kind != "call":
            abort(404)
        follow_ups.called(session, staff, row, note, house.clock.now())
    flash(words().say("queues.call_done"))
    return redirect(url_for("queues.page"), 303)


def _list(session: Session, queue: Queue) -> str:
    now, said = the_house().clock.now(), words()
    rows = morning.waiting(session, queue, now, _after())
    wanted = rows if queue == "school_log" else []
    differ = {row.child_id: differing(session, row.child_id, now) for row in wanted}
    return render_template(
        "admin/queue.html",
        name=queue,
        rows=[
            (
                row,
                _what(queue, row, differ),
                said.day_and_year(_day(row.day)),
                _sessions(differ, row.child_id),
            )
            for row in rows
        ],
        more=rows[-1].number if len(rows) == PAGES.get(queue, PAGE) else None,
        after=_after(),
    )


def _delivery(session: Session) -> str:
    """The first of each group, or a page of one group."""
    now, asked = the_house().clock.now(), request.args.get("group", "")
    counts = morning.trouble_counts(session, now)
    only = next((one for one in GROUPS if one == asked), None)
    groups = [
        (group, morning.troubles(session, now, group, _after() if only else 0, PAGE if only else _FIRST))
        for group in counts
        if only in (None, group)
    ]
    last = groups[0][1][-1] if only and groups and len(groups[0][1]) == PAGE else None
    return render_template(
        "admin/delivery.html",
        groups=groups,
        counts=counts,
        only=only,
        after=_after(),
        more=last.person.id if last else None,
        first=_FIRST,
        can_be_mailed=follow_ups.can_be_mailed,
        zone=_zone(),
    )


def _what(queue: Queue, row: morning.Row, differ: Mapping[int, Sequence[Differs]]) -> str:
    """What waits, in a few plain words."""
    said = words()
    if queue == "deadline":
        return said.say("queues.what_deadline", name=clock_name(row.what))
    if queue == "letter":
        return said.say(f"families.step_{row.what}")
    if queue == "opt_out":
        return said.say("queues.what_texts" if row.what == "sms" else "queues.what_mails")
    if queue == "disagreement":
        return said.say("queues.what_second", outcome=said.say(f"outcome.{row.what}"))
    if queue == "school_log":
        return said.say("queues.what_differ", days=len(differ[row.child_id]))
    return said.say("queues.what_silent")


def _sessions(differ: Mapping[int, Sequence[Differs]], child: int) -> list[tuple[str, Day]]:
    """The first sessions that differ, each with its service and what both logs say."""
    return [(one.service, day_of(one.pair)) for one in differ.get(child, ())[:_SHOWN]]


def _reviews(session: Session) -> list[Due]:
    """Reviews that run out within a month or have, of the guide's texts and facts and of messages in use, the
    soonest first; then what says something else since it was reviewed.
    """
    house, said, today = the_house(), words(), day_here()
    found, changed = list[Due](), list[Due]()
    for key in in_use(session, house.settings):
        theirs = under(house.settings, key)
        guide = guide_now(session, theirs)
        for one in needing_review(session, theirs, today):
            until = one.review.until
            room = "guide_pages.text" if one.key in KEYS else "guide_pages.fact"
            page = url_for(room, key=one.key, of=key)
            due = Due(name_of(guide, one.key), page, until, bool(until and until < today))
            (found if until else changed).append(due)
    for (key, language), wording in all_wordings(session).items():
        act = wording.in_use.reviewed if wording.in_use else None
        if act is not None and act.until and act.until <= today + _SOON:
            in_words = said.say(f"audit.language_{language}")
            name = said.say("queues.text", name=text_name(key), language=in_words)
            page = url_for("templates.edit", language=language, key=key)
            found.append(Due(name, page, act.until, act.until < today))
    return [*sorted(found, key=lambda one: (one.until or today, one.what)), *changed]


def _day(found: date | datetime) -> date:
    return found.astimezone(_zone()).date() if isinstance(found, datetime) else found


def _after() -> int:
    typed = request.args.get("after", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0


def _zone() -> ZoneInfo:
    return ZoneInfo(the_house().settings.program.zone)
