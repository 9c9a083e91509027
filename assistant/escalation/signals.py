"""Signs that the tool itself can see that an advocate or attorney may help.

They are facts of the log and of the clocks, never a judgement: which of them a parent is told of, in which
words and with whose help, is the guide's. Each is raised once for a child, as an option.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.escalation.clocks import add_months, oldest_miss
from assistant.escalation.policy import Policy
from assistant.escalation.reading import Reading, entries_of, read
from assistant.escalation.shortfall import side_of, stands
from assistant.escalation.types import Facts, Occasion, StepKey
from assistant.words import Bucket, Cause

# The rules a guide may name; all others are asked.
RULES = (
    "records_overdue",
    "records_refused",
    "meeting_overdue",
    "decision_overdue",
    "refused_twice",
    "share_lost",
    "one_year_edge",
    "two_year_edge",
    "sent_home",
    "support_missing",
    "logs_differ",
)
# "Over half of a service for a term"; a gap older than some ten, or twenty, months (domain.md, section 6).
_HALF = 50
_TERM_DAYS = 56  # calendar days between the first and the last session known, within the policy's window
_ONE_YEAR_EDGE, _TWO_YEAR_EDGE = 10, 20  # months
# What was told long after is history; the log has it.
_RECENT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Seen:
    """A rule that holds, and the log entries that it rests on."""

    rule: str
    entries: tuple[int, ...] = ()


def known(
    facts: Facts, policy: Policy, passed: Iterable[str] = (), differing: Iterable[int] = ()
) -> tuple[Seen, ...]:
    """Every rule of RULES that holds for this line today, in their order.

    `passed`: names of clocks whose last day went by without an answer. `differing`: entries about which the
    school's own log says otherwise.
    """
    line, gone, differs = read(facts, policy), set(passed), tuple(sorted(set(differing)))
    refused = [step for step in line.steps if step.answer == "refused"]
    found = {
        **{f"{name}_overdue": () for name in ("records", "meeting", "decision") if name in gone},
        **({"records_refused": ()} if any(step.key is StepKey.DOCUMENT for step in refused) else {}),
        **({"refused_twice": ()} if len(refused) > 1 else {}),
        **_from_the_log(line),
        **({"logs_differ": differs} if differs else {}),
    }
    return tuple(Seen(rule, found[rule]) for rule in RULES if rule in found)


def edge_after(facts: Facts) -> date | None:
    """The next day on which time alone brings a sign: the oldest miss comes near the edge of a window."""
    oldest = oldest_miss(facts, facts.today)
    days = [add_months(oldest, months) for months in (_ONE_YEAR_EDGE, _TWO_YEAR_EDGE)] if oldest else []
    return min((day for day in days if day > facts.today), default=None)


def _from_the_log(line: Reading) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    lost = _share_lost(line)
    if lost:
        found["share_lost"] = entries_of(lost)
    standing = [one for one in line.occasions if side_of(one) is Bucket.SCHOOL and stands(one)]
    for rule, months in (("one_year_edge", _ONE_YEAR_EDGE), ("two_year_edge", _TWO_YEAR_EDGE)):
        old = [one for one in standing if line.today >= add_months(one.date, months)]
        if old:
            found[rule] = entries_of(old[:1])
    recent = [one for one in standing if one.date + _RECENT >= line.today]
    home = [one for one in recent if one.cause is Cause.SENT_HOME]
    if home:
        found["sent_home"] = entries_of(home)
    if line.urgent_line and recent:
        found["support_missing"] = entries_of(recent)
    return found


def _share_lost(line: Reading) -> list[Occasion]:
    """The misses, where they are half or more of a term's minutes, and a term is what the log knows."""
    first = line.window(line.policy.notice_window_school_days)
    over = [one for one in line.episode if one.date >= first]
    told = [one.date for one in over if one.given or one.other or line.counts(one)]
    if not told or (told[-1] - told[0]).days < _TERM_DAYS:
        return []
    misses = [one for one in line.misses if one.date >= first]
    expected, short = sum(one.due for one in over), sum(one.short for one in misses)
    return misses if expected and 100 * short >= _HALF * expected else []
