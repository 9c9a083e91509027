"""What happens in a scripted life: families are registered, write, press buttons, and their plans change."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from assistant.config import Settings
from assistant.conversation.changes import apply
from assistant.conversation.inbound import Arrival, receive, take
from assistant.conversation.letters import tell
from assistant.conversation.marks import act
from assistant.conversation.page import Choice, all_items, answer_by_page
from assistant.conversation.wording import Item
from assistant.families.household import ask_whom
from assistant.families.register import register
from assistant.families.types import NewCaregiver, NewFamily
from assistant.guide.loader import load_guide
from assistant.replies.interpret import interpret
from assistant.replies.types import Answer, Incoming, OpenItem
from assistant.schedule.zones import zone
from assistant.simulation import new_number
from assistant.simulation.plans import Changed, Do, NewNumber, Plans, Press, Register, Say
from assistant.simulation.scenario import Family, Person
from assistant.store import Store
from assistant.words import Language

CONSENT = "On record before the term: the caregiver agreed to be asked by text and by e-mail."


class World:
    """The families of a script as they stand, and how things happen to them."""

    def __init__(self, store: Store, settings: Settings, plans: Plans, seed: int) -> None:
        self.store, self.settings, self.plans, self.seed = store, settings, plans, seed
        self.families: dict[int, Family] = {}  # by child
        self.phones: dict[Person, str] = {}  # of who has another number than the script began with

    def happen(self, what: Any, now: datetime) -> None:
        """One thing of the script, at `now`."""
        if isinstance(what, Register):
            with self.store.write() as session:
                child = register(session, _new_family(what.family), now, self.settings)
                ask_whom(session, child, what.family.whom, now, "scenario")
                known = load_guide(self.settings.program.jurisdiction).letters.details
                answers = [(known[key], value) for key, value in what.family.details if key in known]
                tell(session, child, answers, now, by="scenario")
                self.families[child.id] = what.family
        elif isinstance(what, Say):
            self._text(what.person, what.text, now)
        elif isinstance(what, NewNumber):
            self._new_number(what, now)
        elif isinstance(what, Press):
            self._press(what, now)
        elif isinstance(what, Changed):
            child_id = next(number for number, one in self.families.items() if one is what.family)
            with self.store.write() as session:
                apply(session, child_id, what.change, now, self.settings, "scenario")
        elif isinstance(what, Do):
            with self.store.write() as session:
                act(session, what.step_id, what.action.do, now, self.settings, "caregiver")

    def phone(self, person: Person) -> str | None:
        """The number that a person has by now."""
        return self.phones.get(person, person.phone)

    def _new_number(self, what: NewNumber, now: datetime) -> None:
        old = self.phone(what.person) or ""
        with self.store.write() as session:
            if not what.typed:
                new_number.ask(session, old, what.phone, now, self.settings)
            elif new_number.type_code(session, old, now, self.settings):
                self.phones[what.person] = what.phone

    def _text(self, person: Person, text: str, now: datetime) -> None:
        """A text arrives exactly as a webhook would bring it: stored, then read."""
        name = f"{self.seed}:{person.phone}:{now.isoformat()}:{self.plans.number()}"
        arrival = Arrival(
            provider_id="SM" + hashlib.sha256(name.encode()).hexdigest()[:32],
            channel="sms",
            from_address=self.phone(person) or "",
            to_address="",
            body=text,
            received_at=now,
        )
        with self.store.write() as session:
            inbound_id = receive(session, arrival)
        if inbound_id is not None:
            with self.store.write() as session:
                take(session, inbound_id, now, self.settings)

    def _press(self, what: Press, now: datetime) -> None:
        choices = {}
        with self.store.read() as session:
            for item in all_items(session, what.question_id):
                number = item.expectation.id
                if number in what.texts:
                    for answer in _read(item, what.texts[number], what.language, now):
                        choices[number] = Choice(
                            answer.outcome, answer.cause, answer.minutes, answer.sessions, answer.chances,
                            what.texts[number],
                        )  # fmt: skip
        with self.store.write() as session:
            answer_by_page(session, what.question_id, choices, now, self.settings)


def _read(item: Item, text: str, language: str, now: datetime) -> tuple[Answer, ...]:
    """What a parent who thinks this text presses on the page."""
    one = item.expectation
    open_item = OpenItem(
        id=str(one.id),
        service=item.service,
        minutes=one.due_minutes,
        form="period" if one.period_from else "slot",
        due_sessions=one.due_sessions,
        asks=item.asks,
    )
    spoken: Language = "es" if language == "es" else "en"
    return interpret(Incoming(text, spoken, now.astimezone(UTC), (open_item,))).answers


def _new_family(family: Family) -> NewFamily:
    return NewFamily(
        nickname=family.nickname,
        full_name=family.full_name,
        school=family.school,
        district=family.district,
        iep_dated=family.iep_dated or family.schedule.dated,
        iep_renews=family.schedule.renews,
        calendar=family.schedule.calendar,
        services=family.schedule.services,
        calendar_name=family.district or family.school,
        consent_method="scenario",
        consent_wording=CONSENT,
        caregivers=tuple(
            NewCaregiver(
                name=person.name,
                language=person.language,
                zone=zone(person.zone).key,
                phone=person.phone,
                email=person.email,
                texts=person.phone is not None and not person.by_email,
                mails=person.email is not None,
                confirmed=True,
                quiet_start=person.quiet_start,
                quiet_end=person.quiet_end,
            )
            for person in family.caregivers
        ),
    )
