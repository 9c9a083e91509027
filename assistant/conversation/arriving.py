"""A text arrives: kept at once, exactly as it came, by one statement; reading it is somebody else's work.

The statement is written for the table itself, without a session: this is what a webhook waits for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Insert, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assistant.replies.carried import looks_cut, unpacked
from assistant.store import Caregiver, InboundText, Media

Source = Literal["webhook", "fallback", "sweep", "sandbox"]
WAIT_FOR_MORE = timedelta(seconds=30)  # for the rest of a text that looks cut
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Picture:
    """A piece of media that came with a text: its name at the provider, and what it is said to be."""

    provider_id: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A text as the provider, the sandbox or a page handed it over.

    `received_at`: aware; the provider's time where it is known, else ours. `kept_at`: our time, where the two
    differ. `media`: pieces that came with it, of which `pictures` are known by name. `error_code`: the
    provider's, "30009" where a part was lost on the way.
    """

    provider_id: str
    channel: str
    from_address: str
    to_address: str
    body: str
    received_at: datetime
    signature_hash: str | None = None
    media: int = 0
    opt_out_type: str = ""
    source: Source = "webhook"
    kept_at: datetime | None = None
    error_code: str = ""
    pictures: tuple[Picture, ...] = ()


def receive(session: Session, arrival: Arrival) -> int | None:
    """Store a text. Returns its number, or None when this id or this signature was stored before."""
    return keep(session.connection(), arrival)


def keep(connection: Connection, arrival: Arrival) -> int | None:
    """As `receive`, without a session. Two deliveries at one moment: the unique columns let one in."""
    statement = _KEEP[connection.dialect.name]
    number: int | None = connection.execute(statement, _row(arrival)).scalar()
    if number is not None and arrival.media:
        connection.execute(insert(Media), _pieces(number, arrival))
    return number


def _row(arrival: Arrival) -> dict[str, Any]:
    # No database keeps a NUL; the other control characters say nothing either. Line feed and tab stay.
    body = _CONTROL.sub("", arrival.body)
    text = unpacked(body)
    shown = body if text is None else _CONTROL.sub("", text)
    wait = WAIT_FOR_MORE if looks_cut(shown) else timedelta(0)
    return {
        "provider_id": arrival.provider_id,
        "signature_hash": arrival.signature_hash,
        "channel": arrival.channel,
        "source": arrival.source,
        "from_address": arrival.from_address,
        "to_address": arrival.to_address,
        "body": shown,
        "raw": body if shown != body else None,
        "media": arrival.media,
        "opt_out_type": arrival.opt_out_type,
        "error_code": arrival.error_code,
        "received_at": arrival.received_at,
        "kept_at": arrival.kept_at,
        "read_from": arrival.received_at + wait,
        "sender": arrival.from_address,
    }


def _pieces(number: int, arrival: Arrival) -> list[dict[str, Any]]:
    """A row a piece, due at once; a piece whose name is not known (yet) is asked for by its message."""
    names = [(one.provider_id, one.content_type) for one in arrival.pictures[: arrival.media]]
    names += [("", "")] * (arrival.media - len(names))
    return [
        {
            "inbound_id": number,
            "position": place,
            "provider_id": name,
            "claimed_type": kind,
            "next_at": arrival.kept_at or arrival.received_at,
        }
        for place, (name, kind) in enumerate(names)
    ]


def _statement(start: Any) -> Insert:
    table = InboundText.__table__
    columns = (
        *("provider_id", "signature_hash", "channel", "source", "from_address", "to_address", "body", "raw"),
        *("media", "opt_out_type", "error_code", "received_at", "kept_at", "read_from"),
    )
    whose = select(Caregiver.id).where(Caregiver.phone == bindparam("sender")).scalar_subquery()
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    made: Insert = (
        start(table)
        .values(**values, caregiver_id=whose, needs_staff=False, flag="")
        .on_conflict_do_nothing()
        .returning(table.c.id)
    )
    return made


_KEEP = {"sqlite": _statement(sqlite.insert), "postgresql": _statement(postgresql.insert)}
