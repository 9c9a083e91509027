"""Everything that we hold, as one file to take along."""

from __future__ import annotations

from io import BytesIO

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue

from assistant.conversation.everything import gather, packed, trace
from assistant.families.attempts import HOUR, Limit, take
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.settings.room import blueprint
from assistant.web.signed_in import signed_in_lately
from assistant.web.speech import as_language

_MOST = Limit(6, HOUR)


@blueprint.route("/everything", methods=["GET", "POST"])
def everything(number: int) -> ResponseReturnValue:
    """What is in the file, and the button; it asks for a sign-in of the last hour."""
    house = the_house()
    now = house.clock.now()
    with house.store.read() as session:
        person, child = mine(session, number)
        fresh = signed_in_lately(session)
        if request.method == "GET" or not fresh:
            page = render_template(
                "settings/everything.html", child=child, children=person.children, fresh=fresh
            )
            return page, 200 if request.method == "GET" else 403
        person_id, language = person.id, as_language(person.language) or "en"
    with house.store.write() as session:
        if not take(session, house.settings.server.secret_key, "everything", str(person_id), now, _MOST):
            return render_template("error.html", key="too_many"), 429
    with house.store.read() as session:
        found = gather(session, person_id, now, house.settings, language)
    data = packed(found)  # nothing is held while the papers are made
    with house.store.write() as session:
        trace(session, found, now)
    name = f"{words().say('settings.everything_file')}-{now.date()}.zip"
    return send_file(BytesIO(data), mimetype="application/zip", as_attachment=True, download_name=name)
