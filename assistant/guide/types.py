"""The guide as read from its folder: what the loader makes and the renderer uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from assistant.escalation.types import StepKey
from assistant.words import Language


class GuideError(Exception):
    """The guide's data cannot be used. `problems` holds one line each: `FILE: key: what is wrong`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a statement comes from, and how sure: A the law's own text, B a secondary source, C unchecked."""

    key: str
    text: str
    source: str
    sure: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone a family can turn to, or a page to read."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Agency:
    """Where a complaint goes. `lines` are the postal address; all of it is to be checked before sending."""

    name: str
    lines: tuple[str, ...]
    fax: str
    help_phone: str
    help_email: str
    page: str
    sure: str
    verified_on: date


@dataclass(frozen=True, slots=True)
class StepWords:
    """One step in one language. Every text is a Jinja template that gives Markdown."""

    subject: str
    title: str
    what: str
    why: str
    do: str
    can: str
    cannot: str
    not_now: str
    citations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LetterWords:
    """What surrounds a letter in one language: its title and the list for before sending."""

    title: str
    before_you_send: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """The guide in one language."""

    language: Language
    locale: str
    jurisdiction: str  # the jurisdiction line
    review: str  # the review state, in words
    steps: Mapping[StepKey, StepWords]
    letters: Mapping[str, LetterWords]
    templates: Mapping[str, str]  # letter key -> template
    words: Mapping[str, Mapping[str, str]]  # outcome, cause, knows, not_counted, done, blank, page, ...
    counts: Mapping[str, tuple[str, str]]  # "session" -> ("session", "sessions")


@dataclass(frozen=True, slots=True)
class Guide:
    """One jurisdiction's guide."""

    key: str
    version: str
    review: str  # "pending" until a named expert has signed it off
    reviewer: str
    verified_on: date
    letters_of: Mapping[StepKey, tuple[str, ...]]
    citations: Mapping[str, Citation]
    agency: Agency
    help: tuple[Contact, ...]
    reading: tuple[Contact, ...]
    editions: Mapping[Language, Edition]
