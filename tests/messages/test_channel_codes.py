"""The table of Twilio's codes and the order of its statuses."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.channels.twilio_codes import (
    LATE,
    ON_CREATE,
    create_meaning,
    late_effect,
    late_meaning,
    status_rank,
    status_state,
)


@pytest.mark.parametrize(
    ("status", "code", "state", "effect"),
    [
        (400, 21211, "failed", "number_invalid"),
        (400, 21614, "failed", "landline"),
        (400, 21610, "failed", "opted_out"),
        (400, 21612, "failed", None),
        (400, 21408, "failed", None),
        (400, 21608, "failed", None),
        (400, 21617, "failed", None),
        (400, 21611, "retry", None),
        (400, 30001, "retry", None),
        (400, 21606, "halt", None),
        (400, 21212, "halt", None),
        (400, 21603, "halt", None),
        (400, 21701, "halt", None),
        (400, 21705, "halt", None),
        (401, 20003, "halt", None),
        (403, None, "halt", None),
        (404, 20404, "halt", None),
        (404, None, "halt", None),
        (429, 20429, "retry", None),
        (429, None, "retry", None),
        (302, None, "retry", None),
        (400, 21999, "failed", None),
        (422, None, "failed", None),
        (408, None, "unsure", None),
        (500, 20500, "unsure", None),
        (503, 20503, "unsure", None),
        (502, None, "unsure", None),
        (500, 21610, "unsure", None),  # the status is looked at first
    ],
)
def test_create_answers(status: int, code: int | None, state: str, effect: str | None) -> None:
    meaning = create_meaning(status, code)
    assert (meaning.state, meaning.effect) == (state, effect)


@pytest.mark.parametrize(
    ("code", "state", "effect"),
    [
        ("30002", "halt", None),
        ("30003", "retry", None),
        ("30004", "failed", "opted_out"),
        ("30005", "failed", None),
        ("30006", "failed", "landline"),
        ("30007", "failed", None),
        ("30008", "retry", None),
        ("30017", "retry", None),
        ("30022", "retry", None),
        ("30023", "retry", None),
        ("30027", "retry", None),
        ("30032", "halt", None),
        ("30033", "halt", None),
        ("30034", "halt", None),
        ("30035", "halt", None),
        ("30036", "failed", None),
        ("30450", "failed", None),
        ("30610", "failed", None),
        ("21610", "failed", "opted_out"),
        ("21211", "failed", "number_invalid"),
        ("39999", "failed", None),
        ("", "failed", None),
        (None, "failed", None),
        ("not a code", "failed", None),
        (30006, "failed", "landline"),
    ],
)
def test_delivery_reports(code: str | int | None, state: str, effect: str | None) -> None:
    assert late_effect(code) == (state, effect)


def test_a_dead_number_takes_several_days_of_reports() -> None:
    off, gone = late_meaning("30003"), late_meaning("30005")
    assert (off.effect, off.strikes, off.wait_seconds) == ("number_invalid", 3, 86400)
    assert (gone.effect, gone.strikes) == ("number_invalid", 2)


def test_nothing_in_the_tables_is_called_sent_and_every_line_says_something() -> None:
    for meaning in [*ON_CREATE.values(), *LATE.values()]:
        assert meaning.state in ("retry", "failed", "unsure", "halt")
        assert meaning.words
        assert meaning.effect is None or meaning.state in ("failed", "retry")


def test_a_report_never_leaves_a_message_unsure() -> None:
    assert all(meaning.state != "unsure" for meaning in LATE.values())


@given(st.integers(100, 599), st.none() | st.integers(0, 99999))
def test_every_answer_has_a_meaning(status: int, code: int | None) -> None:
    meaning = create_meaning(status, code)
    if status >= 500:
        assert meaning.state == "unsure"
    elif status == 429:
        assert meaning.state == "retry"


def test_statuses_only_move_up_in_any_order() -> None:
    told = ["queued", "sending", "sent", "delivered", "sent", "no such status"]
    for order in permutations(told):
        held = "accepted"
        for status in order:
            rank, now = status_rank(status), status_rank(held)
            assert now is not None
            if rank is not None and rank > now:
                held = status
        assert held == "delivered"


def test_a_late_delivered_corrects_undelivered_and_not_the_other_way() -> None:
    delivered, undelivered = status_rank("delivered"), status_rank("undelivered")
    assert delivered is not None
    assert undelivered is not None
    assert delivered > undelivered


@pytest.mark.parametrize("status", ["received", "receiving", "", "brand_new"])
def test_statuses_that_say_nothing_about_a_sent_text(status: str) -> None:
    assert status_rank(status) is None
    assert status_state(status) is None


def test_every_status_that_the_client_knows_has_a_place() -> None:
    from twilio.rest.api.v2010.account.message import MessageInstance

    known = {value for name, value in vars(MessageInstance.Status).items() if name.isupper()}
    assert {s for s in known if status_rank(s) is None} == {"receiving", "received"}
    assert {s for s in known if status_state(s) == "delivered"} == {"delivered", "read"}
    assert {s for s in known if status_state(s) == "failed"} == {
        "failed",
        "undelivered",
        "canceled",
        "partially_delivered",
    }
