"""The JSON file and its check: one changed byte anywhere is found, in one line, never a traceback."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.clock import VirtualClock
from assistant.evidence import chain
from assistant.evidence.collected import Wanted
from assistant.evidence.export import as_csv, as_json
from assistant.evidence.file import FORMAT, OLD_FORMAT, ExportError, verify, write
from assistant.evidence.log import note
from assistant.store import Store
from tests.support.family import family, registered
from tests.support.talk import Talk


def small(entries: int = 2, sealed: tuple[int, ...] = (), words: str = "sí «ok»") -> str:
    """A file of so many entries, one a day from 1 September; its range leaves the sealed ones out."""
    made: list[dict[str, Any]] = []
    previous = chain.START
    for number in range(1, entries + 1):
        content = {
            "number": number,
            "day": (date(2026, 8, 31) + timedelta(number)).isoformat(),
            "words": words,
        }
        one = {"previous_hash": previous, "hash": chain.link(previous, content)}
        made.append({"number": number, **one} if number in sealed else {"content": content, **one})
        previous = one["hash"]
    return write(
        {
            "child": "Leo",
            "range": {"from": "2026-09-01" if sealed else None, "to": None},
            "head": previous,
            "services": [{"ledger": {"expected": 60}}],
            "entries": made,
        }
    )


def outcome(raw: bytes) -> int:
    """The exit status that `verify` would have; what it says is one line."""
    said, status = "", 2
    try:
        found = verify(raw)
        said, status = found.problem, 0 if found.intact else 1
    except ExportError as error:
        said = str(error)
    assert "\n" not in said
    return status


SMALL = small(2, sealed=(1,)).encode()
BIG = small(40, words="no, la terapeuta no vino 🙁").encode()


def test_a_file_as_made_is_intact() -> None:
    assert verify(SMALL) == chain.Check(2, "", 1)
    assert verify(BIG) == chain.Check(40)
    assert verify(small(0).encode()) == chain.Check(0)


def test_every_byte_counts() -> None:
    for place in range(len(SMALL)):
        for other in (SMALL[place] ^ 1, SMALL[place] ^ 0x20, 0x20, 0xFF):
            if other != SMALL[place]:
                assert outcome(SMALL[:place] + bytes([other]) + SMALL[place + 1 :]) in (1, 2), place


def test_a_change_behind_the_first_line_is_damage_not_another_file() -> None:
    for place in range(len('{\n "format": "every-session-evidence-2",'), len(SMALL)):
        assert outcome(SMALL[:place] + bytes([SMALL[place] ^ 1]) + SMALL[place + 1 :]) == 1, place


@given(st.data())
def test_bytes_changed_added_or_taken_away_are_found(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(BIG) - 1))
    new = data.draw(st.binary(max_size=4))
    cut = data.draw(st.integers(0, 4))
    changed = BIG[:place] + new + BIG[place + cut :]
    assert (outcome(changed) == 0) == (changed == BIG)


@given(st.binary(max_size=300))
def test_anything_at_all_is_answered_in_one_line(raw: bytes) -> None:
    assert outcome(raw) == 2
    assert outcome(SMALL + raw) == (1 if raw else 0)
    assert outcome(raw + SMALL) in ((1, 2) if raw else (0,))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: "\ufeff" + text, "byte order mark"),
        (lambda text: text + "\n", "added or cut off at the end"),
        (lambda text: text + "{}", "is not JSON"),
        (lambda text: text[:-1], "added or cut off at the end"),
        (lambda text: text[: len(text) // 2], "is not JSON"),
        (lambda text: text.replace("\n", "\r\n"), "line 1: is not written as the file was made"),
        (lambda text: text.replace('"expected": 60', '"expected": 90'), "services: was changed"),
        (
            lambda text: text.replace('"expected": 60', '"expected":  60'),
            "is not written as the file was made",
        ),
        (lambda text: text.replace('"child": "Leo"', '"child": "Lea"'), "child: was changed"),
        (
            lambda text: text.replace('"child": "Leo"', '"child": "Leo",\n "child": "Leo"'),
            "'child' stands twice",
        ),
        (lambda text: text.replace("«ok»", "«OK»"), "entry 2: was changed after it was recorded"),
        (lambda text: text.replace('"number": 1', '"number": 3'), "entry 1: an entry is missing"),
        (lambda text: text.replace('"from": "2026-09-01"', '"from": null'), "entry 1: is sealed"),
        (lambda text: text.replace('"from": "2026-09-01"', '"from": "2026-09-05"'), "entry 2: lies outside"),
        (lambda text: text.replace("60", "NaN"), "NaN is no number"),
        (lambda text: text.replace("60", "[" * 900 + "]" * 900), ""),
        (lambda text: text.replace("60", "[" * 100_000), ""),
        (lambda text: text.replace("60", "6" * 5000), ""),
        (lambda text: text.replace(FORMAT, OLD_FORMAT), "format: was changed"),
    ],
)
def test_the_place_is_named(change: Any, said: str) -> None:
    found = verify(change(SMALL.decode()))
    assert found.problem
    assert said in found.problem
    assert "\n" not in found.problem


def test_a_file_of_a_later_form_is_none_that_we_know() -> None:
    later = json.loads(SMALL)
    del later["digests"], later["digest"], later["format"]
    made = write({**later}).replace(FORMAT, "every-session-evidence-3")
    assert verify(made).problem  # its digests were made for another name: that is a changed file
    with pytest.raises(ExportError):
        verify('{"format": "every-session-evidence-3"}')


def test_files_of_the_old_form_are_checked_by_their_chain() -> None:
    data = json.loads(BIG)
    old = {"format": OLD_FORMAT, "child": "Leo", "head": data["head"], "entries": data["entries"]}
    assert verify(json.dumps(old)) == chain.Check(40)
    old["entries"][3]["content"]["words"] = "yes"
    assert verify(json.dumps(old)).problem == "entry 4: was changed after it was recorded"
    sealed = json.loads(SMALL)
    old = {"format": OLD_FORMAT, "head": sealed["head"], "entries": sealed["entries"]}
    assert "sealed" in verify(json.dumps(old)).problem


def test_half_a_surrogate_pair_survives() -> None:
    content = {"number": 1, "day": "2026-09-01", "words": "\ud83d"}
    made = {"content": content, "previous_hash": chain.START, "hash": chain.link(chain.START, content)}
    text = write({"range": {"from": None, "to": None}, "head": made["hash"], "entries": [made]})
    assert verify(text.encode()).intact


@pytest.fixture
def lived(store: Store, clock: VirtualClock) -> Talk:
    """Two days: a miss, its correction, a contact, and OT held."""
    with store.write() as session:
        registered(session, family(), clock.now())
    talk = Talk(store, clock)
    talk.until_asked()
    talk.say("=no, she was out")
    talk.say("sorry i meant yes")
    with store.write() as session:
        about = {"with": "Ms. Lee", "how": "phone", "promised": "a call back"}
        note(session, 1, "contact", date(2026, 9, 2), about, clock.now(), words="@she will call")
    talk.until_asked()
    talk.say("1")
    return talk


def test_a_range_seals_the_rest(lived: Talk, tmp_path: Path) -> None:
    with lived.store.read() as session:
        now = lived.clock.now()
        whole = as_json(session, 1, now)
        part = as_json(session, 1, now, Wanted(first=date(2026, 9, 2)))
        named = as_json(session, 1, now, Wanted(full_name=True))
        with pytest.raises(ExportError, match="ends before it begins"):
            as_json(session, 1, now, Wanted(date(2026, 9, 2), date(2026, 9, 1)))
    assert verify(whole) == chain.Check(4)
    assert verify(part) == chain.Check(4, "", 2)
    assert "she was out" in whole
    assert "she was out" not in part
    sealed = json.loads(part)["entries"][0]
    assert set(sealed) == {"number", "previous_hash", "hash"}
    assert json.loads(part)["head"] == json.loads(whole)["head"]
    speech = json.loads(part)["services"][0]
    assert (speech["ledger"]["expected"], speech["replies"]["asked"]) == (0, 0)
    assert "Leonardo" not in whole
    assert '"child": "Leonardo Rivera"' in named
    assert json.loads(whole)["method"]["questions"][0]["text"].startswith(
        "{child}: did {alias} happen {when}?"
    )


def test_a_spreadsheet_runs_nothing(lived: Talk) -> None:
    with lived.store.read() as session:
        text = as_csv(session, 1, lived.clock.now())
        part = as_csv(session, 1, lived.clock.now(), Wanted(last=date(2026, 9, 1)))
    assert "'=no, she was out" in text
    assert "'@she will call" in text
    assert "with: Ms. Lee; how: phone; promised: a call back" in text
    assert "2026-09-01T14:00-07:00" in text
    assert len(text.splitlines()) == 5
    assert len(part.splitlines()) == 3
