"""Whoever wants no more texts, in any words: what carriers count, the FCC's list, plain English and Spanish.

A rule of 47 CFR 64.1200(a)(10): a reply of stop, quit, end, revoke, opt out, cancel or unsubscribe ends the
texts, and so does any wording that a reasonable person takes for it. What only tells that a session stopped,
ended or was cancelled does not. Texts are given folded (`normalise.fold`).
"""

from __future__ import annotations

import re

from assistant.replies.normalise import fold

STOPPERS = frozenset(
    [
        *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
        *("alto", "parar", "pare", "basta", "cancelar", "detener", "baja"),
    ]
)
_TEXTS = r"(?:texts?|texting|messages?|messaging|msgs?|alerts?|reminders?|notifications?|subscription)"
_MENSAJES = r"(?:mensajes?|textos?|avisos|recordatorios)"
_ENGLISH = (
    r"\bopt(?:ed|ing)? (?:me )?out\b",
    r"\b(?:please )?stop (?:text|messag|send|contact|writ|bother|harass|spam|thes|those|all|it|getting|receiving)\w*",
    r"^(?:please |pls )?stop(?: please| pls| now| it)?(?: and)?(?: thank you| thanks| thx)?[.! ]*$",
    r"\b(?:i|we) said stop\b|\bsigned up\b.*\bstop\b|\bmake (?:this|it|them|these) stop\W*$",
    r"\b(?:take|get) (?:me|us) off(?= (?:your|this|the|that) (?:list|thing|\w*texts?)|[.! ]*$| this| please)",
    r"\bremove me\b|\bunsubscribe(?: me| us)?\b|\bblock me\W*$|^(?:please )?sign me off\W*$|^go away\W*$",
    r"\b(?:take|get|remove|delete|erase|lose) (?:my|this|our) (?:number|name|phone|cell)\b",
    r"\b(?:do not|don'?t|quit|no longer) (?:text|message|contact|write|send|want (?:these|any|your|more|any more|"
    r"anymore|to get|to receive|to be getting)? ?(?:these |any |your |more )?(?:text|message))\w*",
    r"^i (?:really |just )?(?:do not|don'?t|dont) want (?:to (?:get|receive|have) )?(?:these|those|this)"
    r"(?: any ?more)?\W*$",
    r"\bno longer (?:wish|want) to (?:receive|get|be texted)\b",
    rf"\bno more {_TEXTS}\b|^no more(?: of (?:these|this|those|them))?(?: please)?[.! ]*$",
    r"\bleave (?:me|us) alone\b",
    r"\b(?:revoke|withdraw|take back) (?:my |the )?(?:consent|permission)\b",
    rf"\b(?:cancel|end|turn off|quit) (?:these|those|the|my|your|all)? ?(?:the |these )?{_TEXTS}\b",
    rf"\bturn (?:the |these |those )?(?:{_TEXTS}|these|those|them) off\b|^(?:please )?turn (?:these|them) off\b",
    rf"(?<!not )\benough (?:already )?(?:with |of )?(?:the |these |your )?{_TEXTS}\b",
    rf"\b(?:done|over|through) with (?:these|the|your) {_TEXTS}\b",
)
_SPANISH = (
    r"\bno (?:me|nos) (?:(?:vuelva[ns]? a |llame[ns]? ni (?:me )?)?(?:escriba[ns]?|escribas|mande[ns]?|envie[ns]?|"
    r"text(?:e|ee|ie)[ns]?|moleste[ns]?|contacte[ns]?|escribir|mandar))\b",
    r"\bdej(?:e|en|a|ar) de (?:mand|envi|escrib|molest|text)\w*|\bpar[ea]n? de (?:mand|envi|escrib|molest|text)\w*",
    r"\bquit[ea]n?me\b|\bsaquenme\b|\bsaqueme\b|\bborr[ea]n?me\b|\bdej[ea]n?me en paz\b",
    r"\b(?:borren?|eliminen?|quiten?|saquen?|borra|elimina|quita) (?:mi|este) (?:numero|telefono|celular|nombre)\b",
    rf"\bno (?:quiero|mas) (?:mas |recibir |tantos |los |sus )*{_MENSAJES}\b",
    r"\bno quiero que (?:me|nos) (?:escrib|mand|envi|text|contact|llam|molest)\w*",
    rf"\bya no quiero(?: mas| recibir| los| sus| estos)*(?: {_MENSAJES}| esto| estos)?\W*$",
    r"\bya no quiero que (?:me|nos) (?:escrib|mand|envi)\w*",
    r"\bya no (?:me |nos )?(?:manden?|escriban?|envien?|molesten?|textee?n?)\b",
    r"\b(?:darme|deme|denme|dame|doy) de baja\b",
    rf"\bcancel(?:ar|en|e|a) (?:los|mis|sus|estos|todos los) {_MENSAJES}\b",
    rf"\b(?:par[ea]n?|alto|basta|stop|termin[ea]n?)(?: ya)?(?: a| con| de)?(?: los| estos| sus| tantos)? {_MENSAJES}\b",
    r"^ya basta\b|^basta ya\b|^(?:ya )?no mas(?: por favor)?[.! ]*$",
)
_PHRASE = re.compile("|".join((*_ENGLISH, *_SPANISH)))
# Somebody else's silence, and stops that are places or the end of a session.
_NOT = re.compile(
    r"\bstop by\b|\bbus stop\b|\bstopped\b|"
    r"\b(?:they|he|she|nobody|schools?|teachers?|therapists?) (?:just |still |really )?"
    r"(?:do ?n'?t|do not|does ?n'?t|does not|no longer|never|quit) (?:text|message|contact|write|send|want)"
)
_LETTERS = re.compile(r"[^a-z ]+")
_AT_MOST = 60  # letters of a text that may be a keyword, with whatever stands around it


def is_keyword(folded: str) -> bool:
    """Whether the whole text is a word that ends all texts, once or repeated, spaced, hyphened or with emoji."""
    if len(folded) > _AT_MOST:
        return False
    words = _LETTERS.sub(" ", folded).split()
    if not words:
        return False
    if "".join(words) in STOPPERS:  # "opt out", "s t o p"
        return True
    kinds = {word if word in STOPPERS else re.sub(r"(.)\1+$", r"\1", word) for word in words}
    return len(kinds) == 1 and kinds <= STOPPERS and len(words) < 6


def stops_at_once(text: str) -> bool:
    """As `is_keyword`, for a text as it came: who says so is heard before anything else happens."""
    return len(text) <= _AT_MOST and is_keyword(fold(text))


def asks_to_stop(folded: str) -> str | None:
    """The words by which somebody says, in a sentence, that they want no more texts; None where nobody does."""
    found = _PHRASE.search(folded)
    return found[0] if found and not _NOT.search(folded) else None
