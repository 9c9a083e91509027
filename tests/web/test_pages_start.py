"""Setting a family up, one question a page: to the first question, changed, resumed, after JOIN."""

from __future__ import annotations

import json
import re
from datetime import date, time, timedelta
from io import BytesIO
from typing import Any

import pytest
import typst
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.families import pdf_text
from assistant.families.attempts import hashed_key, keep
from assistant.families.setting_up import A_PLACE, KEPT_DAYS
from assistant.operations.forget import forget_due
from assistant.schedule.jsonable import frequency_from_json
from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    CountPerPeriod,
    CountPerWeeks,
    Exceptions,
    KnownSlots,
    MinutesPerPeriod,
    Rotation,
)
from assistant.store import Calendar, Caregiver, Child, Consent, Enrolment, ServiceLine, SetUp, Store
from tests.support.pdfs import pdf_with
from tests.support.talk import Talk
from tests.web.pages_support import SANDBOX, TWILIO, a_form, client_of, press, signed_in

Answers = list[tuple[str, dict[str, Any]]]
SPEECH: Answers = [
    ("kinds", {"kind": "speech"}),
    ("0/often", {"times": "2"}),
    ("0/minutes", {"minutes": "30"}),
    ("0/days", {"day": ["tue", "thu"], "time": "14:00"}),
]
REST: Answers = [
    ("calendar", {"unknown": "1"}),
    ("you", {"name": "Ana Rivera"}),
    ("reach", {"phone": "(415) 555-2671", "texts": "1", "zone": "America/Los_Angeles"}),
]
ENOUGH: Answers = [("more", {"enough": "1"})]
CHILD: Answers = [("child", {"nickname": "Leo"})]


OFTEN: Answers = [("0/often", {"way": "count"})]
TOTAL: Answers = [("0/often", {"way": "total"})]
WEEKS: Answers = [
    ("0/often", {"way": "weeks"}),
    ("0/weeks", {"weeks_count": "3", "weeks": "4", "weeks_anchor": "2026-08-17"}),
    ("0/minutes", {"minutes": "25"}),
]
CYCLE: Answers = [
    ("0/often", {"way": "cycle"}),
    ("0/cycle", {"cycle_days": "6"}),
    ("0/on", {"cycle_on": ["1", "4"]}),
    ("0/when", {"cycle_at": "10:00", "cycle_anchor": "2026-08-17"}),
    ("0/minutes", {"minutes": "30"}),
]
MONTH: Answers = [("0/amount", {"count": "1", "per": "month"}), ("0/minutes", {"minutes": "30"})]
YEAR: Answers = [("0/amount", {"total": "1800", "total_per": "year"})]
FORTNIGHT: Answers = [
    ("0/often", {"way": "fortnight"}),
    ("0/weeks", {"weeks_count": "1"}),
    ("0/minutes", {"minutes": "30"}),
]
SUPPORT: Answers = [("kinds", {"kind": "support"}), ("0/name", {"support": "time"})]


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


def walk(client: FlaskClient, answers: Answers, language: str = "en") -> str:
    """Answer these questions; each page must be the one that the answer before it led to. Where it ends."""
    at = f"/start/{answers[0][0]}"
    for step, fields in answers:
        assert at == f"/start/{step}"
        reply = press(client, f"{at}?lang={language}", to=at, **fields)
        assert reply.status_code == 303, reply.get_data(as_text=True)
        at = reply.location
    return at


