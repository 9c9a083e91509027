"""A guide's texts in each language: words, phrases, e-mails of steps and dates; every placeholder checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Final, Literal

from assistant.escalation.types import StepKey
from assistant.guide.fields import Fields, unknown_names, unknown_numbers
from assistant.guide.files import DATA_FILES, Merged, file_name, merged, toml
from assistant.guide.types import READING, ClockMailText, StepText
from assistant.guide.values import CLOCKS, NAMES
from assistant.words import LANGUAGES, Cause, Language, Outcome

# Numbers that a `why_` sentence may name; they come with the rule's reason.
WHY_NUMBERS: Final = frozenset(
    {
        *("service", "misses", "short", "unknowns", "held", "weeks", "months", "window", "school_days"),
        *("threshold_percent", "misses_since"),
    }
)
_WORDS: Final = (
    *("head_date", "head_expected", "head_received", "head_reason", "head_entry"),
    *("blank_child", "blank_school", "blank_district", "blank_parent", "blank_email", "blank_phone"),
    *("blank_iep_date", "guide_version", "verified_on", "before_you_send", "why_other", "not_now"),
    *("review_pending", "review_reviewed", "review_expired", "review_all", "review_some"),
    *("read_more", "terms", "free_help"),
    *("business_days", "school_days", "calendar_days", "months", "legal", "courtesy"),
    *("by_range", "by_day"),
    *("signals_subject", "signals_intro", "signals_meanwhile"),
    *(f"left_out_{one}" for one in ("family", "refused", "closure", "grey", "unknown", "unanswered")),
)
Known = Mapping[str, Set[str]]


def text_file(folders: Sequence[Path], name: str, problems: list[str]) -> Merged | None:
    """A text file of all folders as one; None, with a line, where no folder has it."""
    found = merged(folders, (name,), problems)
    if found.data:
        return found
    if not any(one.startswith(f"{folder.name}/{name}.toml") for one in problems for folder in folders):
        problems.append(
            f"{folders[-1].name}/{name}.toml: is missing; every step and letter needs every language"
        )
    return None


def check(at: Fields, key: str, members: Known, problems: list[str], more: Set[str] = frozenset()) -> str:
    """A text of a file, with a line for each placeholder that no step has."""
    text = at.text(key)
    problems += [
        f"{at.files.where(*at.path, key)}: {line}" for line in unknown_names(text, NAMES | more, members)
    ]
    return text


def known_members(
    cited: Mapping[str, Any], places: Mapping[str, Any], clocks: Mapping[str, Any]
) -> dict[str, Set[str]]:
    """Which {{ cite.x }}, {{ place.x }}, {{ clock.x }} and {{ dates.x }} there are."""
    all_clocks = frozenset(CLOCKS) | frozenset(clocks)
    return {"cite": frozenset(cited), "place": frozenset(places), "clock": all_clocks, "dates": all_clocks}


def words(folders: Sequence[Path], language: Language, problems: list[str]) -> dict[str, str]:
    """The words of a language, each there."""
    files = text_file(folders, f"{language}/words", problems)
    if files is None:
        return {}
    at = Fields(files, (), problems)
    for word in (*Outcome, *Cause, *StepKey, *_WORDS):
        if str(word) not in at.data:
            at.wrong(str(word), "is missing")
    for key, value in at.data.items():
        if key.startswith("why_"):
            for line in unknown_numbers(str(value), WHY_NUMBERS):
                at.wrong(key, line)
    return {key: str(value) for key, value in at.data.items()}


def say(folders: Sequence[Path], language: Language, members: Known, problems: list[str]) -> dict[str, str]:
    """How a jurisdiction says what differs, phrase by phrase; an empty one says nothing."""
    files = text_file(folders, f"{language}/say", problems)
    if files is None:
        return {}
    at = Fields(files, (), problems)
    for key in at.data:
        for line in unknown_names(at.text(key, needed=False), NAMES - {"say"}, members):
            at.wrong(key, line)
    return {key: str(value) for key, value in at.data.items()}


def half_said(folders: Sequence[Path], problems: list[str]) -> None:
    """A line for whatever a folder says in one language and not in another.

    Each folder by itself: a state that changes a fact in English only would keep the base's in Spanish.
    """
    for folder in folders:
        for name in DATA_FILES:
            path = folder / f"{name}.toml"
            if path.is_file():
                for key in _lacking(toml(path, folder, problems), ()):
                    problems.append(f"{file_name(path, folder)}: {key}: is missing; another language has it")
        names = sorted({one.name for language in LANGUAGES for one in (folder / language).glob("*.toml")})
        for name in names:
            paths = [folder / language / name for language in LANGUAGES]
            said = {
                path: _leaves(toml(path, folder, problems), ()) if path.is_file() else set() for path in paths
            }
            every = set().union(*said.values())
            for path, keys in said.items():
                if not path.is_file():
                    problems.append(
                        f"{file_name(path, folder)}: is missing; every step and letter needs every language"
                    )
                    continue
                for key in sorted(every - keys):
                    problems.append(f"{file_name(path, folder)}: {key}: is missing; another language has it")


def _lacking(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    has = [language for language in LANGUAGES if language in table]
    lines = [".".join((*path, one)) for one in LANGUAGES if has and one not in table]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _lacking(value, (*path, key))
    return lines


def _leaves(table: Mapping[str, Any], path: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for key, value in table.items():
        found |= _leaves(value, (*path, key)) if isinstance(value, dict) else {".".join((*path, key))}
    return found


def steps(
    folders: Sequence[Path], members: Known, terms: Set[str], problems: list[str]
) -> dict[tuple[StepKey, Language], StepText]:
    """The e-mail of every step in every language."""
    found = {}
    for language in LANGUAGES:
        for step in StepKey:
            text = _step(folders, f"{language}/{step}", members, terms, problems)
            if text is not None:
                found[step, language] = text
    return found


def expired(folders: Sequence[Path], members: Known, problems: list[str]) -> dict[Language, StepText]:
    """What is sent in place of a step whose review ran out."""
    found = {}
    for language in LANGUAGES:
        text = _step(folders, f"{language}/expired", members, frozenset(), problems)
        if text is not None:
            found[language] = text
    return found


def clock_mails(
    folders: Sequence[Path], clocks: Sequence[str], members: Known, problems: list[str]
) -> dict[tuple[Literal["before", "after"], Language], ClockMailText]:
    """The e-mails before a date and after it, with a phrase for each clock."""
    found: dict[tuple[Literal["before", "after"], Language], ClockMailText] = {}
    whens: tuple[Literal["before", "after"], ...] = ("before", "after")
    for language in LANGUAGES:
        for when in whens:
            files = text_file(folders, f"{language}/clock_{when}", problems)
            if files is None:
                continue
            at = Fields(files, (), problems)
            at.known_only(("body", "button", "beside", "phrases"))
            phrases = {}
            for clock in clocks:
                here = Fields(files, ("phrases", clock), problems)
                here.known_only(("subject", "line"))
                phrases[clock] = (
                    check(here, "subject", members, problems, _DATE),
                    check(here, "line", members, problems, _DATE),
                )
            found[when, language] = ClockMailText(
                body=check(at, "body", members, problems, _DATE),
                button=at.text("button"),
                beside=at.text("beside"),
                phrases=phrases,
            )
    return found


_DATE = frozenset({"date", "line"})


def _step(
    folders: Sequence[Path], name: str, members: Known, terms: Set[str], problems: list[str]
) -> StepText | None:
    files = text_file(folders, name, problems)
    if files is None:
        return None
    at = Fields(files, (), problems)
    at.known_only(("subject", "body", "button", "beside", "reading", "terms"))
    return StepText(
        subject=check(at, "subject", members, problems),
        body=check(at, "body", members, problems),
        button=at.text("button"),
        beside=at.text("beside", needed=False),
        reading=at.keys("reading", frozenset(READING), "page to read"),
        terms=at.keys("terms", terms, "glossary term"),
    )
