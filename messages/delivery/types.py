"""What the steps of a delivery hand to each other, and the times that hold them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Literal

from messages.channels.sandbox import StaysHere
from messages.channels.twilio_inbound import InboundChannel
from messages.channels.types import EmailChannel, Receipt, TextChannel

# How long a claimed row is its worker's. No try begins that could outlast it: see SEND_WINDOW_SECONDS.
LEASE = timedelta(minutes=3)
# After these seconds no further try of a batch begins, and what is left goes back into the queue. With the
# channels' own time-outs a provider that hangs frees the worker within 35 seconds.
SEND_WINDOW_SECONDS = 8.0
TRY_AGAIN_AFTER_HANGING = timedelta(seconds=20)


@dataclass(frozen=True)
class Channels:
    """The ways out, for texts and for e-mails; and where to ask what came in, if texts are real.

    Once `stopping` is set, as the process is to end, no further message is begun, and what was claimed goes
    back into the queue.
    """

    text: TextChannel
    email: EmailChannel
    inbound: InboundChannel | None = None
    stopping: Event = field(default_factory=Event)

    def stays_here(self, channel: str) -> bool:
        """Whether nothing of this channel leaves the machine, so that a crash can leave no doubt."""
        return isinstance(self.text if channel == "sms" else self.email, StaysHere)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is this worker's until `lease`.

    `attempt` is its fence: whoever claims the row later has a higher one, and an old worker that wakes up
    sees that the row is not its any more.
    """

    id: int
    channel: str
    kind: str
    caregiver_id: int
    to_address: str
    body: str
    reference: str
    template_key: str
    not_after: datetime | None
    put_off: int
    attempt: int
    lease: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim took: rows to send out, rows of channels that stay here, how many it touched in all.

    Those that stay here are not marked as claimed: they are recorded before anybody else can see them.
    """

    out: Sequence[Claimed] = ()
    here: Sequence[Claimed] = ()
    touched: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a claimed row. Without a receipt nothing was posted; `why` then says what kept it."""

    claimed: Claimed
    receipt: Receipt | None = None
    why: Literal["", "not_ours", "no_consent", "stale", "held_up", "stopping"] = ""
