"""A set-up on the question pages: what is asked, in which order, and the answers as one registration form.

The answers are kept as the one-page form would send them, so that both ways have the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.web.register_fields import DAYS, RegistrationForm, ServiceRow

Draft = dict[str, Any]

MOST_SERVICES = 10
KINDS = ("speech", "ot", "pt", "counseling", "reading", "aide", "support", "other")
NAMED = ("support", "other")  # kinds that have no name of their own
DAYS_OF_A_WEEK = ("1", "2", "3", "4", "5")  # so many sessions can each have a day
_LINES = tuple(ServiceRow(0).lines)
# What is asked after how often, by the way that was chosen.
_FURTHER = {"count": ("amount",), "total": ("amount",), "weeks": ("weeks",), "cycle": ("cycle", "on", "when")}
FURTHER = tuple(dict.fromkeys(one for asked in _FURTHER.values() for one in asked))
# Which question a field of the form belongs to.
_OF_SERVICE = {
    "alias": "name",
    "name": "name",
    "minutes": "minutes",
    "time": "days",
    **dict.fromkeys(("count", "per", "total", "total_per"), "amount"),
    **dict.fromkeys(("weeks_count", "weeks", "weeks_anchor"), "weeks"),
    "cycle_days": "cycle",
    "cycle_on": "on",
    **dict.fromkeys(("cycle_at", "cycle_anchor"), "when"),
}
_OF_FAMILY = {
    "nickname": "child",
    "calendar": "calendar",
    "calendar_name": "dates",
    "first_day": "dates",
    "last_day": "dates",
    "days_off": "dates",
    "name": "you",
}


def fresh() -> Draft:
    """Nothing is answered."""
    texts = ("nickname", "calendar", "calendar_name", "first_day", "last_day", "days_off", "name", "phone")
    return {
        **dict.fromkeys((*texts, "email", "zone", "us_state"), ""),
        "services": [],
        "found": [],
        "unread": None,  # what of a pasted text was not read, until it was looked at
        "texts": False,
        "mails": False,
        "joined": False,
        "answered": [],
    }


def new_service() -> Draft:
    """A service of which nothing is known. `unknown`: the questions answered with "I don't know yet".

    `to_tell`: the way was chosen, how many is a question of its own; `fortnight`: every other week.
    """
    return {**dict.fromkeys(_LINES, ""), "kind": "", "ticks": [], "days": [], "times": {}, "unknown": [],
            "answered": [], "to_tell": False, "fortnight": False}  # fmt: skip


def questions_of(service: Mapping[str, Any]) -> list[str]:
    """What is asked of a service, as far as its answers tell already."""
    asked = ["kind", *(["name"] if service["kind"] in NAMED else []), "often"]
    if service["kind"] == "support":
        return asked[:-1]
    if "often" not in service["answered"]:
        return [*asked, "minutes", "days"]
    form = service["form"]
    if "often" in service["unknown"]:
        return asked
    for question in _FURTHER.get(form, ()):
        if question == "amount" and _is_told(service):
            continue
        asked.append(question)
        if question in service["unknown"]:
            return asked
    if form not in ("count", "daily", "times", "weeks", "cycle"):
        return asked
    weekly = form == "count" and service["per"] == "week" and service["count"] in DAYS_OF_A_WEEK
    return [*asked, "minutes", *(["days"] if weekly else [])]


def _is_told(service: Mapping[str, Any]) -> bool:
    """Whether how many was said with how often: by "2 times a week", by text, or in the IEP's own line."""
    value = service["total" if service["form"] == "total" else "count"]
    return bool(value) and "amount" not in service["answered"] and not service.get("to_tell")


def steps_of(draft: Draft) -> list[str]:
    """Every question in its order: "child", "kinds", "0/often", ..., "reach".

    Which services there are is asked once, as a list. Where they came in one by one, from the IEP's text or
    by text, it is asked after the last one whether there is one more.
    """
    listed = "kinds" in draft["answered"] or not draft["services"]
    steps = ["child", *(["kinds"] if listed else [])]
    for number, service in enumerate(draft["services"] or [new_service()]):
        told = listed and (not draft["services"] or "kind" in service["answered"])
        steps += [f"{number}/{one}" for one in questions_of(service) if not (told and one == "kind")]
    steps += [*([] if listed else ["more"]), "calendar"]
    steps += [*(["dates"] if draft["calendar"] == "own" else []), "you"]
    return steps if draft["joined"] else [*steps, "reach"]


