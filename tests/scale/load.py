"""Phones that text one after the other, each once, while processes come and go."""

from __future__ import annotations

import threading
import time

from jobs.bench_town import phone_of
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_rules import inbound_form
from tests.support.fake_twilio_wire import post
from tests.support.installation import PUBLIC


class Load(threading.Thread):
    """The phones `first` to `last`. What is not answered with 200 is tried again, as Twilio does."""

    def __init__(self, base: str, fake: FakeTwilio, first: int, last: int, pause: float = 0.03) -> None:
        super().__init__(daemon=True)
        self._url, self._fake, self._numbers = f"{base}/twilio/sms", fake, range(first, last + 1)
        self._pause, self._enough = pause, threading.Event()
        self.kept: list[str] = []
        self.again = 0

    def run(self) -> None:
        for number in self._numbers:
            if self._enough.is_set():
                break
            form = inbound_form(self._fake.account, self._fake.receive(phone_of(number), "STATUS"))
            token = self._fake.account.auth_token
            while post(self._url, form, token, f"{PUBLIC}/twilio/sms").status != 200:
                self.again += 1
                time.sleep(0.05)
            self.kept.append(phone_of(number))
            time.sleep(self._pause)

    def finish(self) -> None:
        self._enough.set()
        self.join()
