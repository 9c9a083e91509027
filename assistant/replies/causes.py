"""Why a session did not happen, in parents' words. In this order: the first pattern that fits decides.

The buckets follow from the cause (`words.bucket_of`), so the order matters where two could be read: a state's
own test goes before everything, "sent home with a fever" is the school's doing, "her therapist has the flu"
is the therapist's absence and not the child's.
"""

from __future__ import annotations

import re

from assistant.replies.lexicon import any_of
from assistant.words import Cause

_TITLED = r"(?:ms|mrs|mr|miss|dr|maestra|maestro|miss|senora|senorita|profe|profesora?)\.? (?!was|is|did|had|has|no|se|le|que)\w+"
_ROLE = (
    r"(?:therapist|teacher|slp|provider|counsel+or|specialist|pathologist|aide|para|nurse|ot|pt|tutor|interpreter|"
    r"(?:speech|ot|pt|reading|rsp|resource|counsel+ing|therapy|aide)(?: and language)? "
    r"(?:lady|guy|woman|man|person|teacher|therapist|specialist|aide)|"
    r"terapeuta|terapista|maestr[ao]|logopeda|fonoaudiolog[ao]|profesor[ae]?|psicolog[ao]|consejer[ao]|"
    r"especialista|senora|senorita|asistente|ayudante|enfermera|muchacha|encargad[ao]|la de (?:habla|speech|ot|terapia)|"
    r"speech|miss|ms|mrs|mr)"
)
STAFF = rf"(?:{_TITLED}|{_ROLE}(?: de (?:habla|lenguaje|ot|terapia|speech|lectura))?)"
CHILD = r"(?:kiddo|(?:my |our )?(?:son|daughter|kid|child|boy|girl|baby)|(?:mi |el |la )?(?:hij[oa]|nin[oa]|nene|nena))"
_ILL = (
    r"(?:covid|flu|strep|pink ?eye|lice|stomach (?:bug|flu|ache|thing)|tummy (?:bug|ache)|ear infection|fever|chicken ?pox|"
    r"(?:a |bad )?cold|migraine|bronchitis|pneumonia|hand foot|sore throat|cough|asthma|"
    r"gripe|gripa|calentura|fiebre|tos|vomito|diarrea|varicela|piojos|infeccion|dolor de \w+)"
)
_AWAY = (
    rf"(?:out|absent|sick|ill|away|gone|off|on leave|not there|not here|not in|on vacation|home|missing|unavailable|"
    rf"at a (?:funeral|doctor\w*|conference)|in the hospital|having surgery|with {_ILL})"
)
_LOSS = (
    rf"(?:{_ILL}|jury duty|an? (?:\w+ )?emergency|surgery|a (?:death|funeral|sick kid|baby|doctor'?s?|dentist|dr)\b.*|"
    r"car trouble|a flat|personal day|una emergencia|un funeral|cita\b.*|cirugia|un accidente)"
)
_FROM = r"(?:before|so|and|y|pero)"
_RIDE = r"(?:(?:the|his|her|our|school|el|la|su) )*(?:bus|van|camion(?:eta)?|autobus|transporte|transportation)(?: (?:escolar|de la escuela))?"
_NO_RIDE = (
    rf"(?:{_RIDE} (?:did ?n'?t|did not|never) (?:come|came|show(?:ed)?(?: up)?|arrived?|pick (?:him|her|them|us|kiddo) up|picked (?:him|her|them|us|kiddo) up)|"
    rf"{_RIDE} (?:no|nunca) (?:l[oa] |nos |vino a |paso a )?(?:vino|llego|paso|recogio|recoger\w*)|no (?:vino|llego|paso) {_RIDE}|{_RIDE} (?:was a )?no[- ]?show(?:ed)?)"
)
_NOT_THERE = (
    r"(?:so|y|asi que|por eso)(?: \w+)? (?:(?:had|has|got) to (?:stay|come|go)|(?:stayed|was kept|came|went)) home|"
    r"(?:so|y|asi que|por eso)(?: \w+)? (?:could ?n'?t|did ?n'?t|could not|did not|no (?:pudo|fue|pudimos|llego)) ?(?:go|come|get|ir|asistir|llegar|a)\b.*|"
    r"(?:so|y|asi que|por eso)(?: \w+)? (?:missed|falto|se quedo)\b.*"
)
# A no-show of the bus may be told beside anything; a miss it is where the text says no first, or what came of it.
NO_RIDE = re.compile(
    rf"^\W*(?:no|nope)[,.;!]+ (?:porque |because )?{_NO_RIDE}|\b{_NO_RIDE}\W+(?:{_NOT_THERE})"
)
RIDE_ONLY = re.compile(rf"\b{_NO_RIDE}")

