"""An Email as the bytes that go over the wire.

Python folds a header at one line length and encodes bodies at the same one. A short length turns a long
id or List-Unsubscribe address into an RFC 2047 encoded word, which breaks threading and one-click
unsubscribe; a long one writes base64 and quoted-printable lines, and encoded words, beyond the 76 and
75 that RFC 2045 and 2047 allow. So the two kinds of header are folded apart.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.errors import HeaderParseError, InvalidHeaderDefect
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime

from messages.channels.types import Attachment, Email

_BUILD = SMTP.clone(max_line_length=76, cte_type="7bit")  # 7bit: no relay on the way has to re-encode it
_WORDS = _BUILD
_TOKENS = SMTP.clone(max_line_length=998, cte_type="7bit")
_OF_WORDS = ("subject", "from", "to", "content-type", "content-disposition")
_OURS = re.compile(
    r"(from|to|cc|bcc|sender|subject|date|message-id|in-reply-to|references|auto-submitted|return-path"
    r"|mime-version|content-.*|resent-.*)",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_ID = re.compile(r"<[!-;=?A-~]{1,400}@[!-;=?A-~]{1,400}>")
_CONTENT_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]*)")


class _Wire(EmailPolicy):
    """Folds ids and addresses of pages whole, everything people read at 76.

    Words with accents are encoded by the older Header: where the policies fold between two such words, they
    lose the space.
    """

    def fold(self, name: str, value: str) -> str:
        if name.lower() == "subject" and not value.isascii():
            return f"{name}: {_encoded(value, len(name) + 2)}\r\n"
        if isinstance(value, AddressHeader) and len(value.addresses) == 1:
            address = value.addresses[0]
            if not address.display_name.isascii():
                words = _encoded(address.display_name, len(name) + 2)
                return f"{name}: {words}\r\n <{address.addr_spec}>\r\n"
        return str(_policy_of(name).fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


_WIRE = _Wire(linesep="\r\n", max_line_length=998, cte_type="7bit")


class UnsendableError(ValueError):
    """The e-mail cannot be written down: a line break in a header, two recipients, an id without brackets."""


def build(email: Email, date: datetime) -> EmailMessage:
    """The message with every header set. `date` (aware) becomes its Date. Raises UnsendableError."""
    message = EmailMessage(policy=_BUILD)
    message["From"] = read_address("From", email.sender)
    message["To"] = read_address("To", email.to)
    _set(message, "Subject", email.subject)
    _set(message, "Date", format_datetime(date))
    _set(message, "Message-ID", _id("message_id", email.message_id))
    if email.in_reply_to:
        _set(message, "In-Reply-To", _id("in_reply_to", email.in_reply_to))
    if email.references:
        _set(message, "References", " ".join(_id("references", part) for part in email.references.split(" ")))
    _set(message, "Auto-Submitted", "auto-generated")  # RFC 3834: other robots leave it unanswered
    for name, value in email.headers:
        if not _HEADER_NAME.fullmatch(name) or _OURS.fullmatch(name):
            raise UnsendableError("an extra header has a name that cannot be used")
        _set(message, name, value)
    _fill(message, email)
    return message


def to_wire(message: EmailMessage) -> bytes:
    """The bytes for SMTP's DATA, dots not yet doubled: ASCII, CRLF line ends. Raises UnsendableError."""
    try:
        return message.as_bytes(policy=_WIRE)
    except (ValueError, LookupError) as error:
        raise UnsendableError(f"the e-mail cannot be written down ({type(error).__name__})") from None


def read_address(role: str, value: str) -> Address:
    """One address with or without a name; an international domain comes back in its ASCII form.

    `role`: "From" or "To", for the message. Raises UnsendableError for anything that is not exactly one
    address: what the parser would mend by guessing could go to a stranger.
    """
    scratch = EmailMessage(policy=_BUILD)
    _set(scratch, role, value)
    header = scratch[role]
    found = header.addresses if isinstance(header, AddressHeader) else ()
    broken = any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects)
    if broken or len(found) != 1 or not found[0].username or not found[0].domain:
        raise UnsendableError(f"{role} has to be one e-mail address")
    return _ascii(found[0], role)


def _fill(message: EmailMessage, email: Email) -> None:
    try:
        message.set_content(email.text, charset="utf-8")
        if email.html is not None:
            message.add_alternative(email.html, subtype="html", charset="utf-8")
        for file in email.attachments:
            _attach(message, file)
    except UnicodeError:  # half of a surrogate pair
        raise UnsendableError("the e-mail has characters that cannot be sent") from None


def _attach(message: EmailMessage, file: Attachment) -> None:
    kind = _CONTENT_TYPE.fullmatch(file.content_type.lower())
    if kind is None or kind[1] in ("multipart", "message"):
        raise UnsendableError("an attachment's content type is not usable")
    if _CONTROL.search(file.name):
        raise UnsendableError("an attachment's name has a line break or a control character")
    message.add_attachment(file.data, maintype=kind[1], subtype=kind[2], filename=file.name)


def _set(message: EmailMessage, name: str, value: str) -> None:
    if _CONTROL.search(value):
        raise UnsendableError(f"the header {name} has a line break or a control character")
    try:
        message[name] = value
    # The last three: what the standard library's parser raises on broken values.
    except (ValueError, HeaderParseError, IndexError, AttributeError):
        raise UnsendableError(f"the header {name} cannot be written down") from None


def _ascii(address: Address, role: str) -> Address:
    if not address.username.isascii():
        raise UnsendableError(f"{role} has letters before the @ that mail servers do not take")
    try:
        domain = address.domain.encode("ascii" if address.domain.isascii() else "idna").decode("ascii")
        return Address(address.display_name, address.username, domain)
    except (UnicodeError, HeaderParseError):
        raise UnsendableError(f"{role} has a domain that cannot be written down") from None


def _id(what: str, value: str) -> str:
    if not _ID.fullmatch(value):
        raise UnsendableError(f"{what} has to look like <name@host>")
    return value


def _encoded(words: str, already: int) -> str:
    """RFC 2047 words; `already` characters stand before the first."""
    return Header(words, "utf-8", maxlinelen=76, header_name="x" * (already - 2)).encode(linesep="\r\n")


def _policy_of(name: str) -> EmailPolicy[EmailMessage]:
    return _WORDS if name.lower() in _OF_WORDS else _TOKENS
