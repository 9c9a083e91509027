"""Joining by text: from JOIN to a finished schedule, one small question at a time, resumed when they write.

A stranger's JOIN asks for their yes first (double opt-in: the consent row keeps the very words shown). What
they tell is kept as they wrote it, in the enrolment's draft, and read anew at each step.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import Context
from assistant.conversation.joined import finish, lines_of, plain_line, read_service
from assistant.families import consent
from assistant.families.calendars import label_of, offered_calendars
from assistant.families.numbers import zone_of
from assistant.replies.normalise import fold, words_only
from assistant.replies.special import joins
from assistant.schedule.line_by_text import read_line
from assistant.store import Caregiver, Enrolment, InboundText
from assistant.store.one_by_one import one_by_one
from assistant.words import Language
from messages import templates
from messages.outbox import enqueue_text, hours_of, language_of
from messages.templates import Rendered, word

TRIES = 2  # not understood so often at one step, and a person looks too
NUDGE_AFTER = timedelta(hours=20)
MOST_SERVICES = 8
_ENGLISH = frozenset({"english", "ingles"})
_SPANISH = frozenset({"espanol", "spanish", "si", "unirse", "unirme", "empezar"})
_YES = frozenset(
    {"1", "yes", "y", "yep", "yeah", "ok", "okay", "sure", "join", "start", "claro", "acepto", "dale"}
)
_NO_MORE = frozenset(
    {
        "0",
        "no",
        "done",
        "no more",
        "thats all",
        "that's all",
        "listo",
        "ya",
        "no mas",
        "es todo",
        "nada mas",
        "fin",
    }
)
_NOT_KNOWN = frozenset(
    {
        "?",
        "idk",
        "dont know",
        "don't know",
        "i dont know",
        "i don't know",
        "not sure",
        "no se",
        "no lo se",
        "ni idea",
    }
)
_OVER = frozenset({"fix", "change", "wrong", "corregir", "cambiar", "mal", "error", "2", "no"})
_CALLED = re.compile(
    r"^(?:(?:his|her|their|the)? ?(?:name is|name's|nickname is)|(?:we )?call (?:him|her|them)|it'?s|"
    r"se llama|le decimos|es|mi (?:hij[oa]|nin[oa]) (?:es|se llama))\s+",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_]+(?:[ '\-.][^\W\d_]+){0,2}\.?")


def meet(session: Session, inbound: InboundText, now: datetime, settings: Settings) -> Caregiver | None:
    """A stranger's JOIN begins an enrolment, whose invitation leaves at once. None for any other text."""
    language = joins(inbound.body)
    if language is None or not inbound.from_address.startswith("+1"):
        return None
    if language not in settings.program.languages:
        language = settings.program.languages[0]
    caregiver = Caregiver(
        name="",
        phone=inbound.from_address,
        email=None,
        language=language,
        zone=zone_of(inbound.from_address, settings),
        heard_at=now,
        created_at=now,
    )
    session.add(caregiver)
    session.flush()
    inbound.caregiver_id = caregiver.id
    inbound.meaning = {"intent": "joining", "why": [], "answers": []}
    enrolment = begin(session, caregiver, "consent", now, settings)
    invitation = _text(session, enrolment, caregiver, settings)
    consent.request(session, caregiver, "sms", "text", f"{inbound.body} -> {invitation.body}", now)
    session.flush()
    key = f"reply:{inbound.id}"
    enqueue_text(session, caregiver, "join_invite", invitation, key, now, settings)
    return caregiver


