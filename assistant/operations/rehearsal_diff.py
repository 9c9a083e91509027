"""Two rehearsals of one scenario, side by side: what is said otherwise, what comes or goes, which steps move.

Pure: events in, differences out. A message is the same one in both where it goes to the same person on the
same day for the same reason; what it says may differ.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

Event = Mapping[str, Any]
Op = Literal["same", "gone", "new"]
MOST_GROUPS = 100
EXAMPLES = 2
ALL = 200  # of one group, where it is looked at alone
_CONTEXT = 90  # letters of what is the same that are shown beside a difference
_LONGEST = 6_000  # letters that are compared word by word
_BLOCKS = re.compile(r"[^\n]*\n*")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Example:
    """One message before and after; None where it is not there."""

    before: Event | None
    after: Event | None


@dataclass(slots=True)
class Group:
    """Messages of one template in one language that differ in the same manner."""

    how: Literal["changed", "new", "gone"]
    channel: Literal["sms", "email"]
    template: str
    language: str
    times: int = 0
    segments: tuple[int, int] = (0, 0)  # before, after
    examples: list[Example] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Tells it from the others: "changed.sms.confirm.en"."""
        return f"{self.how}.{self.channel}.{self.template}.{self.language}"


@dataclass(frozen=True, slots=True)
class MovedStep:
    """A step that is suggested on another day, or only in one of the two (days as ISO dates)."""

    family: str
    service: str
    step: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs. `more`: groups beyond those that are told."""

    groups: list[Group]
    more: int
    steps: list[MovedStep]


def difference(before: Iterable[Event], after: Iterable[Event], only: str = "") -> Difference:
    """What the second tells otherwise than the first; some of each group, or all of the group `only`."""
    old, new = list(before), list(after)
    then, now = _messages(old), _messages(new)
    groups: dict[tuple[str, str, str, str], Group] = {}
    for key in [*then, *(key for key in now if key not in then)]:
        one, other = then.get(key), now.get(key)
        if one is not None and other is not None and said(one) == said(other):
            continue
        _add(groups, one, other, ALL if only else EXAMPLES)
    wanted = [group for group in groups.values() if only in ("", group.name)]
    ordered = sorted(wanted, key=lambda group: (-group.times, group.template, group.language))
    return Difference(ordered[:MOST_GROUPS], max(0, len(ordered) - MOST_GROUPS), _steps(old, new))


def said(event: Event) -> str:
    """All that somebody reads of a text or an e-mail, its letters last."""
    return "\n\n".join(text for _, text in _parts(event))


def parts_of(example: Example) -> list[tuple[str, str, str]]:
    """What differs, part by part: ("" for the text or the e-mail, else the letter's name; before; after).

    A part that one of the two has not is "" there. Letters that are the same in both are left out.
    """
    then = dict(_parts(example.before)) if example.before else {}
    now = dict(_parts(example.after)) if example.after else {}
    both = [(name, then.get(name, ""), now.get(name, "")) for name in dict.fromkeys([*then, *now])]
    return [one for one in both if one[1] != one[2]]


def _parts(event: Event) -> list[tuple[str, str]]:
    if event["type"] == "sms_out":
        return [("", str(event["body"]))]
    letters = [(str(letter["name"]), str(letter["text"])) for letter in event.get("letters", ())]
    return [("", f"{event['subject']}\n\n{event.get('body', '')}"), *letters]


def by_words(before: str, after: str) -> list[tuple[Op, str]]:
    """The two texts as one: what is the same (shortened where it is long), gone, or new."""
    long = max(len(before), len(after)) > _LONGEST  # then paragraph by paragraph
    old, new = ((_BLOCKS if long else _WORDS).findall(one) for one in (before, after))
    pieces: list[tuple[Op, str]] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(("gone", "".join(old[a:b])))
        if d > c:
            pieces.append(("new", "".join(new[c:d])))
    return [
        (op, _shortened(text, first=n == 0, last=n == len(pieces) - 1) if op == "same" else text)
        for n, (op, text) in enumerate(pieces)
    ]


def _shortened(text: str, *, first: bool, last: bool) -> str:
    head, tail = "" if first else text[:_CONTEXT], "" if last else text[-_CONTEXT:]
    return text if len(text) <= 2 * _CONTEXT + 20 else f"{head} … {tail}"


def _messages(events: list[Event]) -> dict[tuple[str, ...], Event]:
    seen: Counter[tuple[str, ...]] = Counter()
    found: dict[tuple[str, ...], Event] = {}
    for event in events:
        if event["type"] not in ("sms_out", "email_out"):
            continue
        who = (str(event["family"]), str(event["to"]))
        key = (event["type"], *who, event["at"][:10], event.get("kind", ""), event.get("step") or "")
        seen[key] += 1
        found[*key, str(seen[key])] = event
    return found


def _add(
    groups: dict[tuple[str, str, str, str], Group], before: Event | None, after: Event | None, most: int
) -> None:
    event = after if after is not None else before
    assert event is not None
    how: Literal["changed", "new", "gone"] = (
        "new" if before is None else "gone" if after is None else "changed"
    )
    channel: Literal["sms", "email"] = "sms" if event["type"] == "sms_out" else "email"
    key = (how, channel, str(event.get("template", "")), str(event.get("language", "")))
    group = groups.setdefault(key, Group(how, channel, key[2], key[3]))
    group.times += 1
    then, now = group.segments
    group.segments = (then + _segments(before), now + _segments(after))
    if len(group.examples) < most:
        group.examples.append(Example(before, after))


def _segments(event: Event | None) -> int:
    return int(event.get("segments", 0)) if event is not None else 0


def _steps(before: list[Event], after: list[Event]) -> list[MovedStep]:
    then, now = _days_of_steps(before), _days_of_steps(after)
    keys = sorted({*then, *now}, key=lambda key: (now.get(key) or then.get(key) or "", key))
    return [MovedStep(*key[:3], then.get(key), now.get(key)) for key in keys if then.get(key) != now.get(key)]


def _days_of_steps(events: list[Event]) -> dict[tuple[str, str, str, int], str]:
    seen: Counter[tuple[str, str, str]] = Counter()
    found: dict[tuple[str, str, str, int], str] = {}
    for event in events:
        if event["type"] == "step":
            key = (str(event["family"]), str(event["service"]), str(event["step"]))
            seen[key] += 1
            found[*key, seen[key]] = event["at"][:10]
    return found
