"""The shipped term, lived whole: hours and STOP kept, minutes that add up, steps where they are due."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.schedule.report import expect
from assistant.simulation import read_scenario, simulate, transcript
from tests.support.lived import Lived

TERM = Path("examples/fall-2026.toml")
TERMS = ("held", "other", "school", "grey", "family", "refused", "closure", "unknown", "unanswered")
Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def events(lived: Callable[[str], Lived]) -> Events:
    return lived("fall-2026").events


def of(events: Events, kind: str, **wanted: str) -> Events:
    return [e for e in events if e["type"] == kind and all(e.get(k) == v for k, v in wanted.items())]


def test_the_same_file_gives_the_same_bytes(events: Events) -> None:
    """A second run of some weeks, event by event; `.ci/run` compares whole terms."""
    again = [e for e in simulate(read_scenario(TERM), until=date(2026, 9, 12)) if e["type"] != "ledger"]
    first = [e for e in events if e["type"] != "ledger"][: len(again)]
    assert [json.dumps(e) for e in again] == [json.dumps(e) for e in first]
    assert len(again) > 100


def test_every_text_lies_in_its_caregivers_hours(events: Events) -> None:
    closes = {"rivera": time(20), "chen": time(19), "okafor": time(20)}
    for event in of(events, "sms_out"):
        at = datetime.fromisoformat(event["at"])
        assert time(9) <= at.time() < closes[event["family"]], event
        assert at.weekday() != 6, event


def test_no_text_tells_a_surname_a_school_or_a_service_by_its_name_in_the_iep(events: Events) -> None:
    for family in read_scenario(TERM).families:
        services = family.schedule.services
        denied = {
            *(name.split()[-1] for name in (family.full_name, *(one.name for one in family.caregivers))),
            *(family.school.split()[0], family.school, family.district),
            *(one.name for one in services if one.name.casefold() != one.alias.casefold()),
            *("IEP", "autis", "diagnos", "disabilit"),
        } - {""}
        assert len(denied) > 7
        for event in of(events, "sms_out", family=family.id):
            told = [word for word in denied if word.casefold() in event["body"].casefold()]
            assert told == [], event["body"]


def test_nothing_is_texted_after_stop(events: Events) -> None:
    stop = next(e for e in of(events, "sms_in", family="chen") if e["body"] == "STOP")
    assert [e for e in of(events, "sms_out", family="chen") if e["at"] > stop["at"]] == []
    assert len(of(events, "sms_out", family="chen")) > 50


def test_every_ledger_adds_up_to_what_the_schedule_gives(events: Events) -> None:
    scenario = read_scenario(TERM)
    for ledger in of(events, "ledger"):
        minutes = ledger["minutes"]
        assert minutes["expected"] == sum(minutes[term] for term in TERMS)
        assert ledger["expected"] == minutes["expected"]
        family = next(f for f in scenario.families if f.id == ledger["family"])
        due = [
            e.due_minutes
            for e in expect(family.schedule, scenario.starts, scenario.ends)
            if e.service == ledger["service"]
        ]
        assert minutes["expected"] == sum(due)


# The days and the reasons, service by service: what the script gives cause for, and nothing else.
STEPS = {
    ("rivera", "Speech-language therapy"): [
        "08-10 check_iep registered",
        "09-10 document misses_in_window",
        "09-17 written_notice misses_in_window",
        "10-03 iep_meeting no_fix_after_notice",
        "10-20 compliance_complaint misses_go_on",
        "10-27 compensatory_education after_complaint",
    ],
    ("rivera", "Occupational therapy"): ["08-10 check_iep registered"],
    ("chen", "Counseling"): [
        "08-10 check_iep registered",
        "09-21 document misses_in_window",
        "09-28 written_notice percent_short",
        "10-19 resolved held_in_a_row",
    ],
    ("chen", "Speech-language therapy"): ["08-10 check_iep registered"],
    ("okafor", "One-to-one aide"): ["08-10 check_iep registered", "10-14 urgent urgent_line"],
    ("okafor", "Reading instruction"): ["08-10 check_iep registered", "11-03 urgent sent_home"],
}


def test_the_ladder_is_climbed_where_the_script_says_and_nowhere_else(events: Events) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for event in of(events, "step"):
        line = f"{event['at'][5:10]} {event['step']} {event['why']['rule']}"
        found.setdefault((event["family"], event["service"]), []).append(line)
    assert found == STEPS


def test_the_urgent_lane_is_taken_within_the_hour_and_rests_on_the_entry(events: Events) -> None:
    urgent = of(events, "step", step="urgent")
    assert len(urgent) == 2
    for step in urgent:
        (entry,) = step["why"]["entries"]
        told = next(e for e in of(events, "log", family="okafor") if e["entry"] == entry)
        assert told["outcome"] == "missed"
        late = datetime.fromisoformat(step["at"]) - datetime.fromisoformat(told["at"])
        assert late <= timedelta(hours=1)


def test_letters_go_out_as_documents(events: Events) -> None:
    letters = {
        e["step"]: e["attachments"] for e in of(events, "email_out", family="rivera") if e["attachments"]
    }
    assert set(letters) == {
        "document",
        "written_notice",
        "iep_meeting",
        "compliance_complaint",
        "compensatory_education",
    }
    for files in letters.values():
        assert files[0]["name"].endswith("-speech.docx")
        assert files[0]["bytes"] > 10_000


def test_clocks_start_when_a_step_is_done(events: Events) -> None:
    clocks = [(e["name"], e["kind"]) for e in of(events, "clock", family="rivera")]
    assert clocks[:3] == [("records", "legal"), ("reply", "courtesy"), ("lookback", "legal")]
    assert ("meeting", "legal") in clocks


def test_a_correction_points_at_what_it_corrects_and_silence_is_no_miss(events: Events) -> None:
    log = of(events, "log", family="chen")
    fixed = [e for e in log if e["supersedes"]]
    assert [(e["date"], e["outcome"]) for e in fixed] == [("2026-09-15", "missed"), ("2026-09-29", "unknown")]
    assert all(any(o["entry"] == e["supersedes"] for o in log) for e in fixed)
    assert any(e["outcome"] == "unanswered" for e in of(events, "log", family="rivera"))


def test_texts_carry_nickname_and_alias_only(events: Events) -> None:
    for event in of(events, "sms_out"):
        for word in ("Rivera", "Leonardo", "Chen", "Okafor", "Samuel", "Alder", "Birch", "IEP", "therapy"):
            assert word not in event["body"], event


def test_the_transcript_is_readable(events: Events) -> None:
    lines = list(transcript(events))
    assert max(map(len, lines)) <= 100
    text = "\n".join(lines)
    for word in ("check_iep", "compliance_complaint", "Minutes, service by service", "corrects", "<- STOP"):
        assert word in text


@pytest.mark.long
def test_postgresql_lives_the_very_same_weeks(events: Events, postgresql_database: str) -> None:
    scenario = read_scenario(TERM)
    there = [
        e
        for e in simulate(scenario, until=date(2026, 9, 20), database_url=postgresql_database)
        if e["type"] != "ledger"
    ]
    here = [e for e in events if e["type"] != "ledger"][: len(there)]
    assert there == here
