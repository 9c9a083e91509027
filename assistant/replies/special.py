"""What is no answer at all: reactions, machines, carrier keywords, commands, people who want no more texts."""

from __future__ import annotations

import re

from assistant.replies.normalise import fold, words_only
from assistant.replies.stopping import asks_to_stop, is_keyword
from assistant.words import Intent, Language

_REACTION = re.compile(
    r"^\s*(?:(?:loved|liked|disliked|laughed at|emphasi[sz]ed|questioned|removed (?:a|an) [\w ]+ from|"
    r"le gusta|le encanta|no le gusta|le divierte|enfatizo|se quito \w+ de)\s+(?:\"|(?:an?|una?) (?:image|photo|imagen|foto))"
    r"|(?:a .{1,40}? )?(?:no )?le (?:gusto|encanto|divirtio|disgusto)\s+\""
    r"|(?:reacted|reacciono)\s.{1,12}\s(?:to|a)\s+\"|removed .{1,8} from \")"
)
_GOOGLE_REACTION = re.compile("^\\s*\u200a")
_QUOTED_EMOJI = re.compile(r"^.{0,12}\b(?:to|a) \".*\"\s*$")
_MACHINE = re.compile(
    r"(?:i'?m|i am) driving with|not receiving notifications|do not disturb|focus (?:turned )?on|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|"
    r"number is not monitored|can'?t talk right now|(?:i'?ll|i will) (?:call|text|get back to) you (?:back|later|when)|no puedo (?:hablar|contestar|responder) (?:ahora|en este momento)|(?:le|te) (?:llamo|marco|hablo) (?:luego|mas tarde|despues)|free ?msg|msg blocked|this is an automated|estoy conduciendo|respuesta automatica|voicemail|"
    r"unable to send"
)
_START = frozenset(["start", "unstop", "join", "unirse", "unirme"])
_JOIN: dict[str, Language] = {
    "join": "en", "start": "en", "unirse": "es", "unirme": "es", "empezar": "es",
}  # fmt: skip
_HELP = frozenset(["help", "info", "ayuda"])
_HELP_PHRASE = re.compile(
    r"\b(?:talk|speak|chat) (?:to|with) (?:a |an |some)?(?:real |actual )?(?:person|human|someone|agent|body)|\breal person\b|\bhuman\b|"
    r"\b(?:need|want) (?:some )?(?:help|assistance)\b|^\W*(?:please )?help (?:me|please)(?: please)?\W*$|\b(?:is this|are you) (?:a|an|real)?\b.{0,12}\b(?:bot|computer|robot|machine|human|person)\b|"
    r"\b(?:repeat|ask) (?:the|that|me)? ?(?:question|again)|\bwhat (?:did|do) you (?:just )?ask|\bwhat can you do\b|\bhow (?:can|do) i use\b|"
    r"\bhablar con (?:un|una|alguien)|\bpersona (?:real|de verdad)\b|\bnecesito (?:ayuda|asistencia)\b|\b(?:me )?puede[ns]? ayudar(?:me)?\b|"
    r"\bhow (?:does|do) (?:this|it|i use this)(?: thing)? ?(?:work)?\b|\bwhat (?:do|can) i (?:even )?(?:do|text|say|send|put)\b|\bque (?:tengo que|debo|puedo) (?:hacer|mandar|poner|contestar|escribir)\b|\bno (?:le )?entiendo (?:como|que|esto|nada|el mensaje)\b|"
    r"\bcomo (?:funciona|uso|le hago)\b|\beres (?:un )?(?:bot|robot|programa)\b"
)
_STATUS = frozenset(["status", "estado", "mi", "registro"])
_STATUS_PHRASE = re.compile(
    r"^\W*how many (?:\w+ ){0,3}(?:has|have|did|were|sessions?)\b|\bwhat'?s the (?:count|total|tally|score)\b|\b(?:total|count|tally) (?:so far|up to)\b|\bcuant[ao]s (?:\w+ ){0,2}(?:ha|han|lleva\w*|falt\w+|sesiones|terapias|veces)\b|\bcomo va\w* (?:el registro|la cuenta|todo)\b|"
    r"\b(?:what(?:'s| is| have you| do you have)?|show(?: me)?) (?:been )?(?:logged|my log|the log|so far|my record)|\bhow many (?:so far|sessions)|"
    r"\bque (?:hay|tiene\w*) (?:anotado|registrado)|\bcuantas (?:sesiones|van)"
)
_FIX = re.compile(
    r"^(?:fix|change|correction|correct (?:it|that|this|my|the)|oops|undo|wrong|mistake|corregir|corrija|correccion|cambiar|cambie|error|me equivoque)\b|"
    r"\bi meant\b|\bmeant to (?:say|put|text)\b|\bquise decir\b|\bqueria decir\b|\b(?:that|my (?:last )?answer) was (?:wrong|a mistake)|"
    r"\b(?:last|previous|my|that|earlier) (?:answer|text|message|reply|one)\b.{0,25}\b(?:was|is) (?:wrong|a mistake|an error)\b|\bcan i (?:change|fix|correct|redo) (?:it|that|my|the)\b|"
    r"\bi (?:sent|put|texted|hit|pressed|typed|said) (?:the )?wrong\b|\b(?:scratch|ignore|disregard) (?:that|my last|the last|my)\b|\b(?:made|was|es|fue) (?:a |un )?(?:typo|mistake|error)\b|"
    r"\b(?:puedo|quiero|quisiera|necesito) (?:cambiar|corregir)(?:la|lo)?\b|\b(?:me )?equivoque\b|\b(?:puse|mande|conteste|escribi) mal\b|\bmi (?:respuesta|mensaje) (?:\w+ )?(?:estaba|esta|era|fue) (?:mal|incorrect\w+|equivocad\w+)\b|"
    r"\bwrong answer\b|\bdi(?:je)? mal\b"
)
_FOR_A_WHILE = (
    r"(?:(?:un)?til+|for|hasta|por|durante|unos|during|over) ?(?:a |the |el |la |un |una |about |next |like )*"
    r"(?:\w+ )?(?:bit|while|now|days?|weeks?|months?|\w+day|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|summer|break|\d+\S*|dias?|semanas?|mes(?:es)?|rato|tiempo|lunes|martes|miercoles|jueves|"
    r"viernes|verano|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|regres\w+)"
)
_PAUSE = re.compile(r"^(?:pause|pausa|pausar|pausen|pausame)\b")
_PAUSE_PHRASE = re.compile(
    rf"\b(?:take|taking|need) a (?:little )?break (?:from|for|on)\b|\bhold off\b|"
    rf"\b(?:do ?n'?t|dont|no|not|stop|pause|quit|hold|without)(?: (?:text|texting|messag|ask|send|write|bother)\w*)(?: (?:me|us|these|them|it|the))*"
    rf"(?: (?:texts?|messages?|questions?))? {_FOR_A_WHILE}\b|"
    rf"\b(?:no|dej\w+|pare[n]?|pued\w+|par\w+)(?: de| no)?(?: me| nos)? ?(?:mand|escrib|pregunt|envi|text)\w*(?: \w+){{0,3}} {_FOR_A_WHILE}\b|"
    rf"\b(?:descanso|pausa) (?:de|por|hasta|con)\b|\bpaus\w+ (?:the |these |los |my )?(?:texts?|messages?|questions?|mensajes?|preguntas?)\b"
)
_RESUME = re.compile(r"^(?:resume|seguir|reanudar|continuar|unpause)$")
_RESUME_PHRASE = re.compile(
    r"\b(?:start|begin|resume) (?:texting|asking|the (?:texts|questions)|sending)(?: (?:me|us))?(?: again| back)?\b.{0,12}$|"
    r"\b(?:you|u) can (?:start |begin )?(?:text|ask|texting|asking|send)\w*(?: me| us)?(?: again| now)\b|\bturn (?:it|them) back on\b|"
    r"\b(?:ya )?pueden? (?:volver a|empezar a|seguir) (?:preguntar|mandar|escribir|texte)\w*|\bvuelva[n]? a (?:preguntar|mandar|escribir)\w*|"
    r"\bsigan (?:preguntando|mandando|con)\b|\bya regresamos\b|\bunpause\b"
)
_IN_AGAIN = re.compile(
    r"\bsign (?:me|us) (?:back )?up\b|\bput me back on\b|\badd me back\b|\bi want (?:the|your|these) (?:texts|messages) (?:again|back)\b|"
    r"\b(?:quiero|quisiera) (?:volver a )?recibir (?:los |sus )?(?:mensajes|textos)(?: otra vez| de nuevo)?\b|\banot[ea]me\b|\binscrib[ae]me\b"
)
_LETTER = re.compile(
    r"^(?:letter|carta|step|paso|next step|proximo paso)s?$|\b(?:the|send|my|that|a) letter\b|\b(?:la|mi|una|esa) carta\b|"
    r"\bwrite (?:up )?(?:something|a note|an e-?mail) (?:i can|for|to)\b|\b(?:what(?:'s| is) (?:the |my )?next step|que (?:hago|sigue) ahora)\b"
)
_NOT_THEIRS = re.compile(
    r"\bwrong (?:number|person)\b|\bnumero equivocado\b|\bse equivoco de numero\b|\bequivocado de numero\b|"
    r"\bnot (?:my|the right) (?:kid|child|number)\b|\bi (?:do not|don'?t) have (?:a kid|kids|children|a child)\b|"
    r"\bno tengo hij[oa]s\b|\bdon'?t know (?:any(?:one|body)?|a|who) .{0,20}(?:named|called|is)\b|"
    r"\bno conozco a ningun[oa]?\b"
)
_WHO = re.compile(r"\bwho (?:is|'?s) (?:this|dis|that)\b|\bwho are you\b|\bquien (?:es|habla|eres)\b")
_LINK = re.compile(
    r"(?:(?:please )?send (?:me )?(?:the |a |my )?)?(?:link|page|web ?page|website|login|log ?in|sign ?in)(?: please)?|"
    r"(?:mandeme |manda |quiero )?(?:el |la |un |mi |una )?(?:enlace|liga|pagina|entrar|link)(?: por favor)?"
)
_ANOTHER = re.compile(
    r"(?:add|new|another|second|one more|other) (?:child|kid|son|daughter)|"
    r"(?:agregar|anadir|otro|otra|nuevo|nueva)(?: otr[oa])? (?:hij[oa]|nin[oa])"
)
_WRONG_NUMBER = re.compile(
    r"\bwrong (?:number|person)\b|\bwho (?:is|'?s) (?:this|dis|that)\b|\bdon'?t know (?:any|who|anyone)\b.*\b(?:is|named|you)?|"
    r"\bnumero equivocado\b|\bquien (?:es|habla|eres)\b|\bse equivoco de numero\b|\bno conozco\b"
)


