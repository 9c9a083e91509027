"""What a parent says of a step and of the school's answer, and the dates that run from it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.marks import Act, ActError, act
from assistant.evidence import chain
from assistant.evidence.log import Said, record
from assistant.families.consent import opt_in
from assistant.families.household import tie
from assistant.store import (
    Caregiver,
    Case,
    Child,
    Expectation,
    LogEntry,
    OutgoingMessage,
    Step,
    StepClock,
    Store,
)
from assistant.words import Outcome
from jobs.tick import run_pass
from messages.bounces import bounced
from messages.dsn import Report
from tests.support.family import LA, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk


class Line:
    """Leo's speech, missed again and again; the newest step and what is said of it."""

    def __init__(self, store: Store, clock: VirtualClock) -> None:
        self.store, self.clock = store, clock
        with store.write() as session:
            registered(session, family(caregiver(), services=(SPEECH,)), clock.now())
        self.talk = Talk(store, clock)

    def live(self, until: date, answer: str = "2 the therapist was out", at: time = time(18)) -> None:
        """Answer every question until the evening of `until`."""
        end = datetime.combine(until, at, LA)
        while self.clock.now() < end:
            asked = [body for body in self.talk.until(self._soon(end)) if "happen" in body]
            if asked and answer:
                self.talk.say(answer)

    def step(self, key: str) -> Step:
        with self.store.read() as session:
            return (
                session.scalars(select(Step).where(Step.key == key).order_by(Step.id.desc())).first()
                or Step()
            )

    def mark(self, key: str, do: Act, on: date | None = None, words: str = "") -> None:
        number = self.step(key).id
        with self.store.write() as session:
            act(session, number, do, self.clock.now(), SETTINGS, "test", on, words)

    def clocks(self) -> dict[str, tuple[str, date, date]]:
        with self.store.read() as session:
            return {one.name: (one.state, one.due, one.latest) for one in session.scalars(select(StepClock))}

    def notes(self) -> list[tuple[str, str, object]]:
        with self.store.read() as session:
            rows = session.scalars(
                select(LogEntry).where(LogEntry.kind.in_(("step", "passed"))).order_by(LogEntry.number)
            ).all()
            return [
                (
                    row.kind,
                    row.day.isoformat(),
                    row.content[row.kind].get("did") or row.content["passed"]["clock"],
                )
                for row in rows
            ]

    def steps(self) -> list[str]:
        with self.store.read() as session:
            return list(session.scalars(select(Step.key).order_by(Step.id)))

    def intact(self) -> bool:
        with self.store.read() as session:
            rows = session.scalars(select(LogEntry).order_by(LogEntry.number)).all()
            return chain.check(
                {"content": row.content, "previous_hash": row.previous_hash, "hash": row.hash} for row in rows
            ).intact

    def _soon(self, end: datetime) -> datetime:
        return min(end, self.clock.now() + timedelta(hours=12))


@pytest.fixture
def line(store: Store, clock: VirtualClock) -> Line:
    return Line(store, clock)


def test_sending_starts_the_clock_and_stands_in_the_record(line: Line) -> None:
    line.live(date(2026, 9, 8))
    line.mark("document", "done", words="e-mailed it to Ms. Lee")
    assert line.clocks()["records"] == ("running", date(2026, 9, 15), date(2026, 9, 15))
    assert line.notes() == [("step", "2026-09-08", "sent")]
    with line.store.read() as session:
        entry = session.scalars(select(LogEntry).where(LogEntry.kind == "step")).one()
        assert entry.words == "e-mailed it to Ms. Lee"
        assert entry.content["step"] == {"step": "document", "did": "sent"}
    line.mark("document", "done")
    assert len(line.notes()) == 1  # said again: nothing new
    assert line.intact()


def test_another_day_puts_the_first_one_right(line: Line) -> None:
    line.live(date(2026, 9, 8))
    line.mark("document", "done")
    line.mark("document", "done", on=date(2026, 9, 4))
    assert line.clocks()["records"] == ("running", date(2026, 9, 14), date(2026, 9, 14))  # Labor Day between
    assert [day for _, day, _ in line.notes()] == ["2026-09-08", "2026-09-04"]


