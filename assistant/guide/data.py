"""A guide's tables as values: citations, places, helpers, clocks, signals, glossary, triggers, reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from typing import Any, Final, Literal, cast, get_args

from assistant.escalation.policy import Policy
from assistant.escalation.signals import RULES as SIGNAL_RULES
from assistant.escalation.types import ClockKind, ClockRule, StepKey
from assistant.guide.fields import Fields, unknown_numbers
from assistant.guide.files import Merged
from assistant.guide.types import (
    READING,
    Citation,
    ClockText,
    Helper,
    Place,
    Reading,
    Review,
    Signal,
    Term,
    Trigger,
)
from assistant.words import LANGUAGES

# The rules of the ladder (escalation.ladder, escalation.decide), by the step they offer.
TRIGGER_RULES: Final[Mapping[StepKey, tuple[str, ...]]] = {
    StepKey.CHECK_IEP: ("registered",),
    StepKey.DOCUMENT: ("misses_in_window", "unknowns_in_a_row", "behind_pace"),
    StepKey.WRITTEN_NOTICE: (
        *("misses_in_window", "percent_short", "none_held", "behind_pace", "school_said_no"),
    ),
    StepKey.IEP_MEETING: ("no_fix_after_notice", "school_said_no"),
    StepKey.COMPLIANCE_COMPLAINT: ("meeting_overdue", "meeting_refused", "misses_go_on", "oldest_miss"),
    StepKey.COMPENSATORY_EDUCATION: ("after_complaint", "short_when_restored"),
    StepKey.URGENT: ("sent_home", "urgent_line"),
    StepKey.RESOLVED: ("held_in_a_row", "parent_says", "nothing_short"),
}
TABLES: Final = (
    *("version", "verified_on", "extends", "base", "agency", "jurisdiction", "state", "not_advice"),
    *("citations", "places", "helpers", "clocks", "signals", "glossary", "reading", "triggers", "reviews"),
)
_FACT = ("source", "sure", "verified_on")
_COUNTS = ("business_days", "school_days", "calendar_days", "months")
_RUNS_FROM = ("step", "oldest_miss", "decision", "not_held")
_WHOSE = ("school", "state", "family")
_POLICY = frozenset(one.name for one in dataclass_fields(Policy))


def each(files: Merged, table: str, problems: list[str]) -> dict[str, Fields]:
    """The entries of a table, each ready to be read."""
    found = files.data.get(table, {})
    if not isinstance(found, dict):
        problems.append(f"{files.where(table)}: expected tables like [{table}.NAME]")
        return {}
    for key in [key for key, value in found.items() if not isinstance(value, dict)]:
        problems.append(f"{files.where(table, key)}: expected a table [{table}.{key}]")
    return {
        key: Fields(files, (table, key), problems) for key, value in found.items() if isinstance(value, dict)
    }


def citations(files: Merged, problems: list[str]) -> dict[str, Citation]:
    """[citations.NAME]: text, and where it was read."""
    found = {}
    for key, at in each(files, "citations", problems).items():
        at.known_only(("text", *_FACT))
        found[key] = Citation(text=at.text("text"), **at.fact("citation"))
    return found


def places(files: Merged, problems: list[str]) -> dict[str, Place]:
    """[places.NAME]: where to send or ask."""
    optional = ("mail", "email", "fax", "phone")
    found = {}
    for key, at in each(files, "places", problems).items():
        at.known_only(("name", "page", *optional, *_FACT))
        more: dict[str, Any] = {name: at.text(name, needed=False) for name in optional}
        found[key] = Place(name=at.text("name"), page=_page(at, "page"), **more, **at.fact("place"))
    return found


def helpers(files: Merged, problems: list[str]) -> tuple[Helper, ...]:
    """[helpers.NAME]: free help, those of the nearest folder first."""
    found = []
    for key, at in each(files, "helpers", problems).items():
        at.known_only(("name", "page", "phone", *LANGUAGES, *_FACT))
        one = Helper(
            key=key,
            name=at.text("name"),
            page=_page(at, "page"),
            phone=at.text("phone", needed=False),
            what=at.by_language(),
            **at.fact("helper"),
        )
        found.append((-files.depth["helpers", key], one))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def clocks(
    files: Merged, cited: Mapping[str, Citation], problems: list[str]
) -> tuple[dict[str, ClockRule], dict[str, ClockText]]:
    """[clocks.NAME]: the rule for counting, and what people are told of it."""
    rules, texts = {}, {}
    keys = ("kind", "counts", "length", "after", "starts", "runs_from", "without_long_vacations", "cite")
    for name, at in each(files, "clocks", problems).items():
        at.known_only((*keys, "remind_before", "whose", "name", "note", *_FACT))
        kind = cast(ClockKind, at.one_of("kind", get_args(ClockKind)))
        cite = at.text("cite", needed=kind == "legal", why="a legal clock needs its citation")
        if cite and cite not in cited:
            at.wrong("cite", f"unknown citation {cite!r}")
        starts = at.keys("starts", frozenset(StepKey), "step")
        rules[name] = ClockRule(
            name=name,
            kind=kind,
            counts=cast(Any, at.one_of("counts", _COUNTS)),
            length=at.number("length"),
            citation=cited[cite].text if cite in cited else "",
            starts=tuple(StepKey(step) for step in starts if step in list(StepKey)),
            runs_from=cast(Any, at.one_of("runs_from", _RUNS_FROM, default="step")),
            without_long_vacations=at.flag("without_long_vacations"),
            after=at.number("after", least=0, default=0),
            remind_before=at.number("remind_before", least=0, default=0),
        )
        texts[name] = ClockText(
            name=at.by_language("name"),
            note=at.by_language("note"),
            whose=cast(Any, at.one_of("whose", _WHOSE)),
            fact=at.plain_fact("legal clock") if kind == "legal" else None,
        )
    return rules, texts


def signals(files: Merged, problems: list[str]) -> tuple[Signal, ...]:
    """[signals.KEY]: known to the tool by a rule, or asked."""
    found = []
    for key, at in each(files, "signals", problems).items():
        at.known_only(("how", "rule", "ask", "text", *_FACT))
        how = cast(Literal["known", "asked"], at.one_of("how", ("asked", "known")))
        known = how == "known"
        rule = at.one_of("rule", SIGNAL_RULES) if known else at.text("rule", needed=False)
        if rule and not known:
            at.wrong("rule", 'only a signal with how = "known" has a rule')
        asked = at.by_language("ask") if not known or "ask" in at.data else dict.fromkeys(LANGUAGES, "")
        found.append(
            Signal(key=key, how=how, rule=rule, ask=asked, text=at.by_language("text"), **at.fact("signal"))
        )
    return tuple(found)


def glossary(files: Merged, problems: list[str]) -> dict[str, Term]:
    """[glossary.KEY]: a word and what it means."""
    found = {}
    for key, at in each(files, "glossary", problems).items():
        at.known_only(("term", "text", *_FACT))
        found[key] = Term(
            key=key, term=at.by_language("term"), text=at.by_language("text"), **at.fact("term")
        )
    return found


def reading(files: Merged, problems: list[str]) -> dict[str, Reading]:
    """[reading.KEY]: the three pages to read on."""
    entries = each(files, "reading", problems)
    problems += [f"{files.where('reading', key)}: is missing" for key in READING if key not in entries]
    found = {}
    for key, at in entries.items():
        if key not in READING:
            at.wrong("name", f"unknown page to read; expected {', '.join(READING)}")
            continue
        at.known_only(("name", "page", *_FACT))
        page = at.by_language("page")
        for language, address in page.items():
            if address and not address.startswith(("https://", "http://")):
                at.wrong(f"page.{language}", "expected a web address")
        found[key] = Reading(key=key, name=at.by_language("name"), page=page, **at.fact("page"))
    return found


def triggers(files: Merged, problems: list[str]) -> dict[StepKey, tuple[Trigger, ...]]:
    """[triggers.STEP.RULE]: when a step is offered, with the policy's {thresholds}."""
    found = {}
    for step, at in each(files, "triggers", problems).items():
        if step not in list(StepKey):
            problems.append(f"{files.where('triggers', step)}: unknown step")
            continue
        known = TRIGGER_RULES[StepKey(step)]
        made = []
        for rule in at.data:
            if rule not in known:
                at.wrong(rule, f"unknown rule of this step; expected one of {', '.join(known)}")
                continue
            here = Fields(files, ("triggers", step, rule), problems)
            text = here.by_language()
            for language, sentence in text.items():
                for line in unknown_numbers(sentence, _POLICY):
                    here.wrong(language, line)
            made.append(Trigger(rule, text))
        found[StepKey(step)] = tuple(made)
    written = files.data.get("triggers", {})
    problems += [
        f"{files.where('triggers', key, rule)}: is missing"
        for key, rules in TRIGGER_RULES.items()
        for rule in rules
        if rule not in written.get(key, {})
    ]
    return found


def reviews(
    head: Mapping[str, Any], file: str, known: frozenset[str], problems: list[str]
) -> dict[str, Review]:
    """[reviews.KEY] of the jurisdiction itself: a review of the base does not cover what a state changes."""
    files = Merged()
    files.add({"reviews": dict(head.get("reviews", {}))}, file, 0)
    found = {}
    for key, at in each(files, "reviews", problems).items():
        at.known_only(("state", "by", "until"))
        if key not in known:
            at.problems.append(f"{files.where('reviews', key)}: unknown step or letter")
        if at.one_of("state", ("pending", "reviewed")) == "pending":
            if at.data.get("by") or at.data.get("until"):
                at.wrong(
                    "state", 'pending, yet it names somebody; write state = "reviewed" or take the name out'
                )
            found[key] = Review()
        else:
            by = at.text("by", why="a review names who made it")
            found[key] = Review(by, at.day("until"))
    return found


def _page(at: Fields, key: str) -> str:
    address = at.text(key)
    if address and not address.startswith(("https://", "http://")):
        at.wrong(key, f"expected a web address (found {address!r})")
    return address
