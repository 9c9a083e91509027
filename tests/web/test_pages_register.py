"""From nothing to a first scheduled question on one page."""

from __future__ import annotations

import base64
import gzip
import re
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.schedule.jsonable import calendar_from_json
from assistant.store import (
    Calendar,
    Caregiver,
    Child,
    Consent,
    Expectation,
    IepVersion,
    OutgoingMessage,
    ServiceLine,
    Store,
)
from assistant.web.register_fields import AT_FIRST, SERVICES
from tests.web.pages_support import TWILIO, a_form, client_of, press

ICS = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//x//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20260903
SUMMARY:No School - Staff Development
END:VEVENT
END:VCALENDAR
"""
FRIDAY = b"""BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20260904
SUMMARY:No School
END:VEVENT
"""


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


def how_many(store: Store, table: type) -> int:
    with store.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_family_is_registered_and_told_what_comes_next(client: FlaskClient, store: Store) -> None:
    answer = press(client, "/register", **a_form())
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert "Leo is registered" in page
    assert "Tuesday, September 1, after 3:15" in page
    assert "…2671" in page
    assert "555-2671" not in page
    assert "/sandbox/phone/1" in page
    with store.read() as session:
        caregiver = session.scalars(select(Caregiver)).one()
        line = session.scalars(select(ServiceLine)).one()
        assert (caregiver.phone, caregiver.texts, caregiver.mails) == ("+14155552671", "invited", "invited")
        assert (line.alias, line.name, line.minutes) == ("speech", "Speech and language therapy", 30)
        assert how_many(store, Expectation) > 0
        # Nothing but the one invitation on each channel before the yes.
        kinds = session.execute(select(OutgoingMessage.channel, OutgoingMessage.kind)).all()
        assert sorted(map(tuple, kinds)) == [("email", "invite"), ("sms", "invite")]


def test_the_consent_kept_is_the_wording_shown(client: FlaskClient, store: Store) -> None:
    page = client.get("/register?lang=es").get_data(as_text=True)
    shown = re.search(r'id="texts-wording">(.*?)</p>', page)
    assert shown is not None
    for part in ("Every Session", "10 preguntas por semana", "cargos por mensajes y datos", "HELP", "STOP"):
        assert part in shown[1]
    press(client, "/register?lang=es", **a_form(mails=None))
    with store.read() as session:
        consent = session.scalars(select(Consent)).one()
        assert (consent.act, consent.channel, consent.wording) == ("requested", "sms", shown[1])


def test_no_box_is_ticked_beforehand(client: FlaskClient) -> None:
    page = client.get("/register").get_data(as_text=True)
    assert re.findall(r'<input type="checkbox"[^>]* checked', page) == []
    # Of the ways to say how often, the most usual is chosen in each block: it agrees to nothing.
    assert set(re.findall(r'value="(\w+)"[^>]* checked', page)) == {"times"}
    assert page.count(" checked") == AT_FIRST


def test_a_button_adds_blocks_and_keeps_what_is_there(client: FlaskClient) -> None:
    form = a_form(**{"services-1-alias": "OT"})
    for blocks in range(AT_FIRST + 1, SERVICES + 1):
        page = press(client, "/register", **form, add="1").get_data(as_text=True)
        assert len(re.findall(r'id="service-\d+"', page)) == blocks
        assert page.count('<details class="service" open>') == blocks - 1
        assert f"Service {blocks}" in page
        assert page.count('value="OT"') == 1
        assert ('name="add"' in page) == (blocks < SERVICES)
        form[f"services-{blocks - 1}-alias"] = f"service {blocks}"
    assert "problem" not in page


def test_spanish_from_the_first_page_to_the_first_question(client: FlaskClient) -> None:
    answer = press(client, "/register?lang=es", **a_form(language="es"))
    page = client.get(answer.location).get_data(as_text=True)
    assert "Registro listo: Leo" in page
    assert "martes 1 de septiembre, después de 3:15" in page


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"nickname": ""}, "nickname", "Give a first name or nickname"),
        ({"nickname": "x" * 41}, "nickname", "Give a first name or nickname"),
        ({"services-0-minutes": "half an hour"}, "services-0-minutes", "Give the minutes"),
        ({"services-0-minutes": "0"}, "services-0-minutes", "Give the minutes"),
        ({"services-0-time": ""}, "services-0-time", "Choose at least one day"),
        ({"services-0-time": "25:99"}, "services-0-time", "Choose at least one day"),
        ({"services-0-day": None}, "services-0-time", "Choose at least one day"),
        ({"services-0-alias": "", "services-0-name": ""}, "services-0-alias", "Give a short word"),
        ({"first_day": ""}, "first_day", "Give the first day"),
        ({"last_day": "2026-01-01"}, "last_day", "a date after the first day"),
        ({"first_day": "2026-08-22", "last_day": "2026-08-23"}, "last_day", "not one day of school"),
        ({"days_off": "Labor Day"}, "days_off", "not a date or two dates: Labor Day"),
        ({"days_off": "9/9/2026 to 9/1/2026"}, "days_off", "not a date or two dates"),
        ({"days_off": "9/1/2026 to 9/5/2026\n9/3/2026 to 9/9/2026"}, "days_off", "Two breaks share a day"),
        ({"zone": "Mars/Base"}, "zone", "Choose a time zone"),
        ({"name": ""}, "name", "Give your name"),
        ({"phone": "12"}, "phone", "Give a mobile number"),
        ({"phone": "555-0101"}, "phone", "Give a mobile number"),
        ({"phone": ""}, "phone", "To get texts, give your mobile number"),
        ({"email": "ana at home"}, "email", "Give an e-mail address"),
        ({"email": ""}, "email", "To get e-mails, give your e-mail address"),
        ({"texts": None, "mails": None}, "texts", "Tick at least one box"),
        ({"calendar": "99"}, "calendar", "Choose a calendar"),
    ],
)
def test_each_mistake_is_named_at_its_field_and_nothing_is_lost(
    client: FlaskClient, store: Store, changes: dict[str, Any], field: str, sentence: str
) -> None:
    press(
        client, "/register", **a_form(phone="415 555 9999", nickname="Mia")
    )  # so that calendars are offered
    before = how_many(store, Child)
    answer = press(client, "/register", **a_form(**changes))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert sentence in page
    assert f'<a href="#{field}">' in page
    assert f'id="{field}-problem"' in page or field == "services"
    assert f'id="{field}"' in page
    assert how_many(store, Child) == before
    kept = {"nickname": "Leo", "calendar_name": "Alder Unified", "name": "Ana Rivera", **changes}
    for key in ("nickname", "calendar_name", "name"):
        assert f'id="{key}" name="{key}" type="text" value="{kept[key]}"' in page
    if "services-0-day" not in changes:
        assert page.count(" checked") >= 2


def test_an_empty_form_names_everything_in_the_order_of_the_page(client: FlaskClient) -> None:
    page = press(client, "/register").get_data(as_text=True)
    found = re.findall(r'<li><a href="#([a-z0-9_-]+)">', page)
    assert found == [
        "nickname",
        "services-0-alias",
        "first_day",
        "last_day",
        "zone",
        "name",
        "language",
        "texts",
    ]


def test_what_was_typed_comes_back_as_text(client: FlaskClient) -> None:
    nasty = '"><script>alert(1)</script>'
    page = press(client, "/register", **a_form(nickname=nasty, phone="")).get_data(as_text=True)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("name", ['Speech "A" \\ é 😀', "a\x00b\x7f", "]] = #", "'''"])
def test_any_name_survives_the_way_through_the_schedule_room(
    client: FlaskClient, store: Store, name: str
) -> None:
    assert press(client, "/register", **a_form(**{"services-0-name": name})).status_code == 303
    with store.read() as session:
        kept = session.scalars(select(ServiceLine.name)).one()
        assert kept == "".join(letter for letter in name if letter.isprintable())


def test_several_services_and_another_time_on_one_day(client: FlaskClient, store: Store) -> None:
    form = a_form(
        **{
            "services-0-time-thu": "10:15",
            "services-2-alias": "OT",
            "services-2-minutes": "45",
            "services-2-day": "wed",
            "services-2-time": "09:00",
        }
    )
    assert press(client, "/register", **form).status_code == 303
    with store.read() as session:
        lines = session.scalars(select(ServiceLine).order_by(ServiceLine.id)).all()
        assert lines[0].frequency["times"] == [["tue", "14:00:00"], ["thu", "10:15:00"]]
        assert (lines[1].alias, lines[1].name, lines[1].minutes) == ("OT", "OT", 45)


def test_two_services_cannot_share_a_word(client: FlaskClient) -> None:
    form = a_form(
        **{
            "services-1-alias": "Speech",
            "services-1-name": "Speech group",
            "services-1-minutes": "30",
            "services-1-day": "mon",
            "services-1-time": "09:00",
        }
    )
    answer = press(client, "/register", **form)
    assert answer.status_code == 400
    assert 'id="services-1-alias-problem"' in answer.get_data(as_text=True)


def test_days_of_a_calendar_file_are_taken(client: FlaskClient, store: Store) -> None:
    answer = press(client, "/register", **a_form(ics=(BytesIO(ICS), "district.ics")))
    assert answer.status_code == 303
    with store.read() as session:
        calendar = calendar_from_json(session.scalars(select(Calendar)).one().definition)
        assert datetime(2026, 9, 3, tzinfo=UTC).date() in calendar.off
        assert len(calendar.off) == 7


@pytest.mark.parametrize("data", [b"hello", b"<html>", b"", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n"])
def test_a_broken_calendar_file_is_named(client: FlaskClient, data: bytes) -> None:
    answer = press(client, "/register", **a_form(ics=(BytesIO(data), "x.ics")))
    assert answer.status_code == (303 if not data else 400)
    if data:
        assert 'id="ics-problem"' in answer.get_data(as_text=True)


def test_a_calendar_that_is_there_can_be_picked(client: FlaskClient, store: Store) -> None:
    press(client, "/register", **a_form(phone="415 555 9999"))
    assert "Alder Unified, 2026–2027" in client.get("/register").get_data(as_text=True)
    picked = a_form(calendar="1", calendar_name="", first_day="", last_day="", days_off="")
    assert press(client, "/register", **picked).status_code == 303
    assert how_many(store, Calendar) == 1
    assert how_many(store, Child) == 2


def test_outside_the_sandbox_a_calendar_of_one_family_is_not_shown(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock, TWILIO)
    for number in range(3):
        assert "Alder Unified, 2026" not in client.get("/register").get_data(as_text=True)
        answer = press(client, "/register", **a_form(phone=f"415 555 267{number}", nickname=f"Leo {number}"))
        assert answer.status_code == 303
    assert "Alder Unified, 2026" in client.get("/register").get_data(as_text=True)


def test_a_calendar_without_a_name_never_gets_the_childs(client: FlaskClient, store: Store) -> None:
    press(client, "/register", **a_form(calendar_name=""))
    with store.read() as session:
        assert session.scalars(select(Calendar.name)).one() == "2026-08-17–2027-06-04"


@pytest.mark.parametrize("changes", [{}, {"phone": "", "texts": None}])
def test_pressing_twice_registers_once(client: FlaskClient, store: Store, changes: dict[str, Any]) -> None:
    first = press(client, "/register", **a_form(**changes))
    again = press(client, "/register", **a_form(**changes))
    assert (again.status_code, again.location) == (303, first.location)
    assert how_many(store, Child) == 1


def test_the_address_of_the_next_page_holds_no_phone_and_no_mail(client: FlaskClient) -> None:
    token = press(client, "/register", **a_form()).location.rpartition("/")[2]
    body = base64.urlsafe_b64decode(token.split(".")[0] + "===").decode()
    assert "555267" not in body
    assert "ana@" not in body


def test_nobody_learns_from_the_page_that_a_phone_is_known(client: FlaskClient, store: Store) -> None:
    def shown(**changes: Any) -> str:
        answer = press(client, "/register", **a_form(**changes))
        page = client.get(answer.location).get_data(as_text=True)
        return re.sub(r"/sandbox/phone/\d+", "", page.replace(answer.location.rpartition("/")[2], ""))

    first = shown(email="", mails=None)
    again = shown(nickname="Mia", name="Someone Else", email="", mails=None)
    assert again == first.replace("Leo", "Mia")
    assert how_many(store, Child) == 2


def test_by_email_alone(client: FlaskClient, store: Store) -> None:
    answer = press(client, "/register", **a_form(phone="", texts=None))
    page = client.get(answer.location).get_data(as_text=True)
    assert "a…@example.org" in page
    assert "/sandbox/phone/" not in page
    with store.read() as session:
        caregiver = session.scalars(select(Caregiver)).one()
        assert (caregiver.phone, caregiver.texts, caregiver.mails) == (None, "none", "invited")


@pytest.mark.parametrize("token", ["x", "MQ.forged", "eyJ9.x"])
def test_the_next_page_needs_its_own_link(client: FlaskClient, token: str) -> None:
    press(client, "/register", **a_form())
    assert client.get(f"/registered/{token}").status_code == 404


@pytest.mark.parametrize(
    ("language", "days"),
    [
        (
            "en",
            ["Thursday, September 3 to Monday, September 7", "Monday, November 23 to Friday, November 27"],
        ),
        (
            "es",
            [
                "jueves 3 de septiembre a lunes 7 de septiembre",
                "lunes 23 de noviembre a viernes 27 de noviembre",
            ],
        ),
    ],
)
def test_the_days_off_that_were_read_can_be_looked_at(
    client: FlaskClient, language: str, days: list[str]
) -> None:
    friday = ICS.replace(b"END:VEVENT\n", b"END:VEVENT\n" + FRIDAY)
    answer = press(client, f"/register?lang={language}", **a_form(ics=(BytesIO(friday), "district.ics")))
    page = client.get(answer.location).get_data(as_text=True)
    listed = re.search(r"<details>\s*<summary>[^<]*: 8</summary>.*?</details>", page, re.DOTALL)
    assert listed is not None
    assert re.findall(r"<li>(.*?)</li>", listed[0]) == days


def test_without_days_off_there_is_nothing_to_open(client: FlaskClient) -> None:
    answer = press(client, "/register", **a_form(days_off=""))
    page = client.get(answer.location).get_data(as_text=True)
    assert "School days off that we know: 0" in page
    assert "<details" not in page


def test_the_date_on_the_iep_brings_the_yearly_reminder(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock)
    assert press(client, "/register", **a_form(iep_dated="2026-05-14")).status_code == 303
    with store.read() as session:
        version = session.scalars(select(IepVersion)).one()
        assert (version.dated, version.renews_on) == (date(2026, 5, 14), date(2027, 5, 14))
    page = press(client, "/register", **a_form(iep_dated="last May", phone="(415) 555-0177"))
    assert page.status_code == 400
    text = page.get_data(as_text=True)
    assert "Give the date on the IEP as a date" in text
    assert 'value="last May"' in text


def test_the_page_with_all_services_filled_in_stays_light_on_the_wire(client: FlaskClient) -> None:
    token = str(re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/register").text)[0])
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "gzip"
    filled = {f"services-{number}-alias": f"service {number}" for number in range(SERVICES)}
    page = client.post("/register", data={**a_form(), **filled, "add": "1", "csrf_token": token})
    assert page.status_code == 200
    assert re.search(r'name="services-9-alias"[^>]*value="service 9"', gzip.decompress(page.data).decode())
    assert len(page.data) < 60_000
