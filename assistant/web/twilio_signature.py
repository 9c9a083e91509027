"""Is this webhook from Twilio, and is it shaped as Twilio shapes it? Pure: no Flask, no store, no clock.

The signature is not enough. It covers names and values glued together without separators, so a request
that was seen once can be cut apart at other places and still be signed; and it never runs out. So:
check the shape of every field that decides something, and take each signature once (`replay_key`).

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twilio.request_validator import RequestValidator

Form = Sequence[tuple[str, str]]
"""The posted fields in any order, names repeated where they were: `list(request.form.items(multi=True))`."""

_MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_ADDRESS = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{5,6}")  # E.164, or a short code
_STATUS = re.compile(r"[a-z_]{1,32}")
_ERROR_CODE = re.compile(r"[0-9]{1,6}")
_TEXT_FIELDS = ("MessageSid", "AccountSid", "From", "To", "Body")
_REPORT_FIELDS = ("MessageSid", "AccountSid", "MessageStatus")
_ALIASES = ("SmsMessageSid", "SmsSid")


def public_request_url(public_url: str, path: str, query_string: str) -> str:
    """The address that Twilio called and signed.

    Made from the configured address and the raw query (`request.environ["QUERY_STRING"]`): what a framework
    shows is decoded, and behind a proxy names another host and scheme.
    """
    url = public_url.rstrip("/") + path
    return f"{url}?{query_string}" if query_string else url


def is_genuine(auth_tokens: str | Iterable[str], url: str, form: Form, signature: str | None) -> bool:
    """Whether one of the tokens (two while one is being replaced) made this X-Twilio-Signature.

    Never raises. An empty token proves nothing: anyone can sign with it.
    """
    if not signature:
        return False
    fields = _Fields(form)
    tokens = [auth_tokens] if isinstance(auth_tokens, str) else list(auth_tokens)
    genuine = False
    for token in tokens:
        if not token:
            continue
        try:
            genuine |= bool(_validator(token).validate(url, fields, signature))
        except ValueError:  # a broken address, or characters that no UTF-8 has
            continue
    return genuine


@cache
def _validator(token: str) -> RequestValidator:
    from twilio.request_validator import RequestValidator

    return RequestValidator(token)


def replay_key(signature: str) -> str:
    """What to keep, unique, for each request taken: a copy has the same, also one cut apart differently.

    It is the second of two unique places. The fallback is posted to another address with more fields, so its
    signature is another, and the sweep has none: there the MessageSid keeps the text single. A re-cut request
    can hide the MessageSid, but not its signature.
    """
    return hashlib.sha256(signature.encode("utf-8", "replace")).hexdigest()


def shape_problem(form: Form, account_sid: str, senders: Collection[str] = ()) -> str | None:
    """What is wrong with an inbound text's fields, or None.

    `senders`: our own numbers, where they are known; empty for a messaging service, which may have more.
    The answer names fields, never their values.
    """
    fields, problem = _decisive(form, _TEXT_FIELDS, account_sid)
    if problem:
        return problem
    for name in ("From", "To"):
        if not _ADDRESS.fullmatch(fields[name]):
            return f"{name} is not a phone number"
    if senders and fields["To"] not in senders:
        return "To is not one of our numbers"
    return None


def status_shape_problem(form: Form, account_sid: str) -> str | None:
    """What is wrong with a delivery report's fields, or None. A status that is not known is no problem."""
    fields, problem = _decisive(form, _REPORT_FIELDS, account_sid)
    if problem:
        return problem
    if not _STATUS.fullmatch(fields["MessageStatus"]):
        return "MessageStatus is not a status"
    if fields.get("ErrorCode") and not _ERROR_CODE.fullmatch(fields["ErrorCode"]):
        return "ErrorCode is not a number"
    return None


def _decisive(form: Form, required: tuple[str, ...], account_sid: str) -> tuple[dict[str, str], str | None]:
    """The fields by name, and the first problem in what both kinds of webhook share."""
    fields = dict(form)
    counts = Counter(name for name, _ in form)
    for name in (*required, *_ALIASES, "ErrorCode"):
        if counts[name] > 1:
            return fields, f"{name} comes more than once"
    for name in required:
        if name not in fields:
            return fields, f"{name} is missing"
    if not _MESSAGE_SID.fullmatch(fields["MessageSid"]):
        return fields, "MessageSid is not a message's"
    for name in _ALIASES:
        if name in fields and fields[name] != fields["MessageSid"]:
            return fields, f"{name} is not MessageSid"
    if fields["AccountSid"] != account_sid:
        return fields, "AccountSid is not ours"
    return fields, None


class _Fields(dict[str, list[str]]):
    """Values by name, with the method that Twilio's validator asks for."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        for name, value in form:
            self.setdefault(name, []).append(value)

    def getall(self, name: str) -> list[str]:
        return self[name]
