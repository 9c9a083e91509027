"""No hidden number can be worked out from the shown ones, whatever the groups are."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from assistant.operations.suppression import Coarse, amount, hidden, rate

FEWEST = 15
GROUPS = st.dictionaries(
    st.sampled_from("abcdefgh"), st.integers(0, 40) | st.integers(10, 20), min_size=1, max_size=8
)


def in_span(rows: list[list[int]], wanted: list[int]) -> bool:
    """Whether some sum of multiples of the rows is `wanted`."""

    def rank(matrix: list[list[int]]) -> int:
        left = [[Fraction(one) for one in row] for row in matrix]
        found = 0
        for column in range(len(wanted)):
            pivot = next((row for row in left[found:] if row[column]), None)
            if pivot is None:
                continue
            left.remove(pivot)
            left.insert(found, pivot)
            for row in left[found + 1 :]:
                by = row[column] / pivot[column]
                row[:] = [one - by * other for one, other in zip(row, pivot, strict=True)]
            found += 1
        return found

    return rank([*rows, wanted]) == rank(rows)


@given(GROUPS)
def test_nothing_about_few_families_follows_from_what_is_shown(families: dict[str, int]) -> None:
    # Unknown to the reader: each part's number. Known: the total, and the parts that are shown. A part
    # without families is known to be nothing.
    names, out = sorted(families), hidden(families, FEWEST)
    unit = {name: [int(name == other) for other in names] for name in names}
    shown = [unit[name] for name in names if name not in out]
    total = sum(families.values()) >= FEWEST
    rows = shown + ([[1] * len(names)] if total else [])
    small = [name for name, count in families.items() if 0 < count < FEWEST]
    assert set(small) <= out
    for size in range(1, len(out) + 1):
        for some in combinations(sorted(out), size):
            about = sum(families[name] for name in some)
            wanted = [sum(column) for column in zip(*(unit[name] for name in some), strict=True)]
            if about < FEWEST:
                assert not in_span(rows, wanted), (families, some)


@given(GROUPS, st.data())
def test_nor_where_parts_share_families(families: dict[str, int], data: st.DataObject) -> None:
    # The most that follows is the sum over all hidden parts; it is about a part that is large by itself.
    out = hidden(families, FEWEST)
    if out and any(count >= FEWEST for count in families.values()):
        assert max(families[name] for name in out) >= FEWEST
    more = data.draw(st.sampled_from(sorted(families)))
    assert (more in hidden({**families, more: 0}, FEWEST)) is False


@given(st.integers(0, 500), st.integers(1, 500))
def test_rates_are_coarse_and_never_all_or_nobody(part: int, whole: int) -> None:
    told = rate(min(part, whole), whole)
    assert told is not None
    assert told.number % 5 == 0
    assert 5 <= told.number <= 95
    assert abs(told.number - 100 * min(part, whole) / whole) <= 5
    assert rate(0, 0) is None


@given(st.floats(0, 5000))
def test_amounts_are_coarse(number: float) -> None:
    told = amount(number)
    assert told.number % 5 == 0
    assert told == Coarse(5, "below") if number < 5 else abs(told.number - number) <= 2.5
