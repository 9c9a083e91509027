"""A school's log kept beside the parent's: nothing half-written, the newest speaks, the chain stays whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.evidence.chain import check
from assistant.evidence.collected import Wanted
from assistant.evidence.paper.speech import speech
from assistant.evidence.school_log import NewLog, by_service, compare_line, differs, digest_of, keep, logs_of
from assistant.evidence.school_text import read, tidy
from assistant.evidence.school_words import Said
from assistant.evidence.sections import sections_of
from assistant.evidence.side_by_side import FactKey, ParentSays, State
from assistant.store import Child, LogEntry, SchoolLog, SchoolLogRow, ServiceLine, Store
from assistant.words import Language
from tests.support.family import SPEECH, family, registered
from tests.support.talk import Talk, begun

TODAY = date(2026, 9, 20)
LATER = datetime(2026, 9, 20, 20, 0, tzinfo=UTC)
SEPTEMBER = """Date,Minutes,Status
9/1/2026,30,Provided
9/3/2026,,Provider absent
9/7/2026,30,Provided
9/8/2026,30,Provided
9/10/2026,30,Provided
"""


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> Talk:
    return begun("both logs", store, clock, begin)


def begin(talk: Talk) -> None:
    """Leo's speech: held on 9/1, not on 9/3 and 9/8, not known on 9/10, nobody answered on 9/15."""
    with talk.store.write() as session:
        registered(session, family(), talk.clock.now())
    for answer in ("yes", "no, the therapist was out", "no", "not sure"):
        while True:
            if "speech" in talk.until_asked():
                break
            talk.say("yes")
        talk.say(answer)
    talk.until(LATER)


def keep_text(talk: Talk, text: str, **more: object) -> int:
    with talk.store.write() as session:
        child = session.get_one(Child, 1)
        lines = list(session.scalars(select(ServiceLine).order_by(ServiceLine.id)))
        rows, unclear = by_service(read(tidy(text)), lines, None if "Service" in text else lines[0])
        assert not unclear
        new = NewLog("csv", tidy(text), rows, **more)  # type: ignore[arg-type]  # as tests write
        return keep(session, child, new, TODAY, talk.clock.now(), 1).id


def test_both_logs_are_compared_day_by_day(ana: Talk) -> None:
    keep_text(ana, SEPTEMBER)
    with ana.store.read() as session:
        found = compare_line(session, session.get_one(ServiceLine, 1), LATER)
        assert found is not None
        assert [(pair.first.day, pair.state, [fact.key for fact in pair.facts]) for pair in found.pairs] == [
            (1, "agree", []),
            (3, "agree", []),
            (7, "only_school", ["no_school_day"]),
            (8, "differ", ["said_not_held"]),
            (10, "not_known", ["given_unknown"]),
        ]
        assert found.minutes == (30, 120, 30)
        days = differs(session, 1, LATER)
        assert [day for day, _ in days] == [date(2026, 9, 8)]
        entry = session.scalars(select(LogEntry).where(LogEntry.number == days[0][1])).one()
        assert (entry.day, entry.outcome) == (date(2026, 9, 8), "missed")
        assert compare_line(session, session.get_one(ServiceLine, 2), LATER) is None
        assert differs(session, 2, LATER) == ()


def test_the_record_gets_one_entry_and_the_parents_log_stays(ana: Talk) -> None:
    before = ana.log()
    keep_text(ana, SEPTEMBER, unread=1, choices={"bare": "given"})
    after = ana.log()
    assert [one.hash for one in after[:-1]] == [one.hash for one in before]
    about = after[-1].content["school_log"]
    assert (after[-1].kind, after[-1].outcome, after[-1].day) == ("school_log", "", TODAY)
    assert {key: about[key] for key in ("source", "rows", "from", "to", "sha256", "unread", "bare")} == {
        "source": "csv",
        "rows": 5,
        "from": "2026-09-01",
        "to": "2026-09-10",
        "sha256": digest_of(tidy(SEPTEMBER)),
        "unread": 1,
        "bare": "given",
    }
    entries = [{"content": e.content, "previous_hash": e.previous_hash, "hash": e.hash} for e in after]
    assert check(entries).intact


