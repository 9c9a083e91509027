"""What the IEP says of a service beside how often: its name, how it is given, who gives it.

These are put right from today on. What was asked and answered before keeps the words it was kept with, and
what was said until now stays in the child's record (conversation.service_terms).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.plan import Replanned, calendar_of, replan_line
from assistant.families.tell import audited, tell
from assistant.store import ServiceLine
from assistant.words import Language
from messages.templates import short_day, word

LONGEST_NAME, LONGEST_PROVIDER = 120, 80  # letters


@dataclass(frozen=True, slots=True)
class Terms:
    """The name in the IEP; `delivery` and `mode` as a schedule has them; `provider` in the parent's words."""

    name: str
    delivery: str
    mode: str
    provider: str

    def changed(self, new: Terms) -> dict[str, tuple[str, str]]:
        """What is another in `new`: before and after, by field."""
        pairs = ((one.name, getattr(self, one.name), getattr(new, one.name)) for one in fields(self))
        return {name: (before, after) for name, before, after in pairs if before != after}


def terms_of(row: ServiceLine) -> Terms:
    """What is said of a line now."""
    return Terms(row.name, row.delivery, row.mode, row.provider)


def set_terms(
    session: Session, row: ServiceLine, new: Terms, now: datetime, settings: Settings, by: str
) -> Replanned:
    """From now on this is what is said of the line; everybody who cares for the child is told.

    Only whether staff talk to staff ("consult") says what is asked, so only that plans anew.
    """
    before = terms_of(row)
    changed = before.changed(new)
    if not changed:
        return Replanned()
    row.name, row.delivery, row.mode, row.provider = new.name, new.delivery, new.mode, new.provider
    anew = "consult" in changed.get("delivery", ())
    replanned = replan_line(session, row, now, settings) if anew else Replanned()
    # Who gives it is a person's name: the audit log says only that it changed.
    detail = {key: list(pair) for key, pair in changed.items() if key != "provider"}
    audit = audited(session, now, by, "line_terms", f"line {row.id}", fields=sorted(changed), **detail)
    today = now.astimezone(calendar_of(session, row).zone).date()

    def say(language: Language) -> str:
        return word("changed_terms", language, alias=row.alias, day=short_day(today, language))

    tell(session, row.child_id, say, audit, now, settings)
    return replanned
