"""The printed evidence: tagged, complete, quick, and unmoved by whatever a parent writes."""

from __future__ import annotations

import io
import re
import string
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typst
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from assistant.escalation.types import Occasion, StepKey
from assistant.evidence.collect import collect, mark_of, timing
from assistant.evidence.collected import Evidence, Section, Wanted
from assistant.evidence.ledger import TERMS, fold
from assistant.evidence.paper import as_pdf, as_pictures
from assistant.evidence.paper.glyphs import printable
from assistant.evidence.paper.shape import GROUPS, MARKS, shape
from assistant.evidence.paper.speech import speech
from assistant.guide.loader import load_guide
from assistant.store import Store
from assistant.words import LANGUAGES, Bucket, Cause, Knows, Language, Outcome, bucket_of
from jobs.bench_evidence import fill
from tests.support.examples import some
from tests.support.stores import new_sqlite
from tests.support.tagged import problems

PAPER = Path(shape.__code__.co_filename).parent


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, datetime]]:
    """A child with 300 entries about two services."""
    store = new_sqlite(tmp_path_factory.mktemp("evidence") / "store.db")
    yield store, fill(store, 300)
    store.close()


def gathered(filled: tuple[Store, datetime], wanted: Wanted | None = None, *sections: Section) -> Evidence:
    store, now = filled
    with store.read() as session:
        return collect(session, 1, wanted or Wanted(), now, load_guide("us-ca"), sections)


def read(pdf: bytes) -> tuple[PdfReader, str]:
    """The PDF and all its text, its white space folded."""
    reader = PdfReader(io.BytesIO(pdf))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.mark.parametrize("language", ["es"])  # the longer of the two
def test_three_hundred_entries_in_two_seconds_tagged_and_every_date_in_the_text(
    filled: tuple[Store, datetime], language: Language
) -> None:
    evidence = gathered(filled, Wanted(language=language))
    begun = time.process_time()  # of this process: the machine may be busy with others
    pdf = as_pdf(evidence)
    assert time.process_time() - begun < 2
    reader, text = read(pdf)
    assert problems(reader, language) == []
    said, zone = speech(language), ZoneInfo(evidence.zone)
    assert len(evidence.told) == 300
    for entry in evidence.told:
        assert said.day(entry.day).replace("\u00a0", " ") in text
        for key in ("asked_at", "answered_at"):
            if entry.content[key]:
                moment = said.moment(datetime.fromisoformat(entry.content[key]), zone)
                assert " ".join(moment.split()) in text
        assert f" {entry.number} " in text
    assert evidence.head in text
    assert all(len(page.extract_text()) > 100 for page in reader.pages)
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in reader.pages} == {
        (612, 792)
    }


def test_the_check_of_tags_finds_what_is_not_tagged(tmp_path: Path) -> None:
    source = tmp_path / "bare.typ"
    source.write_text("#table(columns: 2, [a], [b])\n#rect()\n= Title")
    bare = PdfReader(io.BytesIO(typst.compile(str(source), format="pdf", pdf_tags=False)))
    assert len(problems(bare, "en")) >= 4
    tagged = PdfReader(io.BytesIO(typst.compile(str(source), format="pdf")))
    assert "a table has no head" in problems(tagged, "en")
    assert "has no title" in problems(tagged, "en")


def test_the_same_evidence_is_the_same_bytes(filled: tuple[Store, datetime]) -> None:
    evidence = gathered(filled, Wanted(last=date(2026, 8, 20)))
    assert as_pdf(evidence) == as_pdf(evidence)
    assert all(page.startswith(b"\x89PNG") for page in as_pictures(evidence, 20))


def test_a_range_prints_its_days_only_and_says_what_is_sealed(filled: tuple[Store, datetime]) -> None:
    wanted = Wanted(date(2026, 9, 1), date(2026, 9, 30), full_name=True)
    evidence = gathered(filled, wanted)
    _, text = read(as_pdf(evidence))
    assert "Record of services: Leonardo Rivera" in text
    assert "Sep 1, 2026 to Sep 30, 2026" in text
    assert "Aug 20" not in text
    assert "Oct 20" not in text
    sealed = 300 - len(evidence.told)
    assert f"{sealed} of the 300 entries are of days outside this file" in text


def test_a_further_section_stands_behind_the_entries(filled: tuple[Store, datetime]) -> None:
    section = Section("Two logs", "Side by side.", ("Day", "Parent", "School"), (("Sep 1", "held", "given"),))
    reader, text = read(as_pdf(gathered(filled, Wanted(last=date(2026, 8, 20)), section)))
    assert text.index("Every entry") < text.index("Two logs Side by side. Day Parent School Sep 1 held given")
    assert problems(reader, "en") == []


