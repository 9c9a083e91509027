"""The chain and its check: any change anywhere is found."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evidence.chain import START, canonical, check, link
from assistant.evidence.file import OLD_FORMAT, ExportError, verify


def chain_of(words: list[str]) -> list[dict[str, Any]]:
    entries, previous = [], START
    for number, text in enumerate(words, start=1):
        content = {"number": number, "words": text, "minutes": None}
        entry = {"content": content, "previous_hash": previous, "hash": link(previous, content)}
        entries.append(entry)
        previous = str(entry["hash"])
    return entries


def test_the_first_hash_can_be_made_with_any_sha256() -> None:
    # printf '%s\n%s' 000...0 '{"number":1,"words":"no"}' | sha256sum
    assert link(START, {"words": "no", "number": 1}) == link(START, {"number": 1, "words": "no"})
    assert canonical({"b": "sí", "a": None}) == '{"a":null,"b":"sí"}'


@given(st.lists(st.text(), max_size=8))
def test_a_chain_as_recorded_is_intact(words: list[str]) -> None:
    found = check(chain_of(words))
    assert found.intact
    assert found.entries == len(words)


@given(st.lists(st.text(), min_size=1, max_size=6), st.data())
def test_a_changed_dropped_or_swapped_entry_is_found(words: list[str], data: st.DataObject) -> None:
    entries = chain_of(words)
    where = data.draw(st.integers(0, len(entries) - 1))
    changed = copy.deepcopy(entries)
    changed[where]["content"]["words"] += "x"
    assert not check(changed).intact
    if where < len(entries) - 1:
        assert not check(entries[:where] + entries[where + 1 :] + [entries[where]]).intact
        assert not check(entries[:where] + entries[where + 1 :]).intact


def test_an_entry_cut_off_the_end_is_found_by_the_head() -> None:
    entries = chain_of(["a", "b", "c"])
    file = {"format": OLD_FORMAT, "entries": entries[:2], "head": entries[2]["hash"]}
    assert "missing at the end" in verify(json.dumps(file)).problem


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "else", "entries": [], "head": ""}', "\x00"])
def test_other_files_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(ExportError) as caught:
        verify(text)
    assert "\n" not in str(caught.value)
