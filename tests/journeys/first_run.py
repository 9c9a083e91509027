"""How long a first run takes a slow reader on an old phone: `make first-run` prints the table.

A real browser of a phone's width goes from the first page, or from JOIN, to the schedule of two services of
which the days are not known. On the way everything is counted that costs a person time, and the time is that
of the Keystroke-Level Model (Card, Moran and Newell, Communications of the ACM 23(7), 1980): the operators of
a task, each with a time of its own, added up.

READING: 200 words a minute; adults read 238 silently (Brysbaert, Journal of Memory and Language 109, 2019).
TYPING: 0.5 s a character; two thumbs on a telephone do one in 0.33 s (Palin and others, MobileHCI 2019).
TAP: 1.5 s; pointing takes 1.1 s and pressing 0.2 s in the model.
TEXT: 5 s until a text is answered by one; a guess, as carriers promise nothing.
Pages are loaded as on a slow 4G line (150 ms there and back, 1.6 Mbit/s) with a processor slowed down four
times, the throttling of Lighthouse's phone. Every visible word of a page's main part counts as read, also
those of answers that a person skips; thinking and looking into the IEP are not in it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.support.browser import CHROMIUM, QUIET, phone, site_of
from tests.support.stores import new_sqlite

READING, TYPING, TAP, TEXT = 60 / 200, 0.5, 1.5, 5.0  # seconds a word, a character, a tap, an answer by text
NAME, CHILD, NUMBER = "Ana", "Leo", "4155550101"
BY_TEXT = {
    "en": ("JOIN", "1", CHILD, "speech 2x week 30", "ot 1x week 30", "0", "1"),
    "es": ("JOIN", "1", CHILD, "habla 2x semana 30", "ot 1x semana 30", "0", "1"),
}
DONE = {"en": "all set", "es": "todo listo"}


@dataclass
class Counted:
    """A page with a person before it. `loads`: seconds of waiting for pages."""

    page: Page
    pages: int = 0
    texts: int = 0
    taps: int = 0
    characters: int = 0
    words: int = 0
    loads: float = 0.0

    @property
    def seconds(self) -> float:
        """By the model in this module's docstring."""
        done = self.taps * TAP + self.characters * TYPING + self.words * READING
        return done + self.loads + self.texts * TEXT

    def open(self, address: str) -> None:
        self._load(lambda: self.page.goto(address))

    def go(self, selector: str) -> None:
        """Tap what leads to another page, and read that."""
        self.taps += 1
        self._load(lambda: self._leave(self.page.locator(selector).first))

    def tap(self, selector: str) -> None:
        self.taps += 1
        self.page.locator(selector).first.click()

    def type(self, selector: str, text: str) -> None:
        self.taps += 1
        self.characters += len(text)
        self.page.locator(selector).fill(text)

    def say(self, text: str) -> str:
        """Answer on the sandbox's phone, and read what comes back; one tap into the field, one to send."""
        before = self.page.locator(".bubble.us").count()
        self.page.locator(".say #body").fill(text)
        with self.page.expect_navigation():
            self.page.locator(".say .button").click()
        came = self.page.locator(".bubble.us").all_inner_texts()[before:]
        self.texts += 1
        self.taps += 2
        self.characters += len(text)
        self.words += len(" ".join(came).split())
        return " ".join(came)

    def _load(self, does: Callable[[], object]) -> None:
        began = perf_counter()
        does()
        self.page.locator("h1").wait_for()
        self.loads += perf_counter() - began
        self.pages += 1
        self.words += len(self.page.locator("main").inner_text().split())

    def _leave(self, what: Locator) -> None:
        with self.page.expect_navigation():
            what.click()


def on_the_pages(counted: Counted, site: str, language: str, seen: Callable[[str], None]) -> None:
    """From the first page to "is registered". `seen` is told the name of each page that is open."""
    counted.open(f"{site}/?lang={language}")
    counted.go(".hero .button")
    seen("child")
    counted.type("#nickname", CHILD)
    counted.go("main form .button")
    for service, times in (("speech", "2"), ("ot", "1")):
        seen(f"kind-{service}")
        counted.go(f"button[value={service}]")
        seen(f"often-{service}")
        counted.go(f"button[name=times][value='{times}']")
        seen(f"minutes-{service}")
        counted.go("button[value='30']")
        seen(f"days-{service}")
        counted.go("button[name=unknown]")
        seen(f"more-{service}")
        counted.go("button[name=another]" if service == "speech" else "button[name=enough]")
    seen("calendar")
    counted.go("button[name=unknown]")
    seen("you")
    counted.type("#name", NAME)
    counted.go("main form .button")
    seen("reach")
    counted.type("#phone", NUMBER)
    counted.tap("#texts")
    counted.go("main form > .button")
    seen("check")
    counted.go("main form:last-of-type .button.wide")
    seen("registered")


def by_text(counted: Counted, site: str, language: str) -> str:
    """From JOIN on an unknown phone to the text that says all is set; gives that text."""
    counted.page.goto(f"{site}/sandbox/?lang={language}")
    counted.page.locator("form[action$=join] .button").click()
    counted.texts, counted.taps, counted.characters = 1, 2, len("JOIN")
    counted.words += len(" ".join(counted.page.locator(".bubble.us").all_inner_texts()).split())
    said = ""
    for text in BY_TEXT[language][1:]:
        said = counted.say(text)
        if DONE[language] in said:
            break
    return said


def _measured(browser: Browser, way: str, language: str, *, scripts: bool) -> Counted:
    with tempfile.TemporaryDirectory() as folder:
        store = new_sqlite(Path(folder) / "first-run.db")
        try:
            with site_of(store) as site:
                pages = phone(browser, scripts=scripts)
                counted = Counted(next(pages))
                if way == "page":
                    _slow(counted.page)
                    on_the_pages(counted, site.url, language, lambda _: None)
                else:
                    by_text(counted, site.url, language)
                next(pages, None)
        finally:
            store.close()
    return counted


def _slow(page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000},
    )
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})


def main() -> int:
    """Print a line for each way and language; 1 where one takes three minutes."""
    heads = ("way", "language", "scripts", "pages", "texts", "taps", "typed", "words", "loads s", "in all s")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    slowest = 0.0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for way, language, scripts in (
            ("page", "en", True), ("page", "es", True), ("page", "en", False), ("page", "es", False),
            ("JOIN", "en", True), ("JOIN", "es", True),
        ):  # fmt: skip
            one = _measured(browser, way, language, scripts=scripts)
            counts = (one.pages, one.texts, one.taps, one.characters, one.words, round(one.loads, 1))
            cells = (way, language, "yes" if scripts else "no", *counts, round(one.seconds))
            print("| " + " | ".join(map(str, cells)) + " |")
            slowest = max(slowest, one.seconds)
        browser.close()
    return int(slowest >= 180)


if __name__ == "__main__":
    sys.exit(main())
