"""E-mails in sections: the same words as text and as HTML, and nothing that a name could bring along."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from messages import sections
from messages.sections import Section, as_html, as_text, html_of

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)


def seen(html: str) -> str:
    """What a reader of the HTML sees."""
    return unescape(re.sub(r"<[^>]*>", "", html.partition("</head>")[2]))


@given(WORDS, WORDS)
def test_what_is_written_is_seen_and_stays_words(one: str, other: str) -> None:
    page = as_html(
        [sections.heading(one), sections.items([one, other]), sections.quote(other, "en")], one, "en"
    )
    assert seen(page).count(one) >= 2
    assert other in seen(page)
    assert set(re.findall(r"<(\w+)", page.partition("</head>")[2])) <= {
        "body",
        "h2",
        "ul",
        "li",
        "blockquote",
        "a",
    }


def test_an_address_can_be_pressed_and_its_end_is_not_its_dot() -> None:
    html = html_of("Open https://a.example/x?y=1&z=2.\n\n- one\n- two", "A & B", "es")
    assert '<a href="https://a.example/x?y=1&amp;z=2"' in html
    assert "</a>.</p>" in html
    assert html.count("<li") == 2
    assert "<title>A &amp; B</title>" in html
    assert '<html lang="es">' in html


def test_a_link_is_its_label_and_in_text_its_address_too() -> None:
    link = sections.link("See", "https://a.example/")
    assert link.text == "See:\nhttps://a.example/"
    assert seen("</head>" + link.html) == "See"
    assert as_text([link, Section("", "<p></p>"), sections.paragraph("End")]) == f"{link.text}\n\nEnd"
