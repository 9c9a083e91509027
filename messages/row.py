"""A message as a row of the outbox. Made only here, whether it is added alone or with many."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from assistant.store import Caregiver
from messages.templates import Rendered

_JUST_BEFORE = timedelta(seconds=1)


def message_row(
    caregiver: Caregiver,
    channel: str,
    address: str,
    kind: str,
    body: str,
    rendered: Rendered,
    key: str,
    now: datetime,
    leave: datetime,
    about: Sequence[int],
    not_after: datetime | None,
) -> dict[str, Any]:
    """The columns of a message that leaves at `leave`, or at the last moment at which it makes sense."""
    if not_after is not None and leave > not_after:
        leave = not_after - _JUST_BEFORE
    return {
        "dedupe_key": key,
        "reference": reference_of(key),
        "channel": channel,
        "kind": kind,
        "caregiver_id": caregiver.id,
        "to_address": address,
        "language": caregiver.language,
        "subject": rendered.subject,
        "body": body,
        "about": list(about),
        "template_key": rendered.key,
        "template_version": rendered.version,
        "created_at": now,
        "not_after": not_after,
        "next_at": leave,
    }


def reference_of(key: str) -> str:
    """A short name for a message that tells nothing, stable over retries; goes into callback addresses."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]
