"""Steps and letters: complete in both languages, calm, true to the log, safe with any name."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.escalation.types import DueDate, StepKey, Why
from assistant.guide import loader
from assistant.guide.docx import letter_docx
from assistant.guide.facts import LetterRow, StepFacts
from assistant.guide.loader import LETTER_OF, GuideError, load_guide
from assistant.guide.render import letter_text, render_letters, render_step
from assistant.words import LANGUAGES, Cause, Language, Outcome

GUIDE = load_guide()
BANNED = re.compile(r"violat|illegal|guarantee|owe you|violaci|ilegal|garanti", re.I)
DAYS = [date(2026, 9, 8), date(2026, 9, 10)]


def due(name: str, day: date, latest: date | None = None) -> DueDate:
    return DueDate(name, "legal", date(2026, 9, 18), day, latest or day, "a law")


FACTS = StepFacts(
    today=date(2026, 9, 18),
    nickname="Leo",
    full_name="Leonardo Rivera",
    school="Alder Elementary",
    district="Alder Unified",
    caregiver_name="Ana Rivera",
    email="ana@example.org",
    phone="+14155550101",
    language="es",
    service="Speech-language therapy",
    alias="speech",
    iep_dated=date(2026, 5, 14),
    iep_wording="30 minutes, Tuesday and Thursday",
    minutes=30,
    first=date(2026, 8, 18),
    last=date(2026, 9, 17),
    rows=(
        LetterRow(DAYS[0], 30, 0, Outcome.MISSED, Cause.PROVIDER_ABSENT, "no vino", 3),
        LetterRow(DAYS[1], 30, 15, Outcome.PARTIAL, None, "15 min", 4),
    ),
    misses=1,
    partials=1,
    minutes_expected=270,
    minutes_received=195,
    minutes_short=45,
    not_counted=(("family", 1, 30), ("unanswered", 2, 60)),
    percent_of_all=17,
    percent_of_attended=19,
    earlier=((StepKey.DOCUMENT, date(2026, 9, 12)),),
    dates=(
        due("records", date(2026, 9, 25)),
        due("reply", date(2026, 10, 2)),
        due("meeting", date(2027, 1, 18), date(2027, 1, 22)),
        due("lookback", date(2027, 9, 8)),
    ),
    why=Why("misses_in_window", {"misses": 2}, (3, 4)),
    page_url="https://iep.example.org/step/abc",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", list(StepKey))
def test_every_step_is_whole_and_calm(step: StepKey, language: Language) -> None:
    found = render_step(GUIDE, step, language, FACTS)
    for text in (found.subject, found.text, found.html):
        assert "{{" not in text
        assert "@@" not in text
        assert not BANNED.search(text), BANNED.search(text)
    for line in (GUIDE.jurisdiction, GUIDE.review, GUIDE.not_advice):
        assert line[language] in found.text
    assert GUIDE.version in found.text
    assert found.subject.startswith("Leo: ")
    assert "IEP" not in found.subject


def grade(text: str) -> float:
    """Flesch-Kincaid grade, syllables by vowel groups."""
    words = re.findall(r"[A-Za-z']+", text)
    sentences = max(1, len(re.findall(r"[.!?]+(?:\s|$)", text)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", w.lower())))) for w in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


@pytest.mark.parametrize("step", list(StepKey))
def test_step_mails_are_grade_seven_or_lower(step: StepKey) -> None:
    body = render_step(GUIDE, step, "en", FACTS).text.split("-" * 60)[0].split("\n-- \n")[0]
    assert grade(re.sub(r"<[^>]+>|\([^)]*\)", "", body)) <= 7


@pytest.mark.parametrize("step", list(LETTER_OF))
def test_letters_say_what_the_log_says_and_what_is_not_counted(step: StepKey) -> None:
    (letter,) = render_letters(GUIDE, step, "es", FACTS)
    text = letter_text(letter)
    for fact in ("Leonardo Rivera", "Alder Elementary", "Alder Unified", "Ana Rivera", "ana@example.org"):
        assert fact in letter.english
        assert letter.translation is not None
        assert fact in letter.translation
    assert "May 14, 2026" in letter.english
    assert FACTS.iep_wording in letter.english
    assert letter.before_you_send
    assert letter.entries == (3, 4)
    if step is StepKey.DOCUMENT:
        assert "September 25, 2026" in text
        return
    for fact in ("September 8, 2026", "September 10, 2026", "the provider was out", "45", "270"):
        assert fact in text, fact
    assert "the child was absent (30 minutes)" in letter.english
    assert "I did not answer the question (60 minutes)" in letter.english
    if step is StepKey.IEP_MEETING:
        assert "between Monday, January 18, 2027 and Friday, January 22, 2027" in letter.english


def test_an_english_family_gets_one_language_and_no_interpreter_line() -> None:
    (letter,) = render_letters(GUIDE, StepKey.WRITTEN_NOTICE, "en", replace(FACTS, language="en"))
    assert letter.translation is None
    assert "interpreter" not in letter.english


@pytest.mark.parametrize("step", list(LETTER_OF))
def test_a_letter_is_an_editable_document_and_always_the_same_bytes(step: StepKey) -> None:
    (letter,) = render_letters(GUIDE, step, "es", FACTS)
    data = letter_docx(letter)
    assert data == letter_docx(letter)
    document = Document(io.BytesIO(data))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert letter.before_you_send[0] not in text
    if step is not StepKey.DOCUMENT:
        assert [len(table.rows) for table in document.tables] == [3, 3]
        assert document.tables[0].rows[1].cells[0].text == "Tuesday, September 8, 2026"


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60), st.sampled_from([StepKey.WRITTEN_NOTICE, StepKey.RESOLVED]))
def test_no_name_breaks_a_text_or_brings_markup_along(name: str, step: StepKey) -> None:
    odd = name + " {{ 7*7 }} {% raw %} <b>x</b> <http://evil.example> [a](http://evil.example) **x**"
    facts = replace(FACTS, nickname=odd, full_name=odd, caregiver_name=odd, service=odd)
    found = render_step(GUIDE, step, "en", facts)
    assert "49" not in found.html.replace("49069", "")
    for tag in ("<b>", 'href="http://evil', "<strong>x"):
        assert tag not in found.html
    for letter in render_letters(GUIDE, step, "en", facts):
        letter_docx(letter)


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("es/document.toml", None, "es/document.toml: is missing"),
        ("en/document.toml", ("{{ why }}", "{{ wy }}"), "unknown placeholder {{ wy }}"),
        ("en/document.toml", ("{{ why }}", "{% if %}"), "line 1"),
        ("guide.toml", ('sure = "A"', ""), "a citation needs its source"),
        ("en/words.toml", ("held = ", "hold = "), "held: is missing"),
        ("letters/written_notice.es.toml", ("title = ", "titel = "), "title: is missing"),
    ],
)
def test_each_fault_of_a_guide_is_a_line(
    tmp_path: Path, file: str, change: tuple[str, str] | None, said: str
) -> None:
    shutil.copytree(Path(loader.__file__).parent / "us-ca", tmp_path / "us-ca")
    target = tmp_path / "us-ca" / file
    if change is None:
        target.unlink()
    else:
        text = target.read_text()
        assert change[0] in text
        target.write_text(text.replace(*change))
    with pytest.raises(GuideError) as caught:
        load_guide("us-ca", tmp_path)
    assert any(said in line for line in caught.value.problems), caught.value.problems
