"""Letters on paper: Word, PDF and text hold every date, survive any name, are the same every time."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
import typst
from docx import Document
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from assistant.guide import loader
from assistant.guide.docx import docx
from assistant.guide.letter import Letter, write_letter
from assistant.guide.letters import NAMES
from assistant.guide.loader import jurisdictions, load_guide
from assistant.guide.paper import copy_paper, paper, plain_text
from assistant.guide.pdf import pdf, png
from tests.support import letter_facts
from tests.support.examples import some

GUIDES = {key: load_guide(key) for key in jurisdictions()}
DATES = re.compile(r"[A-Z][a-z]{2,8} \d{1,2}, 20\d\d|\d{1,2} de [a-z]+ de 20\d\d")


def letter_of(name: str, guide: str = "us-ca", **changes: object) -> Letter:
    facts = letter_facts.facts(letter_facts.ALL_DETAILS, urgent=letter_facts.URGENT, **changes)
    return write_letter(GUIDES[guide], name, "es", facts)


def read_pdf(data: bytes) -> str:
    pages = PdfReader(io.BytesIO(data)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("name", NAMES)
def test_every_date_and_number_is_found_again_in_pdf_and_word(name: str) -> None:
    made = paper(letter_of(name), with_copy=True)
    text = plain_text(made)
    printed = read_pdf(pdf(made))
    wanted = set(DATES.findall(text))
    assert wanted
    assert [one for one in wanted if one not in printed] == []
    document = Document(io.BytesIO(docx(made)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    word = "\n".join([*(one.text for one in document.paragraphs), *cells])
    assert [one for one in wanted if one not in word] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_same_letter_is_the_same_bytes(name: str) -> None:
    made = paper(letter_of(name), with_copy=True)
    assert docx(made) == docx(paper(letter_of(name), with_copy=True))
    assert pdf(made) == pdf(paper(letter_of(name), with_copy=True))


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("name", NAMES)
def test_a_pdf_is_tagged_on_us_letter_paper_and_says_its_language(name: str, guide: str) -> None:
    made = paper(letter_of(name, guide))
    reader = PdfReader(io.BytesIO(pdf(made)))
    root = reader.root_object
    assert "/Marked" in str(root["/MarkInfo"])
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).startswith("en")
    assert reader.metadata is not None
    assert reader.metadata.title == made.title
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == [612.0, 792.0]


def test_states_say_their_own_law() -> None:
    texts = {key: letter_of("records_request", key).school.text for key in GUIDES}
    assert "5 business days" in texts["us-ca"]
    assert "10 business days" in texts["us-il"]
    assert "California" not in texts["us-il"]
    assert "Cal. Ed. Code" not in texts["us-il"]
    complaint = letter_of("compliance_complaint", "us-il").school.text
    assert "Illinois State Board of Education" in complaint
    assert "statecomplaints@isbe.net" in complaint


ODD = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="⁰¹²³⁴⁵⁶⁷⁸⁹"),
    min_size=1,
    max_size=80,
)


@settings(max_examples=some(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ODD)
@example("#let x = 1; $ \\ * _ ` ] [ @b <c> // \" ' {{ 7*7 }} {% raw %}")
@example("<script>alert(1)</script> & Ñandú O’Brien-李 مرحبا 👨‍👩‍👧")
@example("x" * 300)
@example("\x00\x0b\x1b\u202e\ufeff a")
def test_no_name_breaks_a_letter(name: str) -> None:
    odd = f"A{name}z"
    changes = {"full_name": odd, "caregiver_name": odd, "service": odd, "school": odd, "iep_wording": odd}
    letter = letter_of("written_notice", **changes)
    made = paper(letter)
    assert Document(io.BytesIO(docx(made))).paragraphs
    assert pdf(made).startswith(b"%PDF")
    if odd.isascii() and odd.isprintable() and "  " not in odd:
        assert "".join(odd.split()) in "".join(plain_text(made).split())
        assert "49" not in letter.school.text.replace(odd, "").replace("49069", "")


def test_the_template_takes_its_text_as_data_only() -> None:
    source = (Path(loader.__file__).parent / "letter.typ").read_text()
    assert "eval(" not in source
    with pytest.raises(typst.TypstError):
        typst.compile(source.encode(), sys_inputs={"data": "{}"})


def test_a_long_log_stays_on_its_pages() -> None:
    row = letter_facts.ROWS[0]
    rows = tuple(replace(row, entry=2) for _ in range(120))
    made = paper(letter_of("written_notice", rows=rows))
    pages = png(made, ppi=20)
    assert 4 <= len(pages) <= 12
    text = read_pdf(pdf(made))
    assert text.count("How I know") >= 3, "the table's heading stands on every page"


def test_a_name_to_sign_over_never_stands_on_a_page_alone() -> None:
    """However long the table before it is, the sentence before it comes along."""
    row = letter_facts.ROWS[0]
    ends = set()
    for count in range(1, 40, 2):
        rows = tuple(replace(row, entry=2) for _ in range(count))
        pages = PdfReader(io.BytesIO(pdf(paper(letter_of("written_notice", rows=rows))))).pages
        texts = [page.extract_text() for page in pages]
        [number] = [place for place, text in enumerate(texts) if "Thank you" in text]
        assert "Please answer in writing" in texts[number], count
        ends.add(number)
    assert len(ends) > 1  # it was carried over a page's end


def test_a_copy_is_marked_as_one_and_an_english_parent_has_none() -> None:
    letter = letter_of("written_notice")
    copy = copy_paper(letter)
    assert copy is not None
    assert plain_text(copy).startswith("Copia para usted")
    assert "Según mi registro" not in plain_text(paper(letter))
    assert "Según mi registro" not in plain_text(paper(letter, "Changed.", with_copy=True))
    english = write_letter(GUIDES["us-ca"], "thank_you", "en", letter_facts.facts(language="en"))
    assert copy_paper(english) is None
