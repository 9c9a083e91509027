"""`bench replies`: how many replies are read right, asked back or read wrong, beside a first-letter baseline.

Samples are JSON Lines with text, lang, label (an outcome; "doubt" where nothing may be logged), perhaps
cause, `accept` (further labels that are right) and source; or, in a context of their own, the keys of a line
for `interpret` with `expect` (answers, or `ask_back`). Ours are in `examples/`: sentences for the rules, and
replies that were written apart from them. Other files are named after `--samples`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from assistant.clock import monotonic
from assistant.replies.interpret import interpret
from assistant.replies.jsonl import incoming_from_json
from assistant.replies.normalise import fold
from assistant.replies.reading import read
from assistant.replies.types import Incoming, KnownService, Meaning, OpenItem
from assistant.words import Intent

IN_CONTEXT = Path(__file__).parent.parent / "examples" / "replies-in-context.jsonl"
OWN = Path(__file__).parent.parent / "examples" / "replies.jsonl"
NOW = datetime(2026, 9, 1, 15, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
SPEECH = OpenItem("1", "Speech therapy", ("speech",), date(2026, 9, 1), None, 30)
KNOWN = (KnownService("Speech therapy", ("speech",)), KnownService("Occupational therapy", ("OT",)))
RUN_SECONDS = 2.0
_ASKED = "asked back"
# What other collections call the outcomes; a label that is none of these is no answer.
_LABELS = {"happened": "held", "missed": "missed", "school_closed": "no_school", "partial": "partial"}
_MISSES = {
    "missed_provider": ("provider_absent", "no_provider", "staff_pulled", "other", "not_given"),
    "missed_school_event": ("school_event", "testing", "sent_home", "staff_pulled"),
    "child_absent": ("child_absent",),
    "refused_by_child": ("child_refused",),
    "cancelled_by_school": ("other", "not_given", "staff_pulled", "minimum_day", "provider_absent"),
}
_OUTCOMES = frozenset(["held", "partial", "other", "missed", "no_school", "unknown"])


def replies(files: Iterable[Path] = ()) -> Iterator[dict[str, Any]]:
    """One figure a language, label and source, the sums, and the speed."""
    samples = [row for file in (list(files) or [OWN, IN_CONTEXT]) for row in _read(file)]
    by_group: dict[tuple[str, str, str], Counter[str]] = {}
    for row in samples:
        group = (row["lang"], row["label"], row["source"])
        counts = by_group.setdefault(group, Counter())
        if "expect" in row:
            counts[_verdict_in_context(row, _told(row))] += 1
            counts["baseline " + _verdict_in_context(row, _first_letters(row))] += 1
            continue
        counts[_verdict(row, *_ours(row))] += 1
        counts["baseline " + _verdict(row, *_first_letter(row))] += 1
    for (lang, label, source), counts in sorted(by_group.items()):
        yield _figure(counts, lang=lang, label=label, source=source)
    for lang in sorted({lang for lang, _, _ in by_group}):
        yield _figure(_summed(by_group, lang), lang=lang, label="all", source="all")
    yield _speed(samples)
    yield _import_time()


def _read(file: Path) -> Iterator[dict[str, Any]]:
    """Raises ValueError naming file and line for what is no sample."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            text, label = row["text"], str(row.get("label", ""))
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{file}: line {number}: expected an object with text and label") from None
        if "expect" in row:
            yield {**row, "source": str(row.get("source", file.stem))}
            continue
        if not label and "accept" not in row:
            continue  # several sessions or dates in one text: measured elsewhere
        lang = row.get("lang") or ("es" if "es" in file.stem.split("-") else "en")
        source = str(row.get("source", file.stem)).split("/")[0].split(":")[0]
        accept = [str(one) for one in row.get("accept", ())]
        yield {"text": text, "lang": lang, "label": label or "accept", "source": source, "accept": accept,
               "cause": row.get("cause")}  # fmt: skip


def _ours(row: dict[str, Any]) -> tuple[str, str | None]:
    meaning = _interpreted(row)
    if not meaning.answers:
        return _ASKED, None
    answer = meaning.answers[0]
    return answer.outcome.value, answer.cause.value if answer.cause else None


def _interpreted(row: dict[str, Any]) -> Meaning:
    return interpret(_incoming(row))


def _incoming(row: dict[str, Any]) -> Incoming:
    if "expect" in row:
        return incoming_from_json(row)
    return Incoming(row["text"], row["lang"], NOW, (SPEECH,), KNOWN, "Leo")


def _first_letter(row: dict[str, Any]) -> tuple[str, str | None]:
    """What a reader of the first letter would log: y or s is yes, n is no."""
    letter = fold(row["text"])[:1]
    return {"y": "held", "s": "held", "n": "missed"}.get(letter, _ASKED), None


