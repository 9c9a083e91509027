"""A rolling restart: every process of an installation is replaced, one after the other, while it is at work.

    python -m tests.scale.rolling --db postgresql --rounds 2 --replies 20 --questions 10

Real processes of `app.py`: pages twice, two clocks, and on PostgreSQL two workers, as docs/deploy has them.
Phones text all the while (signed webhooks, tried again as Twilio does) and questions come due. Prints one
JSON line; the exit status is 1 when anything was lost, sent twice, or given up by Twilio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from sqlalchemy import func, select, text, update

from assistant.clock import SystemClock
from assistant.store import Expectation, InboundText, Store, open_store
from assistant.store.migrate import upgrade
from jobs.bench_postgresql import some_server
from jobs.bench_town import phone_of, settle
from jobs.engine_schema import upgrade_engine
from tests.scale.load import Load, listening
from tests.support.fake_twilio import FakeTwilio
from tests.support.installation import Installation, told_to_stop
from tests.support.stores import new_postgresql

PHONES_AT_ONCE = 4  # each has one reply under way at a time
PAGES, WORKER, CLOCK = ("web",), ("worker", "--threads", "2"), ("clock",)
DRAIN_SECONDS = 240.0  # what a process that was cut off had leased is free again by then
SETTLED = 2.0  # seconds that a new process works before the next one is told to stop


@dataclass(frozen=True, slots=True)
class Rolled:
    """What was seen. Times in seconds; `refused` and `cut` count tries, of which each was made again."""

    restarts: int
    seconds: float
    replies: int  # answered with 200
    questions: int  # that came due
    refused: int  # no connection: Twilio's own rule tries again
    cut: int  # a connection without an answer: tried again with `rp=all`
    errors: int  # an answer of 400 or above
    given_up: int  # replies that Twilio would have stopped trying
    lost: int  # replies that are not stored, and texts that never left
    twice: int  # replies stored twice, and texts that left twice
    longest_gap_of_answers: float
    longest_gap_of_texts: float
    longest_stop: float  # from SIGTERM to the end of a process
    exits: list[int]

    @property
    def good(self) -> bool:
        """Nothing that a family or an operator would notice."""
        return not (self.given_up or self.lost or self.twice or self.errors or any(self.exits))


def roll(
    db: str, folder: Path, server: str = "", *, rounds: int = 1, replies: float = 20, questions: float = 10
) -> Rolled:
    """Restart every process `rounds` times; so many replies and due questions a second meanwhile."""
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/rolling.db"
        if db == "postgresql":
            url = stack.enter_context(new_postgresql(server))
        store = open_store(url)
        stack.callback(store.close)
        upgrade(store)
        if db == "postgresql":
            upgrade_engine(store)
        fake = stack.enter_context(FakeTwilio())
        house = stack.enter_context(Installation(folder, url, fake))
        house.env["ASSISTANT_SMS_DAILY_LIMIT"] = "1000000"
        return _House(store, fake, house, replies, questions).roll(rounds)


class _House:
    def __init__(
        self, store: Store, fake: FakeTwilio, house: Installation, replies: float, questions: float
    ) -> None:
        self.store, self.fake, self.house = store, fake, house
        self.commands = [PAGES, PAGES, *([] if store.sqlite else [WORKER, WORKER]), CLOCK, CLOCK]
        self.at_work: list[subprocess.Popen[bytes]] = []
        self.replies, self.questions = replies, questions
        self.asked, self.enough = 0, threading.Event()
        self.exits: list[int] = []
        self.longest_stop = 0.0

    def roll(self, rounds: int) -> Rolled:
        # For restarts of half a minute; whoever is left over stays silent.
        families = int((self.replies + self.questions) * 30 * rounds * len(self.commands)) + 100
        now = SystemClock().now()
        settle(self.store, families, now, now.replace(year=now.year + 1, day=1))
        self.at_work = [self._started(command) for command in self.commands]
        loads = self._phones(families)
        asking = threading.Thread(target=self._questions_come_due, daemon=True)
        began = time.monotonic()
        for thread in (*loads, asking):
            thread.start()
        for _ in range(rounds):
            for place, command in enumerate(self.commands):
                time.sleep(SETTLED)
                self._stop(self.at_work[place])
                self.at_work[place] = self._started(command)
        time.sleep(SETTLED)
        self.enough.set()
        ended = time.time()
        for load in loads:
            load.finish()
        asking.join()
        seconds = time.monotonic() - began
        ends = time.monotonic() + DRAIN_SECONDS
        while not self._all_is_done(loads) and time.monotonic() < ends:
            time.sleep(0.2)
        return self._judged(loads, seconds, ended)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        began = time.monotonic()
        self.exits.append(told_to_stop(process))
        self.longest_stop = max(self.longest_stop, time.monotonic() - began)

    def _started(self, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        """Start one, and wait until it is at work beside the others."""
        before = self._seen(command)
        process = self.house.start(*command)
        self.house.until(lambda: self._seen(command) > before, f"{command[0]} starts")
        return process

    def _seen(self, command: tuple[str, ...]) -> int:
        """A number that grows when such a process has begun its work."""
        if command is PAGES:
            return listening(self.house.port)
        with self.store.read() as session:
            if command is WORKER:
                return session.scalar(text("SELECT coalesce(max(id), 0) FROM procrastinate_workers")) or 0
        return self.house.said().count("A clock; another one may stand by.")

    def _phones(self, families: int) -> list[Load]:
        """The upper part of the families, shared among some phones that text one after the other."""
        first = families - int(families * self.replies / (self.replies + self.questions)) + 1
        each = (families - first + 1) // PHONES_AT_ONCE
        base, pause = f"http://127.0.0.1:{self.house.port}", PHONES_AT_ONCE / self.replies
        starts = [first + each * number for number in range(PHONES_AT_ONCE)]
        self.last_question = first - 1
        return [Load(base, self.fake, start, start + each - 1, pause, patient=False) for start in starts]

    def _questions_come_due(self) -> None:
        while not self.enough.wait(1 / self.questions) and self.asked < self.last_question:
            due = Expectation.id == self.asked + 1
            with self.store.write() as session:
                session.execute(update(Expectation).where(due).values(ask_at=SystemClock().now()))
            self.asked += 1

    def _wanted(self, loads: list[Load]) -> Counter[str]:
        """A text for every reply that was answered, and for every question."""
        kept = [phone for load in loads for phone in load.kept]
        return Counter([*kept, *(phone_of(number + 1) for number in range(self.asked))])

    def _all_is_done(self, loads: list[Load]) -> bool:
        with self.store.read() as session:
            unread = session.scalars(
                select(func.count()).select_from(InboundText).where(InboundText.handled_at.is_(None))
            ).one()
        return unread == 0 and len(self.fake.sent()) >= self._wanted(loads).total()

    def _judged(self, loads: list[Load], seconds: float, ended: float) -> Rolled:
        for one in self.at_work:
            self._stop(one)
        kept = Counter(phone for load in loads for phone in load.kept)
        failures = sum((load.failures for load in loads), Counter[str]())
        given_up = {phone for load in loads for phone in load.given_up}
        with self.store.read() as session:
            stored = Counter(session.scalars(select(InboundText.from_address)))
        texts = self.fake.sent()
        sent, wanted = Counter(one.to for one in texts), self._wanted(loads)
        lost, twice = (kept - stored) + (wanted - sent), (stored - kept) + (sent - wanted)
        return Rolled(
            restarts=len(self.exits) - len(self.at_work),
            seconds=round(seconds, 1),
            replies=kept.total(),
            questions=self.asked,
            refused=failures["ct"],
            cut=failures["rt"],
            errors=failures["4xx"] + failures["5xx"],
            given_up=len(given_up),
            lost=lost.total(),
            # The sweep finds what Twilio gave up: that is no second time.
            twice=sum(number for phone, number in twice.items() if phone not in given_up),
            longest_gap_of_answers=_longest(sorted(at for load in loads for at in load.answered_at)),
            longest_gap_of_texts=_longest(
                sorted(at for at in (one.created.timestamp() for one in texts) if at <= ended)
            ),
            longest_stop=round(self.longest_stop, 2),
            exits=self.exits,
        )


def _longest(moments: list[float]) -> float:
    return round(max((later - earlier for earlier, later in pairwise(moments)), default=0.0), 2)


def main() -> int:
    parser = argparse.ArgumentParser(description="Replace every process while it is at work.")
    parser.add_argument("--db", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--server", help="PostgreSQL, else TEST_POSTGRESQL_URL, else one started for this")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--replies", type=float, default=20, help="a second")
    parser.add_argument("--questions", type=float, default=10, help="a second")
    wanted = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = ""
        if wanted.db == "postgresql":
            server = stack.enter_context(some_server(wanted.server, folder))
        rolled = roll(
            wanted.db, folder, server,
            rounds=wanted.rounds, replies=wanted.replies, questions=wanted.questions,
        )  # fmt: skip
    print(json.dumps({"db": wanted.db, **asdict(rolled)}))
    return int(not rolled.good)


if __name__ == "__main__":
    sys.exit(main())
