"""How Twilio calls an address of the program's: overrides in its fragment, retries, and then the fallback.

Facts: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (keys, defaults, bounds) and
https://www.twilio.com/docs/usage/security/availability-reliability (what the fallback is told).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag

from assistant.clock import monotonic
from tests.support.fake_twilio_wire import Answer, Failure, post

_POLICIES = ("4xx", "5xx", "ct", "rt", "all")
# Milliseconds, and for rc a number of tries after the first: least, most, default.
_BOUNDS = {
    "ct": (100, 10_000, 5_000),
    "rt": (100, 15_000, 15_000),
    "tt": (100, 15_000, 15_000),
    "rc": (0, 5, 1),
}
NO_CONNECTION, NO_GOOD_ANSWER = 11205, 11200  # Twilio's error codes


@dataclass(frozen=True)
class Overrides:
    """What the fragment of an address asks for. Times in seconds."""

    connect: float
    read: float
    total: float
    retries: int
    policy: frozenset[str]

    @classmethod
    def of(cls, url: str) -> Overrides:
        """Those of this address. Raises ValueError for what Twilio does not take."""
        given = dict(parse_qsl(urldefrag(url).fragment, keep_blank_values=True))
        numbers = {}
        for key, (least, most, usual) in _BOUNDS.items():
            value = given.pop(key, str(usual))
            if not value.isdigit() or not least <= int(value) <= most:
                raise ValueError(f"{key}={value}: expected {least} to {most}")
            numbers[key] = int(value)
        policy = frozenset(given.pop("rp", "ct").split(","))
        if not policy <= frozenset(_POLICIES) or given:
            raise ValueError(f"rp of {', '.join(_POLICIES)} expected, and no other keys: {url}")
        return cls(numbers["ct"] / 1000, numbers["rt"] / 1000, numbers["tt"] / 1000, numbers["rc"], policy)

    def again(self, failure: Failure) -> bool:
        """Whether this failure is one to try again after."""
        return "all" in self.policy or failure in self.policy


@dataclass(frozen=True)
class Call:
    """One post that was tried: where, under which I-Twilio-Idempotency-Token, and how it ended."""

    url: str
    token: str
    answer: Answer


@dataclass(frozen=True)
class Address:
    """Where Twilio posts, and the public address that it signs, if a proxy makes it another."""

    url: str
    signed_as: str = ""

    @property
    def signed(self) -> str:
        """The fragment is never part of what is signed."""
        return urldefrag(self.signed_as or self.url).url


def call(
    address: Address,
    form: Sequence[tuple[str, str]],
    auth_token: str,
    before_retry: Callable[[], object],
) -> list[Call]:
    """Post until an answer is good, or tries or time are used up. The last call is the outcome.

    Every try of one delivery has the same token. `before_retry` runs before each try but the first.
    """
    asked, token = Overrides.of(address.url), os.urandom(16).hex()
    ends = monotonic() + asked.total
    calls: list[Call] = []
    for number in range(asked.retries + 1):
        left = ends - monotonic()
        if number:
            if left <= 0 or not asked.again(calls[-1].answer.failure):
                break
            before_retry()
        answer = post(
            urldefrag(address.url).url,
            form,
            auth_token,
            address.signed,
            connect=min(asked.connect, left),
            read=min(asked.read, left),
            headers={"I-Twilio-Idempotency-Token": token},
        )
        calls.append(Call(urldefrag(address.url).url, token, answer))
        if not answer.failure:
            break
    return calls


def told_to_fallback(form: Sequence[tuple[str, str]], failed: Call) -> list[tuple[str, str]]:
    """The fields for the fallback: the same text, with what went wrong where."""
    return [*form, ("ErrorCode", str(error_of(failed))), ("ErrorUrl", failed.url)]


def error_of(failed: Call) -> int:
    """The error that Twilio notes for a delivery that ended so."""
    return NO_CONNECTION if failed.answer.failure == "ct" else NO_GOOD_ANSWER
