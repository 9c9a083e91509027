"""Whose guide holds: for all, for one child, from when on; what was done before stays under the old one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.facts import facts_of
from assistant.conversation.letters import letters_of
from assistant.conversation.stepmail import write_clock_mail
from assistant.families.guide_versions import guide_of_child
from assistant.families.jurisdiction_effects import changed_texts, changed_times, effects
from assistant.families.jurisdictions import (
    FOLLOWS,
    choices,
    choose,
    choose_for_child,
    followers,
    in_use,
    of_centre,
    of_child,
    of_children,
    under,
)
from assistant.guide.loader import load_guide
from assistant.operations.rehearsals import Wish, ask, request_of
from assistant.store import AuditEvent, Caregiver, Case, OutgoingMessage, Staff, Step, StepClock, Store
from jobs.tick import run_pass
from messages.outbox import hours_of
from tests.conversation.test_conversation_marks import Line
from tests.support.family import OT, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS

CA, IL = "us-ca", "us-il"
WHY = "The family moved."


def law(store: Store, child: int | None = None) -> str:
    """Whose guide holds for a child, or for whoever has none."""
    with store.read() as session:
        found = of_child(session, child, SETTINGS) if child else of_centre(session, SETTINGS)
    return found.program.jurisdiction


def two(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        mia = family(caregiver(phone="+14155550102", email="o@example.org"), services=(OT,), nickname="Mia")
        registered(session, mia, clock.now())


def test_the_childs_own_goes_before_all_others_and_these_before_the_configuration(
    store: Store, clock: VirtualClock
) -> None:
    two(store, clock)
    assert (law(store), law(store, 1)) == (CA, CA)
    began = clock.now()
    clock.move_to(began + timedelta(days=1))
    with store.write() as session:
        choose_for_child(session, 1, IL, "staff 1", WHY, clock.now())
    assert (law(store), law(store, 1), law(store, 2)) == (CA, IL, CA)
    with store.read() as session:
        assert of_child(session, 1, SETTINGS, began).program.jurisdiction == CA
        assert guide_of_child(session, 1, SETTINGS).key == IL
        assert followers(session) == [2]
        assert in_use(session, SETTINGS) == (CA, IL)
        assert {key: one.program.jurisdiction for key, one in of_children(session, SETTINGS).items()} == {
            None: CA,
            1: IL,
        }
        event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "jurisdiction_chosen")).one()
        assert (event.subject, event.detail["after"]) == ("child 1", IL)
    with store.write() as session:
        choose_for_child(session, 1, FOLLOWS, "staff 1", WHY, clock.now())
        assert [row.jurisdiction for row in choices(session, 1)] == [FOLLOWS, IL]
    assert law(store, 1) == CA
    with store.write() as session:
        choose(session, IL, "all", "staff 1", WHY, clock.now(), SETTINGS)
    assert (law(store), law(store, 1), law(store, 2)) == (IL, IL, IL)
    for wrong in ("us-xx", IL):
        with store.write() as session, pytest.raises(ValueError, match="no such guide"):
            choose(session, wrong, "all", "staff 1", WHY, clock.now(), SETTINGS)


def test_for_new_families_only_those_who_are_here_keep_theirs(store: Store, clock: VirtualClock) -> None:
    two(store, clock)
    with store.write() as session:
        choose(session, IL, "new", "staff 1", WHY, clock.now(), SETTINGS)
        third = family(caregiver(phone="+14155550103", email="p@example.org"), nickname="Pia")
        registered(session, third, clock.now())
    assert [law(store, child) for child in (1, 2, 3)] == [CA, CA, IL]
    with store.read() as session:
        assert session.scalars(select(Caregiver.guide_state).order_by(Caregiver.id)).all() == [
            None,
            None,
            "IL",
        ]


def test_hours_for_texts_go_by_it_unless_the_parent_told_a_state(store: Store, clock: VirtualClock) -> None:
    # No shipped guide's state has hours of its own yet; set some, as a lawyer would.
    windows = {"IL": {"weekdays": "10:00-18:00"}}
    quiet = SETTINGS.quiet.model_validate({"spread_minutes": 0, "states": windows})
    settings = SETTINGS.model_copy(update={"quiet": quiet})
    two(store, clock)
    with store.write() as session:
        session.get_one(Caregiver, 2).us_state = "CA"
        found = effects(session, followers(session), CA, IL, settings)
        assert (found.children, found.carers) == (2, 1)
        assert {day for day, _, _ in found.days} >= {0, 4}
        before = hours_of(session.get_one(Caregiver, 1), settings).window(0)
        choose(session, IL, "all", "staff 1", WHY, clock.now(), settings)
        after = hours_of(session.get_one(Caregiver, 1), settings).window(0)
        assert before is not None
        assert after is not None
        assert (before[1].hour, after[1].hour) == (20, 18)
        assert hours_of(session.get_one(Caregiver, 2), settings).window(0) == before


def test_what_began_under_one_guide_goes_on_under_it(store: Store, clock: VirtualClock) -> None:
    line = Line(store, clock)
    line.live(date(2026, 9, 8))
    line.mark("document", "done")
    due = line.clocks()["records"]
    clock.move_to(clock.now() + timedelta(hours=1))
    with store.write() as session:
        found = effects(session, followers(session), CA, IL, SETTINGS)
        assert (found.clocks, found.steps, found.named) == (1, 1, (1,))
        choose(session, IL, "all", "staff 1", WHY, clock.now(), SETTINGS)
        case = session.scalars(select(Case)).one()
        assert case.look_at == clock.now()  # decided anew, by what holds now
    run_pass(store, clock, SETTINGS, CHANNELS)
    assert line.clocks()["records"] == due
    with store.write() as session:
        step = session.scalars(select(Step).where(Step.key == "document")).one()
        letter = letters_of(session, step, clock.now(), SETTINGS).letters[0]
        assert "56504" in letter.school.text  # California's rule about records, as it was sent
        row = session.scalars(select(StepClock).where(StepClock.name == "records")).one()
        facts = facts_of(session, row.step.case, clock.now(), SETTINGS)
        assert facts.rules["records"] == load_guide(IL).clocks["records"]
        write_clock_mail(session, row, "after", facts, clock.now(), SETTINGS)
        mail = session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id.desc()).limit(1)).one()
        assert load_guide(CA).jurisdiction["en"] in mail.body


def test_what_differs_is_told_before(store: Store, clock: VirtualClock) -> None:
    times = {one.name: (one.before, one.after) for one in changed_times(load_guide(CA), load_guide(IL), "en")}
    assert times["the IEP meeting"] == ("30 days", "")  # the meeting has no number of days in Illinois
    assert changed_times(load_guide(CA), load_guide(CA), "en") == []
    with store.read() as session:
        guide, texts = changed_texts(session, CA, IL, SETTINGS)
        assert guide.key == IL
        assert {"document", "records_request"} <= set(texts)
        assert changed_texts(session, CA, CA, SETTINGS)[1] == []
    assert under(SETTINGS, "us-gone") is SETTINGS


def test_a_rehearsal_lives_under_the_centres_choice(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        staff = Staff(email="o@example.org", role="owner", created_at=clock.now(), ended_at=None)
        session.add(staff)
        session.flush()
        choose(session, IL, "all", "staff 1", WHY, clock.now(), SETTINGS)
        row = ask(session, staff, Wish(next(iter(_scenarios()))), clock.now(), SETTINGS)
        told = request_of(row, of_centre(session, SETTINGS))
    assert told["settings"]["program"]["jurisdiction"] == IL


def _scenarios() -> list[str]:
    from assistant.operations.rehearsals import scenarios

    return list(scenarios(SETTINGS))
