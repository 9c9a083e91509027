"""The signs that an advocate or attorney may help: the whole list, plainly, as an option, with who helps."""

from __future__ import annotations

import pytest

from assistant.escalation.signals import RULES
from assistant.guide.loader import Guide
from assistant.guide.signals import render_signals
from assistant.words import LANGUAGES, Language
from messages.readability import FAIRLY_EASY, english_grade, spanish_ease
from tests.guide.guide_cases import BANNED, GUIDES, prose

EVERY_GUIDE = pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
# The list of the guide this project began with, then that of the field notes; the tool's own rules apart.
ASKED = {
    *("assessment_unanswered", "assessment_overdue", "losing_instruction", "disciplined_often", "regression"),
    *("placement_change", "preparing_dispute", "unsafe", "suspended_ten_days", "district_files"),
    *("asked_to_sign", "cut_without_notice", "state_decision", "order_not_followed", "retaliation"),
    *("private_placement", "several_children", "who_decides", "turning_eighteen", "needs_help_writing"),
}


@EVERY_GUIDE
def test_the_whole_list_is_there_known_or_asked(guide: Guide) -> None:
    assert {one.rule for one in guide.signals if one.how == "known"} == set(RULES)
    assert {one.key for one in guide.signals if one.how == "asked"} == ASKED


@EVERY_GUIDE
@EVERY_LANGUAGE
def test_each_signal_is_plain_and_accuses_nobody(guide: Guide, language: Language) -> None:
    for one in guide.signals:
        for text in filter(None, (one.ask[language], one.text[language])):
            hard = english_grade(text) > 7 if language == "en" else spanish_ease(text) < FAIRLY_EASY
            assert not hard, (one.key, text)
            assert not BANNED.search(text), (one.key, text)
        if one.how == "asked":
            assert one.ask[language].endswith("?")


@EVERY_GUIDE
@EVERY_LANGUAGE
def test_signals_come_as_an_option_with_free_help(guide: Guide, language: Language) -> None:
    found = render_signals(guide, ["share_lost", "one_year_edge"], language)
    texts = {one.key: one.text[language] for one in guide.signals}
    for part in (found.text, found.html):
        assert texts["share_lost"] in part
        assert texts["one_year_edge"] in part
        assert texts["unsafe"] not in part
        assert guide.helpers[0].page in part
        assert guide.words[language]["signals_meanwhile"] in part
    assert "<script" not in found.html
    reading = (
        english_grade(prose(found.text)) <= 7 if language == "en" else spanish_ease(prose(found.text)) >= 65
    )
    assert reading


def test_no_signal_is_no_text() -> None:
    assert render_signals(GUIDES["us-ca"], ["long_gone"], "en") == render_signals(GUIDES["us-ca"], [], "es")
    assert render_signals(GUIDES["us-ca"], [], "en").text == ""


def test_a_states_own_time_is_in_its_signal() -> None:
    def ask(key: str) -> str:
        return next(one.ask["en"] for one in GUIDES[key].signals if one.key == "assessment_unanswered")

    assert "15 days" in ask("us-ca")
    assert "14 school days" in ask("us-il")
