"""What is wrong with words for a text of the guide. Pure: words in, faults out.

A name is looked for as deep as it goes ({{ dates.records.due }}), in every branch of the text, also in one
that no sample family reaches. Then the text is filled for a family of whom all is known, and for one of whom
only what the text cannot do without is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal, get_args

from jinja2 import TemplateError, TemplateSyntaxError, nodes

from assistant.escalation.types import StepKey
from assistant.guide.facts import StepFacts
from assistant.guide.filling import LetterError, environment
from assistant.guide.leaves import Leaf, as_body, from_body, leaves, with_words
from assistant.guide.letter import Letter, write_letter
from assistant.guide.letter_names import FACTS, MEMBERS
from assistant.guide.letter_values import letter_values
from assistant.guide.letters import LETTERS_OF
from assistant.guide.render import BLANK, RenderedStep, render_clock_mail, render_step
from assistant.guide.sample import sample, sample_due, short_names
from assistant.guide.types import CLOCK_MAILS, Guide
from assistant.guide.values import date_value, values
from assistant.words import Language

Code = Literal["empty", "form", "unknown", "near", "parts", "rests_on", "not_asked", "plain", "marks", "hole"]
# Made-up families: long names and all told; short ones and little; only what a letter cannot do without.
Family = Literal["long", "short", "bare"]
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)
_UNFILLED: Final = ("button", "beside", "title")  # stand as they are
_STEP_OF: Final = {name: key for key, names in LETTERS_OF.items() for name in names}
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps words from being used. `name`: the placeholder, or what went wrong; `near`: what
    was probably meant, or what a part has to rest on."""

    code: Code
    leaf: Leaf | None
    name: str = ""
    near: str = ""


def faults(guide: Guide, piece: str, language: Language, said: Mapping[str, str], today: date) -> list[Fault]:
    """All that is wrong with these words, in reading order. Raises ValueError for words of another text."""
    stands = leaves(guide, piece, language)
    if from_body(as_body(said)) != dict(said):
        return [Fault("marks", None)]
    tried = with_words(guide, piece, language, said)
    known = _known(guide, piece, language, today)
    found = [fault for leaf in stands for fault in _of_leaf(guide, piece, leaf, said[leaf.key], known)]
    if not found:
        for family in ("long", "bare"):
            try:
                filled(tried, piece, language, today, family)
            except (LetterError, TemplateError) as error:
                return [Fault("hole", None, " ".join(str(error).split())[:200])]
    return found


def filled(
    guide: Guide, piece: str, language: Language, today: date, family: Family = "long"
) -> list[RenderedStep] | Letter:
    """A text as a sample family gets it.

    Raises LetterError and jinja2.TemplateError where that leaves a hole.
    """
    kind, _, name = piece.partition(".")
    # All of its words: a text past its review is read here to be reviewed anew.
    guide = replace(guide, reviews={})
    if kind == "letter":
        about = _facts(guide, _STEP_OF.get(name, StepKey.DOCUMENT), language, today, family)
        needs = guide.letters.needs.get(name, ())
        if family == "bare":
            about = replace(
                about, details={key: value for key, value in about.details.items() if key in needs}
            )
        return write_letter(guide, name, language, about)
    step = StepKey(name) if name in set(StepKey) else StepKey.DOCUMENT
    about = _facts(guide, step, language, today, family)
    if name in CLOCK_MAILS:
        when: Literal["before", "after"] = "before" if name == "clock_before" else "after"
        return [
            render_clock_mail(guide, when, clock, step, language, about, sample_due(guide, clock, today))
            for clock in guide.clock_mails[when, language].phrases
        ]
    if name == "expired":
        guide = replace(guide, steps={**guide.steps, (step, language): guide.expired[language]})
    return [render_step(guide, step, language, about)]


def names_used(said: Mapping[str, str]) -> set[str]:
    """The names that words ask for, as deep as they go: "nickname", "dates.records.due"."""
    found: set[str] = set()
    for text in said.values():
        try:
            found |= {".".join(path) for path, _ in _paths(text)}
        except TemplateSyntaxError:
            continue
    return found


def _facts(guide: Guide, step: StepKey, language: Language, today: date, family: Family) -> StepFacts:
    about = sample(guide, step, language, today)
    if family != "bare":
        return short_names(about) if family == "short" else about
    return replace(
        about,
        email="",
        phone="",
        dates=(),
        earlier=(),
        not_counted=(),
        quoted=False,
        iep_dated=None,
        steps=(),
        passed=(),
        make_ups=(),
        school_log=(),
        other=(),
        minutes_other=0,
        issues=tuple(replace(one, not_counted=(), passed=(), steps=(), make_ups=()) for one in about.issues),
    )


