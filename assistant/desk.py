"""What staff do at the command line: look at calendars and thresholds, change a plan, export evidence."""

from __future__ import annotations

import contextlib
import difflib
import os
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from assistant.clock import Clock, SystemClock
from assistant.config import Settings
from assistant.conversation.change_file import read_changes
from assistant.conversation.changes import apply
from assistant.conversation.closures import close_school
from assistant.conversation.preview import Preview, Window, preview, told_as_number
from assistant.escalation.policy import Policy
from assistant.evidence.collect import evidence_of
from assistant.evidence.collected import Wanted
from assistant.evidence.export import Kind, keep_trace, made
from assistant.families import staff_accounts
from assistant.families.calendars import calendar_named, replace_calendar
from assistant.families.guide_versions import guide_of_child
from assistant.families.kinds import KINDS
from assistant.families.roles import Role
from assistant.families.thresholds import EVERY, ThresholdError, layered, newest_values, versions
from assistant.operations.backup import BackupError, Copied, backup
from assistant.operations.erase import erase_now, scope_of_caregiver, scope_of_child
from assistant.operations.erased_list import keep_list, list_file, read_list
from assistant.operations.restore import restore
from assistant.schedule.dayoff import DEFAULT_WORDS, DayOffWords, with_words
from assistant.schedule.file import read_schedule
from assistant.schedule.ics import IcsError, days_off_from_ics
from assistant.schedule.jsonable import calendar_from_json
from assistant.store import Calendar, Child, OutgoingMessage, Staff, Store, open_store
from assistant.store.cipher import cipher_for
from assistant.store.migrate import is_current
from assistant.store.scrub import scrub

BY = "staff"


class _NotKept(Exception):  # noqa: N818  no error: the way back from a trial run
    """Raised to undo everything that a trial run wrote."""


def words_of(settings: Settings) -> DayOffWords:
    """The words that decide what is a day off, with the centre's own."""
    return with_words(DEFAULT_WORDS, settings.calendar.off_words, settings.calendar.school_words)


def list_calendars(store: Store) -> Iterator[dict[str, Any]]:
    """Every calendar: number, name, zone, year, how many children share it."""
    with store.read() as session:
        counts = session.execute(select(Child.calendar_id, func.count()).group_by(Child.calendar_id))
        shared: dict[int, int] = {number: children for number, children in counts}  # noqa: C416  a Result
        for row in session.scalars(select(Calendar).order_by(Calendar.id)):
            calendar = calendar_from_json(row.definition)
            yield {
                "number": row.id,
                "name": row.name,
                "timezone": row.zone,
                "first_day": calendar.first_day.isoformat(),
                "last_day": calendar.last_day.isoformat(),
                "school_days": len(calendar.school_days),
                "children": shared.get(row.id, 0),
                "revision": row.revision,
            }


def preview_calendar(
    file: Path, first: date, last: date, where: ZoneInfo, words: DayOffWords
) -> Iterator[dict[str, Any]]:
    """What a calendar file would be read as: each day off with its event, what is doubtful, what is left out.

    Raises ValueError for a file that is no calendar, OSError for one that cannot be read.
    """
    try:
        found = days_off_from_ics(file.read_bytes(), where, first, last, words)
    except IcsError as error:
        raise ValueError(f"{file}: {error}") from None
    for day, summary in found.days_off.items():
        yield {"day_off": day.isoformat(), "event": summary, "weekday": day.strftime("%a")}
    for line in found.doubtful:
        yield {"doubtful": line}
    for line in found.warnings:
        yield {"left_out": line}
    yield {"days_off": len(found.days_off), "from": first.isoformat(), "to": last.isoformat()}


def close(store: Store, clock: Clock, settings: Settings, name: str, day: date, why: str) -> str:
    """Mark a closure for every child of a calendar. Raises CalendarError."""
    with store.write() as session:
        calendar = calendar_named(session, name)
        answered = close_school(session, calendar, day, why, clock.now(), settings, BY)
        children = session.scalars(
            select(func.count()).select_from(Child).where(Child.calendar_id == calendar.id)
        ).one()
        return f"{calendar.name}: closed on {day} for {children} children; {answered} open questions answered"


