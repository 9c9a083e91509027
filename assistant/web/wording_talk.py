"""Play the parent: a whole talk with the real reader. Replies stand in the page alone; nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from assistant.operations.changed import Texts
from assistant.operations.rehearsals import made_up, texts_of
from assistant.operations.talk import ABOUT, CHILD, MOST_REPLIES, About, talk
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.speech import as_language
from assistant.web.staff_pages import staff_who_may
from assistant.words import Language
from messages.templates import misfits

REPLY = 600  # letters
# What is asked about where a text of the editor is the first of the talk.
_ABOUT: Mapping[str, About] = {
    "question_many": "many",
    "question_mixed": "many",
    "question_count": "count",
    "question_minutes": "minutes",
}


@dataclass(frozen=True, slots=True)
class Form:
    """The talk so far, as typed."""

    about: About
    language: Language
    drafts: bool
    said: tuple[str, ...]


def page() -> ResponseReturnValue:
    """`?key=texts.question_count&language=es`: what is asked, and in what language."""
    with the_house().store.read() as session:
        staff_who_may(session, "templates_see")
    name = request.args.get("key", "").removeprefix("texts.")
    language = as_language(request.args.get("language", "")) or words().language
    return _shown(Form(_ABOUT.get(name, "one"), language, True, ()))


def go_on() -> ResponseReturnValue:
    """One more reply, the last one taken back, or all of it begun anew."""
    with the_house().store.read() as session:
        staff_who_may(session, "templates_see")
    return _shown(_typed(request.form))


def _typed(given: MultiDict[str, str]) -> Form:
    said = [one for one in (_plain(text) for text in given.getlist("said")[:MOST_REPLIES]) if one]
    reply, do = _plain(given.get("reply", "")), given.get("do", "say")
    if do == "over":
        said = []
    elif do == "back":
        said = said[:-1]
    elif reply and len(said) < MOST_REPLIES:
        said.append(reply)
    about = cast(About, given.get("about")) if given.get("about") in ABOUT else "one"
    language = as_language(given.get("language", "")) or words().language
    return Form(about, language, given.get("drafts") == "1", tuple(said))


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()[:REPLY]


def _shown(form: Form) -> str:
    house = the_house()
    with house.store.read() as session:
        in_use = texts_of(session, drafts=form.drafts)
    named = {tuple(name.rsplit(" ", 1)): body for name, body in in_use.items()}
    texts = cast(Texts, {name: body for name, body in named.items() if not misfits(name[0], body)})
    return render_template(
        "admin/wording_talk.html",
        form=form,
        turns=talk(form.said, form.language, form.about, made_up(house.settings), texts),
        abouts=ABOUT,
        child=CHILD,
        full=len(form.said) >= MOST_REPLIES,
        most=MOST_REPLIES,
        longest=REPLY,
        intent=_intent,
    )


def _intent(name: str) -> str:
    key = f"wordings.intent_{name}"
    return words().say(key) if words().knows(key) else words().say("wordings.intent_unclear")
