"""What is wrong with a text, and what its author should think about. Pure: words in, findings out.

An error keeps a text from being saved; a warning is shown and kept with the version. Whether the reply words
that it offers are understood is `conversation.reply_words`' part.
"""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from assistant.words import LANGUAGES, Language
from messages.own_words import is_own
from messages.readability import FAIRLY_EASY, LINES, VERY_EASY, english_grade, spanish_ease
from messages.segments import Segments, count, plain, thrifty
from messages.template_samples import sample
from messages.templates import LONGEST_TEMPLATE, TemplateError, catalogue, fill

LONGEST_SMS = 1_600  # letters; providers take no more
LONGEST_SUBJECT = 200
LONGEST_OWN = 160  # of a footer, a word or a phrase: it stands inside of something
GRADE_TEXT, GRADE_MAIL = 5.0, 7.0
FEW_WORDS = 8  # fewer say nothing about how hard they are
_BANNED = re.compile(
    r"\b(violat\w*|illegal\w*|unlawful\w*|guarantee\w*|lawsuit\w*|they owe|owes? you|"
    r"violaci\w+|viola(?:n|ron)?|ilegal\w*|garanti[zcs]\w*|demanda judicial|le deben)\b",
    re.IGNORECASE,
)
# In a text to a phone that others may see: what a child has is nobody's business.
_DIAGNOSIS = re.compile(
    r"\b(autis\w+|adhd|tdah|dyslexi\w+|dislexia|asperger\w*|down syndrome|s[ií]ndrome de down|diagnos\w+|"
    r"diagn[oó]stic\w+|disabilit\w+|discapacidad\w*|IEP|epilep\w+|cerebral palsy|par[aá]lisis cerebral)\b",
    re.IGNORECASE,
)
# Words that phone companies take as "no more texts", or as a yes to everything.
_CARRIERS = re.compile(r"\b(CANCEL|END|QUIT|UNSUBSCRIBE|REVOKE|OPTOUT|STOPALL|YES|CANCELAR|FIN)\b")
_ANSWER_LIKE = re.compile(r"(?i)\b(?:text|reply|send|answer|mande|responda|env[ií]e|conteste)\b[^.?!]*")
_OFFERED = re.compile(r"(?i)\b(cancel|cancelled|end|quit|cancelar|cancelad[oa])\b")
# Without these a text is of no use to who gets it.
_NEEDED = frozenset({"link", "code", "answers", "items", "quote", "change", "feed"})
# What the carriers want said to whoever is asked to join, or just has.
CONSENT = frozenset(
    {f"texts.{key}" for key in ("invite", "welcome", "join_invite", "join_welcome", "welcome_back")}
)
_RATES: Mapping[Language, re.Pattern[str]] = {
    "en": re.compile(r"(?i)rates may apply"),
    "es": re.compile(r"(?i)cargos? "),
}
_WAYS = ("HELP", "STOP", "START", "WRONG NUMBER")
_LINK = re.compile(r"https?://\S+")

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a text; `code` names the sentence, `values` fill it."""

    level: Level
    code: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """A text as it would arrive, and all there is to say about it. `filled`: "" where it cannot be."""

    filled: str
    usual: str
    cost: Segments | None  # of texts to phones, with the longest values
    usual_segments: int
    links: int
    grade: float | None  # a US school grade; of Spanish the ease, 0 hard to 100 easy
    easy: bool
    foreign: tuple[tuple[str, str], ...]  # letters that make it dearer, and the plain one of each
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        return [one for one in self.findings if one.level == "error"]

    @property
    def warnings(self) -> list[Finding]:
        return [one for one in self.findings if one.level == "warning"]


@cache
def allowed_names(key: str) -> tuple[str, ...]:
    """The names that a text may use, in the order in which ours does: those of the catalogue."""
    found: dict[str, None] = {}
    for language in LANGUAGES:
        found.update(dict.fromkeys(names_in(catalogue(language).get(key, ""))))
    return tuple(found)


def names_in(body: str) -> list[str]:
    """The {names} of a text; none where its braces do not match."""
    try:
        return [name for _, name, _, _ in string.Formatter().parse(body) if name]
    except ValueError:
        return []


def look(
    key: str,
    language: Language,
    body: str,
    program: str,
    *,
    live: str = "",
    schools: Collection[str] = (),
    services: Collection[str] = (),
    bare: bool = True,
) -> Looked:
    """All that can be said about words for `key`.

    `live`: those in use now; `schools`, `services` (by their names in an IEP): what no text may tell; `bare`:
    accents are dropped where that saves a segment, as the settings say.
    """
    findings = [*_shape(key, body), *_names(key, body), *_words(key, language, body, schools, services)]
    findings += _changed_names(key, body, live)
    long, usual = (sample(key, language, program, size) for size in ("long", "usual"))
    sms, own = key.startswith("texts."), is_own(key)
    try:
        filled, ordinary = fill(body, long, key), fill(body, usual, key)
    except TemplateError:
        return Looked("", "", None, 0, 0, None, True, (), tuple(findings))
    if sms:
        filled, ordinary = (thrifty(one) if bare else plain(one) for one in (filled, ordinary))
    cost = count(filled) if sms else None
    links = len(_LINK.findall(filled))
    grade, easy = (None, True) if own else grade_of(ordinary, language, sms=sms)
    most = max(most_segments(language), _segments_of_ours(key, language, long, bare)) if sms else 0
    findings += _size(filled, cost, links, easy, most, sms)
    foreign = tuple((one, _plainer(one)) for one in (count(plain(body)).unicode_chars if sms else ()))
    usual_segments = count(ordinary).segments if sms else 0
    return Looked(filled, ordinary, cost, usual_segments, links, grade, easy, foreign, tuple(findings))


def most_segments(language: Language) -> int:
    """How many paid parts a text may have, with the longest names: Spanish takes more words."""
    return 1 if language == "en" else 2


def _segments_of_ours(key: str, language: Language, values: Mapping[str, str], bare: bool) -> int:
    """What the shipped words cost with the same values: a program's long name is not its author's fault."""
    try:
        ours = fill(catalogue(language).get(key, ""), values, key)
    except TemplateError:
        return 0
    return count(thrifty(ours) if bare else plain(ours)).segments


def without(body: str, character: str) -> str:
    """The text with one letter made plain wherever it stands."""
    return body.replace(character, _plainer(character)) if len(character) == 1 else body


def _plainer(character: str) -> str:
    found = plain(character, strip_accents=True)
    return found if found != character else ""  # an emoji has nothing plainer: it goes


def _shape(key: str, body: str) -> list[Finding]:
    if not body.strip():
        return [Finding("error", "empty")]
    found = []
    if len(body) > LONGEST_TEMPLATE:
        found.append(Finding("error", "too_long", {"most": str(LONGEST_TEMPLATE)}))
    if is_own(key):
        if "\n" in body.strip("\n"):
            found.append(Finding("error", "own_lines"))
        if len(body) > LONGEST_OWN:
            found.append(Finding("error", "too_long", {"most": str(LONGEST_OWN)}))
        if "{link}" in body and not body.endswith("{link}"):
            found.append(Finding("error", "link_last"))
    if key.endswith(".subject") or ".subject_" in key:
        if "\n" in body.strip("\n"):
            found.append(Finding("error", "subject_lines"))
        if len(body) > LONGEST_SUBJECT:
            found.append(Finding("error", "too_long", {"most": str(LONGEST_SUBJECT)}))
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in body):
        found.append(Finding("error", "control"))
    return found


def _names(key: str, body: str) -> list[Finding]:
    try:
        parsed = list(string.Formatter().parse(body))
    except ValueError:
        return [Finding("error", "braces")]
    allowed = allowed_names(key)
    found: list[Finding] = []
    for name in dict.fromkeys(name for _, name, _, _ in parsed if name is not None):
        shown = name[:40]
        if name in allowed:
            continue
        near = difflib.get_close_matches(name.strip().casefold(), allowed, 1, 0.5)
        if near:
            found.append(Finding("error", "unknown_name_near", {"name": shown, "near": near[0]}))
        else:
            found.append(Finding("error", "unknown_name", {"name": shown}))
    if any(name is not None and (spec or conversion) for _, name, spec, conversion in parsed):
        found.append(Finding("error", "braces"))
    missing = [name for name in allowed if (name in _NEEDED or is_own(key)) and name not in names_in(body)]
    found += [Finding("error", "needed_name", {"name": name}) for name in missing]
    return found


def _words(
    key: str, language: Language, body: str, schools: Collection[str], services: Collection[str]
) -> list[Finding]:
    found = charges(body)
    if not key.startswith(("texts.", "words.")):
        return found
    found += [Finding("error", "diagnosis", {"word": one}) for one in dict.fromkeys(_DIAGNOSIS.findall(body))]
    folded = body.casefold()
    found += [
        Finding("error", code, {"word": one})
        for code, names in (("school", schools), ("service", services))
        for one in names
        if len(one) > 3 and one.casefold() in folded
    ]
    found += [Finding("error", "carrier_word", {"word": one}) for one in offered_badly(body)]
    return [*found, *_what_carriers_want(key, language, body)]


def _what_carriers_want(key: str, language: Language, body: str) -> Iterator[Finding]:
    """What cannot be edited away: the five parts of a yes to texts (CTIA: who, how often, rates, HELP, STOP),
    and in other texts the ways out that ours have.
    """
    shipped = catalogue(language).get(key, "")
    ways = ("HELP", "STOP") if key in CONSENT else [one for one in _WAYS if _has(one, shipped)]
    for way in ways:
        if not _has(way, body):
            yield Finding("error", "consent_word" if key in CONSENT else "way_out", {"word": way})
    if key in CONSENT or _RATES[language].search(shipped):
        if not _RATES[language].search(body):
            yield Finding("error", "consent_rates")
        if "{per_week}" in shipped and "{per_week}" not in body:
            yield Finding("error", "consent_frequency")
    if ways and "{program}" in shipped and "{program}" not in body:
        yield Finding("error", "consent_program")


def _has(word: str, body: str) -> bool:
    return re.search(rf"\b{word}\b", body) is not None


def _changed_names(key: str, body: str, live: str) -> list[Finding]:
    """Names that are new or gone against the words in use; what is not allowed is told of elsewhere."""
    if not live:
        return []
    now, before = dict.fromkeys(names_in(body)), dict.fromkeys(names_in(live))
    added = [name for name in now if name not in before and name in allowed_names(key)]
    dropped = [name for name in before if name not in now and name not in _NEEDED]
    return [
        *(Finding("warning", "name_added", {"name": name}) for name in added),
        *(Finding("warning", "name_dropped", {"name": name}) for name in dropped),
    ]


def charges(body: str) -> list[Finding]:
    """Words that sound like a charge or a promise."""
    return [Finding("error", "banned", {"word": one}) for one in dict.fromkeys(_BANNED.findall(body))]


def offered_badly(body: str) -> list[str]:
    """Words offered as answers that phone companies take as their own."""
    found = [*_CARRIERS.findall(body)]
    for sentence in _ANSWER_LIKE.findall(body):
        found += _OFFERED.findall(sentence)
    return list(dict.fromkeys(found))


def asks_for_answer(body: str) -> list[str]:
    """The sentences that tell what to answer."""
    return _ANSWER_LIKE.findall(body)


def grade_of(text: str, language: Language, *, sms: bool = False) -> tuple[float | None, bool]:
    """A US school grade, of Spanish the ease from 0 to 100; and whether it is easy enough."""
    spoken = _LINK.sub("", text)
    if not re.search(r"[A-Za-z]", spoken):
        return None, True  # no words to measure
    short = len(spoken.split()) < FEW_WORDS
    if language == "es":
        ease = spanish_ease(spoken, LINES)
        return ease, short or ease >= (VERY_EASY if sms else FAIRLY_EASY)
    grade = english_grade(spoken, LINES)
    return grade, short or grade <= (GRADE_TEXT if sms else GRADE_MAIL)


def _size(filled: str, cost: Segments | None, links: int, easy: bool, most: int, sms: bool) -> list[Finding]:
    found: list[Finding] = []
    if sms and len(filled) > LONGEST_SMS:
        found.append(Finding("error", "too_long", {"most": str(LONGEST_SMS)}))
    if cost is not None and cost.segments > most:
        values = {"segments": str(cost.segments), "most": str(most)}
        found.append(Finding("error", "segments_most", values))
    if links > 1:
        found.append(Finding("warning", "links", {"links": str(links)}))
    if not easy:
        found.append(Finding("warning", "hard_text" if sms else "hard_mail"))
    return found