def swap(store: Store, clock: Clock, settings: Settings, name: str, file: Path) -> str:
    """Put a schedule file's calendar in the place of a stored one. Raises CalendarError, ScheduleError."""
    schedule = read_schedule(file, words_of(settings))
    with store.write() as session:
        calendar = calendar_named(session, name)
        changed = replace_calendar(session, calendar, schedule.calendar, clock.now(), settings, BY)
        dropped = sum(len(one.dropped) for one in changed)
        added = sum(len(one.added) for one in changed)
        return f"{calendar.name}: revision {calendar.revision}; {dropped} planned days dropped, {added} added"


def change(
    store: Store, clock: Clock, settings: Settings, child_id: int, file: Path, *, trial: bool
) -> list[str]:
    """Make the changes of a file for a child, all or none; returns what the parents are told.

    `trial`: undo it all afterwards. Raises ChangeError for the file, ValueError for a change that cannot be.
    """
    changes = read_changes(file)
    told: list[str] = []
    try:
        with store.write() as session:
            if session.get(Child, child_id) is None:
                raise ValueError(f"no child has the number {child_id}")
            newest = session.scalars(select(func.max(OutgoingMessage.id))).one() or 0
            for one in changes:
                apply(session, child_id, one.change, clock.now(), settings, BY)
            session.flush()
            rows = session.scalars(
                select(OutgoingMessage.body).where(OutgoingMessage.id > newest).order_by(OutgoingMessage.id)
            )
            told = list(rows)
            if trial:
                raise _NotKept
    except _NotKept:
        pass
    return told


def new_staff(
    store: Store, clock: Clock, settings: Settings, typed: str, *, anew: bool = False, role: str = ""
) -> str:
    """A member of staff with that e-mail address, and a link to set up their sign-in, good for an hour.

    `anew`: what they had is taken away and their sessions end, as when a phone is lost. `role`: what they
    are from now on; "" leaves it, and makes a new one an owner.

    Raises ValueError for what is no e-mail address, or no role.
    """
    with store.write() as session:
        staff = staff_accounts.known_or_new(session, typed, role or Role.OWNER, clock.now(), BY)
        if role:
            staff_accounts.make(session, staff, Role(role), clock.now(), BY)
        if anew:
            staff_accounts.take_way_in(session, staff, clock.now(), BY)
        return staff_accounts.way_in(session, staff, settings, clock.now())


def forget_family(
    store: Store, clock: Clock, settings: Settings, what: str, number: int, *, really: bool
) -> list[str]:
    """What an erasure takes, in numbers; and with `really`, done. Raises NobodyError (a ValueError)."""
    with store.read() as session:
        scope = (scope_of_child if what == "child" else scope_of_caregiver)(session, number)
    lines = [f"{word}: {_numbers(numbers)}" for word, numbers in (
        ("children", scope.children), ("caregivers", scope.caregivers),
        ("caregivers who stay, with other children", scope.staying),
    )]  # fmt: skip
    if really:
        done = erase_now(store, clock, settings, scope, BY)
        scrub(store, whole=True)
        lines.append(f"erased: {done.entries} entries are tombstones, {done.messages} messages are empty")
    return lines


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(str(one) for one in numbers) or "none"


def make_backup(settings: Settings, file: Path) -> Copied:
    """Also brings the list of who was erased up to date. Raises BackupError, StoreError, OSError."""
    cipher = cipher_for(settings.server.data_key)
    store = open_store(settings.database.url, cipher=cipher)
    try:
        if not is_current(store):
            raise BackupError("the database is of an older schema: copy it with the version that made it")
        keep_list(store, settings)
        return backup(store, file, SystemClock(), cipher)
    finally:
        store.close()


