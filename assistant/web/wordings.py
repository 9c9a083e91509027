"""Messages for staff: every text and e-mail in each language, and the editor with its checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, get_args

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.conversation.reply_words import Played, check, play
from assistant.families.own_phone import phone_of
from assistant.families.roles import may
from assistant.guide.leaves import PIECES
from assistant.store import Caregiver, Child, ServiceLine, Staff
from assistant.web import guide_words, wording_acts, wording_talk
from assistant.web.current import the_house
from assistant.web.guide_names import here
from assistant.web.language import words
from assistant.web.speech import speech
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_saving import REASON, keep_draft
from assistant.web.wording_words import a_line, finding, kind_of, meaning, of_list, today, what
from assistant.words import LANGUAGES, Language
from messages.own_effects import Effects, effects
from messages.own_words import is_own
from messages.template_diff import Piece, pieces
from messages.template_rules import Finding, Looked, allowed_names, look, names_in, without
from messages.template_samples import sample
from messages.template_states import (
    MARKS,
    SOURCE,
    Mark,
    Version,
    Wording,
    all_wordings,
    guide_key,
    guide_piece,
    is_stale,
    made_from,
    marks,
    wording,
)
from messages.templates import LONGEST_TEMPLATE, TemplateError, fill, misfits

blueprint = Blueprint("templates", __name__, url_prefix="/admin/templates")

REPLY = 600
_SCHOOLS = 500  # names looked for in a text
_KINDS = ("texts", "mails", "guide", "footer", "words", "phrases")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list: a text, what it is for, and what is to be said of it in each language."""

    key: str
    what: str
    cells: tuple[tuple[Language, list[Mark]], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The editor's form as typed. `base`: the newest version when it was opened; `source`: the English."""

    body: str
    reason: str = ""
    machine: bool = False
    base: int = 0
    source: int | None = None
    reply: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@blueprint.context_processor
def _shared() -> dict[str, object]:
    return {"kind_of": kind_of, "language_name": lambda code: speech(code).say("layout.name_of_language")}


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """The list as a grid of texts and languages; `?show=mails`, `?state=stale` narrow it."""
    kind = request.args.get("show", "")
    kind = kind if kind in _KINDS else "texts"
    wanted = request.args.get("state", "")
    wanted = wanted if wanted in MARKS else ""
    with the_house().store.read() as session:
        staff_who_may(session, "templates_see")
        rows = _rows(session, kind, today())
    shown = [row for row in rows if not wanted or any(wanted in found for _, found in row.cells)]
    return render_template(
        "admin/wordings.html",
        rows=shown,
        total=len(rows),
        kind=kind,
        kinds=_KINDS,
        wanted=wanted,
        every=MARKS,
    )


@blueprint.get("/<language>/<key>")
def edit(language: str, key: str) -> ResponseReturnValue:
    """The editor, with the newest words; `?version=3` shows those of a version, and changes nothing."""
    code = of_list(language, key)
    with the_house().store.read() as session:
        staff = staff_who_may(session, "templates_see")
        one = wording(session, key, code)
        shown = one.at_work or one.in_use
        asked = request.args.get("version", "")
        if asked:
            shown = one.numbered(int(asked[:9])) if asked.isascii() and asked.isdigit() else None
            if shown is None:
                abort(404)
        if guide_piece(key):
            return guide_words.edit(session, staff, one, shown, bool(asked))
        return _editor(session, staff, one, _filled(session, one, shown), shown if asked else None)


@blueprint.post("/<language>/<key>")
def change(language: str, key: str) -> ResponseReturnValue:
    """[Look] shows how it arrives, a letter's button makes it plain, [Save] keeps the words as a draft.

    [Read it] plays the parent, who replies to them.
    """
    code, house = of_list(language, key), the_house()
    if guide_piece(key) and request.form.get("do") == "save":
        return guide_words.keep(code, key)
    form = _typed()
    with house.store.read() as session:
        staff = staff_who_may(session, "templates_see")
        one = wording(session, key, code)
        if guide_piece(key):
            return guide_words.change(session, staff, one)
        if request.form.get("do") != "save":
            return _editor(session, staff, one, form)
        if not may(staff.role, "templates_edit"):
            form.errors["body"] = words().say("wordings.not_editor")
            return _editor(session, staff, one, form), 403
        looked = _look(session, one, form.body)
        if not form.reason or len(form.reason) > REASON:
            form.errors["reason"] = words().say("wordings.no_reason", most=REASON)
        if looked.errors:
            form.errors["body"] = words().say("wordings.no_errors")
        if form.errors:
            return _editor(session, staff, one, form), 400
    warned = [[found.code, dict(found.values)] for found in looked.warnings]
    why = keep_draft(
        "templates_edit",
        key,
        code,
        form.body,
        form.reason,
        warned,
        base=form.base,
        source=form.source,
        machine=form.machine,
    )
    if why:
        with house.store.read() as session:
            staff, one = staff_who_may(session, "templates_see"), wording(session, key, code)
            form.errors["body"] = words().say(f"wordings.no_{why}")
            newest = one.versions[0].number if one.versions else 0
            fresh = Form(form.body, form.reason, form.machine, newest, form.source, "", form.errors)
            return _editor(session, staff, one, fresh), 409
    flash(words().say("wordings.saved", version=form.base + 1))
    return redirect(url_for("templates.edit", language=code, key=key), 303)


@blueprint.post("/<language>/<key>/look")
def preview(language: str, key: str) -> ResponseReturnValue:
    """What [Look] shows, alone, for the page's script. Nothing is kept."""
    code = of_list(language, key)
    with the_house().store.read() as session:
        staff_who_may(session, "templates_see")
        one = wording(session, key, code)
        if guide_piece(key):
            return guide_words.look(session, one)
        form = _typed()
        return render_template("admin/wording_look.html", **_shown(session, one, form))


blueprint.add_url_rule("/<language>/<key>/arrives", view_func=guide_words.arrives)
blueprint.add_url_rule("/<language>/<key>/versions", view_func=wording_acts.versions)
blueprint.add_url_rule(
    "/<language>/<key>/versions/<int(max=2147483647):number>", view_func=wording_acts.act, methods=["POST"]
)
blueprint.add_url_rule("/<language>/<key>/test", view_func=wording_acts.test, methods=["POST"])
blueprint.add_url_rule("/phone", view_func=wording_acts.phone)
blueprint.add_url_rule("/talk", "talk", view_func=wording_talk.page)
blueprint.add_url_rule("/talk", "talk_on", view_func=wording_talk.go_on, methods=["POST"])
blueprint.add_url_rule("/phone", view_func=wording_acts.phone_set, methods=["POST"])


def _rows(session: Session, kind: str, today: date) -> list[Row]:
    jurisdiction = here(session).program.jurisdiction
    of = [guide_key(jurisdiction, piece) for piece in PIECES] if kind == "guide" else []
    every = all_wordings(session, of)
    keys = dict.fromkeys(key for key, _ in every if kind_of(key) == kind)
    return [
        Row(
            key,
            what(key),
            tuple((code, marks(every[key, code], every[key, SOURCE], today)) for code in LANGUAGES),
        )
        for key in keys
    ]


def _editor(session: Session, staff: Staff, one: Wording, form: Form, shown: Version | None = None) -> str:
    source = wording(session, one.key, SOURCE) if one.language != SOURCE else one
    phone = phone_of(session, staff)
    return render_template(
        "admin/wording.html",
        what=what(one.key),
        kind=kind_of(one.key),
        names=[(name, meaning(name)) for name in allowed_names(one.key)],
        beside=_beside(one, source) if one.language != SOURCE else [],
        stale=is_stale(one, source),
        shown=shown,
        others=[code for code in LANGUAGES if code != one.language],
        may_edit=may(staff.role, "templates_edit"),
        may_rehearse=may(staff.role, "rehearse"),
        longest=LONGEST_TEMPLATE,
        reason_longest=REASON,
        reply_longest=REPLY,
        phone=phone.texts if phone else "",
        testable=one.at_work or one.in_use,
        **_shown(session, one, form),
    )


def _shown(session: Session, one: Wording, form: Form) -> dict[str, Any]:
    """What the part of the page needs that follows the words."""
    looked = _look(session, one, form.body)
    stands_in = _effects(session, one, form.body).examples if looked.filled and is_own(one.key) else ()
    played = _played(one, form)
    return {
        "one": one,
        "looked": looked,
        "stands_in": stands_in[0][1] if stands_in else "",
        "subject": _subject(session, one),
        "played": played,
        "told": _confirmation(session, one.language, played),
        "form": form,
        "say": finding,
    }


def _look(session: Session, one: Wording, body: str) -> Looked:
    settings, using = the_house().settings, one.in_use
    schools = session.scalars(select(Child.school).where(Child.school != "").distinct().limit(_SCHOOLS)).all()
    named = select(ServiceLine.name).where(func.lower(ServiceLine.name) != func.lower(ServiceLine.alias))
    services = session.scalars(named.distinct().limit(_SCHOOLS)).all()
    looked = look(
        one.key,
        one.language,
        body,
        settings.program.name,
        live=using.row.body if using else "",
        schools=schools,
        services=services,
        bare=settings.sms.plain_accents,
    )
    more = [*check(one.key, one.language, looked.filled), *_empty_for(session, one.key, body)]
    if is_own(one.key) and not looked.errors:
        more += [
            Finding("error", "own_segments", {"text": what(key), "segments": str(segments)})
            for key, segments in _effects(session, one, body).dearer
        ]
    return Looked(
        **{name: getattr(looked, name) for name in Looked.__slots__ if name != "findings"},
        findings=(*looked.findings, *more),
    )


def _effects(session: Session, one: Wording, body: str) -> Effects:
    """What these words would do to the texts in use."""
    every, settings = all_wordings(session), the_house().settings
    in_use = {
        key: found.in_use.row.body
        for (key, language), found in every.items()
        if language == one.language and key.startswith("texts.") and found.in_use
    }
    whole = {key: text for key, text in in_use.items() if not misfits(key, text)}
    bare = settings.sms.plain_accents
    return effects(one.key, one.language, body, whole, settings.program.name, bare=bare)


def _empty_for(session: Session, key: str, body: str) -> list[Finding]:
    """How many families told no name, where an e-mail has it: theirs reads the child's nickname."""
    if not key.startswith("mails.") or "name" not in names_in(body):
        return []
    count = session.scalars(
        select(func.count()).where(Caregiver.name == "", Caregiver.mails == "in", ~Caregiver.for_tests)
    ).one()
    return [Finding("warning", "no_name", {"families": str(count)})] if count else []


def _subject(session: Session, one: Wording) -> str:
    """The subject that an e-mail's body goes out under, filled in; "" for anything else."""
    if not one.key.endswith(".body"):
        return ""
    using = wording(session, one.key.removesuffix("body") + "subject", one.language).in_use
    values = sample(one.key, one.language, the_house().settings.program.name)
    try:
        return fill(using.row.body, values, one.key) if using else ""
    except TemplateError:
        return ""


def _played(one: Wording, form: Form) -> Played | None:
    if not form.reply or not one.key.startswith("texts."):
        return None
    return play(one.key, one.language, the_house().settings.program.name, form.reply)


def _confirmation(session: Session, language: Language, played: Played | None) -> str:
    """What would be said back, in the confirmation's words of now."""
    using = wording(session, "texts.confirm", language).in_use if played and played.answers else None
    if played is None or using is None:
        return ""
    values = {"answers": played.answers, "days": str(the_house().settings.asking.late_answer_days)}
    return fill(using.row.body, values, "texts.confirm")


def _beside(one: Wording, source: Wording) -> list[Piece]:
    """The English in use, with what was changed in it since the words in use were written."""
    using, mine = source.in_use, one.in_use
    if using is None:
        return []
    before = made_from(mine, source) if mine else None
    return pieces(before.row.body if before else using.row.body, using.row.body)


def _filled(session: Session, one: Wording, shown: Version | None) -> Form:
    source = wording(session, one.key, SOURCE).in_use if one.language != SOURCE else None
    return Form(
        body=shown.row.body if shown else "",
        machine=bool(shown and shown.row.machine and not shown.live),
        base=one.versions[0].number if one.versions else 0,
        source=source.number if source else None,
    )


def _typed() -> Form:
    """The form as it came; a letter that was pressed is made plain in it."""
    body = request.form.get("body", "").replace("\r\n", "\n").strip("\n")[: LONGEST_TEMPLATE + 1]
    return Form(
        body=without(body, request.form.get("plain", "")),
        reason=a_line("reason")[: REASON + 1],
        machine=request.form.get("machine") == "1",
        base=_number(request.form.get("base", "")) or 0,
        source=_number(request.form.get("source", "")),
        reply=request.form.get("reply", "").strip()[:REPLY],
    )


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


assert set(MARKS) == set(get_args(Mark))
