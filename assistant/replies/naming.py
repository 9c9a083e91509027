"""Where a text names services: by the names a parent uses, and by those that schools use for the same."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.replies.normalise import fold
from assistant.replies.types import Incoming, KnownService, OpenItem

SEVERAL = "?"  # a name that two children's services share
_STANDARD = {
    "speech": r"habla|lenguaje|terapia de(?:l)? (?:habla|lenguaje)|logopedia|slp|speech therapy|st",
    "ot": r"occupational(?: therapy)?|(?:terapia )?ocupacional|o\.t\.",
    "pt": r"physical(?: therapy)?|(?:terapia )?fisica|fisioterapia",
    "reading": r"lectura|reading(?: (?:help|support))?",
    "aide": r"asistente|ayudante",
    "counseling": r"counsel+ing|counsel+or|consejeria|psicolog[ao]",
}


def places_of(incoming: Incoming, folded: str) -> list[tuple[int, int, str]]:
    """Where the text names services, longest name first, without overlaps: (start, end, service)."""
    mine = {(item.child, item.service) for item in incoming.open}
    found: list[tuple[int, int, str]] = []
    for pattern, meant in _patterns(_named(incoming)):
        for match in pattern.finditer(folded):
            # "the OT was out" speaks of the person; the service it is about is open anyway.
            if all(match.end() <= start or match.start() >= end for start, end, _ in found):
                found.append((match.start(), match.end(), _one_of(meant, mine)))
    return sorted(found)


_Named = tuple[tuple[str, str, tuple[str, ...]], ...]  # child, service and aliases of each


def _named(incoming: Incoming) -> _Named:
    services: list[KnownService | OpenItem] = [*incoming.open, *incoming.services]
    return tuple(dict.fromkeys((one.child, one.service, one.aliases) for one in services))


@lru_cache(maxsize=1024)
def _patterns(named: _Named) -> list[tuple[re.Pattern[str], list[tuple[str, str]]]]:
    """A pattern for each name, longest first, with whose service of which child it may mean."""
    wanted: dict[str, dict[tuple[str, str], None]] = {}
    for child, service, aliases in named:
        for alias in (service, *aliases):
            name = fold(alias)
            if name:
                wanted.setdefault(re.escape(name), {})[child, service] = None
                for key, pattern in _STANDARD.items():
                    if re.search(rf"\b{key}\b", name):
                        wanted.setdefault(pattern, {})[child, service] = None
    ordered = sorted(wanted.items(), key=lambda pair: (-len(pair[0]), pair[0]))
    return [(re.compile(rf"\b(?:{pattern})(?!\w)"), list(meant)) for pattern, meant in ordered]


def _one_of(meant: list[tuple[str, str]], mine: set[tuple[str, str]]) -> str:
    """The service that a name is for. What is open goes before; two children's are not ours to guess."""
    here = [one for one in meant if one in mine] or meant
    return here[0][1] if len({child for child, _ in here}) == 1 else SEVERAL


def service_words(incoming: Incoming) -> frozenset[str]:
    """Every word of the services' names: none of them makes a text be about something else."""
    return _words(_named(incoming))


@lru_cache(maxsize=1024)
def _words(named: _Named) -> frozenset[str]:
    return frozenset(
        word for _, service, aliases in named for one in (service, *aliases) for word in fold(one).split()
    )


def without_places(folded: str, places: list[tuple[int, int, str]]) -> str:
    """The text without these names."""
    out, last = [], 0
    for start, end, _ in places:
        out.append(folded[last:start])
        last = end
    return " ".join(" ".join([*out, folded[last:]]).split())


def without_names(incoming: Incoming, text: str) -> str:
    """The text without any service's name."""
    return without_places(text, places_of(incoming, text))
