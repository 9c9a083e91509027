"""One e-mail as plain text, complete by itself, and as HTML for a phone: one column, big type, one button."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape as _escape

from assistant.words import Language

_MARKUP = re.compile(r"([\\`*_<>\[\]#|~])")
_BODY = "margin:0;padding:0;background:#f4f4f1;color:#1b1b1b"
_COLUMN = (
    "max-width:36em;margin:0 auto;padding:20px 16px;background:#ffffff;overflow-wrap:anywhere;"
    "font:18px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
)
_BUTTON = (
    "display:block;padding:16px 20px;background:#1f4e79;color:#ffffff;border-radius:8px;text-align:center;"
    "font-size:20px;font-weight:bold;text-decoration:none"
)
_SMALL = "font-size:16px;line-height:1.5;color:#333333"
_FOOT = (
    "border-top:1px solid #cccccc;margin-top:28px;padding-top:12px;"
    "font-size:15px;line-height:1.5;color:#444444"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What an e-mail is made of. `marked`: the body with all that people wrote made safe for Markdown.

    `page`: where the button leads; without it there is no button. `reading`: (name, address). `terms`: (word,
    what it means).
    """

    subject: str
    body: str
    marked: str
    button: str = ""
    beside: str = ""
    page: str = ""
    reading: Sequence[tuple[str, str]] = ()
    terms: Sequence[tuple[str, str]] = ()
    read_more: str = ""
    terms_title: str = ""
    footer: Sequence[str] = ()


def as_text(parts: Parts) -> str:
    """The e-mail in plain text."""
    blocks = [plain(parts.body)]
    if parts.page:
        blocks.append(f"{parts.button}: {parts.page}")
        if parts.beside:
            blocks.append(parts.beside)
    if parts.terms:
        blocks.append(
            "\n".join([f"{parts.terms_title}:", *(f"- {word}: {text}" for word, text in parts.terms)])
        )
    if parts.reading:
        blocks.append(
            "\n".join([f"{parts.read_more}:", *(f"- {name}: {page}" for name, page in parts.reading)])
        )
    blocks.append("-- \n" + "\n".join(parts.footer))
    return "\n\n".join(blocks) + "\n"


def as_html(parts: Parts, language: Language) -> str:
    """The same as HTML, with styles inline: mail programs drop the others."""
    blocks = [markdown(parts.marked)]
    if parts.page:
        page = escape(parts.page)
        blocks.append(
            f'<p style="margin:24px 0 8px"><a href="{page}" style="{_BUTTON}">{escape(parts.button)}</a></p>'
        )
        if parts.beside:
            blocks.append(f'<p style="margin:0 0 24px;text-align:center">{escape(parts.beside)}</p>')
    if parts.terms:
        lines = "".join(
            f"<li><strong>{escape(word)}</strong>: {escape(text)}</li>" for word, text in parts.terms
        )
        blocks.append(_list(parts.terms_title, lines))
    if parts.reading:
        lines = "".join(
            f'<li><a href="{escape(page)}">{escape(name)}</a></li>' for name, page in parts.reading
        )
        blocks.append(_list(parts.read_more, lines))
    blocks.append(f'<p style="{_FOOT}">' + "<br>".join(map(escape, parts.footer)) + "</p>")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>'
        f'{escape(parts.subject)}</title></head><body style="{_BODY}"><div style="{_COLUMN}">'
        + "\n".join(blocks)
        + "</div></body></html>"
    )


def escape(text: str) -> str:
    """A text for an HTML page; for an attribute as well."""
    return _escape(text, quote=False).replace('"', "&quot;")


def plain(text: str) -> str:
    """Markdown as plain text: without the stars, each paragraph apart by one empty line."""
    return re.sub(r"\n{3,}", "\n\n", text.replace("**", "")).strip()


def markdown(text: str) -> str:
    """Markdown as HTML: paragraphs, lists and addresses, and nothing that a name could bring along."""
    from markdown_it import MarkdownIt

    rendered: str = (
        MarkdownIt("commonmark", {"html": False, "breaks": True})
        .disable(["image", "link", "heading", "lheading", "code"])
        .render(text)
    )
    return rendered


def safe(text: str) -> str:
    """A text that people wrote, with all that Markdown would read as markup escaped."""
    return _MARKUP.sub(r"\\\1", text)


def _list(title: str, lines: str) -> str:
    head = f'<p style="{_SMALL};margin-bottom:4px"><strong>{escape(title)}</strong></p>'
    return f'{head}<ul style="{_SMALL};margin-top:0">{lines}</ul>'
