"""SENT, ANSWERED, REFUSED, FIXED, "not now" by text: about the step that is open, never about a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from assistant.conversation.answers import Context
from assistant.conversation.marks import ANSWERS, Act, act
from assistant.escalation.reading import PREPARED
from assistant.escalation.types import StepKey
from assistant.replies.marks import Marked, mark_in
from assistant.store import Case, Child, Guardianship, ServiceLine, Step
from messages import templates

_URGENT_TOO = (*PREPARED, StepKey.URGENT)
_STEPS = (
    select(Step, ServiceLine.alias, Child.nickname)
    .join(Case, Step.case_id == Case.id)
    .join(ServiceLine, Case.service_line_id == ServiceLine.id)
    .join(Child, Case.child_id == Child.id)
    .join(Guardianship, Guardianship.child_id == Case.child_id)
    .where(
        Guardianship.caregiver_id == bindparam("caregiver"),
        Step.key.in_([key.value for key in _URGENT_TOO]),
    )
    .order_by(Step.id.desc())
)


@dataclass(frozen=True, slots=True)
class OpenStep:
    """The newest step of a case that the word can be about."""

    step: Step
    alias: str
    nickname: str


def about_step(context: Context) -> bool:
    """Do what the text says of a step. False where it says nothing of one, or nothing is open to say it of.

    Where several services wait for the word, it is asked which; a word that may as well answer a question is
    left to the reader while one is open.
    """
    rows = open_steps(context.session, context.caregiver.id)
    found = mark_in(context.inbound.body, {one.alias for one in rows}) if rows else None
    if found is None or (context.items and not found.plain):
        return False
    fitting = [one for one in fitting_steps(rows, found) if found.service in ("", one.alias)]
    if not fitting:
        return False
    context.inbound.meaning = {"intent": "mark", "why": [context.inbound.body.strip()], "answers": []}
    if len(fitting) > 1:
        aliases = ", ".join(dict.fromkeys(one.alias for one in fitting))
        word = context.inbound.body.strip().split()[0].upper()
        context.reply("mark", "mark_which", {"aliases": aliases, "word": word, "alias": fitting[0].alias})
        return True
    _say(context, fitting[0], cast(Act, found.act))
    return True


def _say(context: Context, one: OpenStep, do: Act) -> None:
    act(
        context.session,
        one.step.id,
        do,
        context.now,
        context.settings,
        by=f"caregiver {context.caregiver.id}",
        words=context.inbound.body,
        caregiver_id=context.caregiver.id,
        inbound_id=context.inbound.id,
    )
    said = templates.word(f"mark_{do}", context.language)
    day = templates.short_day(context.today, context.language)
    context.reply(
        "mark", "mark_logged", {"child": one.nickname, "alias": one.alias, "said": said, "day": day}
    )


def open_steps(session: Session, caregiver_id: int) -> list[OpenStep]:
    """The steps with a letter of all children they care for, the newest first."""
    rows = session.execute(_STEPS, {"caregiver": caregiver_id})
    return [OpenStep(step, alias, nickname) for step, alias, nickname in rows]


def fitting_steps(rows: list[OpenStep], found: Marked) -> list[OpenStep]:
    """Of each case the newest step that waits for this word."""
    if found.act in ANSWERS:
        waiting = [one for one in rows if one.step.state == "done" and one.step.key != StepKey.URGENT]
    elif found.act == "resolved":
        waiting = [one for one in rows if one.step.state in ("suggested", "done")]
    else:
        waiting = [one for one in rows if one.step.state == "suggested" and one.step.key != StepKey.URGENT]
    newest: dict[int, OpenStep] = {}
    for one in waiting:
        newest.setdefault(one.step.case_id, one)
    return list(newest.values())
