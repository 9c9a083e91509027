"""The thresholds in force for a service line, and their versions.

Three layers, the nearest wins: the configuration's `[escalation]`, the newest version that staff set for all
services (`service` ""), the newest one for the line's kind (families.kinds). A version holds only what
differs from the layers below it, so what it leaves alone goes on following them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.escalation.policy import Policy
from assistant.families.kinds import KINDS, kind_of
from assistant.families.tell import audited
from assistant.store import Case, IepVersion, PolicyVersion, ServiceLine

EVERY = ""  # the layer for all services
_AT_ONCE = 500  # numbers in one statement
_KEYS = frozenset(field.name for field in fields(Policy))
Values = Mapping[str, Any]

_NEWEST = (
    select(PolicyVersion.service, func.max(PolicyVersion.version).label("version"))
    .group_by(PolicyVersion.service)
    .subquery()
)
# Built once: each decision and each line of a weekly e-mail asks.
_NEWEST_VALUES = select(PolicyVersion.service, PolicyVersion.values).join(
    _NEWEST, (_NEWEST.c.service == PolicyVersion.service) & (_NEWEST.c.version == PolicyVersion.version)
)


class ThresholdError(ValueError):
    """Thresholds that make no sense; `key` is the field to be put right ("" where it is none of the form's).

    The message is escalation.policy's own, without the field's name.
    """

    def __init__(self, key: str, message: str, service: str = EVERY) -> None:
        super().__init__(message)
        self.key = key
        self.service = service


def policy_for_line(session: Session, line: ServiceLine, settings: Settings) -> Policy:
    """The thresholds in force for a service line."""
    return policy_for_kind(session, kind_of(line.name, line.alias, line.frequency), settings)


def policy_for_kind(session: Session, service: str, settings: Settings) -> Policy:
    """The thresholds in force for a kind of service, or for all that have none of their own ("")."""
    return layered(settings, service, newest_values(session))


def newest_values(session: Session) -> dict[str, Values]:
    """What the newest version of each layer sets, by service."""
    return {row.service: row.values for row in session.execute(_NEWEST_VALUES)}


def layered(settings: Settings, service: str, values: Mapping[str, Values]) -> Policy:
    """The policy of the layers up to `service`, whose `values` are given by service.

    A layer that the ones below it no longer agree with (the configuration was changed under it) is passed
    over, so that a change of a file never stops the decisions; saving refuses to make such a layer.
    """
    policy = Policy(**settings.escalation.model_dump())
    for layer in dict.fromkeys((EVERY, service)):
        try:
            policy = over(policy, values.get(layer, {}))
        except ValueError:
            continue
    return policy


def over(policy: Policy, values: Values) -> Policy:
    """`policy` with `values` put over it; keys that are no thresholds (any more) are passed over.

    Raises ThresholdError naming the first field that makes no sense.
    """
    try:
        return Policy(**{**asdict(policy), **{key: values[key] for key in values if key in _KEYS}})
    except ValueError as error:
        key, _, message = str(error).partition(": ")
        raise ThresholdError(key, message) from None


def versions(session: Session, service: str) -> list[PolicyVersion]:
    """Every version of a layer, newest first."""
    rows = select(PolicyVersion).where(PolicyVersion.service == service)
    return list(session.scalars(rows.order_by(PolicyVersion.version.desc())))


def beneath(service: str, standing: Mapping[str, Values], settings: Settings) -> Policy:
    """What holds for a layer that sets nothing itself."""
    return layered(settings, EVERY, standing if service != EVERY else {})


def save(
    session: Session,
    service: str,
    wanted: Values,
    author: str,
    reason: str,
    now: datetime,
    settings: Settings,
) -> PolicyVersion | None:
    """Put `wanted` (thresholds by name) in force for a layer as a new version; None where nothing changes.

    Only what differs from the layers below is stored. The cases of the lines it holds for are decided anew in
    the next pass; the steps they have keep the thresholds they were suggested with. Raises ThresholdError
    for thresholds that make no sense, here or for a kind that sets some of its own.
    """
    standing = newest_values(session)
    values = checked(service, wanted, standing, settings)
    if values == dict(standing.get(service, {})):
        return None
    row = PolicyVersion(
        service=service,
        version=1 + (_newest_version(session, service) or 0),
        values=values,
        author=author,
        reason=reason,
        created_at=now,
    )
    session.add(row)
    session.flush()
    before, after = (layered(settings, service, each) for each in (standing, {**standing, service: values}))
    changed = {key: [asdict(before)[key], value] for key, value in differing(after, before).items()}
    cases = look_again(session, service, now)
    audited(
        session,
        now,
        author,
        "thresholds_changed",
        f"policy {row.id}",
        service=service,
        version=row.version,
        changed=changed,
        cases=cases,
    )
    return row


def checked(
    service: str, wanted: Values, standing: Mapping[str, Values], settings: Settings
) -> dict[str, Any]:
    """What a version of a layer would hold: of `wanted` what differs from the layers below.

    `standing` is what the layers set now. Raises ThresholdError as `save` does.
    """
    if service != EVERY and service not in KINDS:
        raise ValueError(f"{service}: no kind of service has this name")
    below = beneath(service, standing, settings)
    policy = over(below, wanted)
    if service == EVERY:
        _fits_every_kind(policy, standing)
    return differing(policy, below)


def differing(policy: Policy, other: Policy) -> dict[str, Any]:
    """The thresholds of `policy` that are not those of `other`."""
    there = asdict(other)
    return {key: value for key, value in asdict(policy).items() if value != there[key]}


def children_by_kind(session: Session, today: date) -> dict[str, int]:
    """How many children have a service of each kind in force on `today`; under "" how many have any."""
    rows = session.execute(
        select(ServiceLine.child_id, ServiceLine.name, ServiceLine.alias, ServiceLine.frequency).where(
            ServiceLine.starts <= today, ServiceLine.ends >= today
        )
    )
    found: dict[str, set[int]] = {}
    known: dict[tuple[str, str, str], str] = {}  # most families have the same few services
    for child, name, alias, frequency in rows:
        said = (name, alias, str(frequency.get("form", "")))
        if said not in known:
            known[said] = kind_of(name, alias, frequency)
        for kind in (EVERY, known[said]):
            found.setdefault(kind, set()).add(child)
    return {kind: len(children) for kind, children in found.items()}


def look_again(session: Session, service: str, now: datetime) -> int:
    """Let the living cases of a layer be decided in the next pass; returns how many.

    A line that is over keeps its day: only where something was still to come is it looked at again.
    """
    rows = session.execute(
        living(now).with_only_columns(Case.id, ServiceLine.name, ServiceLine.alias, ServiceLine.frequency)
    )
    numbers = [
        number
        for number, name, alias, frequency in rows
        if service in (EVERY, kind_of(name, alias, frequency))
    ]
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        session.execute(update(Case).where(Case.id.in_(some)).values(look_at=now))
    return len(numbers)


def living(now: datetime) -> Select[int]:
    """The numbers of the cases that are still decided about: of lines in force, or with a day to look at."""
    return (
        select(Case.id)
        .join(ServiceLine, Case.service_line_id == ServiceLine.id)
        .join(IepVersion, ServiceLine.iep_version_id == IepVersion.id)
        .where(
            or_(
                Case.look_at.is_not(None),
                (ServiceLine.ends >= now.date())
                & or_(IepVersion.ends.is_(None), IepVersion.ends >= now.date()),
            )
        )
    )


def _fits_every_kind(policy: Policy, standing: Mapping[str, Values]) -> None:
    for kind in KINDS:
        try:
            over(policy, standing.get(kind, {}))
        except ThresholdError as error:
            raise ThresholdError(error.key, str(error), kind) from None


def _newest_version(session: Session, service: str) -> int | None:
    return session.scalars(
        select(func.max(PolicyVersion.version)).where(PolicyVersion.service == service)
    ).one()
