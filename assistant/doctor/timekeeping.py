"""Is this machine's clock right, beside another one?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from assistant.doctor.lines import Line, fail, look, ok

SLIGHT = timedelta(seconds=15)
WRONG = timedelta(minutes=5)  # a question or a quiet hour is then visibly off
_DO = "let the machine keep time by NTP (timedatectl set-ntp true)"


def drift(check: str, whose: str, theirs: datetime, ours: datetime) -> Line:
    """How far our clock is from another; both moments aware."""
    apart = abs(ours - theirs.astimezone(UTC))
    found = f"{apart.total_seconds():.0f} seconds from {whose}"
    if apart > WRONG:
        return fail(check, found, _DO)
    return look(check, found, _DO) if apart > SLIGHT else ok(check, found)


def drift_of_header(check: str, whose: str, header: str, ours: datetime) -> Line | None:
    """The same by a Date header; None where there is none that can be read."""
    try:
        theirs = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return drift(check, whose, theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC), ours)
