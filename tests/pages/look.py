"""What is looked at on every page, in a real browser: axe, targets, the keyboard, what sticks out or is cut."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.pages.keyboard import by_stops

PHONE = {"width": 360, "height": 740}
ZOOMED = {"width": 320, "height": 512}  # 1280 wide at 400 %, WCAG's reflow
TWICE = {"width": 640, "height": 512}  # 1280 x 1024 at 200 %
DESK = {"width": 1200, "height": 900}
MOST_BYTES = 60_000
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# A target is 44 px high and wide (WCAG 2.5.5), but for a link in a line of text.
_SMALL = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(one => {
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    if (!box.width || style.visibility === 'hidden' || one.closest('.skip, [aria-hidden=true]')) return false;
    const around = one.closest('label') || (one.id && document.querySelector(`label[for="${one.id}"]`));
    if (/^(checkbox|radio)$/.test(one.type) && around) {
      const whole = around.getBoundingClientRect();
      return Math.max(whole.height, box.height) < 43.5 || Math.max(whole.width, box.width) < 43.5;
    }
    if (one.tagName === 'A' && style.display === 'inline') {
      const text = one.parentElement.textContent.trim();
      if (text.length > one.textContent.trim().length) return false;
    }
    return box.height < 43.5 || box.width < 43.5;
  })
  .map(one => `${one.tagName.toLowerCase()} "${(one.textContent || one.name || '').trim().slice(0, 30)}" ` +
    `${Math.round(one.getBoundingClientRect().width)}x${Math.round(one.getBoundingClientRect().height)}`)"""
_STICKS_OUT = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1
  ? [...document.querySelectorAll('main *')].filter(one => {
      for (let up = one; up; up = up.parentElement)
        if (/auto|scroll|hidden/.test(getComputedStyle(up).overflowX) && up !== document.body) return false;
      return one.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
    }).slice(0, 3).map(one => one.tagName + '.' + one.className) .concat(['page ' + document.documentElement.scrollWidth])
  : []"""
# Letters that leave their own box, or that a box with a fixed size cuts off.
_CUT = """() => [...document.querySelectorAll('header *, main *, footer *')].filter(one => {
    if (![...one.childNodes].some(child => child.nodeType === 3 && child.textContent.trim())) return false;
    const style = getComputedStyle(one);
    if (style.display === 'inline' || style.clipPath !== 'none' || !one.clientWidth) return false;
    if (/^(SELECT|OPTION|TEXTAREA|svg|text)$/.test(one.tagName) || /auto|scroll/.test(style.overflowX)) return false;
    return one.scrollWidth > one.clientWidth + 2 || (style.overflowY !== 'visible' && one.scrollHeight > one.clientHeight + 2);
  }).slice(0, 3).map(one => `${one.tagName}.${one.className} "${one.textContent.trim().slice(0, 30)}"`)"""
_LETTERS = "size => { document.documentElement.style.fontSize = size; }"
_FRAME = """() => ({h1: document.querySelectorAll('h1').length, lang: document.documentElement.lang,
  title: document.title, positive: document.querySelectorAll('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])').length})"""


def trouble(page: Page, language: str, *, axe: bool = True) -> list[str]:
    """What is the matter with the page that is open, a line each. `axe` takes most of the time."""
    found: list[str] = []
    for one in Axe().run(page, options=RULES).response["violations"] if axe else ():
        targets = ", ".join(str(node["target"][0]) for node in one["nodes"][:3])
        found.append(f"axe {one['id']} ({one['impact']}): {targets}")
    frame: dict[str, Any] = page.evaluate(_FRAME)
    if frame["h1"] != 1 or frame["lang"] != language or frame["positive"]:
        found.append(f"frame: {frame}")
    found += [f"small: {one}" for one in page.evaluate(_SMALL)]
    found += by_stops(page)
    for width, letters in ((PHONE, ""), (PHONE, "36px"), (ZOOMED, ""), (TWICE, "")):
        page.set_viewport_size(width)  # type: ignore[arg-type]
        page.evaluate(_LETTERS, letters)  # 36px: letters twice as large, and nothing else
        at = f"at {width['width']}{', large letters' if letters else ''}"
        found += [f"sticks out {at}: {one}" for one in page.evaluate(_STICKS_OUT)]
        found += [f"cut {at}: {one}" for one in page.evaluate(_CUT)]
    return found
