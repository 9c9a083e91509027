"""Every way an IEP says how often, as the page asks for it: kept as meant, or named beside its field."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.schedule.jsonable import calendar_from_json
from assistant.store import Calendar, ServiceLine, Store
from assistant.web.register_fields import AT_FIRST, WAYS
from assistant.web.speech import as_language, speech
from tests.support.examples import some
from tests.support.family import CALENDAR, family, registered
from tests.web.pages_support import a_form, client_of, press


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


def block(**fields: Any) -> dict[str, Any]:
    """The registration form with a first service of these fields only."""
    empty = {"services-0-day": None, "services-0-time": None, "services-0-minutes": "30"}
    return a_form(**empty | {f"services-0-{key}": value for key, value in fields.items()})


TIMES: dict[str, Any] = {"form": "times", "day": ["tue"], "time": "14:00"}
WEEKS = {"form": "weeks", "weeks_count": "3", "weeks": "4", "weeks_anchor": "2026-08-17"}
CYCLE = {
    "form": "cycle",
    "cycle_days": "6",
    "cycle_on": "4, 1",
    "cycle_at": "10:00",
    "cycle_anchor": "8/17/2026",
}
FREQUENCIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        TIMES,
        {"form": "times", "times": [["tue", "14:00:00"]], "every": 1, "anchor": None},
    ),
    (
        TIMES | {"every": "1", "anchor": "2026-08-18"},
        {"form": "times", "times": [["tue", "14:00:00"]], "every": 2, "anchor": "2026-08-18"},
    ),
    ({"form": "daily"}, {"form": "daily", "at": None}),
    ({"form": "daily", "daily_at": "11:30"}, {"form": "daily", "at": "11:30:00"}),
    ({"form": "count", "count": "2", "per": "week"}, {"form": "count", "count": 2, "per": "week"}),
    ({"form": "count", "count": "10", "per": "semester"}, {"form": "count", "count": 10, "per": "semester"}),
    (WEEKS, {"form": "count_in_weeks", "count": 3, "weeks": 4, "anchor": "2026-08-17"}),
    (
        {"form": "total", "total": "1800", "total_per": "year"},
        {"form": "minutes", "total": 1800, "per": "year"},
    ),
    (CYCLE, {"form": "cycle", "days": 6, "on": [1, 4], "at": "10:00:00", "anchor": "2026-08-17"}),
    (
        CYCLE | {"cycle_days": "2", "cycle_on": "A and B"},
        {"form": "cycle", "days": 2, "on": [1, 2], "at": "10:00:00", "anchor": "2026-08-17"},
    ),
    ({"form": "exception"}, {"form": "exception", "urgent": False}),
    ({"form": "exception", "urgent": "1"}, {"form": "exception", "urgent": True}),
    ({"form": "accommodation"}, {"form": "accommodation"}),
    ({"form": "as_needed"}, {"form": "as_needed"}),
]


def lines_of(store: Store) -> list[ServiceLine]:
    with store.read() as session:
        return list(session.scalars(select(ServiceLine)))


def line_of(store: Store) -> ServiceLine:
    (line,) = lines_of(store)
    return line


@pytest.mark.parametrize(("fields", "frequency"), FREQUENCIES)
def test_each_way_to_say_how_often_is_kept(
    client: FlaskClient, store: Store, fields: dict[str, Any], frequency: dict[str, Any]
) -> None:
    answer = press(client, "/register", **block(**fields))
    assert answer.status_code == 303
    assert line_of(store).frequency == frequency
    assert client.get(answer.location).status_code == 200


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_way_to_say_how_often_is_on_the_page(client: FlaskClient, language: str) -> None:
    page = unescape(client.get(f"/register?lang={language}").get_data(as_text=True))
    for number in range(AT_FIRST):
        offered = re.findall(rf'name="services-{number}-form" value="(\w+)"', page)
        assert tuple(offered) == WAYS
    for fields, _ in FREQUENCIES:
        for key in fields:
            assert f'name="services-0-{key}"' in page
    say = speech(as_language(language) or "en").say
    for way in WAYS:
        for key in ("way", "like", "then"):
            assert say(f"register.{key}_{way}") in page
    assert len(page.encode()) < 28_000  # beside 16 KB of style, once


@pytest.mark.parametrize("way", WAYS)
def test_minutes_are_wanted_where_the_schedule_room_wants_them(
    client: FlaskClient, store: Store, way: str
) -> None:
    fields = next(fields for fields, _ in FREQUENCIES if fields["form"] == way)
    answer = press(client, "/register", **block(**fields, minutes=""))
    wanted = way in ("times", "daily", "count", "weeks", "cycle")
    assert answer.status_code == (400 if wanted else 303)
    assert ('id="services-0-minutes-problem"' in answer.get_data(as_text=True)) == wanted
    assert wanted or line_of(store).minutes == 0


@pytest.mark.parametrize(("way", "kept"), [("accommodation", 0), ("as_needed", 0), ("total", 30)])
def test_minutes_that_are_hidden_are_not_meant(
    client: FlaskClient, store: Store, way: str, kept: int
) -> None:
    assert press(client, "/register", **block(form=way, total="60", total_per="month")).status_code == 303
    assert line_of(store).minutes == kept


def test_the_fields_of_another_way_are_not_meant(client: FlaskClient, store: Store) -> None:
    fields = TIMES | {"anchor": "nonsense"} | CYCLE | {"urgent": "1", "form": "count", "count": "2"}
    assert press(client, "/register", **block(**fields, per="month")).status_code == 303
    assert line_of(store).frequency == {"form": "count", "count": 2, "per": "month"}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        (TIMES | {"every": "1"}, "anchor", "anchor"),
        (TIMES | {"every": "1", "anchor": "soon"}, "anchor", "anchor"),
        ({"form": "daily", "daily_at": "noon"}, "daily_at", "at"),
        ({"form": "daily", "daily_at": "29:99"}, "daily_at", "at"),
        ({"form": "count", "per": "week"}, "count", "count"),
        ({"form": "count", "count": "0", "per": "week"}, "count", "count"),
        ({"form": "count", "count": "9" * 5000, "per": "week"}, "count", "count"),
        ({"form": "count", "count": "2", "per": "day"}, "per", "per"),
        ({"form": "count", "count": "2"}, "per", "per"),
        (WEEKS | {"weeks_count": "many"}, "weeks_count", "count"),
        (WEEKS | {"weeks": ""}, "weeks", "weeks"),
        (WEEKS | {"weeks": "1"}, "weeks", "weeks"),
        (WEEKS | {"weeks": "four"}, "weeks", "weeks"),
        (WEEKS | {"weeks": "x" * 60}, "weeks", "weeks"),
        (WEEKS | {"weeks_anchor": ""}, "weeks_anchor", "weeks_anchor"),
        ({"form": "total", "total": "", "total_per": "week"}, "total", "total"),
        ({"form": "total", "total": "60", "total_per": "semester"}, "total_per", "per"),
        (CYCLE | {"cycle_days": "1"}, "cycle_days", "cycle_days"),
        (CYCLE | {"cycle_on": "1, 7"}, "cycle_on", "cycle_on"),
        (CYCLE | {"cycle_on": ""}, "cycle_on", "cycle_on"),
        (CYCLE | {"cycle_on": "2 2"}, "cycle_on", "cycle_on"),
        (CYCLE | {"cycle_at": ""}, "cycle_at", "at_needed"),
        (CYCLE | {"cycle_anchor": ""}, "cycle_anchor", "cycle_anchor"),
        (CYCLE | {"cycle_anchor": "0001-01-01"}, "cycle_anchor", "cycle_anchor"),
        (TIMES | {"starts": "2027-01-11", "ends": "2026-12-01"}, "ends", "ends"),
        (TIMES | {"starts": "2028-01-11"}, "starts", "starts"),
        (TIMES | {"ends": "2020-01-11"}, "ends", "ends"),
        (TIMES | {"starts": "in May"}, "starts", "starts"),
        (TIMES | {"esy": "1", "ends": "2027-07-09"}, "starts", "starts"),
        (TIMES | {"esy": "1", "starts": "2027-06-14"}, "ends", "ends"),
        (TIMES | {"wording": "x" * 601}, "wording", "wording"),
        (TIMES | {"delivery": "by owl"}, "delivery", "other"),
        (TIMES | {"mode": "alone"}, "mode", "other"),
        ({"form": "sometimes"}, "form", "form"),
    ],
)
def test_each_mistake_in_how_often_is_named_at_its_field(
    client: FlaskClient, store: Store, language: str, fields: dict[str, Any], field: str, problem: str
) -> None:
    answer = press(client, f"/register?lang={language}", **block(**fields))
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 400
    assert lines_of(store) == []
    place = f"services-0-{field}"
    sentence = speech(as_language(language) or "en").say(f"problem.{problem}")
    assert f'<li><a href="#{place}">{sentence}</a></li>' in page
    beside = re.search(rf'id="{place}-problem">(.*?)</', page)
    assert beside is not None
    assert beside[1] == sentence
    assert f'id="{place}"' in page
    for key, value in fields.items():
        if key in ("form", "day", "every", "esy"):
            chosen = value[0] if isinstance(value, list) else value
            known = chosen != "sometimes"
            assert (f'name="services-0-{key}" value="{chosen}" checked' in page) == known
        elif key not in ("per", "total_per", "delivery", "mode"):
            assert value[:1000] in page  # an endless number is cut
            assert f'id="services-0-{key}"' in page


def test_a_list_comes_back_as_it_was_chosen(client: FlaskClient) -> None:
    fields = {"form": "count", "count": "", "per": "month", "delivery": "consult", "mode": "either"}
    page = press(client, "/register", **block(**fields)).get_data(as_text=True)
    for word in ("month", "consult", "either"):
        assert f'<option value="{word}" selected>' in page
    assert re.search(r"<details open><summary>More from the IEP", page)


def test_what_else_the_iep_says_of_a_service_is_kept(client: FlaskClient, store: Store) -> None:
    more = {
        "delivery": "teletherapy",
        "mode": "either",
        "starts": "6/14/2027",
        "ends": "2027-07-09",
        "esy": "1",
        "not_agreed": "1",
        "wording": 'Speech,  "group"\r\n30 min x 2',
    }
    assert press(client, "/register", **block(**TIMES, **more)).status_code == 303
    line = line_of(store)
    assert (line.delivery, line.mode, line.esy, line.consented) == ("teletherapy", "either", True, False)
    assert (line.starts, line.ends) == (date(2027, 6, 14), date(2027, 7, 9))
    assert line.wording == 'Speech, "group" 30 min x 2'


def test_without_more_a_service_is_as_most_are(client: FlaskClient, store: Store) -> None:
    press(client, "/register", **block(**TIMES))
    line = line_of(store)
    assert (line.delivery, line.mode, line.esy, line.consented) == ("direct", "individual", False, True)
    assert (line.starts, line.ends, line.wording) == (date(2026, 8, 17), date(2027, 6, 4), "")


def test_a_block_in_which_only_the_way_was_chosen_is_not_lost_silently(client: FlaskClient) -> None:
    page = press(client, "/register", **a_form(**{"services-5-form": "daily"}))
    assert page.status_code == 400
    assert 'id="services-5-alias-problem"' in page.get_data(as_text=True)


def test_a_block_as_the_page_has_it_is_empty(client: FlaskClient, store: Store) -> None:
    untouched = {
        "form": "times",
        "per": "week",
        "total_per": "week",
        "delivery": "direct",
        "mode": "individual",
    }
    form = a_form(**{f"services-3-{key}": value for key, value in untouched.items()})
    assert press(client, "/register", **form).status_code == 303
    assert len(lines_of(store)) == 1


def test_problems_of_services_follow_the_page(client: FlaskClient) -> None:
    second = {"services-1-form": "cycle", "services-1-minutes": "x", "services-1-alias": "OT"}
    page = press(client, "/register", **block(**TIMES | {"time": ""}, starts="x"), **second)
    found = re.findall(r'<li><a href="#services-([a-z0-9_-]+)">', page.get_data(as_text=True))
    assert found == [
        "0-time",
        "0-starts",
        "1-cycle_days",
        "1-cycle_on",
        "1-cycle_at",
        "1-cycle_anchor",
        "1-minutes",
    ]


def test_a_calendar_that_is_picked_keeps_its_semesters(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    calendar = replace(CALENDAR, semesters=(CALENDAR.first_day, date(2027, 1, 11)))
    with store.write() as session:
        registered(session, replace(family(), calendar=calendar, calendar_name="Alder"), clock.now())
    picked = block(form="count", count="10", per="semester") | {"phone": "", "texts": None}
    assert press(client, "/register", **picked | {"calendar": "1"}).status_code == 303
    with store.read() as session:
        assert [calendar_from_json(row.definition) for row in session.scalars(select(Calendar))] == [calendar]


@pytest.mark.parametrize(("language", "never"), [("en", "Text us any time"), ("es", "Escríbanos un texto")])
def test_nobody_is_promised_a_question_that_never_comes(
    client: FlaskClient, language: str, never: str
) -> None:
    answer = press(client, f"/register?lang={language}", **block(form="as_needed"))
    assert never in client.get(answer.location).get_data(as_text=True)


@given(data=st.data())
@settings(max_examples=some(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_kept_or_named(client: FlaskClient, data: st.DataObject) -> None:
    texts = st.one_of(
        st.sampled_from(
            ["", "1", "4", "week", "14:00", "2026-09-01", "2199-12-31", "\u0663", "-1", "1e3", '"']
        ),
        st.text(max_size=12),
    )
    keys = [key for fields, _ in FREQUENCIES for key in fields if key not in ("form", "day")]
    more = ["minutes", "starts", "ends", "wording", "esy", "not_agreed", "delivery", "mode", "name"]
    fields = data.draw(st.dictionaries(st.sampled_from(sorted({*keys, *more})), texts))
    way = data.draw(st.sampled_from([*WAYS, "", "x"]))
    nickname = data.draw(st.uuids()).hex[:12]
    answer = press(
        client, "/register", **block(form=way, **fields) | {"nickname": nickname, "phone": "", "texts": None}
    )
    assert answer.status_code in (303, 400)
    if answer.status_code == 400:
        assert 'class="problem"' in answer.get_data(as_text=True)
