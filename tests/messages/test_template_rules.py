"""What is said about words before anybody gets them: names, words that do not belong, size, reply words."""

from __future__ import annotations

import re

import pytest

from assistant.conversation.reply_words import check, play
from assistant.words import LANGUAGES, Cause, Language, Outcome
from messages.template_diff import pieces
from messages.template_rules import allowed_names, look, most_segments, without
from messages.template_samples import Size, sample
from messages.template_states import keys
from messages.templates import catalogue, fill

ONE = "texts.question_one"
WORDS = "{child}: did {alias} happen {when}? Text 1 yes, 2 no, 3 not sure."


def codes(key: str, body: str, language: Language = "en", **more: str) -> set[str]:
    return {one.code for one in look(key, language, body, "Every Session", **more).findings}  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_ship_has_no_errors_and_its_reply_words_are_understood(language: Language) -> None:
    for key in keys():
        looked = look(key, language, catalogue(language)[key], "Every Session", live=catalogue(language)[key])
        assert looked.errors == [], key
        assert looked.filled, key
        assert check(key, language, looked.filled) == [], key


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        (ONE, " ", "empty"),
        (ONE, "{child", "braces"),
        (ONE, "{child!r} {alias}", "braces"),
        (ONE, "{chld}: {alias}?", "unknown_name_near"),
        (ONE, "{zzzz}: {alias}?", "unknown_name"),
        (ONE, "A violation of {alias}?", "banned"),
        (ONE, "We guarantee {alias}.", "banned"),
        (ONE, "{child} has autism.", "diagnosis"),
        (ONE, "Text CANCEL if not.", "carrier_word"),
        (ONE, "Text end if it did not happen.", "carrier_word"),
        (ONE, "Text YES or 2.", "carrier_word"),
        (ONE, "{child} \x07", "control"),
        (ONE, "{child} " * 200, "too_long"),
        ("texts.link", "Your page is ready.", "needed_name"),
        ("texts.invite", "{program}: text JOIN. STOP to stop. Rates may apply.", "consent_word"),
        ("texts.invite", "{program}: text JOIN. HELP for help, STOP to stop.", "consent_rates"),
        ("texts.invite", "Text JOIN. HELP for help, STOP to stop. Rates may apply.", "consent_program"),
        ("texts.invite", "{program}: text JOIN. HELP, STOP to stop. Rates may apply.", "consent_frequency"),
        ("texts.help", "{program}: we ask about {child}'s sessions.", "way_out"),
        ("texts.stopped", "{program}: no more texts.", "way_out"),
        ("texts.test_invite", "{program}: text JOIN to get test texts. STOP to stop.", "consent_rates"),
        ("words.on", "that day", "needed_name"),
        ("words.held", "yes " * 50, "too_long"),
        ("words.item_happened", "{name}: 1 no 2 yes", "offer"),
        ("footer.answer_question", "Answer with: sure thing, or nope, or purple.", "offer"),
        ("footer.answer_step", "Answer with: sent, or purple.", "offer"),
        (
            ONE,
            WORDS + " Thank you so much for telling us about it. It helps a lot to keep a full log.",
            "segments_most",
        ),
        ("mails.question.subject", "{child}\n{when}", "subject_lines"),
    ],
)
def test_errors(key: str, body: str, code: str) -> None:
    looked = look(key, "en", body, "Every Session")
    assert code in {one.code for one in (*looked.errors, *check(key, "en", looked.filled))}


