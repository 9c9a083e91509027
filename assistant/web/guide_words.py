"""A text of the guide for staff: its words one by one, as a family would get it, and what is wrong with it.

Versions, reviews and history are those of messages (`wordings`, `wording_acts`); only the form is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from flask import Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from jinja2 import TemplateError
from sqlalchemy.orm import Session

from assistant.conversation.reply_words import check_offered
from assistant.families.guide_versions import guide_now
from assistant.families.jurisdictions import under
from assistant.families.roles import may
from assistant.guide.filling import LONGEST_SOURCE, LetterError
from assistant.guide.leaf_rules import FAMILIES, Family, Fault, faults, filled, names_used
from assistant.guide.leaves import Leaf, as_body, from_body, leaves, with_words, words_of
from assistant.guide.letter import Letter
from assistant.guide.loader import load_guide
from assistant.guide.paper import copy_paper, paper
from assistant.guide.pdf import pdf
from assistant.guide.render import RenderedStep
from assistant.guide.types import Guide
from assistant.store import Staff
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.security import MAIL_POLICY
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_saving import REASON, keep_draft
from assistant.web.wording_words import a_line, finding, guide_of_key, leaf_label, of_list, today, what
from assistant.words import LANGUAGES, Language
from messages.template_diff import Piece, pieces
from messages.template_rules import Finding, charges, grade_of
from messages.template_states import SOURCE, Version, Wording, file_changed, is_stale, made_from, wording

_MOST_NAMES = 400
# Put into a letter's page: the frame's policy lets no file of ours in.
_PAGE_CSS = (Path(__file__).parent / "static" / "letter.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Field:
    """A run of words in the form. `english`: what it says in the source, where this is a translation."""

    id: str
    leaf: Leaf
    label: str
    text: str
    english: str = ""


@dataclass(slots=True)
class Form:
    """The form as typed, as `wordings.Form`; `said` are the words by key."""

    said: dict[str, str]
    reason: str = ""
    machine: bool = False
    base: int = 0
    source: int | None = None
    family: Family = "long"
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """The text as the sample family gets it, (title, text) each, and all there is to say about it."""

    told: tuple[tuple[str, str], ...]
    before_you_send: tuple[str, ...]
    is_letter: bool
    grade: float | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        return [one for one in self.findings if one.level == "error"]

    @property
    def warnings(self) -> list[Finding]:
        return [one for one in self.findings if one.level == "warning"]


def edit(session: Session, staff: Staff, one: Wording, shown: Version | None, asked: bool) -> str:
    """The form with the newest words, or those of a version that was asked for."""
    guide, piece = _guide(session, one)
    version = shown or one.versions[-1]
    said = _fitting(guide, piece, one.language, from_body(version.row.body))
    source = wording(session, one.key, SOURCE).in_use if one.language != SOURCE else None
    form = Form(
        said,
        machine=version.row.machine and not version.live,
        base=one.versions[0].number,
        source=source.number if source else None,
    )
    return _page(session, staff, one, form, version if asked else None)


def change(session: Session, staff: Staff, one: Wording) -> ResponseReturnValue:
    """[Look] says what there is to say, others show it in the frame or as paper (PDF); saving is `keep`."""
    guide, piece = _guide(session, one)
    form = _typed(guide, piece, one)
    do, _, nth = request.form.get("do", "").partition(".")
    if do == "arrives":
        return _arrived(guide, piece, one, form, int(nth[:3]) if nth.isascii() and nth.isdigit() else 0)
    if do == "pdf" and piece.startswith("letter."):
        return _paper(session, staff, one, form)
    return _page(session, staff, one, form)


def keep(language: Language, key: str) -> ResponseReturnValue:
    """Keep the words as a draft. What has a fault is not kept, and the form comes back with it."""
    house = the_house()
    with house.store.read() as session:
        staff, one = staff_who_may(session, "templates_see"), wording(session, key, language)
        guide, piece = _guide(session, one)
        form = _typed(guide, piece, one)
        if not may(staff.role, "guide_edit"):
            form.errors["reason"] = words().say("wordings.not_editor")
            return _page(session, staff, one, form), 403
        looked = _look(guide, piece, one, form)
        if not 0 < len(form.reason) <= REASON:
            form.errors["reason"] = words().say("wordings.no_reason", most=REASON)
        if looked.errors:
            form.errors["look-title"] = words().say("wordings.no_errors")
        if form.errors:
            return _page(session, staff, one, form), 400
    warned = [[found.code, dict(found.values)] for found in looked.warnings]
    why = keep_draft(
        "guide_edit",
        key,
        language,
        as_body(form.said),
        form.reason,
        warned,
        base=form.base,
        source=form.source,
        machine=form.machine,
    )
    if why:
        with house.store.read() as session:
            staff, one = staff_who_may(session, "templates_see"), wording(session, key, language)
            form.errors["reason"] = words().say(f"wordings.no_{why}")
            form.base = one.versions[0].number
            return _page(session, staff, one, form), 409
    flash(words().say("wordings.saved", version=form.base + 1))
    return redirect(url_for("templates.edit", language=language, key=key), 303)


def look(session: Session, one: Wording) -> str:
    """What [Look] shows, alone, for the page's script."""
    guide, piece = _guide(session, one)
    looked = _look(guide, piece, one, _typed(guide, piece, one))
    return render_template("admin/guide_words_look.html", looked=looked, one=one, say=finding)


