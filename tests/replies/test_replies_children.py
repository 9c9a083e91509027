"""Texts of a caregiver with several children: whose words are whose, and when nobody can say."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.replies.interpret import interpret
from assistant.replies.types import Incoming, KnownService, OpenItem

LA = ZoneInfo("America/Los_Angeles")
DAY = date(2026, 9, 1)


def open_item(number: str, child: str, alias: str = "speech") -> OpenItem:
    service = {"speech": "Speech therapy", "OT": "Occupational therapy"}[alias]
    return OpenItem(number, service, (alias,), DAY, time(14), 30, child=child)


SERVICES = tuple(
    KnownService(service, (alias,), child)
    for child in ("Leo", "Mia")
    for service, alias in (("Speech therapy", "speech"), ("Occupational therapy", "OT"))
)


def read(text: str, *items: OpenItem) -> list[tuple[str | None, str, str]]:
    found = interpret(Incoming(text, "en", datetime(2026, 9, 1, 17, tzinfo=LA), items, SERVICES))
    return sorted((one.id, one.child, one.outcome.value) for one in found.answers)


BOTH = (open_item("1", "Leo"), open_item("2", "Mia"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("leo yes mia no", [("1", "Leo", "held"), ("2", "Mia", "missed")]),
        ("Leo: yes. Mia: no, therapist out", [("1", "Leo", "held"), ("2", "Mia", "missed")]),
        ("yes for leo, no for mia", [("1", "Leo", "held"), ("2", "Mia", "missed")]),
        ("leo and mia no", [("1", "Leo", "missed"), ("2", "Mia", "missed")]),
        ("leo y mia n", [("1", "Leo", "held"), ("2", "Mia", "missed")]),
        ("mia's speech didn't happen", [("2", "Mia", "missed")]),
        ("leo had speech", [("1", "Leo", "held")]),
        ("both yes", [("1", "", "held"), ("2", "", "held")]),
        # Whose, nobody can say.
        ("speech yes", []),
        ("no speech", []),
        ("1", []),
        ("leo yes mia", []),
        ("leo y mia si", []),  # "y" is "and", and it is "yes"
        ("leo leo yes", []),
    ],
)
def test_whose_words_are_whose(text: str, told: list[tuple[str, str, str]]) -> None:
    assert read(text, *BOTH) == told


def test_a_report_names_its_child() -> None:
    found = interpret(
        Incoming("mia had no ot today", "en", datetime(2026, 9, 1, 17, tzinfo=LA), (), SERVICES)
    )
    [one] = found.answers
    assert (one.id, one.child, one.service, one.outcome.value) == (
        None,
        "Mia",
        "Occupational therapy",
        "missed",
    )


def test_what_is_open_goes_before_what_is_only_known() -> None:
    assert read("no speech", open_item("1", "Leo")) == [("1", "", "missed")]
    assert read("no ot", open_item("1", "Leo")) == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_around_the_names_gives_a_result(one: str, two: str) -> None:
    read(f"{one} leo {two}", *BOTH)
    read(f"leo {one} mia {two}", *BOTH)
