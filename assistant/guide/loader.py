"""Loading a jurisdiction's guide and checking all of it: what is missing or wrong is one line each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, meta
from jinja2.sandbox import SandboxedEnvironment

from assistant.escalation.types import ClockRule, StepKey
from assistant.guide.values import NAMES
from assistant.words import LANGUAGES, Cause, Language, Outcome

LETTER_OF: Mapping[StepKey, str] = {
    StepKey.DOCUMENT: "records_request",
    StepKey.WRITTEN_NOTICE: "written_notice",
    StepKey.IEP_MEETING: "meeting_request",
    StepKey.COMPLIANCE_COMPLAINT: "compliance_complaint",
    StepKey.COMPENSATORY_EDUCATION: "compensatory_education",
}
_STEP_KEYS = ("subject", "body")
_LETTER_KEYS = ("title", "body", "before_you_send")


class GuideError(Exception):
    """The guide cannot be used. `problems` holds one line each: file, key, what was expected."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Citation:
    """A rule the guide rests on. `sure`: A read in the law itself, B in a good secondary source, C unread."""

    text: str
    source: str
    sure: str


@dataclass(frozen=True)
class LetterText:
    """A letter as data. `before_you_send`: what the parent adds or checks; stands outside the letter."""

    title: str
    body: str
    before_you_send: tuple[str, ...]


@dataclass(frozen=True)
class StepText:
    """A step's e-mail as data."""

    subject: str
    body: str


@dataclass(frozen=True)
class Guide:
    """A jurisdiction's guide, whole and checked."""

    key: str
    version: str
    jurisdiction: Mapping[Language, str]
    review: Mapping[Language, str]
    not_advice: Mapping[Language, str]
    verified_on: date
    citations: Mapping[str, Citation]
    clocks: Mapping[str, ClockRule]
    places: Mapping[str, Mapping[str, str]]
    helpers: tuple[Mapping[str, str], ...]
    steps: Mapping[tuple[StepKey, Language], StepText]
    letters: Mapping[tuple[str, Language], LetterText]
    words: Mapping[Language, Mapping[str, str]]


def environment() -> SandboxedEnvironment:
    """Where guide text is filled: no attributes of Python objects, and a missing value is an error."""
    return SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )


@cache
def load_guide(jurisdiction: str = "us-ca", folder: Path | None = None) -> Guide:
    """The guide of a jurisdiction. Raises GuideError with every problem."""
    root = (folder or Path(__file__).parent) / jurisdiction
    if not (root / "guide.toml").is_file():
        raise GuideError([f"{jurisdiction}: there is no guide of this name"])
    problems: list[str] = []
    head = _toml(root / "guide.toml", problems)
    citations = _citations(head, problems)
    clocks = _clocks(head, citations, problems)
    steps: dict[tuple[StepKey, Language], StepText] = {}
    letters: dict[tuple[str, Language], LetterText] = {}
    words: dict[Language, Mapping[str, str]] = {}
    for language in LANGUAGES:
        for step in StepKey:
            data = _part(root / language / f"{step}.toml", _STEP_KEYS, problems)
            if data is not None:
                steps[step, language] = StepText(str(data["subject"]), str(data["body"]))
        for name in LETTER_OF.values():
            data = _part(root / "letters" / f"{name}.{language}.toml", _LETTER_KEYS, problems)
            if data is not None:
                letters[name, language] = LetterText(
                    str(data["title"]), str(data["body"]), tuple(map(str, data["before_you_send"]))
                )
        words[language] = _words(root / language / "words.toml", problems)
    if problems:
        raise GuideError(problems)
    try:
        return Guide(
            key=jurisdiction,
            version=str(head["version"]),
            jurisdiction=head["jurisdiction"],
            review=head["review"],
            not_advice=head["not_advice"],
            verified_on=head["verified_on"],
            citations=citations,
            clocks=clocks,
            places=head["places"],
            helpers=tuple(head["helpers"]),
            steps=steps,
            letters=letters,
            words=words,
        )
    except KeyError as error:
        raise GuideError([f"{root.name}/guide.toml: {error.args[0]}: is missing"]) from None


def _toml(path: Path, problems: list[str]) -> dict[str, Any]:
    name = "/".join(path.parts[-3:])
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(f"{name}: is missing; every step and letter needs every language")
    except (OSError, ValueError) as error:
        problems.append(f"{name}: cannot be read: {' '.join(str(error).split())}")
    return {}


def _part(path: Path, keys: tuple[str, ...], problems: list[str]) -> dict[str, Any] | None:
    """A step or letter, its placeholders checked against the closed list of names."""
    data = _toml(path, problems)
    if not data:
        return None
    name = "/".join(path.parts[-3:])
    missing = [key for key in keys if not data.get(key)]
    problems += [f"{name}: {key}: is missing or empty" for key in missing]
    for key in ("subject", "title", "body"):
        if isinstance(data.get(key), str):
            problems += [f"{name}: {key}: {line}" for line in _unknown_names(data[key])]
    return None if missing else data


def _unknown_names(text: str) -> list[str]:
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        return [f"line {error.lineno}: {error.message}"]
    return [
        f"unknown placeholder {{{{ {name} }}}}"
        for name in sorted(meta.find_undeclared_variables(tree) - NAMES)
    ]


def _citations(head: Mapping[str, Any], problems: list[str]) -> dict[str, Citation]:
    found = {}
    for key, data in head.get("citations", {}).items():
        lacking = [name for name in ("text", "source", "sure") if not data.get(name)]
        problems += [
            f"guide.toml: citations.{key}.{name}: is missing; a citation needs its source" for name in lacking
        ]
        if not lacking:
            found[key] = Citation(data["text"], data["source"], data["sure"])
    return found


_CLOCK_WORDS: Mapping[str, tuple[str, ...]] = {
    "kind": ("legal", "courtesy"),
    "counts": ("business_days", "school_days", "calendar_days", "months"),
    "runs_from": ("step", "oldest_miss", "decision", "not_held"),
    "starts": tuple(StepKey),
}


def _clocks(
    head: Mapping[str, Any], citations: Mapping[str, Citation], problems: list[str]
) -> dict[str, ClockRule]:
    found = {}
    for name, data in head.get("clocks", {}).items():
        where, before = f"guide.toml: clocks.{name}", len(problems)
        for key, allowed in _CLOCK_WORDS.items():
            for value in [data.get(key, allowed[0])] if key != "starts" else data.get(key, []):
                if value not in allowed:
                    problems.append(f"{where}.{key}: {value!r} is none of: {', '.join(allowed)}")
        if not isinstance(data.get("length"), int) or data["length"] < 1:
            problems.append(f"{where}.length: expected a whole number of 1 or more")
        cite = data.get("cite", "")
        if (cite or data.get("kind") == "legal") and cite not in citations:
            problems.append(f"{where}.cite: expected one of the citations; a legal date needs its source")
        if len(problems) == before:
            rest = {key: value for key, value in data.items() if key not in ("cite", "starts")}
            text = citations[cite].text if cite else ""
            found[name] = ClockRule(name, citation=text, starts=tuple(map(StepKey, data["starts"])), **rest)
    return found


def _words(path: Path, problems: list[str]) -> dict[str, str]:
    data = _toml(path, problems)
    name = "/".join(path.parts[-3:])
    wanted = [*Outcome, *Cause, *StepKey]
    problems += [f"{name}: {word}: is missing" for word in wanted if data and word.value not in data]
    return {key: str(value) for key, value in data.items()}
