"""What else is told of a service: its name, how it is given, consent, its end. Shown before it is done.

What a press would do is done and rolled back, so the page says what really would happen.
"""

from __future__ import annotations

from datetime import date

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.service_terms import tell_consent, tell_terms
from assistant.evidence.ledger import ledger_of
from assistant.families.lines import ahead, calendar_of_child, end_line
from assistant.families.plan import as_line
from assistant.families.terms import LONGEST_NAME, LONGEST_PROVIDER, Terms, terms_of
from assistant.families.versions import PlanError
from assistant.store import Child, ServiceLine
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.settings.room import blueprint, day_of, saved, typed
from assistant.web.settings.services import line_here, today_of

DELIVERIES = ("direct", "push_in", "teletherapy", "consult")
MODES = ("individual", "group", "either")
_LINE = "/services/<int(max=2147483647):line>"
_MOST_DAYS = 3  # named on a preview


@blueprint.route(f"{_LINE}/how", methods=["GET", "POST"])
def service_how(number: int, line: int) -> ResponseReturnValue:
    """The name in the IEP, how the service is given, and by whom: from today on."""
    house = the_house()
    if request.method == "GET":
        with house.store.read() as session:
            _, child = mine(session, number)
            row = line_here(session, child, line)
            return _how(child, row, terms_of(row), {})
    with house.store.write() as session:
        person, child = mine(session, number)
        row = line_here(session, child, line)
        new, errors = _read()
        if errors:
            return _how(child, row, new, errors), 400
        changed = terms_of(row).changed(new)
        if not changed:
            return saved(number, "settings.terms_same", "settings.services", alias=row.alias)
        replanned = tell_terms(session, row, new, house.clock.now(), house.settings, person)
        if typed("sure"):
            session.commit()
            return saved(number, "settings.service_saved", "settings.services", alias=row.alias)
        said = [_change(key, *pair) for key, pair in changed.items()]
        page = _sure(
            session, child, row, "settings.how", said, dropped=replanned.dropped, added=replanned.added
        )
        session.rollback()
    return page


@blueprint.route(f"{_LINE}/agreed", methods=["GET", "POST"])
def service_agreed(number: int, line: int) -> ResponseReturnValue:
    """Whether the parent agreed to the service: without it nothing is asked."""
    house, wish = the_house(), typed("agreed")
    if request.method == "GET" or wish not in ("yes", "no"):
        with house.store.read() as session:
            _, child = mine(session, number)
            row = line_here(session, child, line)
            page = render_template("settings/service_agreed.html", child=child, line=row)
            return page, 200 if request.method == "GET" else 400
    with house.store.write() as session:
        person, child = mine(session, number)
        row = line_here(session, child, line)
        if row.consented == (wish == "yes"):
            return saved(number, "settings.terms_same", "settings.services", alias=row.alias)
        replanned = tell_consent(session, row, wish == "yes", house.clock.now(), house.settings, person)
        if typed("sure"):
            session.commit()
            return saved(number, "settings.service_saved", "settings.services", alias=row.alias)
        said = [words().say(f"settings.agreed_{wish}", alias=row.alias)]
        calendar = calendar_of_child(session, child)
        coming = ahead(as_line(row), calendar, today_of(calendar)).days if wish == "yes" else ()
        page = _sure(session, child, row, "settings.agreed", said, dropped=replanned.dropped, added=coming)
        session.rollback()
    return page


@blueprint.route(f"{_LINE}/end", methods=["GET", "POST"])
def service_end(number: int, line: int) -> ResponseReturnValue:
    """A service that ends: what is asked no longer, and its minutes so far, before the press that ends it."""
    house, last = the_house(), day_of(typed("last"))
    if request.method == "GET":
        with house.store.read() as session:
            _, child = mine(session, number)
            row = line_here(session, child, line)
            return _end(child, row, today_of(calendar_of_child(session, child)).isoformat())
    with house.store.write() as session:
        person, child = mine(session, number)
        row = line_here(session, child, line)
        try:
            if last is None:
                raise PlanError("no day")
            replanned = end_line(
                session, row, last, house.clock.now(), house.settings, f"caregiver {person.id}"
            )
        except PlanError:
            session.rollback()
            person, child = mine(session, number)
            return _end(child, line_here(session, child, line), typed("last"), wrong=True), 400
        if typed("sure"):
            session.commit()
            return saved(number, "settings.service_ended", "settings.services", alias=row.alias)
        said = [words().say("settings.end_on", alias=row.alias, day=words().day_and_year(last))]
        page = _sure(session, child, row, "settings.end", said, dropped=replanned.dropped, ends=True)
        session.rollback()
    return page


def _read() -> tuple[Terms, dict[str, str]]:
    """What the form says, and what is the matter with it, by field."""
    new = Terms(
        " ".join(typed("name").split()),
        typed("delivery"),
        typed("mode"),
        " ".join(typed("provider").split()),
    )
    errors = {}
    if not new.name or len(new.name) > LONGEST_NAME or not new.name.isprintable():
        errors["name"] = words().say("settings.wrong_iep_name")
    if new.delivery not in DELIVERIES:
        errors["delivery"] = words().say("settings.wrong_one")
    if new.mode not in MODES:
        errors["mode"] = words().say("settings.wrong_one")
    if len(new.provider) > LONGEST_PROVIDER or not new.provider.isprintable():
        errors["provider"] = words().say("settings.wrong_provider")
    return new, errors


def _change(key: str, before: str, after: str) -> str:
    """One change in words: "How it is given: right to my child, from now on: by video"."""
    said = words()

    def named(value: str) -> str:
        return said.say(f"register.{key}_{value}") if key in ("delivery", "mode") else value

    what = said.say(f"settings.term_{key}")
    if not before:
        return said.say("settings.term_new", what=what, after=named(after))
    if not after:
        return said.say("settings.term_gone", what=what, before=named(before))
    return said.say("settings.term_changed", what=what, before=named(before), after=named(after))


def _how(child: Child, row: ServiceLine, given: Terms, errors: dict[str, str]) -> str:
    return render_template(
        "settings/service_how.html",
        child=child,
        line=row,
        given=given,
        errors=errors,
        deliveries=DELIVERIES,
        modes=MODES,
        longest=(LONGEST_NAME, LONGEST_PROVIDER),
    )


def _end(child: Child, row: ServiceLine, last: str, *, wrong: bool = False) -> str:
    errors = {"last": words().say("settings.wrong_last")} if wrong else {}
    return render_template("settings/service_end.html", child=child, line=row, last=last, errors=errors)


def _sure(
    session: Session,
    child: Child,
    row: ServiceLine,
    title: str,
    said: list[str],
    *,
    dropped: tuple[date, ...] = (),
    added: tuple[date, ...] = (),
    ends: bool = False,
) -> str:
    """What the press would do, with everything that was typed kept for it."""
    now = the_house().clock.now()
    return render_template(
        "settings/service_sure.html",
        child=child,
        title=words().say(title, what=row.alias),
        today=today_of(calendar_of_child(session, child)),
        said=said,
        ends=ends,
        dropped=list(dict.fromkeys(dropped)),
        added=list(dict.fromkeys(added))[:_MOST_DAYS],
        most=_MOST_DAYS,
        so_far=ledger_of(session, row.id, now),
        button=words().say(title, what=row.alias) if ends else words().say("settings.save"),
        back=url_for("settings.services", number=child.id),
        kept=[
            (key, typed(key))
            for key in ("name", "delivery", "mode", "provider", "agreed", "last")
            if key in request.form
        ],
    )
