"""The guide for staff: jurisdictions, every text with its review and as a family would get it, every fact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from flask import Blueprint, abort, has_request_context, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.escalation.types import StepKey
from assistant.families.guide_reviews import NEEDING, fact_reviewables, reviewables
from assistant.families.guide_versions import guide_now
from assistant.families.jurisdictions import in_use, of_centre
from assistant.families.thresholds import EVERY, policy_for_kind
from assistant.guide.checked import KEYS
from assistant.guide.filling import LetterError
from assistant.guide.leaves import PIECES
from assistant.guide.letter import write_letter
from assistant.guide.letters import LETTERS_OF, NAMES
from assistant.guide.loader import bases_of, jurisdictions, load_guide
from assistant.guide.render import render_clock_mail, render_step
from assistant.guide.sample import sample, sample_due
from assistant.guide.stated import facts_of
from assistant.guide.types import Guide
from assistant.store import Staff
from assistant.web import guide_facts, guide_states, guide_tests
from assistant.web.current import the_house
from assistant.web.guide_form import Form, empty, reviewing, write_down
from assistant.web.guide_names import called, fact_name, here, standing, text_name
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import today
from assistant.words import LANGUAGES, Language
from messages.template_states import guide_key

blueprint = Blueprint("guide_pages", __name__, url_prefix="/admin/guide")

_STEP_OF = {name: key for key, names in LETTERS_OF.items() for name in names}


@dataclass(frozen=True, slots=True)
class Told:
    """A text of the guide in one language, filled for the sample family."""

    language: Language
    kind: str  # "mail", "letter", "copy", "before_you_send"
    title: str
    text: str


_INT = "<int(max=2147483647):number>"


@blueprint.app_url_defaults
def _of(endpoint: str, values: dict[str, Any]) -> None:
    """Pages about another guide than the centre's lead to pages about that one."""
    if endpoint.startswith("guide_pages.") and has_request_context() and "of" in request.args:
        values.setdefault("of", request.args["of"])


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """The jurisdictions, and every text of the one in use with its review."""
    house = the_house()
    with house.store.read() as session:
        staff_who_may(session, "templates_see")
        guide = guide_now(session, here(session))
        rows = reviewables(session, here(session), today())
        found = fact_reviewables(session, here(session), today())
        return render_template(
            "admin/guide.html",
            centres=of_centre(session, house.settings).program.jurisdiction,
            others=in_use(session, house.settings),
            guides=[(load_guide(key), bases_of(key)) for key in jurisdictions()],
            guide=guide,
            rows=rows,
            name=lambda key: called(guide, key),
            needing=[one for one in rows if one.standing in NEEDING],
            facts_needing=[one for one in found if one.standing in NEEDING],
            facts_checked=sum(one.standing in ("reviewed", "soon") for one in found),
            facts_all=len(found),
            groups=("step", "letter", "dates"),
            standing=standing,
            language=words().language,
        )


@blueprint.get("/text/<key>")
def text(key: str) -> ResponseReturnValue:
    """One text as a family would get it in each language, its review, and the form to write one down."""
    with the_house().store.read() as session:
        staff = staff_who_may(session, "templates_see")
        _known(key)
        return _page(session, staff, key, empty())


@blueprint.post("/text/<key>")
def review(key: str) -> ResponseReturnValue:
    """Write down a review, or that one no longer holds. What was sent before stays as it was."""
    _known(key)
    return write_down(
        key, lambda session, staff, form: _page(session, staff, key, form), url_for(".text", key=key)
    )


blueprint.add_url_rule("/text/<key>/test", "test", view_func=guide_tests.send, methods=["POST"])
blueprint.add_url_rule("/states", "states", view_func=guide_states.page)
blueprint.add_url_rule("/states", "choose_state", view_func=guide_states.change, methods=["POST"])
blueprint.add_url_rule(f"/states/{_INT}", "states_child", view_func=guide_states.child)
blueprint.add_url_rule(
    f"/states/{_INT}", "choose_state_of_child", view_func=guide_states.change_child, methods=["POST"]
)
blueprint.add_url_rule("/facts", view_func=guide_facts.facts)
blueprint.add_url_rule("/fact/<key>", view_func=guide_facts.fact)
blueprint.add_url_rule("/fact/<key>", "review_fact", view_func=guide_facts.review, methods=["POST"])


def _known(key: str) -> None:
    if key not in KEYS:
        abort(404)


def _page(session: Session, staff: Staff, key: str, form: Form) -> str:
    guide = guide_now(session, here(session))
    day, stating = today(), facts_of(guide, key)
    one = next(row for row in reviewables(session, here(session), day) if row.key == key)
    return render_template(
        "admin/guide_text.html",
        key=key,
        name=text_name(guide, key),
        row=one,
        standing=standing,
        guide=guide,
        told=_told(guide, key),
        triggers=_when(session, guide, key),
        edits=[
            (kind, code, guide_key(guide.key, f"{kind}.{key}"))
            for kind in ("mail", "letter")
            if f"{kind}.{key}" in PIECES
            for code in LANGUAGES
        ],
        form=form,
        rests_on=[one for one in fact_reviewables(session, here(session), day) if one.key in stating],
        fact_name=lambda one: fact_name(guide, one),
        **reviewing(session, staff, key),
    )


def _when(session: Session, guide: Guide, key: str) -> tuple[str, ...]:
    """When a step is suggested, with the numbers that hold for all services."""
    if key not in set(StepKey):
        return ()
    policy = policy_for_kind(session, EVERY, the_house().settings)
    return guide.when(StepKey(key), words().language, policy)


def _told(guide: Guide, key: str) -> list[Told]:
    """The text in every language for the sample family, as if its review held: all of its words."""
    whole = _as_if_reviewed(guide)
    return [one for language in LANGUAGES for one in _told_in(whole, key, language)]


def _told_in(guide: Guide, key: str, language: Language) -> list[Told]:
    day, found = today(), []
    step = StepKey(key) if key in set(StepKey) else _STEP_OF.get(key, StepKey.DOCUMENT)
    about = sample(guide, step, language, day)
    if key in set(StepKey):
        mail = render_step(guide, step, language, about)
        found.append(Told(language, "mail", mail.subject, mail.text))
    if KEYS[key] == "dates":
        when: Literal["before", "after"] = "before" if key == "clock_before" else "after"
        for clock in guide.clock_mails[when, language].phrases:
            mail = render_clock_mail(guide, when, clock, step, language, about, sample_due(guide, clock, day))
            found.append(Told(language, "mail", mail.subject, mail.text))
    if key in NAMES:
        found += _letter(guide, key, language)
    return found


def _letter(guide: Guide, name: str, language: Language) -> list[Told]:
    about = sample(guide, _STEP_OF.get(name, StepKey.DOCUMENT), language, today())
    try:
        made = write_letter(guide, name, language, about)
    except LetterError:
        return []
    shown = made.copy or made.school
    found = [Told(language, "copy" if made.copy else "letter", shown.title, shown.text)]
    if made.before_you_send:
        points = "\n".join(f"- {one}" for one in made.before_you_send)
        found.append(Told(language, "before_you_send", made.before_title, points))
    return found


def _as_if_reviewed(guide: Guide) -> Guide:
    """The guide with no review run out: a text past its review is read whole here, to be reviewed anew."""
    day = today()
    kept = {key: one for key, one in guide.reviews.items() if one.state(day) != "expired"}
    return replace(guide, reviews=kept)
