"""The first page of the settings: what is set, each with the page that changes it."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import render_template, url_for
from sqlalchemy.orm import Session

from assistant.families.calendars import label_of
from assistant.families.lines import current_lines
from assistant.store import Calendar, Caregiver, Child
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.settings.room import blueprint
from assistant.web.settings.times import hours_said


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that can be set: its name, what it is now, the address of its page."""

    title: str
    now: str
    address: str


@blueprint.get("")
def page(number: int) -> str:
    """Everything that can be set about this child and this caregiver."""
    with the_house().store.read() as session:
        person, child = mine(session, number)
        return render_template(
            "settings/page.html",
            child=child,
            parts=[
                ("child", _of_child(session, person, child)),
                ("you", _of_person(person, child)),
                ("data", _of_data(child)),
            ],
        )


def _of_child(session: Session, person: Caregiver, child: Child) -> list[Row]:
    calendar = session.get_one(Calendar, child.calendar_id)
    today = the_house().clock.now().astimezone(ZoneInfo(calendar.zone)).date()
    aliases = ", ".join(dict.fromkeys(line.alias for line in current_lines(session, child, today)))
    others = ", ".join(one.name for one in child.caregivers if one.id != person.id and one.name)
    say = words().say
    return [
        _row(child, "services", aliases or say("settings.none")),
        _row(child, "school", child.school or label_of(calendar)),
        _row(child, "household", others or say("settings.only_you")),
        _row(child, "totals", say("settings.totals_in" if child.in_totals else "settings.totals_out")),
    ]


def _of_person(person: Caregiver, child: Child) -> list[Row]:
    said = words()
    paused = (
        person.paused_until if person.paused_until and person.paused_until > the_house().clock.now() else None
    )
    until = said.day(paused.astimezone(ZoneInfo(person.zone)).date()) if paused else ""
    name = said.say(f"settings.language_{'es' if person.language == 'es' else 'en'}")
    return [
        _row(child, "times", hours_said(person)),
        _row(
            child,
            "pause",
            said.say("settings.paused_now", day=until) if until else said.say("settings.not_paused"),
        ),
        _row(child, "you", f"{person.name}, {name}" if person.name else name),
        _row(
            child, "phone", _end_of(person.phone) if person.texts == "in" else said.say("settings.no_texts")
        ),
        _row(child, "email", person.email or "" if person.mails == "in" else said.say("settings.no_mails")),
        _row(
            child,
            "weekly",
            said.say("settings.weekly_on" if person.summary_at is not None else "settings.weekly_off"),
        ),
    ]


def _of_data(child: Child) -> list[Row]:
    say = words().say
    return [
        _row(child, "devices", say("settings.devices_now")),
        _row(child, "everything", say("settings.everything_now")),
        Row(
            say("settings.leave", child=child.nickname),
            say("settings.leave_now"),
            url_for("family.leaving", number=child.id),
        ),
        Row(say("erase.title"), say("settings.erase_now"), url_for("erase.asking")),
    ]


def _row(child: Child, name: str, now: str) -> Row:
    address = (
        url_for("settings.address", number=child.id, channel=name)
        if name in ("phone", "email")
        else url_for(f"settings.{name}", number=child.id)
    )
    return Row(words().say(f"settings.{name}"), now, address)


def _end_of(phone: str | None) -> str:
    """The end of their number: enough to know it by, for whoever looks over a shoulder."""
    return words().say("settings.phone_ends", digits=(phone or "")[-4:])
