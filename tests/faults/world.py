"""A small world to be broken: families with questions due, a loopback Twilio, processes that come and go.

A process is a forked child. It does one thing that the program does (a pass of the jobs, a few webhooks) and
may die (SIGKILL) at the N-th place between two statements. What the provider handed in and got no answer to
is handed in again, as Twilio does; what was answered is not.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy import event, func, select
from sqlalchemy.exc import SQLAlchemyError
from twilio.request_validator import RequestValidator

from assistant.clock import VirtualClock, pause
from assistant.config import Jobs, Server, Settings, Sms, Twilio
from assistant.serve import Program, pages
from assistant.store import Expectation, InboundText, OutgoingMessage, Store, open_store
from jobs.tick import run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.channels.twilio_inbound import TwilioInbound
from messages.channels.twilio_sms import TwilioSms
from messages.channels.types import Receipt, Text
from messages.deliver import Channels
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_rules import Message, inbound_form, status_form
from tests.support.family import SETTINGS, SPEECH, caregiver, family, registered

PUBLIC = "https://iep.example.org"
REGISTERED = datetime(2026, 9, 1, 15, 0, tzinfo=UTC)
# What the families answer, in turn; who says STOP is never texted again.
WORDS = ("1", "no, the therapist was out", "STOP", "not sure")
SWEPT_AGAIN = timedelta(minutes=20)  # the provider's list has been read by then
Reach = Callable[[str], None]
# The places between two statements that have a name.
PLACES = (
    *("before a statement", "before a commit", "after a transaction"),
    *("before the post", "after the post", "after an answer"),
)
# Where a process dies: at its N-th place of any name, or at the N-th of one name; None: nowhere.
Place = int | tuple[str, int] | None
Found = TypeVar("Found")


def settings_for(fake: FakeTwilio, **jobs: int) -> Settings:
    """Real texts, to the loopback Twilio, as fast as it takes them."""
    account = fake.account
    return Settings(
        server=Server(public_url=PUBLIC, secret_key="k" * 40),
        sms=Sms(channel="twilio", segments_per_second=1000),
        jobs=Jobs(**jobs),
        twilio=Twilio(
            account_sid=account.sid,
            auth_token=account.auth_token,
            messaging_service_sid=account.messaging_service_sid,
            api_base=fake.url,
            timeout_seconds=0.5,
        ),
    )


def phone(number: int) -> str:
    return f"+1415555{number:04d}"


def prepare(store: Store, families: int) -> datetime:
    """Register families and plan; what welcomes them is out. Returns when the first questions are due."""
    with store.write() as session:
        for number in range(families):
            parent = caregiver(phone=phone(number), email=f"parent{number}@example.org")
            registered(session, family(parent, services=(SPEECH,)), REGISTERED, SETTINGS)
    run_pass(store, VirtualClock(REGISTERED), SETTINGS, Channels(SandboxText(), SandboxEmail()))
    with store.read() as session:
        due = session.scalars(select(func.min(Expectation.ask_at))).one()
    assert due is not None
    return due


class _Watched(TwilioSms):
    """Tells of the moments just before a text is posted and just after it was answered."""

    reach: Reach

    def send(self, text: Text) -> Receipt:
        self.reach("before the post")
        receipt = super().send(text)
        self.reach("after the post")
        return receipt


def nothing(_place: str) -> None:
    """Nobody dies."""


class _Hands(VirtualClock):
    """A clock that every process finds where the world is."""

    def put(self, moment: datetime) -> None:
        self._now = moment


class Machine:
    """The program, put together once for one database; processes are forked off it, warm.

    `reach` is told of every place at which a process may die.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self.reach: Reach = nothing
        self.url, self.clock = url, _Hands(REGISTERED)
        self.settings = settings
        self.store = open_store(url, durable=False)  # a process dies here, never the machine
        engine = self.store.engine
        event.listen(engine, "before_cursor_execute", lambda *_: self.reach("before a statement"))
        event.listen(engine, "commit", lambda _: self.reach("before a commit"))
        event.listen(engine.pool, "checkin", lambda *_: self.reach("after a transaction"))
        texts = _Watched(settings.twilio, PUBLIC, self.clock)
        texts.reach = lambda place: self.reach(place)
        self.channels = Channels(texts, SandboxEmail(), TwilioInbound(settings.twilio))
        self._client = pages(Program(settings, self.store, self.clock, self.channels)).test_client()
        self.rest()

    def tick(self) -> None:
        run_pass(self.store, self.clock, self.settings, self.channels)

    def post(self, one: Webhook) -> int:
        """Hand a webhook in; its HTTP status."""
        headers = {"X-Twilio-Signature": one.signature}
        status = self._client.post(one.path, data=dict(one.form), headers=headers).status_code
        self.reach("after an answer")
        return status

    def rest(self) -> None:
        """Let go of the connections: whoever is forked next makes its own."""
        self.store.engine.dispose()


@dataclass(frozen=True)
class Webhook:
    """Something that Twilio hands in: a text that came, or what became of one that left."""

    name: str
    path: str
    form: tuple[tuple[str, str], ...]
    signature: str


