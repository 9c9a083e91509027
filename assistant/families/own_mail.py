"""Test e-mails: to the address with which a member of staff signs in, and to no other.

They are queued, counted and audited; the sandbox keeps them as it keeps every e-mail. The words are those of
a made-up family, marked as a test in the subject and in the first line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Literal

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.attempts import DAY, HOUR, Limit, take
from assistant.families.staff_accounts import addressee
from assistant.families.tell import audited
from assistant.store import Staff
from assistant.words import Language
from messages.outbox import TEST_MAIL, File, enqueue_mail
from messages.sections import html_of
from messages.templates import Rendered, word

TESTS = (Limit(5, HOUR), Limit(20, DAY))
_LEAD = "padding:8px 16px;margin:0;border-bottom:2px solid;font:15px/1.4 system-ui,sans-serif"
Trouble = Literal["", "too_many", "not_sent"]


@dataclass(frozen=True, slots=True)
class Try:
    """An e-mail to be tried, filled in. `key`: which text or letter; `version` 0: the guide's file."""

    key: str
    language: Language
    version: int
    subject: str
    body: str
    html: str = ""
    files: Iterable[File] = ()


def send_test_mail(session: Session, staff: Staff, tried: Try, now: datetime, settings: Settings) -> Trouble:
    """Queue it for their own address."""
    if not take(session, settings.server.secret_key, "test_mail", str(staff.id), now, *TESTS):
        return "too_many"
    person = addressee(session, staff, staff, settings, now)
    lead = word("test_mail", tried.language)
    subject = word("test", tried.language, text=tried.subject)
    html = tried.html or html_of(tried.body, tried.subject, tried.language)
    start = html.find(">", html.find("<body")) + 1
    html = f'{html[:start]}<p style="{_LEAD}">{escape(lead)}</p>{html[start:]}'
    rendered = Rendered(tried.key, tried.version, f"{lead}\n\n{tried.body}", subject)
    event = audited(
        session, now, f"staff {staff.id}", "test_sent", f"caregiver {person.id}",
        key=tried.key, language=tried.language, version=tried.version, channel="email",
    )  # fmt: skip
    key = f"test:{event.id}"
    queued = enqueue_mail(
        session, person, TEST_MAIL, rendered, key, now, html=html, files=tried.files, to=staff.email
    )
    return "" if queued is not None else "not_sent"
