"""Setting a family up, one question a page. Answers are kept as they come and found again for some weeks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.families import setting_up
from assistant.families.calendars import label_of, offered_calendars
from assistant.schedule.forms import PERS
from assistant.web.current import the_house
from assistant.web.house import House
from assistant.web.language import words
from assistant.web.register import page_of
from assistant.web.register_fields import (
    DAYS,
    SERVICES,
    TOTAL_PERS,
    US_STATES,
    ZONES,
    ServiceRow,
    Trouble,
)
from assistant.web.registering import consent_mails, consent_texts
from assistant.web.start_answers import SUPPORTS, UNKNOWN, WAYS, take
from assistant.web.start_draft import (
    DAYS_OF_A_WEEK,
    FURTHER,
    KINDS,
    MOST_SERVICES,
    Draft,
    answer,
    before,
    first_open,
    fresh,
    is_answered,
    new_service,
    next_of_service,
    open_found,
    place_of,
    step_of_field,
)
from assistant.web.start_here import family_here, open_here, remember, secret_here, whole_form

blueprint = Blueprint("start", __name__, url_prefix="/start")

FEW = 6  # calendars that are shown as buttons; more are a list
# What a parent has to look up: there a page offers to finish later. Answers are kept on every page.
LOOKED_UP = ("kinds", "often", *FURTHER, "calendar", "dates")
_MINUTES = (15, 20, 30, 45, 60)
_CYCLES = (2, 4, 5, 6, 7, 8)  # school days until the numbers begin again; two are A and B


@blueprint.get("/")
def begin() -> ResponseReturnValue:
    """The first question; or, where there are answers already, whether to go on with them."""
    house = the_house()
    with house.store.read() as session:
        found = open_here(session, house.clock.now())
    if found is None:
        return redirect(url_for("start.of_family", question="child"), 303)
    draft = found[1]
    return render_template(
        "start/resume.html", nickname=draft["nickname"], go_on=address_of(first_open(draft))
    )


@blueprint.post("/anew")
def anew() -> ResponseReturnValue:
    """Forget the answers of this browser."""
    house = the_house()
    with house.store.write() as session:
        found = open_here(session, house.clock.now())
        if found is not None:
            setting_up.drop(session, found[0])
    return redirect(url_for("start.of_family", question="child"), 303)


@blueprint.get("/later")
def later() -> ResponseReturnValue:
    """A link to go on with, on this phone or another."""
    house = the_house()
    with house.store.read() as session:
        found = open_here(session, house.clock.now())
    if found is None:
        return redirect(url_for("start.begin"), 303)
    path = url_for("start.again", secret=secret_here())
    return render_template(
        "start/later.html",
        link=house.settings.base_url() + path,
        go_on=address_of(first_open(found[1])),
        days=setting_up.KEPT_DAYS,
    )


@blueprint.get("/again/<secret>")
def again(secret: str) -> ResponseReturnValue:
    """Somebody has the link: one button, and this browser has the set-up."""
    house = the_house()
    with house.store.read() as session:
        row = setting_up.find(session, secret[:100], house.clock.now())
        draft = setting_up.draft_of(row) if row is not None and row.child_id is None else None
    if not draft:
        return render_template("start/over.html"), 404
    return render_template("start/again.html", nickname=draft["nickname"], secret=secret)


@blueprint.post("/again/<secret>")
def again_pressed(secret: str) -> ResponseReturnValue:
    """From now on it is this browser's."""
    house = the_house()
    with house.store.read() as session:
        row = setting_up.find(session, secret[:100], house.clock.now())
        draft = setting_up.draft_of(row) if row is not None and row.child_id is None else None
    if not draft:
        return render_template("start/over.html"), 404
    return remember(redirect(address_of(first_open(draft)), 303), secret[:100])


@blueprint.get("/all")
def all_on_one() -> ResponseReturnValue:
    """The one-page form, with what was answered so far. Who answered by text has no need of it."""
    house = the_house()
    with house.store.read() as session:
        found = open_here(session, house.clock.now())
    if found is None:
        return redirect(url_for("register.form"), 303)
    row, draft = found
    if draft["joined"]:
        return redirect(address_of(first_open(draft)), 303)
    form = whole_form(house, draft, row.id)
    rows = form.services
    empty = tuple(ServiceRow(number) for number in range(len(rows), SERVICES))
    return page_of(house, replace(form, services=rows + empty, begun=True), Trouble())


@blueprint.get("/<any(child, kinds, more, calendar, dates, you, reach):question>")
def of_family(question: str) -> ResponseReturnValue:
    """A question about the family."""
    return _show(question)


@blueprint.post("/<any(child, kinds, more, calendar, dates, you, reach):question>")
def of_family_sent(question: str) -> ResponseReturnValue:
    """Its answer."""
    return _take(question)


@blueprint.get(
    "/<int(max=19):number>/<any(kind, name, often, amount, weeks, cycle, on, when, minutes, days):question>"
)
def of_service(number: int, question: str) -> ResponseReturnValue:
    """A question about a service."""
    return _show(f"{number}/{question}")


@blueprint.post(
    "/<int(max=19):number>/<any(kind, name, often, amount, weeks, cycle, on, when, minutes, days):question>"
)
def of_service_sent(number: int, question: str) -> ResponseReturnValue:
    """Its answer."""
    return _take(f"{number}/{question}")


def address_of(step: str | None, *, change: bool = False) -> str:
    """The address of a question; of the page with all answers where there is none left."""
    if step is None:
        return url_for("start_check.page")
    number, _, question = step.rpartition("/")
    again = "1" if change else None
    if number:
        return url_for("start.of_service", number=int(number), question=question, change=again)
    return url_for("start.of_family", question=question, change=again)


