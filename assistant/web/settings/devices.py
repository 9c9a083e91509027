"""Where a caregiver is signed in, and the way out everywhere."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from assistant.families.sign_in import end_all, sessions_of
from assistant.families.tell import audited
from assistant.web.current import the_house
from assistant.web.mine import mine
from assistant.web.settings.room import blueprint, saved, typed
from assistant.web.signed_in import session_number


@blueprint.route("/devices", methods=["GET", "POST"])
def devices(number: int) -> ResponseReturnValue:
    """The sessions that last, this one named; one press ends all, or all but this."""
    house = the_house()
    now = house.clock.now()
    if request.method == "GET":
        with house.store.read() as session:
            person, child = mine(session, number)
            rows = sessions_of(session, person.id, now)
            return render_template(
                "settings/devices.html",
                child=child,
                rows=rows,
                here=session_number(),
                zone=ZoneInfo(person.zone),
            )
    others = typed("which") == "others"
    with house.store.write() as session:
        person, _ = mine(session, number)
        end_all(session, now, caregiver_id=person.id, keep=session_number() if others else None)
        audited(
            session, now, f"caregiver {person.id}", "signed_out", f"caregiver {person.id}", all=not others
        )
    if others:
        return saved(number, "settings.others_out")
    cookie.clear()
    return redirect(url_for("landing.home"), 303)
