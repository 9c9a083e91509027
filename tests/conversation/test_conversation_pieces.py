"""Texts in pieces, packed, cut short, and pictures: what is read, asked for, kept and shown."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.inbound import Arrival, receive
from assistant.replies.carried import joined, looks_cut, unpacked
from assistant.serve import Program
from assistant.store import Caregiver, InboundText, LogEntry, Media, OutgoingMessage
from jobs.tick import run_pass
from messages.pictures import LARGEST, kind_of
from tests.conversation.conftest import PUBLIC, go_on
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import PHONE, SPEECH, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import client_of, signed_in

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 500
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 500


@pytest.fixture
def talk(store: object, clock: VirtualClock) -> Talk:
    made = Talk(store, clock)  # type: ignore[arg-type]  # the fixture's store
    with made.store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    made.until_asked()
    return made


def arrive(talk: Talk, number: int, body: str, after: int = 0, **more: object) -> None:
    talk.clock.move_to(talk.clock.now() + timedelta(seconds=after))
    arrival = Arrival(f"MM{number:032x}", "sms", PHONE, "", body, talk.clock.now(), **more)  # type: ignore[arg-type]
    with talk.store.write() as session:
        assert receive(session, arrival) is not None


def later(talk: Talk, seconds: int) -> list[str]:
    from tests.support.family import SETTINGS
    from tests.support.talk import CHANNELS

    talk.clock.move_to(talk.clock.now() + timedelta(seconds=seconds))
    run_pass(talk.store, talk.clock, SETTINGS, CHANNELS)
    return talk.texts()


FIRST = ("no it did not happen because the therapist went to some training at the district office and then "
         "the other lady who comes in when she is away was also gone")  # fmt: skip


def full(text: str) -> str:
    return (text + " so that is what they told us when we came by to pick him up from the class")[:153]


def test_two_parts_are_read_as_one_whichever_comes_first(talk: Talk) -> None:
    first = full(FIRST)
    arrive(talk, 1, first)
    assert later(talk, 5) == [], "more of it may come"
    arrive(talk, 2, " and the aide too", after=10)
    said = later(talk, 20)
    assert [one.outcome for one in talk.log()] == ["missed"]
    assert len(said) == 1
    with talk.store.read() as session:
        whole, part = session.scalars(select(InboundText).order_by(InboundText.id)).all()
        assert (whole.body, whole.raw) == (f"{first} and the aide too", first)
        assert (part.part_of, part.body) == (whole.id, " and the aide too")


def test_a_bare_answer_after_a_full_text_is_an_answer_of_its_own(talk: Talk) -> None:
    arrive(talk, 1, full("hello there we are at the park with everybody and it is so nice out here today"))
    arrive(talk, 2, "1", after=10)
    later(talk, 30)
    assert [one.outcome for one in talk.log()] == ["held"]
    with talk.store.read() as session:
        assert session.scalars(select(InboundText.part_of)).all() == [None, None]


def test_a_lone_full_text_is_read_after_half_a_minute(talk: Talk) -> None:
    arrive(talk, 1, full(FIRST))
    assert (later(talk, 29), talk.log()) == ([], [])
    later(talk, 2)
    assert [one.outcome for one in talk.log()] == ["missed"]


def test_a_reason_after_a_logged_no_is_not_joined_and_not_logged_twice(talk: Talk) -> None:
    talk.say("2")
    talk.say("because the therapist was out", minutes=1)
    with talk.store.read() as session:
        assert session.scalars(select(InboundText.part_of)).all() == [None, None]
        causes = session.scalars(select(LogEntry.cause).order_by(LogEntry.id)).all()
    assert causes[-1] == "provider_absent"


def test_packed_texts_are_unpacked_and_kept_as_they_came(talk: Talk) -> None:
    words = "No, la terapeuta no vino hoy, dijeron que estaba enferma"
    packed = base64.b64encode(words.encode()).decode()
    arrive(talk, 1, packed)
    later(talk, 1)
    assert [(one.outcome, one.words) for one in talk.log()] == [("missed", words)]
    with talk.store.read() as session:
        assert session.scalars(select(InboundText.raw)).one() == packed


@pytest.mark.parametrize(
    "text",
    ["yes", "a" * 60, "x" * 64, "no" * 40, "Thursday" * 10, base64.b64encode(bytes(60)).decode(), "1" * 80],
)
def test_what_is_not_packed_stays(text: str) -> None:
    assert unpacked(text) is None


def test_where_a_text_looks_cut() -> None:
    assert looks_cut("a" * 153)
    assert looks_cut("a" * 160)
    assert looks_cut("¡" * 70)
    assert looks_cut("(1/2) it was")
    assert looks_cut("and then...")
    assert not looks_cut("(2/2) fine")
    assert not looks_cut("we got 1/2 of it")
    assert not looks_cut("a" * 159)
    assert joined(["(1/2) it did", "(2/2) not happen"]) == "it did not happen"
    assert joined(["a" * 153, "b"]) == "a" * 153 + "b"


def test_a_lost_part_is_asked_for_and_nothing_is_logged(talk: Talk) -> None:
    arrive(talk, 1, "no the therapist", error_code="30009")
    said = later(talk, 1)
    assert talk.log() == []
    assert len(said) == 1
    assert "again" in said[0]


def test_a_picture_alone_is_answered_once_a_question(talk: Talk) -> None:
    said = []
    for number in (1, 2, 3):
        arrive(talk, number, "", after=5, media=1)
        said += later(talk, 1)
    assert len(said) == 1
    assert "picture" in said[0]
    assert talk.log() == []
    assert talk.say("1")
    assert [one.outcome for one in talk.log()] == ["held"]


# Over the wire: fetched from the API, kept here, deleted there, shown to whom it belongs.


def begin(program: Program, clock: VirtualClock) -> None:
    with program.store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now(), program.settings)
    while True:
        go_on(program, clock)
        with program.store.read() as session:
            if session.scalars(select(OutgoingMessage.id).where(OutgoingMessage.kind == "question")).first():
                return


def pieces(program: Program) -> list[tuple[str, str, str]]:
    with program.store.read() as session:
        rows = session.scalars(select(Media).order_by(Media.id))
        return [(one.state, one.content_type, one.why) for one in rows]


def pass_after(program: Program, clock: VirtualClock, after: timedelta = timedelta(0)) -> None:
    clock.move_to(clock.now() + after)
    run_pass(program.store, clock, program.settings, program.channels)


@pytest.mark.parametrize("lost", [False, True])
def test_pictures_are_kept_here_and_deleted_there(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, lost: bool
) -> None:
    begin(program, clock)
    sent = [("image/png", PNG), ("image/jpeg", JPEG), ("image/svg+xml", b"<svg onload=alert(1)>"),
            ("image/png", b"<html>not a picture</html>"), ("image/jpeg", JPEG + bytes(LARGEST))]  # fmt: skip
    fake.text(
        f"{site}/twilio/sms", PHONE, "2", pictures=sent, deliver=not lost, signed_as=f"{PUBLIC}/twilio/sms"
    )
    pass_after(program, clock, timedelta(minutes=15))
    pass_after(program, clock)
    assert sorted(pieces(program)) == sorted(
        [("kept", "image/png", ""), ("kept", "image/jpeg", ""), ("refused", "", "type"),
         ("refused", "", "type"), ("refused", "", "size")]
    )  # fmt: skip
    assert len(fake.pictures.data) == 3, "what is kept is deleted at the provider"
    with program.store.read() as session:
        assert session.scalars(select(LogEntry.outcome)).all() == ["missed"]
        assert session.scalars(select(Media.data).where(Media.content_type == "image/png")).all() == [PNG]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:9/x",
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example.org/x",
        "https://evilamazonaws.com/x",
        "http://media.twiliocdn.com/x",
        "https://media.twiliocdn.com:8443/x",
        "file:///etc/passwd",
        "https://api.twilio.com@127.0.0.1/x",
    ],
)
def test_no_other_host_is_ever_asked(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, target: str
) -> None:
    begin(program, clock)
    fake.pictures.goes_to = target
    fake.text(
        f"{site}/twilio/sms", PHONE, "2", pictures=[("image/png", PNG)], signed_as=f"{PUBLIC}/twilio/sms"
    )
    pass_after(program, clock)
    assert pieces(program) == [("refused", "", "host")]


def test_the_address_in_the_form_is_not_the_one_asked(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    begin(program, clock)
    more = [("MediaUrl0", "http://127.0.0.1:9/ME" + "a" * 32), ("MediaContentType0", "image/png")]
    fake.text(f"{site}/twilio/sms", PHONE, "2", more=[*more], signed_as=f"{PUBLIC}/twilio/sms")
    pass_after(program, clock)
    assert pieces(program) == [], "the form said there was none"


def test_a_failing_provider_is_tried_again_and_then_told(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    begin(program, clock)
    fake.text(
        f"{site}/twilio/sms", PHONE, "2", pictures=[("image/png", PNG)], signed_as=f"{PUBLIC}/twilio/sms"
    )
    fake.next_list("500-before", "reset-before")
    pass_after(program, clock)
    assert pieces(program) == [("waiting", "", "")]
    for minutes in (2, 8, 40):
        pass_after(program, clock, timedelta(minutes=minutes))
    assert pieces(program) == [("kept", "image/png", "")]


def test_a_picture_is_its_senders_and_staffs_alone(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    begin(program, clock)
    with program.store.write() as session:
        other = caregiver(phone="+14155550199", email="other@example.org")
        registered(session, family(other, services=(SPEECH,), nickname="Mia"), clock.now(), program.settings)
    fake.text(
        f"{site}/twilio/sms", PHONE, "", pictures=[("text/html", PNG)], signed_as=f"{PUBLIC}/twilio/sms"
    )
    pass_after(program, clock)
    with program.store.read() as session:
        number = session.scalars(select(Media.id)).one()
        assert session.scalars(select(Caregiver.id)).all()
    path = f"/family/picture/{number}"
    hers, theirs = signed_in(program.store, clock, PHONE), signed_in(program.store, clock, "+14155550199")
    shown = hers.get(path)
    assert (shown.status_code, shown.data, shown.mimetype) == (200, PNG, "image/png")
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "picture/" in hers.get("/family/texts").get_data(as_text=True)
    assert theirs.get(path).status_code == 404
    stranger: FlaskClient = client_of(program.store, clock)
    assert stranger.get(path).status_code == 303
    assert stranger.get(f"/admin/picture/{number}").status_code == 401


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"%PDF-1.7", "application/pdf"),
        (b"GIF89a..", "image/gif"),
        (b"MZ\x90\x00", None),
        (b"<?xml", None),
        (b"", None),
    ],
)
def test_kinds_are_known_by_their_bytes(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind
