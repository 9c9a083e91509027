"""What a member of staff has to look at about the program itself, and the line above their pages about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assistant.families.tell import audited
from assistant.operations.redact import redacted
from assistant.operations.vitals import lags, last_tick
from assistant.store import Alert
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.signed_in import staff_here
from assistant.web.staff_pages import staff_who_may

blueprint = Blueprint("alerts", __name__, url_prefix="/admin/alerts")

_MOST = 100
_REASON = 300  # characters
_LATELY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Banner:
    """`behind`: minutes that the worker is behind, 0 where it keeps up. `open`: alerts that wait."""

    behind: int
    open: int


@blueprint.get("/")
def waiting() -> ResponseReturnValue:
    """Open ones, the newest first; then those that were closed lately."""
    house = the_house()
    with house.store.read() as session:
        staff_who_may(session, "alerts_see")
        newest = select(Alert).order_by(Alert.last_at.desc(), Alert.id.desc()).limit(_MOST)
        over = Alert.closed_at > house.clock.now() - _LATELY
        return render_template(
            "admin/alerts.html",
            waiting=session.scalars(newest.where(Alert.closed_at.is_(None))).all(),
            over=session.scalars(newest.where(over)).all(),
            zone=ZoneInfo(house.settings.program.zone),
            title=_title,
            advice=_advice,
            detail=_detail,
        )


@blueprint.post("/<int(max=2147483647):number>/close")
def close(number: int) -> ResponseReturnValue:
    """Done with it, and why. Where the trouble is still there, the next look opens another one."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "alerts_close")
        found = session.get(Alert, number, with_for_update=True)
        if found is None:
            abort(404)
        reason = redacted(" ".join(request.form.get("reason", "").split())[:_REASON])
        if not reason:
            flash(words().say("alerts.reason_needed"))
            return redirect(url_for("alerts.waiting"), 303)
        if found.closed_at is None:
            found.closed_at, found.closed_by = house.clock.now(), f"staff {staff.id}"
            audited(
                session, house.clock.now(), f"staff {staff.id}", "alert_closed", f"alert {found.id}",
                about=found.kind, reason=reason,
            )  # fmt: skip
    flash(words().say("alerts.done"))
    return redirect(url_for("alerts.waiting"), 303)


def install(app: Flask) -> None:
    """Let every page of staff show the banner."""

    @app.context_processor
    def shared() -> dict[str, object]:
        return {"staff_banner": _banner}


def _banner() -> Banner | None:
    """For who is signed in as staff, where there is something to say."""
    if not request.path.startswith("/admin/"):
        return None
    house = the_house()
    try:
        with house.store.read() as session:
            if staff_here(session) is None:
                return None
            listed = request.path.startswith(blueprint.url_prefix or "")  # the page itself counts them
            behind = 0 if house.settings.sandbox else _behind(session)
            found = Banner(behind, 0 if listed else _open(session))
    except SQLAlchemyError:
        return None  # the page itself says that the database is away
    return found if found.behind or found.open else None


def _behind(session: Session) -> int:
    house = the_house()
    now, tick = house.clock.now(), last_tick(session)
    worst = max([*lags(session, now).values(), now - tick if tick else timedelta(0)])
    patience = timedelta(minutes=house.settings.ops.behind_minutes)
    return int(worst.total_seconds() // 60) if worst > patience else 0


def _open(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Alert).where(Alert.closed_at.is_(None))) or 0


def _title(alert: Alert) -> str:
    return _said("title", alert) or words().say("alerts.other", kind=alert.kind)


def _advice(alert: Alert) -> str:
    return _said("do", alert) or words().say("alerts.other_do")


def _said(what: str, alert: Alert) -> str:
    key = f"alert.{alert.kind}.{what}"
    return words().say(key) if words().knows(key) else ""


def _detail(alert: Alert) -> list[str]:
    """The numbers behind it, as "job: close"; rows as a list."""
    shown = []
    if alert.subject:
        shown.append(alert.subject)
    for key, value in alert.detail.items():
        told = ", ".join(str(one) for one in value) if isinstance(value, list) else value
        shown.append(f"{key.replace('_', ' ')}: {told}")
    return shown