CAUSES = (
    # The states' own tests by name: whatever else happened that day, it happened because of them.
    (Cause.TESTING, any_of(r"caaspp", r"sbac", r"parcc", r"staar", r"mcas", r"elpac", r"map test\w*", r"state tests?(?:ing)?", r"(?:examen(?:es)?|pruebas?) (?:del estado|estatales?)")),
    (Cause.SENT_HOME, any_of(
        r"sent (?:him|her|them|home)\b.*", r"sent \w+ home", r"told not to come", r"(?:was|got|is|been|he's|she's|kiddo's) suspended", r"suspended (?:him|her|them|kiddo)", r"suspension", r"expelled",
        r"(?:put|has|have|got)?(?: (?:him|her|them))?(?: now)? on (?:a )?(?:shortened|reduced|modified|partial) (?:school )?days?(?: schedule)?", r"(?:shortened|reduced|cut) (?:his|her|their) day",
        r"(?:had|have|told|asked|made|called)(?: me| us| my \w+)?(?: at \w+)?(?: to)?(?: come)?(?: and)? (?:get|pick up|pick|keep) (?:him|her|them|kiddo)(?: up)?(?: home| early)?(?! (?:for|from) (?:the |a |his |her )?(?:dentist|doctor|dr|appointment|appt))",
        r"(?:lo|la|los|me lo|me la|nos lo|nos la|a kiddo) (?:mand(?:aron|o)|regres(?:aron|o)|envi(?:aron|o)) (?:temprano )?(?:a|para|pa)?(?: la| mi)? ?casa", r"(?:mand|regres|envi)(?:aron|o) a (?:la |mi )?casa", r"(?:l[oa]|me l[oa]) suspendieron", r"(?:esta|estaba|fue) suspendid[oa]",
        r"(?:me|nos) (?:llamaron|hablaron|hicieron|pidieron|dijeron)(?: (?:de la escuela|que|para que|a|para))* (?:ir a |fuera a |venir a |pasar a |fuera por )?(?:l[oa] )?(?:recoger|recogerl[oa]|levantar|llevar\w*|recogiera|traerl[oa])",
        r"horario reducido", r"(?:le )?(?:redujeron|acortaron) el dia", _NO_RIDE,
        rf"(?:aide|para(?:pro\w*)?|nurse|asistente|ayudante|enfermera)\b[^.;!?]{{0,40}}?\W(?:{_NOT_THERE})",
    )),
    (Cause.SCHOOL_EVENT, any_of(r"(?:fire|lock ?down|earthquake|tornado|evacuation|safety|active shooter) (?:drill|alarm)", r"lock ?down", r"simulacro", r"drill")),
    (Cause.PROVIDER_ABSENT, any_of(rf"{STAFF}(?: \w+)? (?:took|takes|had|has) (?:a |the |another )?(?:personal |sick |mental health )?days? off", rf"{STAFF}(?: \w+)? took (?:a |the )?(?:personal|sick|vacation)(?: day)?", rf"{STAFF} (?:tenia|tuvo|pidio|tomo) (?:el )?(?:dia|permiso)(?: libre)?")),
    (Cause.CLOSURE, any_of(r"(?:no|not|isn'?t|wasn'?t|wasnt|isnt) (?:any )?school(?! log)", r"school(?:'s| was| is)? closed", r"no (?:hay|hubo|habia) (?:clases?|escuela)")),
    (Cause.CHILD_ABSENT, any_of(r"(?:our |a |his |her )?religious (?:holiday|day|observance|reasons?)", r"(?:eid|yom kippur|rosh hashanah?|passover|diwali|ramadan|lunar new year)", r"(?:dia|fiesta|motivos?) religios[oa]s?")),
    (Cause.CLOSURE, any_of(
        r"(?:snow|ice|heat|wind|weather|smoke|fog|flood) days?", r"(?:no|not|isn'?t|wasn'?t|wasnt|isnt) (?:any )?school(?! log)(?: today)?", r"school(?:'s| was| is| got)? (?:all )?(?:closed|cancell?ed|out|off)(?! of)", r"closed(?: today)?",
        r"holiday", r"day off", r"(?:kids|students|everyone|they|we) (?:were|was|are|had|have|is) (?:all )?(?:the day )?off(?: school)?", r"(?:teacher|staff|district|student) (?:work|in-?service|training|development|free|planning) ?day", r"work ?day", r"in-?service", r"pupil[- ]free(?: day)?",
        r"(?:veterans?|labor|memorial|presidents?|columbus|independence|indigenous peoples?|mlk|martin luther king|cesar chavez|election)'?s? day", r"thanksgiving", r"christmas", r"juneteenth", r"(?:winter|spring|fall|summer|mid-?winter|october) (?:break|vacation|recess)",
        r"strike", r"power (?:outage|went out|was out|is out)", r"outage", r"evacuat\w+", r"smoke", r"gas leak", r"water main", r"burst pipe", r"no water", r"bomb threat",
        r"no (?:hay|hubo|habia|tuvo|tuvieron|tienen) (?:clases?|escuela)", r"(?:la )?escuela (?:estaba |estuvo |esta |fue )?cerrad[oa]", r"cerraron (?:la )?escuela", r"cerrad[oa]", r"feriado", r"dia festivo", r"dia de (?:los veteranos|accion de gracias)", r"festivo", r"huelga", r"sin clases", r"vacaciones de (?:invierno|primavera|verano)", r"(?:son|es|estan de|de|estamos de) vacaciones", r"dia libre", r"nevada", r"apagon", r"se fue la luz", r"no hubo luz", r"dia de (?:planeacion|maestros|capacitacion)", r"suspendieron (?:las )?clases",
    )),
    (Cause.NO_PROVIDER, any_of(
        r"(?:no|without an?|never had an?|still no|lost (?:our|his|her|their|the)) (?:replacement|permanent \w+|full time \w+|therapist|provider|slp|speech (?:teacher|lady|therapist)|counsel+or|teacher|specialist|aide (?:hired|yet|since|assigned)|ot yet|pt yet)",
        r"vacan\w+", r"unfilled", r"recruit\w*", r"short ?staffed", r"staff(?:ing)? shortage", r"shortage", r"under ?staffed", r"(?:position|spot|job|post)(?:'s| is| was)? (?:still )?(?:open|empty|vacant|not filled|unfilled)", rf"do(?:n'?t|es ?n'?t|es not|nt)(?: even)? have (?:an?|any|one|anyone|anybody) ?{_ROLE}?", r"(?:haven'?t|have not|not|never|hasn'?t|havent|hasnt|trying to|need to|still) (?:been )?(?:hired|hir(?:e|ing)|filled|replaced|assigned)(?: \w+)?", r"(?:still |they'?re |are )?(?:looking for|searching for|trying to find|can'?t find|cant find|couldn'?t find|waiting (?:on|for)) (?:an? |a new |another |the new |somebody|someone|anyone)", r"until they (?:hire|find|get)",
        rf"{STAFF}(?: \w+)? (?:quit|left|resigned|retired|moved(?: away)?|transferred|got (?:fired|let go|laid off)|doesn'?t work there)(?! early)(?! before)(?! the room)", r"she quit", r"he quit", r"(?:medical|maternity|mat|family) leave", r"on leave", r"(?:on|went on|out on) maternity", r"had (?:her|a) baby", r"no (?:long ?term )?sub(?:stitute)? (?:yet|hired|found)", r"new (?:therapist|slp|one|ot|pt|person) (?:starts|hasn'?t|isn'?t|won'?t)",
        rf"{STAFF}(?: \w+)? (?:has ?n'?t|have ?n'?t|has not|have not|did ?n'?t) (?:even )?start(?:ed)?(?: yet)?", rf"{STAFF}(?: \w+)? (?:does ?n'?t|won'?t|will not|does not) start\b.*", rf"{STAFF} (?:todavia |aun )?no (?:ha empezado|empieza|empezo|ha comenzado)\b.*", rf"(?:todavia |aun )?no (?:ha empezado|empieza|ha comenzado) (?:la|el|su) {STAFF}",
        r"(?:no|todavia no|aun no|ya no|que no) (?:hay|tienen|tenemos|tiene|habia|han encontrado|encuentran|consiguen|mandan) (?:\w+ )?(?:terapeuta|terapista|logopeda|maestr[ao]|especialista|psicolog[ao]|consejer[ao]|nadie|sustitut[ao]|reemplazo|quien|persona(?:l)?|asistente|a nadie)",
        r"sin (?:nadie|terapeuta|terapista|maestr[ao]|reemplazo|asistente)", r"plaza", r"puesto (?:esta |sigue )?(?:vacante|vacio|libre)", r"(?:vacante|falta de personal|no hay personal)", r"renuncio", r"se (?:jubilo|retiro|fue de la escuela)", r"(?:de|por) (?:baja|maternidad)", r"for months", r"(?:no|aun no|todavia no|estan) (?:han contratado|contratan|contratando|contrataron|buscando)(?: \w+)*",
        r"stopped showing up", r"(?:weeks|months) ago", r"(?:desde|hace) (?:el ano|hace|\w+) (?:meses|semanas|ano)(?: que)?(?: no)?", r"desde (?:el ano|hace)", r"no mandaron a nadie", r"buscando (?:a |una? |otr[ao] )?(?:terapeuta|terapista|maestr[ao]|alguien|persona|quien)",
    )),
    (Cause.STAFF_PULLED, any_of(
        r"pulled (?:for|to|into|away|out (?:for|to)|her|him)", r"(?:got|was|were|been|being) pulled(?! out of)", r"(?:at|in|for|into|to|has|had|have|having)(?: a| an| another| the| some| her| his)?(?: \w+)? ?(?:iep |staff |team |arc |district |other )?(?:meeting|mtg)s?", r"meetings?(?: all day)?", r"iep ?(?:meetings?|mtgs?)", r"mtgs?", r"(?:sent|went|had|asked|told) to (?:help|cover|assist) ?\w*", r"helping (?:another|other|out)", r"iep'?s? all (?:day|week|morning)", r"(?:at|in|for|had|has|to|a|staff|teacher) (?:a |an |the )?(?:\w+ )?(?:training|workshop|conference|professional development|pd)\w*", r"trainings?",
        r"pd day", r"(?:to )?(?:cover|covering|covered|covers)(?: for)?(?: a| an| another| the| some| other| in)? (?:\w+ )?(?:class\w*|teacher|room|grade|lunch|recess|yard|duty|kindergarten)", r"cover(?:ing|age)", r"subbing(?: in| for)?", r"(?:had|has|made (?:her|him|them)|to) (?:to )?sub(?: in| for)?", r"proctor\w*", r"(?:testing|evaluating|assessing|screening|tested|evaluated) (?:other|another|new|some|more|different) \w+", r"(?:testing|evaluating|assessing|screening|tested|evaluated) (?:others?|kinder\w*|preschool\w*|a (?:new )?(?:kid|student|child)\w*)", r"(?:doing|had|has|busy with|finishing|with) (?:\w+ )?(?:evals?|evaluations?|assessments?|screenings?|paperwork|reports)", r"evals?", r"crisis", r"(?:called|pulled|needed|busy|tied up|stuck|helping) (?:in ?to|away|with|in|elsewhere|out) (?:another|a|the|other) ?\w*", r"(?:other|another) (?:kid|student|emergency)", r"staff development",
        r"(?:en|tenia|tuvo|tenian|tuvieron|a|por|de|una|otra|habia|hubo|con) (?:una |otra |la |sus? )?(?:junta|reunion|reuniones|juntas|conferencia|entrenamiento|taller)s?", r"(?:junta|reunion) (?:de|del|con)", r"capacitacion(?:es)?", r"entrenamiento", r"(?:evaluando|evaluaciones|evaluar|haciendo (?:pruebas|evaluaciones)|examinando)(?: a)?(?: otr[oa]s?)?(?: \w+)?", r"(?:cubriendo|cubrir|cubrio|cubre)(?: (?:a|otr[oa]|una?|la|el))*(?: clase| grupo| maestr[ao]| salon)?", r"(?:l[oa]|le) (?:pusieron|mandaron|sacaron|ocuparon|llamaron)(?: (?:a|para|en))+ (?:cubrir|otr[oa]|una?|ayudar)", r"ocupad[oa] con", r"atendiendo (?:a )?otr\w*",
    )),
    (Cause.CHILD_REFUSED, any_of(
        r"refus(?:ed|es|ing|al)", r"(?:would|wud)(?: ?n'?t| not|nt) (?:go|participate|do (?:it|anything)|work|come|leave|get|cooperate|talk|engage|listen|take part|join(?: in)?)\w*", r"did ?n'?t (?:want (?:to|any)(?: \w+)?|wanna(?: \w+)?|feel like (?:it|going))", r"did not want to", r"tantrum", r"melt(?:ed)? ?down", r"shut down", r"threw a fit", r"having a (?:bad|rough|hard) (?:day|time|morning)", r"ran (?:off|away|out|from)", r"hid (?:under|in|from)", r"not (?:cooperat\w+|having it|in the mood)", r"cried the whole",
        r"could ?n'?t get (?:him|her|them) (?:in(?:to|side)?|out of|to go)\b.*", r"no (?:l[oa] )?quiso", r"se nego", r"no (?:queria|quizo|quiere)", r"(?:hizo|tuvo|le dio|con) (?:un )?(?:berrinche|rabieta|crisis)", r"berrinche", r"se (?:escondio|porto mal|puso a llorar|encerro)", r"no se dejo", r"(?:estaba|se puso) (?:muy )?llorando",
    )),
    (Cause.PROVIDER_ABSENT, any_of(
        rf"{STAFF}(?: \w+)?(?: is| was| were|'s| has been| been)? ?(?:still |just |also |all |probably )?{_AWAY}(?: (?:all|until|till|til|this|today|again|w|with) ?\w*)?",
        rf"{STAFF}(?: \w+)? (?:has|had|got|have|w|with|is having|caught|called (?:out|in|off)|tuvo|tenia|tiene|con) (?:the |a |an |una? |la )?{_LOSS}", rf"{STAFF}(?: \w+)?(?:'s)? (?:called|calls) (?:out|in|off)(?: sick)?", rf"{STAFF}(?: \w+)? (?:didn'?t|did not|didnt|never|no) (?:come|show\w*|came|make it|arrive)(?: \w+)?", rf"{STAFF}(?: \w+)? (?:was ?n'?t|is ?n'?t|wasnt|isnt|wasn t|was not|is not|not) (?:there|here|in|at (?:school|work)|available|around)(?: today)?", r"no[- ]show(?:ed)?", r"no sub", r"did ?n'?t send (?:one|any\w*|a sub)", r"(?:nobody|no one) (?:filled in|covered|to cover|to sub)",
        rf"{STAFF}(?: \w+)? (?:hoy )?(?:no (?:vino|llego|estaba|estuvo|fue|se presento|asistio|pudo (?:venir|ir|llegar)|trabajo|ha venido|iba a estar|esta)|falto|(?:estaba|esta|estuvo|anda|andaba|se puso|se) (?:muy )?(?:enferm\w+|mal\w*|ausente|incapacitad[oa]|de vacaciones|fuera)|se enfermo|cancelo|tuvo que (?:irse|salir)|pidio permiso)",
        rf"(?:no (?:vino|llego|estaba|estuvo|se presento|fue|asistio)|falto|faltando|se enfermo|cancelo) (?:hoy )?(?:la|el|su|mi) {STAFF}", rf"(?:estaba|esta) (?:enferm[oa]|ausente) (?:la|el|su) {STAFF}", r"(?:she|he) (?:is|was|'s) (?:out|gone|away)(?: again)?(?! of)", r"out (?:again|today|sick today|till \w+|til \w+|until \w+)",
        r"(?:she|he) (?:cancell?ed|called (?:out|off|in sick))\b.*", r"(?:ella|el) cancelo", r"sub(?:stitute)? (?:did ?n'?t|did not|wouldn'?t) \w+", r"(?:therapist|teacher) i mean", r"no (?:la|lo) reemplaz\w+", r"(?:nadie|ninguna persona) (?:la|lo) (?:cubrio|reemplazo)",
    )),
    (Cause.CHILD_ABSENT, any_of(
        rf"(?:{CHILD}|he|she|they|we)?(?:'s| was| is| were| had been)? ?(?:all )?(?:stayed |at |kept )?home(?: (?:sick|today|all day|with\b.*))?(?! school)", r"sick at home", r"home sick", r"stayed home", r"kept (?:him|her|them|\w+) (?:at )?home",
        r"was ?n'?t (?:at|in) school", r"wasnt (?:at|in) school", r"(?:did ?n'?t|did not|didnt|not|never) (?:go|come|went|make it|get|even go|send (?:him|her|them)) to school", r"(?:absent|not at school|out of school|missed school|skipped school)(?: today)?", r"no (?:fue|vino|asistio|fuimos|llego) a (?:clases?|la escuela)", r"no (?:l[oa]|los) (?:mand(?:e|amos)|llev(?:e|amos))", r"fever", r"fiebre", r"calentura", rf"(?:{CHILD}|he|she|kids|con|got|caught|home with|with|tiene|tenia|tuvo|has|had|le dio|por)(?: got| has| had| have| caught| tiene| tenia| tuvo| down with| con)? (?:the |a |an |una? |la |el )?{_ILL}", r"(?:throwing|threw) up", r"vomit\w*", r"puk(?:ed|ing)", r"urgent care", r"(?:at|to|from|with|seeing) (?:the |a |her |his )?\w*(?:ologist|iatrist|pediatr\w+|surgeon|allergist|specialist)(?: all day)?", r"(?:the )?er\b", r"hospital(?:ized)?", r"rash", r"not feeling (?:well|good)", r"under the weather", r"doctor'?s? (?:note|appointment|appt|visit|office)?", r"(?:doctor|dentist|dr|orthodontist|ortho|eye doctor|pediatrician|specialist) ?(?:appointment|appt|appts|visit|today|at|this|checkup|so)\b.*", r"(?:at|to|from|had|the|a|for) (?:the |a |her |his )?(?:doctor|doctors|dentist|dr|orthodontist|pediatrician|clinic|therapy outside)\b.*", r"app(?:oin)?tments?", r"appts?", r"(?:we|family|he|she|they)(?:'re| were| was| are|'s)? (?:out of (?:town|state|the country)|traveling|travelling|away|on (?:a )?(?:vacation|trip|cruise)|visiting|camping|in (?:mexico|hawaii|\w+ (?:till|til|until)))", r"(?:vacation|disneyland|disney|family trip|road trip)", r"funeral", r"overslept", r"slept in", r"we were (?:running )?late", r"missed the bus", r"car (?:broke|trouble|wouldn'?t)", r"court",
        rf"{CHILD} (?:was|is|'s|got|felt|woke up) (?:home )?(?:sick|ill|absent|out|late)", rf"{CHILD} (?:no (?:fue|vino|asistio)|falto|(?:estaba|esta|estuvo|anda|andaba|se puso|amanecio) (?:muy |bien )?(?:enferm\w+|mal\w*|resfriad[oa]))", r"could ?n'?t take (?:him|her)", r"outside therapy", r"(?:i|we) (?:picked|took|pulled) (?:him|her|them|kiddo) (?:up |out )?(?:early|out|to)",
        r"no fue a la escuela", r"falto a (?:la escuela|clase)", r"falt(?:amos|aron)", r"(?:se quedo|estaba|esta|nos quedamos|se quedaron|lo deje|la deje) (?:hoy )?en (?:la )?casa", r"(?:tenia|tuvo|teniamos|tuvimos|fue a|por|a|una|su) ?(?:una )?cita(?: (?:medica|con|del?|en|al?)\b.*)?", r"cita (?:medica|con el)", r"dentista", r"(?:fuimos|fue|lo lleve|la lleve|llevamos) (?:a\w* )?(?:el |la |un |una )?(?:doctor\w*|medico|hospital|clinica|emergencias?|dentista)", r"doctor\w*", r"medico", r"hospital", r"emergencias?", r"enfermit[oa]", r"se enfermo", r"andamos (?:de viaje|fuera)", r"de viaje", r"(?:estamos|estabamos|fuimos|vamos) (?:en|a|de) (?:mexico|viaje|guatemala|vacaciones|\w+ de viaje)", r"salimos (?:de viaje|temprano|fuera)",
        r"(?:mi )?(?:hij[oa]|nin[oa]|bebe|nene|nena) (?:estaba|esta|estuvo|amanecio|anda|sigue) (?:muy |bien )?(?:enferm\w+|mal\w*)", r"(?:estaba|esta|estuvo|amanecio|anda|andaba|sigue|se puso|se sentia) (?:muy |bien |un poco )?(?:enferm[oa]|malit[oa]|mal|resfriad[oa])", r"no lo lleve", r"no la lleve", r"lo recogi temprano", r"la recogi temprano",
    )),
    (Cause.SCHOOL_EVENT, any_of(
        r"assembl(?:y|ies)", r"field ?trips?", r"(?:class|school|birthday|holiday|halloween|christmas|valentine\w*|pizza|end of (?:the )?year) part(?:y|ies)", r"party (?:instead|today|in (?:his|her|the) class)", r"pictures? ?day", r"school pictures", r"concert", r"rall(?:y|ies)", r"performance", r"rehears\w+", r"recital", r"school play", r"program practice", r"fun run", r"(?:jog|walk|read)[- ]?a[- ]?thon", r"field day", r"spirit (?:day|week)", r"book fair", r"science fair", r"talent show", r"carnival", r"parade", r"graduation", r"guest speaker", r"movie(?: day)?", r"awards?(?: ceremony)?", r"track meet", r"sports day", r"(?:special|school) event",
        r"asamblea", r"excursion", r"paseo", r"fiesta (?:de la (?:escuela|clase)|del? (?:salon|cumpleanos|halloween|navidad|fin)|escolar|hoy|en (?:la escuela|el salon|su clase))", r"(?:hubo|habia|tenian|tuvieron|por la|hicieron|tuvo) (?:una? )?(?:fiesta|convivio)", r"festival", r"evento", r"(?:dia de |las |por )?fotos", r"concierto", r"presentacion", r"desfile", r"graduacion", r"obra de teatro", r"ensayo", r"feria(?: de)?", r"convivio", r"kermes", r"pelicula",
    )),
    (Cause.TESTING, any_of(r"(?:state |district |benchmark |standardized )?test(?:s|ing)", r"exam(?:s|enes)?", r"pruebas?", r"benchmark\w*")),
    (Cause.MINIMUM_DAY, any_of(
        r"min(?:imum)? ?days?", r"half day", r"early (?:release|dismissal|out|pick ?up day)", r"short(?:ened)? day", r"late start", r"delayed (?:start|opening)", r"two hour delay", r"2 hour delay", r"let out early", r"got out early", r"noon dismissal",
        r"dia (?:corto|minimo)", r"medio dia", r"salieron (?:mas )?temprano", r"salida temprana", r"(?:entraron|empezaron) tarde", r"horario corto",
    )),
    (Cause.OTHER, any_of(
        r"(?:no|not? any|couldn'?t find a|lost (?:the|their)|ran out of) (?:room|space|classroom|place)", r"forgot(?:ten)?", r"forgets", r"double ?booked", r"schedul(?:e|ing) (?:conflict|mix ?up|mess|issue|problem|change|error)\w*", r"mix(?:ed)? ?up", r"(?:tech\w*|internet|wifi|wi-fi|zoom|computer|laptop|chromebook|link|system|connection|camera) (?:\w+ )?(?:issues?|problems?|trouble|down|went down|was down|didn'?t work|didnt work|wouldn'?t|not working|crashed|failed)", r"(?:would ?n'?t|couldn'?t|didn'?t|not|won'?t) (?:connect|load|log ?in|work)(?: right)?", r"ran out of time", r"(?:was|were|got|is|running|too|so) (?:too |so |\w+ )?late so", r"running (?:late|behind)", r"ran (?:late|over)", r"didn'?t have time", r"no time",
        r"no (?:habia|hay|hubo|tenian) (?:salon|espacio|lugar|cuarto|aula|tiempo|internet|conexion)", r"se le(?:s)? (?:olvido|paso)", r"(?:fallo|fallaron|no (?:servia|sirvio|funciono|funcionaba|jalo|jalaba)|se cayo)(?: (?:el|la|los))? ?(?:internet|zoom|computadora|sistema|conexion|llamada|tableta|link|enlace)?", r"(?:el )?(?:internet|zoom|sistema) (?:no|se|fallo)\b.*", r"problemas? (?:con|de) (?:el |la )?(?:internet|zoom|horario|conexion|computadora|tecnic\w*)", r"problemas? tecnic\w+", r"(?:cambio|confusion|error) (?:de|en|con) (?:el )?horario", r"se le hizo tarde", r"no (?:les |le )?(?:alcanzo|dio) (?:el )?tiempo",
    )),
)  # fmt: skip
