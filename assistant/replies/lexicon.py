"""The words that decide, English and Spanish together: parents mix them. Patterns over folded text."""

from __future__ import annotations

import re

from assistant.words import Cause


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")(?!\w)")


# A "no" that is not a no; taken out before anything else is looked for.
NOT_A_NO = _any(
    r"no (?:problem|worries|prob|issues?|complaints?|doubt|biggie)s?", r"why not", r"not (?:only|just)",
    r"sin (?:problemas?|duda)", r"no hay (?:problema|duda)", r"no pasa nada", r"no one told (?:me|us)",
    r"no es (?:nada|para tanto)",
)  # fmt: skip
POLITE = _any(
    r"please", r"pls", r"plz", r"thanks?(?: you| u)?(?: so much)?", r"thx", r"ty", r"por favor", r"porfa(?:vor)?",
    r"(?:muchas )?gracias", r"sorry", r"perdon", r"disculp[ae]n?", r"hi", r"hello", r"hola", r"hey", r"ok(?:ay)?",
    r"sir", r"ma'?a?m", r"good (?:morning|afternoon|evening)", r"buen[oa]s (?:dias|tardes|noches)", r"lol", r"um+", r"uh",
    r"well", r"pues", r"bueno", r"actually", r"really",
)  # fmt: skip
DONT_KNOW = _any(
    r"idk", r"dunno", r"i?d ?k", r"no (?:clue|idea)", r"(?:have|got|haven'?t|not?) (?:a|any|no) (?:clue|idea)",
    r"do(?:n'?t| not)(?: really)? (?:know|have (?:any|an|a) (?:idea|clue))", r"not (?:quite |really |too )?sure",
    r"unsure", r"(?:wouldn'?t|would not) know", r"do(?:n'?t| not) have that information",
    r"(?:can'?t|couldn'?t|cannot|could not|unable to|hard to) (?:tell|say)(?: you)?", r"who knows",
    r"how (?:would|should) i know", r"no way (?:to know|of knowing)", r"(?:was|were)(?:n'?t| not) told", r"(?:nobody|no one) (?:told|tells) (?:me|us)", r"not that i know(?: of)?", r"they (?:don'?t|do not|never) tell (?:me|us)", r"no (?:me|nos) (?:dijeron|avisaron|han dicho)", r"no que yo sepa", r"haven'?t a clue", r"drawing a blank", r"ask (?:the )?(?:school|teacher)",
    r"no tengo (?:ni )?idea", r"ni idea", r"quien sabe", r"no (?:lo )?se(?! (?:dio|dieron|hizo|hicieron|presento|pudo|"
    r"realizo|llevo|tuvo|la|le|lo)\b)", r"no estoy segur[oa]", r"no sabria", r"no sabemos", r"pregunt[ae] a la escuela",
)  # fmt: skip
HEDGE = _any(
    r"i think(?: so| not)?", r"i guess", r"i (?:believe|assume|hope|suppose)", r"prob(?:ably|ly)?", r"prolly",
    r"maybe", r"perhaps", r"supposedly", r"might(?: have)?", r"pretty sure", r"not yet", r"creo(?: que)?",
    r"tal vez", r"quiza?s?", r"a lo mejor", r"supongo", r"parece", r"todavia no", r"aun no", r"yes and no",
    r"if (?:she|he|they)", r"should have", r"was supposed to", r"claims?", r"bus", r"camion(?:eta)?", r"doubt", r"allegedly", r"(?:he|she|they|it) (?:will|gonna|going to)",
)  # fmt: skip
PROMISE = _any(
    r"(?:make|making|makes|made) (?:it |this |that |them |one )?up", r"make-?ups?", r"made up", r"reschedul\w+",
    r"(?:will|'ll|going to|gonna) (?:do|have|get|give)", r"tomorrow", r"next week", r"moved to", r"repon\w*", r"repus\w+",
    r"recuper\w+", r"manana", r"la proxima semana", r"va a", r"van a",
)  # fmt: skip
YES = _any(
    r"ye+s+", r"yes+", r"ya+", r"yea+h?", r"yep+", r"yeap", r"yup+", r"yess?ir", r"ye", r"uh huh", r"affirm?\w*tive",
    r"definitely", r"absolutely", r"of course", r"for sure", r"sure did", r"correct", r"right", r"true", r"accurate",
    r"si+", r"sip", r"simon", r"claro", r"por supuesto", r"asi (?:es|fue)", r"correcto", r"afirmativo", r"exacto",
    r"you got it", r"all good",
)  # fmt: skip
HAPPENED = _any(
    r"happened", r"(?:she|he|they|it|we|kid) did(?: it| have it| happen)?", r"did happen", r"had (?:it|his|her|them)",
    r"had (?:the |his |her |a )?(?:speech|ot\b|pt\b|therapy|session|counsel)\w*", r"was seen", r"went(?: well| great| fine| to)?", r"got (?:it|his|her)", r"attended", r"was held", r"took place",
    r"(?:saw|seen|worked with) (?:him|her|them)", r"(?:she|he|they) (?:came|showed up)", r"covered", r"loves? going",
    r"hubo", r"(?:la |lo |las |los )?tuv(?:o|ieron)", r"fue (?:bien|a (?:la |su )?(?:terapia|sesion|habla))", r"asistio", r"(?:le |la |lo )?(?:dio|dieron|vio|vieron|atendio)",
    r"vino", r"se (?:dio|hizo|realizo)", r"recibio",
)  # fmt: skip
NO = _any(
    r"no+", r"nope+", r"nah+", r"na", r"nop", r"not", r"nel", r"never", r"none", r"neither", r"nothing",
    r"negative", r"false", r"nunca", r"tampoco", r"nada", r"ningun[oa]?", r"negativo", r"no way", r"sin",
)  # fmt: skip
MISSED = _any(
    r"miss(?:ed|ing)?", r"skip(?:ped)?", r"cancel(?:l?ed|l?ado|aron|o|ada|adas|ados)?", r"called off", r"no[- ]?show(?:ed)?",
    r"(?:did|was|were|has|have|does|is|had)(?:n'?t| not)", r"lleva\w* .{1,20} sin", r"sin (?:servicios?|sesion(?:es)?|terapias?|clases? de \w+)(?: hoy| esta semana)?", r"(?:never|not) (?:came|come|happened|show\w*)",
    r"(?:nobody|no ?one|nadie) (?:came|comes|showed(?: up)?|was there|did it|vino|llego|fue|estaba)",
    r"perdi(?:o|eron|mos)", r"suspend\w+", r"falt(?:o|aron)", r"no se (?:la |lo |le |les |me |nos )?\w+", r"no (?:hubo|vino|fue|tuvo|llego|paso|se)", r"stopped showing up",
)  # fmt: skip
DOUBLE_NO = _any(
    r"(?:did ?n'?t|never|not|was ?n'?t) miss(?:ed)?", r"(?:wasn'?t|not|isn'?t|weren'?t) (?:cancel\w+|skipped|missed)",
    r"no (?:se )?(?:cancel\w+|suspend\w+|perdi\w+)", r"can'?t say no", r"not (?:a )?no",
)  # fmt: skip
OTHER_FORM = _any(
    r"(?:in|with) (?:a |the |big )?group", r"group (?:instead|session)", r"en grupo", r"(?:ta|aide|para) did it",
    r"(?:a |the |another )?(?:sub|substitute|slp) (?:did|came|covered|had|saw|worked)",
)  # fmt: skip
PART = _any(
    r"part of", r"only part", r"cut short", r"(?:ended|left|stopped|finished) early", r"a (?:little )?bit", r"short session",
    r"(?:se fue|salio|termino|acabo) (?:mas )?temprano", r"left early", r"una parte", r"un rat(?:o|ito)", r"poquito", r"mas corta", r"incomplet\w+",
)  # fmt: skip
HALF = _any(r"half(?: of (?:it|the time))?", r"(?:la )?mitad")
HALF_HOUR = _any(r"half (?:an )?(?:hour|hr)", r"media hora")
MINUTES = re.compile(r"\b(\d{1,3}) ?(?:min(?:s|utes?|utos?)?|m)\b")
OF_THEM = re.compile(r"\b(\d{1,3}) ?(?:min\w* )?(?:of|not|out of|de|instead of|en vez de) \d{1,3}\b")
ONLY_NUMBER = re.compile(
    r"\b(?:only|just|solo|nomas|pero|but)(?: like| about| only| como| unos| solo)? (\d{2,3})\b"
)
LESS = re.compile(r"\b(\d{1,3}) ?(?:min(?:s|utes?|utos?)?|m) (?:late|short|less|tarde|menos)\b")
BOTH = _any(
    r"both", r"all(?: of them)?", r"ambas", r"ambos", r"l[ao]s dos", r"tod[ao]s", r"everything", r"every one"
)
NEITHER = _any(r"neither", r"none", r"ningun[oa]?", r"nada", r"nothing")
ONLY = _any(r"only", r"just", r"solo", r"solamente", r"no ?mas", r"nada mas", r"unicamente")
EXCEPT = _any(r"except(?: for)?", r"but not", r"all but", r"menos", r"excepto", r"pero no")

