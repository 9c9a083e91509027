"""What staff's pages call a text or fact of the guide, and the state of its review, in the reader's words."""

from __future__ import annotations

from flask import request
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.escalation.types import StepKey
from assistant.families.jurisdictions import of_centre, under
from assistant.guide.checked import KEYS
from assistant.guide.letters import NAMES
from assistant.guide.loader import jurisdictions
from assistant.guide.stated import stated
from assistant.guide.types import Guide, Review
from assistant.web.current import the_house
from assistant.web.language import words


def here(session: Session) -> Settings:
    """The settings of the guide that a page is about: `?of=us-il`, else the centre's."""
    asked, settings = request.args.get("of", ""), the_house().settings
    return under(settings, asked) if asked in jurisdictions() else of_centre(session, settings)


def called(guide: Guide, key: str) -> str:
    """A text or fact by its name, of a fact with what kind of fact it is."""
    if key in KEYS:
        return text_name(guide, key)
    kind = words().say(f"guide_facts.kind_{key.partition('.')[0]}")
    return words().say("guide_facts.called", kind=kind, name=fact_name(guide, key))


def text_name(guide: Guide, key: str) -> str:
    """What a step, letter or kind of e-mail is called."""
    language = words().language
    if key in set(StepKey):
        name = guide.words[language][key]
        return name[:1].upper() + name[1:]
    if key in NAMES:
        return guide.letters.texts[key, language].title
    return words().say(f"guide_pages.{key}")


def fact_name(guide: Guide, key: str) -> str:
    """What a fact is called; the key of one that the guide no longer has."""
    one = stated(guide).get(key)
    return one.name[words().language] if one else key


def standing(review: Review, standing: str, fact: bool = False) -> str:
    """The state of a review in words."""
    until = words().day_and_year(review.until) if review.until else ""
    key = f"guide_facts.is_{standing}" if fact else f"guide_pages.is_{standing}"
    return words().say(key, by=review.by, until=until)
