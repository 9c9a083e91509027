"""A family whose log has sessions of every kind, with a step suggested: what letters are made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.clock import VirtualClock
from assistant.config import Asking
from assistant.evidence.log import Said, record
from assistant.store import Case, Expectation, Step, Store
from assistant.words import Cause, Knows, Language, Outcome
from tests.support.family import OT, SETTINGS, SPEECH, caregiver, family, registered

HELD = Said(Outcome.HELD, knows=Knows.SAW)
MISSED = Said(Outcome.MISSED, Cause.PROVIDER_ABSENT, knows=Knows.SCHOOL_SAID, words="no vino")
AWAY = Said(Outcome.MISSED, Cause.CHILD_ABSENT, words="sick")
SHORT = Said(Outcome.PARTIAL, minutes=10, words="only 10")
GROUP = Said(Outcome.OTHER, words="in a group")
EVENT = Said(Outcome.MISSED, Cause.SCHOOL_EVENT, words="assembly")
UNSURE = Said(Outcome.UNKNOWN, words="?")
SILENT = Said(Outcome.UNANSWERED)
HOME = Said(Outcome.MISSED, Cause.SENT_HOME, words="they sent him home")
SNOW = Said(Outcome.NO_SCHOOL, Cause.CLOSURE, words="smoke day")
# A term of sessions at once: no planner runs here.
FAR = SETTINGS.model_copy(update={"asking": Asking(horizon_days=120)})
TERM = (HELD, MISSED, AWAY, MISSED, SHORT, GROUP, EVENT, UNSURE, SILENT, MISSED, HELD, SNOW)


def logged(
    store: Store, clock: VirtualClock, language: Language = "en", term: Sequence[Said | None] = TERM
) -> int:
    """Leo's family with this log of speech, in order; None is nobody's answer yet. The child's number."""
    with store.write() as session:
        child = registered(session, family(caregiver(language), services=(SPEECH, OT)), clock.now(), FAR)
        return _log(session, clock, child.id, term)


def _log(session: Session, clock: VirtualClock, child_id: int, term: Sequence[Said | None]) -> int:
    due = session.scalars(
        select(Expectation)
        .where(Expectation.child_id == child_id, Expectation.line.has(alias="speech"))
        .order_by(Expectation.due_at)
        .limit(len(term))
    ).all()
    for one, said in zip(due, term, strict=True):
        clock.move_to(one.due_at + timedelta(hours=2))
        if said is not None:
            record(session, one, said, clock.now())
            one.state, one.ask_at = "answered", None
    return child_id


def suggested(store: Store, clock: VirtualClock, key: str) -> int:
    """A step of that key for Leo's speech, suggested now; its number."""
    with store.write() as session:
        case = session.scalars(select(Case).where(Case.line.has(alias="speech"))).one()
        step = Step(
            case_id=case.id,
            case=case,
            key=key,
            suggested_on=clock.now().date(),
            suggested_at=clock.now(),
            why={"rule": "misses_in_window", "values": {"misses": 3}, "entries": [2, 4]},
            dates=[],
            guide_version="1",
            policy={},
        )
        session.add(step)
        session.flush()
        return step.id
