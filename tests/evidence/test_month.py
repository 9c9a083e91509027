"""A month of marks: one state a day and service, the ledger's very sums, and nothing expected is counted."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assistant.clock import VirtualClock
from assistant.escalation.types import Occasion
from assistant.evidence.bar import parts_of
from assistant.evidence.ledger import fold
from assistant.evidence.month import Credit, Stand, State, after, month_of, state_of
from assistant.evidence.occasions import Due, Told, occasions_in, occasions_of
from assistant.evidence.standing import standing_of
from assistant.evidence.weeks import Kind, tally, within
from assistant.store import Store
from assistant.words import Asks, Cause, Outcome
from tests.support.family import CALENDAR
from tests.support.logged import logged

FIRST = date(2026, 9, 1)
LAST = date(2026, 9, 30)

tolds = st.builds(
    Told,
    outcome=st.sampled_from(Outcome),
    cause=st.none() | st.sampled_from(Cause),
    minutes=st.none() | st.integers(0, 90),
    sessions=st.none() | st.integers(0, 6),
    chances=st.none() | st.integers(0, 4),
    day=st.none() | st.dates(FIRST, LAST),
)
dues = st.builds(
    Due,
    day=st.dates(FIRST - timedelta(days=9), LAST + timedelta(days=9)),
    minutes=st.integers(0, 120),
    sessions=st.integers(1, 5),
    asks=st.sampled_from(Asks),
)


@st.composite
def a_stand(draw: st.DrawFn) -> Stand:
    due, over = draw(dues), draw(st.booleans())
    so_far = draw(st.lists(tolds, max_size=2))
    occasions = occasions_in(due, draw(tolds), so_far, over=over, repaid=draw(st.integers(0, 60)))
    return Stand(draw(st.integers(1, 999)), draw(st.integers(1, 3)), due.day, over, tuple(occasions))


@given(st.lists(a_stand(), max_size=25))
def test_one_state_a_day_and_service_and_the_ledgers_sums(stands: list[Stand]) -> None:
    month = month_of(FIRST, stands, (), CALENDAR)
    assert [day.day for day in month.days] == [FIRST + timedelta(days=n) for n in range(30)]
    assert all(len(week) == 7 for week in month.weeks)
    keys = Counter((day.day, mark.line) for day in month.days for mark in day.marks)
    assert set(keys.values()) <= {1}
    for line in (1, 2, 3):
        every = [one for stand in stands if stand.line == line for one in stand.occasions]
        mine = within(every, FIRST, LAST)
        signs = [mark for day in month.days for mark in day.marks if mark.line == line]
        drawn = [one for mark in signs for one in mark.occasions]
        assert fold(drawn) == fold(mine)
        count: Counter[Kind] = Counter()
        for mark in signs:
            count.update(dict(mark.kinds))
        assert {kind: len(those) for kind, those in tally(mine).by_kind.items()} == dict(count)
        assert sum(part.minutes for part in parts_of(fold(every))) == fold(every).expected
        assert sum(part.width for part in parts_of(fold(every))) == (320 if fold(every).expected else 0)
    for day in month.days:
        for mark in day.marks:
            assert (mark.state is State.EXPECTED) == (not mark.occasions)
            assert not day.closed


@given(st.lists(st.sampled_from(Outcome), min_size=1, max_size=4))
def test_held_is_drawn_only_where_all_of_it_was_held(outcomes: list[Outcome]) -> None:
    every = [Occasion(FIRST, 30, one, given=30 if one is Outcome.HELD else 0) for one in outcomes]
    assert (state_of(every) is State.HELD) == (set(outcomes) == {Outcome.HELD})


def test_days_without_school_weekends_and_make_ups_are_drawn_as_such() -> None:
    promised = Credit(1, date(2026, 9, 5), "promised", 7)
    given_ = Credit(1, date(2026, 9, 8), "given", 8)
    offered = Credit(1, date(2026, 9, 9), "offered", 9)
    stand = Stand(3, 1, date(2026, 9, 8), over=False)
    month = month_of(FIRST, [stand], [promised, given_, offered], CALENDAR)
    days = {day.day.day: day for day in month.days}
    assert days[7].closed  # Labor Day
    assert not days[12].closed  # a Saturday needs no sign
    assert month.weekends
    assert [mark.state for mark in days[5].marks] == [State.PROMISED]
    assert [mark.state for mark in days[8].marks] == [State.EXPECTED, State.MAKE_UP]
    assert days[9].marks == ()
    assert month.states == (State.EXPECTED, State.MAKE_UP, State.PROMISED, State.NO_SCHOOL)
    assert after(date(2026, 12, 1)) == date(2027, 1, 1)


def test_what_is_read_at_once_agrees_with_each_lines_occasions(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    with store.read() as session:
        now = clock.now()
        stands = standing_of(session, 1, now, date(2027, 1, 1))
        for line in (1, 2):
            every = [one for stand in stands if stand.line == line for one in stand.occasions]
            assert sorted(every, key=lambda one: one.date) == list(occasions_of(session, line, now))
        assert {stand.over for stand in stands} == {True, False}
        assert not any(stand.occasions for stand in stands if not stand.over)
