"""Filling steps and letters from facts: plain text that is complete by itself, and simple HTML from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from assistant.escalation.types import DueDate, StepKey
from assistant.guide.checked import KEYS
from assistant.guide.facts import StepFacts
from assistant.guide.filling import rendered
from assistant.guide.letter import Letter
from assistant.guide.letters import LETTERS_OF, Detail
from assistant.guide.mail import Parts, as_html, as_text, plain, safe
from assistant.guide.types import Guide, StepText
from assistant.guide.values import date_value, long_day, values
from assistant.words import Language

BLANK = "[{what}]"
_HEADED = re.compile(r"\*\*(.+?)\*\*\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RenderedStep:
    """A step's e-mail."""

    subject: str
    text: str
    html: str


def render_step(
    guide: Guide,
    step: StepKey,
    language: Language,
    facts: StepFacts,
    letters: Sequence[Letter] = (),
    missing: Sequence[Detail] = (),
) -> RenderedStep:
    """The e-mail of a step: one thing to do, a button to the step's page, the dates, the footer.

    `letters` come with it; `missing` is what they still need. Where the review of the step or of its letter
    has run out, it has facts and help contacts instead.
    """
    footer = _footer(guide, step, language, facts.today)
    if not letter_allowed(guide, step, facts.today):
        return _mail(guide, guide.expired[language], language, facts, {}, footer)
    return _mail(guide, guide.steps[step, language], language, facts, {}, footer, letters, missing)


def render_clock_mail(
    guide: Guide,
    when: Literal["before", "after"],
    clock: str,
    step: StepKey,
    language: Language,
    facts: StepFacts,
    due: DueDate,
) -> RenderedStep:
    """The e-mail before a date of a step, or after it went by unanswered. KeyError for an unknown clock."""
    frame, words = guide.clock_mails[when, language], guide.words[language]
    subject, line = frame.phrases[clock]
    kind = words[due.kind]
    shown = date_value(due, language) | {
        "by": words["by_range" if due.due != due.latest else "by_day"].format(
            due=long_day(due.due, language), latest=long_day(due.latest, language)
        ),
        "label": kind.format(cite=due.citation) if due.citation else kind.replace(" ({cite})", ""),
        "note": guide.clock_note(clock, language),
        "whose": guide.clock_texts[clock].whose,
        # Whether it came, only the parent knows, and they were not asked before: nothing is recorded of it.
        "recorded": guide.clocks[clock].runs_from != "not_held",
    }
    part = StepText(subject, frame.body, frame.button, frame.beside)
    more = {"date": shown, "line": line}
    footer = _footer(guide, step, language, facts.today, f"clock_{when}")
    return _mail(guide, part, language, facts, more, footer)


def about_step(guide: Guide, step: StepKey, language: Language, facts: StepFacts) -> list[tuple[str, str]]:
    """What the guide says of a step, part by part, as in its e-mail: (heading, plain text).

    Such as what it is, what one can do, what it can and cannot get. What comes before the first heading is
    left out. Where the review has run out, the parts are those of the short e-mail.
    """
    allowed = letter_allowed(guide, step, facts.today)
    text = guide.steps[step, language] if allowed else guide.expired[language]
    body = rendered(text.body, values(guide, facts, language, BLANK)).strip()
    parts: list[tuple[str, str]] = []
    for block in re.split(r"\n\s*\n", body):
        headed = _HEADED.match(block)
        if headed:
            parts.append((headed[1].rstrip(".:"), plain(headed[2]).strip()))
        elif parts:
            heading, before = parts[-1]
            parts[-1] = heading, f"{before}\n\n{plain(block).strip()}".strip()
    return [(heading, said) for heading, said in parts if said]


def letter_allowed(guide: Guide, step: StepKey, today: date) -> bool:
    """Whether a step may be sent with its letter: neither its own review nor the letter's has run out."""
    keys = (step.value, *LETTERS_OF.get(step, ())[:1])
    return all(guide.review_of(key, today) != "expired" for key in keys)