def test_both_percentages_and_the_three_counts_are_printed(filled: tuple[Store, datetime]) -> None:
    # 330 minutes: 165 held, 60 of the child's absence, 90 not held, 15 short. 32 % of all, 39 % of 270.
    day = date(2026, 9, 1)

    def one(outcome: Outcome, cause: Cause | None, given: int, due: int = 30) -> Occasion:
        return Occasion(day, due, outcome, cause, given=given, bucket=bucket_of(outcome, cause))

    occasions = [
        *[one(Outcome.HELD, None, 30)] * 5,
        *[one(Outcome.MISSED, Cause.PROVIDER_ABSENT, 0)] * 3,
        *[one(Outcome.MISSED, Cause.CHILD_ABSENT, 0)] * 2,
        one(Outcome.PARTIAL, None, 15),
    ]
    evidence = gathered(filled, Wanted(last=date(2026, 8, 17)))
    service = replace(evidence.services[0], ledger=fold(occasions))
    [data] = shape(replace(evidence, services=(service,)))["services"]
    assert [row[:4] for row in data["counts"]] == [
        ["Usual", "105", "32%", "39%"],
        ["Strict", "90", "27%", "33%"],
        ["Broad", "105", "32%", "39%"],
    ]
    assert data["alt"].startswith(
        "Minutes of Speech-language therapy: 330 minutes fell due; Held as written 165"
    )
    assert sum(int(row[2]) for row in data["terms"]) == 330


def test_rates_are_counted_from_what_was_asked(filled: tuple[Store, datetime]) -> None:
    evidence = gathered(filled)
    replies = evidence.replies
    # Of seven sessions in a row one is not answered and one is not known; a few were corrected to held.
    due = sum(len(one.marks) for one in evidence.services)
    silent = sum(one.in_force and one.content["outcome"] == "unanswered" for one in evidence.told)
    unknown = sum(one.in_force and one.content["outcome"] == "unknown" for one in evidence.told)
    assert (replies.asked, replies.answered, replies.unknown) == (due, due - silent, unknown)
    assert (replies.unasked, replies.waiting, replies.centre) == (0, 0, 0)
    total = shape(evidence)["replies"]["rows"][-1]
    assert total[2] == f"{due - silent} ({round(100 * (due - silent) / due)}%)"


def test_a_month_is_told_in_words_too(filled: tuple[Store, datetime]) -> None:
    months = shape(gathered(filled))["services"][0]["months"]
    assert months[0]["alt"].startswith("Speech-language therapy, August 2026: Held on ")
    assert "Not answered on 20, 27" in months[0]["alt"]
    marks = {
        mark[1] for month in months for week in month["weeks"] for day in week if day for mark in day["marks"]
    }
    assert marks == {"held", "missed", "part", "away", "unknown", "unanswered"}


def test_the_childs_absence_never_looks_like_the_schools_miss() -> None:
    def of(outcome: Outcome, cause: Cause | None = None) -> str:
        return mark_of(Occasion(date(2026, 9, 1), 30, outcome, cause, bucket=bucket_of(outcome, cause)))

    assert of(Outcome.MISSED, Cause.CHILD_ABSENT) == of(Outcome.MISSED, Cause.CHILD_REFUSED) == "away"
    assert of(Outcome.MISSED, Cause.TESTING) == "event"
    assert of(Outcome.MISSED, Cause.CLOSURE) == of(Outcome.NO_SCHOOL, Cause.CLOSURE) == "no_school"
    assert of(Outcome.MISSED) == of(Outcome.MISSED, Cause.NO_PROVIDER) == "missed"
    assert {of(one) for one in Outcome} <= set(MARKS)
    assert {bucket_of(Outcome.MISSED, cause) for cause in Cause} <= {*Bucket}


@pytest.mark.parametrize(
    ("hours", "label"),
    [
        (1, "same_day"),
        (-30, "same_day"),
        (6.9, "same_day"),
        (7.1, "within_3_days"),
        (78, "within_3_days"),
        (80, "later"),
    ],
)
def test_how_soon_goes_by_the_schools_days(hours: float, label: str) -> None:
    session_at = datetime(2026, 9, 2, 0, 0, tzinfo=UTC)  # 5 in the afternoon of the first in Los Angeles
    answered = session_at + timedelta(hours=hours)
    assert timing(date(2026, 9, 1), answered, ZoneInfo("America/Los_Angeles")) == label


