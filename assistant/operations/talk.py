"""A talk by text with a made-up parent: the real question, reader, record and answers, in a file thrown away.

Nothing of it comes near the house's own database. The same replies give the same talk.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.conversation.ask import ask_due
from assistant.conversation.history import replies_of
from assistant.conversation.inbound import Arrival, receive, take
from assistant.conversation.wording import answer_phrase
from assistant.families.plan import plan_due
from assistant.families.register import register
from assistant.families.types import NewCaregiver, NewFamily
from assistant.operations.changed import Texts, put_in_use
from assistant.schedule.types import (
    CountPerPeriod,
    KnownSlots,
    MinutesPerPeriod,
    SchoolCalendar,
    ServiceLine,
    WeeklySlot,
)
from assistant.store import Expectation, InboundText, OutgoingMessage, Store, open_store
from assistant.store.migrate import upgrade
from assistant.words import Language
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels, deliver
from messages.own_words import Bodies, on_trial
from messages.segments import count
from messages.templates import sync

About = Literal["one", "many", "count", "minutes"]
ABOUT: tuple[About, ...] = ("one", "many", "count", "minutes")
MOST_REPLIES = 12
CHILD, _PHONE = "Leo", "+14155550100"
_FIRST, _LAST = date(2026, 8, 31), date(2026, 10, 30)  # a Monday; one term is enough
_TUESDAY = KnownSlots((WeeklySlot(1, time(14)),))
_NAMES: Mapping[Language, tuple[str, str]] = {"en": ("speech", "OT"), "es": ("habla", "OT")}
_PAUSE = timedelta(minutes=2)  # between what we say and what the parent replies


@dataclass(frozen=True, slots=True)
class Turn:
    """One text of the talk. `entries`: what the log got from the parent's, in the confirmation's words."""

    who: Literal["us", "parent"]
    body: str
    segments: int = 0
    intent: str = ""
    entries: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()  # those of them that a later reply took the place of


def talk(
    replies: Sequence[str], language: Language, about: About, settings: Settings, texts: Texts
) -> list[Turn]:
    """Everything that was said, oldest first. `texts`: bodies in place of those that are shipped."""
    quiet = settings.quiet.model_copy(update={"spread_minutes": 0, "by_state": False})
    settings = settings.model_copy(update={"quiet": quiet})
    own: Bodies = {key: body for key, body in texts.items() if key[0].startswith(("words.", "footer."))}
    opening = _Opening(about, language, tuple(sorted(texts.items())), settings.model_dump_json(), settings)
    with on_trial(own):
        begun = _begun(opening)
        if not replies:
            return list(begun.turns)
        with _store_with(begun.database) as (store, _):
            return _Talk(store, settings, language).gone_on(replies[:MOST_REPLIES], begun)


@dataclass(frozen=True, slots=True)
class _Opening:
    """All that the talk's beginning follows from. The settings are compared as they are written."""

    about: About
    language: Language
    texts: tuple[tuple[tuple[str, Language], str], ...]
    written: str
    settings: Settings = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A talk up to the first question: what was said, the database as it is then, and the moment."""

    turns: tuple[Turn, ...]
    database: bytes
    at: datetime
    seen: int


@lru_cache(maxsize=8)
def _begun(opening: _Opening) -> _Begun:
    """A family is registered and asked: the same for every reply, so it is lived once, not at each look."""
    with _store_with(_empty()) as (store, file):
        one = _Talk(store, opening.settings, opening.language)
        turns = one.begin(opening.about, dict(opening.texts))
        return _Begun(tuple(turns), _whole(store, file), one.clock.now(), one.seen)


@contextmanager
def _store_with(database: bytes) -> Iterator[tuple[Store, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "talk.db"
        file.write_bytes(database)
        store = open_store(f"sqlite:///{file}", durable=False)
        try:
            yield store, file
        finally:
            store.close()


class _Talk:
    def __init__(self, store: Store, settings: Settings, language: Language) -> None:
        self.store, self.settings, self.language = store, settings, language
        self.zone = ZoneInfo(settings.program.zone)
        self.clock = VirtualClock(datetime.combine(_FIRST, time(7), self.zone).astimezone(UTC))
        self.channels = Channels(SandboxText(), SandboxEmail())
        self.seen = 0

    def begin(self, about: About, texts: Texts) -> list[Turn]:
        with self.store.write() as session:
            put_in_use(session, texts, {}, self.clock.now())
            register(session, _family(about, self.language, self.zone), self.clock.now(), self.settings)
        return self._until_asked()

    def gone_on(self, replies: Sequence[str], begun: _Begun) -> list[Turn]:
        self.clock.move_to(begun.at)
        self.seen = begun.seen
        turns = list(begun.turns)
        said: list[int] = []  # where each reply stands
        for place, reply in enumerate(replies):
            self.clock.move_to(self.clock.now() + _PAUSE)
            self._say(reply, place)
            said.append(len(turns))
            turns += [Turn("parent", reply), *self._news()]
        for at, turn in zip(said, self._read(), strict=False):
            turns[at] = turn
        return turns

    def _until_asked(self) -> list[Turn]:
        """Plan, wait for the first question's hour, ask."""
        with self.store.write() as session:
            plan_due(session, self.clock.now(), self.settings)
            first = session.scalar(select(func.min(Expectation.ask_at)).where(Expectation.state == "planned"))
        if first is None:
            return []
        self.clock.move_to(first)
        with self.store.write() as session:
            ask_due(session, self.clock.now(), self.settings)
        self._deliver()
        return self._news()

    def _deliver(self) -> None:
        while deliver(self.store, self.clock, self.settings, self.channels):
            pass

    def _say(self, reply: str, place: int) -> None:
        now = self.clock.now()
        name = hashlib.sha256(f"{place}:{reply}".encode()).hexdigest()[:32]
        with self.store.write() as session:
            inbound = receive(session, Arrival(f"SM{name}", "sms", _PHONE, "", reply, now))
        if inbound is not None:
            with self.store.write() as session:
                take(session, inbound, now, self.settings)
        self._deliver()

    def _news(self) -> list[Turn]:
        """What left since the last look."""
        wanted = select(OutgoingMessage).where(
            OutgoingMessage.id > self.seen,
            OutgoingMessage.channel == "sms",
            OutgoingMessage.state.in_(("sent", "delivered")),
        )
        with self.store.read() as session:
            rows = session.scalars(wanted.order_by(OutgoingMessage.id)).all()
        self.seen = max([self.seen, *(row.id for row in rows)])
        return [Turn("us", row.body, count(row.body).segments) for row in rows]

    def _read(self) -> list[Turn]:
        """Each reply as it stands at the end of the talk."""
        with self.store.read() as session:
            texts = session.scalars(select(InboundText).order_by(InboundText.id)).all()
            return [
                Turn(
                    "parent",
                    reply.text.body,
                    intent=reply.intent,
                    entries=tuple(answer_phrase(one.item, one.entry, self.language) for one in reply.told),
                    corrected=tuple(
                        answer_phrase(one.item, one.entry, self.language)
                        for one in reply.told
                        if one.corrected
                    ),
                )
                for reply in replies_of(session, texts)
            ]


