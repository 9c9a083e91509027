"""No text without a yes: refused when it is queued and when it would leave; what a yes was given to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from assistant.clock import VirtualClock
from assistant.families import consent
from assistant.store import Caregiver, Consent, OutgoingMessage, Store
from assistant.words import LANGUAGES, Language
from jobs.tick import run_pass
from messages import templates
from messages.confirmation import ASKS_OR_CONFIRMS, missing
from messages.outbox import enqueue_text
from messages.templates import Rendered
from tests.support.family import SETTINGS, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk

HELLO = Rendered("confirm", 1, "Hello.")
STATES = {  # consent in force -> kinds of texts that may be queued
    "none": set[str](),
    "invited": {"invite", "join_invite"},
    "in": {"question", "reminder", "nudge", "confirm", "welcome", "invite", "join_invite", "plan_changed"},
    "out": {"stopped", "wrong_number"},
}
KINDS = sorted(set().union(*STATES.values()))


@pytest.mark.parametrize("state", STATES)
def test_only_what_consent_covers_is_queued_and_nothing_else_leaves(
    store: Store, clock: VirtualClock, state: str
) -> None:
    clock.move_to(clock.now() + timedelta(hours=3))
    with store.write() as session:
        registered(session, family(caregiver(mails=False)), clock.now())
        session.execute(update(OutgoingMessage).values(state="dropped", next_at=None))
        ana = session.get_one(Caregiver, 1)
        ana.texts = state
        queued = {
            kind
            for kind in KINDS
            if enqueue_text(session, ana, kind, HELLO, f"now:{kind}", clock.now(), SETTINGS) is not None
        }
    assert queued == STATES[state]
    with store.write() as session:  # all of them, queued while they may be, and then the consent changes
        ana = session.get_one(Caregiver, 1)
        for kind in KINDS:
            ana.texts = next(one for one, kinds in STATES.items() if kind in kinds)
            assert enqueue_text(session, ana, kind, HELLO, f"before:{kind}", clock.now(), SETTINGS)
        ana.texts = state
    run_pass(store, clock, SETTINGS, CHANNELS)
    with store.read() as session:
        rows = session.scalars(
            select(OutgoingMessage).where(OutgoingMessage.dedupe_key.startswith("before:"))
        ).all()
        assert {row.kind for row in rows if row.state == "sent"} == STATES[state]
        assert {row.error for row in rows if row.state == "dropped"} <= {"no consent in force"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ASKS_OR_CONFIRMS)
def test_what_asks_for_consent_or_confirms_it_says_all_five_things(key: str, language: Language) -> None:
    body = templates.catalogue(language)[f"texts.{key}"]
    assert missing(body, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_that_is_left_out_is_found(language: Language) -> None:
    body = templates.catalogue(language)["texts.welcome"]
    for part, words in {
        "name": r"^\{program\}: ",
        "frequency": r"\{per_week\}",
        "rates": r"(Msg & data rates|cargos)",
        "help": "HELP",
        "stop": "STOP",
    }.items():
        assert missing(re.sub(words, "", body), language) == [part]


def test_a_bare_yes_counts_for_two_days_and_join_at_any_time(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        templates.sync(session, clock.now())
    phone = Talk(store, clock, "+14155550133")
    (invitation,) = phone.say("join")
    assert "1 to start" in invitation
    clock.move_to(clock.now() + timedelta(hours=49))
    (again,) = phone.say("1")
    assert again == invitation  # too late: they are asked again, and nothing has begun
    with store.read() as session:
        assert session.scalars(select(Consent.act).order_by(Consent.id)).all() == ["requested", "requested"]
        assert session.scalars(select(Caregiver.texts)).all() == ["invited"]
    (welcome,) = phone.say("1")
    assert "What do you call your child?" in welcome
    with store.read() as session:
        assert session.scalars(select(Caregiver.texts)).all() == ["in"]


def test_an_invitation_that_could_not_leave_for_two_days_never_does(
    store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        registered(session, family(caregiver(confirmed=False, mails=False)), clock.now())
    clock.move_to(clock.now() + consent.REQUEST_HOLDS + timedelta(minutes=1))  # the worker was down
    run_pass(store, clock, SETTINGS, CHANNELS)
    with store.read() as session:
        (row,) = session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "invite"))
        assert (row.state, row.error) == ("dropped", "waited past its sense")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consents SET act = 'given'",
        "UPDATE consents SET wording = 'Yes to everything.'",
        "DELETE FROM consents",
    ],
)
def test_the_proof_of_consent_is_never_rewritten(
    each_store: Store, clock: VirtualClock, statement: str
) -> None:
    with each_store.write() as session:
        registered(session, family(caregiver(mails=False)), clock.now())
    with pytest.raises(DBAPIError), each_store.write() as session:
        session.execute(text(statement))
    with each_store.read() as session:
        assert session.scalars(select(Consent.wording)).all() == ["I agree."]
