"""Reading a scenario file (contracts, section 5): families, their schedules, and what happens to them.

Everything is read and checked before anything is lived; every problem is one line.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal, cast

import phonenumbers

from assistant.conversation.change_file import Dated, read_change
from assistant.conversation.changes import NewIep
from assistant.conversation.letters import LONGEST, wrong
from assistant.escalation.types import StepKey
from assistant.families.household import WHOM
from assistant.guide.loader import Guide, jurisdictions, load_guide
from assistant.schedule.fields import Problems, Table, as_date, shown, why_unreadable
from assistant.schedule.file import Schedule, ScheduleError, read_schedule
from assistant.schedule.zones import zone
from assistant.words import LANGUAGES, Language

_DURATION = re.compile(r"^(?:(\d{1,4})d)?\s*(?:(\d{1,4})h)?\s*(?:(\d{1,5})m)?$")
Do = Literal["done", "not_now", "resolved", "answered", "refused"]
_ACTS = ("done", "not_now", "resolved", "answered", "refused")


class ScenarioError(Exception):
    """The scenario cannot be lived. `problems` holds one line each: `FILE: key.path: what is wrong`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Person:
    """A caregiver of the script. `zone` is the family's schedule's unless given."""

    name: str
    phone: str | None
    email: str | None
    language: Language
    zone: str
    primary: bool
    quiet_start: time | None
    quiet_end: time | None
    by_email: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered to a question about a session that this rule fits. An empty text is silence."""

    text: str
    after: timedelta
    service: str | None
    on: frozenset[date]
    first: date | None
    last: date | None
    caregiver: str | None = None  # by name; None for whoever is asked

    def fits(self, service: str, alias: str, day: date) -> bool:
        """Whether the rule speaks of this session."""
        named = self.service is None or self.service.casefold() in (service.casefold(), alias.casefold())
        inside = (self.first is None or day >= self.first) and (self.last is None or day <= self.last)
        return named and inside and (not self.on or day in self.on)


@dataclass(frozen=True, slots=True)
class Unprompted:
    """A text out of the blue, at a local time of the school; from the first caregiver unless named."""

    at: datetime
    text: str
    caregiver: str | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A new phone number from a local time of the school on; the first caregiver's unless named."""

    at: datetime
    phone: str
    caregiver: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What the parent does with a step, each time it is suggested, so long after; the first that fits counts.

    "answered" and "refused" are what the school did with what was sent, beside the parent's own act.
    """

    step: StepKey
    do: Do
    after: timedelta
    service: str | None


@dataclass(frozen=True, slots=True)
class Family:
    """A family of the script."""

    id: str
    schedule: Schedule
    nickname: str
    full_name: str
    school: str
    district: str
    iep_dated: date | None
    whom: str
    caregivers: tuple[Person, ...]
    replies: tuple[Reply, ...]
    texts: tuple[Unprompted, ...]
    actions: tuple[Action, ...]
    changes: tuple[Dated, ...] = ()
    numbers: tuple[Number, ...] = ()
    details: tuple[tuple[str, str], ...] = ()  # what the parent has told for letters, by the guide's keys


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script for a stretch of time. `seed` varies nothing yet but the names of inbound texts.

    `jurisdiction`: whose guide the families live under; None for the settings' own.
    """

    starts: date
    ends: date
    seed: int
    families: tuple[Family, ...]
    jurisdiction: str | None = None


def read_scenario(path: Path) -> Scenario:
    """Read a scenario and the schedule files it names. Raises ScenarioError with every problem."""
    problems = Problems(str(path))
    top = Table(_toml(path), "", problems)
    head = top.table("scenario")
    starts = ends = None
    seed, jurisdiction = 0, None
    if head is not None:
        jurisdiction = head.choice("jurisdiction", jurisdictions())
        starts, ends = head.date("starts", required=True), head.date("ends", required=True)
        seed = head.whole("seed", 0, 2**31) or 0
        if starts and ends and ends < starts:
            head.problem("ends", f"{ends} is before starts ({starts}), expected a later day")
        head.finish()
    tables = top.tables("families", "a table [[families]]", required=True)
    guide = load_guide(jurisdiction or "us-ca")
    families = [_family(table, path.parent, guide, problems) for table in tables]
    if "families" in top and not tables:
        top.problem("families", "is empty, expected at least one table [[families]]")
    _refuse_doubles(tables, families, problems)
    top.finish()
    if problems.lines or starts is None or ends is None:
        raise ScenarioError(problems.lines)
    return Scenario(starts, ends, seed, tuple(one for one in families if one is not None), jurisdiction)


