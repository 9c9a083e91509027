"""Steps and letters: complete in both languages, calm, true to the log, safe with any name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.escalation.types import DueDate, StepKey
from assistant.guide.checked import KEYS
from assistant.guide.letters import LETTERS_OF
from assistant.guide.loader import Guide
from assistant.guide.render import footer_lines, letter_allowed, render_clock_mail, render_step, whole_review
from assistant.guide.types import Review
from assistant.words import LANGUAGES, Language
from messages.readability import FAIRLY_EASY, english_grade, spanish_ease
from tests.guide.guide_cases import BANNED, FACTS, GUIDES, due, prose
from tests.support.examples import some

GUIDE = GUIDES["us-ca"]
EVERY_GUIDE = pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
EVERY_STEP = pytest.mark.parametrize("step", list(StepKey))


@EVERY_GUIDE
@EVERY_LANGUAGE
@EVERY_STEP
def test_every_step_is_whole_and_calm(step: StepKey, language: Language, guide: Guide) -> None:
    found = render_step(guide, step, language, FACTS)
    for text in (found.subject, found.text, found.html):
        assert "{{" not in text
        assert "@@" not in text
        assert "None" not in text
        assert "\n\n\n" not in text
        assert not BANNED.search(text), BANNED.search(text)
    for line in (guide.jurisdiction[language], guide.not_advice[language], guide.version):
        assert line in found.text
        assert line in found.html
    assert guide.words[language]["review_pending"] in found.text
    assert found.subject.startswith("Leo: ")
    assert "IEP" not in found.subject


@EVERY_GUIDE
@EVERY_LANGUAGE
@EVERY_STEP
def test_a_step_has_one_button_and_not_now_beside_it(step: StepKey, language: Language, guide: Guide) -> None:
    found = render_step(guide, step, language, FACTS)
    assert found.html.count(f'href="{FACTS.page_url}"') == 1
    button = found.text.index(f": {FACTS.page_url}\n")
    beside = found.text[button:].split("\n\n")[1].lower()
    assert "not now" in beside or "ahora no" in beside
    assert "Dear" not in found.text, "the letter is on the page, not in the e-mail"


def readable(text: str, language: Language) -> None:
    if language == "en":
        assert english_grade(prose(text)) <= 7, english_grade(prose(text))
    else:
        assert spanish_ease(prose(text)) >= FAIRLY_EASY, spanish_ease(prose(text))


@EVERY_GUIDE
@EVERY_LANGUAGE
@EVERY_STEP
def test_step_mails_are_grade_seven_or_lower(step: StepKey, language: Language, guide: Guide) -> None:
    readable(render_step(guide, step, language, FACTS).text, language)


@EVERY_LANGUAGE
def test_a_mail_that_asks_for_what_a_letter_needs_is_as_plain(language: Language) -> None:
    for step, names in LETTERS_OF.items():
        missing = GUIDE.letters.asked_for(names)[:3]
        readable(render_step(GUIDE, step, language, FACTS, missing=missing).text, language)


@EVERY_LANGUAGE
@EVERY_STEP
def test_an_expired_review_leaves_facts_and_help_and_no_letter(step: StepKey, language: Language) -> None:
    ran_out = Review("Dr. Reviewer", date(2026, 9, 17))
    for key in {step.value, *LETTERS_OF.get(step, ())[:1]}:
        guide = replace(GUIDE, reviews={**GUIDE.reviews, key: ran_out})
        assert guide.review_of(key, date(2026, 9, 17)) == "reviewed"
        assert guide.review_of(key, FACTS.today) == "expired"
        assert not letter_allowed(guide, step, FACTS.today)
        found = render_step(guide, step, language, FACTS)
        assert found.subject != render_step(GUIDE, step, language, FACTS).subject
        for fact in ("45", "270", guide.helpers[0].page, guide.places["cde"].name, "Dr. Reviewer"):
            assert fact in found.text, fact
        assert guide.expired[language].body.split("**")[1] in found.text
        readable(found.text, language)
        assert not BANNED.search(found.html)


def test_the_whole_guide_counts_its_reviews() -> None:
    def told(until: dict[str, date], language: Language = "en") -> str:
        reviews = {key: Review("Dr. Reviewer", day) for key, day in until.items()}
        return whole_review(replace(GUIDE, reviews=reviews), language, FACTS.today)

    soon, past = FACTS.today + timedelta(days=9), FACTS.today - timedelta(days=1)
    every = dict.fromkeys(KEYS, date(2029, 1, 31))
    assert told({}) == told({"document": past}) == GUIDE.words["en"]["review_pending"]
    assert f"2 of the {len(KEYS)}" in told({"document": soon, "records_request": soon, "urgent": past})
    assert "pendientes" in told({"document": soon}, "es")
    assert "first of these reviews holds until Wednesday, January 31, 2029" in told(every)
    assert str(soon.day) in told({**every, "document": soon}), "the first to run out is told"


def test_the_footer_says_who_reviewed_it_and_until_when() -> None:
    guide = replace(GUIDE, reviews={"document": Review("Dr. Reviewer", date(2027, 1, 31))})
    (line,) = [one for one in footer_lines(guide, "en", FACTS.today, "document") if "Dr. Reviewer" in one]
    assert "Sunday, January 31, 2027" in line
    assert "Pending" in footer_lines(guide, "en", FACTS.today, "records_request")[1]
    mail = render_step(guide, StepKey.DOCUMENT, "en", FACTS).text
    assert "Pending expert review" in mail, "the letter of the step has no review yet"


@EVERY_GUIDE
@EVERY_LANGUAGE
@pytest.mark.parametrize("when", ["before", "after"])
def test_mails_about_dates_are_whole_calm_and_plain(when: str, language: Language, guide: Guide) -> None:
    for name, rule in guide.clocks.items():
        one = DueDate(name, rule.kind, date(2026, 9, 18), date(2026, 9, 25), date(2026, 9, 28), rule.citation)
        step = rule.starts[0]
        found = render_clock_mail(
            guide, "before" if when == "before" else "after", name, step, language, FACTS, one
        )
        assert "2026" in found.text
        assert "28" in found.text
        assert ("(" + rule.citation + ")" in found.text) == (rule.kind == "legal")
        for text in (found.subject, found.text, found.html):
            assert "{" not in text.replace("{1,}", "")
            assert not BANNED.search(text)
        assert "IEP" not in found.subject
        assert found.html.count(f'href="{FACTS.page_url}"') == 1
        readable(found.text, language)


def test_a_date_that_passed_asks_what_happened_and_blames_nobody() -> None:
    one = due("records", date(2026, 9, 25))
    found = render_clock_mail(GUIDE, "after", "records", StepKey.DOCUMENT, "en", FACTS, one).text
    for word in ("Answered", "Refused", "Fixed", "by Friday, September 25, 2026", "(a law)"):
        assert word in found
    assert "late" not in found.replace("just late", "")
    edge = due("lookback", date(2027, 9, 8))
    own = render_clock_mail(GUIDE, "after", "lookback", StepKey.WRITTEN_NOTICE, "en", FACTS, edge).text
    assert "Refused" not in own, "nobody has to answer about the family's own date"


def test_what_differs_is_said_where_it_differs() -> None:
    mail = {key: render_step(guide, StepKey.DOCUMENT, "en", FACTS).text for key, guide in GUIDES.items()}
    assert "5 business days" in mail["us-ca"]
    assert "10 business days" in mail["us-il"]
    assert "California" not in mail["us-il"]
    notice = render_step(GUIDES["us-il"], StepKey.WRITTEN_NOTICE, "en", FACTS).text
    assert "10 school days" in notice
    assert "3 school days" in notice
    complaint = render_step(GUIDES["us-il"], StepKey.COMPLIANCE_COMPLAINT, "es", FACTS).text
    assert "statecomplaints@isbe.net" in complaint
    assert "CDE" not in complaint


def test_a_guide_without_a_clock_says_so_instead() -> None:
    facts = replace(FACTS, dates=())
    bare = replace(GUIDES["us-il"], clocks={}, clock_texts={}, say={k: {} for k in LANGUAGES})
    bare = replace(bare, say={k: dict.fromkeys(GUIDES["us-il"].say[k], "") for k in LANGUAGES})
    for step in StepKey:
        assert "None" not in render_step(bare, step, "en", facts).text


@settings(max_examples=some(40), deadline=None)
@given(st.text(max_size=60), st.sampled_from([StepKey.WRITTEN_NOTICE, StepKey.RESOLVED]))
def test_no_name_breaks_a_text_or_brings_markup_along(name: str, step: StepKey) -> None:
    odd = name + " {{ 7*7 }} {% raw %} <b>x</b> <http://evil.example> [a](http://evil.example) **x**"
    facts = replace(FACTS, nickname=odd, full_name=odd, caregiver_name=odd, service=odd)
    found = render_step(GUIDE, step, "en", facts)
    assert "49" not in found.html.replace("49069", "")
    for tag in ("<b>", 'href="http://evil', "<strong>x"):
        assert tag not in found.html


def test_only_what_is_recorded_is_said_to_be() -> None:
    """Whether the school wrote by itself, only the parent knows: that date is asked about, not recorded."""
    guide, day = GUIDES["us-il"], date(2026, 9, 21)
    for name, recorded in (("records", True), ("missed_service_notice", False)):
        one = DueDate(name, "legal", date(2026, 9, 1), day, day, "a law")
        text = render_clock_mail(guide, "after", name, StepKey.DOCUMENT, "en", FACTS, one).text
        assert ("Your record now says" in text) == recorded