def _mail(
    guide: Guide,
    part: StepText,
    language: Language,
    facts: StepFacts,
    more: Mapping[str, Any],
    footer: tuple[str, ...],
    letters: Sequence[Letter] = (),
    missing: Sequence[Detail] = (),
) -> RenderedStep:
    words = guide.words[language]
    about = about_letters(guide, language, letters, missing)

    def fill(text: str, found: Mapping[str, Any]) -> str:
        said = dict(found) | dict(more)
        if "line" in more:
            said["line"] = rendered(more["line"], said)
        return rendered(text, said).strip()

    found = values(guide, facts, language, BLANK)
    parts = Parts(
        subject=" ".join(fill(part.subject, found).split()),
        body=fill(part.body, found) + about,
        marked=fill(part.body, values(guide, facts, language, BLANK, safe)) + about,
        button=part.button,
        beside=part.beside or words["not_now"],
        page=facts.page_url,
        reading=[
            (guide.reading[key].name[language], guide.reading[key].page[language]) for key in part.reading
        ],
        terms=[
            (guide.glossary[key].term[language], guide.glossary[key].text[language]) for key in part.terms
        ],
        read_more=words["read_more"],
        terms_title=words["terms"],
        footer=footer,
    )
    return RenderedStep(parts.subject, as_text(parts), as_html(parts, language))


def about_letters(
    guide: Guide, language: Language, letters: Sequence[Letter], missing: Sequence[Detail]
) -> str:
    """What an e-mail adds about its letters: that they are attached, or what they still need."""
    phrases = guide.letters.phrases[language]
    if missing:
        wanted = "\n".join(f"- {one.question[language]}" for one in missing)
        return f"\n\n{phrases['mail_missing']}\n\n{wanted}"
    return f"\n\n{phrases['mail_attached']}" if letters else ""


def footer_lines(guide: Guide, language: Language, today: date, key: str = "") -> tuple[str, ...]:
    """What everything that is sent carries: jurisdiction, version, review state, "not legal advice".

    `key`: the step or letter whose review is told, as of `today`; without it, how far the whole is reviewed.
    """
    told = review_line(guide, language, key, today) if key else whole_review(guide, language, today)
    words = guide.words[language]
    return (
        guide.jurisdiction[language],
        f"{words['guide_version']} {guide.version}. {told}",
        f"{words['verified_on']} {long_day(guide.verified_on, language)}.",
        guide.not_advice[language],
    )


def review_line(guide: Guide, language: Language, key: str, today: date) -> str:
    """The review state of a step or letter in one sentence."""
    review = guide.review_for(key)
    state = review.state(today)
    until = long_day(review.until, language) if review.until else ""
    return guide.words[language][f"review_{state}"].format(by=review.by, until=until)


def whole_review(guide: Guide, language: Language, today: date) -> str:
    """The same where no single text is meant, as in the evidence file: how many of them are reviewed."""
    states = {key: guide.review_of(key, today) for key in KEYS}
    until = [guide.review_for(key).until or today for key, state in states.items() if state == "reviewed"]
    if not until:
        return guide.words[language]["review_pending"]
    said = guide.words[language]["review_all" if len(until) == len(KEYS) else "review_some"]
    return said.format(count=len(until), all=len(KEYS), until=long_day(min(until), language))


def _footer(guide: Guide, step: StepKey, language: Language, today: date, *more: str) -> tuple[str, ...]:
    """The footer with the weakest review: of the step, its letter, and of an e-mail that has its own."""
    order = ("expired", "pending", "reviewed")
    keys = (step.value, *LETTERS_OF.get(step, ())[:1], *more)
    weakest = min(keys, key=lambda key: order.index(guide.review_of(key, today)))
    return footer_lines(guide, language, today, weakest)
