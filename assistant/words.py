"""The words everything else is written in: outcomes, causes, buckets, how a parent knows, intents.

One word per thing, everywhere: in the log, the ledger, the letters, the exports and the commands.
The lists are public and stable (other programs read them); add, never rename.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")


class Outcome(StrEnum):
    """What became of one expectation."""

    HELD = "held"  # given as written
    PARTIAL = "partial"  # given, fewer minutes
    OTHER = "other"  # given, but not as written: group for individual, consult for direct
    MISSED = "missed"
    NO_SCHOOL = "no_school"  # nothing was due after all
    UNKNOWN = "unknown"  # the parent does not know
    UNANSWERED = "unanswered"  # nobody replied; never counted as missed


class Cause(StrEnum):
    """Why, as told by the parent; only with `missed`, `partial`, `other` and `no_school`."""

    PROVIDER_ABSENT = "provider_absent"
    NO_PROVIDER = "no_provider"  # vacancy
    STAFF_PULLED = "staff_pulled"  # meeting, testing others, training
    SENT_HOME = "sent_home"  # the school excluded the child, shortened the day, or no bus or aide came
    SCHOOL_EVENT = "school_event"  # assembly, trip, party
    TESTING = "testing"
    MINIMUM_DAY = "minimum_day"
    CHILD_ABSENT = "child_absent"
    CHILD_REFUSED = "child_refused"
    CLOSURE = "closure"  # strike, fire, snow
    OTHER = "other"
    NOT_GIVEN = "not_given"


class Knows(StrEnum):
    """How the parent knows."""

    SAW = "saw"
    CHILD_SAID = "child_said"
    SCHOOL_SAID = "school_said"
    SCHOOL_WROTE = "school_wrote"
    SCHOOL_LOG = "school_log"
    UNSURE = "unsure"
    NOT_SAID = "not_said"


class Bucket(StrEnum):
    """Whose side a shortfall falls on. Derived from outcome and cause, never stored."""

    SCHOOL = "school"
    GREY = "grey"
    FAMILY = "family"
    REFUSED = "refused"
    CLOSURE = "closure"
    UNKNOWN = "unknown"


class Asks(StrEnum):
    """What a parent is asked about an expectation, and so what a bare number in the answer counts."""

    HAPPENED = "happened"  # one session: yes, no, not sure
    COUNT = "count"  # how many sessions of the period
    MINUTES = "minutes"  # how many minutes of the period
    HEARD = "heard"  # whether they heard of a consult between staff
    WITHOUT = "without"  # on how many days it was not there
    GIVEN = "given"  # how often an accommodation was given, of how many occasions


class Intent(StrEnum):
    """What a text is for."""

    ANSWER = "answer"
    REPORT = "report"  # about a session that is not open
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"
    STATUS = "status"
    FIX = "fix"
    PAUSE = "pause"
    RESUME = "resume"
    LETTER = "letter"
    REACTION = "reaction"  # tapback
    AUTO_REPLY = "auto_reply"
    UNRELATED = "unrelated"
    UNCLEAR = "unclear"


_BUCKETS: dict[Cause, Bucket] = {
    Cause.PROVIDER_ABSENT: Bucket.SCHOOL,
    Cause.NO_PROVIDER: Bucket.SCHOOL,
    Cause.STAFF_PULLED: Bucket.SCHOOL,
    Cause.SENT_HOME: Bucket.SCHOOL,
    Cause.OTHER: Bucket.SCHOOL,
    Cause.NOT_GIVEN: Bucket.SCHOOL,
    Cause.SCHOOL_EVENT: Bucket.GREY,
    Cause.TESTING: Bucket.GREY,
    Cause.MINIMUM_DAY: Bucket.GREY,
    Cause.CHILD_ABSENT: Bucket.FAMILY,
    Cause.CHILD_REFUSED: Bucket.REFUSED,
    Cause.CLOSURE: Bucket.CLOSURE,
}


def bucket_of(outcome: Outcome, cause: Cause | None) -> Bucket | None:
    """The side that the minutes not given fall on; None where nothing is short (held, unanswered).

    A missed session without a stated cause is `not_given`, which counts on the school's side:
    the service was due and the parent says it was not given.
    """
    if outcome in (Outcome.HELD, Outcome.UNANSWERED):
        return None
    if outcome is Outcome.UNKNOWN:
        return Bucket.UNKNOWN
    if outcome is Outcome.NO_SCHOOL:
        return Bucket.CLOSURE
    return _BUCKETS[cause or Cause.NOT_GIVEN]
