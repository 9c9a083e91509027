"""What the centre's staff taught the reader: whole replies that it does not understand by itself.

It is looked at last: what the reader understands, a command and a word that stops come before it. It counts
only as the whole reply, in its own language, only while one session is open that was asked about with yes or
no, and never where the text names a service or a day: that may be another one. `teaching` says what may not
be taught.
"""

from __future__ import annotations

import re

from assistant.replies import lexicon as lx
from assistant.replies.dates import named_days
from assistant.replies.meanings import same
from assistant.replies.naming import places_of
from assistant.replies.normalise import fold
from assistant.replies.reading import Said
from assistant.replies.types import Incoming, Meaning
from assistant.words import Asks

_NOT_WORDS = re.compile(r"[^\w' ]+")


def phrase_of(text: str) -> str:
    """The plain form in which phrases are kept and compared: no case, accents, punctuation or courtesy.

    "" where nothing but courtesy is left.
    """
    words = _NOT_WORDS.sub(" ", lx.POLITE.sub(" ", fold(text)))
    return " ".join(words.split())


def by_taught(incoming: Incoming) -> Meaning | None:
    """What the whole text means by a taught phrase; None where none is just this text."""
    if len(incoming.open) != 1 or incoming.open[0].asks is not Asks.HAPPENED:
        return None
    phrase = phrase_of(incoming.text)
    found = next((one for one in incoming.taught if one.phrase == phrase and one.lang == incoming.lang), None)
    if found is None or not phrase or names_one(incoming):
        return None
    read = same(incoming.open, Said(found.outcome, why=(found.phrase,)))
    return Meaning(read.intent, read.answers, confidence=read.confidence, why=read.why, taught=found.number)


def names_one(incoming: Incoming) -> bool:
    """Whether the text names a service, or a day."""
    folded = fold(incoming.text)
    days = named_days(folded, incoming.received.date(), incoming.lang, frozenset())
    return bool(days or places_of(incoming, folded))
