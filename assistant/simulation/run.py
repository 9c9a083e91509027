"""Living through a scenario in virtual time, with the same jobs, store, reader and templates as `run`.

The clock stands still until the next thing is due: whatever the jobs have planned, or the script. So a term
takes as long as its events, and the same file gives the same bytes every time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.config import Server, Settings
from assistant.operations.changed import Phrases, Policies, Reviews, Texts, put_in_use, teach_all
from assistant.schedule.zones import moment
from assistant.simulation.costs import costs
from assistant.simulation.events import Event, Reporter
from assistant.simulation.new_number import TYPED_AFTER
from assistant.simulation.plans import Changed, NewNumber, Plans, Register, Say
from assistant.simulation.reactions import Reactions
from assistant.simulation.scenario import Scenario
from assistant.simulation.world import World
from assistant.store import Child, Store, open_store
from assistant.store.migrate import upgrade
from jobs.tick import next_due, run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.templates import sync

STUCK = 1_000  # passes at one moment
REGISTERED_AT = time(7, 0)  # on the first day, local time of the school: before any session of it ends


def simulate(
    scenario: Scenario,
    *,
    until: date | None = None,
    database_url: str | None = None,
    settings: Settings | None = None,
    texts: Texts | None = None,
    policies: Policies | None = None,
    reviews: Reviews = (),
    phrases: Phrases = (),
    whole: bool = False,
) -> Iterator[Event]:
    """Live the scenario up to and including its last day (or `until`), and yield its events in time's order.

    `texts`, `policies` and `reviews` (of the guide's texts) are in use from the first day on in place of the
    catalogue's, the settings' and the guide's, and `phrases` are taught (operations.changed). `whole`: events
    hold all that somebody would read, e-mails and letters too. Without `database_url` it happens in a
    throw-away SQLite file. Raises StoreError for a database that cannot be reached, ValueError for one that
    already holds families.
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
            yield from life.live(texts or {}, policies or {}, reviews, phrases)
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
        self.plans = Plans()
        self.world = World(store, settings, self.plans, scenario.seed)
        self.reactions = Reactions(self.world, self.plans)
        self.reporter = Reporter(store, self.world.families, whole=whole)
        for family in scenario.families:
            where = family.schedule.zone
            self.plans.put(moment(scenario.starts, REGISTERED_AT, where), Register(family))
            for text in family.texts:
                person = next(one for one in family.caregivers if text.caregiver in (None, one.name))
                self.plans.put(moment(text.at.date(), text.at.time(), where), Say(person, text.text))
            for number in family.numbers:
                person = next(one for one in family.caregivers if number.caregiver in (None, one.name))
                at = moment(number.at.date(), number.at.time(), where)
                self.plans.put(at, NewNumber(person, number.phone))
                self.plans.put(at + TYPED_AFTER, NewNumber(person, number.phone, typed=True))
            for one in family.changes:
                if one.at is not None:
                    at = moment(one.at.date(), one.at.time(), where)
                    self.plans.put(at, Changed(family, one.change))

    def live(self, texts: Texts, policies: Policies, reviews: Reviews, phrases: Phrases) -> Iterator[Event]:
        with self.store.write() as session:
            if session.scalars(select(Child.id).limit(1)).first() is not None:
                raise ValueError("the database holds families already; a simulation wants an empty one")
            sync(session, self.clock.now())
            put_in_use(session, texts, policies, self.clock.now(), reviews)
            teach_all(session, phrases, self.clock.now())
        passes = 0
        while True:
            at = self._next()
            if at is None or at >= self.end:
                break
            passes = 0 if at > self.clock.now() else passes + 1
            if passes > STUCK:
                raise RuntimeError(f"nothing moves on at {at.isoformat()}; a job leaves its work due")
            self.clock.move_to(at)
            now = self.clock.now()
            while (what := self.plans.take(now)) is not None:
                self.world.happen(what, now)
            run_pass(self.store, self.clock, self.settings, self.channels)
            for event in self.reporter.news():
                self.texts += [event] if event["type"] == "sms_out" else []
                yield event
            self.reactions.react(now)
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
        moments = [one for one in (due, self.plans.next()) if one is not None]
        return min(moments) if moments else None
