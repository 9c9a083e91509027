"""Is the process alive, can it work, is the worker keeping up? No secrets, no names, no counts of people."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from assistant.store import Case, Expectation, Fact, InboundText, OutgoingMessage, Question
from assistant.web.current import the_house

blueprint = Blueprint("health", __name__)

_UNSENT = OutgoingMessage.state.in_(("queued", "sending", "unsure"))
_WAITING: tuple[tuple[InstrumentedAttribute[datetime | None], ColumnElement[bool]], ...] = (
    (Expectation.ask_at, Expectation.state == "planned"),
    (Question.close_at, Question.state == "open"),
    (Case.look_at, Case.look_at.is_not(None)),
    (InboundText.received_at, InboundText.handled_at.is_(None)),
)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers. Nothing is asked of the database."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """200 when the database can be read, else 503. The moments tell whether the worker keeps up.

    It stays 200 while a worker is behind: texts that come in then are still kept, so pages must stay up.
    """
    house = the_house()
    now = house.clock.now()
    try:
        with house.store.read() as session:
            fact = session.get(Fact, "last_tick")
            tick = fact.value if fact else None
            unsent = _oldest(session, OutgoingMessage.next_at, _UNSENT, now)
            overdue = [_oldest(session, column, where, now) for column, where in _WAITING]
    except SQLAlchemyError:
        return jsonify(database="cannot be reached"), 503
    known = [moment for moment in overdue if moment is not None]
    return jsonify(
        database="ok",
        now=now.isoformat(),
        last_tick=tick,
        oldest_unsent=unsent.isoformat() if unsent else None,
        oldest_overdue=min(known).isoformat() if known else None,
    ), 200


def _oldest(
    session: Session,
    column: InstrumentedAttribute[datetime | None],
    where: ColumnElement[bool],
    now: datetime,
) -> datetime | None:
    return session.scalars(select(func.min(column)).where(where, column <= now)).one()
