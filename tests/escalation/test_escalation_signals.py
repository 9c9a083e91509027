"""The signs that the tool can see: each is raised by its own fact, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.escalation.signals import RULES as KNOWN
from assistant.escalation.signals import known
from assistant.escalation.types import Facts
from tests.escalation.escalation_cases import POLICY, SAYS_NOTHING, facts, sessions, taken

TODAY = date(2026, 11, 13)


def rules(case: Facts, **more: list[str] | list[int]) -> list[str]:
    return [one.rule for one in known(case, POLICY, **more)]  # type: ignore[arg-type]  # one of two lists


def case(answers: str, today: date = TODAY, urgent_line: bool = False) -> Facts:
    return replace(facts(today, sessions(date(2026, 8, 25))(answers)), urgent_line=urgent_line)


@pytest.mark.parametrize("name", ["records", "meeting", "decision"])
def test_a_date_that_passed_without_an_answer(name: str) -> None:
    assert rules(case("held"), passed=[name]) == [f"{name}_overdue"]


def test_the_courtesy_date_alone_is_no_sign() -> None:
    assert rules(case("held"), passed=["reply", "lookback"]) == []


def test_records_refused_and_refused_twice() -> None:
    request = replace(taken("document", date(2026, 9, 10), "done"), answer="refused")
    notice = replace(taken("written_notice", date(2026, 9, 20), "done"), answer="refused")
    assert rules(facts(TODAY, (), [request])) == ["records_refused"]
    assert rules(facts(TODAY, (), [notice])) == []
    assert rules(facts(TODAY, (), [request, notice])) == ["records_refused", "refused_twice"]


@pytest.mark.parametrize(
    ("answers", "lost"),
    [
        ("held, missed, held, missed, held, missed, held, missed, held, missed", True),  # half
        ("held, missed, held, missed, held, missed, held, missed, held, missed, held", False),  # five of 11
        ("missed, missed, missed, missed", False),  # four weeks are no term
        (", ".join(["missed", "ill"] * 6), True),  # absences are due minutes too
        (", ".join(["ill", "silence"] * 6), False),
    ],
)
def test_half_of_a_term(answers: str, lost: bool) -> None:
    assert ("share_lost" in rules(case(answers))) == lost


@pytest.mark.parametrize(
    ("today", "wanted"),
    [
        (date(2027, 6, 24), []),
        (date(2027, 6, 25), ["one_year_edge"]),
        (date(2028, 4, 25), ["one_year_edge", "two_year_edge"]),
    ],
)
def test_the_edges_of_the_windows(today: date, wanted: list[str]) -> None:
    found = known(case("missed, held", today), POLICY)
    assert [one.rule for one in found] == wanted
    assert all(one.entries == (1,) for one in found)


def test_sent_home_and_a_missing_support_are_signs_while_they_are_fresh() -> None:
    assert rules(case("held, sent home", date(2026, 9, 5))) == ["sent_home"]
    assert rules(case("held, sent home", date(2026, 9, 25))) == []
    assert rules(case("held, missed", date(2026, 9, 5), urgent_line=True)) == ["support_missing"]
    assert rules(case("held, missed", date(2026, 9, 5))) == []


def test_two_logs_that_differ() -> None:
    found = known(case("missed"), POLICY, differing=[7, 3, 7])
    assert [(one.rule, one.entries) for one in found] == [("logs_differ", (3, 7))]


@given(st.lists(st.sampled_from([*SAYS_NOTHING, "not sure", "held"]), max_size=20))
def test_what_is_not_on_the_school_is_never_a_sign(answers: list[str]) -> None:
    assert rules(case(", ".join(answers), urgent_line=True)) == []


def test_every_rule_is_one_that_a_guide_may_name() -> None:
    assert len(set(KNOWN)) == len(KNOWN) == 11
