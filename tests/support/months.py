"""Families with a month behind them, as plain rows: quick to make, and every number known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from assistant.store import (
    Calendar,
    Caregiver,
    Case,
    Child,
    Consent,
    Expectation,
    Guardianship,
    IepVersion,
    InboundText,
    LogEntry,
    OutgoingMessage,
    Question,
    ServiceLine,
    Step,
)

DAY = date(2026, 9, 15)
YEAR = {
    "timezone": "UTC", "first_day": "2026-08-12", "last_day": "2027-06-03", "days_off": [], "breaks": [],
    "minimum_days": [],
}  # fmt: skip
NOON = datetime(2026, 9, 15, 19, 0, tzinfo=UTC)


def a_month(
    session: Session,
    families: int,
    language: str = "en",
    *,
    first: int = 1,
    missed: Callable[[int], bool] = lambda n: False,
    silent: Callable[[int], bool] = lambda n: False,
    in_totals: bool = True,
) -> None:
    """So many families with one session of speech on DAY: asked, answered after ten minutes unless `silent`.

    Every fourth text did not arrive; who missed a session sent the first letter five days later; the last
    family said STOP after the question.
    """
    if session.get(Calendar, 1) is None:
        session.add(Calendar(id=1, name="Alder", zone="UTC", definition=YEAR, created_at=NOON))
        session.flush()
    rows: dict[Any, list[dict[str, Any]]] = {}

    def put(table: Any, **row: Any) -> None:
        rows.setdefault(table, []).append(row)

    for n in range(first, first + families):
        made = {"created_at": NOON - timedelta(days=30)}
        phone = f"+1415{n:07d}"
        put(
            Caregiver,
            id=n,
            name="Ana",
            phone=phone,
            language=language,
            zone="UTC",
            texts="in",
            mails="none",
            **made,
        )
        put(Child, id=n, nickname="Leo", calendar_id=1, in_totals=in_totals, **made)
        put(Guardianship, id=n, child_id=n, caregiver_id=n, position=0)
        put(IepVersion, id=n, child_id=n, starts=date(2026, 8, 17), **made)
        put(
            ServiceLine,
            id=n,
            child_id=n,
            iep_version_id=n,
            name="Speech therapy",
            alias="speech",
            minutes=30,
            frequency={},
            starts=date(2026, 8, 17),
            ends=date(2027, 6, 4),
            planned_to=DAY,
            **made,
        )
        put(
            Expectation,
            id=n,
            service_line_id=n,
            child_id=n,
            form="slot",
            day=DAY,
            start_at=NOON,
            due_at=NOON,
            due_sessions=1,
            due_minutes=30,
            state="answered",
        )
        put(
            Question,
            id=n,
            caregiver_id=n,
            channel="sms",
            state="answered",
            asked_at=NOON,
            spoken_at=NOON,
            close_at=NOON,
        )
        put(
            OutgoingMessage,
            id=n,
            dedupe_key=f"q:{n}",
            reference=f"r{n}",
            channel="sms",
            kind="question",
            caregiver_id=n,
            to_address=phone,
            language=language,
            body="?",
            about=[n],
            template_key="question_one",
            created_at=NOON,
            sent_at=NOON,
            state="failed" if n % 4 == 0 else "delivered",
        )
        outcome = "unanswered" if silent(n) else "missed" if missed(n) else "held"
        put(
            LogEntry,
            id=n,
            child_id=n,
            number=1,
            service_line_id=n,
            expectation_id=n,
            question_id=n,
            kind="answer",
            day=DAY,
            outcome=outcome,
            knows="saw",
            words="",
            recorded_at=NOON,
            content={},
            previous_hash="",
            hash=f"{n}",
            answered_at=None if silent(n) else NOON + timedelta(minutes=10),
        )
        if not silent(n):
            put(
                InboundText,
                id=n,
                provider_id=f"SM{n}",
                channel="sms",
                from_address=phone,
                to_address="",
                body="1",
                received_at=NOON,
                handled_at=NOON,
                read_from=NOON,
                caregiver_id=n,
                meaning={"intent": "answer"},
            )
        if outcome == "missed":
            put(Case, id=n, service_line_id=n, child_id=n, **made)
            put(
                Step,
                id=n,
                case_id=n,
                key="document",
                suggested_on=DAY,
                suggested_at=NOON,
                state="done",
                decided_on=DAY + timedelta(days=5),
                why={},
                dates=[],
                guide_version="",
                policy={},
            )
    last = first + families - 1
    put(
        Consent, id=last, caregiver_id=last, channel="sms", act="withdrawn", method="text", wording="",
        address="", at=NOON + timedelta(hours=1),
    )  # fmt: skip
    for table, several in rows.items():
        session.execute(insert(table), several)
