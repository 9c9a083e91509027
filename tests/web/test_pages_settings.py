"""The settings: each page shows, saves and refuses; another family's are not there."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.inbound import Arrival, receive, take
from assistant.evidence.collect import evidence_of
from assistant.evidence.collected import Wanted
from assistant.evidence.paper.shape import shape
from assistant.evidence.stored import check_stored
from assistant.guide.loader import load_guide
from assistant.schedule.jsonable import frequency_from_json
from assistant.schedule.types import CountPerPeriod
from assistant.store import (
    AddressChange,
    AuditEvent,
    Calendar,
    Caregiver,
    Child,
    Consent,
    Enrolment,
    Expectation,
    IepVersion,
    InboundText,
    LogEntry,
    OutgoingMessage,
    ServiceLine,
    SignIn,
    Store,
)
from assistant.web.enter import safe_next
from messages.one_time import revealed
from tests.support.family import PHONE, SPEECH, TUESDAY_OT, caregiver, family, registered
from tests.web.pages_support import SANDBOX, SECRET, client_of, press, signed_in

OTHER = "+14155550109"
HOME = "/family/1/settings"
PAGES = (
    *("", "/services", "/services/add", "/services/1", "/services/1/end", "/school", "/school/move"),
    *("/services/1/how", "/services/1/agreed"),
    *("/times", "/pause", "/you", "/weekly", "/totals", "/phone", "/phone/code", "/email", "/devices"),
    *("/household", "/everything"),
)


@pytest.fixture
def two(store: Store, clock: VirtualClock) -> Store:
    """Ana with Leo, and another family, with Mia, beside them."""
    with store.write() as session:
        registered(session, family(services=(SPEECH, TUESDAY_OT)), clock.now())
        other = caregiver(phone=OTHER, email=None, mails=False)
        registered(session, family(other, services=(SPEECH,), nickname="Mia"), clock.now())
    clock.move_to(clock.now().replace(hour=20))  # one in the afternoon: texts may leave
    return store


@pytest.fixture
def ana(two: Store, clock: VirtualClock) -> FlaskClient:
    return signed_in(two, clock, PHONE)


def person(store: Store, number: int = 1) -> Caregiver:
    with store.read() as session:
        return session.get_one(Caregiver, number)


def kinds(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(AuditEvent.kind).where(AuditEvent.actor == "caregiver 1")))


def a_line(**changes: Any) -> dict[str, Any]:
    return {"services-0-alias": "speech", "services-0-form": "same", "starts": "2026-09-10", **changes}


def test_every_page_is_there_in_both_languages_and_none_for_anybody_else(
    ana: FlaskClient, two: Store, clock: VirtualClock
) -> None:
    for page in PAGES:
        for language in ("en", "es"):
            answer = ana.get(f"{HOME}{page}?lang={language}")
            assert answer.status_code == 200, page
            assert answer.get_data(as_text=True).count("<h1>") == 1
        assert ana.get(f"/family/2/settings{page}").status_code == 404
        nobody = client_of(two, clock).get(f"{HOME}{page}")
        assert nobody.status_code == 404
        assert f"/family/enter?next={HOME}{page}" in nobody.get_data(as_text=True)
    assert ana.get(f"{HOME}/services/3").status_code == 404  # Mia's speech, under Leo's number
    for page in (
        "/times",
        "/pause",
        "/phone",
        "/services/3",
        "/school/day",
        "/household/invite",
        "/everything",
    ):
        assert press(ana, f"{HOME}/you", f"/family/2/settings{page}").status_code == 404


def test_what_is_chosen_is_kept(ana: FlaskClient, two: Store) -> None:
    press(ana, f"{HOME}/times", opens="16:00", closes="19:00", zone="America/Denver", gather="evening")
    press(ana, f"{HOME}/pause", other="2026-09-20")
    press(ana, f"{HOME}/you", name="Ana R", language="es")
    press(ana, f"{HOME}/weekly", wanted="no")
    press(ana, f"{HOME}/totals", wanted="no")
    ana_now = person(two)
    assert (ana_now.gather, ana_now.zone, ana_now.name, ana_now.language) == (
        "evening", "America/Denver", "Ana R", "es",
    )  # fmt: skip
    assert (str(ana_now.quiet_end), str(ana_now.quiet_start)) == ("16:00:00", "19:00:00")
    assert ana_now.paused_until is not None
    assert ana_now.summary_at is None
    with two.read() as session:
        assert session.scalars(select(Child.in_totals).order_by(Child.id)).all() == [False, True]
    page = ana.get(HOME).get_data(as_text=True)
    assert "Sin preguntas hasta el domingo 20 de septiembre" in page
    assert {"times_set", "paused", "name_set", "language_set", "weekly_set", "in_totals_set"} <= kinds(two)
    press(ana, f"{HOME}/pause", go_on="1")
    press(ana, f"{HOME}/weekly", wanted="yes")
    assert person(two).paused_until is None
    assert person(two).summary_at is not None


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("times", {"opens": "16:00", "closes": "17:00", "zone": "UTC", "gather": "each"}),
        ("times", {"opens": "x", "closes": "17:00", "zone": "UTC", "gather": "each"}),
        ("times", {"opens": "10:00", "closes": "17:00", "zone": "Mars/Base\x00", "gather": "each"}),
        ("times", {"opens": "10:00", "closes": "17:00", "zone": "America/Denver", "gather": "never"}),
        ("pause", {"other": "2020-01-01"}),
        ("pause", {"other": "nonsense"}),
        ("you", {"name": "", "language": "es"}),
        (
            "services/add",
            {"services-0-alias": "speech", "services-0-form": "as_needed", "starts": "2026-09-10"},
        ),
        ("services/1", a_line(starts="2026-01-01")),
        ("services/1", a_line(starts="")),
        ("services/1/end", {"last": "2026-01-01"}),
        ("phone", {"address": "12"}),
        ("phone", {"address": PHONE}),
        ("email", {"address": "no address"}),
        ("school/move", {"school": "x", "calendar": "99999"}),
    ],
)
def test_what_cannot_be_is_said_and_kept_in_the_form(
    ana: FlaskClient, page: str, fields: dict[str, str]
) -> None:
    answer = press(ana, f"{HOME}/{page}", **fields)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_a_service_is_looked_at_before_it_changes_and_the_past_stays(ana: FlaskClient, two: Store) -> None:
    """From "twice a week, days unknown" on: first shown, then made; the old line ends the day before."""
    count = {"services-0-form": "count", "services-0-count": "2", "services-0-per": "week"}
    wish = a_line(**count, starts="2026-09-14", **{"services-0-minutes": "30"})
    shown = press(ana, f"{HOME}/services/1", **wish).get_data(as_text=True)
    assert "From Monday, September 14 we ask about speech" in shown
    assert 'name="services-0-count" value="2"' in shown
    with two.read() as session:
        assert len(session.scalars(select(ServiceLine).where(ServiceLine.child_id == 1)).all()) == 2
    assert press(ana, f"{HOME}/services/1", **wish, sure="1").status_code == 303
    with two.read() as session:
        old = session.get_one(ServiceLine, 1)
        new = session.scalars(select(ServiceLine).order_by(ServiceLine.id.desc())).first()
        assert new is not None
        assert (old.ends, new.starts, new.name) == (date(2026, 9, 13), date(2026, 9, 14), old.name)
        assert isinstance(frequency_from_json(new.frequency), CountPerPeriod)
    assert "line_changed" in kinds(two)


def test_putting_right_a_new_iep_one_more_and_an_end(
    ana: FlaskClient, two: Store, clock: VirtualClock
) -> None:
    today = clock.now().date().isoformat()
    press(ana, f"{HOME}/services/1", **a_line(starts=today, **{"services-0-alias": "talking"}), sure="1")
    press(
        ana, f"{HOME}/services/add", sure="1", starts=today,
        **{"services-0-alias": "aide", "services-0-form": "exception"},
    )  # fmt: skip
    shown = press(ana, f"{HOME}/services/2/end", last="2026-10-30").get_data(as_text=True)
    assert "The last day of OT is Friday, October 30, 2026." in shown
    with two.read() as session:
        assert session.get_one(ServiceLine, 2).ends == date(2027, 6, 3)  # looked at, not ended
    press(ana, f"{HOME}/services/2/end", last="2026-10-30", sure="1")
    with two.read() as session:
        rows = session.scalars(select(ServiceLine).where(ServiceLine.child_id == 1).order_by(ServiceLine.id))
        assert [(row.alias, row.ends) for row in rows] == [
            ("talking", date(2027, 6, 3)), ("OT", date(2026, 10, 30)), ("aide", date(2027, 6, 3)),
        ]  # fmt: skip
    minutes = {"services-0-alias": "talking", "services-0-minutes": "45"}
    press(ana, f"{HOME}/services/1", **a_line(starts="2026-10-05", why="iep", **minutes), sure="1")
    with two.read() as session:
        versions = session.scalars(
            select(IepVersion).where(IepVersion.child_id == 1).order_by(IepVersion.id)
        ).all()
        assert (versions[0].ends, versions[1].starts) == (date(2026, 10, 4), date(2026, 10, 5))
        newest = select(ServiceLine).where(ServiceLine.iep_version_id == versions[1].id)
        lines = {row.alias: (row.minutes, row.ends) for row in session.scalars(newest)}
    assert lines["talking"] == (45, date(2027, 6, 3))
    assert lines["OT"] == (30, date(2026, 10, 30))
    assert set(lines) == {"talking", "OT", "aide"}


def test_name_delivery_and_provider_are_another_from_today_and_the_record_has_both(
    ana: FlaskClient, two: Store, clock: VirtualClock
) -> None:
    """What was said until now is an entry of the record; texts have neither name nor person."""
    told = {
        "name": "Speech and language",
        "delivery": "teletherapy",
        "mode": "group",
        "provider": "Ms. Lee",
    }
    shown = press(ana, f"{HOME}/services/1/how", **told).get_data(as_text=True)
    assert "How it is given: By video (until now: Right to my child)" in shown
    with two.read() as session:
        assert session.get_one(ServiceLine, 1).delivery == "direct"  # looked at, not changed
        assert not session.scalars(select(LogEntry)).all()
    assert press(ana, f"{HOME}/services/1/how", **told, sure="1").status_code == 303
    with two.read() as session:
        row = session.get_one(ServiceLine, 1)
        assert (row.name, row.delivery, row.mode, row.provider) == tuple(told.values())
        [entry] = session.scalars(select(LogEntry)).all()
        assert entry.kind == "plan"
        assert entry.content["service"] == entry.content["plan"]["name_before"] == SPEECH.name
        assert (entry.content["plan"]["delivery_before"], entry.content["plan"]["provider"]) == (
            "direct",
            "Ms. Lee",
        )
        assert check_stored(session, 1).intact
        texts = session.scalars(select(OutgoingMessage.body).where(OutgoingMessage.kind == "plan_changed"))
        assert not [text for text in texts if "Lee" in text or "therapy" in text]
        evidence = evidence_of(session, 1, Wanted(), clock.now(), load_guide("us-ca"))
    [cells] = shape(evidence)["notes"]["plan"]
    assert cells[3:] == [
        [f"Name in the IEP: {SPEECH.name}", "How it is given: right to the child",
         "Alone or in a group: alone", "Who gives it: -"],
        ["Name in the IEP: Speech and language", "How it is given: by video",
         "Alone or in a group: in a group", "Who gives it: Ms. Lee"],
    ]  # fmt: skip
    assert "line_terms" in kinds(two)
    again = press(ana, f"{HOME}/services/1/how", **told, sure="1")
    assert again.status_code == 303
    assert press(ana, f"{HOME}/services/1/how", **{**told, "delivery": "by pigeon"}).status_code == 400


def test_consent_taken_back_stops_the_questions_and_given_again_keeps_the_beginning(
    ana: FlaskClient, two: Store, clock: VirtualClock
) -> None:
    def planned() -> list[date]:
        wanted = select(Expectation.day).where(
            Expectation.service_line_id == 1, Expectation.state == "planned", Expectation.due_at > clock.now()
        )
        with two.read() as session:
            return list(session.scalars(wanted.order_by(Expectation.day)))

    before = planned()
    with two.write() as session:
        one = session.scalars(select(Expectation).where(Expectation.service_line_id == 1)).first()
        assert one is not None
        one.state = "answered"
        starts = session.get_one(ServiceLine, 1).starts
    shown = press(ana, f"{HOME}/services/1/agreed", agreed="no").get_data(as_text=True)
    assert "Not asked about any more" in shown
    assert len(planned()) >= len(before) - 1  # looked at only
    press(ana, f"{HOME}/services/1/agreed", agreed="no", sure="1")
    assert planned() == []
    clock.move_to(clock.now() + timedelta(days=7))
    shown = press(ana, f"{HOME}/services/1/agreed", agreed="yes").get_data(as_text=True)
    assert "We ask about these days first" in shown
    press(ana, f"{HOME}/services/1/agreed", agreed="yes", sure="1")
    assert planned()
    assert min(planned()) >= clock.now().date()
    with two.read() as session:
        assert session.get_one(ServiceLine, 1).starts == starts
        said = session.scalars(select(LogEntry.content).where(LogEntry.kind == "plan")).all()
    assert [one["plan"]["agreed"] for one in said] == [False, True]


def the_code(store: Store, to: str) -> str:
    with store.read() as session:
        row = session.scalars(
            select(OutgoingMessage).where(
                OutgoingMessage.to_address == to, OutgoingMessage.kind == "new_address"
            )
        ).one()
        return str(re.findall(r"\b\d{6}\b", revealed(row.body, SECRET))[0])


def test_a_new_number_is_confirmed_before_anything_goes_there(
    ana: FlaskClient, two: Store, clock: VirtualClock
) -> None:
    new, elsewhere = "+14155550133", signed_in(two, clock, PHONE)
    assert press(ana, f"{HOME}/phone", address="(415) 555-0133").status_code == 303
    assert person(two).phone == PHONE
    code = the_code(two, new)
    wrong = "111111" if code != "111111" else "222222"
    assert press(ana, f"{HOME}/phone/code", code=wrong).status_code == 400
    assert press(ana, f"{HOME}/phone/code", code=code).status_code == 303
    assert person(two).phone == new
    assert ana.get(HOME).status_code == 200
    assert elsewhere.get(HOME).status_code == 404  # signed out everywhere else
    with two.read() as session:
        told = session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "address_moved")).one()
        assert told.to_address == PHONE
        acts = session.execute(
            select(Consent.act, Consent.address).where(Consent.caregiver_id == 1, Consent.channel == "sms")
        ).all()
        assert [tuple(act) for act in acts][-2:] == [("withdrawn", PHONE), ("given", new)]
        assert session.scalars(select(AddressChange)).all() == []


def test_a_new_number_is_confirmed_by_join_and_the_number_on_the_page(
    ana: FlaskClient, two: Store, clock: VirtualClock
) -> None:
    """JOIN alone, from whoever got our text by a slip of the pen, moves nobody and enrols nobody."""
    new = "+14155550133"

    def text(body: str) -> list[str]:
        arrival = Arrival(f"SM{body}", "sms", new, "", body, clock.now())
        with two.write() as session:
            inbound = receive(session, arrival)
        assert inbound is not None
        with two.write() as session:
            take(session, inbound, clock.now(), SANDBOX)
        with two.read() as session:
            sent = select(OutgoingMessage.body).where(OutgoingMessage.to_address == new)
            return list(session.scalars(sent.order_by(OutgoingMessage.id)))[1:]

    press(ana, f"{HOME}/phone", address="(415) 555-0133")
    page = ana.get(f"{HOME}/phone/code").get_data(as_text=True)
    [number] = re.findall(r"JOIN (\d{4})", page)
    wrong = f"{(int(number) + 1) % 10_000:04d}"
    assert text("Join") == text(f"JOIN {wrong}") != []
    assert person(two).phone == PHONE
    with two.read() as session:
        assert session.scalars(select(Enrolment)).all() == []
    clock.move_to(clock.now() + timedelta(minutes=20))
    assert "We text you on this phone from now on" in text(f"JOIN {number}.")[-1]
    assert person(two).phone == new
    assert ana.get(HOME).status_code == 404  # whoever asked signs in anew, by the new phone
    with two.read() as session:
        told = session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "address_moved")).one()
        assert told.to_address == PHONE
        assert session.scalars(select(AddressChange)).all() == []


def test_stop_from_the_new_phone_ends_the_change(ana: FlaskClient, two: Store, clock: VirtualClock) -> None:
    press(ana, f"{HOME}/phone", address="(415) 555-0133")
    code = the_code(two, "+14155550133")
    arrival = Arrival("SM1", "sms", "+14155550133", "", "Stop", clock.now())
    with two.write() as session:
        inbound = receive(session, arrival)
    assert inbound is not None
    with two.write() as session:
        take(session, inbound, clock.now(), SANDBOX)
        assert session.scalars(select(AddressChange)).all() == []
    assert press(ana, f"{HOME}/phone", f"{HOME}/phone/code", code=code).status_code == 400
    assert person(two).phone == PHONE


def test_a_number_of_another_family_looks_like_any_other_and_gets_nothing(
    ana: FlaskClient, two: Store
) -> None:
    known = press(ana, f"{HOME}/phone", address=OTHER)
    page = ana.get(f"{HOME}/phone/code").get_data(as_text=True)
    fresh = press(ana, f"{HOME}/phone", address="+14155550133")
    assert (known.status_code, known.location) == (fresh.status_code, fresh.location)
    other = ana.get(f"{HOME}/phone/code").get_data(as_text=True)
    tokens = re.compile(r'value="[^"]+"|JOIN \d{4}')
    mine = tokens.sub("", page).replace("(415) 555-0109", "N")
    assert mine == tokens.sub("", other).replace("(415) 555-0133", "N")
    with two.read() as session:
        assert session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "new_address")).one()
        assert session.scalars(select(Consent).where(Consent.caregiver_id == 2)).all()


def test_a_new_address_by_its_link_and_five_wrong_codes(
    ana: FlaskClient, two: Store, clock: VirtualClock
) -> None:
    assert press(ana, f"{HOME}/email", address="New@Example.org").status_code == 303
    with two.read() as session:
        mail = session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "new_address")).one()
        path = "/family/new/enter/" + revealed(mail.body, SECRET).split("/family/new/enter/")[1].split()[0]
    stranger = client_of(two, clock)
    assert f"next={path}" in stranger.get(path).location.replace("%2F", "/")
    assert press(signed_in(two, clock, OTHER), path).status_code == 410
    assert press(ana, path).status_code == 303
    assert person(two).email == "new@example.org"
    assert press(ana, f"{HOME}/phone", address="+14155550133").status_code == 303
    code = the_code(two, "+14155550133")
    for _ in range(5):
        press(ana, f"{HOME}/phone/code", code="12345x")
    assert "There is no code waiting" in ana.get(f"{HOME}/phone/code").get_data(as_text=True)
    assert press(ana, f"{HOME}/you", f"{HOME}/phone/code", code=code).status_code == 400
    assert person(two).phone == PHONE


def test_what_needs_a_fresh_sign_in_says_so_and_leads_back(
    ana: FlaskClient, two: Store, clock: VirtualClock
) -> None:
    clock.move_to(clock.now() + timedelta(hours=2))
    for page in ("phone", "email", "everything"):
        seen = ana.get(f"{HOME}/{page}").get_data(as_text=True)
        assert f"/family/enter?next={HOME}/{page}" in seen
        assert press(ana, f"{HOME}/you", f"{HOME}/{page}", address="+14155550133").status_code == 403
    asking = client_of(two, clock)
    press(asking, f"/family/enter?next={HOME}/phone", "/family/enter", address=PHONE, next=f"{HOME}/phone")
    with two.read() as session:
        text = session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "link")).one()
    answer = press(asking, "/family/code", code=re.findall(r"\b\d{6}\b", revealed(text.body, SECRET))[0])
    assert answer.location == f"{HOME}/phone"


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/family//evil", "/family/\\evil", "/admin/inbox", "", None,
     "/family/../admin", "/family/enter/x", "/family/a\nb", "/family/" + "x" * 300],
)  # fmt: skip
def test_only_a_familys_own_page_is_come_back_to(path: str | None) -> None:
    assert safe_next(path) is None
    assert safe_next("/family/1/settings?x=1") == "/family/1/settings?x=1"


def test_everything_is_one_file(ana: FlaskClient, two: Store) -> None:
    press(ana, f"{HOME}/phone", address="+14155550133")  # the house does what is due
    answer = press(ana, f"{HOME}/everything")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as whole:
        assert set(whole.namelist()) == {
            "messages.csv",
            *(f"child-1/log.{kind}" for kind in ("pdf", "csv", "json")),
        }
        assert b"Mia" not in b"".join(whole.read(name) for name in whole.namelist())
        assert "to you,sms,welcome" in whole.read("messages.csv").decode()
    assert {"exported", "exported_all"} <= kinds(two)


def test_signing_out_everywhere(ana: FlaskClient, two: Store, clock: VirtualClock) -> None:
    elsewhere = signed_in(two, clock, PHONE)
    assert ana.get(f"{HOME}/devices").get_data(as_text=True).count("Last used") == 2
    press(ana, f"{HOME}/devices", which="others")
    assert (ana.get(HOME).status_code, elsewhere.get(HOME).status_code) == (200, 404)
    press(ana, f"{HOME}/devices", which="all")
    assert ana.get(HOME).status_code == 404
    with two.read() as session:
        assert (
            session.scalars(select(SignIn).where(SignIn.caregiver_id == 1, SignIn.ended_at.is_(None))).all()
            == []
        )


def test_a_day_off_is_a_persons_to_look_at_while_others_share_the_calendar(
    ana: FlaskClient, two: Store
) -> None:
    press(ana, f"{HOME}/school", f"{HOME}/school/day", day="2026-10-12", why="smoke")
    with two.write() as session:
        note = session.scalars(select(InboundText)).one()
        assert (note.needs_staff, note.flag, note.body) == (True, "day_off", "Leo: 2026-10-12 smoke")
        calendar = session.get_one(Calendar, 1)
        own = Calendar(
            name="", zone=calendar.zone, definition=calendar.definition, created_at=calendar.created_at
        )
        session.add(own)
        session.flush()
        session.get_one(Child, 1).calendar_id = own.id
        before = own.definition
    press(ana, f"{HOME}/school", f"{HOME}/school/day", day="2026-10-12", why="smoke")
    with two.read() as session:
        assert session.get_one(Calendar, own.id).definition != before
        assert session.get_one(Calendar, 1).definition == before
    assert press(ana, f"{HOME}/school", f"{HOME}/school/day", day="2026-10-12").status_code == 400
    press(ana, f"{HOME}/school/move", school="Birch", calendar="1")
    with two.read() as session:
        assert (session.get_one(Child, 1).school, session.get_one(Child, 1).calendar_id) == ("Birch", 1)


def test_invitations_are_few(ana: FlaskClient, two: Store) -> None:
    codes = [
        press(
            ana,
            f"{HOME}/household",
            f"{HOME}/household/invite",
            name=f"Oma {n}",
            phone=f"415555015{n}",
            language="es",
        ).status_code
        for n in range(4)
    ]
    assert codes == [303, 303, 303, 400]
    page = ana.get(f"{HOME}/household").get_data(as_text=True)
    assert "asked to join" in page
    assert "0151" not in page
    press(ana, f"{HOME}/household", whom="turns")
    with two.read() as session:
        assert session.get_one(Child, 1).whom == "turns"
