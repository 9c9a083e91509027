"""The question pages of a first run: each as somebody meets it who answers the ones before, and some refused.

They share an endpoint, so the walk by links meets one of them. Here they are answered in order, in each
language, and kept as they came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from assistant.store import Caregiver
from assistant.words import LANGUAGES, Language
from tests.fuzz.world import World
from tests.support.talk import Talk

_IEP = """Language and Speech, 30 min x 2 Totaling: 60 min served Weekly
Occupational therapy, 30 min every other week
The coach helps him to find his words, and she is with him in the class every morning of every week.
"""
_TICKED = ("speech", "ot", "pt", "counseling", "reading", "aide", "support", "other")
_JOINED = "+14155550188"


@dataclass
class _Walk:
    """A browser in one language, and the pages it was shown, by a short name."""

    browser: FlaskClient
    pages: dict[str, str] = field(default_factory=dict)
    _places: count[int] = field(default_factory=lambda: count(1))

    def see(self, name: str, path: str) -> str:
        """Keep the page at this address."""
        answer = self.browser.get(f"/start/{path}", follow_redirects=True)
        self.pages[name] = answer.get_data(as_text=True)
        return self.pages[name]

    def send(self, path: str, **data: str | list[str]) -> TestResponse:
        """Answer a question; it leads on."""
        answer = self._post(path, data)
        assert answer.status_code == 303, (path, answer.get_data(as_text=True))
        return answer

    def refused(self, name: str, path: str, **data: str | list[str]) -> None:
        """Answer a question wrongly, and keep what is said then."""
        answer = self._post(path, data)
        assert answer.status_code == 400, path
        self.pages[name] = answer.get_data(as_text=True)

    def _post(self, path: str, data: dict[str, str | list[str]]) -> TestResponse:
        page = self.browser.get(f"/start/{path}").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None, path
        # From one address only so many forms are taken.
        somewhere = {"REMOTE_ADDR": f"10.1.{next(self._places) % 250}.1"}
        return self.browser.post(
            f"/start/{path}", data={"csrf_token": token[1], **data}, environ_base=somewhere
        )


def question_pages(world: World) -> dict[str, dict[Language, str]]:
    """Each page by its name, in both languages. The world gets set-ups, and a family that began by text."""
    talk = Talk(world.store, world.clock, phone=_JOINED)
    for said in ("JOIN", "1", "Theo", "speech 2x week 30"):
        talk.say(said)
    found: dict[str, dict[Language, str]] = {}
    for language in LANGUAGES:
        walk = _Walk(_browser(world.app.test_client(), language))
        _services(walk)
        _rest(walk)
        _iep(walk)
        with world.store.read() as session:
            person = session.scalars(select(Caregiver).where(Caregiver.phone == _JOINED)).one()
        walk.browser = _browser(world.family_in(person), language)
        walk.see("joined", "joined")
        for name, html in walk.pages.items():
            found.setdefault(name, {})[language] = html
    return found


def _browser(browser: FlaskClient, language: Language) -> FlaskClient:
    browser.set_cookie("lang", language)
    return browser


def _services(walk: _Walk) -> None:
    """Every way that a service is asked about."""
    walk.send("child", nickname="Leo")
    walk.refused("kinds-refused", "kinds")
    walk.send("kinds", kind=list(_TICKED))
    walk.see("kinds", "kinds")
    walk.see("often", "0/often")
    walk.refused("often-refused", "0/often")
    walk.send("0/often", times="2")
    walk.see("minutes", "0/minutes")
    walk.refused("minutes-refused", "0/minutes", minutes="half")
    walk.send("0/minutes", minutes="30")
    walk.see("days", "0/days")
    walk.refused("days-refused", "0/days", day="mon", time="9:00")
    walk.send("0/days", day=["mon", "tue"], time="14:00")
    walk.send("1/often", way="count")
    walk.see("amount", "1/amount")
    walk.refused("amount-refused", "1/amount", per="month")
    walk.send("1/amount", unknown="1")
    walk.send("2/often", way="total")
    walk.see("amount-of-minutes", "2/amount")
    walk.send("2/amount", total="1800", total_per="year")
    walk.send("3/often", way="fortnight")
    walk.see("fortnight", "3/weeks")
    walk.send("3/weeks", weeks_count="1")
    walk.send("3/minutes", unknown="1")
    walk.send("4/often", way="cycle")
    walk.see("cycle", "4/cycle")
    walk.send("4/cycle", cycle_days="6")
    walk.see("cycle-on", "4/on")
    walk.refused("cycle-on-refused", "4/on")
    walk.send("4/on", cycle_on=["1", "4"])
    walk.see("cycle-when", "4/when")
    walk.refused("cycle-when-refused", "4/when", cycle_at="10:00")
    walk.send("4/when", unknown="1")
    walk.see("often-of-an-aide", "5/often")
    walk.send("5/often", way="weeks")
    walk.see("weeks", "5/weeks")
    walk.refused("weeks-refused", "5/weeks", weeks_count="1", weeks="x")
    walk.send("5/weeks", weeks_count="3", weeks="4")
    walk.send("5/minutes", minutes="300")
    walk.see("support", "6/name")
    walk.send("6/name", support="time")
    walk.see("name", "7/name")
    walk.refused("name-refused", "7/name")
    walk.send("7/name", name="Orientation and mobility training", alias="mobility")
    walk.send("7/often", unknown="1")


def _rest(walk: _Walk) -> None:
    """The family's own questions, and the pages around them."""
    walk.see("calendar", "calendar")
    walk.send("calendar", calendar="own")
    walk.see("dates", "dates")
    walk.refused("dates-refused", "dates")
    walk.send("dates", first_day="2026-08-17", last_day="2027-06-10")
    walk.see("you", "you")
    walk.refused("you-refused", "you")
    walk.send("you", name="Ana Rivera")
    walk.see("reach", "reach")
    walk.refused("reach-refused", "reach", phone="12", texts="1")
    walk.send("reach", phone="(415) 555-0199", texts="1", email="ana@example.org", mails="1")
    walk.see("check", "check")
    walk.see("kind", "8/kind")
    walk.see("resume", "")
    link = re.search(r"/start/(again/[\w.-]+)", walk.see("later", "later"))
    assert link is not None
    walk.see("again", link[1])
    walk.see("over", "again/gone")


def _iep(walk: _Walk) -> None:
    """Services from the IEP's text."""
    walk.see("paste", "paste")
    walk.refused("paste-refused", "paste", text="Dear parents, we meet at 3 pm.")
    walk.send("paste", text=_IEP)
    walk.see("found", "found/0")
    walk.see("found-in-part", "found/1")
    walk.send("found/0", do="keep")
    walk.see("found-kept", "found/0")
    walk.send("found/1", do="leave")
    walk.see("unread", "unread")
    walk.see("more", "more")
