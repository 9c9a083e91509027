"""The dead man's ping: a call to a watching service after good passes. When the calls end, it tells somebody.

This is what finds a machine that is off, a worker that hangs, a database that is gone: nothing here could
tell of those itself. The call carries nothing. It is made beside the pass, so it can never hold one up.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from assistant.clock import Clock
from assistant.config import Settings
from assistant.operations.vitals import lags
from assistant.store import Store
from messages.channels.twilio_client import bound, trust_no_proxy_on_loopback

log = logging.getLogger(__name__)
TIMEOUT = 10.0  # seconds
NAME = "dead man's ping"


class Pinger:
    """Give it each tick to carry out. It is silent in sandbox mode and without an address."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store, self._clock, self._ops = store, clock, settings.ops
        self._on = bool(settings.ops.ping_url) and not settings.sandbox
        self._last: datetime | None = None
        self._calling: threading.Thread | None = None

    def around(self, tick: Callable[[], object]) -> Callable[[], None]:
        """The same tick, with a call after it where it ended well and nothing is overdue.

        A tick that only tells other processes what is due can end well while those are dead; so what is
        overdue has to be looked at as well.
        """

        def ticked() -> None:
            tick()
            if self._on and self._is_time() and self._keeps_up():
                self._call()

        return ticked

    def _is_time(self) -> bool:
        now = self._clock.now()
        every = timedelta(minutes=self._ops.ping_minutes)
        return self._last is None or not self._last <= now < self._last + every

    def _keeps_up(self) -> bool:
        with self._store.read() as session:
            oldest = max(lags(session, self._clock.now()).values(), default=timedelta(0))
        return oldest <= timedelta(minutes=self._ops.behind_minutes)

    def _call(self) -> None:
        if self._calling is not None and self._calling.is_alive():
            return
        self._last = self._clock.now()
        self._calling = threading.Thread(target=self._get, name=NAME, daemon=True)
        self._calling.start()

    def _get(self) -> None:
        import requests

        try:
            with requests.Session() as session:
                bound(session)
                trust_no_proxy_on_loopback(session, self._ops.ping_url)
                answer = session.get(
                    self._ops.ping_url, timeout=TIMEOUT, headers={"User-Agent": "every-session"}
                )
            if not answer.ok:
                log.warning("the watching service answered the ping with %d", answer.status_code)
        except requests.RequestException as error:
            # The address is a secret of sorts: whoever has it can keep the watchman quiet.
            log.warning("the watching service could not be called (%s)", type(error).__name__)