def not_an_answer(raw: str, folded: str, something_open: bool) -> tuple[Intent, str] | None:
    """The intent of a text that answers nothing, and the words that say so; None for anything else.

    CANCEL alone is an opt-out, because the carrier takes it as one; "cancelled" is an answer.
    """
    if _GOOGLE_REACTION.match(raw) or _REACTION.match(folded) or _QUOTED_EMOJI.match(folded):
        return Intent.REACTION, "reaction"
    machine = _MACHINE.search(folded)
    if machine:
        return Intent.AUTO_REPLY, machine[0]
    word = words_only(folded)
    if is_keyword(folded):
        return Intent.OPT_OUT, word
    if word in _START or (word == "yes" and not something_open):
        return Intent.OPT_IN, word
    if word in _HELP:
        return Intent.HELP, word
    if word in _STATUS:
        return Intent.STATUS, word
    return _phrase(folded, word)


def _phrase(folded: str, word: str) -> tuple[Intent, str] | None:
    for_a_while = _PAUSE_PHRASE.search(folded)
    if for_a_while:
        return Intent.PAUSE, for_a_while[0]
    stop = asks_to_stop(folded)
    if stop:
        return Intent.OPT_OUT, stop
    for intent, pattern, text in (
        (Intent.UNRELATED, _WRONG_NUMBER, folded),
        (Intent.PAUSE, _PAUSE, word),
        (Intent.RESUME, _RESUME, word),
        (Intent.RESUME, _RESUME_PHRASE, folded),
        (Intent.OPT_IN, _IN_AGAIN, folded),
        (Intent.LETTER, _LETTER, word),
        (Intent.FIX, _FIX, folded),
        (Intent.STATUS, _STATUS_PHRASE, folded),
        (Intent.HELP, _HELP_PHRASE, folded),
    ):
        found = pattern.search(text)
        if found:
            return intent, found[0]
    return None


