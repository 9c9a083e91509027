"""What the words of a school's log row say: the session was given, it was not, or the row does not tell.

Pure. Words that say both, or neither, are "unclear"; nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.words import Cause

Said = Literal["given", "not_given", "unclear"]

_STAFF = (
    r"(?:provider|therapist|slp-?a?|ota?|cota|pta?|clinician|specialist|teacher|staff|counsell?or|aide|"
    r"speech (?:pathologist|teacher)|service provider|interpreter|nurse)"
)
_CHILD = r"(?:student|child|pupil|stu(?:d)?\.?|client|kid)"
_AWAY = r"(?:absent|absence|out|ill|sick|illness|unavailable|not available|no[- ]?show|away|on leave|not (?:in|at) school)"
# What is going to be, or is owed, says nothing about this day.
_TO_COME = re.compile(
    r"\b(?:to be|will be|should be|needs? to be) (?:\w+ )?(?:provided|made[- ]?up|completed|given|held|scheduled|rescheduled)\b|"
    r"\bmake[- ]?ups? (?:session )?(?:is |are )?(?:needed|owed|due|required|planned|scheduled|pending|tbd|to follow)\b|"
    r"\b(?:needs?|owes?|owed|requires?) (?:a )?make[- ]?ups?\b|\bno make[- ]?ups?(?: (?:needed|required|owed|due))?\b"
)
# In order: who was away stands before what else happened; each names a reason on its own.
_REASONS: tuple[tuple[Cause, re.Pattern[str]], ...] = (
    (
        Cause.CHILD_REFUSED,
        re.compile(
            rf"\b(?:{_CHILD} )?(?:refus\w+|non-?participa\w+|would not (?:participate|come|attend)|declined)\b"
        ),
    ),
    (
        Cause.CHILD_ABSENT,
        re.compile(
            rf"\b{_CHILD}(?:'s)? (?:was |is )?{_AWAY}\b|\b(?:absent|absence|unavailable|no[- ]?show)\W{{1,3}}{_CHILD}\b|\bstudentabsent\b"
        ),
    ),
    (
        Cause.NO_PROVIDER,
        re.compile(
            rf"\bno (?:{_STAFF}|sub(?:stitute)?)(?: (?:available|assigned))?\b|\bvacan(?:t|cy)\b|\bunfilled\b"
        ),
    ),
    (
        Cause.STAFF_PULLED,
        re.compile(
            rf"\b{_STAFF} (?:was |is )?(?:in|at) (?:an? )?(?:iep |other |staff )?(?:meeting|training|testing)\b|\biep meeting\b|"
            r"\bstaff (?:meeting|training|development)\b|\bprofessional development\b|\b(?:provider|therapist) (?:pulled|meeting|training)\b"
        ),
    ),
    (
        Cause.PROVIDER_ABSENT,
        re.compile(
            rf"\b{_STAFF}(?:'s)? (?:was |is )?{_AWAY}\b|\b(?:absent|absence|unavailable)\W{{1,3}}{_STAFF}\b|\bproviderabsent\b"
        ),
    ),
    (
        Cause.CLOSURE,
        re.compile(
            r"\bschool (?:was |is )?(?:closed|closure|not in session)\b|\bclosure\b|\bholiday\b|\bno school\b|\bsnow day\b|\bweather\b|"
            r"\bnon[- ]?(?:student|school|instructional|attendance) day\b|\b(?:winter|spring|fall|summer|thanksgiving|school) (?:break|recess|vacation)\b|"
            r"\bstrike\b|\b(?:teacher )?work ?day\b|\bin-?service(?: day)?\b"
        ),
    ),
    (
        Cause.TESTING,
        re.compile(
            r"\b(?:state |district |map |star |caaspp |sbac |iready )?(?:testing|tests)\b|\bstate (?:test|assessment)s?\b|\bcaaspp\b|\bsbac\b"
        ),
    ),
    (
        Cause.SCHOOL_EVENT,
        re.compile(
            r"\bfield ?trip\b|\bassembly\b|\b(?:school|class|special) (?:event|activity|party|program)\b|\bpicture day\b|\brehearsal\b|\bperformance\b"
        ),
    ),
    (
        Cause.MINIMUM_DAY,
        re.compile(
            r"\b(?:minimum|early release|half|short(?:ened)?) day\b|\bearly dismissal\b|\blate start\b"
        ),
    ),
)
# Say that it was not given.
_PLAINLY_NOT = re.compile(
    r"\bnot (?:been )?(?:provided|completed?|held|given|served|delivered|attended|seen|rendered|conducted|done|received|met)\b|"
    r"\b(?:did not|didn'?t|was not able to|unable to|could not) (?:occur|happen|take place|attend$|be (?:seen|held|provided|served)|"
    r"(?:attend|provide|see|serve|hold|receive) (?:the |his |her |their |any )?(?:session|services?|therapy|speech|ot|pt|student|child|group)\b)|"
    r"\bno[- ]?show\b|\bcancel+(?:ed|ation)?\b|\bunserved\b|\bundelivered\b|\bno (?:session|services?|therapy)\b|"
    r"\bpostponed\b|\brescheduled\b|\bmissed\b|\babsent\b|\babsence\b|\bskipped\b|\bexcluded\b|\bsuspended\b"
)
_GIVEN = re.compile(
    r"\b(?:provided|completed?|served|attended|given|held|delivered|present|seen|rendered|conducted|occurred|took place|made[- ]?up|kept)\b"
)
# Say so in a sentence too, where "provided" alone may be about something else ("provided cues").
_PLAINLY_GIVEN = re.compile(
    r"\b(?:sessions?|services?|therapy|treatment|make[- ]?up)(?: \w+)? (?:was |were )?(?:provided|completed|held|given|delivered|rendered|conducted|occurred|took place)\b|"
    r"\b(?:provided|completed|held|delivered|conducted) (?:a |the |\d+ min\w* (?:of )?)?(?:\w+ )?(?:sessions?|services?|therapy|make[- ]?up)\b"
)
_PART = re.compile(r"\bpartial(?:ly)?\b|\bshortened\b")
_MAKE_UP = re.compile(r"\bmake[- ]?ups?\b|\bmade[- ]?up\b|\bmakeup\b")
SHORT = 4  # words; a text of no more is read as a status, a longer one as a sentence
_YES = frozenset(["y", "yes", "true", "t", "1", "✓", "✔", "☑", "√"])
_NO = frozenset(["n", "no", "false", "f", "0", "✗", "✘", "☐"])


@dataclass(frozen=True, slots=True)
class Status:
    """What words say. `told`: they say anything about it at all; `cause` where they name one plainly."""

    said: Said
    cause: Cause | None = None
    told: bool = True
    make_up: bool = False


def status_of(text: str, *, minutes: int | None = None, column: bool = False) -> Status:
    """What the words say. `column`: they stand in a column for it; a few words alone are read like that too.

    In a sentence only a plain phrase tells, and beside minutes that were spent nothing in it says that the
    session was not given ("missed 3 of 10", "peer absent").
    """
    low = _TO_COME.sub(" ", " ".join(text.lower().replace("_", " ").replace("’", "'").split()))
    sentence = not column and len(low.split()) > SHORT
    make_up = bool(_MAKE_UP.search(low))
    cause = next((cause for cause, pattern in _REASONS if pattern.search(low)), None)
    away = cause in (Cause.CHILD_ABSENT, Cause.PROVIDER_ABSENT, Cause.NO_PROVIDER)
    rest = _PLAINLY_NOT.sub(" ", low)
    not_given = rest != low or away or (cause is not None and not sentence)
    given = bool(_PLAINLY_GIVEN.search(rest) if sentence else _GIVEN.search(rest))
    given = given or bool(_PART.search(rest) and minutes and not sentence)
    if not_given and (given or (sentence and minutes)):
        return Status("unclear", None, True, make_up)
    if not_given:
        return Status("not_given", cause, True, make_up)
    if given:
        return Status("given", None, True, make_up)
    told = not sentence and (make_up or bool(_PART.search(rest)))
    return Status("unclear", None, told, make_up)


def ticked(text: str, header: str) -> Status | None:
    """What a yes or no says under a header that is itself a status, such as "Provided?" or "Absent"."""
    mark = text.strip().lower().strip(".")
    if mark not in _YES and mark not in _NO:
        return None
    asked = status_of(header, column=True)
    if not asked.told or asked.said == "unclear":
        return Status("unclear")
    if mark in _YES:
        return asked
    # "Absent: no" does not say that the session was given.
    return Status("not_given") if asked.said == "given" else Status("unclear")
