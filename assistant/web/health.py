"""Is the process alive, can it work, is the worker keeping up? No secrets, no names, no counts of people."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from assistant.operations.alarms import judge
from assistant.operations.vitals import vitals
from assistant.web.current import the_house

blueprint = Blueprint("health", __name__)


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
            found = vitals(session, now, house.settings)
    except SQLAlchemyError:
        return jsonify(database="cannot be reached"), 503
    overdue = [lag for job, lag in found.lags.items() if job != "deliver"]
    return jsonify(
        database="ok",
        now=now.isoformat(),
        last_tick=found.last_tick.isoformat() if found.last_tick else None,
        oldest_unsent=_since(now, found.lags.get("deliver")),
        oldest_overdue=_since(now, max(overdue, default=None)),
        alarms=[] if house.settings.sandbox else [alarm.kind for alarm in judge(found, house.settings.ops)],
    ), 200


def _since(now: datetime, lag: timedelta | None) -> str | None:
    return (now - lag).isoformat() if lag is not None else None
