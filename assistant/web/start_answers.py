"""What each question page takes from its form into the draft of a set-up. Nothing is judged here but numbers
that the page itself would misread; the registration's own rules look at the draft afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import MultiDict

from assistant.web.language import words
from assistant.web.register_fields import DAYS, Trouble
from assistant.web.start_draft import DAYS_OF_A_WEEK, FURTHER, KINDS, MOST_SERVICES, NAMED, Draft, new_service

Form = MultiDict[str, str]

# What an IEP says beside "2 times a week"; "fortnight" is the form "weeks" with two of them.
WAYS = ("daily", "count", "total", "fortnight", "weeks", "cycle", "exception", "as_needed")
SUPPORTS = ("time", "breaks", "place", "notes", "seat", "aloud")  # that are met most; any other is typed
UNKNOWN = ("often", *FURTHER, "minutes", "days", "calendar")  # questions with an "I don't know yet"
_LONGEST = 200
_LONGEST_DAYS = 8_000


def take(draft: Draft, step: str, form: Form, trouble: Trouble) -> None:
    """Put the answer to `step` into the draft."""
    number, _, question = step.rpartition("/")
    if number:
        _OF_SERVICE[question](draft["services"], int(number), form, trouble)
    else:
        _OF_FAMILY[question](draft, form, trouble)


def line(form: Form, key: str, longest: int = _LONGEST) -> str:
    """A field's text on one line, without what no page shows."""
    text = "".join(one if one.isprintable() else " " for one in form.get(key, "")[: longest * 4])
    return " ".join(text.split())[:longest]


def said_count(count: str, per: str) -> str:
    """ "2 times a week", "1 time a month"; `per` is the period's word."""
    say = words().say
    return (
        say("start.read_count_one", per=per)
        if count == "1"
        else say("start.read_count", count=count, per=per)
    )


def name_service(services: list[Draft], number: int, kind: str) -> None:
    """Fill in the usual name and alias of a kind, each different from those of the services before it."""
    say, service = words().say, services[number]
    service["kind"] = kind
    if kind in NAMED:
        service["alias"] = service["name"] = ""
        return
    others = [one for place, one in enumerate(services) if place != number]
    for key in ("alias", "name"):
        usual = say(f"start.{key}_{kind}")
        taken = {str(one[key]).casefold() for one in others}
        free = (f"{usual} {count}" for count in range(2, MOST_SERVICES + 2))
        service[key] = (
            usual
            if usual.casefold() not in taken
            else next(one for one in free if one.casefold() not in taken)
        )


def _child(draft: Draft, form: Form, trouble: Trouble) -> None:
    draft["nickname"] = line(form, "nickname")


def _kinds(draft: Draft, form: Form, trouble: Trouble) -> None:
    """A service for each that is ticked. One that was ticked before and is not any more goes."""
    ticked = [kind for kind in KINDS if kind in form.getlist("kind")]
    if not ticked:
        trouble.add("kind", "kinds")
        return
    services = draft["services"] = [one for one in draft["services"] if one["kind"] in ticked]
    there = {one["kind"] for one in services}
    for kind in ticked:
        if kind not in there:
            _kind(services, len(services), MultiDict({"kind": kind}), trouble)
            services[-1]["answered"] = ["kind"]