def is_answered(draft: Draft, step: str) -> bool:
    """Whether somebody answered that question, if only with "I don't know yet"."""
    number, _, question = step.rpartition("/")
    if not number:
        return step in draft["answered"]
    return int(number) < len(draft["services"]) and question in draft["services"][int(number)]["answered"]


def answer(draft: Draft, step: str, *, known: bool = True) -> None:
    """Note that it is answered."""
    number, _, question = step.rpartition("/")
    of = draft["services"][int(number)] if number else draft
    of["answered"] = [*(one for one in of["answered"] if one != question), question]
    if number:
        of["to_tell"] = of.get("to_tell", False) and question != "amount"
        others = [one for one in of["unknown"] if one != question]
        of["unknown"] = others if known else [*others, question]


def next_of_service(draft: Draft, step: str) -> str:
    """The question after this one of a service, answered or not."""
    number, _, question = step.rpartition("/")
    asked = questions_of(draft["services"][int(number)])
    return f"{number}/{asked[asked.index(question) + 1]}"


def first_open(draft: Draft) -> str | None:
    """The first question without an answer; None when there is none."""
    return next((step for step in steps_of(draft) if not is_answered(draft, step)), None)


def place_of(draft: Draft, step: str) -> tuple[int, int]:
    """Which question it is, of about how many."""
    steps = steps_of(draft)
    after = "more" if "more" in steps else "calendar"  # where a service comes that is not there yet
    place = steps.index(step if step in steps else after) + 1
    return place, len(steps)


def before(draft: Draft, step: str) -> str | None:
    """The question before it."""
    steps = steps_of(draft)
    if step not in steps:  # a service that is not there yet
        return "more" if "more" in steps else None
    place = steps.index(step)
    return steps[place - 1] if place else None


def open_found(draft: Draft) -> int | None:
    """The first line read from the IEP that has no yes or no yet."""
    return next((number for number, one in enumerate(draft["found"]) if one["state"] == "open"), None)


def step_of_field(field: str) -> str:
    """The question that a field of the registration form is answered by."""
    if field.startswith("services-"):
        _, number, key = field.split("-", 2)
        return f"{number}/{_OF_SERVICE.get(key, 'often')}"
    return _OF_FAMILY.get(field, "reach")


def form_of(draft: Draft, language: str) -> RegistrationForm:
    """The answers as the one page would have sent them."""
    return RegistrationForm(
        services=tuple(_row(number, one) for number, one in enumerate(draft["services"])),
        nickname=draft["nickname"],
        calendar=draft["calendar"],
        calendar_name=draft["calendar_name"],
        first_day=draft["first_day"],
        last_day=draft["last_day"],
        days_off=draft["days_off"],
        zone=draft["zone"],
        us_state=draft["us_state"],
        name=draft["name"],
        phone=draft["phone"],
        email=draft["email"],
        language=language,
        texts=bool(draft["texts"]),
        mails=bool(draft["mails"]),
    )


def is_asked_about(service: Mapping[str, Any]) -> bool:
    """Whether enough is known of a service that something can be expected of it."""
    return not {"often", "minutes", *FURTHER} & set(service["unknown"]) and service["form"] != "as_needed"


def _row(number: int, service: Mapping[str, Any]) -> ServiceRow:
    """The block of a service. Days without a time are counted by the week: no time is made up."""
    lines = {key: str(service[key]) for key in _LINES}
    timed = service["days"] and all(service["times"].get(day) or lines["time"] for day in service["days"])
    if not is_asked_about(service):
        lines["form"] = "as_needed"
    elif lines["form"] == "count" and timed:
        lines["form"] = "times"
    return ServiceRow(
        number=number,
        lines=lines,
        ticks=frozenset(service["ticks"]),
        days=frozenset(service["days"]),
        times={day: str(service["times"].get(day, "")) for day in DAYS},
    )
