"""An event of the audit in words: who, what was done, about what, and the details.

What was kept by an older or a newer program, and has no words here, is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from assistant.guide.checked import KEYS
from assistant.guide.loader import jurisdictions, load_guide
from assistant.guide.stated import GROUPS
from assistant.store import AuditEvent
from assistant.web.guide_names import called
from assistant.web.language import words
from assistant.web.wording_words import what as text_name

KINDS = "audit.did_"
_ACTORS = "audit.by_"
_ABOUT = "audit.about_"
_DETAILS = "audit.more_"
_LONGEST = 80
# Details whose values are words of the program, and where those are said.
_VALUES: Mapping[str, str] = {
    "step": "families.step_",
    "came": "step.",
    "outcome": "outcome.",
    "role": "role.",
    "language": "audit.language_",
    "channel": "audit.channel_",
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words. `link`: the family's page, where it is about one."""

    event: AuditEvent
    who: str
    did: str
    about: str
    link: str
    more: tuple[str, ...]


def told(event: AuditEvent) -> Told:
    """The event in the reader's language."""
    kind, _, number = event.subject.partition(" ")
    link = url_for("families.one", number=int(number)) if kind == "child" and number.isdecimal() else ""
    more = tuple(
        f"{_named(_DETAILS, key)}: {_value(event, key, value)}"
        for key, value in event.detail.items()
        if value is not None
    )
    return Told(event, actor(event.actor), _named(KINDS, event.kind), about(event.subject), link, more)


def kinds() -> list[tuple[str, str]]:
    """Every kind of event with its words, in the order of the words."""
    named = [
        (key.removeprefix(KINDS), text) for key, text in words().entries.items() if key.startswith(KINDS)
    ]
    return sorted(named, key=lambda one: one[1].casefold())


def actor(name: str) -> str:
    """ "Staff 2", "The program: texts going out"."""
    kind, _, number = name.partition(" ")
    key = f"{_ACTORS}{kind}"
    if number:
        return words().say(f"{key}_number", number=number) if words().knows(f"{key}_number") else name
    return words().say(key) if words().knows(key) else name


def about(subject: str) -> str:
    """ "Family 5", "Message 9"; what has no number, by itself."""
    kind, _, number = subject.rpartition(" ")
    if subject.startswith("guide "):
        _, jurisdiction, text = (*subject.split(), "", "")[:3]
        known = jurisdiction in jurisdictions() and (text in KEYS or text.partition(".")[0] in GROUPS)
        whole = words().say(f"{_ABOUT}guide")
        return f"{whole} ({jurisdiction}): {called(load_guide(jurisdiction), text)}" if known else whole
    key = f"{_ABOUT}{(kind or number).replace(' ', '_')}"
    if not words().knows(key):
        return subject
    return words().say(key, number=number) if kind else words().say(key)


def _named(prefix: str, key: str) -> str:
    return words().say(f"{prefix}{key}") if words().knows(f"{prefix}{key}") else key


def _value(event: AuditEvent, key: str, value: Any) -> str:
    said = words()
    if isinstance(value, bool):
        return said.say("audit.yes" if value else "audit.no")
    if key in ("before", "after") and event.kind == "staff_role":
        key = "role"
    if key == "key" and event.kind.startswith(("template_", "test_")):
        return text_name(str(value))
    prefix = _VALUES.get(key)
    if prefix and said.knows(f"{prefix}{value}"):
        return said.say(f"{prefix}{value}")
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    shown = str(value)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
