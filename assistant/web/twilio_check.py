"""Where the doctor looks whether a signed webhook arrives whole: validates, answers, keeps nothing."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, request

from assistant.web.current import the_house
from assistant.web.twilio_signature import is_genuine, public_request_url

blueprint = Blueprint("twilio_check", __name__, url_prefix="/twilio")

MAX_BYTES = 4 * 1024
_NONCE = 64  # characters


def proof(secret_key: str, nonce: str) -> str:
    """What only this installation can answer to `nonce`."""
    return hmac.new(secret_key.encode(), f"twilio check {nonce}".encode(), "sha256").hexdigest()


@blueprint.before_request
def cap() -> None:
    """Nothing larger is even read."""
    request.max_content_length = MAX_BYTES


@blueprint.post("/check")
def check() -> Response:
    """200 with the proof for a right signature over the configured public address, else 403."""
    settings = the_house().settings
    url = public_request_url(settings.base_url(), request.path, str(request.environ.get("QUERY_STRING", "")))
    fields = list(request.form.items(multi=True))
    if not is_genuine(settings.twilio.auth_token, url, fields, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    nonce = request.args.get("n", "")[:_NONCE]
    return Response(proof(settings.server.secret_key, nonce) + "\n", mimetype="text/plain")
