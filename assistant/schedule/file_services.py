"""The `[[services]]` of a schedule file: one service line each, every problem by name."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import cast, get_args

from assistant.schedule.expand import expand, in_force
from assistant.schedule.fields import Problems, Table
from assistant.schedule.forms import needs_minutes, read_frequency, slot_text
from assistant.schedule.types import (
    AsNeeded,
    CountPerPeriod,
    CountPerWeeks,
    Delivery,
    KnownSlots,
    MinutesPerPeriod,
    Mode,
    Rotation,
    SchoolCalendar,
    ServiceLine,
    WeeklySlot,
)

MODES: tuple[str, ...] = get_args(Mode)
DELIVERIES: tuple[str, ...] = get_args(Delivery)

_LONGEST_SESSION = 720  # minutes
_WITHOUT_SESSIONS = (CountPerPeriod, CountPerWeeks, MinutesPerPeriod, AsNeeded)


def read_service(table: Table) -> ServiceLine | None:
    """One service line; None where something that it cannot do without is not right."""
    name = table.text("name", longest=120, required=True)
    alias = table.text("alias", longest=40)
    minutes = table.whole("minutes", 1, _LONGEST_SESSION, required=needs_minutes(table))
    short = table.whole("minimum_day_minutes", 0, _LONGEST_SESSION)
    frequency = read_frequency(table)
    starts, ends = table.date("starts"), table.date("ends")
    mode, delivery = table.choice("mode", MODES), table.choice("delivery", DELIVERIES)
    esy, consented = table.flag("esy"), table.flag("consented")
    wording = table.text("wording", longest=600)
    table.finish()
    if starts and ends and ends < starts:
        table.problem("ends", f"{ends} is before starts, {starts}")
    for key in ("starts", "ends"):
        if esy and key not in table:
            table.problem(key, "is missing, expected a date: an ESY line has its own")
    if "minimum_day_minutes" in table and isinstance(frequency, _WITHOUT_SESSIONS):
        table.problem("minimum_day_minutes", "has a meaning only for sessions on known days")
    if name is None or (minutes is None and needs_minutes(table)) or frequency is None:
        return None
    return ServiceLine(
        name=name,
        alias=alias or name.lower(),
        minutes=minutes or 0,
        frequency=frequency,
        starts=starts,
        ends=ends,
        mode=cast(Mode, mode or "individual"),  # `choice` lets no other word through
        delivery=cast(Delivery, delivery or "direct"),
        esy=bool(esy),
        consented=consented is not False,
        minimum_day_minutes=short,
        wording=wording or "",
    )


def check_line(table: Table, line: ServiceLine | None, calendar: SchoolCalendar, warnings: Problems) -> None:
    """Hold a service line against the calendar: name dates outside it; say what is probably not meant."""
    if line is None:
        return
    if not line.esy and line.ends and "starts" not in table and line.ends < calendar.first_day:
        table.problem("ends", f"{line.ends} is before the calendar's first_day, {calendar.first_day}")
    elif not line.esy and line.starts and "ends" not in table and line.starts > calendar.last_day:
        table.problem("starts", f"{line.starts} is after the calendar's last_day, {calendar.last_day}")
    elif isinstance(line.frequency, AsNeeded):
        warnings.add(
            table.path, "cannot be counted: nothing is expected or asked, what the parent texts in is kept"
        )
    elif not line.consented:
        warnings.add(table.path, "has no consent: nothing is expected or asked until it has")
    else:
        _warn_of_line(table, line, calendar, warnings)


def _warn_of_line(table: Table, line: ServiceLine, calendar: SchoolCalendar, warnings: Problems) -> None:
    """Say that a line is never due, that its sessions overlap, or that its cycle begins on no school day."""
    first, last = in_force(line, calendar)
    if next(expand(line, calendar, first, last + timedelta(days=1)), None) is None:
        warnings.add(table.path, "is never due in this school year")
    if isinstance(line.frequency, Rotation):
        anchor = line.frequency.anchor
        inside = calendar.first_day <= anchor <= calendar.last_day
        if inside and not line.esy and anchor not in calendar.school_days:
            warnings.add(table.at("cycle.anchor"), f"{anchor} is no school day; the next one is cycle day 1")
    if not isinstance(line.frequency, KnownSlots):
        return
    by_time = sorted(line.frequency.slots, key=lambda slot: (slot.weekday, slot.at))
    for early, late in pairwise(by_time):
        gap = _minutes(late) - _minutes(early)
        if early.weekday == late.weekday and gap < line.minutes:
            pair = f'"{slot_text(early)}" and "{slot_text(late)}"'
            warnings.add(table.at("times"), f"{pair} overlap, as a session takes {line.minutes} minutes")


def _minutes(slot: WeeklySlot) -> int:
    return slot.at.hour * 60 + slot.at.minute


def refuse_doubles(tables: list[Table], services: list[ServiceLine | None], problems: Problems) -> None:
    """Two lines of one name or alias at one time could not be told apart in a text, a log or a letter.

    One after the other they may share both: so a change in mid-year is written ("2x, from February 1x").
    """
    for what in ("name", "alias"):
        seen: list[tuple[Table, ServiceLine]] = []
        for table, line in zip(tables, services, strict=True):
            if line is None:
                continue
            value = str(getattr(line, what))
            for other_table, other in seen:
                if str(getattr(other, what)).casefold() == value.casefold() and _meet(line, other):
                    problems.add(
                        table.at(what),
                        f'"{value}" is {other_table.path}\'s already, expected one a service and time',
                    )
                    break
            seen.append((table, line))


def _meet(one: ServiceLine, other: ServiceLine) -> bool:
    """Whether there may be a day on which both are in force."""
    return max(one.starts or date.min, other.starts or date.min) <= min(
        one.ends or date.max, other.ends or date.max
    )
