"""The evidence printed from a browser: title and code on each sheet, four services on the first."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from datetime import date, timedelta

from playwright.sync_api import Browser
from pypdf import PdfReader
from sqlalchemy import select
from werkzeug.serving import make_server

from assistant.clock import VirtualClock
from assistant.evidence.log import record
from assistant.store import Caregiver, Expectation, LogEntry, Store
from assistant.web import create_app
from tests.support.browser import JOURNEY
from tests.support.family import SETTINGS, SPEECH, family, registered, slots
from tests.support.logged import HELD, MISSED, SHORT, UNSURE
from tests.web.pages_support import house_of, signed_in

pytestmark = JOURNEY
_DAYS = ((1, 3), (2,), (4,), (0,))  # of each service


def a_school_year(store: Store, clock: VirtualClock) -> None:
    far = SETTINGS.asking.model_copy(update={"horizon_days": 300})
    lines = tuple(
        replace(
            SPEECH,
            name=f"Service number {n}",
            alias=f"s{n}",
            frequency=slots(*((day, 9 + n, 0) for day in days)),
        )
        for n, days in enumerate(_DAYS)
    )
    with store.write() as session:
        registered(session, family(services=lines), clock.now(), SETTINGS.model_copy(update={"asking": far}))
        due = session.scalars(select(Expectation).order_by(Expectation.due_at)).all()
        for n, one in enumerate(due):
            clock.move_to(max(clock.now(), one.due_at + timedelta(minutes=5)))
            record(session, one, (HELD, HELD, MISSED, SHORT, UNSURE)[n % 5], clock.now())
            one.state, one.ask_at = "answered", None
        session.get_one(Caregiver, 1).language = "es"  # its sentences are longer
    assert due[-1].day > date(2027, 5, 20)


def test_each_sheet_says_what_it_is_of(store: Store, clock: VirtualClock, browser: Browser) -> None:
    a_school_year(store, clock)
    client = signed_in(store, clock)
    kept = client.get_cookie("session")
    assert kept is not None
    with store.read() as session:
        head = session.scalars(select(LogEntry.hash).order_by(LogEntry.number.desc())).first()
    assert head is not None
    server = make_server("127.0.0.1", 0, create_app(house_of(store, clock)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        context = browser.new_context()
        context.add_cookies([{"name": "session", "value": kept.value, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/family/1/evidence/print?language=es")
        made = page.pdf(format="Letter")
        context.close()
    finally:
        server.shutdown()
        thread.join()
    sheets = [one.extract_text() for one in PdfReader(io.BytesIO(made)).pages]
    assert len(sheets) > 4
    assert [head[:16] in one for one in sheets] == [True] * len(sheets)
    title = "Registro de servicios: Leo"
    assert [one.splitlines()[0].startswith(title) for one in sheets] == [True] * len(sheets)
    assert [f"Service number {n}" in sheets[0] for n in range(4)] == [True] * 4
    assert "Marcas" in sheets[0], "the legend ends the summary"
    assert "Todas las anotaciones" not in sheets[0]
    assert "Todas las anotaciones" in sheets[1]
