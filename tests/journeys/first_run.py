"""How long a first run takes a parent on an old phone: `make first-run` prints the table.

A real browser of a phone's width goes from the first page, or from JOIN, to the schedule of two services of
which the days are not known. On the way everything is counted that costs a person time, and the time is that
of the Keystroke-Level Model (Card, Moran and Newell, Communications of the ACM 23(7), 1980): the operators of
a task, each with a time of its own, added up.

READING: 238 words a minute, the mean of adults' silent reading over 190 studies (Brysbaert, Journal of Memory
and Language 109, 2019). Most adults lie between 175 and 300; the old, and those who read a second language,
lie lower. Spanish takes more words for the same, and so more time.
SEEN: 0.23 s, one movement of the eyes (Card, Moran and Newell, The Psychology of Human-Computer Interaction,
1983), for a line that was read on an earlier page, word for word: a button's words, "Back". It is recognised
and not read again. So is the line that counts the questions, of which only the figures are new. A line that a
page has twice is read twice, and a question that names another service is read as new.
TYPING: 0.5 s a character; two thumbs on a telephone do one in 0.33 s (Palin and others, MobileHCI 2019).
TAP: 1.5 s; pointing takes 1.1 s and pressing 0.2 s in the model.
TEXT: 5 s until a text is answered by one; a guess, as carriers promise nothing.
Loads: from the tap until the browser first paints the next page, on a slow 4G line (150 ms there and back,
1.6 Mbit/s) with a processor slowed down four times, the throttling of Lighthouse's phone.
Every visible word of a page's main part is read or recognised, also those of answers that a person skips;
words for screen readers are not visible. Thinking is not in it, nor looking into the IEP.

The run ends when the schedule is finished: with the tap on Start, or with the text that says all is set. What
the next page says comes afterwards (and in the sandbox that page waits for texts to be sent).

Two times are printed. "In all" is the model's, and the three minutes that the project promises are measured
by it: reading is at a measured pace, and nobody reads "Back" anew twelve times. "Strict" reads every visible
word of every page as if none had been seen before, at SLOWLY, 200 words a minute: more than most people need.
It is there so that nothing hides in what is recognised, and is the one to compare with figures of before
November 2026, which were all of that kind.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.support.browser import CHROMIUM, QUIET, phone, site_of
from tests.support.stores import new_sqlite

READING, SLOWLY, SEEN = 60 / 238, 60 / 200, 0.23  # seconds a word, a word as the strict count has it, a line
TYPING, TAP, TEXT = 0.5, 1.5, 5.0  # seconds a character, a tap, an answer by text
MOST = 180  # seconds, of the model's
NAME, CHILD, NUMBER = "Ana", "Leo", "4155550101"
BY_TEXT = {
    "en": ("JOIN", "1", CHILD, "speech 2x week 30", "ot 1x week 30", "0", "1"),
    "es": ("UNIRSE", "1", CHILD, "habla 2x semana 30", "ot 1x semana 30", "0", "1"),
}
DONE = {"en": "all set", "es": "todo listo"}
# The lines of the main part, without what only a screen reader has; the one that counts the questions first.
_LINES = """main => {
  const unseen = [...main.querySelectorAll('.hidden')], words = unseen.map(one => one.textContent);
  unseen.forEach(one => { one.textContent = ''; });
  const place = main.querySelector('.place'), shown = main.innerText;
  unseen.forEach((one, number) => { one.textContent = words[number]; });
  return [place ? place.innerText : '', ...shown.split('\\n')].map(one => one.trim());
}"""
# Milliseconds from the tap to the first letters on the screen; null before.
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


@dataclass
class Counted:
    """A page with a person before it. `words`: of every page; `read`: of lines not seen before; `seen`: lines
    recognised; `loads`: seconds of waiting for pages.
    """

    page: Page
    pages: int = 0
    texts: int = 0
    taps: int = 0
    characters: int = 0
    words: int = 0
    read: int = 0
    seen: int = 0
    loads: float = 0.0
    known: set[str] = field(default_factory=set)

    @property
    def seconds(self) -> float:
        """By the model in this module's docstring."""
        return self._done + self.read * READING + self.seen * SEEN

    @property
    def strict(self) -> float:
        """As if every word were read anew, and slowly."""
        return self._done + self.words * SLOWLY

    @property
    def _done(self) -> float:
        return self.taps * TAP + self.characters * TYPING + self.texts * TEXT + self.loads

    def open(self, address: str) -> None:
        self._load(lambda: self.page.goto(address))

    def go(self, selector: str) -> None:
        """Tap what leads to another page, and read that."""
        self.taps += 1
        self._load(lambda: self._leave(self.page.locator(selector).first))
        self.look()

    def finish(self, selector: str) -> None:
        """Tap what ends the run; the page that comes is not part of it."""
        self.taps += 1
        self._leave(self.page.locator(selector).first)
        self.page.locator("h1").wait_for()

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
        self.texts += 1
        self.taps += 2
        self.characters += len(text)
        return self.hear(before)

    def hear(self, before: int = 0) -> str:
        """Read the texts that came, but for the first so many."""
        came = self.page.locator(".bubble.us p:not(.hidden)").all_inner_texts()[before:]
        self._take(came)
        return " ".join(came)

    def look(self) -> None:
        """Read the page that is open."""
        self.pages += 1
        place, *lines = self.page.locator("main").evaluate(_LINES)
        if place in lines and "place" in self.known:
            lines.remove(place)
            self.seen += 1
            self.words += len(place.split())
        self._take(lines)
        self.known.add("place")

    def _take(self, lines: list[str]) -> None:
        lines = [one for one in lines if one]
        new = [one for one in lines if one not in self.known]
        self.words += sum(len(one.split()) for one in lines)
        self.read += sum(len(one.split()) for one in new)
        self.seen += len(lines) - len(new)
        self.known.update(lines)

    def _load(self, does: Callable[[], object]) -> None:
        does()
        while (painted := self.page.evaluate(_PAINTED)) is None:
            self.page.wait_for_timeout(20)
        self.loads += painted / 1000

    def _leave(self, what: Locator) -> None:
        with self.page.expect_navigation():
            what.click()


