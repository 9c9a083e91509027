"""The page of next steps: what is suggested and why, dates in words, what was done; nobody else's."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import LogEntry, Step, Store
from assistant.web.speech import speech
from messages.links import step_token
from tests.support.family import OT, caregiver, family, registered
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
