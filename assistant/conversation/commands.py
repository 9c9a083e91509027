"""The words that are no answers: STOP, START, HELP, FIX, STATUS, PAUSE, RESUME, LETTER."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from assistant.conversation.answers import Context, ask_again, confirm, latest_answers, log_one
from assistant.conversation.questions import open_question
from assistant.evidence.log import current_entry
from assistant.families import consent
from assistant.families.register import greet, names_of_children
from assistant.replies.ahead import day_ahead
from assistant.replies.normalise import fold
from assistant.replies.types import Meaning
from assistant.schedule.zones import moment
from assistant.store import (
    Case,
    Child,
    Expectation,
    Guardianship,
    ServiceLine,
    Step,
)
from assistant.words import Language, Outcome
from messages import templates
from messages.outbox import carrier_says, enqueue_text

PAUSE = timedelta(days=14)
LONGEST_PAUSE = timedelta(days=120)
# A cancelled session and CANCEL as an opt-out look alike; the carrier acts on the word, so a person looks.
_MAY_MEAN_A_SESSION = frozenset({"cancel", "end", "cancelar"})


def stop(context: Context) -> None:
    """They want no more texts: at once, and whatever was on its way is taken back."""
    caregiver, inbound = context.caregiver, context.inbound
    if inbound.body.strip(" .!").casefold() in _MAY_MEAN_A_SESSION:
        inbound.needs_staff = True
    was_out = caregiver.texts == "out"
    consent.opt_out(context.session, caregiver, "sms", "text", inbound.body, context.now)
    if was_out:
        return
    _answer_keyword(context, "stopped", "stopped", {"program": context.settings.program.name})


def start(context: Context) -> None:
    """They said yes, or come back. A yes that was given already is not asked for or thanked for again."""
    caregiver = context.caregiver
    if caregiver.texts == "in":
        return
    consent.opt_in(context.session, caregiver, "sms", "text", context.inbound.body, context.now)
    context.session.flush()
    greet(context.session, caregiver, "sms", context.now, context.settings, just_joined=True)


def help_(context: Context) -> None:
    """What this is and what one can text."""
    values = {
        "program": context.settings.program.name,
        "child": names_of_children(context.session, context.caregiver.id),
    }
    _answer_keyword(context, "help", "help", values)


def fix(context: Context, meaning: Meaning) -> None:
    """Correct the last answer: with what the text says it should be, else by asking again.

    The earlier entry stays in the record; the new one points at it.
    """
    items = latest_answers(context)
    if not items:
        days = str(context.settings.asking.late_answer_days)
        context.reply("fix", "fix_nothing", {"days": days})
        return
    if len(items) == 1 and len(meaning.answers) == 1 and not meaning.ask_back:
        confirm(context, [(items[0], log_one(context, items[0].expectation, meaning.answers[0]))])
        return
    # Asked once more; what is in the record stays in force until they answer.
    again = [item.expectation for item in items]
    open_question(context.session, context.caregiver, again, context.now, context.settings, asked_back=True)
    ask_again(context, items, "fix")


def status(context: Context) -> None:
    """What is logged, service by service, in one text."""
    session = context.session
    rows = session.execute(
        select(Expectation, ServiceLine.alias)
        .join(ServiceLine, Expectation.service_line_id == ServiceLine.id)
        .join(Guardianship, Guardianship.child_id == Expectation.child_id)
        .where(
            Guardianship.caregiver_id == context.caregiver.id, Expectation.state.in_(("answered", "closed"))
        )
        .order_by(ServiceLine.id, Expectation.day)
    )
    counts: dict[str, Counter[str]] = {}
    for expectation, alias in rows:
        entry = current_entry(session, expectation.id)
        if entry is not None:
            counts.setdefault(alias, Counter())[entry.outcome] += 1
    child = names_of_children(session, context.caregiver.id)
    if not counts:
        context.reply("status", "status_none", {"child": child})
        return
    lines = "; ".join(f"{alias} {_tally(context, found)}" for alias, found in counts.items())
    context.reply("status", "status", {"child": child, "lines": lines})


def pause(context: Context) -> None:
    """No questions until the day that the text names, two weeks where it names none, four months at most."""
    zone = ZoneInfo(context.caregiver.zone)
    named = day_ahead(fold(context.inbound.body), context.today, context.language)
    day = min(named or context.today + PAUSE, context.today + LONGEST_PAUSE)
    context.caregiver.paused_until = moment(day, time(0), zone).astimezone(UTC)
    context.reply("paused", "paused", {"day": templates.short_day(day, context.language)})


def language(context: Context, wanted: Language) -> None:
    """Write to them in the other language from now on."""
    context.caregiver.language = wanted
    context.reply("language", "language", {"child": names_of_children(context.session, context.caregiver.id)})


def resume(context: Context) -> None:
    """Questions again, from the next session on."""
    context.caregiver.paused_until = None
    context.reply("resumed", "resumed", {"child": names_of_children(context.session, context.caregiver.id)})


def letter(context: Context) -> None:
    """Which step is open, if any; letters themselves are never texted."""
    session = context.session
    row = session.execute(
        select(Step, ServiceLine.alias, Child.nickname)
        .join(Case, Step.case_id == Case.id)
        .join(ServiceLine, Case.service_line_id == ServiceLine.id)
        .join(Child, Case.child_id == Child.id)
        .join(Guardianship, Guardianship.child_id == Case.child_id)
        .where(Guardianship.caregiver_id == context.caregiver.id, Step.state == "suggested")
        .order_by(Step.id.desc())
    ).first()
    child = names_of_children(session, context.caregiver.id)
    if row is None:
        context.reply("letter", "letter_none", {"child": child})
        return
    step, alias, nickname = row
    day = templates.short_day(step.suggested_on, context.language)
    context.reply("letter", "letter_open", {"child": nickname, "alias": alias, "day": day})


def _tally(context: Context, found: Counter[str]) -> str:
    language = context.language
    words = {outcome: outcome.value for outcome in Outcome} | {Outcome.PARTIAL: "partial_unsaid"}
    return ", ".join(
        f"{found[outcome.value]} {templates.word(words[outcome], language)}"
        for outcome in Outcome
        if found[outcome.value]
    )


def _answer_keyword(context: Context, kind: str, template: str, values: dict[str, str]) -> None:
    """Answer STOP or HELP, unless the provider does: one side answers, never both."""
    settings = context.settings
    rendered = templates.text(context.session, template, context.language, values)
    key = f"reply:{context.inbound.id}"
    if settings.sms.keyword_replies == "self":
        enqueue_text(context.session, context.caregiver, kind, rendered, key, context.now, settings)
    elif settings.sms.channel == "sandbox":
        carrier_says(context.session, context.caregiver, kind, rendered, key, context.now)
