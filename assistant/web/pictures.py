"""A picture that came with a text, as a download: never shown in a page, whatever it claims to be."""

from __future__ import annotations

from io import BytesIO

from flask import abort, send_file
from werkzeug.wrappers import Response

from assistant.store import Media
from messages.pictures import ENDINGS


def picture_of(found: Media) -> Response:
    """The bytes that are kept, under a name of ours; 404 where none are. The caller knows who may see it."""
    if found.state != "kept" or not found.data or found.content_type not in ENDINGS:
        abort(404)
    name = f"picture-{found.inbound_id}-{found.position + 1}.{ENDINGS[found.content_type]}"
    answer = send_file(
        BytesIO(found.data), mimetype=found.content_type, as_attachment=True, download_name=name
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
