"""From joining by text to the question pages: what was told so far is taken over, and the enrolment ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.joined import read_service
from assistant.families.household import tie
from assistant.families.register import keep_child
from assistant.families.types import NewFamily
from assistant.schedule.line_by_text import Draft
from assistant.store import Caregiver, Child, Enrolment


def told_services(draft: Mapping[str, Any]) -> list[tuple[Draft, str, bool]]:
    """Each service that was told by text: as read, in its own words, whether how often is unknown."""
    kept = [*draft["services"], *([draft["now"]] if draft["now"] else [])]
    read = [
        (read_service(one), "; ".join(one["texts"]), "how_often" in one.get("unknown", [])) for one in kept
    ]
    return [one for one in read if one[0].service]


def finish_here(
    session: Session,
    enrolment: Enrolment,
    caregiver: Caregiver,
    family: NewFamily,
    name: str,
    now: datetime,
    settings: Settings,
) -> Child | None:
    """Keep the family of an enrolment that is still open, tie the caregiver to it, and end the enrolment.

    None where it was finished, or dropped, by text in the meantime.
    """
    if enrolment.state != "open" or enrolment.caregiver_id != caregiver.id or caregiver.texts != "in":
        return None
    child = keep_child(session, family, now, settings)
    tie(session, caregiver, child)
    caregiver.name = caregiver.name or name
    enrolment.state, enrolment.nudge_at, enrolment.updated_at = "done", None, now
    session.flush()
    return child