ODD = [
    "#panic() *bold* _it_ $x^2$ @ref <lab> // no /* no */ \\u{41} #{1+1} `raw` = not a heading - ~ \"q\" 'q'",
    "👩🏽‍🏫 no vino 😡😡 ✓ “curly” ‘x’ – — … ñ á ¿? ¡!",
    "שלום עולם مرحبا بالعالم a\u0652b 字字 हिन्दी",
    "\x00\x07\x1b[31m\u202eevil\u202c\u200b\ufeff\x85\u2028next\ud800",
    "W" * 4000 + " " + "w" * 300,
    "line\r\nline\n\n\tline",
    "\U0010ffff\ue000\ufffe\U000e0041",
]


def with_words(evidence: Evidence, words: str) -> Evidence:
    """The evidence with these words wherever somebody can put some."""
    entry = evidence.told[0]
    content = {**entry.content, "words": words, "service": words or "x"}
    service = replace(evidence.services[0], name=words or "x", wording=words)
    return replace(
        evidence,
        child=words or "x",
        services=(service,),
        entries=(replace(entry, content=content),),
        sections=(Section(words, words, ("a",), ((words,),)),),
    )


@pytest.mark.parametrize("words", ODD)
def test_odd_words_neither_break_nor_move_anything(filled: tuple[Store, datetime], words: str) -> None:
    evidence = with_words(gathered(filled, Wanted(last=date(2026, 8, 17))), words)
    reader, text = read(as_pdf(evidence))
    assert problems(reader, "en") == []
    if words == ODD[0]:
        assert "#panic() *bold* _it_ $x^2$ @ref <lab> // no /* no */" in text
        assert "#{1+1} `raw` = not a heading - ~ \"q\" 'q'" in text
    if words == ODD[1]:
        assert "[woman][school] no vino [pouting face][pouting face] ✓ “curly”" in text


@settings(max_examples=some(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(min_size=1, max_size=60))
@example(words="a\u0652")
def test_any_words_can_be_printed(filled: tuple[Store, datetime], words: str) -> None:
    evidence = with_words(gathered(filled, Wanted(last=date(2026, 8, 17))), words)
    assert as_pdf(evidence).startswith(b"%PDF")


@given(st.text())
def test_plain_words_stay_as_they_are(words: str) -> None:
    shown = printable([words], every=True)[0]
    assert "\r" not in shown
    plain = re.sub(r"[^\n -~ñáéíóúü¿¡“”‘’–—…]", "", words)
    if not re.search(r"\S{24}", plain):
        assert printable({"a": plain}) == {"a": plain}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    english, spanish = speech("en"), speech("es")
    assert set(english.entries) == set(spanish.entries)
    assert [key for key, text in english.entries.items() if names(text) != names(spanish.entries[key])] == []
    assert [
        key for key in english.entries if not english.entries[key].strip() or not spanish.entries[key].strip()
    ] == []
    assert {key: len(some) for key, some in english.lists.items()} == {
        key: len(some) for key, some in spanish.lists.items()
    }
    same = {key for key in english.entries if english.entries[key] == spanish.entries[key]}
    units = {f"entries.{key}" for key in ("minutes", "minutes_unit", "hours_unit", "days_unit")}
    frames = {"summary.bar_part", "calendar.alt", "contacts.plan_is"}
    assert {key for key in same if not key.startswith("letter.")} == {
        *units,
        *frames,
        "program",
        "summary.count_plain",
    }


def test_every_word_that_can_stand_in_the_log_has_one_on_paper() -> None:
    known = set(speech("en").entries)
    wanted: dict[str, Any] = {
        "outcome": Outcome,
        "cause": Cause,
        "knows": Knows,
        "step": StepKey,
        "mark": MARKS,
        "letter": MARKS,
        "term": TERMS[1:],
    }
    for group, words in wanted.items():
        assert {f"{group}.{word}" for word in words} <= known
    assert len({speech("en").say(f"letter.{kind}") for kind in MARKS}) == len(MARKS)
    assert len({speech("es").say(f"letter.{kind}") for kind in MARKS}) == len(MARKS)


def test_the_template_asks_for_no_string_that_is_not_there() -> None:
    template = (PAPER / "evidence.typ").read_text(encoding="utf-8")
    used = re.findall(rf"\bs\.({'|'.join(GROUPS)})\.(\w+)", template)
    known = set(speech("en").entries)
    assert len(used) > 60
    assert [f"{group}.{key}" for group, key in used if key != "at" and f"{group}.{key}" not in known] == []
    assert re.findall(r"\[[^\[\]#]*[A-Za-z]{3,}[^\[\]]*\]", re.sub(r"//.*", "", template)) == []


def test_nothing_on_paper_accuses_or_promises() -> None:
    for language in LANGUAGES:
        said = speech(language)
        text = " ".join(
            [*said.entries.values(), *(one for some in said.lists.values() for one in some)]
        ).casefold()
        for word in ("violat", "illegal", "guarantee", "owe", "violación", "ilegal", "garantiza", "deben"):
            assert word not in text
