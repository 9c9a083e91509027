"""Those who care for a child: who of them is asked, who is asked to join, who leaves.

None of them ever sees another's number. Nobody is tied to a child by somebody else's word: a caregiver who is
known already gets an invitation, and their own yes ties them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families import consent
from assistant.families.jurisdictions import hours_state
from assistant.families.tell import audited
from assistant.store import (
    Caregiver,
    Child,
    Expectation,
    Guardianship,
    Invitation,
    Question,
    QuestionItem,
)
from messages import templates
from messages.outbox import enqueue_text, language_of

WHOM = ("first", "together", "turns")


def whom_to_ask(session: Session, child_ids: Iterable[int], now: datetime) -> dict[int, list[Caregiver]]:
    """For each child those to ask now, in the family's order; a child with nobody to ask is left out.

    "first": who comes first of those who agreed and are not on pause. "together": all of these. "turns": who
    was asked about the child longest ago.
    """
    wanted = list(child_ids)
    rows = session.execute(
        select(Child, Caregiver)
        .join(Guardianship, Guardianship.child_id == Child.id)
        .join(Caregiver, Guardianship.caregiver_id == Caregiver.id)
        .where(Child.id.in_(wanted))
        .order_by(Child.id, Guardianship.position, Guardianship.id)
    )
    carers: dict[int, list[Caregiver]] = defaultdict(list)
    ways: dict[int, str] = {}
    for child, caregiver in rows:
        carers[child.id].append(caregiver)
        ways[child.id] = child.whom
    return choose(session, carers, ways, now)


def choose(
    session: Session, carers: Mapping[int, Sequence[Caregiver]], ways: Mapping[int, str], now: datetime
) -> dict[int, list[Caregiver]]:
    """The same, of children whose `carers` (in the family's order) and `ways` of asking are known already."""
    able = {
        number: [person for person in people if can_be_asked(person, now)]
        for number, people in carers.items()
    }
    in_turns = [number for number, people in able.items() if ways[number] == "turns" and len(people) > 1]
    last = _last_asked(session, in_turns)
    found: dict[int, list[Caregiver]] = {}
    for number, people in able.items():
        if not people:
            continue
        if ways[number] == "together" or len(people) == 1:
            found[number] = people
        else:  # the order of the family decides between two who were never asked
            found[number] = [min(people, key=lambda one: last.get((number, one.id), ""))]
    return found


def can_be_asked(caregiver: Caregiver, now: datetime) -> bool:
    """Whether consent and pauses allow a question.

    By e-mail only those are asked who have no texts: STOP is a no to being asked, not a change of channel.
    """
    paused = caregiver.paused_until is not None and caregiver.paused_until > now
    return not paused and (caregiver.texts == "in" or (caregiver.texts == "none" and caregiver.mails == "in"))


def invite(
    session: Session, caregiver: Caregiver, child: Child, position: int, now: datetime, settings: Settings
) -> None:
    """Ask a caregiver who is known already, by one text, whether they care for this child too.

    To somebody who said STOP nothing is sent: the invitation waits for their own START or JOIN.
    """
    tied = select(Guardianship.id).where(
        Guardianship.child_id == child.id, Guardianship.caregiver_id == caregiver.id
    )
    if session.scalars(tied).first() is not None:
        return
    row = Invitation(
        child_id=child.id, caregiver_id=caregiver.id, position=position, state="open", created_at=now
    )
    session.add(row)
    session.flush()
    values = {"program": settings.program.name, "child": child.nickname}
    rendered = templates.text(session, "invited_child", language_of(caregiver), values)
    enqueue_text(session, caregiver, "invite", rendered, f"invitation:{row.id}", now, settings)


def accept(session: Session, caregiver: Caregiver, now: datetime) -> list[Child]:
    """Their yes: ties them to every child they were invited for. Returns these children."""
    rows = session.scalars(
        select(Invitation)
        .where(Invitation.caregiver_id == caregiver.id, Invitation.state == "open")
        .order_by(Invitation.id)
    ).all()
    children = []
    for row in rows:
        row.state = "accepted"
        child = session.get_one(Child, row.child_id)
        tie(session, caregiver, child, row.position)
        audited(session, now, "caregiver", "joined_child", f"child {child.id}", caregiver=caregiver.id)
        children.append(child)
    return children


def tie(session: Session, caregiver: Caregiver, child: Child, position: int | None = None) -> None:
    """Let them care for the child; last in the order unless a place is given."""
    if position is None:
        position = session.scalars(
            select(func.count()).select_from(Guardianship).where(Guardianship.child_id == child.id)
        ).one()
    session.add(Guardianship(child_id=child.id, caregiver_id=caregiver.id, position=position))
    caregiver.guide_state = hours_state(session, child.id) or caregiver.guide_state
    session.flush()


def ask_whom(session: Session, child: Child, whom: str, now: datetime, by: str) -> None:
    """Change which of those who care for the child are asked. Raises ValueError for an unknown way."""
    if whom not in WHOM:
        raise ValueError(f"{whom!r} is no way of asking, expected one of {', '.join(WHOM)}")
    if child.whom != whom:
        child.whom = whom
        audited(session, now, by, "asked_whom", f"child {child.id}", whom=whom)


def leave(session: Session, caregiver: Caregiver, child: Child, now: datetime) -> None:
    """They no longer care for the child: no question, no word about it any more. What they said stays."""
    rows = session.scalars(
        select(Guardianship).where(
            Guardianship.child_id == child.id, Guardianship.caregiver_id == caregiver.id
        )
    ).all()
    if not rows:
        return
    for row in rows:
        session.delete(row)
    close_questions(session, caregiver.id, now, child.id)
    audited(session, now, "caregiver", "left_child", f"child {child.id}", caregiver=caregiver.id)
    session.flush()
    others = select(Guardianship.id).where(Guardianship.caregiver_id == caregiver.id)
    if session.scalars(others.limit(1)).first() is None:
        for channel, state in (("sms", caregiver.texts), ("email", caregiver.mails)):
            if state in ("in", "invited"):
                consent.opt_out(
                    session,
                    caregiver,
                    "sms" if channel == "sms" else "email",
                    "page",
                    "left the family",
                    now,
                )


def close_questions(session: Session, caregiver_id: int, now: datetime, child_id: int | None = None) -> None:
    """Nothing that this caregiver was asked is waited for any longer; what others were asked stays open.

    An expectation that nobody else is asked about runs out as it would have: `close_at` is now.
    """
    about = select(QuestionItem.question_id).join(Expectation, QuestionItem.expectation_id == Expectation.id)
    if child_id is not None:
        about = about.where(Expectation.child_id == child_id)
    session.execute(
        update(Question)
        .where(Question.caregiver_id == caregiver_id, Question.state == "open", Question.id.in_(about))
        .values(close_at=now, remind_at=None)
        .execution_options(synchronize_session="fetch")
    )


def _last_asked(session: Session, child_ids: list[int]) -> dict[tuple[int, int], str]:
    """When each caregiver was asked last about each child, as text that sorts; never: not in it."""
    if not child_ids:
        return {}
    rows = session.execute(
        select(Expectation.child_id, Question.caregiver_id, func.max(Question.asked_at))
        .join(QuestionItem, QuestionItem.expectation_id == Expectation.id)
        .join(Question, Question.id == QuestionItem.question_id)
        .where(Expectation.child_id.in_(child_ids))
        .group_by(Expectation.child_id, Question.caregiver_id)
    )
    return {(child, caregiver): asked.isoformat() for child, caregiver, asked in rows}


def households(session: Session) -> dict[int, int]:
    """The family of every child: children who share a caregiver are of one. Named by its first child."""
    first = {number: number for number in session.scalars(select(Child.id))}

    def root(child: int) -> int:
        while first[child] != child:
            first[child] = child = first[first[child]]
        return child

    by_caregiver: dict[int, int] = {}
    pairs = select(Guardianship.caregiver_id, Guardianship.child_id).order_by(Guardianship.id)
    for caregiver, child in session.execute(pairs):
        one, other = root(by_caregiver.setdefault(caregiver, child)), root(child)
        first[max(one, other)] = min(one, other)
    return {child: root(child) for child in first}
