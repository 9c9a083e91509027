"""A year in a minute: claimed by a pass, lived in another process, kept; and nobody waits for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.escalation.types import StepKey
from assistant.families.guide_reviews import record_review
from assistant.families.guide_versions import guide_now
from assistant.guide.leaves import as_body, words_of
from assistant.guide.loader import load_guide
from assistant.operations.changed import put_in_use
from assistant.operations.rehearsals import MOST_WAITING, TooManyError, Wish, ask, request_of
from assistant.simulation.__main__ import answer
from assistant.store import Child, OutgoingMessage, Rehearsal, Staff, Store, Template
from jobs import rehearse
from jobs.tick import run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync
from tests.support.rehearsed import NAME, two_days

CHANGED = {"texts.question_one en": "{child}: was there {alias} {when}? Text 1 yes, 2 no, 3 not sure."}


@pytest.fixture(name="settings")
def settings_fixture(tmp_path: Path) -> Settings:
    return two_days(tmp_path)


def asked(store: Store, clock: VirtualClock, settings: Settings, wish: Wish) -> int:
    with store.write() as session:
        sync(session, clock.now())
        staff = session.scalars(select(Staff)).first()
        if staff is None:
            staff = Staff(email="rosa@example.org", role="editor", created_at=clock.now(), ended_at=None)
            session.add(staff)
            session.flush()
        return ask(session, staff, wish, clock.now(), settings).id


def bodies(row: Rehearsal) -> list[str]:
    assert row.result is not None
    return [event["body"] for event in row.result["events"] if event.get("kind") == "question"]


def test_a_change_of_words_is_lived_beside_what_is_in_use(
    each_store: Store, clock: VirtualClock, settings: Settings
) -> None:
    number = asked(each_store, clock, settings, Wish(NAME, texts=CHANGED))
    channels = Channels(SandboxText(), SandboxEmail())
    run_pass(each_store, clock, settings, channels)
    rehearse.wait(60)
    with each_store.read() as session:
        row = session.get_one(Rehearsal, number)
        beside = session.get_one(Rehearsal, row.beside)
        assert (row.state, beside.state, row.fault) == ("done", "done", "")
        assert (row.changed, beside.changed) == (["texts"], [])
        assert bodies(row) == ["Leo: was there speech today (Tue 9/1)? Text 1 yes, 2 no, 3 not sure."]
        assert bodies(beside) == ["Leo: did speech happen today (Tue 9/1)? Text 1 yes, 2 no, 3 not sure."]
        assert row.sums is not None
        assert row.sums["texts"] == row.sums["languages"]["en"][0]
        mail = next(event for event in row.result["events"] if event["type"] == "email_out")  # type: ignore[index]
        assert "https://" in mail["body"]
        # What is made up stays apart.
        assert session.scalar(select(func.count()).select_from(Child)) == 0
        assert session.scalar(select(func.count()).select_from(OutgoingMessage)) == 0
    again = asked(each_store, clock, settings, Wish(NAME, texts=CHANGED))
    with each_store.read() as session:
        assert session.get_one(Rehearsal, again).beside == beside.id, "the same is lived once"


def test_what_cannot_be_lived_says_why(store: Store, clock: VirtualClock, settings: Settings) -> None:
    hole = asked(store, clock, settings, Wish(NAME, texts={"texts.question_one en": "{nobody} {when}?"}))
    rehearse.run(store, clock, settings)
    rehearse.wait(60)
    with store.read() as session:
        row = session.get_one(Rehearsal, hole)
        assert row.state == "failed"
        assert "{nobody}" in row.fault
        assert rehearse._lived(request_of(row, settings), 0) == {"fault": "too_long"}


def test_a_claim_that_was_lost_is_taken_up_once_more(
    store: Store, clock: VirtualClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = asked(store, clock, settings, Wish(NAME))
    monkeypatch.setattr(rehearse, "_attend", lambda *_: None)  # the program ends right after
    for tries in (1, 2):
        assert rehearse.run(store, clock, settings) == 1
        assert rehearse.run(store, clock, settings) == 0, "it is left alone while its time runs"
        with store.read() as session:
            assert session.get_one(Rehearsal, number).tries == tries
        clock.move_to(clock.now() + timedelta(seconds=settings.rehearsals.seconds + 61))
    assert rehearse.run(store, clock, settings) == 0
    with store.read() as session:
        row = session.get_one(Rehearsal, number)
        assert (row.state, row.fault, row.next_at) == ("failed", "stopped", None)


def test_a_draft_is_lived_only_where_drafts_are_wished(
    store: Store, clock: VirtualClock, settings: Settings
) -> None:
    asked(store, clock, settings, Wish(NAME))
    (name, body), *_ = CHANGED.items()
    with store.write() as session:
        key, language = name.split()
        session.add(
            Template(
                key=key, language=language, version=2, body=body, author="staff 1", reason="shorter",
                created_at=clock.now(),
            )
        )  # fmt: skip
    drafts = asked(store, clock, settings, Wish(NAME, drafts=True))
    with store.read() as session:
        row = session.get_one(Rehearsal, drafts)
        beside = session.get_one(Rehearsal, row.beside)
        assert (row.changed, row.texts, beside.texts) == (["texts"], CHANGED, {})


def test_reviews_that_were_recorded_and_drafts_of_the_guide_go_with_it(
    store: Store, clock: VirtualClock, settings: Settings
) -> None:
    first = asked(store, clock, settings, Wish(NAME))
    day, home = clock.now().date(), settings.program.jurisdiction
    said = words_of(load_guide(home), "mail.document", "en")
    said[next(iter(said))] = "A subject that is tried"
    draft = {f"{home}.mail.document en": as_body(said)}
    with store.write() as session:
        for note in ("first", "newest"):
            record_review(
                session, settings, "document", "Ana Ruiz", day, day + timedelta(days=99), note, 1, clock.now()
            )
        session.add(
            Template(
                key=f"{home}.mail.document", language="en", version=1, body=as_body(said), author="staff 1",
                reason="", created_at=clock.now(),
            )
        )  # fmt: skip
    again = asked(store, clock, settings, Wish(NAME, drafts=True))
    with store.read() as session:
        row = session.get_one(Rehearsal, again)
        assert (row.changed, row.texts) == (["guide"], draft)
        assert [(one["key"], one["by_name"]) for one in row.reviews] == [("document", "Ana Ruiz")]
        assert row.beside not in (None, first), "other reviews are another life"
        request = request_of(row, settings)
    assert "fault" not in answer(request)
    with store.write() as session:
        put_in_use(session, {}, {}, clock.now(), request["reviews"])
        session.flush()
        assert guide_now(session, settings).review_for("document").by == "Ana Ruiz"
        put_in_use(
            session, {(f"{home}.mail.document", "en"): as_body(said)}, {}, clock.now(), request["reviews"]
        )
        session.flush()
        guide = guide_now(session, settings)
        assert guide.steps[StepKey.DOCUMENT, "en"].subject == "A subject that is tried"
        assert guide.review_for("document").by == "", "those words nobody reviewed"


def test_who_asks_for_ever_is_told_to_wait(store: Store, clock: VirtualClock, settings: Settings) -> None:
    for _ in range(MOST_WAITING):
        asked(store, clock, settings, Wish(NAME))
    with pytest.raises(TooManyError):
        asked(store, clock, settings, Wish(NAME))
    with pytest.raises(KeyError):
        asked(store, clock, settings, Wish("own:../../etc/passwd"))