def on_the_pages(counted: Counted, site: str, language: str, seen: Callable[[str], None]) -> None:
    """From the first page to Start. `seen` is told the name of each page that is open."""
    counted.open(f"{site}/?lang={language}")
    counted.look()
    seen("landing")
    counted.go(".hero .button")
    seen("child")
    counted.type("#nickname", CHILD)
    counted.go("main form .button")
    seen("kinds")
    counted.tap("[name=kind][value=speech]")
    counted.tap("[name=kind][value=ot]")
    counted.go("main form .button")
    for service, times in (("speech", "2"), ("ot", "1")):
        seen(f"often-{service}")
        counted.go(f"button[name=times][value='{times}']")
        seen(f"minutes-{service}")
        counted.go("button[value='30']")
        seen(f"days-{service}")
        counted.go("button[name=unknown]")
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
    counted.finish("main form:last-of-type .button.wide")
    seen("registered")


def by_text(counted: Counted, site: str, language: str) -> str:
    """From JOIN on an unknown phone to the text that says all is set; gives that text."""
    join, *texts = BY_TEXT[language]
    counted.page.goto(f"{site}/sandbox/?lang={language}")
    counted.page.locator("form[action$=join] .button").click()
    counted.texts, counted.taps, counted.characters = 1, 2, len(join)
    counted.hear()
    said = ""
    for text in texts:
        said = counted.say(text)
    assert DONE[language] in said, said
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
    """Print a line for each way and language; 1 where one takes three minutes by the model."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    heads = (
        "way",
        "language",
        "scripts",
        "pages",
        "texts",
        "taps",
        "typed",
        "words",
        "of them new",
        "loads s",
    )
    print("| " + " | ".join((*heads, "in all s", "strict s")) + " |\n" + "|---" * (len(heads) + 2) + "|")
    slowest = 0.0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for way, language, scripts in (
            ("page", "en", True), ("page", "es", True), ("page", "en", False), ("page", "es", False),
            ("JOIN", "en", True), ("JOIN", "es", True),
        ):  # fmt: skip
            one = _measured(browser, way, language, scripts=scripts)
            counts = (
                one.pages,
                one.texts,
                one.taps,
                one.characters,
                one.words,
                one.read,
                round(one.loads, 1),
            )
            cells = (
                way,
                language,
                "yes" if scripts else "no",
                *counts,
                round(one.seconds),
                round(one.strict),
            )
            print("| " + " | ".join(map(str, cells)) + " |")
            slowest = max(slowest, one.seconds)
        browser.close()
    return int(slowest >= MOST)


if __name__ == "__main__":
    sys.exit(main())
