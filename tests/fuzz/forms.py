"""The forms and links of a page, as a browser without JavaScript has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

Pairs = list[tuple[str, str]]


@dataclass
class Form:
    """One form: where it goes and what it holds before anybody types."""

    action: str
    method: str
    fields: Pairs = field(default_factory=list)
    files: list[str] = field(default_factory=list)


@dataclass
class Page:
    """What leads on from a page."""

    links: list[str]
    forms: list[Form]


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.page = Page([], [])
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and found.get("href"):
            self.page.links.append(urljoin(self.address, found["href"]))
        elif tag == "form":
            to = urljoin(self.address, found.get("action") or self.address)
            self._form = Form(to, found.get("method", "get").lower())
            self.page.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, found)

    def _field(self, form: Form, tag: str, found: dict[str, str]) -> None:
        name, value = found.get("name", ""), found.get("value", "")
        if tag == "select":
            self._select = name
        elif tag == "option":
            form.fields.append((self._select, value))
        elif not name:
            return
        elif tag == "textarea":
            form.fields.append((name, "some words"))
        elif tag == "input" and found.get("type") == "file":
            form.files.append(name)
        elif tag in ("input", "button"):
            form.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def read(address: str, html: str) -> Page:
    """The page at this path. Links are absolute paths, those to elsewhere included as they stand."""
    reader = _Reader(address)
    reader.feed(html)
    return reader.page


def is_ours(link: str) -> bool:
    """Whether a link stays in the house."""
    return not urlsplit(link).netloc and link.startswith("/")
