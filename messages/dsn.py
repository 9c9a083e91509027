"""Bounces: what a mail server says became of an e-mail (RFC 3464), with its status (RFC 3463).

Most servers send a multipart/report. qmail writes a text of its own (QSBMF), old Exim a header and a text.
Only codes are read; the servers' own words quote addresses. Nothing here says whether a bounce is genuine:
that is for the address it came to.
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Literal

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]
_ACTIONS: tuple[Action, ...] = ("failed", "delayed", "delivered", "relayed", "expanded")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_GENERAL = re.compile(r"[245]\.0\.0")
_QMAIL = re.compile(r"\A\s*(?:Hi\. )?This is the .{1,100}? (?:at|program)\b", re.DOTALL)
_QMAIL_PARAGRAPH = re.compile(
    r"^<[^<>\s]{3,254}>:[ \t]*\r?\n(.*?)(?:\r?\n\s*\r?\n|\Z)", re.MULTILINE | re.DOTALL
)
_QMAIL_STATUS = re.compile(r"#([245]\.\d{1,3}\.\d{1,3})\)")
_MOST = 20  # reports of one bounce; ours have one recipient each
_LONGEST = 50_000  # characters of a text that is looked through


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one recipient's copy. `status` is "5.1.1" or the like, "" where none was given."""

    action: Action
    status: str


def reports_of(message: Message) -> tuple[Report, ...]:
    """The reports in an e-mail, none for one that is no bounce. Never raises for what is in it."""
    found: list[Report] = []
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            found += [one for one in map(_report, _blocks(part)) if one is not None]
    if not found and not message.is_multipart():
        found = _by_qmail(_text(message))
    if not found and message.get("X-Failed-Recipients"):
        found = [_by_exim(message)]
    return tuple(dict.fromkeys(found[:_MOST]))


def more_exact(status: str, elsewhere: str) -> str:
    """The status, or the one in the text where that says more: many servers write 5.0.0 and mean 5.1.1."""
    if status and not _GENERAL.fullmatch(status):
        return status
    found = _STATUS.search(elsewhere)
    return found[1] if found and (not status or found[1][0] == status[0]) else status


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a delivery-status. The parser splits them, but does not decode base64 first."""
    inside = part.get_payload()
    blocks = [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return blocks
    packed = "".join(str(one.get_payload()) for one in blocks)[: _LONGEST * 2]
    try:
        data = b64decode("".join(packed.split()), validate=False)
    except ValueError:
        return blocks
    return [message_from_bytes(one) for one in re.split(rb"\r?\n[ \t]*\r?\n", data)[:_MOST]]


def _report(block: Message) -> Report | None:
    """Of one recipient; None for the group about the message as a whole, which has no Action."""
    said = _field(block, "Action").split()
    action = next((one for one in _ACTIONS if said and one == said[0].lower().rstrip(";")), None)
    found = _STATUS.search(_field(block, "Status"))
    status = more_exact(found[1] if found else "", _field(block, "Diagnostic-Code"))
    if action is None and not (status and "Final-Recipient" in block):
        return None
    return Report(action or ("delayed" if status.startswith("4") else "failed"), status)


def _field(block: Message, name: str) -> str:
    return str(block.get(name, ""))[:2_000]


def _by_qmail(text: str) -> list[Report]:
    """QSBMF: a first paragraph by which it is known, then one for each address, its status as "(#5.1.1)"."""
    if not _QMAIL.match(text[:400]):
        return []
    found = []
    for paragraph in _QMAIL_PARAGRAPH.findall(text):
        code = _QMAIL_STATUS.search(paragraph)
        status = code[1] if code else ""
        # It writes only when it has given up; its 4.x are those it gave up on.
        found.append(Report("failed", status))
    return found


def _by_exim(message: Message) -> Report:
    """A header names the address; the status stands in the text, if anywhere."""
    text = next((_text(part) for part in message.walk() if part.get_content_type() == "text/plain"), "")
    status = more_exact("", text)
    late = (
        "still be delivered" in text or "will continue to be attempted" in text or "will keep trying" in text
    )
    return Report("delayed" if late else "failed", status)


def _text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    return raw[:_LONGEST].decode("utf-8", "replace") if isinstance(raw, bytes) else ""
