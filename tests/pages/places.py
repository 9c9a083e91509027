"""Every page that can be reached, once: by their links, as anybody, as a parent and as staff.

So a page that is added is looked at by itself; nobody has to put it on a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Literal
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from assistant.store import Caregiver
from tests.fuzz.crawl import AVOIDED
from tests.fuzz.forms import is_ours, read
from tests.fuzz.world import World

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
_SO_MANY = 4  # pages of one kind that are followed


@dataclass(frozen=True)
class Place:
    """A page: who sees it, its address, and a short name for files and reports."""

    who: Who
    path: str
    name: str


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
        for endpoint, path in _one_of_each(world.app, browser_of(world, who), [*starts, *signed]).items():
            if who == "anybody" or not endpoint.startswith(_ANYBODYS):
                found.append(Place(who, path, f"{who}-{endpoint.replace('.', '-')}"))
    return found


def _one_of_each(app: Flask, browser: FlaskClient, starts: list[str]) -> dict[str, str]:
    """The first address that gave a page, for each endpoint that links lead to. A list's many entries lead to
    the same kinds of pages: a few of them are followed.
    """
    found: dict[str, str] = {}
    waiting, tried, seen = list(starts), Counter[str](), set(starts)
    while waiting:
        path = waiting.pop(0)
        endpoint = _endpoint(app, path)
        tried[endpoint] += 1
        if tried[endpoint] > _SO_MANY:
            continue
        answer = browser.get(path)
        links = [answer.location] if answer.status_code in (301, 302, 303) and answer.location else []
        if answer.mimetype == "text/html" and not links:
            if endpoint or answer.status_code == 404:
                found.setdefault(endpoint or "no_such_page", path)
            links = read(path, answer.get_data(as_text=True)).links
        for link in links:
            short = link.partition("#")[0]
            if is_ours(short) and not short.startswith(AVOIDED) and short not in seen:
                seen.add(short)
                waiting.append(short)
    return found


def cookie_of(browser: FlaskClient) -> str:
    """What makes another browser the same one; "" where nobody is signed in."""
    kept = browser.get_cookie("session")
    return kept.value if kept else ""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The pages on loopback; gives their address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def _endpoint(app: Flask, path: str) -> str:
    try:
        endpoint, _ = app.url_map.bind("localhost").match(urlsplit(path).path, method="GET")
    except HTTPException:
        return ""
    return str(endpoint)
