"""Our own public address, from outside: does a signed webhook arrive here whole, and is an unsigned one
refused? Asks `/twilio/check`, which keeps nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.config import Settings
from assistant.doctor.lines import Line, fail, look, ok
from assistant.web.twilio_check import proof
from messages.channels.twilio_client import bound, trust_no_proxy_on_loopback

if TYPE_CHECKING:
    from requests import Response

TIMEOUT = 10.0  # seconds
PATH = "/twilio/check"
# Letters and signs that a proxy or a framework likes to rewrite; the signature then no longer fits.
_QUERY = "c=%C3%A9&s=a%2Fb&p=a+b"
_DO = "set [server] public_url to the address in the browser; the proxy has to pass path and query untouched"


def lines(settings: Settings) -> Iterator[Line]:
    """The address, then the round trip."""
    from requests.exceptions import RequestException

    base = settings.base_url()
    if urlsplit(base).scheme != "https":
        yield look(
            "public_url",
            f"{base} is not https: texts and sign-ins can be read on the way",
            "put TLS in front",
        )
    try:
        yield from _round_trip(settings, base)
    except RequestException as error:
        yield fail("signature", f"{base} could not be reached ({type(error).__name__})", _DO)


def _round_trip(settings: Settings, base: str) -> Iterator[Line]:
    from twilio.request_validator import RequestValidator

    nonce = secrets.token_hex(8)
    url = f"{base}{PATH}?n={nonce}&{_QUERY}"
    form = {"AccountSid": settings.twilio.account_sid, "Body": "¿fue? a+b %2F ", "Empty": ""}
    signed = RequestValidator(settings.twilio.auth_token).compute_signature(url, form)
    answer = _post(url, form, signed)
    if 300 <= answer.status_code < 400:
        yield fail(
            "signature", "the address sends callers on to another one, which Twilio follows unsigned", _DO
        )
    elif answer.status_code == 403:
        yield fail(
            "signature", "our own signed request was refused: it arrives changed, or for another address", _DO
        )
    elif answer.status_code != 200 or answer.text.strip() != proof(settings.server.secret_key, nonce):
        yield fail(
            "signature",
            f"something else answers there ({answer.status_code}), or this program with another secret_key",
            _DO,
        )
    else:
        yield ok("signature", f"a signed request to {base} arrives as it was sent")
    if _post(url, form, "no signature").status_code != 403:
        yield fail(
            "signature.refused", "a request without a right signature is not refused", "do not go on line"
        )


def _post(url: str, form: dict[str, str], signature: str) -> Response:
    import requests

    with requests.Session() as session:
        bound(session)
        trust_no_proxy_on_loopback(session, url)
        return session.post(
            url,
            data=form,
            headers={"X-Twilio-Signature": signature},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
