"""The measures' page and its file: in both languages, and nothing in them about few families."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.operations import measured
from assistant.operations.measures import Figure, Shown
from assistant.operations.suppression import Coarse
from assistant.store import AuditEvent, Store
from assistant.web.measures import as_csv
from assistant.words import LANGUAGES
from tests.support.months import a_month
from tests.web.pages_support import SANDBOX, client_of, staff_in

ROOM = "/admin/measures/"


@pytest.fixture(name="clock")
def clock_fixture() -> VirtualClock:
    return VirtualClock(datetime(2026, 10, 10, 20, tzinfo=UTC))


def test_a_month_as_pictures_and_as_a_file(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock)
    assert client.get(ROOM).status_code == 401
    staff_in(client, store, clock)
    assert "no whole month to show" in client.get(ROOM).get_data(as_text=True)
    with store.write() as session:
        a_month(session, 40, missed=lambda n: n <= 20)
        a_month(session, 14, "es", first=101)
    with store.write() as session:
        assert measured.keep_due(session, clock.now(), SANDBOX) == 1
    for language, few, month in (
        ("en", "too few families to show", "September 2026"),
        ("es", "muy pocas familias", "septiembre de 2026"),
    ):
        page = client.get(f"{ROOM}?lang={language}").get_data(as_text=True)
        assert few in page
        assert month in page
    assert client.get(f"{ROOM}?month=2026-10").status_code == 200, "the newest that may be shown"
    assert client.get(f"{ROOM}2026-10.csv").status_code == 404
    file = client.get(f"{ROOM}2026-09.csv?lang=en")
    assert file.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(file.get_data(as_text=True).removeprefix("\ufeff"))))
    arrived = [row[3:] for row in rows if row[1].endswith("texts that arrived")]
    assert arrived == [
        ["All families", "about 75%"],
        ["English-speaking families", "too few families to show"],
        ["Spanish-speaking families", "too few families to show"],
    ]
    with store.read() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.kind == "measures_exported")).one()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_cell_is_a_formula(store: Store, clock: VirtualClock, language: str) -> None:
    client = client_of(store, clock)
    shown = Shown("told", Coarse(5, "below"))
    figure = Figure("stopped_after", "count", "template", None, (("=HYPERLINK(1)", shown), ("@x", shown)))
    with client.application.test_request_context(f"/?lang={language}"):
        rows = list(csv.reader(io.StringIO(as_csv("2026-09", (figure,)))))
    assert [row[3] for row in rows[1:]] == ["'=HYPERLINK(1)", "'@x"]
