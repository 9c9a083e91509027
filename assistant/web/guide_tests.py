"""A step's e-mail or a letter of the guide, for a made-up family, to the address of who presses it."""

from __future__ import annotations

from typing import Literal

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from assistant.conversation.letters import offer
from assistant.escalation.types import StepKey
from assistant.families.guide_versions import guide_with_drafts
from assistant.families.own_mail import Try, send_test_mail
from assistant.guide.checked import KEYS
from assistant.guide.docx import docx
from assistant.guide.filling import LetterError
from assistant.guide.letter import Letter, write_letter
from assistant.guide.letters import LETTERS_OF, NAMES
from assistant.guide.paper import paper
from assistant.guide.render import render_clock_mail, render_step
from assistant.guide.sample import sample, sample_due
from assistant.guide.types import Guide
from assistant.web.current import the_house
from assistant.web.guide_names import here
from assistant.web.language import words
from assistant.web.speech import as_language
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import today
from assistant.words import Language
from messages.outbox import File

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_STEP_OF = {name: key for key, names in LETTERS_OF.items() for name in names}


def send(key: str) -> ResponseReturnValue:
    """Queue it in its newest words, drafts too, in the language that was pressed.

    404 for what has no words for the made-up family.
    """
    house, language = the_house(), as_language(request.form.get("language", ""))
    if key not in KEYS or language is None:
        abort(404)
    with house.store.write() as session:
        staff = staff_who_may(session, "templates_see")
        tried = _tried(guide_with_drafts(session, here(session)), key, language)
        if tried is None:
            abort(404)
        trouble = send_test_mail(session, staff, tried, house.clock.now(), house.settings)
    if house.settings.sandbox and not trouble:
        house.run_pass()
    flash(words().say(f"wordings.mail_{trouble or 'sent'}"))
    return redirect(url_for("guide_pages.text", key=key), 303)


def _tried(guide: Guide, key: str, language: Language) -> Try | None:
    day = today()
    step = StepKey(key) if key in set(StepKey) else _STEP_OF.get(key, StepKey.DOCUMENT)
    facts, name = sample(guide, step, language, day), f"guide.{key}"
    if key in set(StepKey):
        found = offer(guide, step, language, facts)
        mail = render_step(guide, step, language, facts, found.letters, found.missing)
        return Try(
            name, language, 0, mail.subject, mail.text, mail.html, [_file(one) for one in found.letters]
        )
    if KEYS[key] == "dates":
        when: Literal["before", "after"] = "before" if key == "clock_before" else "after"
        mails = [
            render_clock_mail(guide, when, clock, step, language, facts, sample_due(guide, clock, day))
            for clock in guide.clock_mails[when, language].phrases
        ]
        if not mails:
            return None
        # One e-mail with the words of every date, below each other: one each would be past the limit.
        whole = "\n\n".join(f"{'=' * 20}\n{mail.subject}\n{'=' * 20}\n\n{mail.text}" for mail in mails)
        return Try(name, language, 0, mails[0].subject, whole)
    if key in NAMES:
        try:
            letter = write_letter(guide, key, language, facts)
        except LetterError:
            return None
        shown = letter.copy or letter.school
        return Try(name, language, 0, shown.title, shown.text, files=[_file(letter)])
    return None


def _file(letter: Letter) -> File:
    return File(f"{letter.stem}.docx", DOCX, docx(paper(letter, with_copy=True)))
