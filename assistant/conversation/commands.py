"""The words that are no answers: FIX, STATUS, PAUSE, RESUME, LETTER, LINK, and another language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from assistant.conversation.answers import (
    Context,
    ask_again,
    confirm,
    item_for,
    last_was_make_up,
    latest_answers,
    log_one,
    recent_answers,
    told_before,
)
from assistant.conversation.incoming import incoming_of
from assistant.conversation.questions import open_question
from assistant.conversation.wording import Item
from assistant.evidence.log import newest_answers
from assistant.families.register import names_of_children
from assistant.families.sign_in import new_link
from assistant.replies.ahead import day_ahead
from assistant.replies.dates import named_days
from assistant.replies.interpret import interpret
from assistant.replies.naming import places_of
from assistant.replies.normalise import fold
from assistant.replies.special import without_fix_words
from assistant.replies.types import Meaning
from assistant.schedule.zones import moment
from assistant.store import (
    Case,
    Child,
    Guardianship,
    ServiceLine,
    Step,
)
from assistant.words import Intent, Language, Outcome
from messages import templates

PAUSE = timedelta(days=14)
LONGEST_PAUSE = timedelta(days=120)


def fix(context: Context, meaning: Meaning) -> None:
    """Correct the last answer: with what the text says it should be, else by asking again.

    The earlier entry stays in the record; the new one points at it. Which one is meant: what the text names
    ("change tuesday to no", "speech was no"), else what was said last. After a make-up it is the make-up,
    and that a person of the centre takes back with them.
    """
    if last_was_make_up(context):
        context.flag("make_up")
        context.reply("fix", "fix_make_up", {})
        return
    items = latest_answers(context)
    rest = without_fix_words(fold(context.inbound.body))
    if rest and _names_one(context, rest):
        # The day or the service that it names decides; what was said last may be another.
        if not _said_anew(context, recent_answers(context), rest):
            context.flag("not_understood")
            context.reply("fix", "fix_which", {})
        return
    if rest and _said_anew(context, items, rest):
        return
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


def _names_one(context: Context, rest: str) -> bool:
    """Whether the rest of a FIX names a day or a service."""
    about = incoming_of(context.session, context.inbound, context.caregiver, [], rest)
    days = named_days(rest, context.today, context.language, frozenset())
    return bool(days or places_of(about, rest))


def _said_anew(context: Context, items: Sequence[Item], rest: str) -> bool:
    """Log what the rest of a FIX says, where it is plain which session it is about; else say so by False."""
    about = incoming_of(context.session, context.inbound, context.caregiver, items, rest)
    meaning = interpret(about)
    known = {str(item.expectation.id): item for item in items}
    if meaning.ask_back or meaning.intent not in (Intent.ANSWER, Intent.REPORT):
        return False
    corrected = []
    for answer in meaning.answers:
        item = known.get(answer.id or "") or item_for(context, answer)
        if item is None or not told_before(context, item):
            return False  # no such answer of theirs: nothing to put right
        corrected.append((item, answer))
    confirm(context, [(item, log_one(context, item.expectation, answer)) for item, answer in corrected])
    return bool(corrected)


def status(context: Context) -> None:
    """What is logged, child by child and service by service, in one text; and what is open."""
    session = context.session
    newest = newest_answers(session, context.caregiver.id)
    counts: dict[str, dict[str, Counter[str]]] = {}
    for child, alias, outcome in newest:
        counts.setdefault(child, {}).setdefault(alias, Counter())[outcome] += 1
    names = names_of_children(session, context.caregiver.id) or context.settings.program.name
    if not counts:
        context.reply("status", "status_none", {"child": names})
        return
    several = len(counts) > 1
    lines = "; ".join(
        f"{child + ' ' if several else ''}{alias} {_tally(context, found)}"
        for child, by_alias in counts.items()
        for alias, found in by_alias.items()
    )
    context.reply("status", "status", {"child": names, "lines": lines})


def link(context: Context) -> None:
    """A sign-in link to their own number. After a few within the hour: silence, and a person looks."""
    found = new_link(context.session, context.settings, context.now, caregiver=context.caregiver)
    if found is None:
        context.flag("too_many")
        return
    context.reply("link", "link", {"link": found.stored})


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
