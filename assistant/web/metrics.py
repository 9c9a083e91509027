"""`/metrics` for Prometheus: off unless a token is set. Read from the database when asked, so it is the same
in whichever of several processes answers; no label holds anything about a person.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from assistant.operations.alarms import KINDS, judge
from assistant.operations.vitals import DUE, Vitals, vitals
from assistant.store import Fact
from assistant.web.current import the_house

blueprint = Blueprint("metrics", __name__)
PREFIX = "every_session_"


@blueprint.get("/metrics")
def metrics() -> Response:
    """404 while off, 401 without the token: nobody finds out more than that."""
    house = the_house()
    token = house.settings.ops.metrics_token
    if not token:
        abort(404)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return Response(
            "a bearer token is needed\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain"
        )
    now = house.clock.now()
    with house.store.read() as session:
        found = vitals(session, now, house.settings)
        last_audit = _moment(session.get(Fact, "last_audit"))
    registry = CollectorRegistry()
    wrong = {alarm.kind for alarm in judge(found, house.settings.ops)}
    registry.register(_Once(list(_families(found, wrong, last_audit))))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Once(Collector):
    """Figures that were read already."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._families


def _families(found: Vitals, wrong: set[str], last_audit: datetime | None) -> Iterator[GaugeMetricFamily]:
    yield _each(
        "due_lag_seconds", "How long the oldest due row of a job has waited.", "job",
        {job: found.lags[job].total_seconds() if job in found.lags else 0.0 for job in DUE},
    )  # fmt: skip
    yield _age("last_pass_age_seconds", "Since the last full pass of the jobs.", found.last_tick, found.at)
    yield _age("last_audit_age_seconds", "Since the auditor was last through.", last_audit, found.at)
    yield _by_state("outbox_messages", "Messages that are not finished.", found.unfinished)
    yield _by_state("messages_last_day", "Messages made in the last day, finished.", found.finished)
    yield _each("texts_last_day", "Texts of the last day whose report is due.", "outcome", dict(found.texts))
    yield _each(
        "provider_errors_last_day", "Messages of the last day by error code.", "code", dict(found.codes)
    )
    yield _one("questions_asked_week", "Questions of the last seven days.", found.asked)
    yield _one("questions_answered_week", "Those of them that were answered.", found.answered)
    yield _one("inbound_waiting", "Texts that came in and were not read yet.", found.inbound_waiting)
    yield _each("inbound_last_day", "Texts that came in, by how.", "source", dict(found.inbound))
    if found.mailbox_failures is not None:
        yield _one("mailbox_failures", "Failed looks into the mailbox in a row.", found.mailbox_failures)
    yield _refused(found.refused)
    yield _age("last_inbound_age_seconds", "Since the last text came in.", found.last_inbound, found.at)
    yield _each("alerts_open", "Alerts that wait for a person.", "kind", dict(found.alerts))
    yield _each(
        "alarm", "1 where it holds now, whether or not a worker lives to raise an alert.", "kind",
        {kind: float(kind in wrong) for kind in KINDS},
    )  # fmt: skip


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, text)
    family.add_metric([], value)
    return family


def _age(name: str, text: str, moment: datetime | None, now: datetime) -> GaugeMetricFamily:
    """Without a value where it never was."""
    family = GaugeMetricFamily(PREFIX + name, text)
    if moment is not None:
        family.add_metric([], (now - moment).total_seconds())
    return family


def _each(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _refused(values: Mapping[tuple[str, str], int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        PREFIX + "webhooks_refused_last_day", "Webhooks refused in the last day.", labels=["hook", "reason"]
    )
    for (hook, reason), count in sorted(values.items()):
        family.add_metric([hook, reason], count)
    return family


def _by_state(name: str, text: str, values: Mapping[tuple[str, str], int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, text, labels=["channel", "state"])
    for (channel, state), count in sorted(values.items()):
        family.add_metric([channel, state], count)
    return family


def _moment(fact: Fact | None) -> datetime | None:
    return datetime.fromisoformat(fact.value) if fact else None