def _verdict(row: dict[str, Any], got: str, cause: str | None) -> str:
    """right, asked back, or wrong. What may not be logged is right when it is not."""
    wanted = [row["label"], *row["accept"]]
    outcomes = {_LABELS.get(one, "missed" if one in _MISSES else one) for one in wanted}
    logged = got in _OUTCOMES
    if not outcomes & _OUTCOMES:
        # Help, stop, small talk, doubt: no answer; "not sure" claims nothing either.
        return "wrong" if logged and got != "unknown" else "right"
    if not logged:
        return "right" if outcomes - _OUTCOMES else _ASKED
    if got not in outcomes:
        return "wrong" if got != "unknown" else _ASKED
    causes = {one for label in wanted for one in _MISSES.get(label, ())} | ({row["cause"]} - {None})
    return "right" if not causes or got != "missed" or (cause or "not_given") in causes else "wrong cause"


Told = list[tuple[str | None, str, str | None]]  # id of what is open, outcome, cause


def _told(row: dict[str, Any]) -> tuple[str, Told]:
    meaning = _interpreted(row)
    if meaning.intent is Intent.FIX:
        return meaning.intent.value, []  # what it should be, of an earlier answer
    return meaning.intent.value, [
        (one.id, one.outcome.value, one.cause.value if one.cause else None) for one in meaning.answers
    ]


def _first_letters(row: dict[str, Any]) -> tuple[str, Told]:
    outcome, _ = _first_letter(row)
    asked = row.get("open") or [{"id": None}]
    return "answer", [] if outcome == _ASKED else [(one["id"], outcome, None) for one in asked]


def _verdict_in_context(row: dict[str, Any], got: tuple[str, Told]) -> str:
    """The same for a row with its own context: every session that it speaks of has to be right."""
    expected, (_, told) = row["expect"], got
    wanted: Told = [(one.get("id"), one["outcome"], one.get("cause")) for one in expected.get("answers", ())]
    if not wanted:
        harmless = not told or all(outcome == "unknown" for _, outcome, _ in told)
        return "right" if harmless else "wrong"
    if not told:
        return _ASKED

    def plain(answers: Told) -> list[tuple[str, str]]:
        return sorted((number or "", outcome) for number, outcome, _ in answers)

    if plain(told) != plain(wanted):
        return "wrong"
    causes = {number or "": cause for number, _, cause in told}
    right = all(cause in (None, causes[number or ""]) for number, _, cause in wanted)
    return "right" if right else "wrong cause"


def _import_time() -> dict[str, Any]:
    """Seconds from a bare start of Python to a reader that is ready, the best of five, beside the start."""

    def best(code: str) -> float:
        runs = []
        for _ in range(5):
            begun = monotonic()
            subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  our own interpreter
            runs.append(monotonic() - begun)
        return min(runs)

    bare = best("pass")
    ready = best("import assistant.replies.interpret")
    return {
        "bench": "replies",
        "what": "import",
        "seconds": round(ready - bare, 3),
        "baseline_seconds": round(bare, 3),
    }


def _summed(by_group: dict[tuple[str, str, str], Counter[str]], lang: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for (one, _, _), counts in by_group.items():
        total.update(counts if one == lang else {})
    return total


def _figure(counts: Counter[str], **group: str) -> dict[str, Any]:
    number = sum(counts[key] for key in ("right", _ASKED, "wrong", "wrong cause"))
    return {
        "bench": "replies",
        **group,
        "samples": number,
        "right": counts["right"],
        "asked_back": counts[_ASKED],
        "wrong": counts["wrong"],
        "wrong_cause": counts["wrong cause"],
        "baseline": {
            "right": counts["baseline right"],
            "asked_back": counts[f"baseline {_ASKED}"],
            "wrong": counts["baseline wrong"] + counts["baseline wrong cause"],
        },
    }


def _speed(samples: list[dict[str, Any]]) -> dict[str, Any]:
    texts = [_incoming(row) for row in samples]
    begun, done = monotonic(), 0
    while monotonic() - begun < RUN_SECONDS:
        read.cache_clear()  # every text is read anew: no two parents write the same long sentence
        for one in texts:
            interpret(one)
        done += len(samples)
    ours = done / (monotonic() - begun)
    begun, done = monotonic(), 0
    while monotonic() - begun < RUN_SECONDS / 4:
        for row in samples:
            _first_letter(row)
        done += len(samples)
    letters = done / (monotonic() - begun)
    return {
        "bench": "replies",
        "what": "speed",
        "replies_per_second": round(ours),
        "baseline_replies_per_second": round(letters),
    }