def test_the_same_log_twice_is_one_and_a_newer_one_speaks_of_its_days(ana: Talk) -> None:
    first = keep_text(ana, SEPTEMBER)
    assert keep_text(ana, SEPTEMBER) == first
    second = keep_text(ana, "9/8/2026 not provided\n9/9/2026 30 min provided")
    assert second != first
    with ana.store.read() as session:
        assert [log.id for log, entry in logs_of(session, 1) if entry] == [second, first]
        found = compare_line(session, session.get_one(ServiceLine, 1), LATER)
        assert found is not None
        assert [(pair.first.day, pair.state) for pair in found.pairs] == [
            (1, "agree"),
            (3, "agree"),
            (7, "only_school"),
            (8, "agree"),
            (9, "only_school"),
            (10, "not_known"),
        ]


def test_days_the_log_covers_without_a_row_are_said(ana: Talk) -> None:
    keep_text(ana, "9/3/2026 provider absent", first=date(2026, 9, 1), last=date(2026, 9, 15))
    with ana.store.read() as session:
        found = compare_line(session, session.get_one(ServiceLine, 1), LATER)
        assert found is not None
        assert [(pair.first.day, pair.state) for pair in found.pairs] == [
            (1, "only_parent"),
            (3, "agree"),
            (8, "agree"),
            (10, "not_known"),
            (15, "not_known"),
        ]


def test_rows_that_name_their_service_go_to_its_line(ana: Talk) -> None:
    keep_text(
        ana,
        "Date,Service,Minutes,Status\n9/8/2026,Speech Therapy,30,Provided\n9/9/2026,OT,30,Provided\n"
        "9/9/2026,Occupational Therapy,30,Provided",
    )
    with ana.store.read() as session:
        rows = session.execute(
            select(SchoolLogRow.service_line_id, func.count()).group_by(SchoolLogRow.service_line_id)
        )
        assert sorted(tuple(row) for row in rows) == [(1, 1), (2, 2)]


def test_a_service_that_is_not_plain_is_not_guessed(ana: Talk) -> None:
    text = "Date,Service,Status\n9/8/2026,Therapy,Provided\n9/8/2026,,Provided\n9/8/2026,PT,Provided"
    with ana.store.read() as session:
        lines = list(session.scalars(select(ServiceLine)))
        found, unclear = by_service(read(text), lines, None)
        assert (found, len(unclear)) == ([], 3)


def test_a_log_without_a_row_is_not_kept(ana: Talk) -> None:
    with ana.store.write() as session, pytest.raises(ValueError, match="without a row"):
        keep(session, session.get_one(Child, 1), NewLog("csv", "x", []), TODAY, LATER)
    with ana.store.read() as session:
        assert session.scalars(select(SchoolLog)).all() == []


def test_it_is_kept_on_both_databases(each_store: Store, clock: VirtualClock) -> None:
    with each_store.write() as session:
        registered(session, family(), clock.now())
    talk = Talk(each_store, clock)
    first = keep_text(talk, SEPTEMBER)
    assert keep_text(talk, SEPTEMBER) == first
    with each_store.read() as session:
        found = compare_line(session, session.get_one(ServiceLine, 1), LATER)
        assert found is not None
        assert found.minutes == (0, 120, 0)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_evidence_file_has_both_logs(ana: Talk, language: Language) -> None:
    before = ana.clock.now()
    ana.clock.move_to(before + timedelta(minutes=1))
    keep_text(ana, SEPTEMBER)
    with ana.store.read() as session:
        assert sections_of(session, 1, Wanted(language=language), before) == ()
        [section] = sections_of(session, 1, Wanted(language=language), ana.clock.now())
        short = Wanted(date(2026, 9, 8), date(2026, 9, 8), language=language)
        [one] = sections_of(session, 1, short, ana.clock.now())
        assert sections_of(session, 1, Wanted(first=date(2026, 10, 1)), ana.clock.now()) == ()
    assert SPEECH.name in section.title
    assert "120" in section.lead
    assert [len(row) for row in section.rows] == [len(section.head)] * 5
    assert len(one.rows) == 1
    assert ("Not held by the family’s log" if language == "en" else "No dada según la familia") in one.rows[
        0
    ][3]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_paper_has_a_word_for_every_state_and_fact(language: Language) -> None:
    known = set(speech(language).entries)
    for name, keys in (("state", State), ("fact", FactKey), ("says", ParentSays), ("said", Said)):
        assert {f"side.{name}_{key}" for key in get_args(keys)} <= known
