"""Living through a scenario in virtual time, with the same jobs, store, reader and templates as `run`.

The clock stands still until the next thing is due: whatever the jobs have planned, or the script. So a term
takes as long as its events, and the same file gives the same bytes every time.
"""

from __future__ import annotations

import hashlib
import heapq
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.clock import VirtualClock
from assistant.config import Server, Settings
from assistant.conversation.changes import Change, apply
from assistant.conversation.inbound import Arrival, receive, take
from assistant.conversation.letters import tell
from assistant.conversation.marks import ANSWERS, act
from assistant.conversation.page import Choice, all_items, answer_by_page
from assistant.conversation.wording import Item
from assistant.families.household import ask_whom
from assistant.families.register import register
from assistant.families.types import NewCaregiver, NewFamily
from assistant.guide.loader import load_guide
from assistant.replies.interpret import interpret
from assistant.replies.types import Answer, Incoming, OpenItem
from assistant.schedule.zones import moment, zone
from assistant.simulation import new_number
from assistant.simulation.changed import Policies, Texts, put_in_use
from assistant.simulation.costs import costs
from assistant.simulation.events import Event, Reporter
from assistant.simulation.new_number import TYPED_AFTER
from assistant.simulation.scenario import Action, Family, Person, Reply, Scenario
from assistant.store import (
    Caregiver,
    Case,
    Child,
    Expectation,
    OutgoingMessage,
    ServiceLine,
    Step,
    Store,
    open_store,
)
from assistant.store.migrate import upgrade
from assistant.words import Language
from jobs.tick import next_due, run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync

CONSENT = "On record before the term: the caregiver agreed to be asked by text and by e-mail."
STUCK = 1_000  # passes at one moment
REGISTERED_AT = time(7, 0)  # on the first day, local time of the school: before any session of it ends


@dataclass(order=True)
class _Plan:
    """Something of the script that is to happen; `order` keeps what falls on one moment in a fixed order."""

    at: datetime
    order: int
    what: Any = field(compare=False)


@dataclass(frozen=True)
class _Register:
    family: Family


@dataclass(frozen=True)
class _Say:
    person: Person
    text: str


@dataclass(frozen=True)
class _NewNumber:
    """Somebody asks for a new number, and types its code a little later (`typed`)."""

    person: Person
    phone: str
    typed: bool = False


@dataclass(frozen=True)
class _Press:
    """An e-mail-only caregiver opens the page of a question and presses buttons."""

    question_id: int
    texts: dict[int, str]
    language: str


@dataclass(frozen=True)
class _Change:
    family: Family
    change: Change


@dataclass(frozen=True)
class _Do:
    action: Action
    step_id: int


def simulate(
    scenario: Scenario,
    *,
    until: date | None = None,
    database_url: str | None = None,
    settings: Settings | None = None,
    texts: Texts | None = None,
    policies: Policies | None = None,
    whole: bool = False,
) -> Iterator[Event]:
    """Live the scenario up to and including its last day (or `until`), and yield its events in time's order.

    `texts` and `policies` are in use from the first day on in place of the catalogue's and the settings'
    (simulation.changed). `whole`: events hold all that somebody would read, e-mails and letters too.
    Without `database_url` it happens in a throw-away SQLite file. Raises StoreError for a database that
    cannot be reached, ValueError for one that already holds families.
    """
    chosen = settings or Settings(server=Server(secret_key="simulation " * 4))
    if scenario.jurisdiction:
        program = chosen.program.model_copy(update={"jurisdiction": scenario.jurisdiction})
        chosen = chosen.model_copy(update={"program": program})
    # What waited for the morning comes at the opening itself: a script is about what is said, not about load.
    chosen = chosen.model_copy(update={"quiet": chosen.quiet.model_copy(update={"spread_minutes": 0})})
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(database_url or f"sqlite:///{Path(folder)}/simulation.db", durable=False)
        try:
            upgrade(store)
            life = _Life(scenario, store, chosen, until or scenario.ends, whole)
            yield from life.live(texts or {}, policies or {})
        finally:
            store.close()


