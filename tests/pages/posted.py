"""What comes after a form: errors with the form kept, previews, what was saved; and pages that say no.

Every form that the walk meets is sent twice, once empty and once filled in. What came back is kept as it
was, and served to the browser again: nothing is typed in a browser, and only a world of its own changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from assistant.store import Staff
from assistant.web.app_factory import MAX_BYTES
from assistant.words import LANGUAGES, Language
from tests.fuzz.forms import Form, read
from tests.fuzz.world import World
from tests.web.pages_support import staff_in

Pages = dict[Language, str]  # a page as HTML
# After these there is nobody left to send the next form, or pages have another language or time.
_ENDS = (
    "/family/out",
    "/admin/out",
    "/admin/account/o",
    "/admin/account/language",
    "/family/leave",
    "/sandbox/",
    "/unsubscribe",
)
_KEPT = ("csrf_token", "once", "base")  # hidden, and needed by every form that has it
_TYPED = {
    "who": "+14155550101",
    "contact": "+14155550101",
    "address": "(415) 555-0177",
    "phone": "(415) 555-0177",
    "email": "new@example.org",
    "name": "Ana Rivera",
    "with": "Ms. Lee",
    "reason": "Plainer.",
    "reply": "no",
    "number": "1",
    "minutes": "30",
}


@dataclass
class Sender:
    """Somebody's browser that sends each form it is shown; `found` has the answers by a short name."""

    app: Flask
    browser: FlaskClient
    who: str
    known: frozenset[str]  # endpoints of pages that are looked at anyway
    found: dict[str, Pages] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def send_all(self, path: str) -> None:
        """Every form on this page that no other page had."""
        with_both = self._forms(path, "en")
        for place, form in enumerate(with_both):
            name = f"{self.who}-{endpoint(self.app, form.action, 'POST').replace('.', '-')}"
            if form.method != "post" or form.action.startswith(_ENDS) or form.action.endswith("/devices"):
                continue
            for way in ("empty", "filled"):
                if not any(known.startswith(f"{name}-{way}") for known in self.found):
                    self._send(path, place, way, f"{name}-{way}")

    def _send(self, path: str, place: int, way: str, name: str) -> None:
        pages: Pages = {}
        for language in LANGUAGES:
            forms = self._forms(path, language)
            if place >= len(forms):
                return
            data = _data(forms[place], empty=way == "empty")
            answer = self.browser.post(forms[place].action, data=data, environ_base=self._somewhere())
            assert answer.status_code < 500, f"{path}: {forms[place].action}"
            if answer.status_code in (302, 303) and answer.location.startswith("/"):
                place_now = endpoint(self.app, answer.location, "GET")
                answer = self.browser.get(answer.location)
                if place_now in self.known and 'role="status"' not in answer.get_data(as_text=True):
                    return  # the walk has this page as well
            if answer.mimetype != "text/html" or answer.status_code == 404:
                return
            pages[language] = answer.get_data(as_text=True)
        self.found[name] = pages

    def _somewhere(self) -> dict[str, str]:
        """An address of the net: from one only so many forms are taken."""
        return {"REMOTE_ADDR": f"10.0.0.{1 + next(self._numbers) % 250}"}

    def _forms(self, path: str, language: Language) -> list[Form]:
        return read(path, in_language(self.browser, path, language).get_data(as_text=True)).forms


def refusals(world: World) -> dict[str, Pages]:
    """The pages that say no: 400, 403, 410, 413, 429 and 500. This world is of no use afterwards."""
    nobody, helper = world.app.test_client(), world.app.test_client()
    with world.store.write() as session:
        session.add(Staff(email="h@example.org", role="helper", created_at=world.clock.now(), ended_at=None))
    staff_in(helper, world.store, world.clock, "h@example.org")
    large = {"file": "x" * (MAX_BYTES + 1)}
    sent: list[tuple[str, FlaskClient, str, Mapping[str, str] | None]] = [
        ("stale", nobody, "/start/child", {}),
        ("role", helper, "/admin/staff/", None),
        ("link-over", nobody, "/family/enter/gone", None),
        ("large", nobody, "/start/child", large),
    ]
    found = {f"anybody-no-{name}": _in_both(browser, path, data) for name, browser, path, data in sent}
    for _ in range(150):
        nobody.post("/start/child", data={})
    found["anybody-no-too-many"] = _in_both(nobody, "/start/child", {})

    def fails() -> str:
        raise RuntimeError("a fault")

    world.app.view_functions["landing.home"] = fails
    world.app.logger.disabled = True
    found["anybody-no-fault"] = _in_both(nobody, "/", None)
    return found


def in_language(browser: FlaskClient, path: str, language: Language) -> TestResponse:
    """That page as somebody sees it who chose this language."""
    browser.set_cookie("lang", language)
    return browser.get(path)


def endpoint(app: Flask, path: str, method: str) -> str:
    """The name of the page or form at this address; "" for none."""
    try:
        found, _ = app.url_map.bind("localhost").match(urlsplit(path).path, method=method)
    except HTTPException:
        return ""
    return str(found)


def _in_both(browser: FlaskClient, path: str, data: Mapping[str, str] | None) -> Pages:
    pages: Pages = {}
    for language in LANGUAGES:
        browser.set_cookie("lang", language)
        answer = browser.get(path) if data is None else browser.post(path, data=data)
        assert answer.status_code >= 400, (path, answer.status_code)
        pages[language] = answer.get_data(as_text=True)
    return pages


def _data(form: Form, *, empty: bool) -> dict[str, str]:
    """One value a field: a group of choices sends its first."""
    sent: dict[str, str] = {}
    for name, value in form.fields:
        if name in _KEPT:
            sent[name] = value
        elif name not in sent or not sent[name]:
            sent[name] = "" if empty else value or _TYPED.get(name, "")
    return sent
