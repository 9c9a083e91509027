"""Pages that are long by what they hold, packed for the wire where the browser can unpack them.

Not for every page: what is packed together with a secret could be guessed at by its length (BREACH, 2013)
where a stranger's words are repeated on the page. On these a family's own words stand, and no stranger can
send a form in their name.
"""

from __future__ import annotations

import gzip

from flask import Response, make_response, request


def packed(page: str) -> Response:
    """The answer with this page, as gzip where `Accept-Encoding` names that."""
    response = make_response(page)
    if request.accept_encodings["gzip"]:
        response.set_data(gzip.compress(page.encode(), mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response
