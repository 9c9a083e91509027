"""Reading the letters of a guide: their parts, the facts they ask the parent for, and their phrases.

A letter is data: `letters/NAME.LANG.toml` in a guide's folder, or in one that it extends; the nearer folder's
file is taken. Everything is checked: what states a fact of the log has to say which entries it rests on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from assistant.escalation.types import StepKey
from assistant.guide.filling import names_in
from assistant.guide.letter_names import FACTS, LISTS, MEMBERS, PLAIN, RESTS_ON, ROW_PHRASES
from assistant.words import LANGUAGES, Language

Kind = Literal["text", "date", "choice", "long"]
Style = Literal["", "head", "closing"]

# The letters of each step, in the order they are offered.
LETTERS_OF: Final[Mapping[StepKey, tuple[str, ...]]] = {
    StepKey.DOCUMENT: ("records_request",),
    StepKey.WRITTEN_NOTICE: ("written_notice",),
    StepKey.IEP_MEETING: ("meeting_request", "recording_notice"),
    StepKey.COMPLIANCE_COMPLAINT: ("compliance_complaint", "complaint_data_sheet"),
    StepKey.COMPENSATORY_EDUCATION: ("compensatory_education",),
    StepKey.RESOLVED: ("thank_you",),
}
NAMES: Final = (*(name for names in LETTERS_OF.values() for name in names), "confirm_conversation")
_PART_KEYS: Final = frozenset(
    {
        *("heading", "body", "style", "rests_on", "optional", "when", "unless", "joins"),
        *("items", "each", "item", "table", "fields", "issues", "shared"),
    }
)
_HOMES: Final = (
    "child.full_name",
    "child.school",
    "child.district",
    "caregiver.name",
    "iep.dated",
    "line.wording",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a list, or one row of a sheet (then with a label)."""

    text: str
    label: str = ""
    when: str = ""
    rests_on: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a letter: a paragraph, a list, a list of logged things (`each`), a table, a sheet of fields.

    `rests_on`: the entries that it states facts of; such a part is numbered. `when`, `unless`: a name that
    has to be known (or not) for the part to be there. `joins`: goes on in the paragraph before. `issues`:
    parts that are written once for each service of a letter about several.
    """

    where: str  # "us/letters/x.en.toml: parts[2]", for what may go wrong with it
    heading: str = ""
    body: str = ""
    style: Style = ""
    rests_on: str = ""
    optional: bool = False
    when: str = ""
    unless: str = ""
    joins: bool = False
    items: tuple[Item, ...] = ()
    each: str = ""
    item: str = ""
    table: bool = False
    fields: tuple[Item, ...] = ()
    issues: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterText:
    """A letter as data. `before_you_send`: what the parent checks; stands outside the letter."""

    title: str
    parts: tuple[Part, ...]
    before_you_send: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """A fact that letters ask the parent for. `home`: the column it has, "" for the table of details."""

    key: str
    kind: Kind
    question: Mapping[Language, str]
    hint: Mapping[Language, str]
    choices: Mapping[str, Mapping[Language, str]]
    home: str = ""


@dataclass(frozen=True)
class LetterBook:
    """All letters of a guide. `needs`: details a letter is not offered without; `takes`: what it can use."""

    texts: Mapping[tuple[str, Language], LetterText] = field(default_factory=dict)
    details: Mapping[str, Detail] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    takes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    phrases: Mapping[Language, Mapping[str, str]] = field(default_factory=dict)

    def asked_for(self, names: Iterable[str]) -> tuple[Detail, ...]:
        """What these letters ask for, needed things first, in the order the guide lists them."""
        chosen = list(names)
        needed = {key for name in chosen for key in self.needs[name]}
        taken = {key for name in chosen for key in self.takes[name]} - needed
        order = list(self.details)
        keys = [*sorted(needed, key=order.index), *sorted(taken, key=order.index)]
        return tuple(self.details[key] for key in keys)


def load_letters(
    folders: Sequence[Path], citations: Set[str], clocks: Set[str], problems: list[str]
) -> LetterBook:
    """The letters in these guide folders, the base first. Adds a line to `problems` for each fault."""
    details, needs, takes = _details(folders, problems)
    phrases = {language: _merged(folders, f"phrases.{language}.toml", problems) for language in LANGUAGES}
    check = _Check(details, phrases, {"cite": citations, "dates": clocks, "clock": clocks}, problems)
    check.phrases()
    texts: dict[tuple[str, Language], LetterText] = {}
    for language in LANGUAGES:
        shared = _merged(folders, f"shared.{language}.toml", problems)
        for name in NAMES:
            file = _nearest(folders, f"{name}.{language}.toml")
            if file is None:
                problems.append(
                    f"{folders[-1].name}/letters/{name}.{language}.toml: is missing; "
                    "every letter needs every language"
                )
                continue
            allowed = {*needs.get(name, ()), *takes.get(name, ())}
            found = _letter(file, shared, check, allowed, problems)
            if found is not None:
                texts[name, language] = found
    for name in NAMES:
        if name not in needs:
            problems.append(f"letters/details.toml: letters.{name}: is missing; say what it needs and takes")
    _same_shape(texts, problems)
    return LetterBook(texts, details, needs, takes, phrases)


def _letter(
    file: Path, shared: Mapping[str, Any], check: _Check, allowed: set[str], problems: list[str]
) -> LetterText | None:
    where = "/".join(file.parts[-3:])
    data = _toml(file, problems)
    if not data:
        return None
    parts: list[Part] = []
    for key in ("title", "parts", "before_you_send"):
        if not data.get(key):
            problems.append(f"{where}: {key}: is missing or empty")
    for number, one in enumerate(data.get("parts", [])):
        at = f"{where}: parts[{number}]"
        if "shared" in one:
            if one["shared"] not in shared:
                problems.append(f"{at}: shared: there is no shared part {one['shared']!r}")
            for place, two in enumerate(shared.get(one["shared"], [])):
                parts.append(
                    _part({**two, **_without(one, "shared")}, f"{at}.shared[{place}]", check, allowed)
                )
        else:
            parts.append(_part(one, at, check, allowed))
    if not (data.get("title") and parts and data.get("before_you_send")):
        return None
    for line in data["before_you_send"]:
        check.text(str(line), f"{where}: before_you_send", allowed, "")
    return LetterText(str(data["title"]), tuple(parts), tuple(map(str, data["before_you_send"])))


def _part(data: Mapping[str, Any], where: str, check: _Check, allowed: set[str]) -> Part:
    for key in sorted(set(data) - _PART_KEYS):
        check.problems.append(f"{where}: {key}: a part has no such key")
    rests_on = str(data.get("rests_on", ""))
    check.rests_on(rests_on, where)
    part = Part(
        where=where,
        heading=str(data.get("heading", "")),
        body=str(data.get("body", "")),
        style=data.get("style", ""),
        rests_on=rests_on,
        optional=bool(data.get("optional", False)),
        when=str(data.get("when", "")),
        unless=str(data.get("unless", "")),
        joins=bool(data.get("joins", False)),
        items=tuple(_item(one) for one in data.get("items", [])),
        each=str(data.get("each", "")),
        item=str(data.get("item", "")),
        table=bool(data.get("table", False)),
        fields=tuple(_item(one) for one in data.get("fields", [])),
        issues=tuple(
            _part(one, f"{where}.issues[{place}]", check, allowed)
            for place, one in enumerate(data.get("issues", []))
        ),
    )
    check.part(part, allowed)
    return part


def _item(data: str | Mapping[str, Any]) -> Item:
    if isinstance(data, str):
        return Item(data)
    return Item(
        str(data.get("text", "")),
        str(data.get("label", "")),
        str(data.get("when", "")),
        str(data.get("rests_on", "")),
    )


class _Check:
    """Checks texts against the closed list of names, and facts of the log against what they rest on."""

    def __init__(
        self,
        details: Mapping[str, Detail],
        phrases: Mapping[Language, Mapping[str, Any]],
        members: Mapping[str, Set[str]],
        problems: list[str],
    ) -> None:
        self.details, self.all_phrases, self.members, self.problems = details, phrases, members, problems

    def phrases(self) -> None:
        """Phrases are the same in every language, and state nothing of the log."""
        keys = {key for texts in self.all_phrases.values() for key in texts}
        for language, texts in self.all_phrases.items():
            for key in sorted(keys - set(texts)):
                self.problems.append(f"letters/phrases.{language}.toml: {key}: is missing")
            for key, text in texts.items():
                if key not in ROW_PHRASES:
                    self.text(str(text), f"letters/phrases.{language}.toml: {key}", set(), "")

    def rests_on(self, name: str, where: str) -> None:
        if name and name not in RESTS_ON:
            self.problems.append(f"{where}: rests_on: {name!r} is none of {', '.join(RESTS_ON)}")

    def part(self, part: Part, allowed: set[str]) -> None:
        where, rests = part.where, part.rests_on
        self.text(part.heading, f"{where}: heading", allowed, "")
        self.text(part.body, f"{where}: body", allowed, rests)
        for one in (*part.items, *part.fields):
            self.rests_on(one.rests_on, where)
            self.text(one.text, f"{where}: {one.label or 'items'}", allowed, one.rests_on or rests)
            self.text(one.label, f"{where}: {one.label}", allowed, "")
        if part.each:
            if part.each not in LISTS:
                self.problems.append(f"{where}: each: {part.each!r} is none of {', '.join(LISTS)}")
            elif rests != LISTS[part.each]:
                self.problems.append(f'{where}: each: {part.each} has to rest on "{LISTS[part.each]}"')
            self.text(part.item, f"{where}: item", allowed, rests, part.each)
        if part.table and rests != "misses":
            self.problems.append(f'{where}: table: the table of sessions has to rest on "misses"')
        for name in (part.when, part.unless, *(one.when for one in (*part.items, *part.fields))):
            if name and name not in {*PLAIN, *FACTS, *LISTS, *self.details}:
                self.problems.append(f"{where}: when: unknown name {name}")
        if not (part.body or part.items or part.each or part.table or part.fields or part.issues):
            self.problems.append(f"{where}: is empty, expected a body, items, fields, a table, or each")

    def text(self, text: str, where: str, allowed: set[str], rests_on: str, each: str = "") -> None:
        """A text: only known names, and facts only where they rest on entries."""
        names, members, wrong = names_in(text)
        if wrong:
            self.problems.append(f"{where}: {wrong}")
            return
        loop = {"one"} if each else set()
        for asked in sorted(names - PLAIN - set(FACTS) - loop):
            name = asked.removesuffix("_is")  # of a choice: which one it is
            if name not in self.details:
                self.problems.append(f"{where}: unknown placeholder {{{{ {name} }}}}")
            elif name not in allowed:
                self.problems.append(
                    f"{where}: {{{{ {name} }}}} is asked for by no letter here; add it to needs or takes"
                )
        for name in sorted(names & set(FACTS)):
            if rests_on not in FACTS[name]:
                self.problems.append(
                    f"{where}: {{{{ {name} }}}} is a fact of the log, so the part has to say rests_on = "
                    + " or ".join(f'"{one}"' for one in FACTS[name])
                )
        known: dict[str, Set[str]] = {
            **MEMBERS,
            **self.members,
            "say": set(self.all_phrases["en"]),
            **({"one": MEMBERS[each]} if each in MEMBERS else {}),
        }
        for name, member in sorted(members):
            if name in known and member not in known[name]:
                self.problems.append(f"{where}: unknown placeholder {{{{ {name}.{member} }}}}")


def _same_shape(texts: Mapping[tuple[str, Language], LetterText], problems: list[str]) -> None:
    """A letter and its copy state the same facts in the same order, so that their numbers agree."""

    def shape(part: Part) -> tuple[Any, ...]:
        rests = tuple((one.rests_on, one.when) for one in (*part.items, *part.fields))
        inner = tuple(shape(one) for one in part.issues)
        return (part.rests_on, part.optional, part.when, part.unless, part.each, part.table, rests, inner)

    for (name, language), text in texts.items():
        english = texts.get((name, "en"))
        if english is not None and [shape(p) for p in text.parts] != [shape(p) for p in english.parts]:
            problems.append(
                f"letters/{name}.{language}.toml: parts: are not those of {name}.en.toml, part for part"
            )


def _details(
    folders: Sequence[Path], problems: list[str]
) -> tuple[dict[str, Detail], dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    data = _merged(folders, "details.toml", problems)
    found: dict[str, Detail] = {}
    for key, one in data.get("details", {}).items():
        where = f"letters/details.toml: details.{key}"
        if one.get("kind") not in get_args(Kind):
            problems.append(f"{where}.kind: expected one of {', '.join(get_args(Kind))}")
            continue
        question = {language: str(one[language]) for language in LANGUAGES if one.get(language)}
        problems += [f"{where}.{language}: is missing" for language in LANGUAGES if language not in question]
        hints = {language: str(one.get("hint", {}).get(language, "")) for language in LANGUAGES}
        choices = {name: dict(words) for name, words in one.get("choices", {}).items()}
        for name, words in choices.items():
            problems += [
                f"{where}.choices.{name}.{lang}: is missing" for lang in LANGUAGES if lang not in words
            ]
        if (one["kind"] == "choice") != bool(choices):
            problems.append(f"{where}.choices: a choice has them, and nothing else does")
        if one.get("home", "") not in ("", *_HOMES):
            problems.append(f"{where}.home: expected one of {', '.join(_HOMES)}")
        found[key] = Detail(key, one["kind"], question, hints, choices, str(one.get("home", "")))
    lists: tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]] = ({}, {})
    for name, one in data.get("letters", {}).items():
        for kind, into in zip(("needs", "takes"), lists, strict=True):
            into[name] = tuple(map(str, one.get(kind, [])))
            for key in into[name]:
                if key not in found:
                    problems.append(f"letters/details.toml: letters.{name}.{kind}: unknown detail {key}")
                elif name not in NAMES:
                    problems.append(f"letters/details.toml: letters.{name}: there is no such letter")
    return found, lists[0], lists[1]


def _merged(folders: Sequence[Path], name: str, problems: list[str]) -> dict[str, Any]:
    """A file of all folders as one, key by key; the nearer folder's word counts."""
    found: dict[str, Any] = {}
    for folder in folders:
        file = folder / "letters" / name
        if file.is_file():
            _lay(found, _toml(file, problems))
    return found


def _lay(into: dict[str, Any], data: Mapping[str, Any]) -> None:
    for key, value in data.items():
        below = into.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            _lay(below, value)
        else:
            into[key] = value


def _nearest(folders: Sequence[Path], name: str) -> Path | None:
    files = (folder / "letters" / name for folder in reversed(folders))
    return next((file for file in files if file.is_file()), None)


def _without(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != key}


def _toml(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{'/'.join(path.parts[-3:])}: cannot be read: {' '.join(str(error).split())}")
    return {}