_STAFF = (
    r"(?:therapist|teacher|slp|provider|counsel+or|specialist|pathologist|aide|para|ot|pt|speech(?: lady| teacher| person)?|"
    r"ms|mrs|mr|miss|terapeuta|terapista|maestr[ao]|logopeda|fonoaudiolog[ao]|profesor[ae]?|psicolog[ao]|consejer[ao]|senora|miss)"
)
_CHILD = r"(?:he|she|child|kid|son|daughter|my (?:son|daughter|kid|boy|girl)|hij[oa]|nin[oa]|mi hij[oa])"
# In this order: the first that fits decides.
CAUSES: tuple[tuple[Cause, re.Pattern[str]], ...] = (
    # The states' own tests by name: whatever else happened that day, it happened because of them.
    (Cause.TESTING, _any(r"caaspp", r"sbac", r"parcc", r"staar", r"mcas", r"elpac", r"state tests?(?:ing)?")),
    (Cause.SENT_HOME, _any(
        r"sent (?:him|her|them|home)\b.*", r"sent \w+ home", r"told not to come", r"(?:was|got|is) suspended", r"put (?:him|her|them) on a shortened day", r"(?:lo|la) mandaron a (?:la )?casa",
        r"mandaron a (?:la )?casa", r"shortened (?:his|her) day", r"told (?:me|us) to (?:pick|get|keep) (?:him|her)(?: up| home)?",
    )),
    (Cause.CLOSURE, _any(
        r"snow day", r"(?:no|not) school(?! log)", r"school (?:was |is |got )?(?:closed|canceled|cancelled)", r"closed(?: today)?",
        r"holiday", r"day off", r"strike", r"power outage", r"evacuat\w+", r"smoke", r"no (?:hay|hubo|habia|tuvo|tuvieron) (?:clases?|escuela)",
        r"escuela (?:estaba |estuvo )?cerrada", r"feriado", r"dia festivo", r"huelga", r"sin clases",
    )),
    (Cause.STAFF_PULLED, _any(
        r"pulled (?:for|to|into|away)", r"got pulled", r"(?:at|in) (?:a |an |another )?(?:iep )?meetings?", r"training",
        r"pd day", r"cover(?:ing|age)", r"proctoring", r"testing other\w*", r"(?:en|tenia|tuvo) (?:una )?(?:junta|reunion)",
        r"capacitacion",
    )),
    (Cause.NO_PROVIDER, _any(
        r"(?:no|without an?) (?:replacement|therapist|provider|slp|speech (?:teacher|lady|therapist)|counsel+or|teacher)",
        r"vacan\w+", r"position (?:is )?(?:still )?(?:open|empty)", rf"do(?:n'?t|es ?n'?t|es not| not) have (?:an?|any) {_STAFF}", r"(?:haven'?t|have not|not) hired", rf"{_STAFF} (?:quit|left|resigned)",
        r"medical leave", r"mat(?:ernity)? leave", r"no (?:hay|tienen|tenemos) (?:\w+ )?(?:terapeuta|terapista|logopeda|maestr[ao]|nadie|sustitut[ao])",
        r"sin (?:nadie|terapeuta|terapista|maestr[ao])", r"plaza", r"renuncio", r"de baja", r"no han contratado", r"for months",
        r"stopped showing up", r"weeks ago", r"desde (?:el ano|hace)", r"no mandaron a nadie",
    )),
    (Cause.CHILD_REFUSED, _any(
        r"refused", r"would(?: ?n'?t| not) (?:go|participate|do it|work|come)", r"did ?n'?t want to(?: go)?", r"tantrum", r"meltdown",
        r"could ?n'?t get (?:him|her|them) (?:in(?:to|side)?|out of|to go)\b.*", r"no quiso", r"se nego", r"no queria",
    )),
    (Cause.PROVIDER_ABSENT, _any(
        rf"{_STAFF}(?: \w+)? (?:is|was|were|'s)? ?(?:still )?(?:out|absent|sick|ill|away|gone|on leave|not there|not here|on vacation)",
        rf"{_STAFF}(?: \w+)? (?:didn'?t|did not|never|no) (?:come|show\w*|came|make it)", r"no[- ]show(?:ed)?", r"no sub", r"did ?n'?t send one",
        rf"{_STAFF}(?: de \w+| \w+)? (?:hoy )?(?:no (?:vino|llego|estaba|estuvo|fue|se presento)|falto|estaba enferm[oa]|esta enferm[oa]|estuvo enferm[oa])",
        rf"(?:no vino|no llego|falto|no se presento) (?:la|el|su) {_STAFF}", r"(?:she|he) (?:is|was|'s) (?:out|gone|away)(?: again)?(?! of)", r"out (?:again|today)",
        r"(?:she|he) (?:cancell?ed|called (?:out|off|in sick))\b.*", r"(?:ella|el) cancelo", r"sub(?:stitute)? (?:did ?n'?t|did not|wouldn'?t) \w+",
    )),
    (Cause.CHILD_ABSENT, _any(
        rf"{_CHILD}?(?: was| is|'s)? ?(?:stayed |home |at )?home(?: sick)?", r"sick at home", r"home sick", r"stayed home", r"kept (?:him|her|them|\w+) home",
        r"was ?n'?t at school", r"(?:did ?n'?t|did not|not) (?:go|come|went) to school", r"no (?:fue|vino|asistio) a (?:clases?|la escuela)", r"no l[oa] mand(?:e|amos)", r"fever", r"fiebre", r"not at school", r"(?:doctor|dentist|dr)\b.*", r"appointment", r"(?:we|family) (?:were|was|are) (?:out of town|traveling|away)",
        r"(?:my )?(?:son|daughter|kid|child|boy|girl) (?:was|is) (?:sick|ill|absent|out)", r"could ?n'?t take (?:him|her)", r"outside therapy",
        r"no fue a la escuela", r"falto a (?:la escuela|clase)", r"(?:se quedo|estaba|esta) en casa", r"cita (?:medica|con el)", r"dentista", r"enfermit[oa]",
        r"(?:mi )?(?:hij[oa]|nin[oa]) (?:estaba|esta|estuvo) (?:enferm\w+|mal)", r"(?:estaba|esta|estuvo) (?:muy |bien )?(?:enferm[oa]|malit[oa])", r"no lo lleve", r"no la lleve",
    )),
    (Cause.SCHOOL_EVENT, _any(
        r"assembly", r"field ?trip", r"(?:class|school|birthday|holiday) party", r"party (?:instead|today)", r"picture day", r"concert", r"rally", r"performance", r"fun run", r"field day",
        r"asamblea", r"excursion", r"paseo", r"fiesta (?:de la escuela|del salon|escolar|hoy)", r"festival", r"evento", r"dia de fotos",
    )),
    (Cause.TESTING, _any(r"(?:state )?test(?:s|ing)", r"exam(?:s|enes)?", r"pruebas?")),
    (Cause.MINIMUM_DAY, _any(
        r"min(?:imum)? day", r"half day", r"early (?:release|dismissal|out)", r"short(?:ened)? day", r"late start", r"delayed (?:start|opening)",
        r"dia (?:corto|minimo)", r"salieron temprano", r"salida temprana",
    )),
)  # fmt: skip
AMBIGUOUS_WHO = _any(
    r"(?:she|he)(?:'s| is| was)? (?:out )?(?:sick|ill|absent)", r"(?:out )?sick", r"absent", r"falto"
)
CONTRADICTS = _any(
    r"school says? (?:yes|no|they|it|he|she)", r"they (?:say|said|told us) (?:yes|no|it|he|she|they)", r"(?:she|he) says? (?:yes|no)",
    r"(?:me|nos) dijeron que", r"dicen? que (?:si|no)", r"logged it", r"counted it", r"it was testing not",
)  # fmt: skip