@lru_cache(maxsize=1)
def _empty() -> bytes:
    """A database with the tables and the shipped texts, and nobody in it: made once a process."""
    with _store_with(b"") as (store, file):
        upgrade(store)
        with store.write() as session:
            sync(session, datetime.combine(_FIRST, time(0), UTC))
        return _whole(store, file)


def _whole(store: Store, file: Path) -> bytes:
    """The database as one file, with nothing left beside it."""
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return file.read_bytes()


def _family(about: About, language: Language, zone: ZoneInfo) -> NewFamily:
    one, other = _NAMES[language]
    speech = ServiceLine("Speech-language therapy", one, 30, _TUESDAY)
    lines: Mapping[About, tuple[ServiceLine, ...]] = {
        "one": (speech,),
        "many": (speech, ServiceLine("Occupational therapy", other, 30, _TUESDAY)),
        "count": (ServiceLine("Speech-language therapy", one, 30, CountPerPeriod(2, "week")),),
        "minutes": (ServiceLine("Speech-language therapy", one, 60, MinutesPerPeriod(60, "week")),),
    }
    parent = NewCaregiver(
        name="Ana", language=language, zone=zone.key, phone=_PHONE, email=None,
        texts=True, mails=False, confirmed=True,
    )  # fmt: skip
    return NewFamily(
        nickname=CHILD,
        full_name=CHILD,
        school="-",
        district="",
        caregivers=(parent,),
        calendar=SchoolCalendar(zone, _FIRST, _LAST),
        services=lines[about],
        iep_dated=_FIRST - timedelta(days=90),
        consent_method="scenario",
        consent_wording="A talk that staff try.",
    )
