"""The texts that go out: a catalogue in the repository, versions in the database, names filled in.

`sync` writes the catalogue into the templates table as version rows; the newest live version of a key is the
one in use, and every message names the version it was made from. A name without a value, or a value without a
name, is an error: nothing ever goes out with a hole. Where the one in use has one, the newest that fits goes
out instead, and staff are told.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path

from babel.dates import format_date
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, insert, or_, select
from sqlalchemy.orm import Session

from assistant.store import Template, TemplateAct
from assistant.words import LANGUAGES, Language
from messages import own_words
from messages.alerts import raise_alert

LONGEST_TEMPLATE = 20_000  # letters; the longest of ours has 900
LONGEST_TEXT = 100_000  # letters, once it is filled in
CATALOGUE = "catalogue"
HOLE = "template_hole"  # an alert: a version in use cannot be filled
_OWN = tuple(f"{kind}." for kind in own_words.KINDS)
_HOLES = "holes"  # what of it a session has met


class TemplateError(Exception):
    """A template that cannot be used, with the key, the language and what is wrong in one line."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished text and the template version it came from. `subject` is empty for texts to phones."""

    key: str
    version: int
    body: str
    subject: str = ""


class Shelf:
    """The texts in use, each read once: for work that writes many messages in one transaction.

    A version that is added later is seen by the next shelf.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._taken: dict[tuple[str, str], tuple[str, int]] = {}

    def take(self, key: str, language: Language) -> tuple[str, int]:
        """The newest live version's body and its number. Raises TemplateError where there is none."""
        taken = self._taken.get((key, language))
        if taken is None:
            taken = self._taken[key, language] = _body(self._session, key, language)
        return taken

    def fill(self, key: str, language: Language, values: Mapping[str, str]) -> tuple[str, int]:
        """The text with its values, and its version: the newest live one that they fit, else as shipped.

        What was passed over is remembered for `tell_of_holes`. Raises TemplateError where none fits.
        """
        where = f"{key} ({language})"
        try:
            body, version = self.take(key, language)
            return fill(body, values, where), version
        except TemplateError as error:
            for older, number in _all_live(self._session, key, language):
                with suppress(TemplateError):
                    filled = fill(older, values, where)
                    holes = self._session.info.setdefault(_HOLES, {})
                    holes[f"{key} {language}"] = {"sent_instead": number, "problem": str(error)}
                    return filled, number
            raise


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All entries of a language as flat keys: "texts.confirm", "mails.question.subject", "words.held"."""
    path = Path(__file__).parent / "catalog" / f"{language}.toml"
    flat: dict[str, str] = {}

    def walk(prefix: str, table: Mapping[str, object]) -> None:
        for key, value in table.items():
            if isinstance(value, Mapping):
                walk(f"{prefix}{key}.", value)
            else:
                flat[prefix + key] = str(value).strip("\n")

    walk("", tomllib.loads(path.read_text(encoding="utf-8")))
    return flat


def sync(session: Session, now: datetime) -> int:
    """Write catalogue entries that the table lacks or that changed; staff's own versions in use are kept.

    Returns how many versions were added.
    """
    in_use = _newest_versions(session, live())
    for (key, language), row in in_use.items():
        if key in catalogue("en") and (found := misfits(key, row.body)):
            problem = "braces" if found == [""] else ", ".join(found)
            raise_alert(session, HOLE, now, subject=f"{key} {language}", version=row.version, problem=problem)
    shipped = _newest_versions(session, Template.author == CATALOGUE)
    last = _last_numbers(session)
    new: list[dict[str, object]] = []
    for language in LANGUAGES:
        for key, body in sorted(catalogue(language).items()):
            current, ours = in_use.get((key, language)), shipped.get((key, language))
            if (current is not None and current.author != CATALOGUE) or (
                ours is not None and ours.body == body
            ):
                continue  # what we came with before and staff retired does not come back by itself
            new.append(
                {
                    "key": key,
                    "language": language,
                    "version": last.get((key, language), 0) + 1,
                    "body": body,
                    "author": CATALOGUE,
                    "reason": "as shipped",
                    "created_at": now,
                }
            )
    if new:
        session.execute(insert(Template), new)
    return len(new)


def text(source: Session | Shelf, key: str, language: Language, values: Mapping[str, str]) -> Rendered:
    """The text `key` with `values` filled in. Raises TemplateError for an unknown key or a missing value."""
    body, version = _shelf(source).fill(f"texts.{key}", language, values)
    return Rendered(key, version, body)


def mail(source: Session | Shelf, key: str, language: Language, values: Mapping[str, str]) -> Rendered:
    """The short e-mail `key` with subject and body. Raises TemplateError likewise."""
    shelf = _shelf(source)
    subject, _ = shelf.fill(f"mails.{key}.subject", language, values)
    body, version = shelf.fill(f"mails.{key}.body", language, values)
    return Rendered(key, version, body, subject)


def part(source: Session | Shelf, key: str, language: Language, values: Mapping[str, str]) -> Rendered:
    """A sentence of a longer e-mail, like "summary.seal". Raises TemplateError likewise."""
    body, version = _shelf(source).fill(f"mails.{key}", language, values)
    return Rendered(key, version, body)


def tell_of_holes(session: Session, now: datetime) -> None:
    """Alert staff to the versions in use that could not be filled in this transaction."""
    for subject, detail in session.info.pop(_HOLES, {}).items():
        raise_alert(session, HOLE, now, subject=subject, **detail)


def misfits(key: str, body: str) -> list[str]:
    """The {names} of a body that nothing is filled in for; [""] for braces that are none."""
    try:
        asked = names_in(body)
    except ValueError:
        return [""]
    known = {name for one in LANGUAGES for name in names_in(catalogue(one).get(key, ""))}
    return sorted(asked - known)


def names_in(body: str) -> set[str]:
    """The {names} of a body. Raises ValueError for braces that do not match."""
    return {name for _, name, _, _ in string.Formatter().parse(body) if name is not None}


def footer(key: str, language: Language, values: Mapping[str, str]) -> str:
    """A line for the end of an e-mail."""
    return _of_own(f"footer.{key}", language, values)


def word(key: str, language: Language, **values: object) -> str:
    """A word or short phrase: an outcome, a cause, "today"."""
    return _of_own(f"words.{key}", language, {name: str(value) for name, value in values.items()})


def counted(key: str, language: Language, many: int, **values: object) -> str:
    """A word that holds a number; where that is 1, `KEY_one` in its place: "1 time", not "1 times"."""
    if many == 1:
        return word(f"{key}_one", language, **values)
    return word(key, language, count=many, **values)


def use_own_words(session: Session) -> None:
    """From now on this process says the footers and words that are live in the database.

    One that would leave a hole, or say less than ours, is passed over: `sync` tells of it.
    """
    if own_words.is_current(session):
        return
    shelved = _newest_versions(session, and_(or_(*map(Template.key.startswith, _OWN)), live()))
    own_words.keep(
        session,
        {
            (key, language): row.body
            for (key, language), row in shelved.items()
            if row.body != _shipped(key, language) and _says_all(key, row.body)
        },
    )


def _of_own(key: str, language: Language, values: Mapping[str, str]) -> str:
    body = own_words.body_of(key, language, catalogue(language)[key])
    return fill(body, values, f"{key} ({language})")


def _says_all(key: str, body: str) -> bool:
    return not misfits(key, body) and names_in(body) == names_in(catalogue("en").get(key, ""))


def _shipped(key: str, language: str) -> str | None:
    return next((catalogue(one).get(key) for one in LANGUAGES if one == language), None)


@lru_cache(maxsize=4096)
def short_day(day: date, language: Language) -> str:
    """A date as a text has it: "Tue 9/1", in Spanish "mar 1 sep" (there 9/1 may be read as 9 January)."""
    if language == "en":
        return f"{format_date(day, 'EEE', locale='en_US')} {day.month}/{day.day}"
    return format_date(day, "EEE d MMM", locale="es_MX").replace(".", "").replace(",", "")


@lru_cache(maxsize=4096)
def when(day: date, today: date, language: Language) -> str:
    """ "today (Tue 9/1)" or "on Tue 9/1": the day is always named, an answer may come late."""
    return word("today" if day == today else "on", language, day=short_day(day, language))


def fill(body: str, values: Mapping[str, str], where: str) -> str:
    """Fill {names}. Only plain names: no attributes, no indexes, no formats.

    A value that ends a sentence with a stop of its own ("3:15 p.m.") gets no second one.
    """
    if len(body) > LONGEST_TEMPLATE:
        raise TemplateError(f"{where}: longer than {LONGEST_TEMPLATE} letters")
    out: list[str] = []
    size = 0
    for literal, name in _parsed(body, where):
        stops_twice = literal.startswith(".") and out and out[-1].endswith(".")
        out.append(literal[1:] if stops_twice else literal)
        if name is None:
            continue
        value = values.get(name)
        if not value:
            raise TemplateError(f"{where}: nothing to put in {{{name}}}")
        out.append(value)
        size += len(literal) + len(value)
        if size > LONGEST_TEXT:
            raise TemplateError(f"{where}: filled it is longer than {LONGEST_TEXT} letters")
    return "".join(out)


@lru_cache(maxsize=4096)
def _parsed(body: str, where: str) -> tuple[tuple[str, str | None], ...]:
    """The body as literals, each with the name that follows it. Kept by the body: it cannot go stale."""
    parts: list[tuple[str, str | None]] = []
    try:
        found = list(string.Formatter().parse(body))
    except ValueError as error:
        raise TemplateError(f"{where}: {error}") from None
    for literal, name, spec, conversion in found:
        if name is not None and (spec or conversion or not name.isidentifier()):
            raise TemplateError(f"{where}: {{{name}}} is not a plain name")
        parts.append((literal, name))
    return tuple(parts)


def _shelf(source: Session | Shelf) -> Shelf:
    return source if isinstance(source, Shelf) else Shelf(source)


def _body(session: Session, key: str, language: Language) -> tuple[str, int]:
    row = session.execute(_newest_live(), {"of_key": key, "in_language": language}).first()
    if row is None:
        raise TemplateError(f"{key} ({language}): there is no such text")
    return row[0], row[1]


@cache
def _newest_live() -> Select[str, int]:
    return (
        select(Template.body, Template.version)
        .where(Template.key == bindparam("of_key"), Template.language == bindparam("in_language"), live())
        .order_by(Template.version.desc())
        .limit(1)
    )


def _all_live(session: Session, key: str, language: Language) -> list[tuple[str, int]]:
    """Every live version, the newest first, and last what this program comes with."""
    rows = session.execute(
        select(Template.body, Template.version)
        .where(Template.key == key, Template.language == language, live())
        .order_by(Template.version.desc())
    ).all()
    found = [(body, version) for body, version in rows]
    shipped = catalogue(language).get(key)
    if shipped is not None:
        # Its own number where it is in the table; 0 where it never was.
        same = select(func.max(Template.version)).where(
            Template.key == key, Template.language == language, Template.body == shipped
        )
        found.append((shipped, session.scalar(same) or 0))
    return found


def live() -> ColumnElement[bool]:
    """Which versions may be sent: what the program came with and what was reviewed, until it is retired."""
    of_it = select(TemplateAct.id).where(TemplateAct.template_id == Template.id)
    let_in = of_it.where(TemplateAct.act.in_(("reviewed", "kept")))
    return and_(
        or_(Template.author == CATALOGUE, let_in.exists()),
        ~of_it.where(TemplateAct.act == "retired").exists(),
    )


def _newest_versions(session: Session, which: ColumnElement[bool]) -> dict[tuple[str, str], Template]:
    newest = (
        select(Template.key, Template.language, func.max(Template.version).label("version"))
        .where(which)
        .group_by(Template.key, Template.language)
        .subquery()
    )
    rows = session.scalars(
        select(Template).join(
            newest,
            (Template.key == newest.c.key)
            & (Template.language == newest.c.language)
            & (Template.version == newest.c.version),
        )
    )
    return {(row.key, row.language): row for row in rows}


def _last_numbers(session: Session) -> dict[tuple[str, str], int]:
    rows = session.execute(
        select(Template.key, Template.language, func.max(Template.version)).group_by(
            Template.key, Template.language
        )
    )
    return {(key, language): number for key, language, number in rows}
