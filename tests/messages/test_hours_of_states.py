"""Quiet hours by state: the table, who is under which rule, a year walked in steps of five minutes."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.config import ConfigError, Program, Quiet, Settings, StateHours, load
from assistant.store import Caregiver
from messages.delivery.claim import judge
from messages.delivery.types import Claimed
from messages.hours import Hours, late_by, reported
from messages.outbox import hours_of

STEP = timedelta(minutes=5)
ZONES = {  # a zone and a state with a rule of its own that lies in it
    "America/Los_Angeles": "NV",
    "America/Denver": "NM",
    "America/Chicago": "TX",
    "America/New_York": "RI",
    "America/Puerto_Rico": "KY",
    "Pacific/Honolulu": "AL",
}
# The rules again, written apart from the table: hours by weekday, None closed.
EXPECTED: dict[str, list[tuple[int, int] | None]] = {
    "NV": [(9, 20)] * 7,
    "NM": [(9, 21)] * 7,
    "TX": [*[(9, 21)] * 6, (12, 21)],
    "RI": [*[(9, 18)] * 5, (10, 17), (10, 17)],
    "KY": [(10, 21)] * 7,
    "AL": [*[(8, 20)] * 6, None],
}


def person(state: str | None = None, zone: str = "America/New_York", **own: time) -> Caregiver:
    return Caregiver(id=7, name="Ana", zone=zone, us_state=state, **own)


def hours(state: str | None, *, jurisdiction: str = "us-ca", sundays: bool = False, **quiet: object) -> Hours:
    settings = Settings(
        program=Program(jurisdiction=jurisdiction), quiet=Quiet.model_validate({"spread_minutes": 0, **quiet})
    )
    asking = settings.asking.model_copy(update={"sundays": sundays})
    return hours_of(person(state), settings.model_copy(update={"asking": asking}))


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_in_steps_of_five_minutes(zone: str) -> None:
    """Both nights of the clocks lie in it. Wherever the window is said to be open, the rules are kept."""
    state, place = ZONES[zone], ZoneInfo(zone)
    settings = Settings(quiet=Quiet(spread_minutes=0))
    wide = settings.asking.model_copy(update={"sundays": True, "quiet_end": time(7), "quiet_start": time(22)})
    window = hours_of(person(state, zone), settings.model_copy(update={"asking": wide}))
    moment, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 3, 16, tzinfo=UTC)
    opening = window.next_open(moment)
    outside = sent = 0
    while moment < end:
        if moment >= opening:  # a text that is tried at every step, as the outbox would
            local = moment.astimezone(place)
            rule = EXPECTED[state][local.weekday()]
            kept = rule is not None and rule[0] <= local.hour < rule[1]
            sent += 1
            outside += not kept
            opening = window.next_open(moment + STEP)
        moment += STEP
    assert outside == 0
    share = sum(rule[1] - rule[0] for rule in EXPECTED[state] if rule) / (7 * 24)
    assert sent / ((end - datetime(2026, 3, 1, tzinfo=UTC)) / STEP) == pytest.approx(share, rel=0.02)


def test_every_rule_of_the_table_can_be_read_and_says_where_it_is_from() -> None:
    rows = tomllib.loads(Path("messages/quiet_hours.toml").read_text(encoding="utf-8"))
    assert set(reported()) == set(rows)
    assert len(rows) == 17
    for state, row in rows.items():
        assert row["sure"] in ("reported", "unseen"), state
        assert row["source"], state
        assert all(len(reported()[state]) == 7 for state in rows)
        assert hours(state).next_open(datetime(2026, 9, 1, tzinfo=UTC))  # some hour is left of it


@pytest.mark.parametrize(
    ("state", "jurisdiction", "weekday", "window"),
    [
        (None, "us-ca", 0, (time(9), time(20))),  # California: no window of its own
        (None, "us-ri", 0, (time(9), time(18))),  # the program's state, where none is known
        ("CA", "us-ri", 0, (time(9), time(20))),  # what is known of the person comes first
        ("KY", "us-ca", 0, (time(10), time(20))),  # each only narrows the other
        ("RI", "us-ca", 5, (time(10), time(17))),
        ("TX", "us-ca", 6, (time(12), time(20))),
        ("AL", "us-ca", 6, None),
    ],
)
def test_the_strictest_wins(
    state: str | None, jurisdiction: str, weekday: int, window: tuple[time, time] | None
) -> None:
    assert hours(state, jurisdiction=jurisdiction, sundays=True).window(weekday) == window


def test_their_own_wish_narrows_and_never_closes_all() -> None:
    settings = Settings(quiet=Quiet(spread_minutes=0))
    late = hours_of(person("RI", quiet_end=time(16, 0)), settings)
    assert late.window(0) == (time(16), time(18))
    none_left = hours_of(person("RI", quiet_end=time(18, 30)), settings)
    assert none_left.window(0) == (time(9), time(18))  # the state's rule is kept, the wish cannot be


def test_a_centre_s_own_rule_replaces_the_table_s() -> None:
    own: dict[str, Any] = {"states": {"KY": StateHours(weekdays="09:00-19:00", sunday="none")}}
    assert hours("KY", sundays=True, **own).window(0) == (time(9), time(19))
    assert hours("KY", sundays=True, **own).window(6) is None
    assert hours("KY", by_state=False).window(0) == (time(9), time(20))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{KY = {weekdays = "9-20"}}', "quiet.states.KY.weekdays: expected hours like"),
        ('{KY = {weekdays = "20:00-09:00"}}', "quiet.states.KY.weekdays: closes before it opens"),
        ('{KY = {weekdays = "21:00-22:00"}}', "quiet.states.KY: no hour is left"),
        ('{kentucky = {weekdays = "none"}}', "quiet.states"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_named(tmp_path: Path, line: str, problem: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[quiet]\nstates = {line}\n")
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert problem in str(caught.value)


def test_what_waited_for_the_morning_is_spread_and_always_the_same() -> None:
    night = datetime(2026, 9, 2, 3, 0, tzinfo=UTC)
    opens = [
        hours_of(Caregiver(id=number, zone="America/New_York"), Settings()).next_open(night)
        for number in range(1, 301)
    ]
    nine = datetime(2026, 9, 2, 13, 0, tzinfo=UTC)
    assert min(opens) >= nine
    assert max(opens) < nine + timedelta(minutes=15)
    busiest = max(opens.count(moment) for moment in set(opens))
    assert busiest <= 5
    in_each_minute = [
        sum(at <= one < at + timedelta(minutes=1) for one in opens)
        for at in (nine + timedelta(minutes=number) for number in range(15))
    ]
    assert max(in_each_minute) <= 40  # of 300; all at once without it
    assert opens == [
        hours_of(Caregiver(id=number, zone="America/New_York"), Settings()).next_open(night)
        for number in range(1, 301)
    ]
    assert late_by(5, timedelta(0)) == timedelta(0)


@pytest.mark.parametrize(
    ("kind", "at_night", "minutes", "goes"),
    [
        ("confirm", True, 4, True),  # they just wrote
        ("confirm", True, 6, False),  # the worker was down: nobody is woken for an old answer
        ("confirm", False, 0, False),
        ("help", False, 4, True),
        ("help", False, 6, False),
        ("question", True, 0, False),
        ("nudge", True, 0, False),  # a question, whatever it is called
        ("renewal", True, 0, False),
    ],
)
def test_at_night_only_a_fresh_answer_leaves(kind: str, at_night: bool, minutes: int, goes: bool) -> None:
    night = datetime(2026, 9, 2, 5, 0, tzinfo=UTC)  # one in the morning in New York
    asking = Settings().asking.model_copy(update={"answer_at_night": at_night})
    row = Claimed(
        1,
        "sms",
        kind,
        7,
        "+14155550101",
        "Hi",
        "r",
        "k",
        None,
        0,
        1,
        night,
        night - timedelta(minutes=minutes),
    )
    anybody = person()
    anybody.texts = "in"
    verdict = judge(row, anybody, night, Settings(asking=asking))
    assert (verdict.until is None) == goes
    assert verdict.why == ""
