"""Real processes of `app.py` (pages, workers, clocks) in real time, killed with SIGKILL while they work.

Families are asked and text; a text that got no answer comes again, as Twilio's does. What was leased by who
died is made free at once at the end, as if its minutes had gone by.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, select, update

from assistant.clock import SystemClock, monotonic, pause
from assistant.store import Expectation, InboundText, OutgoingMessage, Store, open_store
from assistant.store.migrate import upgrade
from jobs.bench_town import phone_of, settle
from jobs.engine_schema import upgrade_engine
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_rules import Message, inbound_form
from tests.support.fake_twilio_wire import post
from tests.support.installation import PUBLIC, Installation
from tests.support.stores import new_postgresql

FAMILIES = 3_000
LEAST_SECONDS = 30.0  # less is not worth the start
STUCK_SECONDS = 180.0  # at the end, without anything getting less: then it does not come to rest
OPEN = ("queued", "sending", "unsure")


def break_house(server: str, seed: int, seconds: float) -> Counter[str]:
    """Kill processes for so many seconds, on this PostgreSQL server, on SQLite where it is ""."""
    if seconds < LEAST_SECONDS:
        return Counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(new_postgresql(server)) if server else f"sqlite:///{folder}/house.db"
        store = open_store(url)
        stack.callback(store.close)
        upgrade(store)
        if server:
            upgrade_engine(store)
        now = SystemClock().now()
        settle(store, FAMILIES, now, now + timedelta(days=300))
        fake = stack.enter_context(FakeTwilio())
        house = stack.enter_context(Installation(folder, url, fake))
        return _House(store, fake, house, Random(seed)).live(seconds)


class _House:
    def __init__(self, store: Store, fake: FakeTwilio, house: Installation, random: Random) -> None:
        self.store, self.fake, self.house, self.random = store, fake, house, random
        self.commands: list[tuple[str, ...]] = [("web",), ("clock",), ("clock",)]
        if not store.sqlite:
            self.commands += [("worker", "--threads", "2"), ("worker", "--threads", "2")]
        self.at_work: dict[int, subprocess.Popen[bytes]] = {}
        self.unheard: dict[str, Message] = {}
        self.wrote: list[str] = []
        self.asked = 0
        self.counts: Counter[str] = Counter()

    def live(self, seconds: float) -> Counter[str]:
        ends = monotonic() + seconds
        next_kill = monotonic() + 8.0  # once all have started
        while monotonic() < ends:
            self._start_missing()
            self._families()
            self._hand_in()
            if monotonic() > next_kill:
                self._kill(self.random.randrange(len(self.commands)))
                next_kill = monotonic() + self.random.uniform(0.2, 3.0)
            pause(0.05)
        for place in range(len(self.commands)):
            self._kill(place)
        self._drain()
        return self.counts + self._judged()

    def _start_missing(self) -> None:
        for place, command in enumerate(self.commands):
            if place not in self.at_work:
                self.at_work[place] = self.house.start(*command)

    def _kill(self, place: int) -> None:
        process = self.at_work.pop(place, None)
        if process is None:
            return
        os.killpg(process.pid, signal.SIGKILL)  # pages are served by a process that it started
        process.wait()
        self.counts[f"killed app.py {self.commands[place][0]}"] += 1
        self.counts["kills"] += 1

    def _families(self) -> None:
        """A few more are to be asked, and a few others text."""
        if self.asked + len(self.wrote) + 8 > FAMILIES or self.random.random() > 0.2:
            return
        first = self.asked + 1
        self.asked += 3
        with self.store.write() as session:
            due = Expectation.id.between(first, self.asked)
            session.execute(update(Expectation).where(due).values(ask_at=SystemClock().now()))
        for _ in range(2):
            phone = phone_of(FAMILIES - len(self.wrote))
            message = self.fake.receive(phone, "STATUS")
            self.wrote.append(phone)
            self.unheard[message.sid] = message

    def _hand_in(self) -> None:
        url = f"http://127.0.0.1:{self.house.port}/twilio/sms"
        for sid, message in list(self.unheard.items()):
            form = inbound_form(self.fake.account, message)
            answer = post(url, form, self.fake.account.auth_token, f"{PUBLIC}/twilio/sms", read=5.0)
            if answer.status == 200:
                del self.unheard[sid]
            elif answer.status == 0:
                return  # nobody is there just now

    def _drain(self) -> None:
        """Until all is at rest, however slow the machine is; what stays open all the same is "stuck"."""
        least, since = self._left(), monotonic()
        while left := self._left():
            if left < least:
                least, since = left, monotonic()
            if monotonic() > since + STUCK_SECONDS:
                self.counts["stuck"] = left
                return
            self._start_missing()
            self._hand_in()
            with self.store.write() as session:
                held = OutgoingMessage.state.in_(OPEN), OutgoingMessage.next_at > SystemClock().now()
                session.execute(update(OutgoingMessage).where(*held).values(next_at=SystemClock().now()))
            pause(2.0)

    def _left(self) -> int:
        with self.store.read() as session:
            waits = select(func.count()).where(OutgoingMessage.state.in_(OPEN))
            unread = select(func.count()).where(InboundText.handled_at.is_(None))
            to_ask = select(func.count()).where(Expectation.id <= self.asked, Expectation.state == "planned")
            return len(self.unheard) + sum(session.scalars(one).one() for one in (waits, unread, to_ask))

    def _judged(self) -> Counter[str]:
        sent = Counter(message.to for message in self.fake.sent())
        wanted = Counter(self.wrote) + Counter(phone_of(number) for number in range(1, self.asked + 1))
        with self.store.read() as session:
            kept = Counter(session.scalars(select(InboundText.from_address)))
        return Counter(
            {
                "texts of the house": sum(wanted.values()) + len(self.wrote),
                "lost": sum((wanted - sent).values()) + sum((Counter(self.wrote) - kept).values()),
                "twice": sum((sent - wanted).values()) + sum((kept - Counter(self.wrote)).values()),
            }
        )