def arrives(language: str, key: str) -> ResponseReturnValue:
    """The newest words, or those of a version, as they arrive: for the frame of the page."""
    code = of_list(language, key)
    with the_house().store.read() as session:
        staff_who_may(session, "templates_see")
        one = wording(session, key, code)
        guide, piece = _guide(session, one)
        asked = request.args.get("version", "")
        numbered = one.numbered(int(asked[:9])) if asked.isascii() and asked.isdigit() else None
        version = numbered or one.at_work or one.in_use or one.versions[-1]
        form = Form(_fitting(guide, piece, code, from_body(version.row.body)))
        return _arrived(guide, piece, one, form, 0)


def _arrived(guide: Guide, piece: str, one: Wording, form: Form, nth: int) -> Response:
    """An e-mail's own HTML, or a letter laid out as its page; a sentence where it cannot be filled."""
    made: list[RenderedStep] | Letter = []
    if not faults(guide, piece, one.language, form.said, today()):
        words_in = with_words(guide, piece, one.language, form.said)
        made = filled(words_in, piece, one.language, today(), form.family)
    if made and not isinstance(made, Letter):
        html = made[min(nth, len(made) - 1)].html
    else:
        sheets = copy_paper(made) or paper(made) if isinstance(made, Letter) else None
        html = render_template(
            "admin/letter_page.html", paper=sheets, language=words().language, css=_PAGE_CSS
        )
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _family(typed: str) -> Family:
    return next((one for one in FAMILIES if one == typed), FAMILIES[0])


def _page(session: Session, staff: Staff, one: Wording, form: Form, shown: Version | None = None) -> str:
    guide, piece = _guide(session, one)
    source = wording(session, one.key, SOURCE) if one.language != SOURCE else one
    return render_template(
        "admin/guide_words.html",
        one=one,
        what=what(one.key),
        piece=piece,
        letter=piece.startswith("letter."),
        form=form,
        fields=_fields(guide, piece, one.language, form.said),
        looked=_look(guide, piece, one, form),
        shown=shown,
        stale=is_stale(one, source),
        beside=_beside(one, source),
        file_changed=file_changed(one),
        others=[code for code in LANGUAGES if code != one.language],
        families=FAMILIES,
        version=shown.number if shown else None,
        may_edit=may(staff.role, "guide_edit"),
        names=sorted(names_used(words_of(load_guide(guide.key), piece, one.language)))[:_MOST_NAMES],
        review_key=piece.partition(".")[2],
        longest=LONGEST_SOURCE,
        reason_longest=REASON,
        say=finding,
    )


def _guide(session: Session, one: Wording) -> tuple[Guide, str]:
    jurisdiction, piece = guide_of_key(one.key)
    return guide_now(session, under(the_house().settings, jurisdiction)), piece


def _fields(guide: Guide, piece: str, language: Language, said: Mapping[str, str]) -> list[Field]:
    english = words_of(guide, piece, SOURCE) if language != SOURCE else {}
    return [
        Field(f"w{place}", leaf, leaf_label(guide, leaf), said[leaf.key], english.get(leaf.key, ""))
        for place, leaf in enumerate(leaves(guide, piece, language))
    ]