def restore_backup(settings: Settings, file: Path, *, force: bool) -> Copied:
    """Whoever was erased since is erased again.

    Raises BackupError, StoreError, ValueError, OSError; then nothing was changed.
    """
    cipher, url = cipher_for(settings.server.data_key), settings.database.url
    gone = read_list(list_file(url, settings))
    secret_key = settings.server.secret_key
    made = restore(url, file, SystemClock(), cipher, gone=gone, secret_key=secret_key, force=force)
    store = open_store(url, cipher=cipher)
    try:
        keep_list(store, settings)
    finally:
        store.close()
    return made


def end_staff(store: Store, clock: Clock, typed: str) -> str:
    """A member of staff has left: no password, no phone, no session of theirs opens anything any more.

    Raises ValueError for an address that none of them has.
    """
    with store.write() as session:
        staff = session.scalars(select(Staff).where(Staff.email == typed.strip().lower())).first()
        if staff is None:
            raise ValueError(f'nobody of the staff has the address "{typed}"')
        staff_accounts.end(session, staff, clock.now(), BY)
        return f"staff {staff.id} has no way in any more"


def export(
    store: Store, clock: Clock, settings: Settings, child_id: int, kind: Kind, out: Path, wanted: Wanted
) -> None:
    """Write the evidence of a child to `out`: the whole file, or nothing.

    Raises ExportError for an unknown child or a range that ends before it begins, OSError with the name of
    `out` where it cannot be written.
    """
    now = clock.now()
    with store.read() as session:
        evidence = evidence_of(session, child_id, wanted, now, guide_of_child(session, child_id, settings))
    _write_whole(out, made(evidence, kind))
    with store.write() as session:
        keep_trace(session, evidence, child_id, kind, BY, now)


def _write_whole(out: Path, data: bytes) -> None:
    """Write a new file beside `out` and put it in its place; a reader sees the old one or the new one."""
    new = ""
    try:
        with NamedTemporaryFile(dir=out.parent, prefix=f".{out.name[:80]}.", delete=False) as file:
            new = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(new).replace(out)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(new).unlink() if new else None
        raise OSError(error.errno, error.strerror, str(out)) from None


def show_thresholds(store: Store, settings: Settings) -> Iterator[dict[str, Any]]:
    """The thresholds in force for all services and for each kind, with what staff set of them."""
    with store.read() as session:
        standing = newest_values(session)
        for service in (EVERY, *KINDS):
            newest = versions(session, service)[:1]
            yield {
                "service": service or "all",
                "version": newest[0].version if newest else 0,
                "own": dict(standing.get(service, {})),
                **asdict(layered(settings, service, standing)),
            }


def preview_thresholds(
    store: Store, clock: Clock, settings: Settings, file: Path, service: str, window: Window
) -> Iterator[dict[str, Any]]:
    """What the thresholds of a TOML file would have done, a step a line; nothing is changed.

    The file names them as `[escalation]` does; the rest stays as it is in force. Numbers of fewer than five
    families are None outside the sandbox. Raises ValueError for a file or a threshold that makes no sense.
    """
    try:
        typed = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: not TOML: {error}") from None
    typed = typed.get("escalation", typed)
    layer = EVERY if service == "all" else service
    known = set(Policy.__dataclass_fields__)
    for key in typed:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise ValueError(f"{file}: {key}: unknown key" + (f'; did you mean "{near[0]}"?' if near else ""))
    with store.read() as session:
        in_force = asdict(layered(settings, layer, newest_values(session)))
        try:
            found = preview(session, layer, {**in_force, **typed}, window, clock.now(), settings)
        except ThresholdError as error:
            of = f" (of {error.service})" if error.service else ""
            raise ValueError(f"{file}: {error.key}{of}: {error}") from None
    for one in (*found.effects, found.every):
        yield {
            "step": one.key.value if one.key else "any",
            "then": _told(one.then, found, settings),
            "now": _told(one.now, found, settings),
            "families": found.looked_at,
            "of": found.families,
            "from": found.first.isoformat(),
            "to": found.last.isoformat(),
        }


def _told(families: int, found: Preview, settings: Settings) -> int | None:
    return families if settings.sandbox or told_as_number(families, found) else None
