"""What of the vitals is an alarm. Pure, so that whoever can read the database sees the same: the job that
raises alerts, and the pages, which still stand when the worker does not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from assistant.config import Ops, Settings
from assistant.operations.vitals import Vitals, vitals
from assistant.store.facts import keep_fact
from messages.alerts import close_alert, raise_alert

FEW_TEXTS = 20  # a share of fewer texts says nothing
FILTERED = "30007"
EVERY = timedelta(minutes=10)  # how often the job looks
KEY = "alarms"  # of the fact that says when it looks next


@dataclass(frozen=True, slots=True)
class Alarm:
    """`kind` is the alert's; `detail` the numbers behind it, nobody's name or number."""

    kind: str
    detail: dict[str, Any] = field(default_factory=dict)


KINDS = ("worker_behind", "outbox_old", "delivery_low", "texts_filtered", "no_replies", "webhooks_refused")


def judge(found: Vitals, ops: Ops) -> list[Alarm]:
    """What is wrong now, worst first."""
    wrong: list[Alarm] = []
    patience = timedelta(minutes=ops.behind_minutes)
    stalled = found.at - found.last_tick if found.last_tick is not None else found.oldest_overdue
    late = {name: lag for name, lag in found.lags.items() if name != "deliver" and lag > patience}
    if stalled > patience or late:
        worst = max(late, key=lambda name: late[name], default="")
        minutes = {"last_pass_minutes": _minutes(stalled), "overdue_minutes": _minutes(found.oldest_overdue)}
        wrong.append(Alarm("worker_behind", {**minutes, "job": worst}))
    backlog = found.lags.get("deliver", timedelta(0))
    if backlog > patience:
        wrong.append(
            Alarm("outbox_old", {"minutes": _minutes(backlog), "messages": sum(found.unfinished.values())})
        )
    sent = sum(found.texts.values())
    if sent >= FEW_TEXTS:
        percent = 100 * found.texts.get("delivered", 0) / sent
        if percent < ops.delivery_percent:
            wrong.append(Alarm("delivery_low", {"percent": round(percent), "texts": sent}))
        filtered = 100 * found.codes.get(FILTERED, 0) / sent
        if filtered > ops.filtered_percent:
            wrong.append(Alarm("texts_filtered", {"percent": round(filtered, 1), "texts": sent}))
    if found.quiet_since is not None:
        hours = int((found.at - found.quiet_since).total_seconds() // 3600)
        if hours >= ops.silent_hours:
            wrong.append(Alarm("no_replies", {"hours": hours}))
    if sum(found.refused_lately.values()) >= ops.refused_an_hour:
        reasons: Counter[str] = Counter()
        for (_, reason), times in found.refused_lately.items():
            reasons[reason] += times
        wrong.append(Alarm("webhooks_refused", dict(sorted(reasons.items()))))
    return wrong


def raise_alarms(session: Session, now: datetime, settings: Settings) -> int:
    """Look, open an alert for what is wrong and close it for what is over; look again in ten minutes.

    Runs before the rest of a pass, so that a worker that was away says so before it has caught up. Returns 1.
    """
    wrong = {alarm.kind: alarm for alarm in judge(vitals(session, now, settings), settings.ops)}
    if settings.sandbox:
        # Nothing is delivered there, and its clock jumps over days.
        wrong = {
            kind: alarm
            for kind, alarm in wrong.items()
            if kind not in ("worker_behind", "outbox_old", "delivery_low")
        }
    for kind in KINDS:
        if kind in wrong:
            raise_alert(session, kind, now, **wrong[kind].detail)
        else:
            close_alert(session, kind, now)
    keep_fact(session, KEY, now.isoformat(), now + EVERY)
    return 1


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds() // 60)
