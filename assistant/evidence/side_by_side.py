"""The parent's log beside the school's: day by day what each says, and facts. Pure; it decides for nobody.

Neither log is changed. A difference may have a plain reason on either side, a slip of the pen or a session
moved by a day, so a session that the school has on another day of the same week is put beside it as such.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from assistant.evidence.school_dates import monday_of
from assistant.evidence.school_words import Said
from assistant.words import Cause

ParentSays = Literal["held", "part", "other", "not_held", "no_school", "unknown", "unanswered"]
State = Literal["agree", "differ", "only_school", "only_parent", "not_known", "unclear"]
FactKey = Literal[
    "no_school_day",  # the school's log has a session on a day the calendar shows no school
    "twice",  # more sessions on one day than were due
    "both_said",  # one day as given and as not given, in the school's log itself
    "before_plan",
    "after_plan",
    "before_log",  # before the parent began to keep their log
    "not_due",  # nothing was due that day
    "more",  # minutes above what was due
    "less",
    "no_minutes",  # the school's log states no minutes
    "minutes_differ",
    "said_not_held",  # the parent says not held, the school's log says given
    "said_no_school",
    "said_held",  # the parent says held, the school's log says not given
    "no_row",  # neither says that it was given: the school's log has no row
    "not_in_log",  # the parent says held, the school's log has no row
    "given_unknown",  # given, by the school's log, where the parent did not know
    "not_given_unknown",  # not given, by the school's log, where the parent did not know
    "moved",  # the school's log has it on another day of the week
    "reasons_differ",
    "make_up",  # the school's log calls it a make-up
    "row_unclear",
    "said_part",  # the parent says a part was held, the school's log has all of it
    "period_cut",  # the school's log covers only a part of the weeks or month that it belongs to
]
# Said so that a question about it is worth asking; the rest only explains.
ASKED: frozenset[State] = frozenset({"differ", "only_parent"})
_ASKED_FACTS: frozenset[FactKey] = frozenset(
    {"no_school_day", "twice", "both_said", "before_plan", "after_plan"}
)
_YES = ("held", "part", "other")
_NOT_KNOWN = ("unknown", "unanswered")


@dataclass(frozen=True, slots=True)
class Parent:
    """What the parent's log says of one thing due, on a day or within `first` to `last`.

    `given`: the minutes it says were given (0 where none, or not known). `stated`: they named the minutes
    themselves. `sessions`: how many were due. `make_up`: a promised make-up, which is not due but repays.
    """

    first: date
    last: date
    due: int
    says: ParentSays
    given: int = 0
    stated: bool = False
    sessions: int = 1
    entry: int | None = None
    cause: Cause | None = None
    make_up: bool = False


@dataclass(frozen=True, slots=True)
class School:
    """What one row of the school's log says. `make_up`: its words call it one."""

    day: date
    said: Said
    minutes: int | None = None
    note: str = ""
    cause: Cause | None = None
    make_up: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """When the line is in force, when the parent's log begins, and which days are school days."""

    starts: date
    ends: date
    log_begins: date
    is_school_day: Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Fact:
    """A neutral fact. `day` and `minutes` only where its kind has them."""

    key: FactKey
    day: date | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing due, or one day of the school's log, with what both say; mostly of one day."""

    first: date
    last: date
    state: State
    parent: Parent | None = None
    school: tuple[School, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether the question to the school names it."""
        return self.state in ASKED or any(fact.key in _ASKED_FACTS for fact in self.facts)

    @property
    def parent_minutes(self) -> int:
        """The minutes that the parent's log says were given."""
        return self.parent.given if self.parent and self.parent.says in _YES else 0

    @property
    def school_minutes(self) -> int:
        """The minutes that the school's log says were given; a row without minutes adds none."""
        return sum(row.minutes or 0 for row in self.school if row.said == "given")

    @property
    def agreed_minutes(self) -> int:
        """The minutes that both say were given."""
        return min(self.parent_minutes, self.school_minutes)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two logs of one service, from `first` to `last`: the days that the school's log covers."""

    first: date
    last: date
    pairs: tuple[Pair, ...] = ()

    @property
    def minutes(self) -> tuple[int, int, int]:
        """Three numbers: by the parent's log, by the school's, and in both."""
        return (
            sum(pair.parent_minutes for pair in self.pairs),
            sum(pair.school_minutes for pair in self.pairs),
            sum(pair.agreed_minutes for pair in self.pairs),
        )

    @property
    def without_minutes(self) -> int:
        """Sessions that the school's log has as given without saying for how long; in none of its minutes."""
        return sum(row.said == "given" and row.minutes is None for pair in self.pairs for row in pair.school)

    @property
    def counts(self) -> Counter[State]:
        """How many pairs are in each state."""
        return Counter(pair.state for pair in self.pairs)

    @property
    def asked(self) -> tuple[Pair, ...]:
        """The pairs that the question to the school names."""
        return tuple(pair for pair in self.pairs if pair.asks)


def compare(
    parents: Iterable[Parent],
    schools: Iterable[School],
    plan: Plan,
    first: date,
    last: date,
    *,
    told: bool = True,
) -> Comparison:
    """Both logs from `first` to `last`, in date order.

    `told`: somebody said that the school's log covers these days. Else they are only those of its rows, and
    a week or month with a row in it is taken whole. A period that sticks out is not compared.
    """
    rows = [row for row in schools if first <= row.day <= last]
    every = sorted(parents, key=lambda one: (one.first, one.last))
    if not told:
        touched = [one for one in every if any(one.first <= row.day <= one.last for row in rows)]
        first = min([first, *(one.first for one in touched)])
        last = max([last, *(one.last for one in touched)])
    ours = [one for one in every if first <= one.first and one.last <= last]
    cut = [one for one in every if one not in ours and one.first <= last and first <= one.last]
    theirs: dict[date, list[School]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.day):
        theirs[row.day].append(row)
    pairs = [*_same_day(ours, theirs), *_same_period(ours, theirs)]
    pairs, left = _moved(pairs, [row for rows in theirs.values() for row in rows])
    pairs = [_judged(pair, plan, cut) for pair in [*pairs, *_alone(left)]]
    return Comparison(first, last, tuple(sorted(pairs, key=lambda pair: (pair.first, pair.last))))


def _same_day(ours: Sequence[Parent], theirs: dict[date, list[School]]) -> list[Pair]:
    """Sessions with a day, each with its rows; of several on a day each takes one, the last what is left."""
    by_day: dict[date, list[Parent]] = defaultdict(list)
    for one in ours:
        if one.first == one.last:
            by_day[one.first].append(one)
    pairs: list[Pair] = []
    for day, due in by_day.items():
        rows = theirs.pop(day, [])
        # Who says "held" is put beside a session given, so that two sessions of a day are not crossed.
        due.sort(key=lambda one: one.says not in _YES)
        rows.sort(key=lambda row: ("given", "unclear", "not_given").index(row.said))
        for place, one in enumerate(due):
            mine = rows[place : place + 1] if place < len(due) - 1 else rows[place:]
            pairs.append(Pair(day, day, "unclear", one, tuple(mine)))
    return pairs


def _same_period(ours: Sequence[Parent], theirs: dict[date, list[School]]) -> list[Pair]:
    """Periods, each with every row inside it that no session has taken."""
    pairs: list[Pair] = []
    for one in ours:
        if one.first != one.last:
            days = [day for day in theirs if one.first <= day <= one.last]
            rows = tuple(row for day in sorted(days) for row in theirs.pop(day))
            pairs.append(Pair(one.first, one.last, "unclear", one, rows))
    return pairs


def _moved(pairs: list[Pair], left: list[School]) -> tuple[list[Pair], list[School]]:
    """Sessions without a row of their day take one of the same week that nothing was due for, the nearest."""
    rest = list(left)
    order = sorted(range(len(pairs)), key=lambda n: (_wish(pairs[n]), pairs[n].first))
    moved: dict[int, Pair] = {}
    for n in order:
        pair = pairs[n]
        if pair.school or pair.parent is None or pair.first != pair.last:
            continue
        week = [
            row
            for row in rest
            if row.said == "given" and not row.make_up and monday_of(row.day) == monday_of(pair.first)
        ]
        if week:
            row = min(week, key=lambda one: (abs((one.day - pair.first).days), one.day))
            rest.remove(row)
            moved[n] = replace(pair, school=(row,), facts=(Fact("moved", row.day),))
    return [moved.get(n, pair) for n, pair in enumerate(pairs)], rest


def _wish(pair: Pair) -> int:
    """Who is put beside a moved session first: what the parent says was held, then what they do not know."""
    says = pair.parent.says if pair.parent else "not_held"
    return 0 if says in _YES else 1 if says in _NOT_KNOWN else 2


def _alone(left: Iterable[School]) -> list[Pair]:
    by_day: dict[date, list[School]] = defaultdict(list)
    for row in left:
        by_day[row.day].append(row)
    return [Pair(day, day, "only_school", None, tuple(rows)) for day, rows in by_day.items()]


def _judged(pair: Pair, plan: Plan, cut: Sequence[Parent]) -> Pair:
    """The pair with its state and all its facts."""
    said = _said(pair.school)
    state, facts = _without_parent(pair, said, plan, cut) if pair.parent is None else _together(pair, said)
    facts = [*pair.facts, *facts, *_of_days(pair, plan), *_of_minutes(pair)]
    return replace(pair, state=state, facts=tuple(dict.fromkeys(facts)))


def _said(rows: Sequence[School]) -> Said | None:
    """What the rows together say: given, if one of them does."""
    for said in ("given", "unclear", "not_given"):
        if any(row.said == said for row in rows):
            return said
    return None


def _without_parent(
    pair: Pair, said: Said | None, plan: Plan, cut: Sequence[Parent]
) -> tuple[State, list[Fact]]:
    facts: list[Fact] = []
    if any(one.first <= pair.first <= one.last for one in cut):
        facts.append(Fact("period_cut"))
    elif pair.first < plan.log_begins:
        facts.append(Fact("before_log"))
    elif plan.is_school_day(pair.first) and plan.starts <= pair.first <= plan.ends:
        facts.append(Fact("not_due"))
    if said == "unclear":
        facts.append(Fact("row_unclear"))
    return "only_school", facts


def _together(pair: Pair, said: Said | None) -> tuple[State, list[Fact]]:
    parent = pair.parent
    assert parent is not None
    if parent.says in _NOT_KNOWN:
        known: dict[Said | None, list[Fact]] = {
            "given": [Fact("given_unknown")],
            "not_given": [Fact("not_given_unknown")],
            "unclear": [Fact("row_unclear")],
        }
        return "not_known", known.get(said, [])
    if said == "unclear":
        return "unclear", [Fact("row_unclear")]
    if parent.says in _YES:
        return _parent_yes(pair, parent, said)
    if said == "given":
        return "differ", [Fact("said_no_school" if parent.says == "no_school" else "said_not_held")]
    if said is None:
        return "agree", [Fact("no_row")]
    causes = {row.cause for row in pair.school if row.cause}
    if parent.cause and causes and not _same_reason(parent.cause, causes):
        return "differ", [Fact("reasons_differ")]
    return "agree", []


def _parent_yes(pair: Pair, parent: Parent, said: Said | None) -> tuple[State, list[Fact]]:
    if said is None:
        return "only_parent", [Fact("not_in_log")]
    if said == "not_given":
        return "differ", [Fact("said_held")]
    if parent.says == "part" and not parent.stated:
        whole = _all_timed(pair) and pair.school_minutes >= parent.due
        return ("differ", [Fact("said_part")]) if whole else ("agree", [])
    several = parent.first != parent.last
    if (parent.stated or several) and _all_timed(pair) and pair.school_minutes != parent.given:
        return "differ", [Fact("minutes_differ", minutes=abs(pair.school_minutes - parent.given))]
    return "agree", []


def _same_reason(ours: Cause, theirs: set[Cause]) -> bool:
    """Whether the reasons are one: "was out", "there is none" and "was called away" are all the staff's."""
    staff = {Cause.PROVIDER_ABSENT, Cause.NO_PROVIDER, Cause.STAFF_PULLED}
    vague = {Cause.OTHER, Cause.NOT_GIVEN}
    return ours in vague or ours in theirs or (ours in staff and bool(theirs & staff))


def _all_timed(pair: Pair) -> bool:
    return all(row.minutes is not None for row in pair.school if row.said == "given")


def _of_days(pair: Pair, plan: Plan) -> list[Fact]:
    given = [row for row in pair.school if row.said == "given"]
    facts: list[Fact] = []
    for day in dict.fromkeys(row.day for row in given):
        if day < plan.starts:
            facts.append(Fact("before_plan", day))
        elif day > plan.ends:
            facts.append(Fact("after_plan", day))
        elif not plan.is_school_day(day):
            facts.append(Fact("no_school_day", day))
    # On one day as often as was due; within a period more than once a day is worth a look.
    for day, times in Counter(row.day for row in given).items():
        if times > 1:
            facts.append(Fact("twice", day))
    if any(row.said == "not_given" and row.day in {one.day for one in given} for row in pair.school):
        facts.append(Fact("both_said", given[0].day))
    if any(row.make_up for row in pair.school):
        facts.append(Fact("make_up"))
    return facts


def _of_minutes(pair: Pair) -> list[Fact]:
    given = [row for row in pair.school if row.said == "given"]
    if not given:
        return []
    if not _all_timed(pair):
        return [Fact("no_minutes")]
    parent = pair.parent
    if parent is None or parent.make_up or not parent.due:
        return []
    over = pair.school_minutes - parent.due
    if not over:
        return []
    return [Fact("more" if over > 0 else "less", minutes=abs(over))]
