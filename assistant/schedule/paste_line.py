"""One piece of an IEP's services page as a service line: "Speech, 30 min x 2, totaling 60 min weekly". Pure.

It reads what stands there, and nothing else: where two numbers disagree, where there are two of a kind, or
where it says something that cannot be held here, `form` stays empty, and the parent is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.schedule.paste_words import (
    AS_NEEDED,
    COUNT,
    DATE,
    MINUTES,
    PERS,
    TOTAL,
    UNSURE,
    Kind,
    folded,
    service_in,
)

_MOST = {"week": 10, "month": 40, "semester": 120, "year": 200}
_SHORTEST, _LONGEST, _MOST_TOTAL = 5, 480, 120_000  # minutes
_ALL_DAY = 240  # minutes from which a daily aide is there all day
_LONGEST_NAME = 60
_BOXES = frozenset("☐☑☒□■✓✔")  # which of them is ticked is not always kept when a page is copied
_DELIVERIES = {"consult": r"consult\w*", "teletherapy": r"teletherapy|teleterapia|virtual|online"}
_MODES = {"individual": r"individual(?! (?:services|support))", "group": r"group|grupo|grupal"}
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20,
    "thirty": 30, "forty-five": 45, "sixty": 60,
    "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "diez": 10,
    "quince": 15, "veinte": 20, "treinta": 30, "cuarenta y cinco": 45, "sesenta": 60,
}  # fmt: skip
_WORDS = re.compile(r"(?<!\w)(" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")(?!\w)")


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a piece says. `name`: the service in the piece's own words, "" where it names none that we know.

    `form`: "count" (`count` sessions a `per`, of `minutes` where they are told), "total" (`total` minutes a
    `per`), "daily", "exception" (there all day), "as_needed"; "" where it is not sure how often.
    """

    source: str
    kind: Kind = "other"
    name: str = ""
    form: str = ""
    count: int | None = None
    per: str = ""
    minutes: int | None = None
    total: int | None = None
    starts: date | None = None
    ends: date | None = None
    esy: bool = False
    delivery: str = ""
    mode: str = ""


def read_pasted(source: str) -> Pasted:
    """The reading of one piece. Never raises."""
    bare = _numbered(DATE.sub(lambda found: " " * len(found[0]), folded(source)))
    named = service_in(source)
    starts, ends = _dates(source)
    summer = re.search(r"(?<!\w)(?:esy|extended school year|ano escolar extendido)(?!\w)", bare) is not None
    often = {} if summer and ends is None else _often(bare, named.kind if named else "other")
    return Pasted(
        source=source,
        kind=named.kind if named else "other",
        name=named.words[:_LONGEST_NAME] if named else _own_name(source),
        starts=starts if summer else None,
        ends=ends if summer else None,
        esy=summer and ends is not None,
        delivery=_one_of(bare, _DELIVERIES),
        mode="" if set(source) & _BOXES else _one_of(bare, _MODES),
        **often,  # type: ignore[arg-type]
    )


def _often(bare: str, kind: Kind) -> dict[str, str | int]:
    """How often and how long, where that is sure."""
    if UNSURE.search(bare):
        return {}
    total = _only([int(one or other) for one, other in TOTAL.findall(bare)])
    bare = TOTAL.sub(" ", bare)
    minutes = _only([int(one) for one in MINUTES.findall(bare)])
    count = _only([int("".join(one)) for one in COUNT.findall(bare)])
    pers = [per for per, pattern in PERS.items() if pattern.search(bare)]
    if AS_NEEDED.search(bare):
        return {} if pers or count or minutes or total else {"form": "as_needed"}
    if len(pers) != 1 or -1 in (total, minutes, count):
        return {}
    if minutes is not None and count is not None and total is not None and minutes * count != total:
        return {}
    if pers[0] == "day":
        return _daily(minutes, count, total, kind)
    return _in_a_period(minutes, count, total, pers[0])


def _daily(minutes: int | None, count: int | None, total: int | None, kind: Kind) -> dict[str, str | int]:
    if count not in (None, 1) or total not in (None, minutes):
        return {}
    if minutes is None:
        return {"form": "exception"} if kind == "aide" else {"form": "daily"}
    if kind == "aide" and _ALL_DAY <= minutes <= _LONGEST:
        return {"form": "exception", "minutes": minutes}
    return {"form": "daily", "minutes": minutes} if _SHORTEST <= minutes <= _LONGEST else {}


def _in_a_period(minutes: int | None, count: int | None, total: int | None, per: str) -> dict[str, str | int]:
    """Sessions counted, where each one's length is told or no length at all; else the minutes in all."""
    if count is not None and (minutes is not None or total is None):
        long_enough = minutes is None or _SHORTEST <= minutes <= _LONGEST
        if not 1 <= count <= _MOST[per] or not long_enough:
            return {}
        return {"form": "count", "count": count, "per": per, **({"minutes": minutes} if minutes else {})}
    whole = total if total is not None else minutes
    if whole is None or per == "semester" or not _SHORTEST <= whole <= _MOST_TOTAL:
        return {}
    return {"form": "total", "total": whole, "per": per}


def _only(numbers: Sequence[int]) -> int | None:
    """The one number that was said, however often; None for none, -1 for several."""
    return (numbers[0] if len(set(numbers)) == 1 else -1) if numbers else None


def _numbered(bare: str) -> str:
    """Number words as digits, hours as minutes, "twice" as a count."""
    bare = re.sub(r"(?<!\w)once(?= (?:a|per|each|every|weekly|monthly|yearly))", "1x", bare)
    bare = re.sub(r"(?<!\w)twice(?!\w)", "2x", bare)
    bare = _WORDS.sub(lambda found: str(_NUMBERS[found[1]]), bare)
    bare = re.sub(r"(?<![\d,.])(\d{1,3}),(\d{3})(?!\d)", r"\1\2", bare)
    return re.sub(
        r"(?<![\d.,:])(\d{1,2})(\.5)? ?-?(?:hours?|hrs?|horas?)(?!\w)",
        lambda found: f"{int(found[1]) * 60 + (30 if found[2] else 0)} min",
        bare,
    )


def _dates(source: str) -> tuple[date | None, date | None]:
    """First and last day, where exactly two dates stand there in their order."""
    days = [day for found in DATE.findall(source) if (day := _day(found)) is not None]
    return (days[0], days[1]) if len(days) == 2 and days[0] < days[1] else (None, None)


def _day(text: str) -> date | None:
    try:
        if "-" in text:
            return date.fromisoformat(text)
        month, day, year = map(int, text.split("/"))
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def _one_of(bare: str, words: Mapping[str, str]) -> str:
    """The one of these words that is said; "" for none, and where more than one is."""
    said = [key for key, pattern in words.items() if re.search(rf"(?<!\w)(?:{pattern})(?!\w)", bare)]
    return said[0] if len(said) == 1 else ""


def _own_name(source: str) -> str:
    """The words before the first number, where they can be the name of a service that we do not know."""
    before = re.split(r"[\d:,;(]", source, maxsplit=1)[0].strip(" -–.")
    words = before.split()
    return before[:_LONGEST_NAME].strip() if 1 <= len(words) <= 6 and len(before) > 2 else ""
