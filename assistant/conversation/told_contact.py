"""A talk with the school that was texted: kept as a contact of today, and confirmed."""

from __future__ import annotations

import re

from sqlalchemy import select

from assistant.conversation.answers import Context
from assistant.conversation.contacts import LONGEST, ContactError, NewContact, add_contact
from assistant.replies.contact import contact_said
from assistant.replies.normalise import fold
from assistant.replies.types import Meaning
from assistant.store import Child, IepVersion, ServiceLine
from assistant.words import Intent
from messages.templates import short_day

# What a text with an unmarked first word must not be taken from.
_NOTHING_ELSE = frozenset({Intent.UNCLEAR, Intent.UNRELATED})


def about_contact(context: Context, meaning: Meaning) -> bool:
    """Keep the text as a contact if it is one. False where it has to go on: as something else, or as well.

    An answer is never eaten. A text whose first word marks a contact and that says what became of a session
    is kept as both, and the answer is what is confirmed. One that is not marked, while a question is open and
    it may be about that, is kept, and the question asked back.
    """
    said = contact_said(context.inbound.body)
    if said is None or (not said.plain and meaning.intent not in _NOTHING_ELSE):
        return False
    answers = bool(meaning.answers) or (not said.plain and bool(context.items))
    child = _child(context)
    if child is None:
        if answers or not context.caregiver.children:
            return False
        name = context.caregiver.children[0].nickname
        context.inbound.meaning = {"intent": "contact", "why": [], "answers": []}
        context.reply("contact", "contact_which", {"child": name})
        return True
    new = NewContact(
        day=context.today,
        how=said.how,
        said=said.words[: LONGEST["said"]],
        who=said.who,
        line=_line(context, child),
    )
    try:
        add_contact(
            context.session,
            child.id,
            new,
            context.today,
            context.now,
            caregiver_id=context.caregiver.id,
            inbound_id=context.inbound.id,
        )
    except ContactError:
        return False
    if answers:
        return False
    context.inbound.meaning = {"intent": "contact", "why": [], "answers": []}
    values = {"child": child.nickname, "day": short_day(context.today, context.language)}
    context.reply("contact", "contact", values)
    return True


def _child(context: Context) -> Child | None:
    """The only child, or the only one that the text names."""
    children = context.caregiver.children
    if len(children) == 1:
        return children[0]
    named = [child for child in children if _names(context, child.nickname)]
    return named[0] if len(named) == 1 else None


def _line(context: Context, child: Child) -> ServiceLine | None:
    """The one service in force that the text names; None where it names none or several."""
    lines = context.session.scalars(
        select(ServiceLine)
        .join(IepVersion, IepVersion.id == ServiceLine.iep_version_id)
        .where(ServiceLine.child_id == child.id, IepVersion.ends.is_(None))
    )
    named = [line for line in lines if _names(context, line.alias) or _names(context, line.name)]
    return named[0] if len(named) == 1 else None


def _names(context: Context, name: str) -> bool:
    words = f" {re.sub(r'[^a-z0-9]+', ' ', fold(context.inbound.body))} "
    return f" {re.sub(r'[^a-z0-9]+', ' ', fold(name)).strip()} " in words
