"""Until when we know what parents wrote: a webhook can be lost, so the provider's own list is swept as well.

Nothing that rests on "no answer came" (a reminder, "unanswered", a step) is decided about a moment after the
last sweep. `jobs/sweep.py` sweeps; this is what the others ask.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import Fact

SWEPT = "sweep"  # value: until when everything is known; until: when the next sweep is due
FAILING = "sweep_failing"  # value: since when the provider cannot be asked
LEASE = timedelta(seconds=90)  # of who sweeps; a failed one is tried again within this, and not hurried
SHORTEST_GAP = timedelta(seconds=20)  # between two sweeps, however much waits for one


def heard_until(session: Session, now: datetime, settings: Settings) -> datetime:
    """The moment up to which all that was written is here. It asks for a sweep where that is not now.

    Where nothing is swept (no real texts) that is now. Where the provider could not be asked for so long
    that `twilio.sweep_patience_hours` is over, life goes on without it: an alert says so all that time.
    """
    if settings.sms.channel != "twilio":
        return now
    facts = {fact.key: fact for fact in session.scalars(select(Fact).where(Fact.key.in_((SWEPT, FAILING))))}
    if SWEPT not in facts:
        return now
    patience = timedelta(hours=settings.twilio.sweep_patience_hours)
    if FAILING in facts and now - datetime.fromisoformat(facts[FAILING].value) >= patience:
        return now
    swept = datetime.fromisoformat(facts[SWEPT].value)
    if swept + SHORTEST_GAP <= now:
        session.execute(
            update(Fact)
            .where(Fact.key == SWEPT, Fact.until > now + LEASE, Fact.value == facts[SWEPT].value)
            .values(until=now)
            .execution_options(synchronize_session=False)
        )
    return min(swept, now)
