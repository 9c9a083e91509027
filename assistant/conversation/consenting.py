"""STOP, START, JOIN, HELP, "who is this?", "wrong number": who is written to, in step with the carrier.

The carrier (or Twilio) acts on some words by itself: STOP, CANCEL, END, QUIT and others block, START, UNSTOP
and YES unblock, and it answers them. One side answers, never both (`sms.keyword_replies`). Ours is the
stricter of the two states: a YES to something else never brings back somebody who said STOP.
"""

from __future__ import annotations

import re
from datetime import timedelta

from assistant.conversation.answers import Context, ask_again
from assistant.conversation.joining import go_on
from assistant.families import consent
from assistant.families.household import accept
from assistant.families.numbers import changed_hands
from assistant.families.register import greet, names_of_children
from assistant.replies.normalise import fold, words_only
from assistant.replies.special import asks_who, number_is_not_theirs
from messages import templates
from messages.outbox import carrier_says, enqueue_mail, enqueue_text

# A cancelled session and CANCEL as an opt-out look alike; the carrier acts on the word, so a person looks.
_MAY_MEAN_A_SESSION = frozenset({"cancel", "end", "cancelar"})
_CARRIERS_OWN = frozenset({"start", "unstop"})  # words that bring back at the carrier, which answers them
_JUST_ASKED = timedelta(hours=48)


def stop(context: Context) -> None:
    """They want no more texts: at once, and what was on its way is taken back. One answer, with the way back.

    After CANCEL or END, said to a question, that answer says how to come back and tell what was meant.
    """
    caregiver, inbound = context.caregiver, context.inbound
    session_meant = words_only(fold(inbound.body)) in _MAY_MEAN_A_SESSION
    asked = context.question is not None and context.question.asked_at > context.now - _JUST_ASKED
    if session_meant:
        context.flag("cancel")
    was_out = caregiver.texts == "out"
    consent.opt_out(context.session, caregiver, "sms", "text", inbound.body, context.now)
    if was_out:
        return
    program = context.settings.program.name
    key = "stopped_maybe" if session_meant and asked else "stopped"
    _answer_keyword(context, "stopped", key, {"program": program})
    if session_meant and asked:
        values = {"program": program, "name": caregiver.name or program}
        mail = templates.mail(context.session, "stopped_maybe", context.language, values)
        name = f"stopped:{inbound.id}"
        enqueue_mail(context.session, caregiver, "stopped_maybe", mail, name, context.now)


def start(context: Context) -> None:
    """They said yes, or come back. A yes that was given already is not asked for or thanked for again."""
    caregiver, session, word = context.caregiver, context.session, words_only(fold(context.inbound.body))
    joined = accept(session, caregiver, context.now)
    if caregiver.texts == "in":
        if joined:
            values = {"child": ", ".join(child.nickname for child in joined)}
            context.reply("joined", "joined_child", values)
        return
    was_out = caregiver.texts == "out"
    consent.opt_in(session, caregiver, "sms", "text", context.inbound.body, context.now)
    session.flush()
    child = names_of_children(session, caregiver.id)
    if caregiver.for_tests and not child:
        context.reply("joined", "test_joined", {"program": context.settings.program.name})
        return
    if not child:
        go_on(context)  # nobody is set up yet: where they stopped, or from the start
        return
    if was_out and word in _CARRIERS_OWN:
        per_week = str(context.settings.asking.max_questions_a_week)
        values = {"program": context.settings.program.name, "child": child, "per_week": per_week}
        _answer_keyword(context, "joined", "welcome_back", values)
    else:
        greet(session, caregiver, "sms", context.now, context.settings, just_joined=True)
    if was_out and context.items and context.question is not None and context.question.state == "open":
        context.question.spoken_at = context.now
        ask_again(context, context.items, "reminder", key=f"back:{context.inbound.id}")


def yes_after_stop(context: Context) -> bool:
    """A bare YES of somebody who stopped: the carrier may let them in again for it; it is no new consent."""
    if context.caregiver.texts != "out" or words_only(fold(context.inbound.body)) != "yes":
        return False
    context.flag("yes_after_stop")
    return True


def help_(context: Context) -> None:
    """What this is and what one can text."""
    child = names_of_children(context.session, context.caregiver.id)
    values = {"program": context.settings.program.name, **({"child": child} if child else {})}
    _answer_keyword(context, "help", "help" if child else "join_help", values)


def not_ours(context: Context) -> bool:
    """ "Who is this?" and "wrong number"; False for any other text. Neither answer tells of a child."""
    body = context.inbound.body
    if number_is_not_theirs(body):
        context.flag("wrong_number")
        key = f"reply:{context.inbound.id}"
        changed_hands(context.session, context.caregiver, body, key, context.now, context.settings)
        return True
    if asks_who(body):
        context.reply("help", "who", {"program": context.settings.program.name})
        return True
    return False


def _answer_keyword(context: Context, kind: str, template: str, values: dict[str, str]) -> None:
    """Answer STOP, START or HELP, unless the provider does: one side answers, never both."""
    settings = context.settings
    rendered = templates.text(context.session, template, context.language, values)
    key = f"reply:{context.inbound.id}"
    # "stop texting me" is no word of the carrier's: there the one answer is ours, whoever does the others.
    if not _carrier_answers(context):
        enqueue_text(context.session, context.caregiver, kind, rendered, key, context.now, settings)
    elif settings.sms.channel == "sandbox":
        carrier_says(context.session, context.caregiver, kind, rendered, key, context.now)


def _carrier_answers(context: Context) -> bool:
    """Whether somebody before us answers this text: it says so, or the whole text is one of their words.

    Which of our numbers was texted stands in the text. A toll-free one has a layer below Twilio that always
    answers STOP, START and UNSTOP, whatever is set. CANCEL, END and the rest it does not know: that answer
    is ours. Should Twilio have blocked them all the same, ours is refused, and theirs was the one.
    """
    word, ours = context.inbound.body.strip().casefold(), context.settings.sms.keyword_replies == "self"
    if _TOLL_FREE.fullmatch(context.inbound.to_address):
        if word in _NETWORK_WORDS:
            return True
        return not ours and (bool(context.inbound.opt_out_type) or word in _HELP_WORDS)
    return not ours and (bool(context.inbound.opt_out_type) or word in CARRIER_WORDS)


_HELP_WORDS = frozenset({"help", "info"})
# Twilio's default lists: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
CARRIER_WORDS = _HELP_WORDS | {
    *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
    *("start", "unstop", "yes"),
}
# https://support.twilio.com/hc/en-us/articles/360058144374 (opt-out words on toll-free numbers)
_NETWORK_WORDS = frozenset({"stop", "start", "unstop"})
_TOLL_FREE = re.compile(r"\+18(00|33|44|55|66|77|88)[0-9]{7}")