def test_a_request_that_nobody_answers_becomes_a_dated_fact_once(line: Line) -> None:
    line.live(date(2026, 9, 8))
    line.mark("document", "done")
    line.live(date(2026, 9, 15), "1")
    assert line.clocks()["records"][0] == "running"  # its last day is not over
    line.live(date(2026, 9, 18), "1")
    assert line.clocks()["records"][0] == "passed"
    assert line.notes()[1:] == [("passed", "2026-09-16", "records")]
    line.live(date(2026, 9, 30), "1")
    assert len(line.notes()) == 2
    assert line.intact()
    line.mark("document", "answered")
    assert line.clocks()["records"][0] == "met"  # late, and the record keeps that it was late
    assert line.notes()[-1] == ("step", "2026-09-30", "answered")


def test_what_is_marked_long_after_passes_on_the_next_morning_and_not_before(line: Line) -> None:
    """The parent may be about to say that the answer came."""
    line.live(date(2026, 9, 22))
    line.mark("document", "done", on=date(2026, 9, 4))
    line.talk.until(line.clock.now() + timedelta(hours=1))
    assert line.clocks()["records"][0] == "running"
    line.live(date(2026, 9, 23), "1")
    assert line.clocks()["records"][0] == "passed"
    assert line.notes()[-1] == ("passed", "2026-09-15", "records")


def test_an_answer_stops_the_clock(line: Line) -> None:
    line.live(date(2026, 9, 8))
    line.mark("document", "answered")  # nobody answers what was not sent
    assert line.step("document").state == "done"
    assert "records" not in line.clocks()
    line.live(date(2026, 9, 30), "1")
    assert [kind for kind, _, _ in line.notes()] == ["step"]


def test_a_refusal_of_the_notice_brings_the_meeting_at_once(line: Line) -> None:
    line.live(date(2026, 9, 15))
    line.mark("written_notice", "done")
    line.live(date(2026, 9, 18))
    assert "iep_meeting" not in line.steps()
    line.mark("written_notice", "refused", words="they say nobody can come")
    line.live(date(2026, 9, 24), "1")
    assert line.steps()[-1] == "iep_meeting"
    with line.store.read() as session:
        assert session.scalars(select(Case.school_said_no)).one()
        step = session.scalars(select(Step).where(Step.key == "iep_meeting")).one()
        assert step.why["rule"] == "school_said_no"


def test_a_meeting_that_was_refused_brings_the_complaint_and_one_that_was_set_does_not(line: Line) -> None:
    line.live(date(2026, 9, 15))
    line.mark("written_notice", "refused")
    line.live(date(2026, 9, 25))
    line.mark("iep_meeting", "done")
    assert line.clocks()["meeting"] == ("running", date(2026, 10, 25), date(2026, 10, 25))
    line.mark("iep_meeting", "refused")
    line.live(date(2026, 10, 2))
    assert line.steps()[-1] == "compliance_complaint"
    with line.store.read() as session:
        step = session.scalars(select(Step).where(Step.key == "compliance_complaint")).one()
        assert step.why["rule"] == "meeting_refused"


def test_a_decision_of_the_state_starts_the_thirty_days(line: Line) -> None:
    line.live(date(2026, 9, 15))
    line.mark("written_notice", "refused")
    line.live(date(2026, 9, 25))
    line.mark("iep_meeting", "refused")
    line.live(date(2026, 10, 2))
    line.mark("compliance_complaint", "done")
    running = line.clocks()
    assert running["decision"] == ("running", date(2026, 12, 1), date(2026, 12, 1))
    assert running["lookback"][1] == date(2027, 9, 1)
    assert "reconsideration" not in running  # nobody knows its first day yet
    line.live(date(2026, 10, 20), "1")
    line.mark("compliance_complaint", "answered")
    assert line.clocks()["decision"][0] == "met"
    assert line.clocks()["reconsideration"] == ("running", date(2026, 11, 19), date(2026, 11, 19))


def test_fixed_ends_what_waits_for_the_school_and_leaves_the_windows(line: Line) -> None:
    line.live(date(2026, 9, 15))
    line.mark("document", "done")
    line.mark("written_notice", "done")
    line.mark("written_notice", "resolved")
    states = {name: state for name, (state, _, _) in line.clocks().items()}
    assert states == {"records": "ended", "reply": "ended", "lookback": "ended"}
    line.live(date(2026, 10, 20), "1")
    assert [did for kind, _, did in line.notes() if kind == "passed"] == []


