"""Phones that text one after the other, each once, while processes come and go."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

from jobs.bench_town import phone_of
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_rules import inbound_form
from tests.support.fake_twilio_wire import post
from tests.support.installation import PUBLIC

# What docs/operating.md sets at Twilio: `rc=3&rp=all&tt=15000`.
RETRIES, TOTAL_SECONDS = 3, 15.0


class Load(threading.Thread):
    """The phones `first` to `last`. What is not answered with 200 is tried again, as Twilio does.

    `patient`: for as long as it takes, else as often as Twilio would. `failures` counts tries by what became
    of them, as the wire names it: "ct" no connection, "rt" no answer, "4xx", "5xx".
    """

    def __init__(
        self, base: str, fake: FakeTwilio, first: int, last: int, pause: float = 0.03, *, patient: bool = True
    ) -> None:
        super().__init__(daemon=True)
        self._url, self._fake, self._numbers = f"{base}/twilio/sms", fake, range(first, last + 1)
        self._pause, self._patient, self._enough = pause, patient, threading.Event()
        self.kept: list[str] = []
        self.given_up: list[str] = []
        self.failures: Counter[str] = Counter()
        self.answered_at: list[float] = []  # seconds of the monotonic clock

    def run(self) -> None:
        for number in self._numbers:
            if self._enough.is_set():
                break
            phone = phone_of(number)
            (self.kept if self._answered(phone) else self.given_up).append(phone)
            time.sleep(self._pause)

    def _answered(self, phone: str) -> bool:
        form = inbound_form(self._fake.account, self._fake.receive(phone, "STATUS"))
        token, began, tries = self._fake.account.auth_token, time.monotonic(), 0
        while self._patient or (tries <= RETRIES and time.monotonic() < began + TOTAL_SECONDS):
            tries += 1
            answer = post(self._url, form, token, f"{PUBLIC}/twilio/sms")
            if answer.status == 200:
                self.answered_at.append(time.monotonic())
                return True
            self.failures[answer.failure] += 1
            if self._patient:
                time.sleep(0.05)
        return False

    def finish(self) -> None:
        self._enough.set()
        self.join()


def listening(port: int) -> int:
    """How many sockets listen there: one for each process of pages."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)
