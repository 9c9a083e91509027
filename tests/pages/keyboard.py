"""What somebody without a mouse meets: each stop of the Tab key, in its order, seen and not hidden."""

from __future__ import annotations

from playwright.sync_api import Page

# Every stop: it takes the focus, shows it (WCAG 2.4.7), lies in the window and under nothing else
# (2.4.11), and the next one follows on the page (2.4.3): below it, or beside it to the right.
_STOPS = """() => {
  const says = one => `${one.tagName.toLowerCase()} "${(one.textContent || one.name).trim().slice(0, 30)}"`;
  const look = one => { const s = getComputedStyle(one);
    return [s.outlineStyle, s.outlineWidth, s.boxShadow].join(); };
  const stops = [...document.querySelectorAll(
      'a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex="0"]')]
    .filter(one => !one.disabled && one.tabIndex >= 0 && one.checkVisibility({visibilityProperty: true}));
  const found = [];
  document.activeElement?.blur();
  if (!stops[0]?.matches('a.skip') || !document.querySelector(stops[0].getAttribute('href')))
    found.push('no way past the top of the page');
  let last = null;
  for (const one of stops) {
    const before = look(one);
    one.focus();
    if (document.activeElement !== one) { found.push(`takes no focus: ${says(one)}`); continue; }
    if (look(one) === before && one.tagName !== 'IFRAME') found.push(`does not show its focus: ${says(one)}`);
    const box = one.getClientRects()[0], whole = one.getBoundingClientRect();
    const x = box.left + box.width / 2;
    const y = Math.max(box.top, 0) / 2 + Math.min(box.bottom, innerHeight) / 2;
    if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth)
      found.push(`out of sight: ${says(one)}`);
    else {
      const there = document.elementFromPoint(x, y);
      if (!there || !(one.contains(there) || there.contains(one) || one.labels?.[0]?.contains(there)))
        found.push(`hidden by ${there ? says(there) : 'nothing'}: ${says(one)}`);
    }
    const {left, right} = whole;
    const now = {top: whole.top + scrollY, bottom: whole.bottom + scrollY, left, right};
    if (last && now.bottom <= last.top && now.left < last.right && !last.skip)
      found.push(`comes after what is below it: ${says(one)}`);
    last = {...now, skip: one.matches('.skip')};
  }
  document.activeElement?.blur();
  scrollTo(0, 0);
  return found;
}"""
_WHERE = """() => { const one = document.activeElement;
  return one === document.body ? ''
    : [...document.querySelectorAll('*')].indexOf(one) + ' ' + one.tagName; }"""
_PAST_THE_TOP = """() => { const main = document.getElementById('main'), one = document.activeElement;
  return main.contains(one) || one === document.body ||
    Boolean(main.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING); }"""
_PARTS = 8  # a field for a date or a time has a stop for each of its parts


def by_stops(page: Page) -> list[str]:
    """What is the matter with the stops of the page that is open."""
    return [f"keyboard: {one}" for one in page.evaluate(_STOPS)]


def by_pressing(page: Page) -> list[str]:
    """The same walk with the key itself: nothing holds it before the end, and the skip link skips."""
    for key in ("Tab", "Enter", "Tab"):
        page.keyboard.press(key)
    found = [] if page.evaluate(_PAST_THE_TOP) else ["keyboard: the skip link does not lead past the top"]
    seen: list[str] = []
    while where := page.evaluate(_WHERE):
        if where in seen and where != seen[-1]:
            break  # past the end, and at the top again
        if seen[-_PARTS:].count(where) == _PARTS:
            return [*found, f"keyboard: Tab stays at {where}"]
        seen.append(where)
        page.keyboard.press("Tab")
    return found