KNOWS = (
    ("child_said", _any(r"(?:he|she|my (?:son|daughter|kid)) (?:said|says|told me|tells me)", r"(?:me|nos) dijo (?:el|ella|mi hij[oa])", r"mi hij[oa] (?:me )?dijo")),
    ("school_wrote", _any(r"(?:e-?mail|note|letter|message) from", r"(?:they|teacher|school) (?:emailed|wrote|texted)", r"mando una nota", r"correo de")),
    ("school_said", _any(r"(?:teacher|school|therapist|office|slp) (?:said|says|told|called)", r"la (?:maestra|escuela|terapeuta) (?:me )?dijo")),
    ("saw", _any(r"i (?:saw|was there|watched)", r"(?:yo )?(?:lo |la )?vi\b", r"estuve ahi")),
)  # fmt: skip

# Words that may stand around an answer without making it about something else.
COMMON = frozenset(
    [
        "a",
        "about",
        "after",
        "again",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "but",
        "by",
        "can",
        "class",
        "count",
        "counted",
        "day",
        "did",
        "do",
        "does",
        "done",
        "due",
        "during",
        "each",
        "el",
        "en",
        "es",
        "esta",
        "este",
        "for",
        "friday",
        "from",
        "get",
        "give",
        "given",
        "go",
        "good",
        "got",
        "great",
        "had",
        "has",
        "have",
        "he",
        "her",
        "here",
        "him",
        "his",
        "hour",
        "how",
        "i",
        "i'd",
        "id",
        "if",
        "in",
        "into",
        "is",
        "it",
        "it's",
        "its",
        "just",
        "kid",
        "la",
        "las",
        "last",
        "le",
        "lo",
        "los",
        "like",
        "lots",
        "love",
        "me",
        "mi",
        "min",
        "minutes",
        "monday",
        "month",
        "more",
        "most",
        "mr",
        "mrs",
        "ms",
        "much",
        "my",
        "now",
        "of",
        "off",
        "on",
        "one",
        "only",
        "or",
        "ot",
        "other",
        "our",
        "out",
        "over",
        "pe",
        "pm",
        "pt",
        "que",
        "con",
        "de",
        "del",
        "se",
        "su",
        "sus",
        "un",
        "una",
        "por",
        "para",
        "pero",
        "porque",
        "today",
        "session",
        "sessions",
        "she",
        "so",
        "some",
        "service",
        "services",
        "speech",
        "sub",
        "teacher",
        "that",
        "that's",
        "thats",
        "the",
        "their",
        "them",
        "then",
        "there",
        "therapist",
        "therapy",
        "these",
        "they",
        "this",
        "thursday",
        "time",
        "times",
        "to",
        "today",
        "too",
        "tuesday",
        "twice",
        "up",
        "us",
        "was",
        "wasnt",
        "we",
        "wednesday",
        "week",
        "well",
        "went",
        "were",
        "what",
        "when",
        "who",
        "with",
        "would",
        "year",
        "yesterday",
        "you",
        "your",
        "say",
        "saying",
        "said",
        "answer",
        "gotta",
        "has",
        "hoy",
        "ayer",
        "hubo",
        "terapia",
        "sesion",
        "sesiones",
        "escuela",
        "school",
        "home",
        "sick",
        "late",
        "early",
        "room",
        "today's",
        "be",
        "question",
        "response",
        "totally",
        "happens",
        "exactly",
        "actually",
        "that'd",
        "one",
        "way",
        "y",
        "e",
        "o",
        "u",
        "fue",
        "habla",
        "lenguaje",
        "ocupacional",
        "counseling",
        "counselor",
        "fisica",
        "esto",
        "eso",
        "ya",
        "muy",
        "mas",
        "tambien",
        "finally",
        "first",
        "weeks",
        "minute",
        "maestra",
        "terapeuta",
        "terapista",
        "logopeda",
        "nina",
        "nino",
        "hijo",
        "hija",
        "son",
        "daughter",
        "part",
        "group",
        "class",
        "she's",
        "he's",
        "they're",
        "nos",
        "les",
        "dijo",
        "told",
        "me",
        "hasnt",
        "hasn't",
        "have",
        "haven't",
        "wasn't",
        "didn't",
        "didnt",
        "isnt",
        "isn't",
        "doesnt",
        "doesn't",
        "weren't",
        "werent",
    ]
)
