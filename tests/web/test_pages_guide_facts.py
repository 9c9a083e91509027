"""Facts of the guide: checked one by one, found again when a check ends or the fact changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.families.guide_reviews import (
    fact_reviewables,
    needing_review,
    record_review,
    reviewables,
    withdraw_review,
)
from assistant.guide.checked import KEYS
from assistant.guide.loader import jurisdictions, load_guide
from assistant.guide.stated import fact_print, facts_of, stated, texts_stating
from assistant.store import AuditEvent, GuideReview, Store
from assistant.words import LANGUAGES
from tests.support.family import SETTINGS
from tests.web.pages_support import press
from tests.web.test_pages_guide import BY, GUIDE, TODAY, as_role, both, mail

RECORDS = f"{GUIDE}fact/clock.records"
FORM = {"by": BY, "on": "2026-08-30", "until": "2026-09-20", "note": ""}


@pytest.mark.parametrize("jurisdiction", jurisdictions())
def test_every_fact_has_a_print_of_its_own_and_is_found_in_texts(jurisdiction: str) -> None:
    guide = load_guide(jurisdiction)
    facts = stated(guide)
    assert len({fact_print(one) for one in facts.values()}) == len(facts)
    assert max(map(len, facts)) <= 40  # as wide as the column
    told = {one for key in KEYS for one in facts_of(guide, key)}
    # Rules, times, addresses and who helps are there to be stated; of the others some stand on pages only.
    assert {key for key in facts if key.startswith(("cite.", "clock.", "place.", "helper."))} <= told
    assert {"document", "records_request", "clock_before"} <= set(texts_stating(guide, "clock.records"))


def test_what_a_fact_says_is_its_print_and_the_day_it_was_read_is_not() -> None:
    guide = load_guide("us-ca")
    was = stated(guide)
    rule = replace(guide.clocks["records"], length=7)
    changed = stated(replace(guide, clocks={**guide.clocks, "records": rule}))
    assert fact_print(changed["clock.records"]) != fact_print(was["clock.records"])
    moved = replace(guide.citations["records"], source="https://elsewhere.example")
    cited = stated(replace(guide, citations={**guide.citations, "records": moved}))
    assert fact_print(cited["cite.records"]) != fact_print(was["cite.records"])
    read = replace(guide.citations["records"], verified_on=date(2030, 1, 1))
    again = stated(replace(guide, citations={**guide.citations, "records": read}))
    assert fact_print(again["cite.records"]) == fact_print(was["cite.records"])


def test_a_check_ends_and_a_changed_fact_is_to_be_checked_again(store: Store, clock: VirtualClock) -> None:
    def standing(today: date) -> dict[str, str]:
        with store.read() as session:
            found = {one.key: one.standing for one in needing_review(session, SETTINGS, today)}
            every: dict[str, str] = {
                one.key: one.standing for one in fact_reviewables(session, SETTINGS, today)
            }
        assert found == {key: one for key, one in every.items() if one not in ("pending", "reviewed")}
        return every

    with store.write() as session:
        record_review(session, SETTINGS, "clock.records", BY, TODAY, date(2026, 12, 1), "", 1, clock.now())
    assert standing(TODAY)["clock.records"] == "reviewed"
    assert standing(TODAY)["cite.records"] == "pending"
    assert standing(date(2026, 11, 20))["clock.records"] == "soon"
    assert standing(date(2026, 12, 2))["clock.records"] == "expired"
    with store.write() as session:
        session.scalars(select(GuideReview)).one().fingerprint = "what it said before"
    assert standing(TODAY)["clock.records"] == "changed"


def test_a_fact_in_doubt_makes_what_states_it_pending(store: Store, clock: VirtualClock) -> None:
    both(store, clock, date(2027, 8, 31))
    assert BY in mail(store)
    with store.write() as session:
        row = withdraw_review(session, SETTINGS, "clock.records", "The law changed.", 1, clock.now())
        kept = row.fingerprint
    assert "Pending expert review" in mail(store)
    with store.read() as session:
        told = {one.key: one.standing for one in reviewables(session, SETTINGS, TODAY)}
    assert (told["document"], told["urgent"]) == ("doubted", "pending")
    for written, sent in (("what it said before", BY), (kept, "Pending expert review")):
        with store.write() as session:  # of a fact that says something else since, the doubt is over
            doubts = select(GuideReview).where(GuideReview.key == "clock.records")
            session.scalars(doubts).one().fingerprint = written
        assert sent in mail(store)
    with store.write() as session:
        record_review(session, SETTINGS, "clock.records", BY, TODAY, date(2027, 8, 31), "", 1, clock.now())
    assert BY in mail(store)


def test_a_fact_is_checked_on_its_page_and_stands_in_the_queue(store: Store, clock: VirtualClock) -> None:
    reviewer, owner = as_role(store, clock, "reviewer"), as_role(store, clock, "owner")
    assert reviewer.get(f"{GUIDE}fact/clock.dance").status_code == 404
    assert press(reviewer, RECORDS, f"{GUIDE}fact/clock.dance", **FORM, do="review").status_code == 404
    assert press(reviewer, RECORDS, **(FORM | {"by": ""}), do="review").status_code == 400
    assert press(reviewer, RECORDS, **FORM, do="review").status_code == 303
    guide = load_guide("us-ca")
    name = guide.clock_texts["records"].name
    for language in LANGUAGES:
        page = reviewer.get(f"{RECORDS}?lang={language}").get_data(as_text=True)
        for told in (BY, name[language], guide.letters.texts["records_request", language].title):
            assert told in page
        assert name[language] in owner.get(f"/admin/queues/?lang={language}").get_data(as_text=True)
    assert "The facts in it" in owner.get(f"{GUIDE}text/document?lang=en").get_data(as_text=True)
    assert press(reviewer, RECORDS, note="", do="withdraw").status_code == 400
    assert press(reviewer, RECORDS, note="The law changed.", do="withdraw").status_code == 303
    with store.read() as session:
        audit = session.scalars(select(AuditEvent).where(AuditEvent.subject == "guide us-ca clock.records"))
        assert [event.kind for event in audit] == ["guide_reviewed", "guide_withdrawn"]
    editor = as_role(store, clock, "editor")
    assert press(editor, "/family/enter", RECORDS, **FORM, do="review").status_code == 403


def test_every_kind_of_fact_has_a_small_page(store: Store, clock: VirtualClock) -> None:
    client = as_role(store, clock, "helper")
    for key in {one.group: key for key, one in stated(load_guide("us-ca")).items()}.values():
        page = client.get(f"{GUIDE}fact/{key}?lang=es")
        assert page.status_code == 200, key
        assert len(page.data) < 60_000


def test_the_audit_log_names_the_fact(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        withdraw_review(session, SETTINGS, "clock.records", "The law changed.", 1, clock.now())
    page = as_role(store, clock, "owner").get("/admin/audit/?lang=en").get_data(as_text=True)
    assert f"A time set by law: {load_guide('us-ca').clock_texts['records'].name['en']}" in page
