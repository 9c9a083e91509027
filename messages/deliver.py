"""Sending what is due: claim a batch and commit, then act on each, then record. Nothing is sent inside a
transaction, and a crash between any two lines loses nothing and repeats no text.

- Claimed rows carry a lease (`next_at`) and a fence (`attempts`). A row whose lease ran out belonged to a
  process that died between claiming and recording: whether the provider has the message is not known, so it
  becomes `unsure`.
- `unsure` rows are never sent again before the provider was asked (`messages.delivery.reconcile`).
- What gives nothing out of the machine is claimed, sent and recorded in one transaction.
"""

from __future__ import annotations

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import OutgoingMessage, Store
from messages.delivery.claim import claim, expire_leases
from messages.delivery.poll import poll
from messages.delivery.reconcile import settle_doubts
from messages.delivery.record import record, record_here
from messages.delivery.send import send_all
from messages.delivery.types import Channels
from messages.templates import use_own_words

__all__ = ["TO_ASK_ABOUT", "TO_SEND", "Channels", "deliver", "reconcile"]

# The rows of each of the two rounds, once their `next_at` has come.
TO_SEND = OutgoingMessage.state.in_(("queued", "sending"))
TO_ASK_ABOUT = OutgoingMessage.state.in_(("unsure", "sent"))


def deliver(store: Store, clock: Clock, settings: Settings, channels: Channels) -> int:
    """One round: claim what is due, send it, record what became of it. Returns how many rows it moved.

    Several workers may do this at once.
    """
    now = clock.now()
    with store.write() as session:
        use_own_words(session)
        moved = expire_leases(session, now, settings.jobs.batch)
        batch = claim(session, now, settings, channels)
        record_here(session, channels, batch.here, now, settings)
    for results in send_all(store, clock, settings, channels, batch.out):
        record(store, clock, settings, results)
    return moved + batch.touched


def reconcile(store: Store, clock: Clock, settings: Settings, channels: Channels) -> int:
    """Ask the provider what is due to be asked: about `unsure` rows, and about sent ones without an end.

    Returns how many it looked at.
    """
    return settle_doubts(store, clock, channels) + poll(store, clock, channels)