# What must never stand in a text to a phone: who the child is beyond a nickname, what it has, where it goes,
# and a service as the IEP names it. `sample` has such a name for {name}, which is for e-mails alone.
DENIED = re.compile(
    r"Hern[aá]ndez|Ruiz|school of|elementary|academy|academia|primaria|unified school|"
    r"speech[- ]language|occupational|physical therapy|counseling services|terapia|"
    r"autis|adhd|tdah|diagnos|disab|discapac|syndrome|s[ií]ndrome|\bIEP\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_tells_more_than_a_nickname_and_a_private_word(language: Language) -> None:
    sizes: tuple[Size, ...] = ("long", "usual")
    for key, body in catalogue(language).items():
        if key.startswith(("texts.", "words.")):
            for size in sizes:
                filled = fill(body, sample(key, language, "Every Session", size), key)
                assert not DENIED.search(filled), (key, filled)
    assert DENIED.search(fill("{name}", sample(ONE, language, "x"), "x"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_ship_costs_one_part_in_english_and_two_in_spanish(language: Language) -> None:
    for key in keys():
        looked = look(key, language, catalogue(language)[key], "Every Session")
        if looked.cost is not None:
            assert looked.cost.segments <= most_segments(language), (key, looked.filled)


def test_a_long_name_of_the_program_is_not_its_authors_fault() -> None:
    shipped, name = catalogue("en")["texts.invite"], "Family Resource Network of the Central Valley"
    assert look("texts.invite", "en", shipped, name).errors == []
    longer = shipped + " We are glad that you are here. " * 5
    assert "segments_most" in {one.code for one in look("texts.invite", "en", longer, name).errors}


def test_warnings_size_and_letters() -> None:
    assert codes(ONE, WORDS, live=WORDS) == set()
    assert codes(ONE, "{child}: {alias}?", live=WORDS) == {"name_dropped"}
    assert codes(ONE, WORDS, live="{child}: {alias}?") == {"name_added"}
    assert "school" in codes(ONE, WORDS + " At Alder Elementary.", schools=["Alder Elementary"])  # type: ignore[arg-type]
    assert "service" in codes(ONE, WORDS + " Speech-language Therapy.", services=["Speech-language therapy"])  # type: ignore[arg-type]
    assert "links" in codes("texts.link", "{link} {link}")
    hard = (
        "Documentation regarding {alias} implementation necessitates immediate parental verification today."
    )
    assert "hard_text" in codes(ONE, hard)
    looked = look(ONE, "en", WORDS + " ☺ “so”", "Every Session")
    assert looked.cost is not None
    assert (looked.cost.encoding, looked.foreign) == ("UCS-2", (("☺", ""),))
    assert look(ONE, "en", "12 ☺ ñ", "x").grade is None  # no words to measure
    assert without("año ☺ á", "☺") == "año  á"
    assert without("mañana así", "í") == "mañana asi"
    spanish = look(
        ONE, "es", "{child}: ¿hubo {alias} {when}? Mande 1 sí, 2 no, 3 no sé. " + "Así es. " * 12, "x"
    )
    assert spanish.cost is not None
    assert spanish.cost.encoding == "GSM-7"  # accents are dropped where that saves a part
    assert ("í", "i") in spanish.foreign
    assert allowed_names(ONE) == ("child", "alias", "when")


@pytest.mark.parametrize(
    ("language", "offer", "wrong"),
    [
        ("en", "1 yes, 2 no, 3 not sure.", set()),
        ("en", "1 no, 2 yes, 3 not sure.", {"no", "yes"}),
        ("es", "1 sí, 2 no, 3 no sé.", set()),
        ("es", "1 sí, 2 nunca jamás lila, 3 no sé.", {"nunca jamás lila", "nunca jamas lila"}),
    ],
)
def test_reply_words_that_the_reader_takes_for_something_else(
    language: Language, offer: str, wrong: set[str]
) -> None:
    found = check(ONE, language, f"Leo: speech? Text {offer}")
    assert {one.values["word"] for one in found if one.code == "offer"} == wrong


def test_words_in_capitals_are_ones_we_act_on() -> None:
    found = check("texts.confirm", "es", "Anotado. Mande CORREJIR, CORREGIR o STOP.")
    assert [(one.level, one.values["word"]) for one in found] == [("warning", "CORREJIR")]


def test_playing_the_parent_reads_as_the_reader_does() -> None:
    played = play(ONE, "en", "x", "nope, her therapist had jury duty")
    assert [(one.outcome, one.cause) for one, _ in played.lines] == [(Outcome.MISSED, Cause.PROVIDER_ABSENT)]
    assert played.answers == "counseling Wed 12/16: no, provider out"
    both = play("texts.question_many", "es", "x", "A1 B2")
    assert [one.outcome for one, _ in both.lines] == [Outcome.HELD, Outcome.MISSED]
    assert play(ONE, "en", "x", "purple monkeys").lines == ()


def test_the_difference_is_told_in_words() -> None:
    told = pieces("Did {alias} happen?", "Was there {alias}?")
    assert [one for one in told if one[0] != "same"] == [
        ("removed", "Did"), ("added", "Was there"), ("removed", " happen"),
    ]  # fmt: skip
    assert "".join(text for kind, text in told if kind != "removed") == "Was there {alias}?"
