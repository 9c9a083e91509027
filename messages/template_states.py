"""What state each version of a text is in. This reads; `families.wordings` writes.

draft -> in_review -> reviewed -> retired. What the program came with is "shipped": in use, review pending.
Only a live version is sent, the newest of them (`templates.live`). Texts of the guide have versions of the
same kind; version 0 is the guide's own file and no row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.guide.leaves import PIECES, as_body, words_of
from assistant.guide.loader import jurisdictions, load_guide
from assistant.store import Template, TemplateAct
from assistant.words import LANGUAGES, Language
from messages.templates import CATALOGUE, catalogue

State = Literal["shipped", "draft", "in_review", "reviewed", "retired"]
# What a cell of the list may say; the first few ask for something to be done.
MARKS = ("missing", "in_review", "draft", "machine", "stale", "runs_out", "shipped", "reviewed")
Mark = Literal["missing", "in_review", "draft", "machine", "stale", "runs_out", "shipped", "reviewed"]
SOURCE: Language = "en"  # texts are written in it first, the others beside it
SOON = timedelta(days=30)  # a review that ends within is told of
LIVE: tuple[State, ...] = ("shipped", "reviewed")
_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)  # the guide's files are older than any version of a centre


@dataclass(frozen=True, slots=True)
class Version:
    """A version with what was done to it, oldest act first."""

    row: Template
    acts: tuple[TemplateAct, ...] = ()

    @property
    def number(self) -> int:
        return self.row.version

    @property
    def state(self) -> State:
        done = [act.act for act in self.acts]
        if "retired" in done:
            return "retired"
        if "reviewed" in done:
            return "reviewed"
        if "kept" in done or self.row.author == CATALOGUE:
            return "shipped"
        return "in_review" if done[-1:] == ["sent"] else "draft"

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def reviewed(self) -> TemplateAct | None:
        """The newest review, if there was one."""
        return next((act for act in reversed(self.acts) if act.act == "reviewed"), None)


@dataclass(frozen=True, slots=True)
class Wording:
    """All versions of one text in one language, newest first."""

    key: str
    language: Language
    versions: tuple[Version, ...]

    @property
    def in_use(self) -> Version | None:
        return next((one for one in self.versions if one.live), None)

    @property
    def at_work(self) -> Version | None:
        """The newest version that is not in use yet: a draft, or in review. What came before it is past."""
        using = self.in_use
        newest = next((one for one in self.versions if one.state in ("draft", "in_review")), None)
        return newest if newest and (using is None or newest.number > using.number) else None

    def numbered(self, number: int) -> Version | None:
        return next((one for one in self.versions if one.number == number), None)


def editable(key: str) -> bool:
    """Whether there is such a text: every entry of the catalogue, footers and single words too."""
    return key in catalogue(SOURCE) or guide_piece(key) is not None


def keys() -> list[str]:
    """Every text that can be edited, in the catalogue's order."""
    return list(catalogue(SOURCE))


def guide_key(jurisdiction: str, piece: str) -> str:
    """The key of a text of the guide: "us-ca.letter.records_request"."""
    return f"{jurisdiction}.{piece}"


def guide_piece(key: str) -> tuple[str, str] | None:
    """The jurisdiction and the text that a key names; None for what is no text of a guide."""
    jurisdiction, _, piece = key.partition(".")
    return (jurisdiction, piece) if piece in PIECES and jurisdiction in jurisdictions() else None


def shipped(key: str, language: Language) -> Version | None:
    """The words of the guide's own file as version 0; None for what is no text of a guide."""
    found = guide_piece(key)
    if found is None:
        return None
    body = as_body(words_of(load_guide(found[0]), found[1], language))
    row = Template(key=key, language=language, version=0, body=body, author=CATALOGUE, reason="")
    row.created_at, row.warnings, row.machine = _BEFORE_ALL, [], False
    return Version(row)


def print_of(body: str) -> str:
    """A short fingerprint of words."""
    return sha256(body.encode()).hexdigest()[:32]


def file_changed(one: Wording) -> bool:
    """Whether the program brought other words of its own after the version in use was written over them."""
    using, file = one.in_use, one.numbered(0)
    return bool(using and file and using.row.over and using.row.over != print_of(file.row.body))


def wording(session: Session, key: str, language: Language) -> Wording:
    """All versions of one text."""
    rows = session.scalars(select(Template).where(Template.key == key, Template.language == language)).all()
    return _of(key, language, rows, _acts(session, [row.id for row in rows]))


def all_wordings(session: Session, of: Sequence[str] = ()) -> dict[tuple[str, Language], Wording]:
    """Every text in every language, else those with these keys: two reads, whatever there is."""
    by: dict[tuple[str, str], list[Template]] = defaultdict(list)
    for row in session.scalars(select(Template)):
        by[row.key, row.language].append(row)
    acts = _acts(session, None)
    return {
        (key, language): _of(key, language, by[key, language], acts)
        for key in of or keys()
        for language in LANGUAGES
    }


def is_stale(wording: Wording, source: Wording) -> bool:
    """Whether the English text was changed after the version in use was written beside it."""
    mine, theirs = wording.in_use, source.in_use
    if wording.language == SOURCE or mine is None or theirs is None:
        return False
    from_ = made_from(mine, source)
    return from_ is not None and from_.row.body != theirs.row.body


def made_from(version: Version, source: Wording) -> Version | None:
    """The English version that this one was written beside; for what was shipped, what came with it."""
    if version.row.made_from is not None:
        return source.numbered(version.row.made_from)
    then = (one for one in source.versions if one.row.created_at <= version.row.created_at)
    return next((one for one in then if one.row.author == version.row.author), None)


def marks(wording: Wording, source: Wording, today: date) -> list[Mark]:
    """What the list says of a text in a language. `today`: the program's local date."""
    using, work = wording.in_use, wording.at_work
    found: list[Mark] = []
    if using is None:
        found.append("missing")
    if work is not None:
        found.append("in_review" if work.state == "in_review" else "machine" if work.row.machine else "draft")
    if using is not None:
        if is_stale(wording, source) or file_changed(wording):
            found.append("stale")
        until = using.reviewed.until if using.reviewed else None
        found.append(
            "runs_out" if until and until <= today + SOON else "reviewed" if using.reviewed else "shipped"
        )
    return found


def _acts(session: Session, numbers: Sequence[int] | None) -> dict[int, list[TemplateAct]]:
    wanted = select(TemplateAct).order_by(TemplateAct.id)
    if numbers is not None:
        wanted = wanted.where(TemplateAct.template_id.in_(numbers))
    found: dict[int, list[TemplateAct]] = defaultdict(list)
    for act in session.scalars(wanted):
        found[act.template_id].append(act)
    return found


def _of(
    key: str, language: Language, rows: Iterable[Template], acts: dict[int, list[TemplateAct]]
) -> Wording:
    newest_first = sorted(rows, key=lambda row: -row.version)
    versions = [Version(row, tuple(acts.get(row.id, ()))) for row in newest_first]
    file = shipped(key, language)
    return Wording(key, language, (*versions, file) if file else tuple(versions))
