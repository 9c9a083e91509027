"""Words that may stand around an answer without making it about something else, English and Spanish together.

A text about something else has several words that are not among these (`reading.strays`).
"""

from __future__ import annotations

COMMON = frozenset(
    """
    a about actually after again ahead algo all almost already alright also always am an and answer
    antes any anyway apenas apparently aqui are around as asi at atencion aunque aww ayer back bad bc
    bcuz be because been before best better bien big bit both buena bueno busy but by came can casi
    cause chica chico clase clases class classroom come como completa completely completo con cosas
    counseling counselor count counted coz creo crying cual cuando cuz dado dan dar daughter day de
    decir del despues dia dias dicen dicha diciendo did didn't didnt different dijo dio dios do does
    doesn't doesnt doing donde done due dura during duro e each early easy el ella ellas ellos else en
    end entonces entro era eran es esa escuela ese eso esta estaba estan este esto estuvo even ever
    every everyone everything exactly extra finally fine first fisica for friday from fue fueron fun fyi
    gave get gets getting give given glad go gonna good got gotta gracias great group guess gusta gusto
    ha habla hace hacer had happens happily happy has hasn't hasnt hasta have haven't hay he he'd he's
    her here hes hey hija hijo him himself his hizo home hora horas hour how however hoy hubo i i'd i'm
    i've id if igual im in into ir is isn't isnt it it's its ive jugaron jugo just kid kiddo kids kinda
    la las last late later le lenguaje les like lil little llegaron llego lleva lo logopeda long los lot
    lots love luego lunch maestra maestro mandado mas me menos mes mi min mins minute minutes misma
    mismo monday month more morning most mr mrs ms much mucha muchacha muchacho muchas mucho muy my nada
    nena nene next nice nicely nina ninas nino ninos normal nos nosotros now o ocupacional of off on
    once one only or ot other otra otras otro otros our ours out over para part pasada pasado pasar pe
    perfect pero played playing pm poco por porque practiced pregunto pretty primera primero profe
    profesor profesora pt pues put que question quick quickly quien r rato really recibe recibio
    response room running said salio salon same saw say saying says schedule school se second see seemed
    seems segun segunda semana senor senora ser service services sesion sesiones session sessions she
    she's should sick sido siempre sign since sister so sobre solo some sometimes son soon sounds speech
    start started still stuff su sub super sus tal tambien tarde teacher teachers temprano tener tenia
    terapeuta terapia terapista thank thanks that that'd that's thats the their them then therapist
    therapy there these they they're they've theyre third this though through thursday tiempo tiene til
    till time times to toco toda todas today today's todo todos told tonight too took totally toward
    trabajaron trabajo tried tuesday tuvo twice u un una unas unos up us usual usually va vamos van ven
    very vez vi viene vino vio volvio w want wanted was wasn't wasnt way we wednesday week weeks well
    went were weren't werent what when while who whole with wk work worked working worksheets would wow
    y ya yay year yesterday yo you your yup
    """.split()  # noqa: SIM905  a page of quotes is harder to read
)
