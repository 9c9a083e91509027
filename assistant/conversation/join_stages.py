"""The stages of a set-up by text: what each makes of one text, and which comes next."""

from __future__ import annotations

from collections.abc import Callable

from assistant.conversation.answers import Context
from assistant.conversation.join_asks import ask, ask_again, keep, text_of
from assistant.conversation.join_words import ENGLISH, NO_MORE, NOT_KNOWN, OVER, SPANISH, YES, nickname_of
from assistant.conversation.joined import finish, read_service
from assistant.families import consent
from assistant.families.calendars import offered_calendars
from assistant.schedule.line_by_text import read_line
from assistant.store import Enrolment
from assistant.words import Language
from messages import templates
from messages.outbox import enqueue_text
from messages.templates import Rendered

MOST_SERVICES = 8


def _consent(context: Context, row: Enrolment, said: str) -> None:
    caregiver, session = context.caregiver, context.session
    other: Language = "es" if context.language == "en" else "en"
    if said in ENGLISH or said in SPANISH or said == "2":
        wanted: Language = other if said == "2" else ("en" if said in ENGLISH else "es")
        caregiver.language = wanted if wanted in context.settings.program.languages else caregiver.language
    elif said in ("no", "nope", "no gracias", "no thanks"):
        row.state, row.nudge_at = "dropped", None
        consent.opt_out(session, caregiver, "sms", "text", context.inbound.body, context.now)
        return
    elif said not in YES:
        context.flag("joining")
        return  # one invitation, never a second one: without a yes nothing more is sent
    if not consent.request_stands(session, caregiver, "sms", context.now):
        _invite_anew(context, row)
        return
    consent.opt_in(session, caregiver, "sms", "text", context.inbound.body, context.now)
    row.stage = "child"
    ask(context, row, "join_welcome")


def _invite_anew(context: Context, row: Enrolment) -> None:
    """A yes that comes too late for the invitation is answered with the invitation, which is a new one."""
    caregiver, session, now = context.caregiver, context.session, context.now
    invitation = text_of(session, row, caregiver, context.settings)
    shown = f"{context.inbound.body} -> {invitation.body}"
    consent.request(session, caregiver, "sms", "text", shown, now)
    key = f"reply:{context.inbound.id}"
    enqueue_text(session, caregiver, "join_invite", invitation, key, now, context.settings)


def _child(context: Context, row: Enrolment, said: str) -> None:
    name = nickname_of(context.inbound.body)
    if name is None:
        ask_again(context, row)
        return
    keep(row, nickname=name, tries=0)
    row.stage = "service"
    ask(context, row)


def _service(context: Context, row: Enrolment, said: str) -> None:
    if row.stage == "more" and said in NO_MORE:
        _calendar_or_check(context, row)
        return
    if said in OVER and row.draft["services"]:
        _over(context, row)
        return
    draft = read_line(context.inbound.body)
    if draft is None or len(row.draft["services"]) >= MOST_SERVICES:
        ask_again(context, row)
        return
    before = row.draft["now"]["texts"] if row.draft["now"] else []  # all but the service's name
    keep(row, now={"texts": [*before, context.inbound.body]}, tries=0)
    _next_of_service(context, row)


def _detail(context: Context, row: Enrolment, said: str) -> None:
    """How often, how long, at what time: a follow-up about the service at hand."""
    current = dict(row.draft["now"])
    if said in NOT_KNOWN and row.stage in ("time", "how_often"):
        current["unknown"] = [*current.get("unknown", []), row.stage]
    elif said in NOT_KNOWN:
        ask(context, row, "join_minutes_look")  # the plan's own services page says it
        return
    else:
        more = read_line(context.inbound.body)
        before = read_service(row.draft["now"])
        if more is not None and more.service and more.service.casefold() != before.service.casefold():
            _another_service(context, row)
            return
        merged = before.merged(more) if more is not None else before
        if merged == before:
            ask_again(context, row)
            return
        current["texts"] = [*current["texts"], context.inbound.body]
    keep(row, now=current, tries=0)
    _next_of_service(context, row)


def _another_service(context: Context, row: Enrolment) -> None:
    """They went on to the next service: the one at hand is kept where only its time of day is open."""
    if row.stage != "time":
        ask_again(context, row)
        return
    left = {**row.draft["now"], "unknown": [*row.draft["now"].get("unknown", []), "time"]}
    keep(row, services=[*row.draft["services"], left], now={"texts": [context.inbound.body]}, tries=0)
    _next_of_service(context, row)


def _next_of_service(context: Context, row: Enrolment) -> None:
    draft, unknown = read_service(row.draft["now"]), row.draft["now"].get("unknown", [])
    missing = draft.missing()
    if missing in unknown or (missing == "minutes" and "how_often" in unknown):
        missing = None
    if missing is None:
        taken = {read_service(one).service.casefold() for one in row.draft["services"]}
        if draft.service.casefold() in taken:
            keep(row, now=None)
            row.stage = "more"
            context.send("join", _made(context, row, "join_twice", {"alias": draft.service}))
            return
        keep(row, services=[*row.draft["services"], row.draft["now"]], now=None)
        row.stage = "more"
    else:
        row.stage = missing
    ask(context, row)


def _calendar(context: Context, row: Enrolment, said: str) -> None:
    offered = offered_calendars(context.session, context.settings)
    if not said.isascii() or not said.isdigit() or int(said) > len(offered):
        ask_again(context, row)
        return
    keep(row, calendar=offered[int(said) - 1].id if int(said) else None, tries=0)
    row.stage = "check"
    ask(context, row)


def _check(context: Context, row: Enrolment, said: str) -> None:
    if said in OVER:
        _over(context, row)
        return
    if said not in YES and said not in SPANISH:
        ask_again(context, row)
        return
    row.state, row.nudge_at = "done", None
    finish(context, row.draft)


def _over(context: Context, row: Enrolment) -> None:
    keep(row, services=[], now=None, tries=0)
    row.stage = "service"
    ask(context, row)


def _calendar_or_check(context: Context, row: Enrolment) -> None:
    keep(row, tries=0)
    row.stage = "calendar" if offered_calendars(context.session, context.settings) else "check"
    ask(context, row)


def _made(context: Context, row: Enrolment, key: str, values: dict[str, str]) -> Rendered:
    return templates.text(context.session, key, context.language, values)


STAGES: dict[str, Callable[[Context, Enrolment, str], None]] = {
    "consent": _consent,
    "child": _child,
    "service": _service,
    "more": _service,
    "how_often": _detail,
    "minutes": _detail,
    "time": _detail,
    "calendar": _calendar,
    "check": _check,
}
