"""Every page that can be reached, and what forms answer: axe, keyboard, targets, zoom, language, weight."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Response

from assistant.words import Language
from tests.fuzz.world import World
from tests.pages.keyboard import by_pressing
from tests.pages.look import MOST_BYTES, PHONE, trouble
from tests.pages.places import Place, Who, browser_of, collected, cookie_of, served
from tests.support.browser import JOURNEY, browser_fixture
from tests.support.once import once

__all__ = ["browser_fixture"]
pytestmark = JOURNEY
ALL = os.environ.get("PAGES") == "all"


@pytest.fixture(name="world", scope="module")
def world_fixture(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(template, tmp_path_factory.mktemp("pages") / "pages.db")
    yield world
    world.close()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("who", ["anybody", "parent", "staff"])
def test_every_page_can_be_used_by_everybody(
    world: World, template: Path, shared: Path, tmp_path: Path, browser: Browser, who: Who, language: Language
) -> None:
    all_of_them: list[Place] = once(shared, "places", lambda: collected(template, tmp_path / "posted.db"))
    wanted = [one for one in all_of_them if one.who == who]
    assert len(wanted) > {"anybody": 12, "parent": 12, "staff": 8}[who]
    found: list[str] = []
    with served(world.app, wanted) as address:
        context = browser.new_context(viewport=PHONE, bypass_csp=True)  # type: ignore[arg-type]
        kept = cookie_of(browser_of(world, who))
        if kept:
            context.add_cookies([{"name": "session", "value": kept, "url": address}])
        context.add_cookies([{"name": "lang", "value": language, "url": address}])
        page = context.new_page()
        for number, place in enumerate(wanted):
            # In one of the languages, in turns, and answers to forms without axe; all of it with PAGES=all.
            # Of the question pages, which are much alike, every other one.
            turns = 4 if place.name.startswith("start-") else 2
            if not ALL and number % turns != (turns // 2 if language == "en" else 0):
                continue
            page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            weight: list[int] = []

            def weigh(answer: Response, weight: list[int] = weight) -> None:
                weight.append(len(answer.body()) if answer.status == 200 else 0)

            page.on("response", weigh)
            page.goto(address + place.at(language))
            page.remove_listener("response", weigh)
            if sum(weight) > MOST_BYTES:
                found.append(f"{place.name}: {sum(weight)} bytes on the wire")
            seen = trouble(page, language, axe=ALL or not place.held)
            if ALL and not place.held:
                page.goto(address + place.path)
                seen += by_pressing(page)
            found += [f"{place.name} {place.path}: {one}" for one in seen]
        context.close()
    report = os.environ.get("PAGES_REPORT")
    if report:
        with Path(report).open("a") as file:
            file.write("\n".join([f"# {who} {language}: {len(wanted)} pages", *found]) + "\n")
    assert found == []
