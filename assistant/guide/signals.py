"""The part of an e-mail or page that says, as an option, that an advocate may help, and who does it free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.guide.mail import markdown, plain
from assistant.guide.types import Guide
from assistant.guide.values import helper_value
from assistant.words import Language

_FREE_HELP = 4  # helpers named with the signals; the others stand on the state's own page


@dataclass(frozen=True, slots=True)
class RenderedSignals:
    """Signals as plain text and as HTML, ready to be put into an e-mail; both empty where there are none."""

    text: str
    html: str


def render_signals(guide: Guide, keys: Sequence[str], language: Language) -> RenderedSignals:
    """What the signals are and why help may be good, the free help, and that the steps go on meanwhile.

    In the guide's order, each once. A key that the guide no longer has is passed over.
    """
    words = guide.words[language]
    told = [one for one in guide.signals if one.key in keys]
    if not told:
        return RenderedSignals("", "")
    lines = [words["signals_intro"], "\n".join(f"- {one.text[language]}" for one in told)]
    helpers = [helper_value(one, language) for one in guide.helpers[:_FREE_HELP]]
    lines.append(
        f"**{words['free_help']}**\n\n"
        + "\n".join(
            f"- {one['name']}, {one['what']}: {one['phone'] + ', ' if one['phone'] else ''}<{one['page']}>"
            for one in helpers
        )
    )
    lines.append(words["signals_meanwhile"])
    whole = "\n\n".join(lines)
    return RenderedSignals(plain(whole), markdown(whole))
