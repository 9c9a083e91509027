"""Whether the reader understands what a text offers as an answer, in its language; and playing the parent.

A translation that says "1 no, 2 sí" would turn answers round; this reads every offered word with the very
reader that will read the reply. Nothing here touches the store.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from assistant.conversation.join_words import is_yes
from assistant.conversation.why import letter_of
from assistant.replies.interpret import interpret
from assistant.replies.mailed import mark_of
from assistant.replies.normalise import fold, words_only
from assistant.replies.special import (
    joins,
    language_asked,
    link_asked,
    not_an_answer,
    number_is_not_theirs,
)
from assistant.replies.types import Answer, Incoming, Meaning, OpenItem
from assistant.words import Asks, Cause, Intent, Language, Outcome
from messages.segments import plain
from messages.template_rules import Finding, asks_for_answer, offered_badly
from messages.template_samples import DAY, asks, sample
from messages.templates import short_day, word

YES_NO = frozenset(
    f"texts.{key}"
    for key in (
        *("question_one", "question_many", "question_heard", "question_make_up"),
        *(
            "reminder_one",
            "reminder_many",
            "ask_back_one",
            "ask_back_many",
            "fix_one",
            "fix_many",
            "react_one",
        ),
        "help",
    )
) | {"words.item_happened", "words.item_heard"}
_NUMBER_KEYS = frozenset(f"texts.question_{one}" for one in ("count", "minutes", "without", "given"))
_OFFER = re.compile(r"(?<![\w/.:])([1-3]) ([^\W\d_][^,.;:?¿()\d]*)")
_LETTERED = re.compile(r"\b([A-D]) ([^\W\d_][^,.;:?¿()]*)")
_COMMA_OR = re.compile(r",? (?:or|o|u) |,")  # between the answers that an e-mail's footer lists
_BY_LETTER = re.compile(r"\bA\d B\d\b")
_QUOTED = re.compile(r"[“\"«]([^”\"»]{1,40})[”\"»]")
_SHOUTED = re.compile(r"\b[^\W\d_a-z]{3,}(?: [^\W\d_a-z]{3,})*\b")
_MEANT = {"1": Outcome.HELD, "2": Outcome.MISSED, "3": Outcome.UNKNOWN}
# Who did not hear of a consult does not know whether there was one.
_HEARD = {"1": Outcome.HELD, "2": Outcome.UNKNOWN, "3": Outcome.UNKNOWN}
# Their words in capitals are read by readers of their own, beside a service or a child's name.
_OWN_READERS = frozenset({"texts.mark_which", "texts.contact_which"})
# Words by which an answer about a step is told to be of one language. Those of both ("no") tell nothing.
_ENGLISH = (
    "sent mailed emailed gave done did answered replied responded wrote got heard called refused turned "
    "fixed solved resolved not now yet later today thanks thank said they the it i we"
)
_SPANISH = (
    "envie mande enviamos mandamos enviada enviado mandada mandado hecho listo hice contestaron respondieron "
    "contesto respondio llamaron rechazada rechazado rechazaron negaron nego dijeron arreglado arreglada "
    "resuelto resuelta solucionado solucionada ahora ahorita todavia aun gracias mejor tarde ya la lo"
)
_MARKS: Mapping[Language, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "es": frozenset(_SPANISH.split()),
}
_NO_COMMANDS = frozenset({"IEP", "SMS", "MMS", "FAQ"})


@dataclass(frozen=True, slots=True)
class Played:
    """A reply as it was read: its intent, the lines that the log would get, what would be said back."""

    meaning: Meaning
    lines: tuple[tuple[Answer, str], ...]  # each with what a confirmation calls it
    answers: str  # all of them, as a confirmation has them; "" where nothing would be logged
    asks_back: bool


def check(key: str, language: Language, filled: str) -> list[Finding]:
    """What the reader would not understand of what a filled text offers."""
    if not filled or not key.startswith(("texts.", "words.item_", "footer.answer_")):
        return []
    found: list[Finding] = []
    for offered, meant in _offers(key, filled):
        if key == "footer.answer_step":
            understood = mark_of(offered) is not None
        else:
            understood = _is_understood(key, language, offered, meant)
        if not understood:
            found.append(Finding("error", "offer", {"word": offered}))
    if key == "texts.confirm_why":
        found += [Finding("error", "offer", {"word": letter}) for letter in _wrong_reasons(language, filled)]
    found += [
        Finding("warning", "unknown_command", {"word": shouted})
        for shouted in dict.fromkeys(_SHOUTED.findall(_bare(filled)))
        if key.startswith("texts.") and key not in _OWN_READERS and not _is_command(shouted)
    ]
    return found


def check_offered(text: str, language: Language) -> list[Finding]:
    """What an e-mail or letter offers as an answer and nobody would understand, or in another one."""
    found = [Finding("error", "carrier_word", {"word": one}) for one in offered_badly(text)]
    said = " ".join(asks_for_answer(text))
    quoted = [one.strip(" .,") for one in _QUOTED.findall(said)]
    shouted = [one for one in _SHOUTED.findall(_bare(said)) if not _is_command(one)]
    for one in dict.fromkeys((*quoted, *shouted)):
        if one and mark_of(one) is None and not _is_command(one):
            found.append(Finding("error" if one in quoted else "warning", "offer", {"word": one}))
        elif one and _is_foreign(one, language):
            found.append(Finding("error", "offer_language", {"word": one}))
    return found


def play(key: str, language: Language, program: str, text: str) -> Played:
    """Read a reply to the filled question as the reader would. Nothing is kept."""
    items = _items(key, language, program)
    meaning = interpret(_incoming(text, language, items, program, key))
    lines = tuple(
        (one, f"{one.service} {short_day(one.date or DAY, language)}: {_said(one, language)}")
        for one in meaning.answers
    )
    asks_back = meaning.ask_back or (meaning.intent is Intent.UNCLEAR)
    return Played(meaning, lines, "; ".join(said for _, said in lines), asks_back)


def _offers(key: str, filled: str) -> Iterator[tuple[str, Outcome | None]]:
    """Every digit and word that the text offers, and what it has to be read as."""
    if key.startswith("footer."):
        listed = filled.rpartition(":")[2].strip(" .")
        yield from ((one.strip(), None) for one in _COMMA_OR.split(listed) if one.strip())
    if key in YES_NO:
        means = _HEARD if asks(key) is Asks.HEARD else _MEANT
        for digit, words in _OFFER.findall(filled):
            for one in dict.fromkeys((digit, words.strip(), plain(words.strip(), strip_accents=True))):
                yield one, means[digit]
        if _BY_LETTER.search(filled):
            yield "A1 B2", None
    if key in _NUMBER_KEYS:
        for one in ("0", "?", "2 de 3", "2 of 3", "0 de 0", "0 of 0"):
            alone = one != "0" or asks(key) is not Asks.GIVEN
            if alone and re.search(rf"(?<!\w){re.escape(one)}(?!\w)", filled):
                yield one, Outcome.UNKNOWN if one == "?" else None


def _is_understood(key: str, language: Language, offered: str, meant: Outcome | None) -> bool:
    several = offered == "A1 B2"
    items = _items(key, language, "")
    items = items if several else items[:1]
    meaning = interpret(_incoming(offered, language, items, "", key))
    outcomes = [one.outcome for one in meaning.answers]
    if several:
        return outcomes == [Outcome.HELD, Outcome.MISSED]
    if meant is None:
        return len(outcomes) == 1 and not meaning.ask_back
    return outcomes == [meant]


def _wrong_reasons(language: Language, filled: str) -> Iterator[str]:
    """Letters of the reasons whose words are read as another reason than the letter is."""
    item = _items("", language, "")[:1]
    for letter, words in _LETTERED.findall(filled):
        cause = letter_of(letter)
        if cause is None:
            yield letter
            continue
        meaning = interpret(_incoming(words.strip(), language, item, "", ""))
        causes = {one.cause for one in meaning.answers}
        if causes - {None, cause} and cause is not Cause.OTHER:
            yield f"{letter} {words.strip()}"


def _is_foreign(offered: str, language: Language) -> bool:
    """Whether an answer about a step is one of the other language only."""
    said = set(words_only(fold(offered)).split())
    theirs = set().union(*(words for code, words in _MARKS.items() if code != language))
    return bool(said & theirs) and not said & _MARKS[language]


def _is_command(shouted: str) -> bool:
    """Whether the words in capitals are ones that the reader acts on, whole or word by word."""
    return _acts_on(shouted) or all(_acts_on(one) or one in _NO_COMMANDS for one in shouted.split())


def _acts_on(text: str) -> bool:
    return bool(
        not_an_answer(text, fold(text), True)
        or language_asked(text)
        or link_asked(text)
        or number_is_not_theirs(text)
        or joins(text)
        or is_yes(text)
        or text in _NO_COMMANDS
    )


def _bare(filled: str) -> str:
    return re.sub(r"https?://\S+", " ", filled)


def _items(key: str, language: Language, program: str) -> tuple[OpenItem, ...]:
    values = sample(key, language, program)
    names = values["aliases"].split(", ") if "many" in key or "mixed" in key else [values["alias"]]
    names = names if len(names) > 1 else [*names, "OT"] if "many" in key or "mixed" in key else names
    asked = asks(key)
    period = asked is not Asks.HAPPENED and asked is not Asks.HEARD
    return tuple(
        OpenItem(
            id=str(number),
            service=name,
            aliases=(name,),
            date=DAY,
            time=time(10 + number),
            minutes=60 if asked is Asks.MINUTES else 30,
            form="period" if period else "slot",
            due_sessions=2 if period else 1,
            asks=asked,
        )
        for number, name in enumerate(names)
    )


def _incoming(text: str, language: Language, items: tuple[OpenItem, ...], program: str, key: str) -> Incoming:
    received = datetime.combine(DAY, time(20), tzinfo=UTC)
    child = sample(key, language, program)["child"]
    return Incoming(text=text, lang=language, received=received, open=items, child=child)


def _said(answer: Answer, language: Language) -> str:
    if answer.sessions is not None:
        said = str(answer.sessions)
    elif answer.outcome is Outcome.PARTIAL:
        minutes = answer.minutes
        said = (
            word("partial_unsaid", language)
            if minutes is None
            else word("partial", language, minutes=minutes)
        )
    elif answer.minutes is not None:
        said = word("partial", language, minutes=answer.minutes)
    else:
        said = word(answer.outcome.value, language)
    if answer.cause and answer.cause.value not in ("other", "not_given"):
        said += f", {word(answer.cause.value, language)}"
    return said
