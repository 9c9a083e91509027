"""The words that decide, English and Spanish together: parents mix them. Patterns over folded text.

Causes have a list of their own (`causes`), and so have the words that decide nothing (`common`).
"""

from __future__ import annotations

import re


def any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")(?!\w)")


# A "no" that is not a no; taken out before anything else is looked for.
NOT_A_NO = any_of(
    r"no (?:problem|worries|prob|issues?|complaints?|doubt|biggie)s?", r"no(?:pe)?,? (?:it'?s |it was |we'?re )?all good", r"can'?t complain", r"no way(?=\W+(?:they|she|he|it|kiddo)\b)", r"not (?:a )?bad", r"you know", r"no me quejo", r"nada mal", r"why not", r"not (?:only|just)",
    r"sin (?:problemas?|duda)", r"no hay (?:problema|duda)", r"no pasa nada", r"no one told (?:me|us)",
    r"no es (?:nada|para tanto)",
)  # fmt: skip
POLITE = any_of(
    r"please", r"pls", r"plz", r"thanks?(?: you| u)?(?: so much)?", r"thx", r"ty", r"por favor", r"porfa(?:vor)?",
    r"(?:muchas )?gracias", r"sorry", r"perdon", r"disculp[ae]n?", r"hi", r"hello", r"hola", r"hey", r"ok(?:ay)?",
    r"sir", r"ma'?a?m", r"ugh+", r"smh", r"ha(?:ha)+", r"ja(?:ja)+", r"unfortunately", r"sadly", r"honestly", r"fyi", r"btw", r"(?:just |i )?(?:wanted to |want to )?(?:letting you know|let you know|report)(?: that)?", r"forgot to (?:tell|text|say)(?: you| u)?", r"desafortunadamente", r"lamentablemente", r"desgraciadamente", r"fijese que", r"(?:le|les|solo|nada mas|quiero|queria|para) (?:aviso|avisar(?:le|les)?|decir(?:le|les)?|informo|comento)(?: que)?", r"dios (?:l[ae]s?|te) bendiga", r"bendiciones", r"senorita", r"saludos", r"que tenga (?:buen|bonito) dia", r"omg", r"smh", r"sry", r"good (?:morning|afternoon|evening)", r"buen[oa]s (?:dias|tardes|noches)", r"lol", r"um+", r"(?<!nuh )(?<!nuh-)uh(?!-? ?huh)",
    r"well", r"pues", r"bueno", r"actually", r"really",
)  # fmt: skip
DONT_KNOW = any_of(
    r"idk", r"dunno", r"i?d ?k", r"no (?:clue|idea)", r"(?:have|got|haven'?t|not?) (?:a|any|no) (?:clue|idea)",
    r"do(?:n'?t| not)(?: really)? (?:know|have (?:any|an|a) (?:idea|clue))", r"not (?:quite |really |too )?sure",
    r"unsure", r"(?:wouldn'?t|would not) know", r"do(?:n'?t| not) have that information",
    r"your guess is as good as mine", r"beats me", r"(?:can'?t|couldn'?t|cannot|could not|unable to|hard to) (?:tell|say)(?: you)?", r"who knows", r"(?:waiting|wait|still have|have|need) to (?:hear|find out|ask)(?: back)?(?: (?:on|about|from))?", r"straight answer", r"(?:she|he|kiddo|they) (?:won'?t|doesn'?t|does not|didn'?t|don'?t|wont|doesnt|didnt|never|can'?t) (?:say|tell|remember|know)(?: (?:me|us))?", r"(?:did ?n'?t|haven'?t|have not|forgot to) (?:ask|asked|hear|heard|check|checked)(?: (?:her|him|them|yet|back))?", r"couldn'?t get (?:an answer|it out)", r"no (?:le |lo |la )?(?:he preguntado|pregunte|he visto|he sabido|supe|sabria decirle?)", r"no me (?:dice|dijo|cuenta|conto|ha dicho)(?: nada)?", r"(?:todavia |aun )?no (?:me |nos )?(?:han )?(?:dicho|avisado|dicen|informado)(?: nada)?", r"(?:ni|no) (?:me |nos )?(?:entero|entere|enteramos)", r"sepa", r"saber", r"deje?me (?:preguntar|averiguar)", r"let me (?:ask|check|find out)",
    r"how (?:would|should) i know", r"no way (?:to know|of knowing)", r"(?:was|were)(?:n'?t| not) told", r"(?:nobody|no one) (?:told|tells) (?:me|us)", r"not that i know(?: of)?", r"they (?:don'?t|do not|never) tell (?:me|us)", r"no (?:me|nos) (?:dijeron|avisaron|han dicho|avisan?|dicen?|informan?|informaron|han avisado|comentan?)", r"no (?:lo )?se si\b.*", r"(?:do ?n'?t|dont) know (?:if|whether)\b.*", r"not sure (?:if|whether)\b.*", r"no estoy segur[oa] si\b.*", r"no que yo sepa", r"haven'?t a clue", r"drawing a blank", r"ask (?:the )?(?:school|teacher)",
    r"no tengo (?:ni )?idea", r"ni idea", r"quien sabe", r"no (?:lo )?se(?! (?:dio|dieron|hizo|hicieron|presento|pudo|"
    r"realizo|llevo|tuvo|la|le|lo)\b| (?!como\b|cuanto\b|cuando\b|mucho\b|yo\b|pero\b|solo\b|nada\b)\w+(?:o|aron|ieron)\b)", r"no estoy segur[oa]", r"no sabria", r"no sabemos", r"pregunt[ae] a la escuela",
)  # fmt: skip
HEDGE = any_of(
    r"i think(?: so| not)?", r"i guess", r"i (?:believe|assume|hope|suppose)", r"prob(?:ably|ly)?", r"prolly",
    r"maybe", r"perhaps", r"supposedly", r"might(?: have)?", r"pretty sure", r"not yet", r"creo(?: que)?",
    r"tal vez", r"quiza?s?", r"a lo mejor", r"supongo", r"parece", r"todavia no", r"aun no", r"yes and no",
    r"if (?:she|he|they)", r"should have", r"was supposed to", r"claims?", r"bus", r"camion(?:eta)?", r"doubt", r"allegedly", r"(?:he|she|they|it) (?:will|gonna|going to)",
)  # fmt: skip
PROMISE = any_of(
    r"(?:make|making|makes|made) (?:it |this |that |them |one )?up", r"make-?ups?", r"made up", r"reschedul\w+",
    r"(?:will|'ll|going to|gonna) (?:do|have|get|give)", r"tomorrow", r"next week", r"moved to", r"repon\w*", r"repus\w+",
    r"recuper\w+", r"manana", r"la proxima semana", r"va a", r"van a",
)  # fmt: skip
YES = any_of(
    r"ye+s+", r"yes+", r"yse", r"ys", r"yus", r"ya+s*", r"yass+", r"mm?-?hm+", r"uh[- ]?huh", r"yep+ers?", r"indeed", r"aja", r"sipi", r"sep", r"ya", r"ya+", r"yea+h?", r"yep+", r"yeap", r"yup+", r"yess?ir", r"ye", r"uh huh", r"affirm?\w*tive",
    r"definitely", r"absolutely", r"of course", r"for sure", r"sure did", r"correct", r"right", r"true", r"accurate",
    r"si+", r"sip", r"simon", r"claro", r"por supuesto", r"asi (?:es|fue)", r"correcto", r"afirmativo", r"exacto",
    r"you got it", r"all good", r"10-?4", r"roger(?: that)?",
)  # fmt: skip
HAPPENED = any_of(
    r"(?:got|went to|did|had|finished|enjoyed|loved|rocked|crushed|attended|made it to|tuvo|hizo|recibio|fue a)(?: (?:her|his|their|the|a|some|su|la|el|una|mi))? (?:speech|ot|o\.t\.?|pt|p\.t\.?|rsp|reading|counsel+ing|therapy|session|class|group|lesson|habla|terapia|lenguaje|ocupacional|lectura|consejeria|sesion|clase)",
    r"(?:she|he|they|kiddo) (?:did|had|got|attended) (?:go|it|(?:\w+ )?(?:speech|ot|pt|rsp|reading|counsel\w+|therapy|session))", r"(?:was|is) there (?:all|the whole|for)", r"good session", r"worked (?:on|with|w)", r"practiced", r"(?:they|she|he|kiddo|we) (?:\w+ )?(?:played|practiced|learned|read|colored|painted|jugaron|trabajaron|practico|practicaron|leyeron|jugo|trabajo)", r"(?:jugaron|trabajaron|practicaron|practico)", r"saw (?:them|him|her|kiddo) (?:walk|go|leave|come|in|with)\w*",
    r"(?:he|she|they|kiddo|it|session|speech|therapy|ot|pt) (?:was|went) (?:good|great|fine|ok|okay|normal|fun|awesome|well|as usual|on time|today|in|there)", r"(?:si|sí) (?:la|lo|las|los|le) (?:tuvo|hizo|dio|dieron|dieron|atendieron|hicieron|recibio|vieron)", r"estuvo (?:en|con) (?:su |la |el )?(?:terapia|sesion|terapeuta|terapista|maestra|miss|habla|clase)",
    r"hap+en+e?d", r"(?:she|he|they|it|we|kid) did(?: it| have it| happen)?", r"did happen", r"had (?:it|his|her|them)",
    r"had (?:the |his |her |a )?(?:speech|ot\b|pt\b|therapy|session|counsel)\w*", r"was seen", r"went(?: well| great| fine| to)?", r"got (?:it|his|her)", r"attended", r"was held", r"took place",
    r"(?:saw|seen|worked with) (?:him|her|them)", r"(?:she|he|they) (?:came|showed up)", r"covered", r"loves? going",
    r"hubo", r"(?:la |lo |las |los )?tuv(?:o|ieron)", r"fue (?:bien|a (?:la |su )?(?:terapia|sesion|habla))", r"asistio", r"(?:le |la |lo )?(?:dio|dieron|vio|vieron|atendio)",
    r"vino", r"se (?:dio|hizo|realizo)", r"recibio",
)  # fmt: skip
NO = any_of(
    r"no+", r"nuh[- ]?uh", r"zip", r"zilch", r"zero", r"cero", r"nope+", r"nah+", r"na", r"nop", r"not", r"nel", r"never", r"none", r"neither", r"nothing",
    r"negative", r"false", r"nunca", r"tampoco", r"nada", r"ningun[oa]?", r"negativo", r"no way", r"sin",
)  # fmt: skip
MISSED = any_of(
    r"miss(?:ed|ing)", r"miss(?= (?:it|out|his|her|speech|ot|pt|the|that|this|today|class|session)\b|\W*$)", r"skip(?:ped)?", r"cancel(?:l?ed|l?ado|aron|o|ada|adas|ados)?", r"called off", r"no[- ]?show(?:ed)?",
    r"(?:did|was|were|has|have|does|is|had)(?:n'?t| not)", r"lleva\w* .{1,20} sin", r"sin (?:servicios?|sesion(?:es)?|terapias?|clases? de \w+)(?: hoy| esta semana)?", r"(?:never|not) (?:came|come|happened|show\w*)",
    r"(?:nobody|no ?one|nadie) (?:came|comes|showed(?: up)?|was there|did it|vino|llego|fue|estaba)",
    r"perdi(?:o|eron|mos)", r"suspend\w+", r"falt(?:o|aron)", r"no se (?:la |lo |le |les |me |nos )?\w+", r"no (?:me |se |le |les |lo |la |los |las |nos )*(?:sac|llam|recib|atend|d|h|trabaj|llev|v|tom|pas|junt|present|asist|lleg|particip|vien)(?:o|io|aron|ieron|izo|icieron|ubo|an|e)", r"no (?:hubo|vino|fue|tuvo|llego|paso|se)", r"stopped showing up",
)  # fmt: skip
DOUBLE_NO = any_of(
    r"(?:did ?n'?t|never|not|was ?n'?t) miss(?:ed)?", r"(?:wasn'?t|not|isn'?t|weren'?t) (?:cancel\w+|skipped|missed)",
    r"no (?:se )?(?:l[oa] )?(?:cancel\w+|suspend\w+|perdi\w+|falt(?:o|aron))", r"can'?t say no", r"not (?:a )?no",
)  # fmt: skip
# Of OTHER_FORM: what a line may allow, so that it is given as written after all.
GROUP_FORM = any_of(
    r"(?:in|with) (?:a |the |big |small )?group", r"group of \d+", r"group (?:instead|session)", r"(?:with|w) (?:\w+ )?other (?:kids|students)", r"en grupo", r"con (?:\w+ )?otros (?:ninos|chicos|alumnos|estudiantes)",
)  # fmt: skip
REMOTE_FORM = any_of(
    r"(?:on|over|by|via) (?:zoom|the computer|video)(?: instead)?", r"virtual(?:ly)?(?: instead)?", r"online instead", r"por (?:zoom|computadora|video)",
)  # fmt: skip
OTHER_FORM = any_of(
    r"(?:in|with) (?:a |the |big |small )?group", r"group of \d+", r"(?:with|had|was|by|con|hubo|fue|tuvo|tuvieron|there was|vino|mandaron|pusieron)(?: an?| the| una?| el| la| another)? (?:sub|substitute|sustitut[ao]|suplente)(?: \w+)?", r"group (?:instead|session)", r"whole class", r"(?:with|w) (?:\w+ )?other (?:kids|students)", r"en grupo", r"con (?:\w+ )?otros (?:ninos|chicos|alumnos|estudiantes)",
    r"(?:ta|aide|para|assistant|intern|student teacher|cota|slpa|helper|student) (?:did|ran|covered|worked|led|took|filled)(?: \w+)?", r"(?:was |only |just )?(?:with|w|by) (?:the |an? |her |his )?(?:aide|para|assistant|intern|student teacher|ta)(?: instead)?", r"(?:la|el|una?|con la|con el|con una?) (?:asistente|ayudante|practicante|sustitut[ao]|suplente|otra maestra|otra persona|aide)(?: (?:la|lo|le|se))* ?(?:\w+)?", r"(?:otra|una) (?:maestra|persona|terapeuta|senora) (?:diferente|nueva|la|lo|le|se|que)\b.*",
    r"(?:a |the |another )?(?:sub|substitute|slp) (?:did|came|covered|had|saw|worked|ran|took)", r"(?:on|over|by|via) (?:zoom|the computer|video)(?: instead)?", r"virtual(?:ly)?(?: instead)?", r"online instead", r"por (?:zoom|computadora|video)", r"(?:just |only )?(?:a )?(?:packet|worksheets?)(?: instead)?", r"consult(?:ed|ation)? (?:only|instead|with)", r"(?:only|just)(?: did| had| got| gave)?(?: an?| the)? consult(?:ation|ed)?", r"(?:solo|nada mas|solamente)(?: (?:hizo|hicieron|hubo|fue|dieron))?(?: una?)? consulta", r"just (?:checked in|a check[- ]?in)",
)  # fmt: skip
PART = any_of(
    r"part of", r"some of (?:it|the)", r"(?:not|def(?:initely)? not|pero no) (?:all|the whole|the full|tod[ao]|complet[ao])(?: of it| thing| time)?", r"only part", r"cut (?:it |her |him |them )?short", r"(?:ended|left|stopped|finished) early", r"a (?:little )?bit", r"short session",
    r"(?:se fue|salio|termino|acabo) (?:mas )?temprano", r"left early", r"una parte", r"un rat(?:o|ito)", r"poquito", r"mas corta", r"incomplet\w+",
)  # fmt: skip
HALF = any_of(r"half(?: of (?:it|the time))?", r"(?:la )?mitad")
HALF_HOUR = any_of(r"half (?:an )?(?:hour|hr)", r"media hora")
MINUTES = re.compile(
    r"\b(\d{1,3}) ?(?:min(?:s|utes?|utos?)?|m)\b(?! (?:before|after|ago|early|into|antes|despues|de haber))"
)
OF_THEM = re.compile(
    r"(?<!\bat )(?<!\blas )\b(\d{1,3}) ?(?:min\w* )?(?:\w+ )?(?:of(?: the)?|not|out of|de(?: los)?|instead of|en vez de|y no) \d{1,3}\b"
)
FULL = any_of(
    r"(?:the |a |all |toda |todo )?(?:full|whole|entire|complete|complet[oa]|enter[oa]|tod[oa])(?: la| el| los| las)? "
    r"(?:\d{1,3}(?: min\w*)?|time|thing|session|hour|half hour|hr|sesion|hora|tiempo|media hora)",
    r"all \d{1,3}(?: min\w*)?",
    r"los \d{1,3}(?: min\w*)? complet\w+",
    r"complet[oa]s? los \d{1,3}(?: min\w*)?",
)
ONLY_NUMBER = re.compile(
    r"\b(?:only|just|solo|nomas|pero|but|barely|apenas|got|unos|como)(?: like| about| only| just| had| got| did| lasted| gave (?:him|her)| "
    r"como| unos| solo| nomas| tuvo| le dieron| dieron| duro| fueron)* (\d{1,3})\b(?! ?(?:of|x|times|days|dias|veces|other|kids|out|de|%|/|:))"
)
LESS = re.compile(r"\b(\d{1,3}) ?(?:min(?:s|utes?|utos?)?|m) (?:late|short|less|tarde|menos)\b")
BOTH = any_of(
    r"both", r"all(?: of them)?", r"ambas", r"ambos", r"l[ao]s dos", r"tod[ao]s", r"everything", r"every one"
)
NEITHER = any_of(r"neither", r"none", r"ningun[oa]?", r"nada", r"nothing")
ONLY = any_of(r"only", r"just", r"solo", r"solamente", r"no ?mas", r"nada mas", r"unicamente")
EXCEPT = any_of(
    r"except(?: for)?",
    r"but not",
    r"all but",
    r"everything but",
    r"todo menos",
    r"menos",
    r"excepto",
    r"pero no",
)

