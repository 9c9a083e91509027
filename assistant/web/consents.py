"""Proof of consent for staff, as a page, on paper and as CSV; and what a carrier's registration asks for."""

from __future__ import annotations

import re
from io import BytesIO
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from assistant.families.tell import audited
from assistant.operations.consent_proof import PAGE, as_csv, proofs, texting
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.registering import consent_texts
from assistant.web.staff_pages import staff_who_may
from messages.samples import samples

blueprint = Blueprint("consents", __name__, url_prefix="/admin/consents")

_TEXTS_OF_A_QUESTION = 3  # the question, a reminder, the note of what was logged: at the most, as a rule
OPT_IN, OPT_OUT, HELP = (
    ("JOIN", "UNIRSE", "START"),
    ("STOP", "STOPALL", "UNSUBSCRIBE", "QUIT"),
    ("HELP", "INFO"),
)


@blueprint.get("")
def page() -> str:
    """Every act by caregiver; `family` asks for one family. That staff looked is kept."""
    house = the_house()
    before, family = _number("before"), _number("family")
    with house.store.write() as session:
        staff = staff_who_may(session, "consents")
        kind, subject = ("family_read", f"child {family}") if family else ("consents_read", "consents")
        audited(session, house.clock.now(), f"staff {staff.id}", kind, subject)
        found = proofs(session, before, family)
    return render_template(
        "admin/consents.html",
        proofs=found,
        family=family,
        older=found[-1].caregiver if len(found) == PAGE else None,
        how=how,
        zone=ZoneInfo(house.settings.program.zone),
    )


def how(method: str) -> str:
    """The way in which somebody agreed or stopped, in words; one of an older program as it was kept."""
    key = f"consents.how_{re.sub('[ -]', '_', method)}"
    return words().say(key) if words().knows(key) else method


@blueprint.get("/proof.csv")
def table() -> Response:
    """All acts as CSV, addresses masked; that it was taken is kept."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "consents")
        audited(session, house.clock.now(), f"staff {staff.id}", "consents_exported", "consents")
    with house.store.read() as session:
        data = as_csv(session).encode()
    name = f"consents-{house.clock.now().date()}.csv"
    return send_file(BytesIO(data), mimetype="text/csv", as_attachment=True, download_name=name)


@blueprint.get("/kit")
def kit() -> str:
    """What a registration of the number asks for, filled from the settings and the texts in use."""
    house = the_house()
    settings, said = house.settings, words()
    today = house.clock.now().astimezone(ZoneInfo(settings.program.zone)).date()
    with house.store.read() as session:
        staff_who_may(session, "consents")
        texts = samples(session, said.language, today, settings)
        people = texting(session)
    per_week = settings.asking.max_questions_a_week
    base = settings.base_url()
    return render_template(
        "admin/kit.html",
        samples=texts,
        people=people,
        centre=settings.program.centre or said.say("public.some_centre"),
        unnamed=not (settings.program.centre and settings.program.contact),
        consent=consent_texts(said, settings),
        addresses=[(name, base + url_for(f"public.{name}")) for name in ("sms", "privacy", "terms")],
        register=base + url_for("start.begin"),
        keywords=[("in", ", ".join(OPT_IN)), ("out", ", ".join(OPT_OUT)), ("help", ", ".join(HELP))],
        per_week=per_week,
        most=people * per_week * _TEXTS_OF_A_QUESTION,
        limit=settings.sms.daily_limit,
    )


def _number(name: str) -> int | None:
    given = request.args.get(name, "")[:9]
    return int(given) if given.isascii() and given.isdigit() else None