def _typed(guide: Guide, piece: str, one: Wording) -> Form:
    def words_in(place: int, leaf: Leaf) -> str:
        typed = request.form.get(f"w{place}")
        if typed is None:
            return leaf.text.strip("\n")
        return typed.replace("\r\n", "\n").replace("\x00", "").strip("\n")[: LONGEST_SOURCE + 1]

    stands = leaves(guide, piece, one.language)
    source = request.form.get("source", "")
    base = request.form.get("base", "")
    return Form(
        {leaf.key: words_in(place, leaf) for place, leaf in enumerate(stands)},
        reason=a_line("reason")[: REASON + 1],
        machine=request.form.get("machine") == "1",
        base=int(base) if base.isascii() and base.isdigit() and len(base) < 10 else 0,
        source=int(source) if source.isascii() and source.isdigit() and len(source) < 10 else None,
        family=_family(request.form.get("family", "")),
    )


def _fitting(guide: Guide, piece: str, language: Language, said: Mapping[str, str]) -> dict[str, str]:
    """The words of a version in the form that the text has today: without what is gone, with what is new."""
    now = words_of(load_guide(guide.key), piece, language)
    return {key: said.get(key, text) for key, text in now.items()}


def _look(guide: Guide, piece: str, one: Wording, form: Form) -> Look:
    day, said = today(), form.said
    wrong = faults(guide, piece, one.language, said, day)
    found = [_said(guide, fault) for fault in wrong]
    found += charges("\n".join(said.values()))
    live = one.in_use
    before, now = names_used(from_body(live.row.body)) if live else set(), names_used(said)
    found += [Finding("warning", "name_added", {"name": name}) for name in sorted(now - before)]
    found += [Finding("warning", "name_dropped", {"name": name}) for name in sorted(before - now)]
    told: tuple[tuple[str, str], ...] = ()
    points: tuple[str, ...] = ()
    if not wrong:
        try:
            made = filled(with_words(guide, piece, one.language, said), piece, one.language, day, form.family)
        except (LetterError, TemplateError):  # told of above
            made = []
        if isinstance(made, Letter):
            written = made.copy or made.school
            told, points = ((written.title, written.text),), made.before_you_send
        else:
            told = tuple((mail.subject, mail.text) for mail in made)
    text = "\n\n".join(text for _, text in told)
    grade, easy = grade_of(text, one.language) if text else (None, True)
    if not easy and not piece.startswith("letter."):
        found.append(Finding("warning", "hard_mail"))
    found += check_offered(text, one.language)
    return Look(told, points, piece.startswith("letter."), grade, tuple(found))


def _said(guide: Guide, fault: Fault) -> Finding:
    where = leaf_label(guide, fault.leaf) if fault.leaf else ""
    values = {"where": where, "name": fault.name, "near": fault.near}
    return Finding("error", f"guide_{fault.code}", values)


def _beside(one: Wording, source: Wording) -> list[tuple[str, list[Piece]]]:
    """What was changed in the English since the words in use were written beside it."""
    mine, theirs = one.in_use, source.in_use
    before = made_from(mine, source) if mine else None
    if one.language == SOURCE or theirs is None or before is None:
        return []
    return changed(one.key, before.row.body, theirs.row.body)


def changed(key: str, before: str, after: str) -> list[tuple[str, list[Piece]]]:
    """The words that differ between two bodies of a text, each with where it stands."""
    jurisdiction, piece = guide_of_key(key)
    guide = load_guide(jurisdiction)
    labels = {leaf.key: leaf_label(guide, leaf) for leaf in leaves(guide, piece, SOURCE)}
    old, new = from_body(before), from_body(after)
    return [
        (labels.get(one, one.partition(".")[0]), pieces(old.get(one, ""), new.get(one, "")))
        for one in {**old, **new}
        if old.get(one) != new.get(one)
    ]


def _paper(session: Session, staff: Staff, one: Wording, form: Form) -> ResponseReturnValue:
    """The printed letter of the words as typed, as a family would get it; the page where it has faults."""
    guide, piece = _guide(session, one)
    if faults(guide, piece, one.language, form.said, today()):
        return _page(session, staff, one, form), 400
    made = filled(with_words(guide, piece, one.language, form.said), piece, one.language, today())
    if not isinstance(made, Letter):
        abort(404)
    data = pdf(copy_paper(made) or paper(made))
    name = f"{made.key.replace('_', '-')}-{one.language}.pdf"
    return send_file(BytesIO(data), mimetype="application/pdf", download_name=name)
