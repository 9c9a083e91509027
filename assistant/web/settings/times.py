"""When and how we ask, a pause, their name and language, the weekly e-mail, the totals."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assistant.families import preferences
from assistant.families.preferences import GATHER, PreferenceError, Times
from assistant.store import Caregiver
from assistant.web.current import the_house
from assistant.web.language import COOKIE, words
from assistant.web.mine import mine
from assistant.web.register_fields import ZONES
from assistant.web.settings.room import blueprint, day_of, saved, typed
from assistant.web.speech import as_language, speech
from messages.outbox import hours_of

_PAUSES = (7, 14, 30)  # days, offered by one tap


def hours_said(person: Caregiver) -> str:
    """When they are asked, in plain words."""
    said, hours = words(), hours_of(person, the_house().settings)
    when = said.say(f"settings.gather_{person.gather}")
    return said.say(
        "settings.hours", when=when, opens=said.clock(hours.opens), closes=said.clock(hours.closes)
    )


@blueprint.route("/times", methods=["GET", "POST"])
def times(number: int) -> ResponseReturnValue:
    """From when until when, gathered how, by which clock."""
    house = the_house()
    wrong = ""
    if request.method == "POST":
        with house.store.write() as session:
            person, _ = mine(session, number)
            try:
                preferences.set_times(session, person, _times(), house.clock.now(), house.settings)
                session.commit()
                return saved(number)
            except PreferenceError as error:
                session.rollback()
                wrong = words().say(f"settings.wrong_{error}")
    with house.store.read() as session:
        person, child = mine(session, number)
        hours, asking = hours_of(person, house.settings), house.settings.asking
        every = range(asking.quiet_end.hour, asking.quiet_start.hour + 1)
        given = {
            "opens": typed("opens") or f"{hours.opens:%H:%M}",
            "closes": typed("closes") or f"{hours.closes:%H:%M}",
            "zone": typed("zone") or person.zone,
            "gather": typed("gather") or person.gather,
        }
        known = {name: words().say(f"zone.{key}") for name, key in ZONES}
        known.setdefault(person.zone, person.zone)
        page = render_template(
            "settings/times.html",
            child=child,
            given=given,
            ways=GATHER,
            hours=[(f"{hour:02}:00", words().clock(time(hour))) for hour in every],
            zones=list(known.items()),
            errors={"opens": wrong} if wrong else {},
        )
    return page, 400 if wrong else 200


def _times() -> Times:
    try:
        opens, closes = time.fromisoformat(typed("opens")), time.fromisoformat(typed("closes"))
    except ValueError as error:
        raise PreferenceError("hours") from error
    if opens.tzinfo or closes.tzinfo:
        raise PreferenceError("hours")
    return Times(opens, closes, typed("zone"), typed("gather"))


@blueprint.route("/pause", methods=["GET", "POST"])
def pause(number: int) -> ResponseReturnValue:
    """No questions until a day, or go on now."""
    house, wrong = the_house(), ""
    now = house.clock.now()
    if request.method == "POST":
        with house.store.write() as session:
            person, _ = mine(session, number)
            if typed("go_on"):
                preferences.resume(session, person, now)
                session.commit()
                return saved(number, "settings.resumed")
            day = day_of(typed("other") or typed("day"))
            try:
                if day is None:
                    raise PreferenceError("pause")
                preferences.pause_until(session, person, day, now)
                session.commit()
                return saved(number, "settings.paused", day=words().day(day))
            except PreferenceError as error:
                session.rollback()
                wrong = words().say(f"settings.wrong_{error}")
    with house.store.read() as session:
        person, child = mine(session, number)
        zone = ZoneInfo(person.zone)
        today = now.astimezone(zone).date()
        until = person.paused_until if person.paused_until and person.paused_until > now else None
        page = render_template(
            "settings/pause.html",
            child=child,
            until=until.astimezone(zone).date() if until else None,
            choices=[today + timedelta(days=days) for days in _PAUSES],
            other=typed("other"),
            errors={"other": wrong} if wrong else {},
        )
    return page, 400 if wrong else 200


@blueprint.route("/you", methods=["GET", "POST"])
def you(number: int) -> ResponseReturnValue:
    """Their name and the language we write in; the pages follow at once."""
    house, wrong = the_house(), ""
    if request.method == "POST":
        language = as_language(typed("language"))
        if language not in house.settings.program.languages:
            language = None
        with house.store.write() as session:
            person, _ = mine(session, number)
            now = house.clock.now()
            try:
                preferences.set_name(session, person, typed("name"), now)
                if language is not None:
                    preferences.set_language(session, person, language, now)
                session.commit()
            except PreferenceError as error:
                session.rollback()
                wrong = words().say(f"settings.wrong_{error}")
        if not wrong:
            answer = (
                saved(number) if language is None else redirect(url_for("settings.page", number=number), 303)
            )
            answer.delete_cookie(COOKIE)  # a language chosen before for the pages alone
            return answer
    with house.store.read() as session:
        person, child = mine(session, number)
        page = render_template(
            "settings/you.html",
            child=child,
            name=typed("name") if wrong else person.name,
            language=typed("language") or person.language,
            choices=[
                (code, speech(code).say("layout.name_of_language"))
                for code in house.settings.program.languages
            ],
            errors={"name": wrong} if wrong else {},
        )
    return page, 400 if wrong else 200


@blueprint.route("/weekly", methods=["GET", "POST"])
def weekly(number: int) -> ResponseReturnValue:
    """Whether the weekly e-mail comes."""
    house, wrong = the_house(), ""
    if request.method == "POST":
        with house.store.write() as session:
            person, _ = mine(session, number)
            try:
                preferences.set_weekly(session, person, typed("wanted") == "yes", house.clock.now())
                session.commit()
                return saved(number)
            except PreferenceError as error:
                session.rollback()
                wrong = words().say(f"settings.wrong_{error}")
    with house.store.read() as session:
        person, child = mine(session, number)
        page = render_template(
            "settings/choice.html", child=child, name="weekly", on=person.summary_at is not None, wrong=wrong
        )
    return page, 400 if wrong else 200


@blueprint.route("/totals", methods=["GET", "POST"])
def totals(number: int) -> ResponseReturnValue:
    """Whether the child counts in the numbers over all families."""
    house = the_house()
    if request.method == "POST":
        with house.store.write() as session:
            person, child = mine(session, number)
            preferences.set_in_totals(session, person, child, typed("wanted") == "yes", house.clock.now())
        return saved(number)
    with house.store.read() as session:
        _, child = mine(session, number)
        return render_template(
            "settings/choice.html", child=child, name="totals", on=child.in_totals, wrong=""
        )
