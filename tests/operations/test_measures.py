"""A month's figures: right, by sets, and silent about few families."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, update

from assistant.clock import VirtualClock
from assistant.config import Measures
from assistant.operations import measured
from assistant.operations.erase import erase, scope_of_child
from assistant.operations.measured import kept, kept_months
from assistant.operations.measures import Figure, Month, Shown, measures_of, months
from assistant.operations.suppression import Coarse
from assistant.store import Child, Store
from assistant.store.facts import keep_fact
from jobs import measure
from tests.support.family import SETTINGS
from tests.support.months import a_month

SEPTEMBER, NOW = date(2026, 9, 1), datetime(2026, 10, 10, tzinfo=UTC)


def told(number: int, shade: str = "about") -> Shown:
    return Shown("told", Coarse(number, shade))  # type: ignore[arg-type]


FEW = Shown("few")


def of(month: Month, key: str, by: str = "language") -> tuple[Shown | None, dict[str, Shown]]:
    found: Figure = next(one for one in month.figures if (one.key, one.by) == (key, by))
    return found.whole, dict(found.parts)


def lived(store: Store, now: datetime = NOW) -> Month:
    with store.read() as session:
        return measures_of(session, SEPTEMBER, now, SETTINGS)


def test_the_figures_of_two_languages(each_store: Store) -> None:
    with each_store.write() as session:
        a_month(session, 40, missed=lambda n: n <= 20, silent=lambda n: n > 36)
        a_month(session, 20, "es", first=101, silent=lambda n: n > 110)
        a_month(session, 30, first=201, missed=lambda n: True, in_totals=False)  # they count nowhere
    month = lived(each_store)
    assert of(month, "sent") == (told(60), {"en": told(40), "es": told(20)})
    assert of(month, "delivered") == (told(75), {"en": told(75), "es": told(75)})
    assert of(month, "replied") == (told(75), {"en": told(90), "es": told(50)})
    assert of(month, "reply_minutes")[0] == told(10)
    assert of(month, "known") == (told(75), {"en": told(90), "es": told(50)})
    assert of(month, "known", "kind") == (told(75), {"speech": told(75)})
    # 16 of 40 and 10 of 20 were held: 26 of 60.
    assert of(month, "given") == (told(45), {"en": told(40), "es": told(50)})
    assert of(month, "reached", "step") == (told(20), {"document": told(20)})
    assert of(month, "reached") == (told(20), {"en": told(20)})
    assert of(month, "reached", "way") == (told(20), {"text": told(20)})
    assert of(month, "sent", "step") == (told(95, "at_least"), {"document": told(95, "at_least")})
    assert of(month, "sent_step") == (told(95, "at_least"), {"en": told(95, "at_least")})
    assert of(month, "first_gap") == (told(5), {"en": told(5)})
    assert of(month, "still_open", "way") == (told(95, "at_least"), {"text": told(95, "at_least")})
    assert of(month, "stopped")[0] == told(5, "at_most")
    assert of(month, "soon")[0] == told(95, "at_least")
    assert of(month, "replied", "way") == (told(75), {"text": told(75)})
    assert of(month, "known", "way") == (told(75), {"text": told(75)})
    assert of(month, "answered_on", "answer_way") == (None, {"page": told(95, "at_least")})
    assert of(month, "still_open") == (told(95, "at_least"), {"en": told(95, "at_least")})
    assert of(month, "open_age", "kind") == (told(10), {"speech": told(10)})  # from 15 to 30 September
    assert of(month, "verified")[0] == FEW  # fourteen families
    assert of(month, "stopped_after", "template") == (None, {"question_one": FEW})
    assert of(month, "understood")[0] == told(95, "at_least")


def test_a_small_language_takes_the_large_one_with_it(store: Store) -> None:
    with store.write() as session:
        a_month(session, 40, missed=lambda n: n <= 3)
        a_month(session, 14, "es", first=101)
    month = lived(store)
    for key in ("sent", "delivered", "replied", "known", "given", "understood"):
        whole, parts = of(month, key)
        assert whole is not None
        assert whole.state == "told"
        assert parts == {"en": FEW, "es": FEW}, key
    assert of(month, "reached", "step") == (FEW, {"document": FEW})
    assert of(month, "first_gap")[0] == FEW


def test_two_parents_and_sisters_are_one_family(store: Store) -> None:
    # Fourteen households: however many adults and children are in them, there are too few.
    with store.write() as session:
        a_month(session, 14)
        a_month(session, 14, first=101)
        for n in range(101, 115):
            session.connection().exec_driver_sql(
                f"UPDATE guardianships SET caregiver_id = {n - 100} WHERE child_id = {n}"
            )
            session.connection().exec_driver_sql(
                f"INSERT INTO guardianships (child_id, caregiver_id, position) VALUES ({n - 100}, {n}, 1)"
            )
    month = lived(store)
    assert {(figure.whole or FEW).state for figure in month.figures} <= {"few", "none"}
    assert {shown.state for figure in month.figures for _, shown in figure.parts} <= {"few", "none"}


def test_only_months_that_are_over_and_settled(store: Store) -> None:
    with store.write() as session:
        a_month(session, 20)
    with store.read() as session:
        assert months(session, datetime(2026, 10, 8, tzinfo=UTC), SETTINGS) == [date(2026, 8, 1)]
        assert months(session, NOW, SETTINGS) == [SEPTEMBER, date(2026, 8, 1)]
        for first in (date(2026, 10, 1), date(2026, 7, 1), date(2026, 9, 2)):
            with pytest.raises(ValueError, match="over and settled"):
                measures_of(session, first, NOW, SETTINGS)


def test_a_month_is_counted_once_and_stays_as_it_was_shown(each_store: Store) -> None:
    with each_store.write() as session:
        a_month(session, 40)
    with each_store.write() as session:
        keep_fact(session, measured.KEY, "", NOW)
    clock = VirtualClock(NOW)
    for made in (1, 1, 0, 0):  # September, then August, a minute later; then none waits
        with each_store.write() as session:
            assert measure.run(session, clock, SETTINGS) == made
            assert measure.run(session, clock, SETTINGS) == 0, "not due again at once"
        clock.move_to(clock.now() + timedelta(minutes=1))
    with each_store.read() as session:
        assert kept_months(session, SETTINGS) == [SEPTEMBER, date(2026, 8, 1)]
        assert kept(session, SEPTEMBER) == measures_of(session, SEPTEMBER, NOW, SETTINGS)
        before = kept(session, SEPTEMBER)
    with each_store.write() as session:
        session.execute(update(Child).where(Child.id <= 12).values(in_totals=False))
        erase(session, scope_of_child(session, 40), NOW, SETTINGS.server.secret_key, "staff 1")
    clock.move_to(NOW + timedelta(days=2))
    with each_store.write() as session:
        assert measure.run(session, clock, SETTINGS) == 0
        assert kept(session, SEPTEMBER) == before
        assert measures_of(session, SEPTEMBER, NOW, SETTINGS) != before
    more = SETTINGS.model_copy(update={"measures": Measures(fewest_families=20)})
    with each_store.read() as session:
        assert kept_months(session, more) == []  # it was hidden below fifteen only


def test_more_families_are_no_more_queries(store: Store) -> None:
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for first, families in ((1, 5), (101, 60)):
        with store.write() as session:
            a_month(session, families, first=first)
        asked.clear()
        lived(store)
        counts.append(len(asked))
    assert counts[0] == counts[1] < 40


def test_steps_of_a_small_language_cannot_be_worked_out(store: Store) -> None:
    with store.write() as session:
        a_month(session, 40, missed=lambda n: n <= 30)
        a_month(session, 20, "es", first=101, missed=lambda n: n <= 108)
    month = lived(store)
    for key in ("reached", "sent_step"):
        whole, parts = of(month, key)
        assert whole is not None
        assert whole.state == "told"
        assert parts == {"en": FEW, "es": FEW}, "eight families, and the others hidden with them"
