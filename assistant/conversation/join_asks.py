"""What a set-up by text asks at each stage, and what it keeps of the answers."""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import Context
from assistant.conversation.joined import lines_of, plain_line, read_service
from assistant.families.calendars import label_of, offered_calendars
from assistant.store import Caregiver, Enrolment
from messages import templates
from messages.outbox import language_of
from messages.templates import Rendered, word

TRIES = 2  # not understood so often at one step, and a person looks too


def ask(context: Context, row: Enrolment, key: str = "") -> None:
    """Ask what the stage is about, or by the text `key`."""
    row.updated_at = context.now
    context.send("join", text_of(context.session, row, context.caregiver, context.settings, key))


def ask_again(context: Context, row: Enrolment) -> None:
    """Not understood: the same question once more, with an example; after that a person looks too."""
    tries = int(row.draft.get("tries", 0)) + 1
    keep(row, tries=tries)
    if tries > TRIES:
        context.flag("joining")
        return
    body = text_of(context.session, row, context.caregiver, context.settings)
    lead = word("lead_ask_back", context.language)
    context.send("join", Rendered(body.key, body.version, f"{lead} {body.body}"))


def text_of(
    session: Session, row: Enrolment, caregiver: Caregiver, settings: Settings, key: str = ""
) -> Rendered:
    """What the stage asks, in the caregiver's language."""
    language, draft = language_of(caregiver), row.draft
    services = lines_of(draft)
    values = {
        "program": settings.program.name,
        "per_week": str(settings.asking.max_questions_a_week),
        "child": draft["nickname"] or settings.program.name,
        "alias": (read_service(draft["now"]).service if draft["now"] else "") or "-",
        "line": plain_line(services[-1], language) if services else "-",
        "lines": "; ".join(plain_line(one, language) for one in services) or "-",
        "calendars": ", ".join(
            f"{number} {label_of(one)}"
            for number, one in enumerate(offered_calendars(session, settings), start=1)
        )
        or "-",
    }
    if row.stage == "service" and draft["now"]:
        key = "join_which"
    key = key or ("join_invite" if row.stage == "consent" else f"join_{row.stage}")
    return templates.text(session, key, language, values)


def keep(row: Enrolment, **changes: object) -> None:
    """Keep something in the draft."""
    row.draft = {**row.draft, **changes}  # a new value: JSON columns see no change inside
