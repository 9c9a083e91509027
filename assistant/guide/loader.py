"""Loading a jurisdiction's guide and checking all of it: what is missing or wrong is one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from assistant.config import Settings
from assistant.escalation.types import StepKey
from assistant.guide import data, texts
from assistant.guide.fields import Fields
from assistant.guide.files import DATA_FILES, Merged, folders_of, merged, toml
from assistant.guide.letters import NAMES, load_letters
from assistant.guide.types import CLOCK_MAILS, Citation, Fact, Guide, GuideError, StepText
from assistant.guide.values import CLOCKS
from assistant.words import LANGUAGES

__all__ = [
    "Citation",
    "Guide",
    "GuideError",
    "StepText",
    "bases_of",
    "guide_of",
    "jurisdictions",
    "load_guide",
]

_HOME = Path(__file__).parent


def guide_of(settings: Settings) -> Guide:
    """The guide that the configuration names, with the centre's own pages to read on. Raises GuideError."""
    return load_guide(settings.program.jurisdiction).with_reading(settings.guide.model_dump())


@cache
def jurisdictions(folder: Path | None = None) -> tuple[str, ...]:
    """The guides that can be chosen; a base that others only extend is not one of them."""
    root = folder or _HOME
    found = sorted(one.parent for one in root.glob("*/guide.toml"))
    return tuple(one.name for one in found if not toml(one / "guide.toml", one, []).get("base"))


@cache
def bases_of(jurisdiction: str, folder: Path | None = None) -> tuple[str, ...]:
    """The guides that a guide takes over, the nearest first."""
    return tuple(one.name for one in reversed(folders_of(folder or _HOME, jurisdiction, [])[:-1]))


@cache
def load_guide(jurisdiction: str = "us-ca", folder: Path | None = None) -> Guide:
    """The guide of a jurisdiction, with all that it takes over. Raises GuideError with every problem."""
    root = folder or _HOME
    problems: list[str] = []
    folders = folders_of(root, jurisdiction, problems)
    if not folders:
        raise GuideError(problems)
    own = toml(folders[-1] / "guide.toml", folders[-1], problems)
    if own.get("base"):
        raise GuideError(
            [f"program.jurisdiction: {jurisdiction!r} is a base for other guides, not one itself"]
        )
    files = merged(folders, DATA_FILES, problems)
    guide = _guide(jurisdiction, folders, files, own, problems)
    if problems:
        raise GuideError(list(dict.fromkeys(problems)))
    return guide


def _guide(
    key: str, folders: Sequence[Path], files: Merged, own: Mapping[str, object], problems: list[str]
) -> Guide:
    head = Fields(files, (), problems)
    head.known_only(data.TABLES)
    cited = data.citations(files, problems)
    places = data.places(files, problems)
    rules, clock_texts = data.clocks(files, cited, problems)
    glossary = data.glossary(files, problems)
    agency = head.text("agency", why="the state's agency, one of [places]")
    if agency and agency not in places:
        head.wrong("agency", f"unknown place {agency!r}")
    words = {language: texts.words(folders, language, problems) for language in LANGUAGES}
    known = texts.known_members(cited, places, rules)
    say = {language: texts.say(folders, language, known, problems) for language in LANGUAGES}
    texts.half_said(folders, problems)
    known["say"] = frozenset(say["en"])
    steps = texts.steps(folders, known, frozenset(glossary), problems)
    letters = load_letters(folders, set(cited), frozenset(CLOCKS) | set(rules), problems)
    listed = frozenset(StepKey) | frozenset(NAMES) | frozenset(CLOCK_MAILS)
    guide = Guide(
        key=key,
        version=Fields(_only(own, key), (), problems).text("version", why="each guide has its own"),
        verified_on=head.day("verified_on"),
        jurisdiction=Fields(files, ("jurisdiction",), problems).by_language(),
        state=Fields(files, ("state",), problems).by_language(),
        not_advice=Fields(files, ("not_advice",), problems).by_language(),
        agency=agency,
        citations=cited,
        places=places,
        helpers=data.helpers(files, problems),
        clocks=rules,
        clock_texts=clock_texts,
        signals=data.signals(files, problems),
        glossary=glossary,
        reading=data.reading(files, problems),
        triggers=data.triggers(files, problems),
        reviews=data.reviews(own, f"{key}/guide.toml", listed, problems),
        words=words,
        say=say,
        steps=steps,
        expired=texts.expired(folders, known, problems),
        clock_mails=texts.clock_mails(folders, tuple(rules), known, problems),
        letters=letters,
    )
    _no_fact_is_older(guide, head)
    return guide


def _no_fact_is_older(guide: Guide, head: Fields) -> None:
    """What is sent says "sources last checked on": that day, or later, every single one was."""
    facts: list[Fact] = [*guide.citations.values(), *guide.places.values(), *guide.helpers, *guide.signals]
    facts += [*guide.glossary.values(), *guide.reading.values()]
    oldest = min((one.verified_on for one in facts), default=guide.verified_on)
    if guide.verified_on > oldest:
        head.wrong("verified_on", f"{guide.verified_on} is later than the oldest fact ({oldest})")


def _only(own: Mapping[str, object], key: str) -> Merged:
    """The jurisdiction's own file, for what is not taken over from a base."""
    files = Merged()
    files.add(dict(own), f"{key}/guide.toml", 0)
    return files