def duration(text: str) -> timedelta | None:
    """ "25m", "3h30m", "2d" as a length of time, or None for anything else."""
    found = _DURATION.match(text.strip())
    if not found or not any(found.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ScenarioError([f"{path}: cannot be read: {why_unreadable(error)}"]) from None
    except UnicodeDecodeError:
        raise ScenarioError([f"{path}: is not UTF-8 text, expected a TOML file"]) from None
    except (ValueError, RecursionError) as error:
        raise ScenarioError([f"{path}: is not valid TOML: {' '.join(str(error).split())}"]) from None


def _family(table: Table, folder: Path, guide: Guide, problems: Problems) -> Family | None:
    name = table.text("id", longest=40, required=True)
    file = table.text("schedule", longest=200, required=True)
    schedule = None
    if file is not None:
        try:
            schedule = read_schedule(folder / file)
        except ScheduleError as error:
            problems.lines.extend(error.problems)
    child = table.table("child")
    nickname = child.text("nickname", longest=30, required=True) if child else None
    names = {
        key: (child.text(key, longest=100) or "") if child else ""
        for key in ("full_name", "school", "district")
    }
    dated = child.date("iep_dated") if child else None
    whom = (child.choice("asked", WHOM) if child else None) or "first"
    if child is not None:
        child.finish()
    home = schedule.zone.key if schedule else "UTC"
    people = [_person(one, home) for one in table.tables("caregivers", "a table", required=True)]
    replies = [_reply(one) for one in table.tables("replies", "a table")]
    texts = [_unprompted(one) for one in table.tables("texts", "a table")]
    numbers = [_number(one) for one in table.tables("numbers", "a table")]
    actions = [_action(one) for one in table.tables("actions", "a table")]
    changes = [read_change(one, folder, timed=True) for one in table.tables("changes", "a table")]
    details = _details(table.table("details") if "details" in table else None, guide)
    table.finish()
    if schedule is None or name is None or nickname is None:
        return None
    later = [one.change.schedule for one in changes if one and isinstance(one.change, NewIep)]
    lines = [line for one in (schedule, *later) for line in one.services]
    known = {word.casefold() for line in lines for word in (line.name, line.alias)}
    for rule in [*replies, *actions]:
        if rule is not None and rule.service is not None and rule.service.casefold() not in known:
            table.problem("service", f"{shown(rule.service)} is none of the services in {file}")
    names_of_people = {one.name for one in people if one}
    for reply in (*replies, *texts, *numbers):
        if reply is not None and reply.caregiver not in (None, *names_of_people):
            table.problem("caregiver", f"{shown(str(reply.caregiver))} is none of the family's caregivers")
    ordered = sorted((one for one in people if one), key=lambda one: not one.primary)
    return Family(
        id=name,
        schedule=schedule,
        nickname=nickname,
        full_name=names["full_name"],
        school=names["school"],
        district=names["district"],
        iep_dated=dated,
        whom=whom,
        caregivers=tuple(ordered),
        replies=tuple(one for one in replies if one),
        texts=tuple(sorted((one for one in texts if one), key=lambda one: one.at)),
        actions=tuple(one for one in actions if one),
        changes=tuple(one for one in changes if one),
        numbers=tuple(one for one in numbers if one),
        details=details,
    )


def _details(table: Table | None, guide: Guide) -> tuple[tuple[str, str], ...]:
    """What the parent has told for letters: keys of the guide's details; dates without quotes."""
    if table is None:
        return ()
    known, found = guide.letters.details, []
    for key, detail in known.items():
        if detail.home or key not in table:
            continue
        value = table.date(key) if detail.kind == "date" else table.text(key, longest=LONGEST[detail.kind])
        if value is None:
            continue
        if wrong(detail, str(value), required=False):
            choices = ", ".join(detail.choices)
            table.problem(key, f"{shown(value)} is not right, expected {choices or 'another value'}")
        found.append((key, str(value)))
    table.finish()
    return tuple(found)


def _person(table: Table, home: str) -> Person | None:
    name = table.text("name", longest=100, required=True)
    phone, email = table.text("phone", longest=20), table.text("email", longest=200)
    language = table.choice("language", LANGUAGES) or "en"
    where = table.text("zone", longest=60)
    primary = bool(_flag(table, "primary"))
    quiet_start, quiet_end = table.time("quiet_start"), table.time("quiet_end")
    channel = table.choice("channel", ("sms", "email"))
    table.finish()
    if phone is not None:
        phone = _e164(table, phone)
    if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        table.problem("email", f"{shown(email)} is not an e-mail address")
    if phone is None and email is None and "phone" not in table:
        table.problem("phone", "is missing, expected a phone or an email")
    if where is not None:
        try:
            zone(where)
        except ValueError as error:
            table.problem("zone", str(error))
    if name is None:
        return None
    by_email = channel == "email" or phone is None
    return Person(
        name, phone, email, cast(Language, language), where or home, primary, quiet_start, quiet_end, by_email
    )


def _e164(table: Table, text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        table.problem("phone", f"{shown(text)} is not in E.164 form, expected one like +14155550101")
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _flag(table: Table, key: str) -> bool | None:
    value = table.raw(key)
    if value is None or isinstance(value, bool):
        return value
    table.problem(key, f"{shown(value)} is not right, expected true or false")
    return None


def _words(table: Table) -> str | None:
    """A text that may be empty: silence."""
    value = table.raw("text")
    if isinstance(value, str) and len(value) <= 1600:
        return value
    wanted = "expected a text in quotes of at most 1600 characters"
    table.problem(
        "text", f"is missing, {wanted}" if value is None else f"{shown(value)} is not right, {wanted}"
    )
    return None


def _after(table: Table, default: str) -> timedelta:
    text = table.text("after", longest=20)
    found = duration(text if text is not None else default)
    if found is None:
        table.problem(
            "after", f'{shown(text)} is not a length of time, expected one like "25m", "3h" or "2d"'
        )
        return timedelta(0)
    return found


def _reply(table: Table) -> Reply | None:
    text = _words(table)
    on = [
        as_date(day, f"{table.at('on')}[{n}]", table.problems)
        for n, day in enumerate(table.entries("on", "a list of dates") or [])
    ]
    rule = Reply(
        text=text or "",
        after=_after(table, "10m"),
        service=table.text("service", longest=100),
        on=frozenset(day for day in on if day),
        first=table.date("from"),
        last=table.date("to"),
        caregiver=table.text("caregiver", longest=100),
    )
    table.finish()
    if rule.first and rule.last and rule.last < rule.first:
        table.problem("to", f"{rule.last} is before from ({rule.first}), expected a later day")
    return rule if text is not None else None


def _unprompted(table: Table) -> Unprompted | None:
    at, text, who = _at(table), _words(table), table.text("caregiver", longest=100)
    table.finish()
    return Unprompted(at, text, who) if at and text else None


def _number(table: Table) -> Number | None:
    at, phone = _at(table), table.text("phone", longest=20, required=True)
    who = table.text("caregiver", longest=100)
    table.finish()
    phone = _e164(table, phone) if phone else None
    return Number(at, phone, who) if at and phone else None


def _at(table: Table) -> datetime | None:
    at = table.raw("at")
    if isinstance(at, datetime) and at.tzinfo is None:
        return at
    table.problem("at", "expected a local date and time without quotes, like 2026-10-01T18:00:00")
    return None


def _action(table: Table) -> Action | None:
    step = table.choice("step", [key.value for key in StepKey])
    do = table.choice("do", _ACTS)
    after, service = _after(table, "1d"), table.text("service", longest=100)
    table.finish()
    for key, value in (("step", step), ("do", do)):
        if value is None and key not in table:
            table.problem(key, "is missing")
    if step is None or do is None:
        return None
    return Action(StepKey(step), cast(Do, do), after, service)


def _refuse_doubles(tables: list[Table], families: list[Family | None], problems: Problems) -> None:
    seen: dict[str, str] = {}
    for table, family in zip(tables, families, strict=True):
        if family is None:
            continue
        names = [("id", family.id)]
        names += [(f"caregivers[{n}].phone", p.phone) for n, p in enumerate(family.caregivers) if p.phone]
        for key, value in names:
            if value in seen:
                table.problem(key, f"{shown(value)} is at {seen[value]} already, expected another")
            seen.setdefault(value, table.at(key))