def begin(session: Session, caregiver: Caregiver, stage: str, now: datetime, settings: Settings) -> Enrolment:
    """A new enrolment; an older one that was never finished is dropped."""
    for old in session.scalars(
        select(Enrolment).where(Enrolment.caregiver_id == caregiver.id, Enrolment.state == "open")
    ):
        old.state, old.nudge_at = "dropped", None
    row = Enrolment(
        caregiver_id=caregiver.id,
        stage=stage,
        draft={"nickname": "", "services": [], "now": None, "tries": 0},
        nudge_at=None,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row


def open_enrolment(session: Session, caregiver: Caregiver) -> Enrolment | None:
    """The enrolment of a caregiver that is not finished."""
    return session.scalars(
        select(Enrolment)
        .where(Enrolment.caregiver_id == caregiver.id, Enrolment.state == "open")
        .order_by(Enrolment.id.desc())
    ).first()


def add_child(context: Context) -> None:
    """Another child on the same phone: the same questions from the nickname on."""
    row = begin(context.session, context.caregiver, "child", context.now, context.settings)
    _ask(context, row, "join_child")


def go_on(context: Context) -> None:
    """Somebody without a child said yes: the set-up goes on where it was left, or begins."""
    row = open_enrolment(context.session, context.caregiver)
    if row is None or row.stage == "consent":
        row = row or begin(context.session, context.caregiver, "child", context.now, context.settings)
        row.stage = "child"
        _ask(context, row, "join_welcome")
        return
    _ask(context, row)


def step(context: Context, row: Enrolment) -> None:
    """One text of somebody who is joining, by what was asked last."""
    row.updated_at, row.nudge_at = context.now, _tomorrow(context)
    said = words_only(fold(context.inbound.body)) or context.inbound.body.strip()
    _STAGES[row.stage](context, row, said)


def nudge_due(session: Session, now: datetime, settings: Settings) -> int:
    """Speak once, the next day, of a set-up that is not finished. Returns how many were looked at."""
    rows = session.scalars(
        select(Enrolment)
        .where(Enrolment.nudge_at <= now)
        .order_by(Enrolment.nudge_at, Enrolment.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()

    def nudge(row: Enrolment) -> None:
        row.nudge_at = None
        caregiver = session.get_one(Caregiver, row.caregiver_id)
        if row.state != "open" or caregiver.texts != "in":
            return
        body = _text(session, row, caregiver, settings)
        lead = word("lead_join", language_of(caregiver))
        rendered = Rendered(body.key, body.version, f"{lead} {body.body}")
        enqueue_text(session, caregiver, "join_resume", rendered, f"join_resume:{row.id}", now, settings)

    def later(row: Enrolment, at: datetime) -> None:
        row.nudge_at = at

    one_by_one(session, rows, nudge, later, "enrolment", "join", now)
    return len(rows)


def _consent(context: Context, row: Enrolment, said: str) -> None:
    caregiver, session = context.caregiver, context.session
    other: Language = "es" if context.language == "en" else "en"
    if said in _ENGLISH or said in _SPANISH or said == "2":
        wanted: Language = other if said == "2" else ("en" if said in _ENGLISH else "es")
        caregiver.language = wanted if wanted in context.settings.program.languages else caregiver.language
    elif said in ("no", "nope", "no gracias", "no thanks"):
        row.state, row.nudge_at = "dropped", None
        consent.opt_out(session, caregiver, "sms", "text", context.inbound.body, context.now)
        return
    elif said not in _YES:
        context.flag("joining")
        return  # one invitation, never a second one: without a yes nothing more is sent
    if not consent.request_stands(session, caregiver, "sms", context.now):
        _invite_anew(context, row)
        return
    consent.opt_in(session, caregiver, "sms", "text", context.inbound.body, context.now)
    row.stage = "child"
    _ask(context, row, "join_welcome")


def _invite_anew(context: Context, row: Enrolment) -> None:
    """A yes that comes too late for the invitation is answered with the invitation, which is a new one."""
    caregiver, session, now = context.caregiver, context.session, context.now
    invitation = _text(session, row, caregiver, context.settings)
    shown = f"{context.inbound.body} -> {invitation.body}"
    consent.request(session, caregiver, "sms", "text", shown, now)
    key = f"reply:{context.inbound.id}"
    enqueue_text(session, caregiver, "join_invite", invitation, key, now, context.settings)


def _child(context: Context, row: Enrolment, said: str) -> None:
    name = nickname_of(context.inbound.body)
    if name is None:
        _again(context, row)
        return
    _keep(row, nickname=name, tries=0)
    row.stage = "service"
    _ask(context, row)


def _service(context: Context, row: Enrolment, said: str) -> None:
    if row.stage == "more" and said in _NO_MORE:
        _calendar_or_check(context, row)
        return
    if said in _OVER and row.draft["services"]:
        _over(context, row)
        return
    draft = read_line(context.inbound.body)
    if draft is None or len(row.draft["services"]) >= MOST_SERVICES:
        _again(context, row)
        return
    before = row.draft["now"]["texts"] if row.draft["now"] else []  # all but the service's name
    _keep(row, now={"texts": [*before, context.inbound.body]}, tries=0)
    _next_of_service(context, row)


def _detail(context: Context, row: Enrolment, said: str) -> None:
    """How often, how long, at what time: a follow-up about the service at hand."""
    current = dict(row.draft["now"])
    if said in _NOT_KNOWN and row.stage in ("time", "how_often"):
        current["unknown"] = [*current.get("unknown", []), row.stage]
    elif said in _NOT_KNOWN:
        _ask(context, row, "join_minutes_look")  # the plan's own services page says it
        return
    else:
        more = read_line(context.inbound.body)
        before = read_service(row.draft["now"])
        if more is not None and more.service and more.service.casefold() != before.service.casefold():
            _another_service(context, row)
            return
        merged = before.merged(more) if more is not None else before
        if merged == before:
            _again(context, row)
            return
        current["texts"] = [*current["texts"], context.inbound.body]
    _keep(row, now=current, tries=0)
    _next_of_service(context, row)


def _another_service(context: Context, row: Enrolment) -> None:
    """They went on to the next service: the one at hand is kept where only its time of day is open."""
    if row.stage != "time":
        _again(context, row)
        return
    left = {**row.draft["now"], "unknown": [*row.draft["now"].get("unknown", []), "time"]}
    _keep(row, services=[*row.draft["services"], left], now={"texts": [context.inbound.body]}, tries=0)
    _next_of_service(context, row)


def _next_of_service(context: Context, row: Enrolment) -> None:
    draft, unknown = read_service(row.draft["now"]), row.draft["now"].get("unknown", [])
    missing = draft.missing()
    if missing in unknown or (missing == "minutes" and "how_often" in unknown):
        missing = None
    if missing is None:
        taken = {read_service(one).service.casefold() for one in row.draft["services"]}
        if draft.service.casefold() in taken:
            _keep(row, now=None)
            row.stage = "more"
            context.send("join", _made(context, row, "join_twice", {"alias": draft.service}))
            return
        _keep(row, services=[*row.draft["services"], row.draft["now"]], now=None)
        row.stage = "more"
    else:
        row.stage = missing
    _ask(context, row)


def _calendar(context: Context, row: Enrolment, said: str) -> None:
    offered = offered_calendars(context.session, context.settings)
    if not said.isascii() or not said.isdigit() or int(said) > len(offered):
        _again(context, row)
        return
    _keep(row, calendar=offered[int(said) - 1].id if int(said) else None, tries=0)
    row.stage = "check"
    _ask(context, row)


def _check(context: Context, row: Enrolment, said: str) -> None:
    if said in _OVER:
        _over(context, row)
        return
    if said not in _YES and said not in _SPANISH:
        _again(context, row)
        return
    row.state, row.nudge_at = "done", None
    finish(context, row.draft)


def _over(context: Context, row: Enrolment) -> None:
    _keep(row, services=[], now=None, tries=0)
    row.stage = "service"
    _ask(context, row)


def _calendar_or_check(context: Context, row: Enrolment) -> None:
    _keep(row, tries=0)
    row.stage = "calendar" if offered_calendars(context.session, context.settings) else "check"
    _ask(context, row)


_STAGES: dict[str, Callable[[Context, Enrolment, str], None]] = {
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


def ends_the_list(row: Enrolment, text: str) -> bool:
    """Whether a text that may mean "no more texts" elsewhere means "no more services" here."""
    return row.stage == "more" and words_only(fold(text)) in _NO_MORE


def is_yes(text: str) -> bool:
    """A plain yes to an invitation."""
    return words_only(fold(text)) in _YES | {"si"}


def nickname_of(text: str) -> str | None:
    """A name in what they wrote, or None: no digits, no sentence, at most three words."""
    bare = _CALLED.sub("", " ".join(text.split()).strip(" .,!\"'“”")).strip(" .,!\"'“”")
    if not _NAME.fullmatch(bare) or len(bare) > 30:
        return None
    typed = bare != bare.lower() and (bare != bare.upper() or len(bare) < 4)
    return bare if typed else bare.title()


def _again(context: Context, row: Enrolment) -> None:
    """Not understood: the same question once more, with an example; after that a person looks too."""
    tries = int(row.draft.get("tries", 0)) + 1
    _keep(row, tries=tries)
    if tries > TRIES:
        context.flag("joining")
        return
    body = _text(context.session, row, context.caregiver, context.settings)
    lead = word("lead_ask_back", context.language)
    context.send("join", Rendered(body.key, body.version, f"{lead} {body.body}"))


def _ask(context: Context, row: Enrolment, key: str = "") -> None:
    row.updated_at = context.now
    context.send("join", _text(context.session, row, context.caregiver, context.settings, key))


def _text(
    session: Session, row: Enrolment, caregiver: Caregiver, settings: Settings, key: str = ""
) -> Rendered:
    """What the stage asks, in the caregiver's language."""
    language, draft = language_of(caregiver), row.draft
    services = lines_of(draft)
    values = {
        "program": settings.program.name,
        "per_week": str(settings.asking.max_questions_a_week),
        "child": draft["nickname"] or settings.program.name,
        "alias": (read_service(draft["now"]).service if draft["now"] else "") or "-",
        "line": plain_line(services[-1], language) if services else "-",
        "lines": "; ".join(plain_line(one, language) for one in services) or "-",
        "calendars": ", ".join(
            f"{number} {label_of(one)}"
            for number, one in enumerate(offered_calendars(session, settings), start=1)
        )
        or "-",
    }
    if row.stage == "service" and draft["now"]:
        key = "join_which"
    key = key or ("join_invite" if row.stage == "consent" else f"join_{row.stage}")
    return templates.text(session, key, language, values)


def _made(context: Context, row: Enrolment, key: str, values: dict[str, str]) -> Rendered:
    return templates.text(context.session, key, context.language, values)


def _keep(row: Enrolment, **changes: object) -> None:
    row.draft = {**row.draft, **changes}  # a new value: JSON columns see no change inside


def _tomorrow(context: Context) -> datetime:
    return hours_of(context.caregiver, context.settings).next_open(context.now + NUDGE_AFTER)
