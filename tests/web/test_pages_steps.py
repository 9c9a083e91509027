"""The page of next steps: what is suggested and why, dates in words, what was done; nobody else's."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.evidence.collect import collect
from assistant.evidence.collected import Wanted
from assistant.evidence.paper.shape import shape
from assistant.guide.loader import load_guide
from assistant.operations.measure_acts import outcomes
from assistant.operations.measures import span_of
from assistant.store import LogEntry, Step, Store
from assistant.web.speech import speech
from messages.links import step_token
from tests.support.family import OT, SETTINGS, caregiver, family, registered
from tests.support.logged import MISSED, logged, suggested
from tests.web.pages_support import SECRET, client_of, press, signed_in

PATH = "/family/1/steps"


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_a_suggestion_to_its_dates(store: Store, clock: VirtualClock, language: str) -> None:
    logged(store, clock, "es" if language == "es" else "en")
    words = speech("es" if language == "es" else "en")
    client = signed_in(store, clock)

    def read(path: str = PATH) -> str:
        answer = client.get(f"{path}?lang={language}")
        assert answer.status_code == 200
        assert len(answer.data) < 60_000
        return html.unescape(answer.get_data(as_text=True))

    assert words.say("steps.none") in read()
    step_id = suggested(store, clock, "written_notice")
    path = f"/step/{step_token(SECRET, step_id)}"
    page = read()
    assert f'href="{path}"' in page
    assert "Disability Rights California" in page
    assert {"en": "Pending expert review", "es": "Pendiente de revisión"}[language].lower() in page.lower()
    assert {"en": "What it can and cannot get you", "es": "Qué puede lograr y qué no"}[language] in page
    with store.read() as session:
        rests_on = session.get_one(Step, step_id).why["entries"]
        days = session.scalars(select(LogEntry.day).where(LogEntry.number.in_(rests_on))).all()
    assert [words.day(day) in page for day in days] == [True, True], "the days it rests on, from the log"
    assert press(client, PATH, path, do="done").status_code == 303
    done = read(path)
    assert words.say("step.is_done") in done
    assert words.say("steps.what_next") in done
    after = read()
    assert words.say("steps.none") in after
    assert words.say("steps.clock_running") in after
    assert words.say("steps.courtesy") in after
    assert words.say("steps.passes_school") in after
    today = words.day_and_year(clock.now().date())
    assert words.say("steps.was_done", day=today) in after
    press(client, path, do="refused", words="no staff")
    refused = read()
    assert words.say("steps.was_refused", day=today) in refused


def test_the_steps_of_others_are_not_there(store: Store, clock: VirtualClock) -> None:
    logged(store, clock, term=[MISSED])
    with store.write() as session:
        other = caregiver(phone="+14155550109", email=None)
        registered(session, family(other, services=(OT,), nickname="Mia"), clock.now())
    client = signed_in(store, clock)
    for path in ("/family/2/steps", "/family/9/steps", "/family/2147483647/steps"):
        assert client.get(path).status_code == 404
    stranger = client_of(store, clock)
    assert stranger.get(PATH).status_code == 404
    # A link from an e-mail opens its step without a sign-in, and none of the child's rooms.
    path = f"/step/{step_token(SECRET, suggested(store, clock, 'document'))}"
    page = stranger.get(path).get_data(as_text=True)
    assert PATH not in page
    assert PATH in client.get(path).get_data(as_text=True)
    assert re.search(r'href="[^"]+/letter/records_request"', page)
    assert stranger.get(f"{path}/letter/thank_you").status_code == 404


def test_what_came_of_a_step_is_the_parents_word(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    client, today = signed_in(store, clock), clock.now().date().isoformat()
    meeting = f"/step/{step_token(SECRET, suggested(store, clock, 'iep_meeting'))}"
    complaint = suggested(store, clock, "compliance_complaint")
    state = f"/step/{step_token(SECRET, complaint)}"
    assert "What came of it?" not in client.get(meeting).get_data(as_text=True)  # not before it was done
    press(client, meeting, f"{meeting}/came", came="met")
    press(client, meeting, meeting, do="done")
    early = press(client, meeting, f"{meeting}/came", came="met", came_on="2020-01-01")
    assert early.status_code == 400
    assert press(client, meeting, f"{meeting}/came", came="met", came_on="2099-01-01").status_code == 400
    press(client, meeting, f"{meeting}/came", came="found")  # no state has looked at a meeting
    for _ in range(2):  # pressed twice, told once
        press(client, meeting, f"{meeting}/came", came="met", came_on=today, came_words="two make-ups agreed")
    assert "Noted: the meeting was held on" in client.get(meeting).get_data(as_text=True)
    press(client, state, state, do="done")
    press(client, state, f"{state}/came", came="found_not")
    press(client, state, f"{state}/came", came="found_part")
    with store.read() as session:
        rows = session.scalars(
            select(LogEntry).where(LogEntry.kind == "step").order_by(LogEntry.number)
        ).all()
        did = [(row.content["step"]["did"], row.words) for row in rows]
        assert did == [
            ("sent", ""), ("met", "two make-ups agreed"), ("sent", ""), ("answered", ""), ("found_not", ""),
            ("found_part", ""),
        ]  # fmt: skip
        found = session.get_one(Step, complaint)
        assert (found.came, found.answer) == ("found_part", "answered")
        now = clock.now()
        with_words = outcomes(session, span_of(now.date().replace(day=1), SETTINGS))
        assert [with_words[key].part for key in ("held", "found", "found_part", "found_not")] == [1, 0, 1, 0]
        said = {f"measures.outcome_{key}" for key in with_words}
        assert said <= set(speech("en").entries), "each has words"
        evidence = collect(session, rows[0].child_id, Wanted(), now, load_guide("us-ca"))
        sheets = str(shape(evidence))
    assert "By the parent's word, the meeting was held" in sheets
    steps_page = html.unescape(client.get(PATH).get_data(as_text=True))
    assert "in part not given" in steps_page
    press(client, state, state, do="not_now")
    with store.read() as session:
        assert session.get_one(Step, complaint).came is None
