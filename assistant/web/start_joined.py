"""From the family's page to the question pages, for somebody who began by text."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.joining import open_enrolment
from assistant.conversation.taking_over import told_services
from assistant.families import setting_up
from assistant.schedule.forms import WEEKDAYS
from assistant.schedule.line_by_text import Draft as Told
from assistant.store import Caregiver, Enrolment
from assistant.web.current import the_house
from assistant.web.language import prefer
from assistant.web.signed_in import caregiver_here
from assistant.web.start import address_of
from assistant.web.start_draft import Draft, first_open, fresh, new_service
from assistant.web.start_here import remember

blueprint = Blueprint("start_joined", __name__, url_prefix="/start")

_KINDS = {
    **dict.fromkeys(("speech", "habla"), "speech"),
    **dict.fromkeys(("ot",), "ot"),
    **dict.fromkeys(("pt", "fisica"), "pt"),
    **dict.fromkeys(("counseling", "consejeria"), "counseling"),
    **dict.fromkeys(("reading", "lectura", "rsp"), "reading"),
    **dict.fromkeys(("aide", "asistente"), "aide"),
}


@blueprint.get("/joined")
def page() -> ResponseReturnValue:
    """What was told by text so far, and the button that takes it over."""
    house = the_house()
    with house.store.read() as session:
        person = caregiver_here(session)
        if person is None:
            return redirect(url_for("enter.ask"), 303)
        prefer(person.language)
        enrolment = _open(session, person)
        if enrolment is None:
            return redirect(url_for("family.home"), 303)
        return render_template("start/joined.html", draft=_taken(enrolment, person))


@blueprint.post("/joined")
def take() -> ResponseReturnValue:
    """Begin a set-up with it. The enrolment stays open until the set-up is finished."""
    house = the_house()
    with house.store.write() as session:
        person, now = caregiver_here(session), house.clock.now()
        enrolment = _open(session, person) if person is not None else None
        if person is None or enrolment is None:
            return redirect(url_for("family.home"), 303)
        draft = _taken(enrolment, person)
        made = setting_up.begin(session, draft, request.remote_addr or "", now, house.settings)
        if made is None:
            return render_template("error.html", key="too_many"), 429
        row, secret = made
        row.caregiver_id, row.enrolment_id = person.id, enrolment.id
    return remember(redirect(address_of(first_open(draft)), 303), secret)


def _open(session: Session, person: Caregiver) -> Enrolment | None:
    """Their enrolment, once they said yes to texts: before that nothing may be asked of them."""
    return open_enrolment(session, person) if person.texts == "in" else None


def _taken(enrolment: Enrolment, person: Caregiver) -> Draft:
    """The answers that their texts hold; what they do not say stays open."""
    told, draft = enrolment.draft, fresh()
    draft.update(joined=True, nickname=told["nickname"], name=person.name, zone=person.zone)
    draft["answered"] = [
        *(["child"] if told["nickname"] else []),
        *(["you"] if person.name else []),
        *(["calendar"] if told.get("calendar") else []),
    ]
    if told.get("calendar"):
        draft["calendar"] = str(told["calendar"])
    draft["services"] = [_service(*one) for one in told_services(told)]
    return draft


def _service(read: Told, wording: str, unknown: bool) -> Draft:
    service = new_service()
    name = read.service[:1].upper() + read.service[1:]
    kind = _KINDS.get(read.service.casefold(), "other")
    service.update(kind=kind, alias=read.service, name=name, wording=wording[:600], answered=["kind", "name"])
    if unknown:
        service.update(unknown=["often"])
    elif read.always:
        service.update(form="exception")
    elif read.days:
        times = {WEEKDAYS[day][:3]: at.isoformat("minutes") for day, at in read.days if at is not None}
        days = [WEEKDAYS[day][:3] for day, _ in read.days]
        service.update(form="count", count=str(len(days)), per="week", days=days, times=times)
        service["answered"].append("days")
    elif read.daily:
        service.update(form="daily", daily_at=read.at.isoformat("minutes") if read.at else "")
    elif read.count and read.per:
        service.update(form="count", count=str(read.count), per=read.per)
    elif read.total and read.per in ("week", "month", "year"):
        service.update(form="total", total=str(read.total), total_per=read.per)
    if service["form"] or unknown:
        service["answered"].append("often")
    if read.minutes:
        service["minutes"] = str(read.minutes)
        service["answered"].append("minutes")
    return service
