"""What a short e-mail says of a step, and whether it asks for no more e-mails.

Wider than texts are read: nothing that is found here is done before the parent has pressed a button, except
to stop. A long letter is a story, for a person to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from assistant.replies.marks import Marked, mark_in
from assistant.replies.normalise import fold, words_only
from assistant.replies.special import not_an_answer
from assistant.words import Intent

Channel = Literal["sms", "email"]
_FEW_WORDS = 14
_MANY_WORDS = 60
_NO_WORD = re.compile(r"[^\w\s']+")
_SENTENCES = re.compile(r"[.!?;\n]+")
_OF_MAIL = r"(?:e ?mails?|mails?|correos?(?: electronicos?)?|emails?)"
_OF_ANY = r"(?:messages?|mensajes?|notifications?|notificaciones|reminders?|recordatorios?)"
_STOPS = re.compile(
    rf"\b(?:stop|quit|end|cancel)(?: (?:sending|getting|with))?(?: me| us)?(?: (?:these|those|the|your|all|any|more))*"
    rf" (?:{_OF_MAIL}|{_OF_ANY})\b|"
    r"\bstop (?:e ?mailing|writing|sending)\b|"
    rf"\b(?:no|not any) more (?:{_OF_MAIL}|{_OF_ANY})\b|"
    rf"\b(?:do not|don'?t|dont) (?:want|need|send|wish)(?: to)?(?: (?:get|receive|me|us))?(?: (?:these|any|more|your|anymore|the))*"
    rf" (?:{_OF_MAIL}|{_OF_ANY})\b|"
    r"\b(?:do not|don'?t|dont|never) (?:e ?mail|write to) (?:me|us)\b|"
    r"\bunsubscribe\b|\bopt(?:ing)? (?:me )?out\b|\btake me off\b|\bremove (?:me|my (?:address|e ?mail))\b|"
    rf"\bno (?:quiero |deseo |me )?(?:recibir |mand\w+ |envi\w+ )?mas (?:{_OF_MAIL}|{_OF_ANY})\b|"
    rf"\b(?:ya )?no (?:quiero|deseo)(?: recibir)?(?: mas)?(?: sus| estos| los| esos)? (?:{_OF_MAIL}|{_OF_ANY})\b|"
    rf"\b(?:ya )?no me (?:mande|manden|envie|envien|escriba|escriban)\b|"
    rf"\bdej(?:e|en|ar) de (?:mandar|enviar|escribir)\w*\b|\b(?:darme|deme|denme|dar) de baja\b|"
    r"\bquit(?:e|en)?me de (?:la|esta|su) lista\b|\bborr(?:e|en)?me de\b"
)
_TEXTS_TOO = re.compile(
    r"\btext(?:s|ing)?\b|\bsms\b|\bmensajes? de texto\b|\btextos?\b|\ball contact\b|\bstop (?:all|everything|contacting)\b|"
    r"\bcontact(?:ing|en|e)? (?:me|us)\b|\bleave (?:me|us) alone\b|\bno me contacten?\b"
)
_TEXTS_ONLY = re.compile(
    r"\b(?:stop|no more|quit|don'?t|dont|do not|no mas|dejen? de)\b.{0,25}\b(?:text(?:s|ing)?|sms|mensajes? de texto|textos?)\b"
)

# What may stand in an answer to a step's e-mail besides what texts say (replies.marks).
_MORE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "done",
        re.compile(
            r"(?:all |it is |it'?s |i am |i'?m |we are )?done(?: it| with it| now| today)?|(?:i |we )?(?:just |already )?did (?:it|that)"
            r"(?: today| already| yesterday)?|(?:i |we )?(?:just |already )?(?:sent|mailed|e ?mailed|gave) (?:it|the letter|the e ?mail)"
            r"(?: to (?:the school|them|her|him|the case manager|the principal))?(?: today| yesterday| already)?|"
            r"hecho|listo|ya esta|(?:ya )?l[oa] (?:hice|envie|mande)(?: (?:hoy|ayer|ya))?(?: a la escuela)?"
        ),
    ),
    (
        "not_now",
        re.compile(
            r"not (?:yet|right now|now|today|this time)(?: (?:thanks|thank you|please))?|no thanks?(?: you)?(?: not now)?|"
            r"(?:i |we )?(?:do not|don'?t) want to(?: (?:send it|do (?:it|this|that)))?(?: (?:now|right now|yet))?|"
            r"(?:todavia|aun) no|no gracias|por (?:ahora|el momento) no|no (?:por ahora|ahorita|ahora)|ahorita no|mejor no"
        ),
    ),
    (
        "answered",
        re.compile(
            r"(?:they|the school|she|he|the district)(?: have| has)? (?:just )?(?:answered|replied|responded|wrote back|got back to me|called(?: me)? back)"
            r"(?: (?:me|us|today|yesterday|already))*|(?:i |we )?(?:heard back|got a (?:letter|call|reply) back?)(?: from (?:them|the school))?|"
            r"(?:ya )?(?:me|nos) (?:contestaron|respondieron|llamaron)(?: (?:hoy|ayer|ya))?"
        ),
    ),
    (
        "refused",
        re.compile(
            r"(?:they|the school|the district) said no|(?:they|the school) (?:refused|will not do it|won'?t do it)|"
            r"(?:me |nos )?dijeron que no|la escuela dijo que no"
        ),
    ),
    (
        "resolved",
        re.compile(
            r"(?:they|the school) (?:fixed|solved|resolved) (?:it|this|that)|(?:it is|it'?s|everything is|all is) (?:fixed|solved|good|ok|fine)(?: now)?|"
            r"(?:the )?(?:sessions|services|therapist|therapy) (?:are|is) back|"
            r"(?:ya )?(?:lo |se )?(?:arreglaron|arreglo|resolvio|resolvieron|soluciono|solucionaron)|ya (?:esta|quedo) (?:todo )?(?:bien|arreglado)"
        ),
    ),
)


def stops(text: str, subject: str = "") -> frozenset[Channel]:
    """The channels that a letter asks to be left out of; empty where it asks nothing of the kind.

    The whole text, or a sentence that names e-mails, decides at any length; other words for it only in a
    short one, since "stop" and "no more" stand in many a story.
    """
    whole, of_subject = _plain(text), _plain(subject)
    if not whole and of_subject in ("unsubscribe", "stop", "baja", "cancelar suscripcion"):
        return frozenset({"email"})
    if not whole:
        return frozenset()
    found = not_an_answer(text, fold(text), True)
    few = len(whole.split()) <= _FEW_WORDS
    said = (found is not None and found[0] is Intent.OPT_OUT and few) or (
        _STOPS.search(whole) is not None and len(whole.split()) <= _MANY_WORDS
    )
    if not said:
        return frozenset()
    if _TEXTS_ONLY.search(whole) and not re.search(_OF_MAIL, whole):
        return frozenset({"sms"})
    return frozenset({"email", "sms"}) if _TEXTS_TOO.search(whole) else frozenset({"email"})


def mark_of(text: str, aliases: Iterable[str] = ()) -> Marked | None:
    """What a short letter says was done with a step: its one sentence that says so, or None."""
    names = tuple(aliases)
    if len(text.split()) > _MANY_WORDS:
        return None
    whole = _mark(text, names)
    if whole is not None:
        return whole
    found = [one for one in (_mark(part, names) for part in _SENTENCES.split(text)) if one is not None]
    acts = {one.act for one in found}
    if len(acts) != 1:
        return None
    named = next((one for one in found if one.service), found[0])
    return Marked(named.act, named.plain, named.service)


def _mark(text: str, aliases: tuple[str, ...]) -> Marked | None:
    found = mark_in(text, aliases)
    if found is not None:
        return found
    said = _plain(text)
    for act, pattern in _MORE:
        if pattern.fullmatch(said):
            return Marked(act, plain=False)
    return None


def _plain(text: str) -> str:
    """Folded, and only words: "e-mail" is "e mail"."""
    return " ".join(_NO_WORD.sub(" ", words_only(fold(text))).split())