_LANGUAGES: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"(?:(?:language|idioma|lengua) )?(?:in |en )?(?:english|ingles)(?: (?:please|por favor))?|"
        r"(?:i )?(?:only )?speak english|(?:please )?(?:write|text)(?: me)? in english"
    ),
    "es": re.compile(
        r"(?:(?:language|idioma|lengua) )?(?:in |en )?(?:spanish|espanol|castellano)(?: (?:please|por favor))?|"
        r"(?:solo )?hablo espanol|(?:por favor )?(?:escriba|mande|escribanme|manden)(?:me)? en espanol"
    ),
}


def language_asked(text: str) -> Language | None:
    """The language that the whole text asks to be written to in; None where it asks for none."""
    word = words_only(fold(text))
    return next((code for code, pattern in _LANGUAGES.items() if pattern.fullmatch(word)), None)


def without_fix_words(folded: str) -> str:
    """What a FIX text says it should be, without the words that say it is a fix."""
    return _FIX.sub(" ", folded).strip(" ,.:;-")


def asks_who(text: str) -> bool:
    """Whether they ask who is writing."""
    return _WHO.search(fold(text)) is not None


def number_is_not_theirs(text: str) -> bool:
    """Whether they say that the number is not the one we think it is. Narrow: it ends everything."""
    return _NOT_THEIRS.search(fold(text)) is not None


def link_asked(text: str) -> bool:
    """Whether the whole text asks for the link to the family's page."""
    return _LINK.fullmatch(words_only(fold(text))) is not None


def another_child(text: str) -> bool:
    """Whether the whole text asks to set up another child."""
    return _ANOTHER.fullmatch(words_only(fold(text))) is not None


def joins(text: str) -> Language | None:
    """The language of a lone word by which a stranger joins; None for any other text."""
    return _JOIN.get(words_only(fold(text)))
