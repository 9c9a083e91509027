"""The commands of staff: calendars, closures, changes to a plan. On a database of their own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.clock import SystemClock
from assistant.config import Database, Settings
from assistant.serve import open_migrated
from assistant.store import Calendar, Expectation, Store
from tests.support.family import CALENDAR, family, registered
from tests.test_command_line import refused, run

CHANGES = """
[[changes]]
zone = "America/Denver"
"""


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation with one family."""
    url = f"sqlite:///{tmp_path}/desk.db"
    store = open_migrated(Settings(database=Database(url=url)))
    now = SystemClock().now()  # the commands read the machine's clock: the school year lies around today
    year = replace(
        CALENDAR,
        first_day=now.date() - timedelta(days=60),
        last_day=now.date() + timedelta(days=200),
        days_off=frozenset(),
        breaks=(),
    )
    with store.write() as session:
        registered(session, replace(family(), calendar=year), now)
    store.close()
    return {"ASSISTANT_DATABASE_URL": url}


def opened(place: dict[str, str]) -> Store:
    return open_migrated(Settings(database=Database(url=place["ASSISTANT_DATABASE_URL"])))


def test_calendars_are_listed_with_who_shares_them(place: dict[str, str]) -> None:
    (row,) = [json.loads(line) for line in run("calendar", "list", env=place).output.splitlines()]
    assert (row["name"], row["children"], row["revision"]) == ("Alder Unified", 1, 1)


def test_a_preview_shows_what_would_be_read_and_the_centres_words_decide(
    place: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "d.ics"
    events = [
        ("No School", "20260907"),
        ("Harvest Fair", "20261005"),
        ("Staff Development Day if needed", "20261006"),
    ]
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:{name}\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\n"
        for n, (name, day) in enumerate(events)
    )
    file.write_text(f"BEGIN:VCALENDAR\r\n{body}END:VCALENDAR\r\n", encoding="utf-8")
    command = ("calendar", "preview", str(file), "--from", "2026-08-12", "--to", "2027-06-03")
    found = [json.loads(line) for line in run(*command, env=place).output.splitlines()]
    assert found == [
        {"day_off": "2026-09-07", "event": "No School", "weekday": "Mon"},
        {"doubtful": '"Staff Development Day if needed" on 2026-10-06'},
        {"days_off": 1, "from": "2026-08-12", "to": "2027-06-03"},
    ]
    words = {
        **place,
        "ASSISTANT_CALENDAR_OFF_WORDS": "harvest fair",
        "ASSISTANT_CALENDAR_SCHOOL_WORDS": "if needed",
    }
    found = [json.loads(line) for line in run(*command, env=words).output.splitlines()]
    assert [row["day_off"] for row in found[:-1]] == ["2026-09-07", "2026-10-05"]


def test_a_file_that_is_no_calendar_is_one_line(place: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "d.ics"
    file.write_text("<html>", encoding="utf-8")
    command = ("calendar", "preview", str(file), "--from", "2026-08-12", "--to", "2027-06-03")
    (line,) = refused(*command, env=place)
    assert line.startswith(f"{file}: is a web page, not a calendar")
    (line,) = refused(*command, "--zone", "America/Nowhere", env=place)
    assert "is not a known time zone" in line
    (line,) = refused(
        "calendar", "preview", "nowhere.ics", "--from", "2026-08-12", "--to", "2027-06-03", env=place
    )
    assert line == "nowhere.ics: No such file or directory"


def test_a_closure_is_for_every_child_of_the_calendar(place: dict[str, str]) -> None:
    store = opened(place)
    with store.read() as session:
        days = session.scalars(select(Expectation.day).order_by(Expectation.day)).all()
    day = days[-1]
    said = run("calendar", "close", "Alder Unified", day.isoformat(), "--why", "snow", env=place).output
    assert said == f"Alder Unified: closed on {day} for 1 children; 0 open questions answered\n"
    with store.read() as session:
        assert day not in session.scalars(select(Expectation.day)).all()
    (line,) = refused("calendar", "close", "Alder Unified", day.isoformat(), "--why", "snow", env=place)
    assert line == f"{day} is no school day of Alder Unified already"
    (line,) = refused("calendar", "close", "Elm", day.isoformat(), "--why", "snow", env=place)
    assert line == 'there is no calendar "Elm"'
    store.close()


def test_a_calendar_is_replaced_from_a_schedule_file(place: dict[str, str]) -> None:
    said = run("calendar", "replace", "1", "examples/six-lines/okafor-schedule.toml", env=place).output
    assert said.startswith("Alder Unified: revision 2; ")
    store = opened(place)
    with store.read() as session:
        assert session.scalars(select(Calendar)).one().definition["first_day"] == "2026-08-17"
    store.close()


def test_changes_are_tried_before_they_are_made(place: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "changes.toml"
    file.write_text(CHANGES, encoding="utf-8")
    told = "Leo: we now text you by the clock of Denver. Your log stays as it is.\n"
    assert run("change", "1", str(file), "--trial", env=place).output == told
    assert run("change", "1", str(file), "--trial", env=place).output == told
    assert run("change", "1", str(file), env=place).output == told
    assert run("change", "1", str(file), env=place).output == ""  # it is so already
    assert refused("change", "7", str(file), env=place) == ["no child has the number 7"]


def test_changes_are_all_made_or_none(place: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "changes.toml"
    file.write_text(CHANGES + '[[changes]]\nconsent = "music"\ngiven = true\n', encoding="utf-8")
    (line,) = refused("change", "1", str(file), env=place)
    assert line == '"music" is none of the services of the IEP in force'
    file.write_text(CHANGES, encoding="utf-8")
    assert "Denver" in run("change", "1", str(file), env=place).output  # nothing had been kept