class _Life:
    def __init__(self, scenario: Scenario, store: Store, settings: Settings, last: date, whole: bool) -> None:
        self.scenario, self.store, self.settings = scenario, store, settings
        self.last = last
        self.texts: list[Event] = []  # that left, for what they cost
        zones = [family.schedule.zone for family in scenario.families]
        self.end = max(moment(last + timedelta(days=1), time(0), where) for where in zones).astimezone(UTC)
        self.clock = VirtualClock(
            min(moment(scenario.starts, time(0), where) for where in zones).astimezone(UTC)
        )
        self.channels = Channels(SandboxText(), SandboxEmail())
        self.plans: list[_Plan] = []
        self.counter = 0
        self.families: dict[int, Family] = {}  # by child
        self.reporter = Reporter(store, self.families, whole=whole)
        self.answered: set[int] = set()  # messages that were dealt with
        # Caregiver and expectation that were answered: a reminder finds them done.
        self.answered_before: set[tuple[int, int]] = set()
        self.seen_message = self.seen_step = 0
        self.phones: dict[Person, str] = {}  # of who has another number than the script began with
        for family in scenario.families:
            where = family.schedule.zone
            self._plan(moment(scenario.starts, REGISTERED_AT, where), _Register(family))
            for text in family.texts:
                person = next(one for one in family.caregivers if text.caregiver in (None, one.name))
                self._plan(moment(text.at.date(), text.at.time(), where), _Say(person, text.text))
            for number in family.numbers:
                person = next(one for one in family.caregivers if number.caregiver in (None, one.name))
                at = moment(number.at.date(), number.at.time(), where)
                self._plan(at, _NewNumber(person, number.phone))
                self._plan(at + TYPED_AFTER, _NewNumber(person, number.phone, typed=True))
            for one in family.changes:
                if one.at is not None:
                    at = moment(one.at.date(), one.at.time(), where)
                    self._plan(at, _Change(family, one.change))

    def live(self, texts: Texts, policies: Policies) -> Iterator[Event]:
        with self.store.write() as session:
            if session.scalars(select(Child.id).limit(1)).first() is not None:
                raise ValueError("the database holds families already; a simulation wants an empty one")
            sync(session, self.clock.now())
            put_in_use(session, texts, policies, self.clock.now())
        passes = 0
        while True:
            at = self._next()
            if at is None or at >= self.end:
                break
            passes = 0 if at > self.clock.now() else passes + 1
            if passes > STUCK:
                raise RuntimeError(f"nothing moves on at {at.isoformat()}; a job leaves its work due")
            self.clock.move_to(at)
            while self.plans and self.plans[0].at <= self.clock.now():
                self._happen(heapq.heappop(self.plans).what)
            run_pass(self.store, self.clock, self.settings, self.channels)
            for event in self.reporter.news():
                self.texts += [event] if event["type"] == "sms_out" else []
                yield event
            self._react()
        self.clock.move_to(self.end)
        yield from self._ledgers()

    def _ledgers(self) -> Iterator[Event]:
        """The ledgers; with the first one of a family what its texts cost."""
        last = min(self.last, self.scenario.ends)
        families = {family.id: family for family in self.scenario.families}
        for event in self.reporter.ledgers(self.clock.now()):
            family = families.pop(event["family"], None)
            if family is not None:
                event["texts"] = costs(family, self.texts, self.scenario.starts, last)
            yield event

    def _next(self) -> datetime | None:
        with self.store.read() as session:
            due = next_due(session)
        moments = [one for one in (due, self.plans[0].at if self.plans else None) if one is not None]
        return min(moments) if moments else None

    def _plan(self, at: datetime, what: Any) -> None:
        self.counter += 1
        heapq.heappush(self.plans, _Plan(at.astimezone(UTC), self.counter, what))

    # What the script does

    def _happen(self, what: Any) -> None:
        now = self.clock.now()
        if isinstance(what, _Register):
            with self.store.write() as session:
                child = register(session, _new_family(what.family), now, self.settings)
                ask_whom(session, child, what.family.whom, now, "scenario")
                known = load_guide(self.settings.program.jurisdiction).letters.details
                answers = [(known[key], value) for key, value in what.family.details if key in known]
                tell(session, child, answers, now, by="scenario")
                self.families[child.id] = what.family
        elif isinstance(what, _Say):
            self._text(what.person, what.text, now)
        elif isinstance(what, _NewNumber):
            self._new_number(what, now)
        elif isinstance(what, _Press):
            self._press(what, now)
        elif isinstance(what, _Change):
            child_id = next(number for number, one in self.families.items() if one is what.family)
            with self.store.write() as session:
                apply(session, child_id, what.change, now, self.settings, "scenario")
        elif isinstance(what, _Do):
            with self.store.write() as session:
                act(session, what.step_id, what.action.do, now, self.settings, "caregiver")

    def _phone(self, person: Person) -> str | None:
        return self.phones.get(person, person.phone)

    def _new_number(self, what: _NewNumber, now: datetime) -> None:
        old = self._phone(what.person) or ""
        with self.store.write() as session:
            if not what.typed:
                new_number.ask(session, old, what.phone, now, self.settings)
            elif new_number.type_code(session, old, now, self.settings):
                self.phones[what.person] = what.phone

    def _text(self, person: Person, text: str, now: datetime) -> None:
        """A text arrives exactly as a webhook would bring it: stored, then read."""
        self.counter += 1
        name = f"{self.scenario.seed}:{person.phone}:{now.isoformat()}:{self.counter}"
        arrival = Arrival(
            provider_id="SM" + hashlib.sha256(name.encode()).hexdigest()[:32],
            channel="sms",
            from_address=self._phone(person) or "",
            to_address="",
            body=text,
            received_at=now,
        )
        with self.store.write() as session:
            inbound_id = receive(session, arrival)
        if inbound_id is not None:
            with self.store.write() as session:
                take(session, inbound_id, now, self.settings)

    def _press(self, what: _Press, now: datetime) -> None:
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

    # What the families do about what came

    def _react(self) -> None:
        with self.store.read() as session:
            messages = session.scalars(
                select(OutgoingMessage)
                .where(
                    OutgoingMessage.id > self.seen_message,
                    OutgoingMessage.kind.in_(("question", "reminder")),
                    OutgoingMessage.state.in_(("sent", "delivered")),
                )
                .order_by(OutgoingMessage.id)
            ).all()
            waiting = session.scalars(
                select(OutgoingMessage.id)
                .where(OutgoingMessage.id > self.seen_message, OutgoingMessage.state == "queued")
                .order_by(OutgoingMessage.id)
                .limit(1)
            ).first()
            for message in messages:
                self._answer(session, message)
            if waiting is not None:
                self.seen_message = waiting - 1
            elif messages:
                self.seen_message = messages[-1].id
            self._act_on_steps(session)

    def _answer(self, session: Session, message: OutgoingMessage) -> None:
        if message.id in self.answered:
            return
        self.answered.add(message.id)
        rows = session.execute(
            select(Expectation, ServiceLine.name, ServiceLine.alias)
            .join(ServiceLine, Expectation.service_line_id == ServiceLine.id)
            .where(Expectation.id.in_(message.about), Expectation.state == "asked")
        ).all()
        order = {number: place for place, number in enumerate(message.about)}
        rows = sorted(rows, key=lambda row: order[row[0].id])
        # A reminder finds the parent on the way to answering: what was answered before is not said again.
        who = message.caregiver_id
        rows = [row for row in rows if (who, row[0].id) not in self.answered_before]
        if not rows:
            return
        family = self.families[rows[0][0].child_id]
        person = self._person(session, family, who)
        found = [
            (row, rule)
            for row in rows
            if (rule := _rule(family, person, row[1], row[2], row[0].day)) and rule.text
        ]
        if not found:
            return
        self.answered_before.update((who, row[0].id) for row, _ in found)
        at = self.clock.now() + max(rule.after for _, rule in found)
        if message.channel == "email":
            question_id = int(message.dedupe_key.split(":")[1])
            texts = {row[0].id: rule.text for row, rule in found}
            self._plan(at, _Press(question_id, texts, message.language))
        else:
            self._plan(at, _Say(person, _one_text(found, len(rows))))

    def _person(self, session: Session, family: Family, caregiver_id: int) -> Person:
        caregiver = session.get_one(Caregiver, caregiver_id)
        return next(
            one
            for one in family.caregivers
            if (self._phone(one), one.email) == (caregiver.phone, caregiver.email)
        )

    def _act_on_steps(self, session: Session) -> None:
        steps = session.execute(
            select(Step, ServiceLine.name, ServiceLine.alias, Case.child_id)
            .join(Case, Step.case_id == Case.id)
            .join(ServiceLine, Case.service_line_id == ServiceLine.id)
            .where(Step.id > self.seen_step)
            .order_by(Step.id)
        ).all()
        for step, name, alias, child_id in steps:
            self.seen_step = step.id
            if step.state != "suggested":
                continue
            mine = [one for one in self.families[child_id].actions if _meant(one, step, name, alias)]
            own = [one for one in mine if one.do not in ANSWERS][:1]
            schools = [one for one in mine if one.do in ANSWERS][:1]  # what came back, beside what was sent
            for action in (*own, *schools):
                self._plan(self.clock.now() + action.after, _Do(action, step.id))


def _meant(action: Action, step: Step, name: str, alias: str) -> bool:
    service = action.service.casefold() if action.service else None
    return action.step == step.key and service in (None, name.casefold(), alias.casefold())


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
