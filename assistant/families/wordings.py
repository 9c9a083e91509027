"""The centre's own versions of what goes out: saved, sent to review, reviewed by somebody else, retired.

Every act is a row of its own and an audit event; nothing is overwritten.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.families.roles import may
from assistant.families.tell import audited
from assistant.store import Staff, Template, TemplateAct
from assistant.words import Language
from messages.template_states import Version, Wording, print_of, wording

LONGEST_REVIEW = timedelta(days=3 * 366)
Refusal = Literal[
    "own_words",
    "not_in_review",
    "not_newest",
    "not_live",
    "last_one",
    "until",
    "gone",
    "power",
    "same",
    "old",
    "file",
]


class NotNowError(Exception):
    """What was asked for cannot be done to this version; `why` says it in one word."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


def who(staff: Staff) -> str:
    """A member of staff as an author: their number, as in the audit log."""
    return f"staff {staff.id}"


def save(
    session: Session,
    staff: Staff,
    key: str,
    language: Language,
    body: str,
    reason: str,
    now: datetime,
    *,
    base: int,
    made_from: int | None = None,
    machine: bool = False,
    warnings: list[Any] | None = None,
) -> Template:
    """Keep words as a new draft. `base`: the newest version that its author saw.

    Raises NotNowError: "old" where somebody saved another in between, "same" where nothing was changed. A
    second writer at the same moment meets the table's own IntegrityError.
    """
    known = wording(session, key, language)
    newest = known.versions[0].number if known.versions else 0
    if newest != base:
        raise NotNowError("old")
    standing = known.at_work or known.in_use
    if standing is not None and standing.row.body == body and standing.row.made_from == made_from:
        raise NotNowError("same")
    file = known.numbered(0)
    row = Template(
        key=key,
        language=language,
        version=newest + 1,
        body=body,
        author=who(staff),
        reason=reason,
        created_at=now,
        made_from=made_from,
        machine=machine,
        warnings=warnings or [],
        over=print_of(file.row.body) if file else "",
    )
    session.add(row)
    session.flush()
    _audit(session, staff, "template_saved", row, now)
    return row


def send_to_review(session: Session, staff: Staff, one: Wording, number: int, now: datetime) -> None:
    """Ask for a review of the newest draft. Raises NotNowError."""
    version = _newest(one, number)
    if version.state != "draft":
        raise NotNowError("not_in_review")
    _act(session, staff, version, "sent", now)


def send_back(session: Session, staff: Staff, one: Wording, number: int, reason: str, now: datetime) -> None:
    """Not right yet: with the reason it becomes a draft again. Raises NotNowError."""
    version = _newest(one, number)
    if version.state != "in_review":
        raise NotNowError("not_in_review")
    _act(session, staff, version, "sent_back", now, reason=reason)


def review(
    session: Session,
    staff: Staff,
    one: Wording,
    number: int,
    until: date,
    today: date,
    now: datetime,
) -> None:
    """Say that the words are right, until a day; a version of the centre's is sent from now on.

    By somebody else than its author, or by the owner where nobody else is there. `today` and `until` are
    local dates. Raises NotNowError.
    """
    version = _standing(one, number)
    if version.live and version is not one.in_use:
        raise NotNowError("not_newest")
    if not version.live and (version.state != "in_review" or version is not one.at_work):
        raise NotNowError("not_in_review")
    if not today < until <= today + LONGEST_REVIEW:
        raise NotNowError("until")
    own = version.row.author == who(staff)
    if own and not alone(session, staff):
        raise NotNowError("own_words")
    _act(session, staff, version, "reviewed", now, until=until, alone=own)


def retire(session: Session, staff: Staff, one: Wording, number: int, reason: str, now: datetime) -> None:
    """Take a version out of use, or give up a draft. The version before it is sent again.

    Raises NotNowError: "last_one" where none would be left to send, "power" where a version in use is taken
    back by who may not review.
    """
    version = _standing(one, number)
    if version.live:
        if not may(staff.role, "templates_review"):
            raise NotNowError("power")
        if sum(other.live for other in one.versions) == 1:
            raise NotNowError("last_one")
    _act(session, staff, version, "retired", now, reason=reason)


def roll_back(
    session: Session, staff: Staff, one: Wording, number: int, reason: str, now: datetime
) -> Template:
    """The words of an earlier version as a new one, and that one to review. Raises NotNowError."""
    version = one.numbered(number)
    if version is None:
        raise NotNowError("gone")
    row = save(
        session,
        staff,
        one.key,
        one.language,
        version.row.body,
        reason,
        now,
        base=one.versions[0].number,
        made_from=version.row.made_from,
        machine=version.row.machine,
        warnings=version.row.warnings,
    )
    _act(session, staff, Version(row), "sent", now)
    return row


def alone(session: Session, staff: Staff) -> bool:
    """Whether this is the owner of a centre where nobody else works."""
    if not (may(staff.role, "templates_review") and may(staff.role, "staff")):
        return False
    return session.scalars(select(func.count()).where(Staff.ended_at.is_(None))).one() == 1


def _standing(one: Wording, number: int) -> Version:
    version = one.numbered(number)
    if version is None or version.state == "retired":
        raise NotNowError("gone")
    if version.number == 0:  # the guide's own file: no row, and its reviews are of the whole text
        raise NotNowError("file")
    return version


def _newest(one: Wording, number: int) -> Version:
    version = one.numbered(number)
    if version is None:
        raise NotNowError("gone")
    if version is not one.at_work:
        raise NotNowError("not_newest")
    return version


def _act(
    session: Session,
    staff: Staff,
    version: Version,
    act: str,
    now: datetime,
    *,
    reason: str = "",
    until: date | None = None,
    alone: bool = False,
) -> None:
    session.add(
        TemplateAct(
            template_id=version.row.id,
            act=act,
            by=who(staff),
            reason=reason,
            until=until,
            alone=alone,
            at=now,
        )
    )
    session.flush()
    detail = {"until": until.isoformat(), "alone": alone} if until else {}
    kinds = {"sent": "to_review", "sent_back": "sent_back", "reviewed": "reviewed", "retired": "retired"}
    _audit(session, staff, f"template_{kinds[act]}", version.row, now, **detail)


def _audit(session: Session, staff: Staff, kind: str, row: Template, now: datetime, **detail: object) -> None:
    detail = {"key": row.key, "language": row.language, "version": row.version, **detail}
    audited(session, now, who(staff), kind, f"template {row.id}", **detail)
