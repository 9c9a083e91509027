"""Reading the mailbox: once each, whatever dies, whoever looks, however often its numbers change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.conversation import mailroom
from assistant.store import Alert, Caregiver, InboundMail, InboundText, Mailbox, Store
from jobs import read_mail
from jobs.tick import next_due
from messages.channels.mailbox import Folder
from messages.templates import sync
from tests.support.imap_server import MailServer, ScriptedImap, imap_server
from tests.support.mail_people import settings_of


@pytest.fixture(scope="module")
def shared() -> Iterator[MailServer]:
    with imap_server() as running:
        yield running


@pytest.fixture
def server(shared: MailServer) -> MailServer:
    shared.reset()
    return shared


def letter(number: int, text: str = "What is this about?", size: int = 0) -> bytes:
    head = f"From: ana@example.org\r\nTo: answers@iep.example.org\r\nMessage-ID: <{number}@phone.example>\r\n"
    return f"{head}Subject: Leo\r\n\r\n{text} {'x' * size}\r\n".encode()


def begin(store: Store, clock: VirtualClock, server: MailServer, **mailbox: object) -> Settings:
    settings = settings_of(1, server.port, **mailbox)
    with store.write() as session:
        sync(session, clock.now())
        read_mail.prepare(session, settings, clock.now())
        ana = Caregiver(name="Ana", email="ana@example.org", language="en", zone="America/Los_Angeles")
        ana.mails, ana.created_at = "in", clock.now()
        session.add(ana)
    return settings


def again(store: Store, clock: VirtualClock) -> None:
    """The mailbox is due."""
    with store.write() as session:
        session.scalars(select(Mailbox)).one().next_at = clock.now()


def bodies(store: Store) -> list[str]:
    with store.read() as session:
        return [one.body for one in session.scalars(select(InboundText).order_by(InboundText.id))]


def row_of(store: Store) -> Mailbox:
    with store.read() as session:
        return session.scalars(select(Mailbox)).one()


def test_each_letter_is_taken_once_and_then_marked(
    each_store: Store, clock: VirtualClock, server: MailServer
) -> None:
    settings = begin(each_store, clock, server, every_minutes=2)
    server.put(letter(1), letter(2))
    assert read_mail.run(each_store, clock, settings) == 2
    assert all(r"\Seen" in said for said in server.flags().values())
    assert row_of(each_store).next_at == clock.now() + timedelta(minutes=2)
    assert read_mail.run(each_store, clock, settings) == 0, "not due"
    again(each_store, clock)
    server.put(letter(3), letter(1))  # a copy of the first
    assert read_mail.run(each_store, clock, settings) == 1
    assert len(bodies(each_store)) == 3


def test_a_process_that_dies_before_marking_has_stored(
    store: Store, clock: VirtualClock, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = begin(store, clock, server)
    server.put(letter(1), letter(2))
    marked = Folder.done_with

    class Killed(BaseException):
        """As if the process had ended there."""

    def die(self: Folder, uid: int, *, delete: bool) -> None:
        raise Killed

    monkeypatch.setattr(Folder, "done_with", die)
    with pytest.raises(Killed):
        read_mail.run(store, clock, settings)
    assert len(bodies(store)) == 1
    assert r"\Seen" not in "".join(server.flags().values())
    monkeypatch.setattr(Folder, "done_with", marked)
    assert read_mail.run(store, clock, settings) == 0, "the dead one's lease still runs"
    clock.move_to(clock.now() + read_mail.LEASE)
    assert read_mail.run(store, clock, settings) == 1
    assert len(bodies(store)) == 2
    assert all(r"\Seen" in said for said in server.flags().values())


def test_a_mailbox_made_anew_is_read_again_and_nothing_is_taken_twice(
    store: Store, clock: VirtualClock, server: MailServer
) -> None:
    settings = begin(store, clock, server)
    server.put(letter(1), letter(2))
    read_mail.run(store, clock, settings)
    server.reset()
    server.put(letter(1), letter(2), letter(3))
    again(store, clock)
    assert read_mail.run(store, clock, settings) == 1
    assert len(bodies(store)) == 3


def test_several_workers_take_each_letter_once(
    each_store: Store, clock: VirtualClock, server: MailServer
) -> None:
    settings = begin(each_store, clock, server)
    server.put(*(letter(number) for number in range(8)))
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(read_mail.run(each_store, clock, settings)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 0, 0, 8]
    assert len(bodies(each_store)) == 8


def test_two_that_look_at_once_all_the_same_store_each_letter_once(
    each_store: Store, clock: VirtualClock, server: MailServer
) -> None:
    settings = begin(each_store, clock, server)
    server.put(*(letter(number) for number in range(6)))
    claims = []
    for _ in range(2):  # the second after the first one's lease, while the first still lives
        with each_store.write() as session:
            claims.append(read_mail._claim(session, settings, clock.now()))
        clock.move_to(clock.now() + read_mail.LEASE)
    barrier = threading.Barrier(2)

    def look(claim: read_mail._Claim) -> None:
        from messages.channels.mailbox import ImapMailbox

        with ImapMailbox(settings.mailbox).open() as folder:
            barrier.wait(10)
            read_mail._look(each_store, clock, settings, claim, folder)

    threads = [threading.Thread(target=look, args=(claim,)) for claim in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bodies(each_store)) == 6
    assert row_of(each_store).last_uid == max(server.flags())


def test_what_is_too_large_is_told_and_not_fetched(
    store: Store, clock: VirtualClock, server: MailServer
) -> None:
    settings = begin(store, clock, server, max_kilobytes=16)
    server.put(letter(1, size=20_000), letter(2))
    assert read_mail.run(store, clock, settings) == 2
    with store.read() as session:
        texts = session.scalars(select(InboundText).order_by(InboundText.id)).all()
    assert [(one.flag, one.needs_staff) for one in texts] == [("too_large", True), ("", False)]
    assert len(texts[0].body) < 100


def test_one_that_cannot_be_sorted_holds_up_nobody(
    store: Store, clock: VirtualClock, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = begin(store, clock, server)
    server.put(letter(1, "poison"), letter(2))

    def sort(session, mail, place, now, settings):  # type: ignore[no-untyped-def]  # as the real one
        if "poison" in mail.text:
            raise RuntimeError("no")
        return mailroom.sort(session, mail, place, now, settings)

    monkeypatch.setattr(read_mail, "sort", sort)
    assert read_mail.run(store, clock, settings) == 2
    with store.read() as session:
        assert session.scalars(select(InboundMail.kind).order_by(InboundMail.id)).all() == [
            "broken",
            "answer",
        ]
        assert session.scalars(select(Alert.kind)).all() == ["mail_broken"]
    again(store, clock)
    monkeypatch.undo()
    assert read_mail.run(store, clock, settings) == 0


def test_reading_can_delete_but_not_what_is_nobodys_business(
    store: Store, clock: VirtualClock, server: MailServer
) -> None:
    settings = begin(store, clock, server, after_reading="delete")
    spam = b"From: win@spam.example\r\nMessage-ID: <s@spam.example>\r\n\r\nBuy\r\n"
    server.put(letter(1), spam, letter(2))
    read_mail.run(store, clock, settings)
    assert len(server.flags()) == 1
    assert r"\Seen" not in "".join(server.flags().values())


def test_a_mailbox_that_cannot_be_read_is_tried_more_and_more_seldom_and_told(
    store: Store, clock: VirtualClock, server: MailServer
) -> None:
    settings = begin(store, clock, server)
    with ScriptedImap({"greeting": None}) as broken:
        bad = settings.model_copy(
            update={"mailbox": settings.mailbox.model_copy(update={"port": broken.port})}
        )
        waits = []
        for _ in range(8):
            assert read_mail.run(store, clock, bad) == 0
            due = row_of(store).next_at
            assert due is not None
            waits.append((due - clock.now()) // timedelta(minutes=1))
            with store.read() as session:
                alert = session.scalars(select(Alert)).first()
            assert (alert is not None) == (len(waits) >= 3)
            clock.move_to(due)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    server.put(letter(1))
    assert read_mail.run(store, clock, settings) == 1
    with store.read() as session:
        assert session.scalars(select(Alert)).one().closed_at == clock.now()


def test_a_wrong_password_is_told_at_once(store: Store, clock: VirtualClock, server: MailServer) -> None:
    settings = begin(store, clock, server)
    wrong = settings.mailbox.model_copy(update={"password": "wrong"})
    read_mail.run(store, clock, settings.model_copy(update={"mailbox": wrong}))
    with store.read() as session:
        alert = session.scalars(select(Alert)).one()
    assert (alert.kind, alert.detail) == ("mailbox_unreadable", {"code": "refused"})


def test_in_the_sandbox_nothing_is_read(store: Store, clock: VirtualClock, server: MailServer) -> None:
    settings = settings_of(1, server.port)
    sandbox = settings.model_copy(update={"email": Settings().email})
    server.put(letter(1))
    with store.write() as session:
        read_mail.prepare(session, sandbox, clock.now())
    assert read_mail.run(store, clock, sandbox) == 0
    with store.read() as session:
        assert session.scalars(select(Mailbox)).all() == []
        assert next_due(session) is None
    with store.write() as session:
        read_mail.prepare(session, settings, clock.now())
        read_mail.prepare(session, sandbox, clock.now())
    assert row_of(store).next_at is None, "a mailbox of earlier settings is left alone"