def webhook(fake: FakeTwilio, name: str, url: str, form: Iterable[tuple[str, str]]) -> Webhook:
    fields = tuple(form)
    signature = RequestValidator(fake.account.auth_token).compute_signature(url, dict(fields))
    split = urlsplit(url)
    return Webhook(name, f"{split.path}?{split.query}" if split.query else split.path, fields, signature)


def again(work: Callable[[], Found]) -> Found:
    """Do it, however long the database is away (ten seconds at most)."""
    for _ in range(50):
        try:
            return work()
        except SQLAlchemyError:
            pause(0.2)
    raise AssertionError("the database does not come back")


@dataclass(frozen=True)
class Begun:
    """A process at work, and the pipe in which it tells what it answered."""

    pid: int
    step: str
    answers: int
    full: bool


@dataclass
class World:
    """A database, a loopback Twilio, and what Twilio still has to hand in."""

    machine: Machine
    fake: FakeTwilio
    now: datetime
    families: int
    random: Random
    kills: int = 0
    killed: Counter[str] = field(default_factory=Counter)  # by the name of the place
    rough: bool = False  # the database goes away, too: a process may end with an error
    waiting: dict[str, Webhook] = field(default_factory=dict)
    called_back: set[str] = field(default_factory=set)
    said: list[Message] = field(default_factory=list)  # what the families texted, by their phones
    stopped: dict[str, int] = field(default_factory=dict)  # by phone: messages there when STOP was answered
    back: dict[str, int] = field(default_factory=dict)  # likewise, when they said START

    def __post_init__(self) -> None:
        self.begun = self.now
        self.fake.forget()
        self.later(self.now)

    def later(self, moment: datetime) -> None:
        """Time goes on, for the program and for Twilio."""
        self.now = max(self.now, moment)
        self.fake.clock = VirtualClock(self.now)
        self.machine.clock.put(self.now)

    def jump_to(self, moment: datetime) -> None:
        """The machine's clock is set, ahead or back. Twilio's goes right."""
        self.now = moment
        self.machine.clock.put(moment)
        self.fake.clock = VirtualClock(moment)

    def after_stop(self, message: Message) -> bool:
        """Whether the provider took it after this number's STOP had been answered, and before START."""
        place, end = self.fake.messages.index(message), len(self.fake.messages)
        return self.stopped.get(message.to, end) <= place < self.back.get(message.to, end)

    # What is done by processes that may die

    def live(self, kill_at: Callable[[], Place]) -> None:
        """A day of the program: asked, called back, answered, confirmed, called back.

        `kill_at` says at which place each process dies, or None; one that died is followed by another.
        """
        self.ask(kill_at)
        self.later(self.now + timedelta(minutes=5))
        self.answer(kill_at)

    def ask(self, kill_at: Callable[[], Place]) -> None:
        """The questions go out and are called back."""
        self.until_done("tick", kill_at)
        self.statuses()
        self.until_done("webhooks", kill_at)

    def answer(self, kill_at: Callable[[], Place]) -> None:
        """The families reply; that is read, logged, confirmed, called back."""
        self.replies()
        self.until_done("webhooks", kill_at)
        self.until_done("tick", kill_at)
        self.statuses()
        self.until_done("webhooks", kill_at)

    def until_done(self, step: str, kill_at: Callable[[], Place]) -> None:
        for _ in range(40):
            if not self.run(step, kill_at()) and not (step == "webhooks" and self.waiting):
                return
        raise AssertionError(f"{step}: forty processes in a row did not end it")

    def run(self, step: str, kill_at: Place) -> bool:
        """One process does one step; True if it died at its `kill_at`-th place."""
        if kill_at is None:
            self._step(step, self.answered)
            self.machine.rest()
            return False
        return self.end_of(self.begin(step, kill_at))

    def crowd(self, workers: int, places: Callable[[], Place]) -> None:
        """So many processes at once, ticking and taking webhooks in, until nothing more is due now.

        `places`: at which place the next process dies, or None.
        """
        at_work: list[Begun] = []
        idle = 0
        for _ in range(400):
            if idle >= 2 * workers and not at_work:
                return
            while len(at_work) < workers and idle < 2 * workers:
                step = "webhooks" if self.waiting and self.random.random() < 0.5 else "tick"
                at_work.append(self.begin(step, places()))
            pid, status = os.wait()
            ended = next(one for one in at_work if one.pid == pid)
            at_work.remove(ended)
            died = self.end_of(ended, status)
            self.statuses()
            due = again(lambda: _next(self.machine.store))
            self.machine.rest()
            quiet = not died and not self.waiting and (due is None or due > self.now)
            idle = idle + 1 if quiet else 0
        raise AssertionError("four hundred processes did not end it")

    def begin(self, step: str, kill_at: Place = None, largest_file: int | None = None) -> Begun:
        """Fork a process that does one step. It dies at its `kill_at`-th place; files may not grow beyond
        `largest_file` bytes for it.
        """
        ready, done = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ready)
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
            self._child(step, kill_at, done)
        os.close(done)
        return Begun(child, step, ready, full=largest_file is not None)

    def end_of(self, begun: Begun, status: int | None = None) -> bool:
        """Wait for a process and hear what it answered; True if it died."""
        with os.fdopen(begun.answers) as answers:
            told = [line.split() for line in answers]
        if status is None:
            _, status = os.waitpid(begun.pid, 0)
        for name, code in told:
            if name == "died":
                self.killed[PLACES[int(code)]] += 1
            else:
                self.answered(name, int(code))
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            self.kills += 1
            return True
        failed = os.WEXITSTATUS(status)
        assert not failed or begun.full or self.rough, f"{begun.step}: the process failed"
        return bool(failed)

    def _child(self, step: str, kill_at: Place, done: int) -> None:
        wanted, left = kill_at if isinstance(kill_at, tuple) else ("", kill_at or 0)
        faulthandler.dump_traceback_later(60, exit=True)  # a process that hangs is a fault, too: say where

        def reach(place: str) -> None:
            nonlocal left
            left -= wanted in ("", place)
            if left == 0:
                os.write(done, f"died {PLACES.index(place)}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)

        self.machine.reach = reach
        self.machine.store.engine.dispose(close=False)  # what a fork inherits is not its own
        try:
            self._step(step, lambda name, code: os.write(done, f"{name} {code}\n".encode()))
            os._exit(0)
        except BaseException:  # noqa: BLE001  this process has nobody else to tell
            with suppress(OSError):  # where files may not grow, that may be one
                traceback.print_exc()
        finally:
            os._exit(1)  # whatever happens: what its parent has to tidy up is none of its business

    def _step(self, step: str, answered: Callable[[str, int], object]) -> None:
        if step == "tick":
            self.machine.tick()
            return
        for one in self._handed_in():
            answered(one.name, self.machine.post(one))

    def _handed_in(self) -> list[Webhook]:
        """What waits, in any order, some of it twice."""
        webhooks = list(self.waiting.values())
        webhooks += [one for one in webhooks if self.random.random() < 0.3]
        self.random.shuffle(webhooks)
        return webhooks

    def answered(self, name: str, code: int) -> None:
        """Twilio has its answer: it hands this in no more. A refusal for now is none."""
        if code == 503:
            return
        assert code in (200, 204), (name, code)
        one = self.waiting.pop(name, None)
        if one is not None and dict(one.form).get("Body") == "STOP":
            self.stopped[dict(one.form)["From"]] = len(self.fake.messages)

    # What Twilio and the families do

    def statuses(self) -> None:
        """Every text that left and was not spoken of: queued, sent and delivered, in any order."""
        for message in self.fake.sent():
            if message.sid in self.called_back:
                continue
            self.called_back.add(message.sid)
            for status in ("queued", "sent", "delivered"):
                form = status_form(self.fake.account, message, status, None)
                name = f"{message.sid}:{status}"
                self.waiting[name] = webhook(self.fake, name, message.status_callback, form)

    def replies(self) -> None:
        """Every family that got its question answers; whose question is still under way does not.

        Now and then the webhook is lost, and only a sweep can find the text.
        """
        asked = {message.to for message in self.fake.sent()}
        for number in range(self.families):
            if phone(number) not in asked:
                continue
            words = WORDS[number % len(WORDS)]
            self.reply(phone(number), words, lost=words != "STOP" and self.random.random() < 0.2)

    def reply(self, sender: str, words: str, *, lost: bool = False) -> None:
        """A family texts; `lost`: its webhook never comes, the message only stands in Twilio's list."""
        message = self.fake.receive(sender, words)
        self.said.append(message)
        if words == "START":
            self.back[sender] = len(self.fake.messages)
        if not lost:
            form = inbound_form(self.fake.account, message)
            self.waiting[message.sid] = webhook(self.fake, message.sid, f"{PUBLIC}/twilio/sms", form)

    # What comes after

    def finish(self, rounds: int = 60) -> None:
        """A last process works on, moment by moment, until nothing of all this is due any more."""
        swept = False
        for _ in range(rounds):
            self.machine.tick()
            self.statuses()
            for one in list(self.waiting.values()):
                self.answered(one.name, self.machine.post(one))
            due = _next(self.machine.store)
            if due is None and swept:
                self.machine.rest()
                return
            swept = due is None
            self.later(due or self.now + SWEPT_AGAIN)
        raise AssertionError("the outbox never came to rest")


def _next(store: Store) -> datetime | None:
    """When something waits that is neither final nor only asked about once more."""
    with store.read() as session:
        moments = [
            session.scalar(
                select(func.min(OutgoingMessage.next_at)).where(
                    OutgoingMessage.state.in_(("queued", "sending", "unsure"))
                )
            ),
            session.scalar(select(func.min(InboundText.read_from)).where(InboundText.handled_at.is_(None))),
        ]
    return min((one for one in moments if one is not None), default=None)
