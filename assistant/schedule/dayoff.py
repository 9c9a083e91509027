"""Whether the summary of an all-day calendar event reads like a day without school.

The words are a setting, so that a district's own habits can be added. The safe error is "not a day off":
the parent is then asked once too often and says so; a session on a day wrongly taken for a holiday would
never be asked about.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache


class Reading(Enum):
    """What a summary says."""

    OFF = "off"
    DOUBTFUL = "doubtful"  # speaks of a day off, and of something that speaks against it
    SCHOOL = "school"


@dataclass(frozen=True, slots=True)
class DayOffWords:
    """Whole words or phrases; case, accents and punctuation do not matter.

    `plain` says by itself that there is no school, unless one of `some_only` narrows it to some pupils or to
    something else. `holiday` names an occasion that is usually a day off, unless one of `against` or
    `some_only` is there too. `always` and `never` are a centre's own words and settle the matter alone.
    """

    plain: tuple[str, ...]
    some_only: tuple[str, ...]
    holiday: tuple[str, ...]
    against: tuple[str, ...]
    always: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


DEFAULT_WORDS = DayOffWords(
    plain=_listed("""
        no school, no students, no pupils, no classes, no class, non student, nonstudent, non
        student day, non school day, non instructional, noninstructional, non attendance,
        nonattendance, pupil free, student free, students off, student holiday, student day off,
        school holiday, district holiday, school closed, schools closed, school is closed, schools
        are closed, district closed, campus closed, school closure, school not in session, schools
        not in session, classes not in session, day after thanksgiving, no hay clases, no hay
        escuela, sin clases, escuela cerrada, escuelas cerradas
    """),
    some_only=_listed("""
        kindergarten, preschool, pre school, pre k, prek, tk, elementary, middle school, high
        school, grade, grades, seniors, juniors, freshmen, if needed, tentative, possible, no school
        lunch, no school bus, no school uniform, no school uniforms, no class change, no class
        changes
    """),
    holiday=_listed("""
        holiday, holidays, vacation, break, recess, intersession, ski week, day off, snow day, staff
        only, staff development, professional development, professional learning day, pd day,
        teacher work day, teacher workday, staff work day, staff workday, teacher planning day,
        teacher preparation day, teacher prep day, teacher institute, institute day, in service,
        inservice, labor day, indigenous peoples day, columbus day, veterans day, veteran day,
        thanksgiving, thanksgiving day, christmas, christmas eve, christmas day, new years day, new
        years eve, new year holiday, martin luther king, mlk day, mlk jr day, lincoln day, lincolns
        birthday, lincolns day, washingtons birthday, washingtons day, presidents day, memorial day,
        juneteenth, independence day, fourth of july, admission day, good friday, easter monday, dia
        festivo, dias festivos, feriado, vacaciones, receso, descanso, dia del trabajo, dia de los
        veteranos, accion de gracias, navidad
    """),
    against=_listed("""
        school day, regular day, school in session, makeup, make up, minimum, early, late, delayed,
        delay, two hour, 2 hour, half day, shortened, remote, virtual, if needed, possible,
        tentative, reserve, begin, begins, beginning, start, starts, end, ends, resume, resumes,
        return, returns, back to school, before, after, first day, last day, eve of, camp, camps,
        sign up, signup, sign ups, signups, register, registration, enrollment, deadline, due,
        schedule, bell, concert, party, parties, sale, show, shop, shopping, boutique, bazaar, fair,
        festival, assembly, parade, program, performance, play, dance, drive, fundraiser,
        celebration, potluck, luncheon, lunch, breakfast, feast, dinner, homework, practice,
        tournament, game, games, band, choir, clinic, trip, evening, night, duty, equipment, packet,
        office, offices, workshop, optional, spirit, dress, cards, crafts, regreso, inicio, antes,
        despues, ultimo dia, primer dia
    """),
)


def with_words(words: DayOffWords, off: Iterable[str], school: Iterable[str]) -> DayOffWords:
    """The words with a centre's or a file's own: titles that always are days off, and that never are."""
    return replace(words, always=(*words.always, *off), never=(*words.never, *school))


def reading(summary: str, words: DayOffWords = DEFAULT_WORDS) -> Reading:
    """Whether `summary` reads like a day without school, for all pupils, beyond doubt."""
    text = _plain(summary)
    if _has(text, words.never):
        return Reading.SCHOOL
    if _has(text, words.always):
        return Reading.OFF
    if _has(text, words.plain):
        return Reading.DOUBTFUL if _has(text, words.some_only) else Reading.OFF
    if _has(text, words.holiday):
        against = _has(text, words.against) or _has(text, words.some_only)
        return Reading.DOUBTFUL if against else Reading.OFF
    return Reading.SCHOOL


def _has(text: str, phrases: Iterable[str]) -> bool:
    return any(_plain(phrase) in text for phrase in phrases)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    """Lower case without accents or apostrophes, one blank around each word."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in letters if not unicodedata.combining(one))
    return " " + " ".join(re.findall(r"[a-z0-9]+", re.sub(r"['’‘`´]", "", letters))) + " "
