"""The staff's thresholds: sentences with numbers, their effect on the past, versions that stay."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from assistant.clock import VirtualClock
from assistant.config import Settings, Sms
from assistant.escalation.policy import Policy
from assistant.families.kinds import KINDS
from assistant.families.thresholds import policy_for_kind
from assistant.store import AuditEvent, Case, PolicyVersion, Staff, Step, Store
from assistant.web.speech import speech
from assistant.web.thresholds import SENTENCES
from assistant.words import LANGUAGES
from jobs.bench_preview import NOW, fill
from tests.support.family import caregiver, family, registered
from tests.web.pages_support import SANDBOX, client_of, press, staff_in

OUTSIDE = SANDBOX.model_copy(update={"sms": Sms(channel="twilio")})  # real families
ALL, SPEECH = "/admin/thresholds/all", "/admin/thresholds/speech"


def staff(store: Store, clock: VirtualClock, settings: Settings = SANDBOX) -> FlaskClient:
    """A browser in which a member of staff is signed in."""
    return staff_in(client_of(store, clock, settings), store, clock)


def numbers(page: str) -> dict[str, str]:
    """What the form's fields hold."""
    found = re.findall(r'<input class="inline"[^>]* name="(\w+)"[^>]* value="(\w*)"', page)
    return dict(found)


def send(client: FlaskClient, path: str, do: str, **changed: str) -> TestResponse:
    """The form of a page with some numbers changed."""
    fields = numbers(client.get(path).get_data(as_text=True))
    base = re.search(r'name="base" value="(\d+)"', client.get(path).get_data(as_text=True))
    assert base
    return press(client, path, **{**fields, "base": base[1], "window": "month", **changed, "do": do})


def kept(store: Store) -> list[PolicyVersion]:
    with store.read() as session:
        return list(session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)))


def test_nobody_else_gets_in(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock)
    for path in ("/admin/thresholds/", ALL, SPEECH):
        assert client.get(path).status_code == 401
    assert press(client, "/family/enter", ALL, do="save").status_code == 401
    assert kept(store) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_threshold_stands_in_a_sentence(store: Store, clock: VirtualClock, language: str) -> None:
    client = staff(store, clock)
    listed = client.get(f"/admin/thresholds/?lang={language}").get_data(as_text=True)
    for kind in (*KINDS, "all"):
        assert f'href="/admin/thresholds/{kind}"' in listed
        assert client.get(f"/admin/thresholds/{kind}").status_code == 200
    page = client.get(f"{ALL}?lang={language}").get_data(as_text=True)
    held = numbers(page)
    assert set(held) | {"grey_counts"} == set(Policy.__dataclass_fields__)
    assert all(str(getattr(Policy(), key)) == value for key, value in held.items())
    said = speech("es" if language == "es" else "en")
    assert said.say("thresholds.label") in page
    for key in Policy.__dataclass_fields__:
        assert said.say(f"thresholds.label_{key}")
    assert client.get("/admin/thresholds/dance").status_code == 404
    assert sum(map(len, SENTENCES.values())) == page.count('class="sentence"')


def test_save_puts_a_version_in_force_and_tells_who_and_why(store: Store, clock: VirtualClock) -> None:
    client = staff(store, clock)
    saved = send(client, SPEECH, "save", misses_for_document="3", misses_for_notice="4", reason="Too many.")
    assert saved.status_code == 303
    page = client.get(SPEECH).get_data(as_text=True)
    assert "Saved as version 1." in page
    assert numbers(page)["misses_for_document"] == "3"
    for told in ("rosa@example.org", "Too many.", "Sessions not held, for the service log: 2 to 3"):
        assert told in page
    assert [(row.service, row.values) for row in kept(store)] == [
        ("speech", {"misses_for_document": 3, "misses_for_notice": 4})
    ]
    assert "Numbers of its own: 2" in client.get("/admin/thresholds/").get_data(as_text=True)
    with store.read() as session:
        assert policy_for_kind(session, "speech", SANDBOX).misses_for_document == 3
        assert policy_for_kind(session, "other", SANDBOX) == Policy()
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.kind == "thresholds_changed"))
        assert event.actor == "staff 1"
        assert event.detail["changed"] == {"misses_for_document": [2, 3], "misses_for_notice": [3, 4]}