def _kind(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    kind = form.get("kind", "")
    if kind not in KINDS:
        trouble.add("kind", "kind")
        return
    if number == len(services):
        services.append(new_service())
    service = services[number]
    if service["kind"] == kind:
        return
    name_service(services, number, kind)
    if kind == "support" or service["form"] == "accommodation":
        _choose(service, "accommodation" if kind == "support" else "")
    _not_answered(service, "name")


def _name(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    service, support = services[number], form.get("support", "")
    if support in SUPPORTS:
        service["name"], service["alias"] = (
            words().say(f"start.{key}_{support}") for key in ("support", "support_alias")
        )
        return
    service["name"] = line(form, "name")
    service["alias"] = line(form, "alias") or (service["name"] if len(service["name"]) <= 40 else "")


def _often(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    """A number of times a week; or another way, whose numbers are asked next."""
    service, way, times = services[number], form.get("way", ""), form.get("times", "")
    if times in DAYS_OF_A_WEEK:
        same = [service[key] for key in ("form", "count", "per")] == ["count", times, "week"]
        days = "days" in service["answered"] and same
        _choose(service, "count")
        service.update(count=times, per="week", to_tell=False)
        if not days:
            _no_days(service)
    elif way in WAYS:
        _choose(service, "weeks" if way == "fortnight" else way)
        service.update(to_tell=way in ("count", "total"), fortnight=way == "fortnight")
        service["weeks"] = "2" if way == "fortnight" else service["weeks"]
        _no_days(service)
    else:
        trouble.add("way", "form")


def _choose(service: Draft, form: str) -> None:
    """Another way to say how often, or the same anew: what belongs to it is asked, with what is there."""
    service["form"] = form
    for question in FURTHER:
        _not_answered(service, question)


def _no_days(service: Draft) -> None:
    service.update(days=[], times={}, time="")
    _not_answered(service, "days")


def _not_answered(service: Draft, question: str) -> None:
    for kept in ("answered", "unknown"):
        service[kept] = [one for one in service[kept] if one != question]


def _amount(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    service = services[number]
    keys = ("total", "total_per") if service["form"] == "total" else ("count", "per")
    service.update({key: line(form, key, 20) for key in keys})
    _no_days(service)


def _weeks(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    service = services[number]
    keys = (
        ("weeks_count", "weeks_anchor")
        if service.get("fortnight")
        else ("weeks_count", "weeks", "weeks_anchor")
    )
    service.update({key: line(form, key, 20) for key in keys})


def _cycle(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    services[number]["cycle_days"] = line(form, "cycle_days", 20)


def _on(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    services[number]["cycle_on"] = ", ".join(one[:3] for one in form.getlist("cycle_on")[:30])


def _when(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    services[number].update({key: line(form, key, 20) for key in ("cycle_at", "cycle_anchor")})


def _minutes(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    services[number]["minutes"] = line(form, "minutes", 20)


def _days(services: list[Draft], number: int, form: Form, trouble: Trouble) -> None:
    service, own = services[number], {day: line(form, f"time-{day}", 10) for day in DAYS}
    days = [day for day in DAYS if day in form.getlist("day") or own[day]]
    service.update(days=days, time=line(form, "time", 10), times={day: at for day, at in own.items() if at})
    if not days:
        trouble.add("day", "start_no_day")
    elif str(len(days)) != service["count"]:
        trouble.add("day", "start_days", said=service["count"], ticked=str(len(days)))


def _more(draft: Draft, form: Form, trouble: Trouble) -> None:
    """Nothing: which button was pressed decides where to go."""


def _calendar(draft: Draft, form: Form, trouble: Trouble) -> None:
    draft["calendar"] = line(form, "calendar", 20)


def _dates(draft: Draft, form: Form, trouble: Trouble) -> None:
    for key in ("calendar_name", "first_day", "last_day"):
        draft[key] = line(form, key)
    draft["days_off"] = form.get("days_off", "").replace("\0", "").strip()[:_LONGEST_DAYS]


def _you(draft: Draft, form: Form, trouble: Trouble) -> None:
    draft["name"] = line(form, "name")


def _reach(draft: Draft, form: Form, trouble: Trouble) -> None:
    for key in ("phone", "email", "zone", "us_state"):
        draft[key] = line(form, key)
    draft["texts"], draft["mails"] = "texts" in form, "mails" in form


_OF_FAMILY: dict[str, Callable[[Draft, Form, Trouble], None]] = {
    "child": _child,
    "kinds": _kinds,
    "more": _more,
    "calendar": _calendar,
    "dates": _dates,
    "you": _you,
    "reach": _reach,
}
_OF_SERVICE: dict[str, Callable[[list[dict[str, Any]], int, Form, Trouble], None]] = {
    "kind": _kind,
    "name": _name,
    "often": _often,
    "amount": _amount,
    "weeks": _weeks,
    "cycle": _cycle,
    "on": _on,
    "when": _when,
    "minutes": _minutes,
    "days": _days,
}
FAMILY, SERVICE = tuple(_OF_FAMILY), tuple(_OF_SERVICE)
