"""A row of the outbox as an e-mail: its footer, its thread, its files, and the headers that let one leave."""

from __future__ import annotations

from html import escape

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import OutgoingMessage
from messages.channels.types import Attachment, Email
from messages.links import unsubscribe_token
from messages.templates import footer


def email_of(session: Session, row: OutgoingMessage, settings: Settings) -> Email:
    """The row as the e-mail channel takes it: with its footer, its thread, its files and the way out."""
    host = settings.email.sender.rpartition("@")[2].rstrip("> ") or "localhost"
    link = (
        f"{settings.base_url()}/unsubscribe/{unsubscribe_token(settings.server.secret_key, row.caregiver_id)}"
    )
    line = footer("unsubscribe", "es" if row.language == "es" else "en", {"link": link})
    root = f"<{row.thread}@{host}>" if row.thread else None
    return Email(
        to=row.to_address,
        sender=settings.email.sender,
        subject=row.subject,
        text=f"{row.body}\n\n{line}\n",
        html=_with_footer(row.html, line, link) or None,
        attachments=tuple(Attachment(a.name, a.content_type, a.data) for a in row.attachments),
        message_id=f"<{row.reference}@{host}>",
        in_reply_to=root,
        references=root,
        headers=(
            ("List-Unsubscribe", f"<{link}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
    )


def _with_footer(html: str, line: str, link: str) -> str:
    """An HTML e-mail with the way to stop at its end: who reads HTML does not see the plain text's line."""
    way_out = escape(line.replace(link, "").rstrip(" :"))
    address = escape(link, quote=True)
    foot = f'<p style="text-align:center;font-size:15px"><a href="{address}">{way_out}</a></p>'
    return html.replace("</body>", f"{foot}</body>", 1)
