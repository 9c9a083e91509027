"""The guide for staff, and reviews written down: what is sent says so from then on, and not before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.letters import guide_for
from assistant.escalation.types import StepKey
from assistant.families.guide_reviews import (
    needing_review,
    record_review,
    reviewables,
    withdraw_review,
)
from assistant.families.guide_versions import guide_now
from assistant.guide.checked import KEYS, fingerprint
from assistant.guide.letter import write_letter
from assistant.guide.letters import NAMES
from assistant.guide.loader import bases_of, jurisdictions, load_guide
from assistant.guide.render import render_clock_mail, render_step
from assistant.guide.sample import sample, sample_due
from assistant.store import AuditEvent, Case, GuideReview, Staff, Step, Store
from assistant.words import LANGUAGES, Language
from tests.support.family import SETTINGS
from tests.web.pages_support import client_of, press, staff_in

GUIDE = "/admin/guide/"
DOCUMENT = f"{GUIDE}text/document"
TODAY = date(2026, 9, 1)
BY = "Pat Okafor, attorney"


def as_role(store: Store, clock: VirtualClock, role: str) -> FlaskClient:
    """A browser of somebody of that role."""
    with store.write() as session:
        session.add(Staff(email=f"{role}@example.org", role=role, created_at=clock.now(), ended_at=None))
    return staff_in(client_of(store, clock), store, clock, f"{role}@example.org")


def both(
    store: Store, clock: VirtualClock, until: date, keys: tuple[str, ...] = ("document", "records_request")
) -> None:
    with store.write() as session:
        for key in keys:
            record_review(session, SETTINGS, key, BY, TODAY, until, "", 1, clock.now())


def mail(store: Store, today: date = TODAY, language: Language = "en") -> str:
    """The e-mail of the first step, as it would be sent."""
    with store.read() as session:
        guide = guide_now(session, SETTINGS)
    return render_step(
        guide, StepKey.DOCUMENT, language, sample(guide, StepKey.DOCUMENT, language, today)
    ).text


@pytest.mark.parametrize("jurisdiction", jurisdictions())
def test_the_sample_family_fills_every_text(jurisdiction: str) -> None:
    guide = load_guide(jurisdiction)
    assert bases_of(jurisdiction) == ("us",)
    for language in LANGUAGES:
        for step in StepKey:
            assert render_step(guide, step, language, sample(guide, step, language, TODAY)).text
        facts = sample(guide, StepKey.DOCUMENT, language, TODAY)
        for name in NAMES:
            assert "Maximiliana" in write_letter(guide, name, language, facts).school.text
        for clock in guide.clock_mails["before", language].phrases:
            due = sample_due(guide, clock, TODAY)
            assert render_clock_mail(guide, "before", clock, StepKey.DOCUMENT, language, facts, due).text
    assert len({fingerprint(load_guide(jurisdiction), key) for key in KEYS}) == len(KEYS)


def test_what_is_sent_says_who_reviewed_it_once_all_of_it_is(store: Store, clock: VirtualClock) -> None:
    assert "Pending expert review" in mail(store)
    both(store, clock, date(2027, 8, 31), ("document",))
    assert "Pending expert review" in mail(store)  # its letter is not reviewed yet
    both(store, clock, date(2027, 8, 31), ("records_request",))
    assert BY in mail(store)
    assert BY in mail(store, language="es")
    with store.read() as session:
        guide = guide_now(session, SETTINGS)
        facts = sample(guide, StepKey.DOCUMENT, "en", TODAY)
        due = sample_due(guide, "records", TODAY)
        told = render_clock_mail(guide, "before", "records", StepKey.DOCUMENT, "en", facts, due).text
        assert BY not in told  # an e-mail about dates has words of its own, and nobody checked those
    assert "Pending expert" not in mail(store, date(2027, 9, 1))
    assert "ran out on" in mail(store, date(2027, 9, 1))
    with store.write() as session:
        withdraw_review(session, SETTINGS, "document", "A deadline is wrong.", 1, clock.now())
    assert "Pending expert review" in mail(store)
    with store.read() as session:
        assert len(session.scalars(select(GuideReview)).all()) == 3
        audit = session.scalars(select(AuditEvent).where(AuditEvent.subject == "guide us-ca document")).all()
        assert [event.kind for event in audit] == ["guide_reviewed", "guide_withdrawn"]


def test_a_step_that_was_sent_keeps_the_review_it_went_out_with(store: Store, clock: VirtualClock) -> None:
    sent = Step(
        case=Case(child_id=1), key="document", state="done", decided_at=clock.now(), suggested_at=clock.now()
    )
    clock.move_to(clock.now() + timedelta(days=1))
    both(store, clock, date(2027, 8, 31))
    with store.read() as session:
        assert guide_for(session, sent, clock.now(), SETTINGS).review_of("document", TODAY) == "pending"
        sent.state = "suggested"
        assert guide_for(session, sent, clock.now(), SETTINGS).review_of("document", TODAY) == "reviewed"


def test_a_review_is_of_the_words_as_they_were(store: Store, clock: VirtualClock) -> None:
    both(store, clock, date(2027, 8, 31))
    with store.write() as session:
        for row in session.scalars(select(GuideReview)):
            row.fingerprint = "of other words"
    assert "Pending expert review" in mail(store)
    with store.read() as session:
        found = {one.key: one.standing for one in reviewables(session, SETTINGS, TODAY)}
    assert (found["document"], found["urgent"]) == ("changed", "pending")


def test_reviews_that_run_out_are_found_a_month_before(store: Store, clock: VirtualClock) -> None:
    both(store, clock, date(2026, 9, 20), ("urgent",))
    both(store, clock, date(2026, 12, 1), ("document",))
    with store.read() as session:
        assert [one.key for one in needing_review(session, SETTINGS, TODAY)] == ["urgent"]
        late = needing_review(session, SETTINGS, date(2026, 11, 20))
    assert {one.key: one.standing for one in late} == {"urgent": "expired", "document": "soon"}


def test_the_guides_pages(store: Store, clock: VirtualClock) -> None:
    client = as_role(store, clock, "reviewer")
    for language in LANGUAGES:
        page = client.get(f"{GUIDE}?lang={language}").get_data(as_text=True)
        for told in ("us-ca", "us-il", load_guide().version):
            assert told in page
        facts = client.get(f"{GUIDE}facts?lang={language}").get_data(as_text=True)
        assert "56504" in facts
        assert len(facts.encode()) < 60_000
    for key in KEYS:
        page = client.get(f"{GUIDE}text/{key}?lang=en").get_data(as_text=True)
        assert 'lang="es">' in page
        assert len(page.encode()) < 60_000, key
    assert client.get(f"{GUIDE}text/dance").status_code == 404
    wrong = press(client, DOCUMENT, by="", on="2026-09-02", until="x", note="", do="review")
    assert wrong.status_code == 400
    assert wrong.get_data(as_text=True).count('class="problem"') == 3
    form = {"by": BY, "on": "2026-08-30", "until": "2026-09-20", "note": "Read twice."}
    assert press(client, DOCUMENT, **form, do="review").status_code == 303
    page = client.get(DOCUMENT).get_data(as_text=True)
    for told in (f"Reviewed by {BY}. It runs out soon", "Read twice.", "reviewer@example.org"):
        assert told in page
    assert "Needs a reviewer" in client.get(GUIDE).get_data(as_text=True)
    assert press(client, DOCUMENT, note="", do="withdraw").status_code == 400
    assert press(client, DOCUMENT, note="A new rule.", do="withdraw").status_code == 303
    assert "The review was withdrawn." in client.get(DOCUMENT).get_data(as_text=True)


def test_only_reviewers_write_reviews_down(store: Store, clock: VirtualClock) -> None:
    assert client_of(store, clock).get(GUIDE).status_code == 401
    form = {"by": BY, "on": "2026-08-30", "until": "2026-09-20", "note": "", "do": "review"}
    for role in ("helper", "editor"):
        client = as_role(store, clock, role)
        assert client.get(DOCUMENT).status_code == 200
        assert press(client, "/family/enter", DOCUMENT, **form).status_code == 403
    assert press(as_role(store, clock, "owner"), DOCUMENT, **form).status_code == 303
    with store.read() as session:
        assert [row.by_name for row in session.scalars(select(GuideReview))] == [BY]