def test_not_now_after_sent_takes_the_clock_back_by_a_new_entry(line: Line) -> None:
    line.live(date(2026, 9, 8))
    line.mark("document", "done")
    line.mark("document", "not_now")
    assert line.clocks()["records"][0] == "ended"
    assert [did for _, _, did in line.notes()] == ["sent", "not_sent"]


@pytest.mark.parametrize(
    ("key", "do", "on", "why"),
    [
        ("document", "done", date(2026, 9, 9), "future"),
        ("document", "done", date(2026, 8, 1), "too_early"),
        ("check_iep", "answered", None, "no_letter"),
    ],
)
def test_what_cannot_be_is_refused(line: Line, key: str, do: Act, on: date | None, why: str) -> None:
    line.live(date(2026, 9, 8))
    with pytest.raises(ActError) as caught:
        line.mark(key, do, on)
    assert caught.value.key == why
    assert line.notes() == []


def test_a_window_moves_to_the_next_miss_when_the_first_was_put_right(line: Line) -> None:
    line.live(date(2026, 9, 15))
    line.mark("written_notice", "done")
    assert line.clocks()["lookback"][1] == date(2027, 9, 1)
    with line.store.write() as session:
        first = session.scalars(select(Expectation).order_by(Expectation.due_at)).first()
        assert first is not None
        assert first.day == date(2026, 9, 1)
        record(session, first, Said(Outcome.HELD, words="it did happen"), line.clock.now())
        row = session.scalars(select(StepClock).where(StepClock.name == "lookback")).one()
        row.next_at = line.clock.now()  # its reminder's day
    line.live(date(2026, 9, 16), "1")
    assert line.clocks()["lookback"] == ("running", date(2027, 9, 3), date(2027, 9, 3))


def test_a_step_that_nobody_could_be_written_about_goes_out_after_the_yes(
    store: Store, clock: VirtualClock
) -> None:
    """Set up on a page: the e-mail address says yes some days after the first step."""
    with store.write() as session:
        registered(session, family(caregiver(confirmed=False), services=(SPEECH,)), clock.now())
    talk = Talk(store, clock)
    talk.until(clock.now() + timedelta(days=2))

    def mails() -> list[str]:
        with store.read() as session:
            wanted = select(OutgoingMessage.template_key).where(OutgoingMessage.kind == "step")
            return list(session.scalars(wanted))

    assert mails() == []
    with store.write() as session:
        opt_in(session, session.scalars(select(Caregiver)).one(), "email", "link", "yes", clock.now())
    talk.until(clock.now() + timedelta(hours=1))
    assert mails() == ["guide.check_iep"]
    talk.until(clock.now() + timedelta(days=2))
    assert mails() == ["guide.check_iep"]


def test_a_step_that_came_back_goes_to_the_next_who_takes_e_mail(store: Store, clock: VirtualClock) -> None:
    """Ana's mailbox is gone: Ben gets the letter. His comes back as well, and nobody is written to again."""
    line = Line(store, clock)
    with store.write() as session:
        child = session.scalars(select(Child)).one()
        ben = Caregiver(
            name="Ben", email="ben@example.org", mails="in", language="es", zone="America/Los_Angeles",
            created_at=clock.now(),
        )  # fmt: skip
        session.add(ben)
        session.flush()
        tie(session, ben, child)
    line.live(date(2026, 9, 10))

    def letters() -> list[OutgoingMessage]:
        with store.read() as session:
            wanted = select(OutgoingMessage).where(OutgoingMessage.step_id.is_not(None))
            return list(session.scalars(wanted.order_by(OutgoingMessage.id)))

    first = letters()[-1]
    assert first.to_address == "ana@example.org"
    before = len(letters())
    for back, then in ((first, "ben@example.org"), (None, "")):
        lost = back or letters()[-1]
        with store.write() as session:
            assert (
                bounced(session, lost.reference, Report("failed", "5.1.1"), clock.now(), SETTINGS) == "dead"
            )
        run_pass(store, clock, SETTINGS, CHANNELS)
        run_pass(store, clock, SETTINGS, CHANNELS)
        if then:
            assert (letters()[-1].to_address, letters()[-1].language) == (then, "es")
            assert letters()[-1].step_id == lost.step_id
        assert len(letters()) == before + 1
