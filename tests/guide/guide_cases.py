"""A family's facts to render guides with, and what no text may say."""

from __future__ import annotations

import re
from datetime import date

from assistant.escalation.types import DueDate, StepKey, Why
from assistant.guide.facts import LeftOut, LetterRow, StepFacts
from assistant.guide.loader import jurisdictions, load_guide
from assistant.words import Cause, Outcome

GUIDES = {key: load_guide(key) for key in jurisdictions()}
BANNED = re.compile(r"violat|illegal|guarantee|owe you|violaci|ilegal|garant|le deben", re.I)
DAYS = [date(2026, 9, 8), date(2026, 9, 10)]


def due(name: str, day: date, latest: date | None = None) -> DueDate:
    return DueDate(name, "legal", date(2026, 9, 18), day, latest or day, "a law")


FACTS = StepFacts(
    today=date(2026, 9, 18),
    nickname="Leo",
    full_name="Leonardo Rivera",
    school="Alder Elementary",
    district="Alder Unified",
    caregiver_name="Ana Rivera",
    email="ana@example.org",
    phone="+14155550101",
    language="es",
    service="Speech-language therapy",
    alias="speech",
    iep_dated=date(2026, 5, 14),
    iep_wording="30 minutes, Tuesday and Thursday",
    minutes=30,
    first=date(2026, 8, 18),
    last=date(2026, 9, 17),
    rows=(
        LetterRow(DAYS[0], 30, 0, Outcome.MISSED, Cause.PROVIDER_ABSENT, "no vino", 3),
        LetterRow(DAYS[1], 30, 15, Outcome.PARTIAL, None, "15 min", 4),
    ),
    misses=1,
    partials=1,
    minutes_expected=270,
    minutes_received=195,
    minutes_short=45,
    not_counted=(LeftOut("family", 1, 30, (1,)), LeftOut("unanswered", 2, 60, (2,))),
    percent_of_all=17,
    percent_of_attended=19,
    earlier=((StepKey.DOCUMENT, date(2026, 9, 12)),),
    dates=(
        due("records", date(2026, 9, 25)),
        due("reply", date(2026, 10, 2)),
        due("meeting", date(2027, 1, 18), date(2027, 1, 22)),
        due("lookback", date(2027, 9, 8)),
    ),
    why=Why("misses_in_window", {"misses": 2}, (3, 4)),
    page_url="https://iep.example.org/step/abc",
)


def prose(text: str) -> str:
    """What a person reads of an e-mail as sentences: no footer, citations, nor lines of names and addresses.

    A list item is a sentence of its own.
    """
    lines = [line for line in text.split("\n-- \n")[0].splitlines() if "http" not in line]
    ended = [line + "." if line.startswith("- ") and line[-1] not in ".!?" else line for line in lines]
    return re.sub(r"\([^)]*\)", "", "\n".join(ended))
