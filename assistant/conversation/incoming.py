"""A text as the reader takes it: the words, what is open, and every service that they may speak of."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from assistant.conversation.phrases import phrases_in_use
from assistant.conversation.wording import Item
from assistant.replies.types import Incoming, KnownService, OpenItem
from assistant.store import Caregiver, Child, Guardianship, InboundText, ServiceLine
from messages.outbox import language_of

_LINES = (
    select(Child.id, Child.nickname, ServiceLine.name, ServiceLine.alias)
    .join(Child, ServiceLine.child_id == Child.id)
    .join(Guardianship, Guardianship.child_id == Child.id)
    .where(Guardianship.caregiver_id == bindparam("caregiver"))
    .order_by(ServiceLine.id)
)


def incoming_of(
    session: Session,
    inbound: InboundText,
    caregiver: Caregiver,
    items: Sequence[Item],
    text: str | None = None,
) -> Incoming:
    """The text (or `text` of it) with its context. A nickname tells items apart where there are several."""
    lines = session.execute(_LINES, {"caregiver": caregiver.id}).all()
    children = list(dict.fromkeys(nickname for _, nickname, _, _ in lines))
    several = len(children) > 1
    return Incoming(
        text=inbound.body if text is None else text,
        lang=language_of(caregiver),
        received=inbound.received_at.astimezone(ZoneInfo(caregiver.zone)),
        open=tuple(
            OpenItem(
                id=str(item.expectation.id),
                service=item.service,
                aliases=(item.alias,),
                date=item.day,
                time=item.at,
                minutes=item.expectation.due_minutes,
                form="period" if item.expectation.form == "period" else "slot",
                due_sessions=item.expectation.due_sessions,
                asks=item.asks,
                child=item.child if several else "",
                allows=_allows(item.expectation.line),
            )
            for item in items
        ),
        services=tuple(
            dict.fromkeys(
                KnownService(service=name, aliases=(alias,), child=nickname if several else "")
                for _, nickname, name, alias in lines
            )
        ),
        child=children[0] if len(children) == 1 else "",
        taught=phrases_in_use(session, language_of(caregiver)),
    )


def _allows(line: ServiceLine) -> frozenset[str]:
    """The forms in which the line may be given beside a child alone in the room."""
    forms = {"group"} if line.mode in ("group", "either") else set()
    return frozenset(forms | ({"remote"} if line.delivery == "teletherapy" else set()))