def test_an_earlier_version_is_used_again_as_a_new_one(store: Store, clock: VirtualClock) -> None:
    client = staff(store, clock)
    send(client, ALL, "save", misses_for_document="3", misses_for_notice="5", reason="First.")
    send(client, ALL, "save", misses_for_document="4", grey_counts="1", reason="Second.")
    page = client.get(f"{ALL}?version=1").get_data(as_text=True)
    assert "The form shows the numbers of version 1." in page
    assert numbers(page)["misses_for_document"] == "3"
    assert len(kept(store)) == 2
    again = {**numbers(page), "base": "2", "reason": "Back to the first.", "do": "save"}
    assert press(client, f"{ALL}?version=1", ALL, **again).status_code == 303
    rows = kept(store)
    assert [row.version for row in rows] == [1, 2, 3]
    assert rows[2].values == rows[0].values
    none = client.get(f"{ALL}?version=0").get_data(as_text=True)
    assert numbers(none)["misses_for_document"] == "2"
    assert client.get(f"{ALL}?version=9").status_code == 404
    assert client.get(f"{ALL}?version=x").status_code == 404


@pytest.mark.parametrize(
    ("settings", "told"), [(SANDBOX, "such a service: 2"), (OUTSIDE, "such a service: fewer than 5")]
)
def test_each_kind_says_how_many_children_it_is_about(
    store: Store, clock: VirtualClock, settings: Settings, told: str
) -> None:
    with store.write() as session:
        registered(session, family(), clock.now())
        registered(session, family(caregiver(phone="+14155550109", email=None), nickname="Mia"), clock.now())
    page = staff(store, clock, settings).get("/admin/thresholds/").get_data(as_text=True)
    assert page.count(told) == 3  # all services, speech, occupational therapy
    assert page.count("No child has such a service") == len(KINDS) - 2


def test_the_same_numbers_make_no_version(store: Store, clock: VirtualClock) -> None:
    client = staff(store, clock)
    assert send(client, ALL, "save", reason="Why not.").status_code == 303
    assert "These are the numbers in force already." in client.get(ALL).get_data(as_text=True)
    assert kept(store) == []


@pytest.mark.parametrize(
    ("key", "typed", "line"),
    [
        ("misses_for_document", "1", "Write 2 or more, up to 400."),
        ("misses_for_notice", "1", "no fewer sessions than for the service log"),
        ("short_percent", "101", "Write a whole number from 1 to 100."),
        ("oldest_miss_months", "12", "Write a whole number from 1 to 11."),
        ("short_weeks", "4.5", "Write a whole number from 1 to 400."),
        ("short_weeks", "", "Write a whole number from 1 to 400."),
        ("remind_after_days", "401", "Write a whole number from 1 to 400."),
        ("minimum_days_to_count", "-1", "Write a whole number from 0 to 400."),
        ("weeks_after_notice", "４", "Write a whole number from 1 to 400."),
    ],
)
@pytest.mark.parametrize("do", ["save", "preview"])
def test_what_makes_no_sense_is_said_beside_its_field(
    store: Store, clock: VirtualClock, key: str, typed: str, line: str, do: str
) -> None:
    client = staff(store, clock)
    answer = send(client, ALL, do, **{key: typed, "offer_again_days": "33", "reason": "Because."})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    [beside] = re.findall(rf'id="{key}-problem">([^<]+)<', page)
    assert line in beside
    assert numbers(page)["offer_again_days"] == "33"
    assert "Because." in page
    assert kept(store) == []


def test_saving_needs_a_reason(store: Store, clock: VirtualClock) -> None:
    client = staff(store, clock)
    for reason in ("", "  ", "x" * 301):
        answer = send(client, ALL, "save", short_weeks="5", reason=reason)
        assert answer.status_code == 400
        assert "Say why, in a sentence" in answer.get_data(as_text=True)
        assert numbers(answer.get_data(as_text=True))["short_weeks"] == "5"
    assert kept(store) == []


