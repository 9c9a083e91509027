"""Whole conversations, each a text file that reads like a phone, through the webhook to the log.

A file says who is there and then what happens, line by line:

    family en|es [together|turns]   Ana (and Ben) who care for Leo: speech Tuesday and Thursday 14:00, OT
                                    Wednesday 10:30; `turns` and `together` as in Child.whom
    child Mia speech|ot             another child on Ana's phone
    > words                         a text to the program ("ben> ", "new> ": from Ben's, a stranger's phone)
    < words                         a text from the program that has these words; each is met once, in order
    <nothing                        nothing more came
    ~ question                      live on until a question comes; "~ 30h" so many hours
    log OUTCOME [CAUSE] [MINUTES]   the newest entry; "second ..." where it stands beside another's answer
    entries N                       how many there are
    texts in|out                    the consent of whoever texted last
    flag WORD                       why the last text waits for a person ("-": it does not)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.evidence.chain import check
from assistant.families.household import ask_whom
from assistant.serve import Program
from assistant.store import Caregiver, InboundText, LogEntry
from jobs.tick import next_due, run_pass
from messages.templates import sync
from tests.conversation.conftest import PUBLIC
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import OT, PHONE, SPEECH, caregiver, family, registered

BEN, NEW = "+14155550102", "+12135552671"
PHONES = {">": PHONE, "ben>": BEN, "new>": NEW}
SCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))
FIRST_WORDS = ("happen", "hubo", "how many", "cuántas", "Did they", "Las hubo")


@dataclass
class Replay:
    """A conversation being lived."""

    program: Program
    clock: VirtualClock
    fake: FakeTwilio
    site: str
    phone: str = PHONE
    met: set[str] = field(default_factory=set)

    def line(self, line: str) -> None:
        mark, _, rest = line.partition(" ")
        if mark in PHONES:
            self.say(PHONES[mark], rest)
        elif mark == "<":
            self.meet(rest)
        elif mark == "<nothing":
            assert self.unmet() == []
        elif mark == "~":
            self.live(rest)
        else:
            getattr(self, f"_{mark}")(*rest.split())

    def say(self, phone: str, words: str) -> None:
        self.phone = phone
        self.clock.move_to(self.clock.now() + timedelta(minutes=3))
        words = words.encode().decode("unicode_escape") if "\\" in words else words
        [answer] = self.fake.text(f"{self.site}/twilio/sms", phone, words, signed_as=f"{PUBLIC}/twilio/sms")
        assert answer.status == 200
        self.run()

    def run(self) -> None:
        run_pass(self.program.store, self.clock, self.program.settings, self.program.channels)

    def unmet(self) -> list[str]:
        return [one.body for one in self.fake.sent(to=self.phone) if one.sid not in self.met]

    def meet(self, words: str) -> None:
        for one in self.fake.sent(to=self.phone):
            if one.sid not in self.met:
                self.met.add(one.sid)
                assert words in one.body, one.body
                return
        raise AssertionError(f"no text came, expected one with: {words}")

    def live(self, how_long: str) -> None:
        until = None if how_long == "question" else self.clock.now() + timedelta(hours=int(how_long[:-1]))
        for _ in range(400):
            if until is None and any(word in body for body in self.unmet() for word in FIRST_WORDS):
                return
            with self.program.store.read() as session:
                due = next_due(session)
            if due is None or (until is not None and due > until):
                break
            self.clock.move_to(due)
            self.run()
        assert until is not None, "no question came"
        self.clock.move_to(until)
        self.run()

    def _family(self, language: str, whom: str = "first") -> None:
        people = [caregiver("es" if language == "es" else "en")]
        if whom != "first":
            people.append(caregiver("en", phone=BEN, email=None, mails=False))
        with self.program.store.write() as session:
            new = family(*people, services=(SPEECH, OT))
            child = registered(session, new, self.clock.now(), self.program.settings)
            ask_whom(session, child, whom, self.clock.now(), "test")
        self.run()
        for phone in (BEN, PHONE):
            self.phone = phone
            self.met |= {one.sid for one in self.fake.sent(to=phone)}

    def _child(self, nickname: str, service: str) -> None:
        with self.program.store.write() as session:
            new = family(caregiver(), services=({"speech": SPEECH, "ot": OT}[service],), nickname=nickname)
            registered(session, new, self.clock.now(), self.program.settings)

    def _log(self, *wanted: str) -> None:
        with self.program.store.read() as session:
            entry = session.scalars(select(LogEntry).order_by(LogEntry.id.desc()).limit(1)).one()
            told = [str(one) for one in (entry.outcome, entry.cause, entry.minutes) if one is not None]
            assert (["second", *told] if entry.kind == "second" else told) == list(wanted), entry.words

    def _second(self, *wanted: str) -> None:
        self._log("second", *wanted)

    def _entries(self, number: str) -> None:
        with self.program.store.read() as session:
            assert len(session.scalars(select(LogEntry.id)).all()) == int(number)

    def _texts(self, state: str) -> None:
        with self.program.store.read() as session:
            rows = session.scalars(select(Caregiver.texts).where(Caregiver.phone == self.phone)).all()
            assert rows == [state]

    def _flag(self, why: str) -> None:
        with self.program.store.read() as session:
            text = session.scalars(select(InboundText).order_by(InboundText.id.desc()).limit(1)).one()
            assert (text.flag or "-") == why


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_replay(script: Path, program: Program, clock: VirtualClock, fake: FakeTwilio, site: str) -> None:
    replay = Replay(program, clock, fake, site)
    clock.move_to(clock.now() + timedelta(hours=2))  # to a morning at which texts may leave
    with program.store.write() as session:
        sync(session, clock.now())
    for number, line in enumerate(script.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                replay.line(line)
            except AssertionError as error:
                raise AssertionError(f"{script.name}:{number}: {line}\n{error}") from error
    with program.store.read() as session:
        chains: dict[int, list[dict[str, object]]] = {}
        for entry in session.scalars(select(LogEntry).order_by(LogEntry.child_id, LogEntry.number)):
            chains.setdefault(entry.child_id, []).append(
                {"content": entry.content, "previous_hash": entry.previous_hash, "hash": entry.hash}
            )
        assert all(check(entries).intact for entries in chains.values())
        for one in session.scalars(select(InboundText)):
            assert one.handled_at is not None


def test_both_languages_and_every_kind_are_there() -> None:
    names = {path.stem for path in SCRIPTS}
    assert len(names) >= 16
    for kind in ("answers", "joining", "stopping"):
        assert {f"{kind}-en", f"{kind}-es"} <= names
