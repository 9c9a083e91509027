"""Every page that can be reached, once: by their links and forms, as anybody, as a parent and as staff.

So a page that is added is looked at by itself; nobody has to put it on a list. Only the question pages of a
first run share an address, and are walked through on purpose (`questions.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Literal

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from assistant.store import Caregiver
from assistant.words import Language
from tests.fuzz.crawl import AVOIDED
from tests.fuzz.forms import is_ours, read
from tests.fuzz.world import World
from tests.pages.posted import Pages, Sender, endpoint, refusals
from tests.pages.questions import question_pages

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Who = Literal["anybody", "parent", "staff"]
STARTS: dict[Who, tuple[str, ...]] = {
    "anybody": (
        "/",
        "/register",
        "/family/sign-in",
        "/admin/sign-in",
        "/admin/inbox",
        "/nothing",
        "/sandbox/",
    ),
    "parent": ("/family/",),
    "staff": ("/admin/", "/admin/inbox", "/admin/erase"),
}
_ANYBODYS = ("landing", "register", "sandbox", "public", "start", "no_such_page")
# One address with pages of several forms: what tells them apart in it, and what they are called.
_FORMS = ((".mail.", "guide-mail"), (".letter.", "guide-letter"))
_SO_MANY = 4  # pages of one kind that are followed
_HELD = "/held/"  # where the browser finds what was answered to a form


@dataclass(frozen=True)
class Place:
    """A page: who sees it, its address, and a short name for files and reports.

    `held`: the page as it was answered to a form, which no address leads to.
    """

    who: Who
    path: str
    name: str
    held: Pages | None = None

    def at(self, language: Language) -> str:
        """Its address where somebody reads this language."""
        return f"{self.path}{language}" if self.held else self.path


def browser_of(world: World, who: Who) -> FlaskClient:
    """A browser on which that person is signed in. The parent is one with much in the log."""
    if who == "anybody":
        return world.app.test_client()
    if who == "staff":
        return world.staff()
    with world.store.read() as session:
        first = session.scalars(select(Caregiver).order_by(Caregiver.id)).first()
    assert first is not None
    return world.family_in(first)


def places(world: World) -> list[Place]:
    """One page for each endpoint and person. Sealed links of messages are anybody's."""
    found: list[Place] = []
    for who, starts in STARTS.items():
        signed = [f"/{room}/{token}" for room, token in world.tokens().items()] if who == "anybody" else []
        for name, path in _one_of_each(world.app, browser_of(world, who), [*starts, *signed]).items():
            if who == "anybody" or not name.startswith(_ANYBODYS):
                found.append(Place(who, path, f"{who}-{name.replace('.', '-')}"))
    return found


def after_forms(world: World, found: Iterable[Place]) -> list[Place]:
    """The pages that forms of these pages lead to. The world is changed by them, and of no use afterwards."""
    found, held = list(found), list[Place]()
    known = frozenset(endpoint(world.app, one.path, "GET") for one in found)
    for who in STARTS:
        sender = Sender(world.app, browser_of(world, who), who, known)
        for place in found:
            if place.who == who:
                sender.send_all(place.path)
        held += [Place(who, f"{_HELD}{name}/", name, pages) for name, pages in sender.found.items()]
    return held + [Place("anybody", f"{_HELD}{name}/", name, page) for name, page in refusals(world).items()]


def collected(template: Path, file: Path) -> list[Place]:
    """All of them, from a world of their own in `file`: what is sent to the forms changes it."""
    world = World(template, file)
    found = places(world)
    asked = question_pages(world)
    found += after_forms(world, found)
    found += [
        Place("anybody", f"{_HELD}start-{name}/", f"start-{name}", page) for name, page in asked.items()
    ]
    world.close()
    return found


def _one_of_each(app: Flask, browser: FlaskClient, starts: list[str]) -> dict[str, str]:
    """The first address that gave a page, for each endpoint that links lead to. A list's many entries lead to
    the same kinds of pages: a few of them are followed.
    """
    found: dict[str, str] = {}
    waiting, tried, seen = list(starts), Counter[str](), set(starts)
    while waiting:
        path = waiting.pop(0)
        name = _kind(app, path)
        tried[name] += 1
        if tried[name] > _SO_MANY:
            continue
        answer = browser.get(path)
        links = [answer.location] if answer.status_code in (301, 302, 303) and answer.location else []
        if answer.mimetype == "text/html" and not links:
            if name or answer.status_code == 404:
                found.setdefault(name or "no_such_page", path)
            links = read(path, answer.get_data(as_text=True)).links
        for link in links:
            short = link.partition("#")[0]
            if is_ours(short) and not short.startswith(AVOIDED) and short not in seen:
                seen.add(short)
                waiting.append(short)
    return found


def _kind(app: Flask, path: str) -> str:
    """The endpoint of an address, with which of its forms it shows where it has several."""
    name = endpoint(app, path, "GET")
    form = next((form for part, form in _FORMS if part in path), "") if name == "templates.edit" else ""
    return f"{name}-{form}" if form else name


def cookie_of(browser: FlaskClient) -> str:
    """What makes another browser the same one; "" where nobody is signed in."""
    kept = browser.get_cookie("session")
    return kept.value if kept else ""


@contextmanager
def served(app: Flask, found: Sequence[Place] = ()) -> Iterator[str]:
    """The pages on loopback, those that are held among them; gives their address."""
    server = make_server("127.0.0.1", 0, _with_held(app, found), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def _with_held(app: Flask, found: Sequence[Place]) -> WSGIApplication:
    held = {f"{one.path}{code}": html for one in found if one.held for code, html in one.held.items()}

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        html = held.get(environ["PATH_INFO"])
        if html is None:
            return app(environ, start_response)
        return Response(html, mimetype="text/html")(environ, start_response)

    return answer