def test_numbers_for_all_that_a_kind_does_not_fit_name_it(store: Store, clock: VirtualClock) -> None:
    client = staff(store, clock)
    send(client, SPEECH, "save", misses_for_notice="2", reason="Early.")
    answer = send(client, ALL, "save", misses_for_document="3", misses_for_notice="4", reason="Late.")
    assert answer.status_code == 400
    assert "does not fit the numbers that “Speech” has of its own" in answer.get_data(as_text=True)


def test_who_saves_over_anothers_numbers_is_told_first(store: Store, clock: VirtualClock) -> None:
    client = staff(store, clock)
    send(client, ALL, "save", short_weeks="5", reason="One.")
    answer = send(client, ALL, "save", short_weeks="6", reason="Another.", base="0")
    assert answer.status_code == 409
    assert "Somebody saved other numbers in the meantime" in answer.get_data(as_text=True)
    assert 'name="base" value="1"' in answer.get_data(as_text=True)
    assert [row.values for row in kept(store)] == [{"short_weeks": 5}]


def test_only_an_owner_saves(store: Store, clock: VirtualClock) -> None:
    client = staff(store, clock)
    with store.write() as session:
        session.scalars(select(Staff)).one().role = "helper"
    assert 'value="save"' not in client.get(ALL).get_data(as_text=True)
    assert send(client, ALL, "preview", short_weeks="5").status_code == 200
    assert send(client, ALL, "save", short_weeks="5", reason="I want to.").status_code == 403
    assert kept(store) == []


def test_the_preview_counts_families_and_keeps_the_form(store: Store) -> None:
    fill(store, 12)
    clock = VirtualClock(NOW)
    client = staff(store, clock)
    answer = send(client, SPEECH, "preview", misses_for_document="6", misses_for_notice="9", window="quarter")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    told = re.search(
        r"With these numbers (\d+) of 12 families would have had a step in the past 3 months. "
        r"Now: (\d+) of 12 families.",
        page,
    )
    assert told
    assert int(told[1]) < int(told[2])
    assert page.count(" of 12</td>") == 12
    assert numbers(page)["misses_for_document"] == "6"
    assert 'value="quarter" checked' in page
    assert "Nothing was saved." in page
    assert kept(store) == []
    with store.read() as session:
        assert session.scalars(select(Step)).all() == []
        assert set(session.scalars(select(Case.look_at))) == {None}


def test_few_families_are_not_told_in_numbers_outside_the_sandbox(store: Store) -> None:
    fill(store, 4)
    clock = VirtualClock(NOW)
    inside = send(staff(store, clock), ALL, "preview", misses_for_document="3").get_data(as_text=True)
    assert " of 4 families" in inside
    outside = send(staff(store, clock, OUTSIDE), ALL, "preview").get_data(as_text=True)
    assert "Fewer than 5 families have such a service." in outside
    assert "<td>" not in outside
    nobody = send(staff(store, clock, OUTSIDE), "/admin/thresholds/other", "preview").get_data(as_text=True)
    assert "No family has such a service at present." in nobody


def test_a_step_of_few_families_is_told_as_few_outside_the_sandbox(store: Store) -> None:
    fill(store, 12)
    clock = VirtualClock(NOW)
    many = {"misses_for_document": "20", "misses_for_notice": "40", "short_percent": "60"}
    page = send(staff(store, clock, OUTSIDE), SPEECH, "preview", **many).get_data(as_text=True)
    assert "fewer than 5 of 12 families" in page
    assert re.search(r"\b[1-4] of 12\b", page.replace("fewer than 5 of 12", "")) is None


def test_a_saved_change_is_acted_on_at_once_in_the_sandbox(store: Store) -> None:
    fill(store, 6)
    clock = VirtualClock(NOW)
    client = staff(store, clock)
    send(client, ALL, "save", unknowns_in_a_row="2", reason="Try it.")
    with store.read() as session:
        suggested = session.scalars(select(Step)).all()
        assert {step.policy["unknowns_in_a_row"] for step in suggested} == {2}
        assert all(look is None or look > clock.now() for look in session.scalars(select(Case.look_at)))
    clock.move_to(clock.now() + timedelta(minutes=1))
    send(client, ALL, "save", unknowns_in_a_row="9", reason="Back.")
    with store.read() as session:
        assert {step.policy["unknowns_in_a_row"] for step in session.scalars(select(Step))} == {2}