def _known(guide: Guide, piece: str, language: Language, today: date) -> dict[str, Any]:
    kind, _, name = piece.partition(".")
    step = _STEP_OF.get(name, StepKey.DOCUMENT) if kind == "letter" else StepKey.DOCUMENT
    about = sample(guide, step, language, today)
    if kind == "letter":
        return letter_values(guide, guide.letters, about, language)
    found = values(guide, about, language, BLANK)
    if name in CLOCK_MAILS:
        due = date_value(about.dates[0], language)
        found |= {"date": dict.fromkeys((*due, "by", "label", "note", "whose", "recorded"), ""), "line": ""}
    return found


def _of_leaf(guide: Guide, piece: str, leaf: Leaf, text: str, known: Mapping[str, Any]) -> Iterator[Fault]:
    if not text.strip():
        if leaf.needed:
            yield Fault("empty", leaf)
        return
    if leaf.kind in _UNFILLED:
        if "{{" in text or "{%" in text:
            yield Fault("plain", leaf)
        return
    if leaf.each:
        known = {**known, "one": dict.fromkeys(MEMBERS[leaf.each], "")}
    if leaf.kind == "line":
        known = {name: value for name, value in known.items() if name != "line"}
    try:
        paths = dict.fromkeys(_paths(text))
    except TemplateSyntaxError as error:
        yield Fault("form", leaf, str(error.message)[:120])
        return
    for path, printed in paths:
        fault = _of_path(leaf, path, known, printed=printed)
        if fault is None and piece.startswith("letter."):
            fault = _of_letter(guide, piece.removeprefix("letter."), leaf, path[0])
        if fault is not None:
            yield fault


def _of_path(leaf: Leaf, path: Path, known: Mapping[str, Any], *, printed: bool) -> Fault | None:
    at: Any = known
    for place, name in enumerate(path):
        if name == "*":
            at = at[0] if isinstance(at, list | tuple) and at else {}
            continue
        if not isinstance(at, Mapping):
            return Fault("unknown", leaf, ".".join(path))
        if name not in at:
            close = difflib.get_close_matches(name.casefold(), [str(one) for one in at], 1, 0.5)
            shown = ".".join(path[: place + 1]).replace(".*", "")
            if close:
                return Fault("near", leaf, shown, ".".join((*path[:place], close[0])).replace(".*", ""))
            return Fault("unknown", leaf, shown)
        beside = at
        at = "" if path[0] == "say" and place else at[name]
        if at is None:  # a date that this guide does not have; it would have what the others have
            at = next((one for one in beside.values() if one is not None), None)
    return (
        Fault("parts", leaf, ".".join(path)) if printed and isinstance(at, Mapping | list | tuple) else None
    )


def _of_letter(guide: Guide, letter: str, leaf: Leaf, name: str) -> Fault | None:
    """A fact of the log only where the part rests on it; a detail only where the letter asks for it."""
    if name in FACTS and leaf.rests_on not in FACTS[name]:
        return Fault("rests_on", leaf, name, " / ".join(FACTS[name]))
    asked, book = name.removesuffix("_is"), guide.letters
    told = asked in book.details and not book.details[asked].home
    if told and asked not in (*book.needs.get(letter, ()), *book.takes.get(letter, ())):
        return Fault("not_asked", leaf, asked)
    return None


@lru_cache(maxsize=4096)
def _paths(text: str) -> tuple[tuple[Path, bool], ...]:
    """Every name of a text with its members, and whether it is printed; "*" stands for one of a list."""
    return tuple(_walk(environment().parse(text), {}, printed=False))


def _walk(node: nodes.Node, scope: Mapping[str, Path], *, printed: bool) -> Iterator[tuple[Path, bool]]:
    if isinstance(node, nodes.For):
        listed = _path(node.iter, scope)
        yield from _walk(node.iter, scope, printed=False)
        if isinstance(node.target, nodes.Name) and listed is not None:
            scope = {**scope, node.target.name: (*listed, "*"), "loop": ()}
        for child in (*node.body, *node.else_):
            yield from _walk(child, scope, printed=False)
        return
    path = _path(node, scope)
    if path is not None:
        if path:
            yield path, printed
        return
    for child in node.iter_child_nodes():
        yield from _walk(child, scope, printed=isinstance(node, nodes.Output))


def _path(node: nodes.Node, scope: Mapping[str, Path]) -> Path | None:
    if isinstance(node, nodes.Name):
        return scope.get(node.name, (node.name,))
    if isinstance(node, nodes.Getattr):
        above = _path(node.node, scope)
        return None if above is None else (*above, node.attr) if above else ()
    if isinstance(node, nodes.Filter | nodes.Getitem) and node.node is not None:
        return _path(node.node, scope)
    return None
