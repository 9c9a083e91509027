"""What an evidence file of 300 entries costs, beside bare typst setting a table of the very same cells.

Ours gathers from the database, draws minutes and calendars, and writes a tagged PDF/UA-1; the baseline is the
table alone, untagged. typst remembers what it has set before: `first_ms` is what a parent waits for.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.clock import monotonic
from assistant.evidence.collect import collect
from assistant.evidence.collected import Evidence, Wanted
from assistant.evidence.export import csv_of, json_of
from assistant.evidence.file import verify
from assistant.evidence.log import Said, record
from assistant.evidence.paper import as_pdf
from assistant.evidence.paper.rows import entry_tables
from assistant.evidence.paper.speech import speech
from assistant.guide.loader import load_guide
from assistant.store import (
    Calendar,
    Caregiver,
    Child,
    Expectation,
    Guardianship,
    IepVersion,
    Question,
    QuestionItem,
    ServiceLine,
    Store,
    open_store,
)
from assistant.store.migrate import upgrade
from assistant.words import Cause, Knows, Outcome

ENTRIES = 300
RUNS = 5
FIRST = date(2026, 8, 17)
_ZONE = "America/Los_Angeles"
_SAID: tuple[tuple[Outcome, Cause | None, int | None, str], ...] = (
    (Outcome.HELD, None, None, "yes"),
    (Outcome.HELD, None, None, "sí"),
    (Outcome.MISSED, Cause.PROVIDER_ABSENT, None, "no, the therapist was out sick again today"),
    (Outcome.PARTIAL, None, 15, "nomás 15 min, she had to leave early for a meeting"),
    (Outcome.MISSED, Cause.CHILD_ABSENT, None, "he was home with a fever"),
    (Outcome.UNKNOWN, None, None, "3"),
    (Outcome.UNANSWERED, None, None, ""),
)
_BARE = """#set page(paper: "us-letter")
#set text(8pt)
#table(columns: 5, ..json(bytes(sys.inputs.rows)).flatten())
"""


def evidence() -> Iterator[dict[str, Any]]:
    """The PDF, the JSON, the CSV and the check of 300 entries, and the bare table."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/evidence.db", durable=False)
        upgrade(store)
        now = fill(store, ENTRIES)

        def gathered() -> Evidence:
            with store.read() as session:
                return collect(session, 1, Wanted(), now, load_guide("us-ca"))

        one = gathered()
        rows = [
            [" ".join(cell) for cell in row]
            for month in entry_tables(one, speech("en"))
            for row in month["rows"]
        ]
        source = Path(folder) / "bare.typ"
        source.write_text(_BARE, encoding="utf-8")
        raw = json_of(one).encode()
        work: tuple[tuple[str, Callable[[], object]], ...] = (
            ("every session, gathered and printed", lambda: as_pdf(gathered())),
            ("bare typst, a table of the same cells", lambda: _bare(source, rows)),
            ("every session, gathered only", gathered),
            ("every session, gathered and written as JSON", lambda: json_of(gathered())),
            ("every session, gathered and written as CSV", lambda: csv_of(gathered())),
            ("every session, the JSON checked", lambda: verify(raw)),
        )
        for what, do in work:
            yield _figure(what, len(rows), [_timed(do) for _ in range(RUNS)])
        store.close()


def fill(store: Store, entries: int) -> datetime:
    """A child with two service lines and so many entries, some of them corrections; the moment after."""
    now = datetime(2026, 8, 1, tzinfo=UTC)
    with store.write() as session:
        session.add(Calendar(name="Alder", zone=_ZONE, definition={}, created_at=now))
        session.flush()
        session.add(Child(nickname="Leo", full_name="Leonardo Rivera", calendar_id=1, created_at=now))
        session.add(Caregiver(name="Ana", language="en", zone=_ZONE, created_at=now))
        session.flush()
        session.add(Guardianship(child_id=1, caregiver_id=1))
        session.add(IepVersion(child_id=1, dated=date(2026, 5, 14), starts=FIRST, created_at=now))
        session.flush()
        for name, alias in (("Speech-language therapy", "speech"), ("Occupational therapy", "OT")):
            session.add(
                ServiceLine(
                    child_id=1, iep_version_id=1, name=name, alias=alias, minutes=30, starts=FIRST,
                    ends=date(2027, 6, 4), planned_to=date(2027, 6, 4), created_at=now,
                    frequency={"form": "daily", "at": "14:00:00"},
                )
            )  # fmt: skip
        session.flush()
        made = place = 0
        while made < entries:
            outcome, cause, minutes, words = _SAID[place % len(_SAID)]
            start = datetime(2026, 8, 17, 21, tzinfo=UTC) + timedelta(days=place // 2)
            asked, told = start + timedelta(minutes=75), start + timedelta(minutes=90)
            one = _due(session, 1 + place % 2, start, asked)
            silent = outcome is Outcome.UNANSWERED
            said = Said(
                outcome, cause, minutes, None, Knows.CHILD_SAID, words, None if silent else 1,
                asked_at=asked, answered_at=None if silent else told,
            )  # fmt: skip
            record(session, one, said, told)
            made, place, now = made + 1, place + 1, told
            if place % 20 == 0 and made < entries:
                fixed = Said(Outcome.HELD, words="sorry, it did happen", caregiver_id=1, answered_at=told)
                record(session, one, fixed, told)
                made += 1
    return now + timedelta(days=1)


def _due(session: Any, line: int, start: datetime, asked: datetime) -> Expectation:
    one = Expectation(
        service_line_id=line, child_id=1, form="slot", day=start.date(), start_at=start,
        due_at=start + timedelta(minutes=30), due_sessions=1, due_minutes=30, state="answered",
    )  # fmt: skip
    question = Question(
        caregiver_id=1, channel="sms", state="answered", asked_at=asked, spoken_at=asked, close_at=asked
    )
    question.items = [QuestionItem(expectation=one, position=0)]
    session.add_all([one, question])
    session.flush()
    return one


def _bare(source: Path, rows: list[list[str]]) -> object:
    import typst

    compiler = typst.Compiler(input=str(source), ignore_system_fonts=True)
    return compiler.compile(format="pdf", sys_inputs={"rows": json.dumps(rows)}, pdf_tags=False)


def _timed(work: Callable[[], object]) -> float:
    start = monotonic()
    work()
    return monotonic() - start


def _figure(what: str, entries: int, seconds: list[float]) -> dict[str, Any]:
    return {
        "bench": "evidence",
        "what": what,
        "entries": entries,
        "ms": round(statistics.median(seconds) * 1000, 1),
        "first_ms": round(seconds[0] * 1000, 1),
        "runs": len(seconds),
    }
