"""Twilio's error codes and statuses as data: what each means for the message, the number and the sender.

Facts: https://www.twilio.com/docs/api/errors and the pages on outbound status callbacks. Twilio re-maps
causes to codes over time, so a code that is not here has a default: by HTTP status for an answer to a
create, "failed" for a delivery report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from messages.channels.types import Effect, State

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Meaning:
    """One code. `words`: for an administrator.

    strikes: on how many different days the code must come before `effect` holds (1: at once).
    wait_seconds: how long to wait before another try, where the code itself calls for a certain wait.
    again: how often a text that was taken and then did not arrive may be sent once more, after
    `wait_seconds`, or from `wait_for` on.
    tell: whoever runs the program should know, though nothing is halted.
    """

    state: State
    words: str
    effect: Effect | None = None
    strikes: int = 1
    wait_seconds: int | None = None
    again: int = 0
    wait_for: Literal["", "pacific_midnight", "next_day"] = ""
    tell: bool = False


# In answer to a create: the request was read and the text was not taken.
ON_CREATE: dict[int, Meaning] = {
    20003: Meaning("halt", "Twilio refused our account SID and auth token, or the account is suspended"),
    20004: Meaning("halt", "our Twilio account may not use this method"),
    20005: Meaning("halt", "our Twilio account is not active"),
    20006: Meaning("halt", "our Twilio account has no access to this"),
    20008: Meaning("halt", "test credentials are set where live ones are needed"),
    20404: Meaning("halt", "Twilio does not know this account or address; check account_sid and api_base"),
    20429: Meaning("retry", "Twilio is handling too many of our requests at once"),
    20500: Meaning("unsure", "Twilio had an error of its own; the text may have been taken"),
    20503: Meaning("unsure", "Twilio was not available; the text may have been taken"),
    21211: Meaning("failed", "this is not a phone number", "number_invalid"),
    21212: Meaning("halt", "our from_number is not a number that can send"),
    21217: Meaning("failed", "this is not a phone number", "number_invalid"),
    21265: Meaning("failed", "this number is a short code and cannot be texted", "number_invalid"),
    21408: Meaning("failed", "texts to this country are not switched on in Twilio", tell=True),
    21601: Meaning("halt", "our from_number cannot send texts"),
    21602: Meaning("failed", "the text had no body", tell=True),
    21603: Meaning("halt", "no sender was named; set messaging_service_sid or from_number"),
    21604: Meaning("failed", "the text had no number to go to", "number_invalid", tell=True),
    21606: Meaning("halt", "our from_number is not one of this account's numbers"),
    21608: Meaning(
        "failed", "a trial account texts only numbers that were verified in Twilio's console", tell=True
    ),
    21609: Meaning("halt", "Twilio cannot call our public_url back; it must be a public https address"),
    21610: Meaning("failed", "this person has opted out with Twilio", "opted_out"),
    21611: Meaning("retry", "our sender's queue at Twilio is full", wait_seconds=10 * MINUTE),
    21612: Meaning("failed", "Twilio has no route from our sender to this number", tell=True),
    21614: Meaning("failed", "this number is not a mobile number", "landline"),
    21617: Meaning("failed", "the text was too long", tell=True),
    21618: Meaning("failed", "Twilio could not read the text's body", tell=True),
    21619: Meaning("failed", "the text had neither body nor media", tell=True),
    21620: Meaning("failed", "Twilio could not read the text's media address", tell=True),
    21659: Meaning("halt", "our from_number is not a Twilio number or short code for this country"),
    21660: Meaning("halt", "our from_number belongs to another account"),
    21661: Meaning("halt", "our from_number cannot send texts"),
    21701: Meaning("halt", "Twilio does not know our messaging_service_sid"),
    21702: Meaning("halt", "our messaging service cannot be used"),
    21703: Meaning("halt", "our messaging service has no number to send from"),
    21704: Meaning("halt", "our messaging service has no number to send from"),
    21705: Meaning("halt", "our messaging_service_sid is not right"),
    35114: Meaning("failed", "a scheduled text needs a messaging service", tell=True),
    35115: Meaning("failed", "Twilio does not know how this text was scheduled", tell=True),
    35116: Meaning("failed", "the time that the text was scheduled for is not right", tell=True),
    35117: Meaning("failed", "the time that the text was scheduled for is too near", tell=True),
    35118: Meaning("failed", "a scheduled text needs a messaging service", tell=True),
}

# Codes that come with a delivery report, or that either may carry.
LATE: dict[int, Meaning] = {
    21610: ON_CREATE[21610],
    21614: ON_CREATE[21614],
    30001: Meaning("retry", "our sender's queue at Twilio overflowed", wait_seconds=10 * MINUTE, again=3),
    30002: Meaning("halt", "our Twilio account is suspended", again=1),
    30003: Meaning(
        "retry", "the phone was off or out of reach", "number_invalid", strikes=3, wait_seconds=DAY, again=1
    ),
    30004: Meaning("failed", "the phone or its carrier blocks our texts", "opted_out"),
    30005: Meaning("failed", "the number is unknown or not in service", "number_invalid", strikes=2),
    30006: Meaning("failed", "a landline, or a carrier that takes no texts", "landline"),
    30007: Meaning("failed", "filtered by Twilio or the carrier; do not send the same words again"),
    30008: Meaning("retry", "not delivered, and nobody knows why", wait_seconds=HOUR, again=1),
    30010: Meaning("failed", "the text cost more than the limit that was set", tell=True),
    30017: Meaning("retry", "the carrier is congested", wait_seconds=10 * MINUTE, again=3),
    30018: Meaning("failed", "the carrier wants a sender that is registered there", tell=True),
    30022: Meaning("retry", "our campaign's rate was exceeded", wait_seconds=10 * MINUTE, again=3),
    30023: Meaning(
        "retry",
        "the carrier's daily limit is used up; it starts again at midnight Pacific",
        again=2,
        wait_for="pacific_midnight",
    ),
    30024: Meaning("halt", "our number is not ready to send yet", again=1),
    30027: Meaning(
        "retry",
        "the carrier's daily limit is used up; it starts again at midnight Pacific",
        again=2,
        wait_for="pacific_midnight",
    ),
    30032: Meaning("halt", "our toll-free number is not verified", again=1),
    30033: Meaning("halt", "our campaign is suspended", again=1),
    30034: Meaning("halt", "our number belongs to no registered campaign", again=1),
    30035: Meaning("halt", "our number is still being set up in its campaign", again=1),
    30036: Meaning("failed", "it waited past its time in Twilio's queue", again=1, wait_for="next_day"),
    30450: Meaning("failed", "blocked by Twilio's fraud protection", tell=True),
    30610: Meaning("failed", "blocked by Twilio's quiet hours", tell=True),
    30640: Meaning("failed", "blocked by Twilio's compliance list", tell=True),
    63018: Meaning("retry", "the channel's rate was exceeded", wait_seconds=10 * MINUTE, again=3),
}

# The carrier's daily limit is used up.
DAILY_LIMITS = frozenset({"30023", "30027"})
FILTERED = "30007"

_UNKNOWN_LATE = Meaning("failed", "not delivered")


def create_meaning(http_status: int, code: int | None) -> Meaning:
    """What an error answer to a create means.

    The status is looked at first: a gateway's page has no code of Twilio's, and the client then reports the
    status as the code. From 500 on nobody knows whether the text was taken; 429 means it was not read.
    """
    if http_status >= 500 or http_status == 408:
        return Meaning("unsure", "Twilio had an error of its own; the text may have been taken")
    if http_status == 429:
        return ON_CREATE[20429]
    found = ON_CREATE.get(code or 0) or LATE.get(code or 0)
    if found:
        return found
    if http_status in (401, 403):
        return ON_CREATE[20003]
    if http_status in (404, 405, 410):
        return ON_CREATE[20404]
    if http_status < 400:
        return Meaning("retry", "something between us and Twilio answered in its place")
    return Meaning("failed", "Twilio did not take the text")


def late_meaning(code: str | int | None) -> Meaning:
    """What the ErrorCode of a delivery report means, with how many times it must come before it counts."""
    try:
        number = int(code or 0)
    except ValueError:
        return _UNKNOWN_LATE
    return LATE.get(number) or ON_CREATE.get(number) or _UNKNOWN_LATE


def is_known(code: str) -> bool:
    """Whether a code is in the table. A short word of ours, or an HTTP status, is no code of Twilio's."""
    if not code.isascii() or not code.isdigit() or int(code) < 1000:
        return True
    return int(code) in LATE or int(code) in ON_CREATE


def late_effect(code: str | int | None) -> tuple[State, Effect | None]:
    """State and effect of one delivery report's ErrorCode, for a caller that does not count strikes.

    An effect that needs several days' reports (30003, 30005) is left out here; `late_meaning` has it.
    """
    meaning = late_meaning(code)
    return meaning.state, meaning.effect if meaning.strikes == 1 else None


_RANKS = {
    "accepted": 0,
    "scheduled": 0,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "undelivered": 4,
    "failed": 4,
    "canceled": 4,
    "partially_delivered": 4,
    "delivered": 5,
    "read": 6,
}


def status_rank(status: str) -> int | None:
    """How far along a sent text is; None for a status that is not known or belongs to received texts.

    Reports come repeated and out of order: take one only when its rank is higher than the one held. A late
    "delivered" corrects "undelivered"; a late "queued" changes nothing.
    """
    return _RANKS.get(status.strip().lower())


def status_state(status: str) -> Literal["sent", "delivered", "failed"] | None:
    """The outbox state that a status stands for; None where it says nothing new (not known, or received)."""
    rank = status_rank(status)
    if rank is None:
        return None
    return "sent" if rank < 4 else "failed" if rank == 4 else "delivered"
