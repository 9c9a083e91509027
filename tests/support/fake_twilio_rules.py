"""What Twilio's Messages API accepts and refuses, as far as the tests need it. Values in, values out.

Facts: Twilio's error list, its test credentials' magic numbers, and its default keyword handling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlsplit

OPT_OUT_WORDS = frozenset(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
OPT_IN_WORDS = frozenset(["START", "YES", "UNSTOP"])
HELP_WORDS = frozenset(["HELP", "INFO"])

# Numbers that always end the same way, with any credentials of the fake.
MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
GOOD_FROM = "+15005550006"

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MESSAGES = {
    20001: "A parameter has a value that is not allowed",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    21211: "The 'To' number {to} is not a phone number",
    21212: "The 'From' number {sender} is not a phone number, shortcode or sender name",
    21408: "Sending to the region of {to} is not enabled",
    21602: "A message needs a body",
    21603: "A 'From' number or a messaging service is needed",
    21604: "A 'To' number is needed",
    21606: "The 'From' number {sender} is not one that this account can send from",
    21609: "The StatusCallback is not a usable URL",
    21610: "The number {to} has asked for no more messages",
    21611: "The 'From' number {sender} has too many messages waiting",
    21612: "There is no way from {sender} to {to}",
    21614: "{to} is not a mobile number",
    21617: "The body is longer than 1600 characters",
    21701: "The messaging service is not known",
}
_HTTP = {20003: 401, 20404: 404, 20429: 429, 20500: 500}


@dataclass(frozen=True)
class Account:
    """Who may send, and from what."""

    sid: str
    auth_token: str
    messaging_service_sid: str
    number: str


@dataclass(frozen=True)
class Message:
    """A message as Twilio keeps it. `form` is what was posted (empty for inbound ones)."""

    sid: str
    to: str
    sender: str
    body: str
    status: str
    created: datetime
    direction: str = "outbound-api"
    error_code: int | None = None
    form: tuple[tuple[str, str], ...] = ()
    media: int = 0

    def sent_since(self, moment: str) -> bool:
        """Whether the filter DateSent>=`moment` lets it through; what has not left has no such date."""
        if not moment:
            return True
        return self.direction == "inbound" and self.created >= datetime.fromisoformat(moment)

    @property
    def status_callback(self) -> str:
        return dict(self.form).get("StatusCallback", "")

    @property
    def reference(self) -> str:
        """The `m` of the callback address: our own name for the message."""
        return dict(parse_qsl(urlsplit(self.status_callback).query)).get("m", "")


def http_status(code: int) -> int:
    """The HTTP status that goes with an error code."""
    return _HTTP.get(code, 400)


def error_json(code: int, form: Mapping[str, str]) -> dict[str, object]:
    """The body of an error answer. Like the real one it quotes the numbers, so that a leak shows."""
    words = _MESSAGES.get(code, "The request was refused for {to}")
    return {
        "code": code,
        "message": words.format(to=form.get("To", ""), sender=form.get("From", "")),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": http_status(code),
    }


def refusal(account: Account, form: Mapping[str, str], opted_out: frozenset[str]) -> int | None:
    """The error code for a create, or None where it is taken."""
    to, body, sender = form.get("To", ""), form.get("Body", ""), form.get("From", "")
    service = form.get("MessagingServiceSid", "")
    if not to:
        return 21604
    if not sender and not service:
        return 21603
    if service and service != account.messaging_service_sid:
        return 21701
    if sender in MAGIC_FROM:
        return MAGIC_FROM[sender]
    if sender and sender not in (account.number, GOOD_FROM):
        return 21606
    if not _E164.fullmatch(to) or to in MAGIC_TO:
        return MAGIC_TO.get(to, 21211)
    if not to.startswith("+1"):
        return 21408
    if not body:
        return 21602
    if len(body) > 1600:
        return 21617
    return _bad_option(form) or (21610 if to in opted_out else None)


def _bad_option(form: Mapping[str, str]) -> int | None:
    callback, validity = form.get("StatusCallback"), form.get("ValidityPeriod")
    if callback is not None:
        parts = urlsplit(callback)
        if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
            return 21609
    if validity is not None and not (validity.isdigit() and 1 <= int(validity) <= 36_000):
        return 20001
    return None


def keyword(body: str) -> str | None:
    """ "STOP", "START" or "HELP" where the whole text is one of Twilio's words, in any case."""
    word = body.strip().upper()
    if word in OPT_OUT_WORDS:
        return "STOP"
    if word in OPT_IN_WORDS:
        return "START"
    return "HELP" if word in HELP_WORDS else None


def resource(account: Account, message: Message) -> dict[str, object]:
    """The message as the API shows it."""
    with_service = "MessagingServiceSid" in dict(message.form)
    stamp = format_datetime(message.created)
    uri = f"/2010-04-01/Accounts/{account.sid}/Messages/{message.sid}"
    return {
        "account_sid": account.sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": stamp,
        "date_sent": stamp if message.direction == "inbound" else None,
        "date_updated": stamp,
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender or None,
        "messaging_service_sid": account.messaging_service_sid if with_service else None,
        "num_media": str(message.media),
        "num_segments": "0" if with_service else "1",
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def inbound_form(
    account: Account, message: Message, more: Iterable[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """The fields of the webhook for an inbound message."""
    return [
        ("ToCountry", "US"),
        ("ToState", "CA"),
        ("SmsMessageSid", message.sid),
        ("ToCity", ""),
        ("FromZip", "94601"),
        ("SmsSid", message.sid),
        ("FromState", "CA"),
        ("SmsStatus", "received"),
        ("FromCity", "OAKLAND"),
        ("Body", message.body),
        ("FromCountry", "US"),
        ("To", message.to),
        ("MessagingServiceSid", account.messaging_service_sid),
        ("ToZip", ""),
        ("NumSegments", "1"),
        ("MessageSid", message.sid),
        ("AccountSid", account.sid),
        ("From", message.sender),
        ("ApiVersion", "2010-04-01"),
        *more,
    ]


def status_form(
    account: Account, message: Message, status: str, error_code: int | None
) -> list[tuple[str, str]]:
    """The fields of a status callback."""
    form = [
        ("SmsSid", message.sid),
        ("SmsStatus", status),
        ("MessageStatus", status),
        ("To", message.to),
        ("MessageSid", message.sid),
        ("AccountSid", account.sid),
        ("From", message.sender or account.number),
        ("ApiVersion", "2010-04-01"),
    ]
    if error_code is not None and status in ("failed", "undelivered"):
        form.append(("ErrorCode", str(error_code)))
    return form
