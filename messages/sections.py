"""An e-mail in sections, each as plain text and as HTML: one column, large letters, no picture, no script.

Styles stand on the elements, as mail programs drop style sheets. What a person typed is escaped here, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote as percent

from assistant.words import Language

_BODY = "font:18px/1.5 system-ui,sans-serif;max-width:36em;margin:0 auto;padding:12px;color:#111"
_PARAGRAPH = "margin:0 0 16px"
_HEADING = "font-size:20px;line-height:1.3;margin:24px 0 8px"
_LIST = "margin:0 0 16px;padding-left:20px"
_ITEM = "margin:0 0 8px"
_QUOTE = "margin:0 0 16px;padding:8px 12px;border-left:4px solid #2b6a5c;background:#eef4f2"
_BUTTON = (
    "display:inline-block;padding:12px 20px;border-radius:6px;background:#1f5b4e;color:#fff;"
    "text-decoration:none;font-weight:600"
)
_LINK = "color:#1f5b4e"
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of an e-mail, finished in both forms. `html` is a fragment that is safe to send."""

    text: str
    html: str


def heading(words: str) -> Section:
    """A heading over what follows."""
    return Section(words, f'<h2 style="{_HEADING}">{escape(words)}</h2>')


def paragraph(words: str) -> Section:
    """One paragraph; addresses in it can be pressed."""
    return Section(words, f'<p style="{_PARAGRAPH}">{_inline(words)}</p>')


def items(lines: Sequence[str]) -> Section:
    """A list of short lines."""
    rows = "".join(f'<li style="{_ITEM}">{_inline(line)}</li>' for line in lines)
    return Section("\n".join(f"- {line}" for line in lines), f'<ul style="{_LIST}">{rows}</ul>')


def quote(words: str, language: Language) -> Section:
    """Words to copy, in their own language."""
    return Section(words, f'<blockquote lang="{language}" style="{_QUOTE}">{_inline(words)}</blockquote>')


def link(label: str, address: str, *, button: bool = True) -> Section:
    """Something to press: the one thing to do as a button, anything else as a plain link."""
    style = _BUTTON if button else _LINK
    pressed = f'<a href="{escape(address)}" style="{style}">{escape(label)}</a>'
    return Section(f"{label}:\n{address}", f'<p style="{_PARAGRAPH}">{pressed}</p>')


def letter_link(label: str, subject: str, body: str) -> Section:
    """Something to press that opens the reader's own mail program with a message to nobody yet; HTML only."""
    address = f"mailto:?subject={percent(subject)}&body={percent(body)}"
    button = f'<a href="{escape(address)}" style="{_LINK}">{escape(label)}</a>'
    return Section("", f'<p style="{_PARAGRAPH}">{button}</p>')


def as_text(sections: Iterable[Section]) -> str:
    """The plain text of an e-mail."""
    return "\n\n".join(one.text.strip() for one in sections if one.text.strip())


def as_html(sections: Iterable[Section], title: str, language: Language) -> str:
    """The HTML of an e-mail, readable on a phone."""
    body = "\n".join(one.html for one in sections if one.html)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>' + escape(title) + "</title></head>"
        f'<body style="{_BODY}">\n{body}\n</body></html>'
    )


def html_of(text: str, title: str, language: Language) -> str:
    """The HTML of a short e-mail that was written as plain text: paragraphs, lists, addresses to press."""
    blocks = (block for block in re.split(r"\n\s*\n", text.strip()) if block.strip())
    return as_html((_block(block) for block in blocks), title, language)


def _block(block: str) -> Section:
    lines = [line.strip() for line in block.splitlines()]
    if all(line.startswith("- ") for line in lines):
        return items([line[2:] for line in lines])
    return paragraph("\n".join(lines))


def _inline(words: str) -> str:
    out, end = [], 0
    for found in _ADDRESS.finditer(words):
        address = found[0].rstrip(".,;:)")
        out.append(escape(words[end : found.start()]))
        out.append(
            f'<a href="{escape(address)}" style="color:#1f5b4e;word-break:break-all">{escape(address)}</a>'
        )
        end = found.start() + len(address)
    out.append(escape(words[end:]))
    return "".join(out).replace("\n", "<br>")
