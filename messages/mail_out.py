"""A row of the outbox as an e-mail: its footer, its thread, its files, and the headers that let one leave.

One thread a case: every e-mail of it answers the same root id, under one subject (Gmail starts a new thread
where the subject changes). Where a mailbox takes what comes back, answers and bounces come to addresses that
name the message.
"""

from __future__ import annotations

from html import escape

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import OutgoingMessage
from assistant.words import Language
from messages.channels.types import Attachment, Email
from messages.links import step_token, unsubscribe_token
from messages.mail_tags import tagged
from messages.outbox import TO_STAFF
from messages.templates import footer

MOST_BYTES = 7_000_000  # of files: base64 makes 9.6 MB of them, and some mailboxes end at 10
_FOOT = "text-align:center;font:15px/1.4 system-ui,sans-serif;margin:12px 16px"
_TITLE = "font:700 22px/1.3 system-ui,sans-serif;max-width:25em;margin:16px auto;padding:0 16px"
_CAN_BE_ANSWERED = {"question": "question", "reminder": "question", "nudge": "question", "step": "step"}


def email_of(session: Session, row: OutgoingMessage, settings: Settings) -> Email:
    """The row as the e-mail channel takes it: with its footer, its thread, its files and the way out."""
    host = settings.email.sender.rpartition("@")[2].rstrip("> ") or "localhost"
    language: Language = "es" if row.language == "es" else "en"
    token = unsubscribe_token(settings.server.secret_key, row.caregiver_id)
    out = f"{settings.base_url()}/unsubscribe/{token}"
    root = f"<{row.thread}@{host}>" if row.thread else None
    files = tuple(Attachment(one.name, one.content_type, one.data) for one in row.attachments)
    lines = _lines(row, settings, language)
    if files and (row.without_files or sum(len(one.data) for one in files) > MOST_BYTES):
        files = ()
        lines.append(footer("files", language, {"link": _page(row, settings)}))
    title = row.subject if row.thread_subject not in ("", row.subject) and row.kind == "step" else ""
    to_staff = row.kind in TO_STAFF  # one e-mail that somebody of the centre asked for: no list to leave
    unsubscribe = "" if to_staff else footer("unsubscribe", language, {"link": out})
    return Email(
        to=row.to_address,
        sender=settings.email.sender,
        subject=row.thread_subject or row.subject,
        text="\n\n".join(part for part in (title, row.body, *lines, unsubscribe) if part) + "\n",
        html=(row.html if to_staff else _html(row.html, title, lines, unsubscribe, out)) or None,
        attachments=files,
        message_id=f"<{row.reference}@{host}>",
        in_reply_to=root,
        references=root,
        return_path=tagged(settings, "bounce", row.reference),
        headers=() if to_staff else _headers(row, settings, out),
    )


def _headers(row: OutgoingMessage, settings: Settings, out: str) -> tuple[tuple[str, str], ...]:
    """RFC 8058: the https address takes a POST without a page; the mailto is for programs without it."""
    leave = tagged(settings, "leave", str(row.caregiver_id))
    answer = tagged(settings, "answer", row.reference)
    mailto = f", <mailto:{leave}?subject=unsubscribe>" if leave else ""
    return (
        *((("Reply-To", answer),) if answer else ()),
        ("List-Unsubscribe", f"<{out}>{mailto}"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def _lines(row: OutgoingMessage, settings: Settings, language: Language) -> list[str]:
    """What the e-mail can be answered with; nothing where nobody would read the answer."""
    about = _CAN_BE_ANSWERED.get(row.kind)
    if about is None or not settings.reads_mail or row.template_key in ("guide.urgent", "guide.resolved"):
        return []
    return [footer(f"answer_{about}", language, {})]


def _page(row: OutgoingMessage, settings: Settings) -> str:
    """Where the files are instead: on the step's page, or on the family's, behind their sign-in."""
    if row.step_id is None:
        return f"{settings.base_url()}/family"
    return f"{settings.base_url()}/step/{step_token(settings.server.secret_key, row.step_id)}"


def _html(html: str, title: str, lines: list[str], unsubscribe: str, out: str) -> str:
    """An HTML e-mail with the same lines at its end: who reads HTML does not see the plain text's."""
    way_out = escape(unsubscribe.replace(out, "").rstrip(" :"))
    foot = "".join(f'<p style="{_FOOT}">{_pressable(line)}</p>' for line in lines)
    foot += f'<p style="{_FOOT}"><a href="{escape(out, quote=True)}">{way_out}</a></p>'
    if title:
        start = html.find(">", html.find("<body")) + 1
        html = f'{html[:start]}<h1 style="{_TITLE}">{escape(title)}</h1>{html[start:]}'
    return html.replace("</body>", f"{foot}</body>", 1)


def _pressable(line: str) -> str:
    """The line, escaped; its address, always the last word, can be pressed."""
    words, _, last = line.rpartition(" ")
    if not last.startswith(("https://", "http://")):
        return escape(line)
    return f'{escape(words)} <a href="{escape(last, quote=True)}">{escape(last)}</a>'
