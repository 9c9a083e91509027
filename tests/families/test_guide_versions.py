"""Versions of the guide's texts over its files: what is in use, since when, and what no longer fits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from assistant.escalation.types import StepKey
from assistant.families.guide_versions import guide_now, guide_with_drafts, versions_now
from assistant.families.wordings import NotNowError, retire, review, roll_back, save, send_to_review
from assistant.guide.leaves import PIECES, as_body, from_body, leaves, with_words, words_of
from assistant.guide.loader import jurisdictions, load_guide
from assistant.store import Staff, Store
from assistant.words import LANGUAGES
from messages.template_states import guide_key, wording
from tests.support.family import SETTINGS

NOW = datetime(2026, 9, 1, 17, tzinfo=UTC)
LETTER = "letter.records_request"
KEY = guide_key("us-ca", LETTER)


def staff(store: Store, name: str) -> Staff:
    with store.write() as session:
        row = Staff(email=f"{name}@example.org", role="owner", created_at=NOW, ended_at=None)
        session.add(row)
        return row


def draft(store: Store, who: Staff, title: str, base: int, **more: str) -> None:
    said = words_of(load_guide("us-ca"), LETTER, "en") | {"title": title} | more
    with store.write() as session:
        save(session, who, KEY, "en", as_body(said), "clearer", NOW, base=base)
        send_to_review(session, who, wording(session, KEY, "en"), base + 1, NOW)


def let_in(store: Store, who: Staff, number: int, now: datetime = NOW) -> None:
    with store.write() as session:
        review(session, who, wording(session, KEY, "en"), number, date(2027, 9, 1), now.date(), now)


def title(store: Store, as_of: datetime | None = None, *, drafts: bool = False) -> str:
    with store.read() as session:
        guide = guide_with_drafts(session, SETTINGS) if drafts else guide_now(session, SETTINGS, as_of)
        return guide.letters.texts["records_request", "en"].title


def test_only_a_reviewed_version_is_used_and_a_past_moment_keeps_its_own(store: Store) -> None:
    ana, ben = staff(store, "ana"), staff(store, "ben")
    shipped = title(store)
    draft(store, ana, "Please show me the log", 0)
    assert (title(store), title(store, drafts=True)) == (shipped, "Please show me the log")
    later = NOW + timedelta(days=1)
    let_in(store, ben, 1, later)
    assert (title(store), title(store, NOW)) == ("Please show me the log", shipped)
    with store.read() as session:
        assert versions_now(session, "us-ca") == {(LETTER, "en"): 1}
        assert versions_now(session, "us-ca", NOW) == {}
    with store.write() as session:
        retire(session, ben, wording(session, KEY, "en"), 1, "wrong", later + timedelta(days=1))
    assert (title(store), title(store, later)) == (shipped, "Please show me the log")


def test_the_file_is_neither_reviewed_nor_retired_as_a_version(store: Store) -> None:
    ana, ben = staff(store, "ana"), staff(store, "ben")
    draft(store, ana, "Please show me the log", 0)
    let_in(store, ben, 1)
    with store.write() as session:
        one = wording(session, KEY, "en")
        with pytest.raises(NotNowError, match="file"):
            retire(session, ben, one, 0, "gone", NOW)
        with pytest.raises(NotNowError, match="file"):
            review(session, ben, one, 0, date(2027, 9, 1), NOW.date(), NOW)


def test_going_back_to_the_file_is_a_new_version(store: Store) -> None:
    ana, ben = staff(store, "ana"), staff(store, "ben")
    draft(store, ana, "Please show me the log", 0)
    let_in(store, ben, 1)
    with store.write() as session:
        roll_back(session, ana, wording(session, KEY, "en"), 0, "the old words were better", NOW)
    let_in(store, ben, 2)
    with store.read() as session:
        assert versions_now(session, "us-ca") == {(LETTER, "en"): 2}
        assert guide_now(session, SETTINGS).letters == load_guide("us-ca").letters


def test_a_version_for_another_form_of_the_text_is_passed_over(store: Store) -> None:
    ana, ben = staff(store, "ana"), staff(store, "ben")
    shipped = title(store)
    draft(store, ana, "Please show me the log", 0, part99="a part that the file has no longer")
    let_in(store, ben, 1)
    assert (title(store), title(store, drafts=True)) == (shipped, shipped)
    with store.read() as session:
        assert versions_now(session, "us-ca") == {}


@pytest.mark.parametrize("jurisdiction", jurisdictions())
def test_every_text_comes_apart_and_together_again(jurisdiction: str) -> None:
    guide = load_guide(jurisdiction)
    for piece in PIECES:
        assert len(guide_key(jurisdiction, piece)) <= 40
        keys = {tuple(leaf.key for leaf in leaves(guide, piece, language)) for language in LANGUAGES}
        assert len(keys) == 1, f"{piece}: a translation is written beside its source, word by word"
        for language in LANGUAGES:
            said = words_of(guide, piece, language)
            assert from_body(as_body(said)) == said
            assert with_words(guide, piece, language, said) == guide
            changed = {key: f"{text} *" for key, text in said.items()}
            assert words_of(with_words(guide, piece, language, changed), piece, language) == changed


def test_other_words_than_the_text_has_are_refused() -> None:
    guide = load_guide()
    said = words_of(guide, f"mail.{StepKey.DOCUMENT}", "en")
    with pytest.raises(ValueError, match="another form"):
        with_words(guide, f"mail.{StepKey.DOCUMENT}", "en", said | {"extra": "x"})
