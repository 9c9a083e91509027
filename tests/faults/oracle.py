"""What must be true of a world once a clean process has finished: nothing lost, nothing twice, STOP kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select, text

from assistant.evidence import chain
from assistant.evidence.ledger import ledger_of
from assistant.store import Caregiver, Child, InboundText, LogEntry, OutgoingMessage, ServiceLine
from tests.faults.world import World

_FINAL = ("sent", "delivered", "failed", "dropped")


@dataclass
class Verdict:
    """What was found wrong, by kind; each entry names rows, never a person."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    after_stop: list[str] = field(default_factory=list)
    chains: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self == Verdict()


def judge(world: World) -> Verdict:
    """Compare the database with what the loopback Twilio took and was told."""
    found = Verdict()
    created = world.fake.sent()
    times = Counter(one.reference for one in created)
    found.twice += [f"message {reference}: {count} times" for reference, count in times.items() if count > 1]
    words = Counter((one.to, one.body) for one in created)
    found.twice += [f"the same words: {count} times" for count in words.values() if count > 1]
    store = world.machine.store
    # What STOP met on its way may have left or not; who never said it has all of it, once.
    stoppers = {one.sender for one in world.said if one.body == "STOP"}
    answered = {one.sender for one in world.said if one.body not in ("STOP", "START")}
    with store.read() as session:
        people = {one.id: one for one in session.scalars(select(Caregiver))}
        asked: Counter[str] = Counter()
        confirmed: Counter[str] = Counter()
        for row in session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id)):
            if row.state not in _FINAL:
                found.other.append(f"message {row.id} is {row.state}")
            if row.channel != "sms":
                continue
            left = times.pop(row.reference, 0)
            # What STOP took back may have been on its way already; what is final left once.
            if row.state in ("sent", "delivered") and not left and row.created_at >= world.begun:
                found.lost.append(f"message {row.id} ({row.kind}) is {row.state} and never left")
            phone = people[row.caregiver_id].phone or ""
            asked[phone] += row.kind == "question" and left
            confirmed[phone] += row.kind == "confirm" and left
        found.other += [f"created and in no row: {reference}" for reference in times]
        for person in people.values():
            number = person.phone or ""
            stopper = number in stoppers
            if not _once(asked[number], wanted=True, surely=not stopper):
                found.lost.append(f"caregiver {person.id} was asked {asked[number]} times")
            if not _once(confirmed[number], wanted=number in answered, surely=not stopper):
                found.lost.append(f"caregiver {person.id} was confirmed {confirmed[number]} times")
            state = "out" if stopper and number not in world.back else "in"
            if person.texts != state:
                found.after_stop.append(f"caregiver {person.id} is {person.texts} and not {state}")
        after = [one for one in created if world.after_stop(one)]
        found.after_stop += [f"message {one.reference} left after STOP" for one in after]
        stored = {one.provider_id: one for one in session.scalars(select(InboundText))}
        entries = Counter(
            session.scalars(select(LogEntry.inbound_id).where(LogEntry.inbound_id.is_not(None)))
        )
        for message in world.said:
            kept = stored.get(message.sid)
            if kept is None or kept.handled_at is None:
                found.lost.append("a reply was never read" if kept else "a reply was never kept")
                continue
            is_answer = message.body not in ("STOP", "START")
            if not _once(entries[kept.id], wanted=is_answer, surely=message.sender not in stoppers):
                found.lost.append(f"text {kept.id} has {entries[kept.id]} entries in the log")
        if len(stored) != len(world.said):
            found.twice.append(f"{len(stored)} texts kept of {len(world.said)}")
        for child in session.scalars(select(Child.id)):
            log = session.scalars(
                select(LogEntry).where(LogEntry.child_id == child).order_by(LogEntry.number)
            ).all()
            check = chain.check(
                [{"content": e.content, "previous_hash": e.previous_hash, "hash": e.hash} for e in log]
            )
            if not check.intact or check.entries != len(log):
                found.chains.append(f"child {child}: {check.problem}")
        for line in session.scalars(select(ServiceLine.id)):
            ledger_of(session, line, world.now)  # raises where it does not add up
        if store.sqlite:
            problem = session.scalar(text("PRAGMA integrity_check"))
            if problem != "ok":
                found.other.append(str(problem))
    world.machine.rest()
    return found


def _once(times: int, *, wanted: bool, surely: bool) -> bool:
    """Whether something happened as often as it may; where it is not `surely` wanted, it may be left out."""
    return times == int(wanted) or (times == 0 and not surely)
