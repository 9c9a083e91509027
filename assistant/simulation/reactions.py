"""What the families of a script do about the messages and steps that reach them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from assistant.conversation.marks import ANSWERS
from assistant.simulation.plans import Do, Plans, Press, Say
from assistant.simulation.scenario import Action, Family, Person, Reply
from assistant.simulation.world import World
from assistant.store import Caregiver, Case, Expectation, OutgoingMessage, ServiceLine, Step

# Built once: they run after every pass.
_BEYOND: BindParameter[int] = bindparam("beyond")
_ASKED = (
    select(OutgoingMessage)
    .where(
        OutgoingMessage.id > _BEYOND,
        OutgoingMessage.kind.in_(("question", "reminder")),
        OutgoingMessage.state.in_(("sent", "delivered")),
    )
    .order_by(OutgoingMessage.id)
)
_WAITING = (
    select(OutgoingMessage.id)
    .where(OutgoingMessage.id > _BEYOND, OutgoingMessage.state == "queued")
    .order_by(OutgoingMessage.id)
    .limit(1)
)
_STILL_OPEN = (
    select(Expectation, ServiceLine.name, ServiceLine.alias)
    .join(ServiceLine, Expectation.service_line_id == ServiceLine.id)
    .where(Expectation.id.in_(bindparam("about", expanding=True)), Expectation.state == "asked")
)
_SUGGESTED = (
    select(Step, ServiceLine.name, ServiceLine.alias, Case.child_id)
    .join(Case, Step.case_id == Case.id)
    .join(ServiceLine, Case.service_line_id == ServiceLine.id)
    .where(Step.id > _BEYOND)
    .order_by(Step.id)
)


class Reactions:
    """Sees each message and each step once."""

    def __init__(self, world: World, plans: Plans) -> None:
        self.world, self.plans = world, plans
        self.answered: set[int] = set()  # messages that were dealt with
        # Caregiver and expectation that were answered: a reminder finds them done.
        self.answered_before: set[tuple[int, int]] = set()
        self.seen_message = self.seen_step = 0

    def react(self, now: datetime) -> None:
        """What came by `now` is answered, or acted on, when the script says."""
        with self.world.store.read() as session:
            beyond = {"beyond": self.seen_message}
            messages = session.scalars(_ASKED, beyond).all()
            waiting = session.scalars(_WAITING, beyond).first()
            for message in messages:
                self._answer(session, message, now)
            if waiting is not None:
                self.seen_message = waiting - 1
            elif messages:
                self.seen_message = messages[-1].id
            self._act_on_steps(session, now)

    def _answer(self, session: Session, message: OutgoingMessage, now: datetime) -> None:
        if message.id in self.answered:
            return
        self.answered.add(message.id)
        rows = session.execute(_STILL_OPEN, {"about": message.about}).all()
        order = {number: place for place, number in enumerate(message.about)}
        rows = sorted(rows, key=lambda row: order[row[0].id])
        # A reminder finds the parent on the way to answering: what was answered before is not said again.
        who = message.caregiver_id
        rows = [row for row in rows if (who, row[0].id) not in self.answered_before]
        if not rows:
            return
        family = self.world.families[rows[0][0].child_id]
        person = self._person(session, family, who)
        found = [
            (row, rule)
            for row in rows
            if (rule := _rule(family, person, row[1], row[2], row[0].day)) and rule.text
        ]
        if not found:
            return
        self.answered_before.update((who, row[0].id) for row, _ in found)
        at = now + max(rule.after for _, rule in found)
        if message.channel == "email":
            question_id = int(message.dedupe_key.split(":")[1])
            texts = {row[0].id: rule.text for row, rule in found}
            self.plans.put(at, Press(question_id, texts, message.language))
        else:
            self.plans.put(at, Say(person, _one_text(found, len(rows))))

    def _person(self, session: Session, family: Family, caregiver_id: int) -> Person:
        caregiver = session.get_one(Caregiver, caregiver_id)
        return next(
            one
            for one in family.caregivers
            if (self.world.phone(one), one.email) == (caregiver.phone, caregiver.email)
        )

    def _act_on_steps(self, session: Session, now: datetime) -> None:
        for step, name, alias, child_id in session.execute(_SUGGESTED, {"beyond": self.seen_step}).all():
            self.seen_step = step.id
            if step.state != "suggested":
                continue
            mine = [one for one in self.world.families[child_id].actions if _meant(one, step, name, alias)]
            own = [one for one in mine if one.do not in ANSWERS][:1]
            schools = [one for one in mine if one.do in ANSWERS][:1]  # what came back, beside what was sent
            for action in (*own, *schools):
                self.plans.put(now + action.after, Do(action, step.id))


def _meant(action: Action, step: Step, name: str, alias: str) -> bool:
    service = action.service.casefold() if action.service else None
    return action.step == step.key and service in (None, name.casefold(), alias.casefold())


def _rule(family: Family, person: Person, service: str, alias: str, day: date) -> Reply | None:
    """The first rule that fits what this person is asked."""
    rules = (rule for rule in family.replies if rule.caregiver in (None, person.name))
    return next((rule for rule in rules if rule.fits(service, alias, day)), None)


def _one_text(found: list[tuple[Any, Reply]], asked: int) -> str:
    """What a parent would write: one text; with several sessions and different news, each by its name."""
    texts = list(dict.fromkeys(rule.text for _, rule in found))
    if asked == 1 or (len(texts) == 1 and len(found) == asked):
        return texts[0]
    return ". ".join(f"{row[2]}: {rule.text.rstrip('.')}" for row, rule in found)
