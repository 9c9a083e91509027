"""A whole installation as an operator starts it: real processes of `app.py` on one PostgreSQL database."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.support.fake_twilio import FakeTwilio

ROOT = Path(__file__).parents[2]
PUBLIC = "https://iep.example.org"
PATIENCE = 60.0  # seconds until a wait gives up; a machine may be busy


class Installation:
    """Starts processes, each with its own log file, and ends what is left of them."""

    def __init__(self, folder: Path, url: str, fake: FakeTwilio) -> None:
        self.folder, self.port = folder, free_port()
        self._all: list[subprocess.Popen[bytes]] = []
        (folder / "config.toml").write_text("[jobs]\ntick_seconds = 1\n[asking]\nsundays = true\n")
        account = fake.account
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ASSISTANT_")},
            "ASSISTANT_CONFIG": str(folder / "config.toml"),
            "ASSISTANT_DATABASE_URL": url,
            "ASSISTANT_SERVER_SECRET_KEY": "a key for tests that nobody uses",
            "ASSISTANT_SERVER_PORT": str(self.port),
            "ASSISTANT_SERVER_PUBLIC_URL": PUBLIC,
            "ASSISTANT_SMS_CHANNEL": "twilio",
            "ASSISTANT_TWILIO_ACCOUNT_SID": account.sid,
            "ASSISTANT_TWILIO_AUTH_TOKEN": account.auth_token,
            "ASSISTANT_TWILIO_MESSAGING_SERVICE_SID": account.messaging_service_sid,
            "ASSISTANT_TWILIO_API_BASE": fake.url,
            "ASSISTANT_SMS_SEGMENTS_PER_SECOND": "1000",
            "ASSISTANT_SMS_DAILY_LIMIT": "1000000",  # else what is over it waits for midnight, as it should
            "NO_PROXY": "127.0.0.1",
        }

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # those that it started, too
            process.wait()

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start `app.py COMMAND`; its output goes to a file named after it and its number."""
        log = self.folder / f"{len(self._all)}-{command[0]}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py"), *command],
                cwd=self.folder, env=self.env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._all.append(process)
        return process

    def said(self) -> str:
        """All that every process printed and logged."""
        return "\n".join(f"== {file.name}\n{file.read_text()}" for file in sorted(self.folder.glob("*.log")))

    def answers(self, path: str = "/healthz") -> int:
        """The status of a page, 0 when nobody listens."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()

    def until(self, true: Callable[[], object], what: str) -> None:
        """Wait until it is so; fail with everything that was said when it takes too long."""
        ends = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < ends, f"{what}\n{self.said()}"
            time.sleep(0.05)


def told_to_stop(process: subprocess.Popen[bytes]) -> int:
    """SIGTERM, as systemd sends it; the exit status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE)


def free_port() -> int:
    """A port that nobody listens at just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
