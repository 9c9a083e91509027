"""Every page that can be reached, once: by their links, as anybody, as a parent and as staff.

So a page that is added is looked at by itself; nobody has to put it on a list.
"""

from __future__ import annotations

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
from tests.fuzz.crawl import walk
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
    seen: set[tuple[Who, str]] = set()
    for who, starts in STARTS.items():
        signed = [f"/{room}/{token}" for room, token in world.tokens().items()] if who == "anybody" else []
        pages = walk(browser_of(world, who), *starts, *signed, most=250).pages
        for path in pages:
            endpoint = _endpoint(world.app, path)
            if who != "anybody" and endpoint.startswith(
                ("landing", "register", "sandbox", "public", "start")
            ):
                continue
            if endpoint and (who, endpoint) not in seen:
                seen.add((who, endpoint))
                found.append(Place(who, path, f"{who}-{endpoint.replace('.', '-')}"))
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
