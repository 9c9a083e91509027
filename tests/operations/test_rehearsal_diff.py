"""Before and after of two rehearsals, from events made by hand."""

from __future__ import annotations

from typing import Any

from assistant.operations.rehearsal_diff import MovedStep, by_words, difference


def text(day: str, body: str, kind: str = "question", segments: int = 1) -> dict[str, Any]:
    return {
        "type": "sms_out", "at": f"{day}T15:15:00-07:00", "family": "rivera", "to": "+14155550101",
        "body": body, "segments": segments, "kind": kind, "template": kind, "language": "en",
    }  # fmt: skip


def step(day: str, key: str) -> dict[str, Any]:
    return {
        "type": "step",
        "at": f"{day}T10:00:00-07:00",
        "family": "rivera",
        "service": "Speech",
        "step": key,
    }


def test_what_is_said_otherwise_is_told_once_with_how_often() -> None:
    days = [f"2026-09-0{n}" for n in range(1, 6)]
    before = [text(day, f"Was it held on {day}?") for day in days] + [text("2026-09-06", "Same.", "status")]
    after = [text(day, f"Did it happen on {day}?", segments=2) for day in days]
    after.append(text("2026-09-06", "Same.", "status"))
    (group,) = difference(before, after).groups
    assert (group.how, group.template, group.times, group.segments) == ("changed", "question", 5, (5, 10))
    assert [one.before and one.before["at"][:10] for one in group.examples] == days[:2]
    assert difference(before, before).groups == []


def test_what_comes_and_goes_and_which_steps_move() -> None:
    before = [text("2026-09-01", "A?"), step("2026-09-01", "document"), step("2026-09-20", "written_notice")]
    after = [text("2026-09-02", "A?"), step("2026-09-08", "document")]
    found = difference(before, after)
    assert sorted((group.how, group.times) for group in found.groups) == [("gone", 1), ("new", 1)]
    assert found.steps == [
        MovedStep("rivera", "Speech", "document", "2026-09-01", "2026-09-08"),
        MovedStep("rivera", "Speech", "written_notice", "2026-09-20", None),
    ]


def test_words_that_changed_stand_out_and_long_sameness_is_short() -> None:
    assert by_words("Text 1 yes.", "Text 1 for yes.") == [
        ("same", "Text 1 "),
        ("new", "for "),
        ("same", "yes."),
    ]
    same = "so much that is the same " * 40
    pieces = by_words(f"old {same}", f"new {same}")
    assert [op for op, _ in pieces] == ["gone", "new", "same"]
    assert len(pieces[2][1]) < 200
