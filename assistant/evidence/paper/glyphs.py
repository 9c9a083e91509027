"""Making any text printable: what the fonts cannot show stands by its name, and no word is endless.

The fonts are those inside typst, so paper looks the same everywhere; what they can show, typst is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_PLAIN = re.compile("[\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u017f\u2013\u2014\u2018-\u201d\u2026\u2212]*")
_LONG = re.compile(r"[^\s\u200b]{24,}")
_PIECE = 12  # characters after which a very long word may break
_MOST = 200  # signs that typst is asked about for one paper, some milliseconds each
_known: dict[str, bool] = {}  # sign: whether the fonts show it; they do not change while we run
# What joins or colours a sign beside it and is no sign by itself; and marks that turn the text around.
_SILENT = frozenset(
    "\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
)


def printable(data: Any, every: bool = False) -> Any:
    """The same lists and mappings, with every string in them as paper can show it.

    With `every`, each sign beyond plain Latin letters stands by its name: for texts whose signs can be shown
    alone and not together.
    """
    odd = {sign for text in _texts(data) if not _PLAIN.fullmatch(text) for sign in text}
    odd = {sign for sign in odd if not _PLAIN.fullmatch(sign)}
    hidden = {sign for sign in odd if _hidden(sign)}
    unseen = odd - hidden if every else _not_shown(odd - hidden)
    return _mapped(data, str.maketrans({sign: _named(sign) for sign in hidden | unseen}))


def _texts(data: Any) -> Iterable[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _texts(value)


def _mapped(data: Any, names: dict[int, str]) -> Any:
    if isinstance(data, str):
        shown = data if _PLAIN.fullmatch(data) else data.translate(names)
        return _LONG.sub(_broken, shown) if len(shown) >= _PIECE else shown
    if isinstance(data, dict):
        return {key: _mapped(value, names) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_mapped(value, names) for value in data]
    return data


def _broken(found: re.Match[str]) -> str:
    word = found[0]
    return "\u200b".join(word[place : place + _PIECE] for place in range(0, len(word), _PIECE))


def _hidden(sign: str) -> bool:
    """Whether a sign has no look of its own: controls, direction marks, halves of pairs, private signs."""
    return sign != "\n" and (sign in _SILENT or unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn"))


def _named(sign: str) -> str:
    if sign in _SILENT:
        return ""
    if sign == "\r":
        return ""
    if sign == "\t":
        return " "
    name = unicodedata.name(sign, "")
    return f"[{name.lower()}]" if name else f"[U+{ord(sign):04X}]"


def _not_shown(signs: set[str]) -> set[str]:
    """Those of the signs that the fonts have no picture for. Beyond `_MOST` new ones nobody is asked."""
    unasked = sorted(signs - _known.keys())
    if len(unasked) <= _MOST and unasked:
        compiler = _compiler()
        if _shows(compiler, " ".join(unasked)):
            _known.update(dict.fromkeys(unasked, True))
        else:
            _known.update({sign: _shows(compiler, sign) for sign in unasked})
    return {sign for sign in signs if not _known.get(sign, False)}


def _shows(compiler: Any, text: str) -> bool:
    """Whether typst prints the text: an accessible document refuses what it cannot show."""
    import typst

    try:
        compiler.compile(format="pdf", sys_inputs={"text": text}, pdf_standards="ua-1")
    except typst.TypstError:
        return False
    return True


def _compiler() -> Any:
    import typst

    return typst.Compiler(input=str(Path(__file__).parent / "sign.typ"), ignore_system_fonts=True)
