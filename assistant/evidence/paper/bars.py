"""The minutes picture: one bar a service as SVG, its parts told apart by pattern, not by colour."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.evidence.ledger import TERMS, Ledger

WIDTH, HEIGHT = 540, 20
PARTS = TERMS[1:]

# Each part's ground, and what is drawn on it in eight units square: black on white, so it survives a copier.
_DOT = '<circle cx="4" cy="4" r="1.5" fill="#000"/>'
_PATTERNS: Mapping[str, tuple[str, str]] = {
    "held": ("#333", ""),
    "other": ("#888", ""),
    "school": ("#fff", '<path d="M0 8L8 0M0 0L8 8" stroke="#000" stroke-width="1.2"/>'),
    "grey": ("#fff", '<path d="M0 8L8 0" stroke="#000"/>'),
    "family": ("#ddd", _DOT),
    "refused": ("#fff", _DOT),
    "closure": ("#ddd", ""),
    "unknown": ("#fff", '<path d="M4 0V8" stroke="#000" stroke-width="0.8"/>'),
    "unanswered": ("#fff", ""),
}


def bar(ledger: Ledger) -> str:
    """The bar of a ledger with expected minutes; every part as wide as its share."""
    parts, left = [], 0.0
    for name in PARTS:
        width = WIDTH * getattr(ledger, name) / ledger.expected
        if width:
            parts.append(_box(name, left, width, HEIGHT))
            left += width
    return _svg(WIDTH, HEIGHT, "".join(parts), [name for name in PARTS if getattr(ledger, name)])


def swatch(name: str) -> str:
    """A small square in the pattern of a part, for the legend."""
    return _svg(12, 9, _box(name, 0, 12, 9), [name])


def _box(name: str, left: float, width: float, height: int) -> str:
    place = f'x="{left:.2f}" y="0.5" width="{width:.2f}" height="{height - 1}"'
    ground, drawn = _PATTERNS[name]
    over = f'<rect {place} fill="url(#{name})"/>' if drawn else ""
    return (
        f'<rect {place} fill="{ground}"/>{over}<rect {place} fill="none" stroke="#000" stroke-width="0.8"/>'
    )


def _svg(width: int, height: int, inside: str, names: list[str]) -> str:
    drawn = [(name, _PATTERNS[name][1]) for name in names]
    patterns = "".join(
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">{shapes}</pattern>'
        for name, shapes in drawn
        if shapes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-0.5 0 {width + 1} {height}" width="{width}" '
        f'height="{height}"><defs>{patterns}</defs>{inside}</svg>'
    )
