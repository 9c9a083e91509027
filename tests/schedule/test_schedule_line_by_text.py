"""A service line as a parent types it: what is read, what is asked for, and that nothing is made up."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schedule.line_by_text import Draft, read_line
from assistant.schedule.types import (
    CountPerPeriod,
    Daily,
    Exceptions,
    KnownSlots,
    MinutesPerPeriod,
    WeeklySlot,
)

TEN30, TWO = time(10, 30), time(14)


def on(at: time | None, *days: int) -> dict[str, Any]:
    return {"days": tuple((day, at) for day in days)}


def per(count: int, period: str = "week") -> dict[str, Any]:
    return {"count": count, "per": period}


TABLE: list[tuple[str, str, int | None, dict[str, Any]]] = [
    ("speech 2x week 30", "speech", 30, per(2)),
    ("Speech, 30 minutes, 2 times a week.", "speech", 30, per(2)),
    ("speech 2 x 30 min weekly", "speech", 30, per(2)),
    ("2x30 speech", "speech", 30, per(2)),
    ("speech twice weekly thirty minutes", "speech", 30, per(2)),
    ("speech 2 times per week 30 minutes each", "speech", 30, per(2)),
    ("speech 2 days a week half hour", "speech", 30, per(2)),
    ("counseling once a month 45 minutes", "counseling", 45, per(1, "month")),
    ("speech therapy 3 times a month for 20", "speech", 20, per(3, "month")),
    ("ot 1x/wk 30 mins", "OT", 30, per(1)),
    ("pt 4x year 60", "PT", 60, per(4, "year")),
    ("terapia de habla 2 veces por semana 30 minutos", "habla", 30, per(2)),
    ("habla dos veces a la semana media hora", "habla", 30, per(2)),
    ("fisica una vez a la semana", "fisica", None, per(1)),
    ("consejeria 1 vez al mes 45", "consejeria", 45, per(1, "month")),
    ("adapted PE 2x week 45", "adapted PE", 45, per(2)),
    ("OT martes y jueves 10:30", "OT", None, on(TEN30, 1, 3)),
    ("speech 30 min tue thu 2pm", "speech", 30, on(TWO, 1, 3)),
    ("PT mon/wed/fri 9:15 30min", "PT", 30, on(time(9, 15), 0, 2, 4)),
    ("OT m/w 1030 30", "OT", 30, on(TEN30, 0, 2)),
    ("ot tuesdays at ten thirty", "OT", None, on(TEN30, 1)),
    ("speech on tuesdays and thursdays from 10:30 for 30 mins", "speech", 30, on(TEN30, 1, 3)),
    ("terapia ocupacional los martes a las once 45 min", "OT", 45, on(time(11), 1)),
    ("habla martes y jueves", "habla", None, on(None, 1, 3)),
    (
        "habla lunes 9 am y miercoles 1:30 pm 30 minutos",
        "habla",
        30,
        {"days": ((0, time(9)), (2, time(13, 30)))},
    ),
    ("rsp daily 45", "RSP", 45, {"daily": True}),
    ("reading help m-f 45 min", "reading", 45, {"daily": True}),
    ("habla todos los dias 30 min", "habla", 30, {"daily": True}),
    ("60 minutes a week of speech", "speech", None, {"total": 60, "per": "week"}),
    ("120 min a month counseling", "counseling", None, {"total": 120, "per": "month"}),
    ("behavior support 60 min per month", "behavior support", None, {"total": 60, "per": "month"}),
    ("aide", "aide", None, {}),
    ("speech therapy", "speech", None, {}),
    ("music therapy", "music therapy", None, {}),
    ("2x week 30", "", 30, per(2)),
    ("30 min", "", 30, {}),
    ("tue thu 10:30", "", None, on(TEN30, 1, 3)),
    ("10:30", "", None, {"at": TEN30}),
    ("speech 0", "speech", None, {}),
    ("speech 40x week 900", "speech", None, {"at": time(9)}),
]


@pytest.mark.parametrize(("text", "service", "minutes", "rest"), TABLE, ids=[row[0] for row in TABLE])
def test_what_is_read(text: str, service: str, minutes: int | None, rest: dict[str, Any]) -> None:
    assert read_line(text) == Draft(service=service, minutes=minutes, **rest)


@pytest.mark.parametrize(
    "text", ["", "hello", "ok thanks", "what?", "?", "no se", "yes", "idk", "thank you so much"]
)
def test_what_is_no_service(text: str) -> None:
    assert read_line(text) is None


@pytest.mark.parametrize(
    ("texts", "missing"),
    [
        (["2x week 30"], "service"),
        (["speech"], "how_often"),
        (["speech 2x week"], "minutes"),
        (["speech tue thu", "30"], "time"),
        (["speech tue thu", "30", "10:30"], None),
        (["speech", "2x week", "30"], None),
        (["speech 2x", "30 min weekly"], None),
        (["aide"], None),
        (["60 minutes a week of speech"], None),
    ],
)
def test_what_is_asked_for_next(texts: list[str], missing: str | None) -> None:
    assert told(*texts).missing() == missing


def told(*texts: str) -> Draft:
    draft = Draft()
    for text in texts:
        more = read_line(text)
        assert more is not None
        draft = draft.merged(more)
    return draft


def test_the_frequency_follows() -> None:
    assert told("speech 2x week 30").frequency() == CountPerPeriod(2, "week")
    assert told("OT tue 10:30 30 min").frequency() == KnownSlots((WeeklySlot(1, TEN30),))
    # Days without a time are counted by the week: no time is made up.
    assert told("OT tue thu 30 min").frequency() == CountPerPeriod(2, "week")
    assert told("rsp daily 45").frequency() == Daily(None)
    assert told("60 minutes a month of ot").frequency() == MinutesPerPeriod(60, "month")
    assert told("nurse").frequency() == Exceptions(urgent=True)
    with pytest.raises(ValueError, match="how_often is not known"):
        told("speech").frequency()


def test_the_line_has_its_name_and_alias() -> None:
    line = told("habla 2 veces por semana 30").line()
    assert (line.name, line.alias, line.minutes) == ("Habla", "habla", 30)


@given(st.text(max_size=80))
def test_any_text_gives_a_draft_or_none(text: str) -> None:
    draft = read_line(text)
    if draft is not None and draft.missing() is None:
        draft.line()


@given(st.sampled_from([row[0] for row in TABLE]), st.sampled_from(["", ".", "!", " please", "  "]))
def test_case_and_politeness_change_nothing(text: str, tail: str) -> None:
    plain, dressed = read_line(text), read_line(text.upper() + tail)
    assert plain is not None
    assert dressed is not None
    assert dressed.service.casefold() == plain.service.casefold()
    assert Draft(**{**vars_of(dressed), "service": ""}) == Draft(**{**vars_of(plain), "service": ""})


def vars_of(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in Draft.__slots__}
