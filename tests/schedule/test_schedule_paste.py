"""What is read in the text of an IEP's services page: what stands there, and never more."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schedule.paste_line import read_pasted
from assistant.schedule.paste_rows import MOST_ROWS, MOST_UNREAD, pieces

PAGE = """Special Education and Related Services
Service: 415 Language and Speech   Start Date: 9/14/2026  End Date: 9/13/2027
Provider: District of Service
☑ Individual ☐ Group  Duration/Freq: 30 min x 2 Totaling: 60 min served Weekly

450 Occupational Therapy
60 minutes monthly
1. Terapia física, 30 minutos, 2 veces al mes; Consejería una vez a la semana, 45 minutos
The team spoke of his progress in speech, and all of them agreed that he had a very good year in class.
Horse riding 30 min twice a week
Parent signature: ______ Page 3 of 12
"""
WEEK2 = {"form": "count", "count": 2, "per": "week", "minutes": 30}
READ: list[tuple[str, str, dict[str, Any]]] = [
    ("Speech-language, group, 30 min x 2, total 60 min weekly", "speech", {**WEEK2, "mode": "group"}),
    ("Speech therapy: 2 x 30 minutes per week", "speech", WEEK2),
    ("Speech 2 times a week for 30 minutes", "speech", WEEK2),
    ("Terapia del habla, 2 veces por semana, 30 minutos cada una", "speech", WEEK2),
    ("Habla y lenguaje: dos sesiones de treinta minutos a la semana", "speech", WEEK2),
    ("Speech-language, 1,800 min yearly", "speech", {"form": "total", "total": 1800, "per": "year"}),
    (
        "OT consult to teacher, 15 min monthly",
        "ot",
        {"form": "total", "total": 15, "per": "month", "delivery": "consult"},
    ),
    ("Terapia ocupacional 60 minutos al mes", "ot", {"form": "total", "total": 60, "per": "month"}),
    ("PT once a month, 1 hour", "pt", {"form": "count", "count": 1, "per": "month", "minutes": 60}),
    ("Specialized academic instruction, 50 min daily", "reading", {"form": "daily", "minutes": 50}),
    ("1:1 aide, 370 min daily, bell to bell", "aide", {"form": "exception", "minutes": 370}),
    ("Asistente todos los días", "aide", {"form": "exception"}),
    ("Nursing as needed", "other", {"form": "as_needed"}),
    ("Career awareness, 20 hours yearly", "other", {"form": "total", "total": 1200, "per": "year"}),
    ("Counseling 2 sessions weekly", "counseling", {"form": "count", "count": 2, "per": "week"}),
    (
        "ESY: speech-language 30 min x 2 weekly, 6/14/27–7/9/27",
        "speech",
        {**WEEK2, "esy": True, "starts": date(2027, 6, 14), "ends": date(2027, 7, 9)},
    ),
]
# A service is named in each; how often is not sure, so it is not said.
UNSURE = [
    "Speech 30 min x 2, totaling 90 min weekly",
    "PT, 30 min x 1 every other week",
    "Speech 30 min individual + 30 min group weekly",
    "Speech 25 min once a week for 3 of every 4 weeks",
    "OT 20-30 min weekly",
    "OT up to 30 min weekly",
    "Counseling, 45 min x 1 weekly, 10 sessions per semester",
    "Speech 30 min x 2",
    "Speech, 60 minutes monthly or 30 min weekly",
    "ESY speech 30 min x 2 weekly",
    "Terapia del habla 30 minutos cada dos semanas",
    "Counseling 900 min x 3 weekly",
]


def read(source: str) -> dict[str, Any]:
    """What was read, without what was not."""
    found = read_pasted(source)
    keys = ("form", "count", "per", "minutes", "total", "starts", "ends", "esy", "delivery", "mode")
    return {key: getattr(found, key) for key in keys if getattr(found, key)}


@pytest.mark.parametrize(("source", "kind", "expected"), READ, ids=[source for source, _, _ in READ])
def test_what_stands_there_is_read(source: str, kind: str, expected: dict[str, Any]) -> None:
    assert pieces(source).rows == (source,)
    assert read(source) == expected
    assert read_pasted(source).kind == kind


@pytest.mark.parametrize("source", UNSURE)
def test_what_is_not_sure_is_not_guessed(source: str) -> None:
    found = read_pasted(source)
    assert found.name
    assert (found.form, found.count, found.minutes, found.total) == ("", None, None, None)


def test_a_whole_page_is_cut_into_its_services() -> None:
    found = [read_pasted(one) for one in pieces(PAGE).rows]
    assert [(one.kind, one.name, one.form, one.minutes or one.total) for one in found] == [
        ("speech", "Language and Speech", "count", 30),
        ("ot", "Occupational Therapy", "total", 60),
        ("pt", "Terapia física", "count", 30),
        ("counseling", "Consejería", "count", 45),
        ("other", "Horse riding", "count", 30),
    ]
    assert found[0].mode == ""  # two boxes: which one is ticked is not sure


def test_what_is_in_no_piece_does_not_vanish() -> None:
    found = pieces(PAGE)
    assert found.unread == (
        "Special Education and Related Services",
        next(line for line in PAGE.splitlines() if line.startswith("The team spoke")),
    )
    assert (found.more, found.whole) == (0, True)
    # Of a long text only what may be about help; the rest is counted.
    long = "Leo likes trains.\n" * 50 + "A reading coach will provide support each morning\n" + "x\n" * 40_000
    found = pieces(long)
    assert found.unread == ("A reading coach will provide support each morning",)
    assert found.more > 50
    assert not found.whole


@given(st.text(max_size=400) | st.text(alphabet="spech OT30minx2wkly/,.:;\n-1½²", max_size=400))
def test_any_text_is_read_and_no_number_is_made_up(text: str) -> None:
    found = pieces(text)
    assert len(found.rows) <= MOST_ROWS
    assert len(found.unread) <= MOST_UNREAD
    for one in found.rows:
        told = read_pasted(one)
        assert told.source == one
        assert told.name in one
        for number in (told.count, told.minutes, told.total):
            assert number is None or number > 0
        if told.form == "count":
            assert told.count
            assert told.per


@given(
    st.sampled_from(["Speech therapy", "OT", "Terapia física", "Adapted PE"]),
    st.integers(1, 5),
    st.integers(5, 90),
    st.sampled_from([("weekly", "week"), ("per month", "month"), ("por semana", "week"), ("al año", "year")]),
)
def test_numbers_come_back_as_they_were_written(
    service: str, count: int, minutes: int, per: tuple[str, str]
) -> None:
    sources = [
        f"{service}, {minutes} min x {count}, totaling {minutes * count} min {per[0]}",
        f"{service}: {count} sessions of {minutes} minutes {per[0]}",
    ]
    for source in sources:
        assert read(source) == {"form": "count", "count": count, "per": per[1], "minutes": minutes}
    wrong = f"{service}, {minutes} min x {count}, totaling {minutes * count + 1} min {per[0]}"
    assert read(wrong) == {}
