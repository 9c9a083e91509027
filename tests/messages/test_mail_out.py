"""A row of the outbox as the bytes that leave: thread, way out, where answers and bounces go, files."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.store import Caregiver, OutgoingMessage, Store
from messages.channels.mime import build, to_wire
from messages.links import read_unsubscribe_token
from messages.mail_out import MOST_BYTES, email_of
from messages.mail_tags import Tag, read_tags, tagged
from messages.outbox import File, enqueue_mail
from messages.templates import Rendered, sync

SETTINGS = Settings.model_validate(
    {
        "server": {"secret_key": "k" * 40, "public_url": "https://iep.example.org"},
        "email": {"channel": "smtp", "from": "Every Session <hello@iep.example.org>"},
        "mailbox": {
            "host": "127.0.0.1",
            "address": "answers@iep.example.org",
            "username": "u",
            "password": "p",
        },
    }
)
FILES = (File("carta.docx", "application/octet-stream", b"x" * 100),)


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> Caregiver:
    with store.write() as session:
        sync(session, clock.now())
        person = Caregiver(
            name="Ana", email="ana@example.org", language="en", zone="America/Los_Angeles", mails="in"
        )
        person.created_at = clock.now()
        session.add(person)
        session.flush()
        return person


def queue(
    store: Store, clock: VirtualClock, person: Caregiver, key: str, subject: str, **more: object
) -> OutgoingMessage:
    with store.write() as session:
        rendered = Rendered("guide.document", 0, "Hello", subject)
        caregiver = session.get_one(Caregiver, person.id)
        more = {"thread": "case12", "files": FILES} | more
        message = enqueue_mail(session, caregiver, "step", rendered, key, clock.now(), **more)  # type: ignore[arg-type]
        assert message is not None
        return message


def sent(store: Store, clock: VirtualClock, number: int, settings: Settings = SETTINGS) -> EmailMessage:
    with store.read() as session:
        email = email_of(session, session.get_one(OutgoingMessage, number), settings)
    message = message_from_bytes(to_wire(build(email, clock.now())), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_one_thread_a_case_under_one_subject(store: Store, clock: VirtualClock, ana: Caregiver) -> None:
    name = "Leo: your next steps for speech"
    first = queue(store, clock, ana, "step:1", "Leo: ask for the log", thread_subject=name)
    clock.move_to(clock.now() + timedelta(days=20))
    second = queue(
        store, clock, ana, "step:2", "Leo: write to the school", thread_subject="Leo: another name"
    )
    one, two = sent(store, clock, first.id), sent(store, clock, second.id)
    assert one["Subject"] == two["Subject"] == name
    root = "<case12@iep.example.org>"
    assert one["References"] == two["References"] == one["In-Reply-To"] == two["In-Reply-To"] == root
    assert one["Message-ID"] != two["Message-ID"]
    assert len(one["Message-ID"]) < 60
    assert sent(store, clock, first.id)["Message-ID"] == one["Message-ID"], "a retry keeps its id"
    for kind in ("plain", "html"):
        body = two.get_body((kind,))
        assert body is not None
        assert "Leo: write to the school" in body.get_content(), "what it is about stands inside"


def test_a_question_and_its_reminder_share_the_first_ones_subject(
    store: Store, clock: VirtualClock, ana: Caregiver
) -> None:
    first = queue(store, clock, ana, "question:5:0", "Leo: today (Tue 9/1)", thread="q5")
    second = queue(store, clock, ana, "reminder:5:1", "Leo: on Tue 9/1", thread="q5")
    other = queue(store, clock, ana, "question:6:0", "Leo: on Thu 9/3", thread="q6")
    subjects = [sent(store, clock, one.id)["Subject"] for one in (first, second, other)]
    assert subjects == ["Leo: today (Tue 9/1)"] * 2 + ["Leo: on Thu 9/3"]


def test_who_changes_language_gets_a_new_thread(store: Store, clock: VirtualClock, ana: Caregiver) -> None:
    queue(store, clock, ana, "step:1", "Leo: ask", thread_subject="Leo: your next steps")
    with store.write() as session:
        session.get_one(Caregiver, ana.id).language = "es"
    later = queue(store, clock, ana, "step:2", "Leo: pida", thread_subject="Leo: sus próximos pasos")
    assert sent(store, clock, later.id)["Subject"] == "Leo: sus próximos pasos"


def test_answers_bounces_and_the_way_out_come_to_addresses_of_their_own(
    store: Store, clock: VirtualClock, ana: Caregiver
) -> None:
    row = queue(store, clock, ana, "step:1", "Leo: ask")
    with store.read() as session:
        email = email_of(session, session.get_one(OutgoingMessage, row.id), SETTINGS)
    message = sent(store, clock, row.id)
    assert email.return_path is not None
    assert len(email.return_path.partition("@")[0]) <= 64
    assert read_tags(SETTINGS, [email.return_path]) == (Tag("bounce", row.reference),)
    assert read_tags(SETTINGS, [message["Reply-To"]]) == (Tag("answer", row.reference),)
    https, mailto = message["List-Unsubscribe"].split(", ")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = https.removeprefix("<https://iep.example.org/unsubscribe/").removesuffix(">")
    assert read_unsubscribe_token("k" * 40, token) == ana.id
    leave = mailto.removeprefix("<mailto:").removesuffix("?subject=unsubscribe>")
    assert read_tags(SETTINGS, [leave]) == (Tag("leave", str(ana.id)),)
    assert message["Auto-Submitted"] == "auto-generated"


def test_without_a_mailbox_nothing_points_to_one(store: Store, clock: VirtualClock, ana: Caregiver) -> None:
    bare = SETTINGS.model_copy(update={"mailbox": Settings().mailbox})
    row = queue(store, clock, ana, "step:1", "Leo: ask")
    message = sent(store, clock, row.id, bare)
    assert message["Reply-To"] is None
    assert "mailto" not in message["List-Unsubscribe"]
    body = message.get_body(("plain",))
    assert body is not None
    assert "answer this e-mail" not in body.get_content()
    with store.read() as session:
        assert email_of(session, session.get_one(OutgoingMessage, row.id), bare).return_path is None


def test_ids_and_list_headers_stay_whole_however_long(
    store: Store, clock: VirtualClock, ana: Caregiver
) -> None:
    long = SETTINGS.model_copy(
        update={
            "server": SETTINGS.server.model_copy(
                update={"public_url": "https://iep.example.org/" + "t" * 120, "secret_key": "s" * 120}
            ),
            "mailbox": SETTINGS.mailbox.model_copy(
                update={"address": "a" * 20 + "@" + "m" * 60 + ".example"}
            ),
        }
    )
    row = queue(store, clock, ana, "step:1", "Leo: ask", thread="c" * 120)
    with store.read() as session:
        email = email_of(session, session.get_one(OutgoingMessage, row.id), long)
    head = to_wire(build(email, clock.now())).partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = head.replace("\r\n ", " ").split("\r\n")
    wanted = (
        "Message-ID",
        "In-Reply-To",
        "References",
        "Reply-To",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    )
    found = [line for line in unfolded if line.partition(":")[0] in wanted]
    assert len(found) == len(wanted)
    assert not any("=?" in line for line in found)
    assert f"In-Reply-To: <{'c' * 120}@iep.example.org>" in found


@pytest.mark.parametrize(("size", "comes"), [(MOST_BYTES, True), (MOST_BYTES + 1, False)])
def test_files_that_are_too_large_wait_behind_a_link(
    store: Store, clock: VirtualClock, ana: Caregiver, size: int, comes: bool
) -> None:
    half = size // 2
    files = (
        File("a.bin", "application/octet-stream", bytes(half)),
        File("b.bin", "application/octet-stream", bytes(size - half)),
    )
    row = queue(store, clock, ana, "step:1", "Leo: ask", files=files)
    message = sent(store, clock, row.id)
    assert [part.get_filename() for part in message.iter_attachments()] == (
        ["a.bin", "b.bin"] if comes else []
    )
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert ("https://iep.example.org/family" in body.get_content()) is not comes


@pytest.mark.parametrize("kind", ["answer", "bounce", "leave"])
def test_a_tag_is_read_only_as_we_made_it(kind: str) -> None:
    made = tagged(SETTINGS, kind, "0" * 24)  # type: ignore[arg-type]  # the three words of the type
    assert made is not None
    assert [tag.kind for tag in read_tags(SETTINGS, [made, made.upper()])] == [kind]
    name, _, host = made.partition("@")
    letter = {"answer": "b", "bounce": "r", "leave": "r"}[kind]
    forged = [
        f"{name[:-1]}{'a' if name[-1] != 'a' else 'b'}@{host}",  # another proof
        f"{name}@elsewhere.example",
        name.replace("0" * 24, "0" * 23 + "1") + f"@{host}",  # another message
        f"{name.replace('+r.', '+x.').replace('+b.', '+x.').replace('+u.', '+x.')}@{host}",
        f"answers+{letter}.{name.partition('.')[2]}@{host}",  # a proof for another purpose
        "answers@iep.example.org",
        "",
    ]
    assert read_tags(SETTINGS, forged) == ()


@given(st.lists(st.text(max_size=90), max_size=5))
def test_any_addresses_can_be_looked_at(addresses: list[str]) -> None:
    assert read_tags(SETTINGS, addresses) == ()
