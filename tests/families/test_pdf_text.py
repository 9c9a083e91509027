"""PDFs that are made to loop or to explode: given up in time, and the page's process feels nothing."""

from __future__ import annotations

import resource
from time import monotonic

import pytest

from assistant.families import pdf_text
from assistant.families.pdf_text import PdfError, PdfText, text_of_pdf
from tests.support.pdfs import pdf_with


def test_words_and_whether_they_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert text_of_pdf(pdf_with(b"(Speech 30 min weekly) Tj")) == PdfText("Speech 30 min weekly", True)
    monkeypatch.setattr(pdf_text, "MOST_TEXT", 6)
    assert text_of_pdf(pdf_with(b"(Speech 30 min weekly) Tj")) == PdfText("Speech", False)


@pytest.mark.parametrize(
    ("content", "kids", "limits", "why"),
    [
        (b"(a) Tj " * 2_000_000, "[3 0 R]", {"SECONDS": 1}, "given_up"),  # minutes of work in 20 KB
        (b"(" + b"a" * 60_000_000 + b") Tj", "[3 0 R]", {"MEGABYTES": 150}, "given_up"),  # 60 MB in 60 KB
        (b"a" * 200_000_000, "[3 0 R]", {}, "unreadable"),  # refused by the reader itself
        (b"", "[2 0 R 3 0 R]", {}, "unreadable"),  # a page tree that is its own branch
    ],
    ids=["loops", "explodes", "bomb", "circle"],
)
def test_nasty_files_are_given_up(
    monkeypatch: pytest.MonkeyPatch, content: bytes, kids: str, limits: dict[str, int], why: str
) -> None:
    for name, limit in limits.items():
        monkeypatch.setattr(pdf_text, name, limit)
    data, began = pdf_with(content, kids), monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PdfError) as refused:
        text_of_pdf(data)
    assert refused.value.why == why
    assert monotonic() - began < pdf_text.SECONDS + pdf_text._WAIT + 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KB


def test_a_third_file_at_once_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "_WAIT", 0.01)
    with pdf_text._AT_ONCE, pdf_text._AT_ONCE, pytest.raises(PdfError) as refused:
        text_of_pdf(pdf_with(b""))
    assert refused.value.why == "busy"
