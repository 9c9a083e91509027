"""Opt-outs in any words, and what only looks like one: two corpora, read as answers to an open question."""

from __future__ import annotations

from pathlib import Path

from assistant.replies.interpret import interpret
from assistant.replies.stopping import stops_at_once
from assistant.replies.types import Incoming
from assistant.words import Intent, Language
from jobs.bench_replies import KNOWN, NOW, SPEECH

_DATA = Path(__file__).parent / "data"
_LANGUAGES: tuple[Language, ...] = ("en", "es")


def lines(name: str) -> list[str]:
    rows = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [row for row in rows if row and not row.startswith("#")]


def opts_out(text: str) -> bool:
    """In whichever language the parent is written to."""
    said = {
        interpret(Incoming(text, language, NOW, open_, KNOWN, "Leo")).intent
        for language in _LANGUAGES
        for open_ in ((SPEECH,), ())
    }
    return said == {Intent.OPT_OUT}


def test_every_keyword_and_nearly_every_sentence_ends_the_texts() -> None:
    rows = [row.partition("|")[::2] for row in lines("opt-outs.txt")]
    keywords = [text for kind, text in rows if kind == "keyword"]
    free = [text for kind, text in rows if kind == "free"]
    assert len(rows) >= 150
    assert len(free) >= 100
    assert [text for text in keywords if not opts_out(text)] == []
    missed = [text for text in free if not opts_out(text)]
    assert len(missed) <= 0.02 * len(free), missed


def test_no_look_alike_ends_the_texts() -> None:
    rows = lines("opt-out-look-alikes.txt")
    assert len(rows) >= 150
    taken = [
        text
        for text in rows
        if stops_at_once(text)
        or any(
            interpret(Incoming(text, language, NOW, (SPEECH,), KNOWN, "Leo")).intent is Intent.OPT_OUT
            for language in _LANGUAGES
        )
    ]
    assert taken == []


def test_what_carriers_act_on_is_heard_at_once() -> None:
    for word in ("STOP", "stopall", "Unsubscribe", "CANCEL", "End.", "quit", "REVOKE", "opt-out", "¡Alto!"):
        assert stops_at_once(word), word
    for text in ("cancelled", "stop by at 5", "the end", "1", "yes", "no", "x" * 2000):
        assert not stops_at_once(text), text