def read(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def test_from_the_first_page_to_a_child_with_a_question(client: FlaskClient, store: Store) -> None:
    assert 'href="/start/"' in read(client, "/")
    assert "1 of about 8" in read(client, client.get("/start/").location)
    assert walk(client, CHILD + SPEECH + REST) == "/start/check"
    page = read(client, "/start/check")
    for shown in ("Leo", "speech", "Speech and language therapy", "Every weekday until", "(415) 555-2671"):
        assert shown in page
    answer = press(client, "/start/check")
    assert answer.location.startswith("/registered/")
    page = read(client, answer.location)
    assert "Leo is registered" in page
    assert "Tuesday, September 1, after" in page
    assert press(client, "/register", to="/start/check").location == answer.location  # pressed twice
    with store.read() as session:
        line, person = session.scalars(select(ServiceLine)).one(), session.scalars(select(Caregiver)).one()
        assert isinstance(frequency_from_json(line.frequency), KnownSlots)
        assert (line.alias, line.minutes, person.phone) == ("speech", 30, "+14155552671")
        assert person.texts == "invited"
        assert "Leo" not in session.scalars(select(SetUp.draft)).one()  # what was typed is there once


@pytest.mark.parametrize(
    ("answers", "frequency"),
    [
        (SPEECH[:1] + OFTEN + MONTH, CountPerPeriod(1, "month")),
        (SPEECH[:1] + TOTAL + YEAR, MinutesPerPeriod(1800, "year")),
        (SPEECH[:1] + WEEKS, CountPerWeeks(3, 4, date(2026, 8, 17))),
        (SPEECH[:1] + FORTNIGHT, CountPerWeeks(1, 2, date(2026, 9, 1))),
        (SPEECH[:1] + FORTNIGHT[:2] + [("0/minutes", {"unknown": "1"})], AsNeeded()),
        (SPEECH[:1] + CYCLE, Rotation(6, (1, 4), time(10), date(2026, 8, 17))),
        (SPEECH[:1] + CYCLE[:3] + [("0/when", {"unknown": "1"})], AsNeeded()),
        (SPEECH[:1] + OFTEN + [("0/amount", {"unknown": "1"})], AsNeeded()),
        (SUPPORT, Accommodation()),
    ],
)
def test_every_way_an_iep_says_how_often(
    client: FlaskClient, store: Store, answers: Answers, frequency: object
) -> None:
    assert walk(client, CHILD + answers + REST) == "/start/check"
    page = read(client, "/start/check")
    assert ("not known yet" in page) == (frequency == AsNeeded())
    assert "as needed" not in page  # nobody said that
    # Changed to the same way, what belongs to it is asked again; the minutes stay as they are.
    for step, fields in answers[1:]:
        if not step.endswith("minutes") and step != "kinds":
            assert press(client, f"/start/{step}?change=1", **fields).status_code == 303
    assert client.get("/start/check").status_code == 200
    press(client, "/start/check")
    with store.read() as session:
        assert frequency_from_json(session.scalars(select(ServiceLine.frequency)).one()) == frequency


def test_in_spanish_with_everything_unknown(client: FlaskClient, store: Store) -> None:
    unknown: Answers = [
        ("kinds", {"kind": ["aide", "ot", "speech"]}),
        ("0/often", {"times": "2"}),
        ("0/minutes", {"unknown": "1"}),
        ("0/days", {"unknown": "1"}),
        ("1/often", {"unknown": "1"}),
        ("2/often", {"way": "exception"}),
    ]
    assert walk(client, CHILD + unknown + REST, "es") == "/start/check"
    page = read(client, "/start/check")
    assert page.count("Por este todavía no preguntamos") == 2
    assert "todavía no se sabe" in page
    page = read(client, press(client, "/start/check").location)
    assert "Registro listo: Leo" in page
    with store.read() as session:
        lines = session.scalars(select(ServiceLine).order_by(ServiceLine.id)).all()
        forms = [type(frequency_from_json(line.frequency)) for line in lines]
        assert forms == [AsNeeded, AsNeeded, Exceptions]
        assert [line.alias for line in lines] == ["habla", "ocupacional", "asistente"]
        assert session.scalars(select(Caregiver.language)).one() == "es"
        # A calendar that nobody named is no other family's.
        assert session.scalars(select(Calendar.name)).one() == "Calendario propio 1"


def test_the_consent_kept_is_the_wording_shown_and_nothing_is_ticked(
    client: FlaskClient, store: Store
) -> None:
    walk(client, CHILD + SPEECH + REST[:-1])
    page = read(client, "/start/reach?lang=es")
    assert " checked" not in page
    shown = re.search(r'id="texts-wording">(.*?)</p>', page)
    assert shown is not None
    press(client, "/start/reach", **REST[-1][1])
    press(client, "/start/check")
    with store.read() as session:
        assert session.scalars(select(Consent.wording)).all() == [shown[1]]


def test_a_change_comes_back_to_the_answers(client: FlaskClient, store: Store) -> None:
    walk(client, CHILD + SPEECH + REST)
    page = read(client, "/start/check")
    for link in re.findall(r'class="tap" href="(/start/[^"]+change=1)"', page):
        assert client.get(link).status_code == 200
    assert press(client, "/start/child?change=1", nickname="Mia").location == "/start/check"
    # Another number of times makes the days a new question; then back to the answers.
    changed = press(client, "/start/0/often?change=1", times="3")
    assert changed.location == "/start/0/days?change=1"
    assert press(client, changed.location, unknown="1").location == "/start/check"
    assert press(client, "/start/0/name?change=1", name="Talking", alias="talk").location == "/start/check"
    page = read(client, "/start/check")
    assert "Mia" in page
    assert "Talking" in page
    press(client, "/start/check")
    with store.read() as session:
        line = session.scalars(select(ServiceLine)).one()
        assert frequency_from_json(line.frequency) == CountPerPeriod(3, "week")
        assert line.alias == "talk"


@pytest.mark.parametrize(
    ("after", "step", "fields", "sentence"),
    [
        ([], "child", {"nickname": ""}, "Give a first name"),
        (CHILD, "kinds", {"kind": "nonsense"}, "Tick at least one service"),
        (CHILD + SPEECH, "1/kind", {"kind": "nonsense"}, "Choose a service"),
        (CHILD + SPEECH[:1], "0/often", {"times": "9"}, "Choose how the IEP says"),
        (CHILD + SPEECH[:1] + OFTEN, "0/amount", {"count": "", "per": "week"}, "Give how many times"),
        (CHILD + SPEECH[:1] + TOTAL, "0/amount", {"total": "-1", "total_per": "month"}, "minutes in all"),
        (CHILD + SPEECH[:1] + WEEKS[:1], "0/weeks", {"weeks_count": "1", "weeks": "x"}, "number of weeks"),
        (CHILD + SPEECH[:1] + CYCLE[:1], "0/cycle", {"cycle_days": "1"}, "how many days there are"),
        (CHILD + SPEECH[:1] + CYCLE[:2], "0/on", {}, "Give the days by their numbers"),
        (CHILD + SPEECH[:1] + CYCLE[:3], "0/when", {"cycle_at": "10:00"}, "a school day that is day 1"),
        (CHILD + SPEECH[:2], "0/minutes", {"minutes": "half"}, "Give the minutes"),
        (CHILD + SPEECH[:3], "0/days", {}, "Choose the days"),
        (CHILD + SPEECH[:3], "0/days", {"day": ["mon"], "time": "9:00"}, "You said 2 a week"),
        (CHILD + SPEECH[:3], "0/days", {"day": ["mon", "tue"], "time": "99:00"}, "time it begins"),
        (CHILD + SPEECH, "calendar", {"calendar": "77"}, "Choose a calendar"),
        (CHILD + SPEECH + REST[:1], "you", {"name": "x" * 90}, "Give your name"),
        (
            CHILD + SPEECH + REST[:2],
            "reach",
            {"phone": "12", "texts": "1", "zone": "America/Denver"},
            "mobile",
        ),
        (
            CHILD + SPEECH + REST[:2],
            "reach",
            {"phone": "", "zone": "America/Denver"},
            "Tick at least one box",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    client: FlaskClient, after: Answers, step: str, fields: dict[str, Any], sentence: str
) -> None:
    if after:
        walk(client, after)
    answer = press(client, f"/start/{step}", **fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert page.count(sentence) == 2  # on top, and beside the field
    target = re.search(r'<li><a href="#([^"]+)"', page)
    assert target is not None
    assert f'id="{target[1]}"' in page


def test_stopped_and_gone_on_with_here_and_elsewhere(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    walk(client, CHILD + SPEECH[:2])
    page = read(client, "/start/")
    assert "Leo" in page
    assert 'href="/start/0/minutes"' in page
    link = re.search(r'value="http://[^/]+(/start/again/[^"]+)"', read(client, "/start/later"))
    assert link is not None
    other = client_of(store, clock)
    assert "Leo" not in read(other, "/start/child")
    assert press(other, link[1]).location == "/start/0/minutes"
    assert "30 minutes" in read(other, "/start/0/minutes")
    assert "Leo" in read(other, "/start/all")  # the one page, filled in with what was answered
    assert other.get("/start/again/nonsense").status_code == 404
    clock.move_to(clock.now() + timedelta(days=KEPT_DAYS, minutes=1))
    assert other.get(link[1]).status_code == 404
    assert read(other, "/start/child").count("Leo") == 0
    with store.write() as session:
        forget_due(session, clock.now(), SANDBOX)
    with store.read() as session:
        assert session.scalars(select(SetUp)).all() == []


def test_finished_on_the_one_page_no_draft_is_left(client: FlaskClient, store: Store) -> None:
    assert client.get("/start/all").location == "/register"
    walk(client, CHILD + SPEECH + REST)
    page = read(client, "/start/all")
    assert 'value="Speech and language therapy"' in page
    assert 'name="begun" value="1"' in page
    assert 'name="begun"' not in read(client, "/register")
    assert press(client, "/start/all", to="/register", **a_form(), begun="1").status_code == 303
    assert client.get("/start/check").location == "/start/"
    with store.read() as session:
        assert session.scalars(select(SetUp.child_id)).all() == [1]
        assert "Leo" not in session.scalars(select(SetUp.draft)).one()


def test_services_are_ticked_once_and_more_are_added_from_the_answers(
    client: FlaskClient, store: Store
) -> None:
    both: Answers = [("kinds", {"kind": ["ot", "speech"]}), ("0/often", {"times": "2"})]
    assert walk(client, CHILD + both) == "/start/0/minutes"
    # Back to the list: what stays ticked keeps its answers, what is not ticked any more goes.
    assert read(client, "/start/kinds").count(" checked") == 2
    assert press(client, "/start/kinds", kind=["speech", "reading"]).location == "/start/0/minutes"
    rest: Answers = [
        ("0/minutes", {"minutes": "30"}),
        ("0/days", {"unknown": "1"}),
        ("1/often", {"way": "daily"}),
        ("1/minutes", {"minutes": "45"}),
    ]
    assert walk(client, rest + REST) == "/start/check"
    add = re.search(r'href="([^"]+)">Add a service', read(client, "/start/check"))
    assert add is not None
    assert press(client, add[1], kind="speech").location == "/start/2/often?change=1"
    assert press(client, "/start/2/often?change=1", times="1").location == "/start/2/minutes?change=1"
    press(client, "/start/2/minutes?change=1", minutes="20")
    assert press(client, "/start/2/days?change=1", unknown="1").location == "/start/check"
    page = read(client, "/start/check")
    assert "1 time a week" in page
    assert "speech 2" in page
    press(client, "/start/check")
    with store.read() as session:
        aliases = session.scalars(select(ServiceLine.alias).order_by(ServiceLine.id)).all()
        assert aliases == ["speech", "reading", "speech 2"]


def test_begun_anew_nothing_is_left(client: FlaskClient, store: Store) -> None:
    walk(client, CHILD)
    press(client, "/start/", to="/start/anew")
    assert "Leo" not in read(client, "/start/child")
    with store.read() as session:
        assert session.scalars(select(SetUp)).all() == []


def test_set_ups_and_sign_ups_are_limited(store: Store, clock: VirtualClock) -> None:
    codes = {press(client_of(store, clock), "/start/child", nickname="Leo").status_code for _ in range(3)}
    assert codes == {303}
    with store.write() as session:
        for _ in range(A_PLACE[0].most):
            keep(session, "set_up", hashed_key(SANDBOX.server.secret_key, "set_up", "127.0.0.1"), clock.now())
    assert press(client_of(store, clock), "/start/child", nickname="Leo").status_code == 429
    with store.read() as session:
        assert len(session.scalars(select(SetUp)).all()) == 3


def test_no_cookie_no_answers_and_the_cookie_is_safe(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock, TWILIO)
    for path in ("/start/more", "/start/0/often", "/start/check", "/start/later"):
        assert client.get(path).status_code == 303
    page = client.get("/start/child", base_url="https://iep.example.org").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = client.post(
        "/start/child",
        base_url="https://iep.example.org",
        data={"csrf_token": token[1], "nickname": "Leo"},
    )
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if "set_up" in one)
    for part in ("__Host-set_up=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2419200"):
        assert part in cookie


def test_join_by_text_is_gone_on_with_here(store: Store, clock: VirtualClock) -> None:
    client_of(store, clock)  # its house knows the texts
    talk = Talk(store, clock, phone="+14155550177")
    for words in ("JOIN", "1", "Theo", "speech 2x week 30"):
        talk.say(words)
    with store.write() as session:
        session.scalars(select(Caregiver)).one().zone = "America/Detroit"  # the form's list does not have it
    client = signed_in(store, clock, "+14155550177")
    assert "/start/joined" in read(client, "/family/")
    assert "speech 2x week 30" in read(client, "/start/joined")
    at = press(client, "/start/joined").location
    assert at == "/start/0/days"
    assert walk(client, [("0/days", {"unknown": "1"}), *ENOUGH, *REST[:2]]) == "/start/check"
    page = read(client, press(client, "/start/check").location)
    assert "Theo is registered" in page
    with store.read() as session:
        child, person = session.scalars(select(Child)).one(), session.scalars(select(Caregiver)).one()
        assert [one.id for one in child.caregivers] == [person.id]
        assert (person.name, person.texts) == ("Ana Rivera", "in")
        assert session.scalars(select(Enrolment.state)).all() == ["done"]
        assert session.scalars(select(ServiceLine.wording)).one() == "speech 2x week 30"
        assert session.scalars(select(Calendar.zone)).one() == "America/Detroit"


def test_a_join_that_was_finished_by_text_meanwhile_stays_as_it_is(store: Store, clock: VirtualClock) -> None:
    client_of(store, clock)  # its house knows the texts
    talk = Talk(store, clock, phone="+14155550177")
    for words in ("JOIN", "1", "Theo", "speech every day 30 min"):
        talk.say(words)
    client = signed_in(store, clock, "+14155550177")
    assert press(client, "/start/joined").location == "/start/more"
    walk(client, ENOUGH + REST[:2])
    for words in ("0", "1"):
        talk.say(words)
    assert press(client, "/start/check").location == "/family/"
    with store.read() as session:
        assert session.scalars(select(Child.nickname)).all() == ["Theo"]


IEP = """Language and Speech, 30 min x 2 Totaling: 60 min served Weekly
Occupational therapy, 30 min every other week
Horse riding 30 min weekly
The coach helps him to find his words, and she is with him in the class every morning of every week.
"""


def a_pdf(text: str) -> bytes:
    """A page with these words, as somebody's word processor would make one."""
    return bytes(typst.compile(text.encode(), format="pdf"))


@pytest.mark.parametrize("way", ["text", "pdf"])
def test_lines_of_the_iep_are_taken_one_by_one(client: FlaskClient, store: Store, way: str) -> None:
    walk(client, CHILD)
    assert 'href="/start/paste"' in read(client, "/start/kinds")
    sent = {"text": IEP} if way == "text" else {"pdf": (BytesIO(a_pdf(IEP.replace("\n", "\n\n"))), "iep.pdf")}
    assert press(client, "/start/paste", **sent).location == "/start/found/0"
    page = read(client, "/start/found/0")
    assert "Line 1 of 3" in page
    assert "Totaling: 60 min served Weekly" in page
    assert "2 times a week, 30 minutes" in page
    with store.read() as session:
        assert (
            json.loads(session.scalars(select(SetUp.draft)).one())["services"] == []
        )  # nothing without a yes
    assert press(client, "/start/found/0", do="keep").location == "/start/found/1"
    assert press(client, "/start/found/0", do="keep").location == "/start/found/1"  # twice is once
    assert "How often, we could not read." in read(client, "/start/found/1")
    assert press(client, "/start/found/1", do="change").location == "/start/1/kind"
    assert press(client, "/start/1/kind", kind="ot").location == "/start/1/often"
    assert "every other week" in read(client, "/start/1/often")
    # The days of speech are asked before the lines go on; those that are not known are skipped.
    assert press(client, "/start/1/often", unknown="1").location == "/start/0/days"
    assert press(client, "/start/0/days", unknown="1").location == "/start/found/2"
    assert press(client, "/start/found/2", do="leave").location == "/start/unread"
    assert "helps him to find his words" in read(client, "/start/unread")
    assert press(client, "/start/unread").location == "/start/more"
    assert client.get("/start/unread").location == "/start/more"
    with store.read() as session:
        assert "find his words" not in session.scalars(select(SetUp.draft)).one()
    assert walk(client, ENOUGH + REST) == "/start/check"
    press(client, "/start/check")
    with store.read() as session:
        lines = session.scalars(select(ServiceLine).order_by(ServiceLine.id)).all()
        assert [(line.name, line.alias, line.minutes) for line in lines] == [
            ("Language and Speech", "speech", 30),
            ("Occupational therapy", "OT", 0),
        ]
        assert lines[0].wording == "Language and Speech, 30 min x 2 Totaling: 60 min served Weekly"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Paste some text"),
        ({"text": "Dear parents, we meet at 3 pm."}, "We found no line"),
        ({"pdf": b"%PDF-1.7 nothing"}, "could not read this file"),
        ({"pdf": b"\0" * 5000}, "could not read this file"),
        ({"pdf": pdf_with(b"(a) Tj " * 2_000_000)}, "took too long to read"),
    ],
)
def test_what_cannot_be_read_is_said(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, sent: dict[str, Any], sentence: str
) -> None:
    monkeypatch.setattr(pdf_text, "SECONDS", 1)
    walk(client, CHILD)
    fields: dict[str, Any] = {
        key: (BytesIO(one), "x.pdf") if isinstance(one, bytes) else one for key, one in sent.items()
    }
    answer = press(client, "/start/paste", **fields)
    assert answer.status_code == 400
    assert sentence in answer.get_data(as_text=True)