def _show(step: str) -> ResponseReturnValue:
    house = the_house()
    with house.store.read() as session:
        found = open_here(session, house.clock.now())
        draft = found[1] if found else fresh()
        if not _is_there(draft, step):
            return redirect(address_of(first_open(draft)) if found else url_for("start.begin"), 303)
        return _page(house, session, draft, step, Trouble())


def _take(step: str) -> ResponseReturnValue:
    """Keep the answer and go on; show the page again, with the form as it was, where something is wrong."""
    house, secret, trouble = the_house(), "", Trouble()
    with house.store.write() as session:
        now = house.clock.now()
        found = open_here(session, now)
        draft = found[1] if found else fresh()
        if not _is_there(draft, step):
            return redirect(url_for("start.begin"), 303)
        known = not ("unknown" in request.form and step.rpartition("/")[2] in UNKNOWN)
        if known:
            take(draft, step, request.form, trouble)
        elif step == "calendar":
            draft["calendar"] = "unknown"
        row = found[0] if found else None
        if not trouble and not _wants_another(draft, step):
            answer(draft, step, known=known)
            if known:
                _judge(house, draft, step, trouble, row.id if row else 0)
        if trouble:
            return _page(house, session, draft, step, trouble), 400
        if row is None:
            made = setting_up.begin(session, draft, request.remote_addr or "", now, house.settings)
            if made is None:
                return render_template("error.html", key="too_many"), 429
            secret = made[1]
        else:
            setting_up.keep(row, draft, now)
    response = redirect(_next(draft, step), 303)
    return remember(response, secret) if secret else response


def _wants_another(draft: Draft, step: str) -> bool:
    """One more service; whether that was the last one is asked again after it."""
    if step != "more" or "another" not in request.form or len(draft["services"]) >= MOST_SERVICES:
        return False
    draft["answered"] = [one for one in draft["answered"] if one != "more"]
    return True


def _judge(house: House, draft: Draft, step: str, trouble: Trouble, number: int) -> None:
    """What the registration's own rules say of this answer. What they say of others is theirs to hear."""
    whole = Trouble()
    family_here(house, draft, whole, number)
    for field, (key, values) in whole.in_order():
        if step_of_field(field) == step:
            trouble.add(field.rpartition("-")[2] if "/" in step else field, key, **values)


def _next(draft: Draft, step: str) -> str:
    """Where to go: to the next question, or back to the answers where one of them was to be changed."""
    if _wants_another(draft, step):
        return address_of(f"{len(draft['services'])}/kind")
    if request.args.get("change"):
        left = first_open(draft)
        return address_of(left, change=left is not None)
    left, found = first_open(draft), open_found(draft)
    if found is not None and "/" in step and (left is None or "/" not in left):
        return url_for("start_paste.found", number=found)
    if step.endswith("/kind") and not is_answered(draft, f"{step[:-5]}/often"):
        return address_of(next_of_service(draft, step))
    return address_of(first_open(draft))


def _is_there(draft: Draft, step: str) -> bool:
    """Whether the question can be asked: of a service that there is, or of the next one."""
    number, _, question = step.rpartition("/")
    if not number:
        return bool(draft["answered"]) or step == "child"
    if not draft["answered"]:
        return False
    count = len(draft["services"])
    return int(number) < count or (int(number) == count < MOST_SERVICES and question == "kind")


def _page(house: House, session: Session, draft: Draft, step: str, trouble: Trouble) -> str:
    number, _, question = step.rpartition("/")
    say = words().say
    services = draft["services"]
    service = services[int(number)] if number and int(number) < len(services) else new_service()
    place, total = place_of(draft, step)
    change = bool(request.args.get("change"))
    previous = before(draft, step)
    values: dict[str, Any] = {
        "draft": draft,
        "service": service,
        "place": place,
        "total": total,
        "change": change,
        "back": address_of(None if change else previous) if change or previous else url_for("landing.home"),
        "errors": {where: say(f"problem.{key}", **told) for where, (key, told) in trouble.by_field.items()},
        "begun": bool(draft["answered"]),
        "may_stop": question in LOOKED_UP,
    }
    return render_template(f"start/{question}.html", **values, **_of(house, session, question))


def _of(house: House, session: Session, question: str) -> dict[str, Any]:
    """What one question's page needs beside its answer."""
    say = words().say
    if question in ("kind", "kinds"):
        return {"kinds": KINDS}
    if question == "name":
        return {"supports": SUPPORTS}
    if question == "often":
        return {"ways": WAYS, "numbers": DAYS_OF_A_WEEK}
    if question == "amount":
        return {"pers": PERS, "total_pers": TOTAL_PERS}
    if question == "cycle":
        return {"usual_cycles": _CYCLES}
    if question == "minutes":
        return {"usual": _MINUTES}
    if question == "days":
        return {"days": DAYS}
    if question == "more":
        return {"most": MOST_SERVICES}
    if question == "calendar":
        return {
            "calendars": [(str(row.id), label_of(row)) for row in offered_calendars(session, house.settings)],
            "few": FEW,
        }
    if question == "reach":
        return {
            "zones": [(name, say(f"zone.{key}")) for name, key in ZONES],
            "us_states": [("", say("register.us_state_same")), *((code, code) for code in US_STATES)],
            "home_zone": house.settings.program.zone,
            "consent_texts": consent_texts(words(), house.settings),
            "consent_mails": consent_mails(words(), house.settings),
        }
    return {}
