"""No family reaches anything of another, staff's pages are staff's, no form is taken without its token."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fuzz.crawl import Walk, walk
from tests.fuzz.posts import filled_in, somewhere
from tests.fuzz.world import Family, World

# Mail programs and providers post these without having seen a page; each checks something else.
WITHOUT_TOKEN = ("/unsubscribe/", "/twilio/", "/mail/bounce")


@pytest.fixture(scope="module")
def world(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(template, tmp_path_factory.mktemp("world") / "world.db")
    yield made
    made.close()


@pytest.fixture(scope="module")
def theirs(world: World) -> tuple[Family, Walk]:
    """The first family, and all that it can reach."""
    family = world.families()[0]
    return family, walk(family.browser, "/family/")


def refused(answer: TestResponse) -> bool:
    """Not there, not allowed, or the way to sign in."""
    to_the_door = answer.status_code in (302, 303) and "/enter" in (answer.location or "")
    return answer.status_code in (400, 401, 403, 404, 405) or to_the_door


def _of_families(paths: list[str]) -> list[str]:
    """Without the sandbox's pages, on which everybody plays every phone."""
    return [path for path in paths if path.startswith("/family/")]


def others(world: World) -> list[tuple[str, FlaskClient]]:
    return [("another family", world.families()[1].browser), ("somebody unknown", world.app.test_client())]


def token_of(browser: FlaskClient, start: str) -> str:
    """A right token against forged forms, of this browser's own."""
    for form in walk(browser, start, most=10).forms.values():
        for name, value in form.fields:
            if name == "csrf_token":
                return value
    return ""


def test_what_is_one_family_s_is_shown_to_no_other(world: World, theirs: tuple[Family, Walk]) -> None:
    family, found = theirs
    assert len(_of_families(found.numbered)) >= 10, "there is something to reach"
    for who, browser in others(world):
        for path in _of_families(found.numbered):
            answer = browser.get(path)
            assert refused(answer), f"{who}: GET {path}: {answer.status_code}"
            page = answer.get_data(as_text=True)
            assert not [word for word in family.private if word in page], f"{who}: {path}"


def test_no_form_of_one_family_is_taken_from_another(world: World, theirs: tuple[Family, Walk]) -> None:
    _, found = theirs
    before = world.counts()
    for who, browser in others(world):
        token = token_of(browser, "/family/")
        for form in found.forms.values():
            if not _of_families([form.action]) or not any(part.isdigit() for part in form.action.split("/")):
                continue  # a place without a number is everybody's own
            fields = [(name, token if name == "csrf_token" else value) for name, value in form.fields]
            answer = browser.post(form.action, data=dict(fields))
            assert refused(answer), f"{who}: POST {form.action}: {answer.status_code}"
    assert world.counts() == before


def test_pages_of_staff_are_for_staff(world: World) -> None:
    family = world.families()[0]
    doors = ("staff_in.sign_in", "staff_in.signed", "enter.admin", "enter.admin_pressed", "inbox.out")
    draw, tried = random.Random(4), 0
    for rule in world.app.url_map.iter_rules():
        if not rule.rule.startswith("/admin/") or rule.endpoint in doors:
            continue
        for browser in (family.browser, world.app.test_client()):
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                data = {"csrf_token": token_of(browser, "/family/enter")} if method == "POST" else None
                answer = browser.open(
                    filled_in(world, rule.rule), method=method, data=data, environ_base=somewhere(draw)
                )
                to_the_door = answer.status_code in (302, 303) and "/admin/" in (answer.location or "")
                assert refused(answer) or to_the_door, f"{method} {rule.rule}: {answer.status_code}"
                tried += 1
    assert tried >= 30


def test_no_form_is_taken_without_its_token(world: World) -> None:
    browsers = (world.families()[0].browser, world.staff(), world.app.test_client())
    draw, before, tried = random.Random(3), world.counts(), 0
    for rule in world.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.rule.startswith(WITHOUT_TOKEN):
            continue
        for browser in browsers:
            for token in ({}, {"csrf_token": "IjEi.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"}):
                path = filled_in(world, rule.rule)
                answer = browser.post(path, data=token, environ_base=somewhere(draw))
                assert answer.status_code == 400, f"POST {rule.rule}: {answer.status_code}"
                tried += 1
    assert tried >= 150
    assert world.counts() == before
