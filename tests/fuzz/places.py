"""Every address that names something, by whose it is. A rule of the program that stands here nowhere fails a
test: whoever adds one says whose it is, and the tests of isolation then ask for it as everybody else would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from werkzeug.routing import Rule

# What each argument names, in the rule's order; all of one family. A word in quotes is only a word.
FAMILY: dict[str, str] = {
    "contacts.add": "child",
    "contacts.page": "child",
    "evidence.download": "child",
    "evidence.page": "child",
    "evidence.printed": "child",
    "family.leaving": "child",
    "family.left": "child",
    "family.picture": "picture",
    "letters.details": "child 'thank_you' line",
    "letters.home": "child",
    "letters.page": "child 'thank_you' line",
    "letters.take": "child 'thank_you' line",
    "mark.page": "child session",
    "mark.record": "child session",
    "month.page": "child",
    "note.make_up": "child",
    "note.page": "child",
    "promise.end": "child promise",
    "promise.keep": "child",
    "promise.page": "child",
    "school_log.form": "child",
    "school_log.kept": "child",
    "school_log.look": "child",
    "school_log.page": "child",
    "settings.address": "child 'phone'",
    "settings.confirm": "child 'email'",
    "settings.devices": "child",
    "settings.everything": "child",
    "settings.household": "child",
    "settings.invite": "child",
    "settings.page": "child",
    "settings.pause": "child",
    "settings.school": "child",
    "settings.school_day": "child",
    "settings.school_move": "child",
    "settings.service": "child line",
    "settings.service_add": "child",
    "settings.service_agreed": "child line",
    "settings.service_end": "child line",
    "settings.service_how": "child line",
    "settings.services": "child",
    "settings.times": "child",
    "settings.totals": "child",
    "settings.weekly": "child",
    "settings.you": "child",
    "signals.check": "child",
    "signals.page": "child",
    "steps.page": "child",
    "unknown.page": "child",
    "unknown.record": "child",
}

# Whoever has the token has what it opens: which kind it is of.
TOKEN: dict[str, str] = {
    "answer.make_up": "answer",
    "answer.page": "answer",
    "answer.record": "answer",
    "consent.agree": "confirm",
    "consent.confirm": "confirm",
    "consent.leave": "unsubscribe",
    "consent.unsubscribe": "unsubscribe",
    "enter.admin": "staff's link",
    "enter.admin_pressed": "staff's link",
    "enter.family": "family's link",
    "enter.family_pressed": "family's link",
    "feed.calendar": "feed",
    "feed.page": "feed",
    "feed.renew": "feed",
    "meant.page": "meant",
    "meant.settle": "meant",
    "new_address.by_link": "new address",
    "register.registered": "registered",
    "said.confirm": "said",
    "said.page": "said",
    "start.again": "set-up",
    "start.again_pressed": "set-up",
    "step.came": "step",
    "step.change": "step",
    "step.decide": "step",
    "step.details": "step",
    "step.letter": "step",
    "step.page": "step",
    "step.paper": "step",
    "step.take": "step",
}

STAFF: frozenset[str] = frozenset(
    {
        "alerts.close",
        "calendars.calendar",
        "calendars.change",
        "closures.undo",
        "families.about",
        "families.call",
        "families.one",
        "guide_pages.choose_state_of_child",
        "guide_pages.fact",
        "guide_pages.review",
        "guide_pages.review_fact",
        "guide_pages.states_child",
        "guide_pages.test",
        "guide_pages.text",
        "inbox.ask",
        "inbox.done",
        "inbox.picture",
        "inbox.text",
        "measures.table",
        "phrases.act",
        "queues.called",
        "queues.one",
        "rehearsals.changes",
        "rehearsals.mail",
        "rehearsals.read",
        "staff.end",
        "staff.lost_phone",
        "staff.role",
        "templates.act",
        "templates.arrives",
        "templates.change",
        "templates.edit",
        "templates.preview",
        "templates.test",
        "templates.versions",
        "thresholds.change",
        "thresholds.edit",
    }
)

# Nothing of anybody's: files for all, and the questions of a set-up that the browser's own cookie names.
PUBLIC: frozenset[str] = frozenset(
    {
        "static",
        "start.of_family",
        "start.of_family_sent",
        "start.of_service",
        "start.of_service_sent",
        "start_check.leave_out",
        "start_paste.decided",
        "start_paste.found",
    }
)

# Where everybody plays every phone; an installation that sends has none of them.
SANDBOX: frozenset[str] = frozenset(
    {
        "sandbox.mail",
        "sandbox.mail_file",
        "sandbox.mail_html",
        "sandbox.reply",
        "sandbox.thread",
    }
)

Things = dict[str, object]  # what one family has, by the words of FAMILY


def arguments(rule: Rule) -> list[str]:
    """The names of a rule's arguments, in their order."""
    return re.findall(r"<(?:[^<>]*:)?(\w+)>", rule.rule)


def values_of(rule: Rule, *owners: Things) -> Iterator[dict[str, object]]:
    """The arguments of an address of FAMILY, each thing now of the one owner, now of the other.

    The first time all is of the first owner; what would be of the last owner alone is left out.
    """
    meant, names = FAMILY[rule.endpoint].split(), arguments(rule)
    assert len(meant) == len(names), f"{rule.endpoint}: {names} are {meant}?"
    # A promise is counted within its child: only the child says whose it is.
    things = [word for word in meant if word[0] != "'" and word != "promise"]
    for chosen in product(owners, repeat=len(things)):
        if len(owners) > 1 and all(owner is owners[-1] for owner in chosen):
            continue
        found = {word: owner[word] for word, owner in zip(things, chosen, strict=True)}
        yield {
            name: found.get(word, owners[0].get(word, word.strip("'")))
            for name, word in zip(names, meant, strict=True)
        }
