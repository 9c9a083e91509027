"""Pictures of every page, on a phone and on a desk, in both languages: python -m tests.pages FOLDER [NAME]

`make screenshots` puts them under var/screenshots, with an index to look through. NAME: only pages whose name
has it.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from assistant.words import LANGUAGES, Language
from tests.fuzz.world import World, lived_through
from tests.pages.look import DESK, PHONE
from tests.pages.places import STARTS, Place, Who, browser_of, collected, cookie_of, served
from tests.support.browser import CHROMIUM, QUIET

SIZES = {"phone": PHONE, "desk": DESK}


def main(folder: Path, only: str) -> None:
    """Write one picture a page, size and language, and index.html."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        lived = lived_through(Path(scratch))
        found = collected(lived, Path(scratch) / "posted.db")
        wanted = [one for one in found if only in one.name]
        world = World(lived, Path(scratch) / "pages.db")
        with sync_playwright() as play, served(world.app, wanted) as address:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            for who in STARTS:
                mine = [one for one in wanted if one.who == who]
                for size in SIZES:
                    for language in LANGUAGES:
                        _take(world, browser, address, folder, mine, who, size, language)
            browser.close()
        world.close()
    _index(folder, wanted)
    print(f"{4 * len(wanted)} pictures of {len(wanted)} pages: {folder / 'index.html'}")


def _take(
    world: World,
    browser: Browser,
    address: str,
    folder: Path,
    mine: list[Place],
    who: Who,
    size: str,
    lang: Language,
) -> None:
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
    kept = cookie_of(browser_of(world, who))
    context.add_cookies([{"name": "lang", "value": lang, "url": address}])
    if kept:
        context.add_cookies([{"name": "session", "value": kept, "url": address}])
    page = context.new_page()
    for place in mine:
        page.goto(address + place.at(lang))
        page.screenshot(path=folder / f"{place.name}-{size}-{lang}.png", full_page=True)
    context.close()


def _index(folder: Path, wanted: list[Place]) -> None:
    lines = ["<!doctype html><meta charset=utf-8><title>Every page</title>"]
    for place in wanted:
        lines.append(f"<h2>{place.name}</h2><p>{place.path}</p>")
        lines += [
            f'<img loading=lazy width="{wide}" src="{place.name}-{size}-{lang}.png">'
            for size, wide in (("phone", 360), ("desk", 700))
            for lang in ("en", "es")
        ]
    (folder / "index.html").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(
        Path(sys.argv[1] if len(sys.argv) > 1 else "var/screenshots"),
        sys.argv[2] if len(sys.argv) > 2 else "",
    )