AMBIGUOUS_WHO = any_of(
    r"(?:she|he)(?:'s| is| was)? (?:out )?(?:sick|ill|absent)", r"(?:out )?sick", r"absent", r"falto"
)
CONTRADICTS = any_of(
    r"school says? (?:yes|no|they|it|he|she)", r"they (?:say|said|told us) (?:yes|no|it|he|she|they)", r"(?:she|he) says? (?:yes|no)",
    r"(?:me|nos) dijeron que", r"dicen? que (?:si|no)", r"logged it", r"counted it", r"it was testing not",
)  # fmt: skip

KNOWS = (
    ("child_said", any_of(r"(?:he|she|my (?:son|daughter|kid)) (?:said|says|told me|tells me)", r"(?:me|nos) dijo (?:el|ella|mi hij[oa])", r"mi hij[oa] (?:me )?dijo")),
    ("school_wrote", any_of(r"(?:e-?mail|note|letter|message) from", r"(?:they|teacher|school) (?:emailed|wrote|texted)", r"mando una nota", r"correo de")),
    ("school_said", any_of(r"(?:teacher|school|therapist|office|slp) (?:said|says|told|called)", r"la (?:maestra|escuela|terapeuta) (?:me )?dijo")),
    ("saw", any_of(r"i (?:saw|was there|watched)", r"(?:yo )?(?:lo |la )?vi\b", r"estuve ahi")),
)  # fmt: skip
