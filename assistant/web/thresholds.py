"""The thresholds for staff: every number in a plain sentence, its effect on the past, and who set it when."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant.conversation.preview import DAYS, FEW, Preview, Window, preview, told_as_number
from assistant.escalation.policy import Policy
from assistant.families.kinds import KINDS
from assistant.families.roles import may
from assistant.families.thresholds import (
    EVERY,
    ThresholdError,
    beneath,
    checked,
    children_by_kind,
    differing,
    layered,
    newest_values,
    over,
    save,
    versions,
)
from assistant.store import PolicyVersion, Staff
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may

blueprint = Blueprint("thresholds", __name__, url_prefix="/admin/thresholds")

ALL = "all"  # in addresses, for what holds for every service
GREY = "grey_counts"
REASON = 300  # characters
# The sentences of the page, by the step they are about. Each names its thresholds in {braces}.
SENTENCES: Mapping[str, tuple[str, ...]] = {
    "document": ("misses_log", "unknowns"),
    "written_notice": ("misses_notice", "share", "none_held", "catch_up"),
    "iep_meeting": ("meeting",),
    "compliance_complaint": ("go_on", "oldest"),
    "resolved": ("held",),
    "mails": ("apart", "again"),
    "grey": ("short_days",),
}


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it was typed. `base`: the version it was filled from, `errors` by field."""

    values: Mapping[str, str]
    grey: bool
    reason: str = ""
    window: Window = "month"
    base: int = 0
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """A version as the history shows it. `changes`: threshold, before, after."""

    version: int
    on: date | None
    author: str
    reason: str
    changes: tuple[tuple[str, Any, Any], ...]
    newest: bool


@blueprint.get("/")
def kinds() -> ResponseReturnValue:
    """What holds for all services, and which kinds have numbers of their own."""
    house = the_house()
    with house.store.read() as session:
        staff_who_may(session, "policies_see")
        standing = newest_values(session)
        zone = ZoneInfo(house.settings.program.zone)
        there = children_by_kind(session, house.clock.now().astimezone(zone).date())
        return render_template(
            "admin/thresholds.html",
            layers=[
                (service or ALL, len(standing.get(service, {})), _children(there.get(service, 0)))
                for service in (EVERY, *KINDS)
            ],
            summary=layered(house.settings, EVERY, standing),
        )


@blueprint.get("/<name>")
def edit(name: str) -> ResponseReturnValue:
    """The numbers of a layer; `?version=3` fills the form with those of a version, and changes nothing."""
    with the_house().store.read() as session:
        staff = staff_who_may(session, "policies_see")
        service = _service(name)
        policy, again = _policy(session, service)
        return _page(session, staff, service, _filled(session, service, policy), again=again)


@blueprint.post("/<name>")
def change(name: str) -> ResponseReturnValue:
    """[Preview] shows what the numbers would have done; [Save] puts them in force as a new version."""
    house = the_house()
    service = _service(name)
    form = _typed()
    with house.store.read() as session:
        staff = staff_who_may(session, "policies_see")
        problem = _problem(session, staff, service, form)
        if problem:
            return _page(session, staff, service, form), problem
        if request.form.get("do") == "rehearse":
            return redirect(_to_rehearsal(session, service, form), 303)
        if request.form.get("do") != "save":
            wanted, now = _wanted(form), house.clock.now()
            shown = preview(session, service, wanted, form.window, now, house.settings)
            return _page(session, staff, service, form, shown)
    row, overtaken = _save(service, form, f"staff {staff.id}")
    if overtaken:
        with house.store.read() as session:
            form.errors["reason"] = words().say("thresholds.meanwhile")
            return _page(session, staff, service, form), 409
    if row is None:
        flash(words().say("thresholds.nothing_new"))
    else:
        flash(words().say("thresholds.saved", version=row.version))
        if house.settings.sandbox:
            house.run_pass()
    return redirect(url_for("thresholds.edit", name=name), 303)


def _to_rehearsal(session: Session, service: str, form: Form) -> str:
    """The room of rehearsals with those numbers filled in that are not in force."""
    now = layered(the_house().settings, service, newest_values(session))
    wanted = {key: value for key, value in _wanted(form).items() if getattr(now, key) != value}
    if GREY in wanted:
        wanted[GREY] = "yes" if wanted[GREY] else "no"
    return url_for("rehearsals.page", kind=service or ALL, **wanted)


def pieces(sentence: str) -> list[tuple[str, str]]:
    """A sentence of the page as text and the threshold that follows it ("" after the last)."""
    text = words().entries[f"thresholds.say_{sentence}"]
    return [(before, name or "") for before, name, _, _ in string.Formatter().parse(text)]


def counted(preview: Preview, families: int, short: bool = False) -> str:
    """How many families of those looked at; few are not told, as they could be known by it.

    The sandbox's families are made up, so there everything is told.
    """
    total = preview.looked_at
    if not (the_house().settings.sandbox or told_as_number(families, preview)):
        return words().say("thresholds.fewer" if short else "thresholds.fewer_of", few=FEW, total=total)
    return words().say(
        "thresholds.so_many" if short else "thresholds.so_many_of", count=families, total=total
    )


def _children(count: int) -> str:
    """How many children have such a service; few are not told, as they could be known by it."""
    if count and count < FEW and not the_house().settings.sandbox:
        return words().say("thresholds.children_few", few=FEW)
    return (
        words().say("thresholds.children", count=count) if count else words().say("thresholds.children_none")
    )


def _save(service: str, form: Form, author: str) -> tuple[PolicyVersion | None, bool]:
    """The new version, if anything changed; and whether somebody else's came in between."""
    house = the_house()
    try:
        with house.store.write() as session:
            if form.base != _newest(session, service):
                return None, True
            now, settings = house.clock.now(), house.settings
            return save(session, service, _wanted(form), author, form.reason, now, settings), False
    except IntegrityError:
        return None, True


def _problem(session: Session, staff: Staff, service: str, form: Form) -> int:
    """0, or the status with which the form comes back; the form then says why."""
    wanted = _wanted(form)
    saving = request.form.get("do") == "save"
    say = words().say
    if form.errors:
        return 400
    try:
        checked(service, wanted, newest_values(session), the_house().settings)
    except ThresholdError as error:
        kind = say("thresholds.kind_" + error.service) if error.service else ""
        form.errors[error.key] = say("thresholds.wrong_kind", kind=kind) if kind else _why(error.key)
        return 400
    if not saving:
        return 0
    if not may(staff.role, "policies_edit"):
        form.errors["reason"] = say("thresholds.owners_only")
        return 403
    if not form.reason or len(form.reason) > REASON:
        form.errors["reason"] = say("thresholds.wrong_reason", most=REASON)
        return 400
    return 0


def _why(key: str) -> str:
    """The policy's own reason, in the reader's language."""
    say = words().say
    special = ("misses_for_document", "misses_for_notice", "short_percent", "oldest_miss_months")
    return say(f"thresholds.wrong_{key}") if key in special else say("thresholds.wrong_number")


def _page(
    session: Session, staff: Staff, service: str, form: Form, shown: Preview | None = None, again: int = -1
) -> str:
    house = the_house()
    return render_template(
        "admin/threshold.html",
        name=service or ALL,
        form=form,
        sentences=SENTENCES,
        pieces=pieces,
        history=list(_history(session, service)),
        newest=_newest(session, service),
        shown=shown,
        few=FEW,
        told=shown is not None and (shown.looked_at >= FEW or (house.settings.sandbox and shown.looked_at)),
        counted=counted,
        again=again,
        may_rehearse=may(staff.role, "rehearse"),
        may_save=may(staff.role, "policies_edit"),
        windows=list(DAYS),
        longest=REASON,
    )


def _service(name: str) -> str:
    if name == ALL:
        return EVERY
    if name not in KINDS:
        abort(404)
    return name


def _policy(session: Session, service: str) -> tuple[Policy, int]:
    """The numbers to fill the form with, and the version they were asked from (-1: those in force)."""
    settings, standing = the_house().settings, newest_values(session)
    asked = request.args.get("version", "")
    if not asked:
        return layered(settings, service, standing), -1
    if not asked.isascii() or not asked.isdigit():
        abort(404)
    below, number = beneath(service, standing, settings), int(asked[:9])
    if number == 0:
        return below, 0
    row = next((one for one in versions(session, service) if one.version == number), None)
    if row is None:
        abort(404)
    return layered(settings, service, {**standing, service: row.values}), number


def _filled(session: Session, service: str, policy: Policy) -> Form:
    values = {key: str(value) for key, value in asdict(policy).items() if key != GREY}
    return Form(values, policy.grey_counts, base=_newest(session, service))


def _typed() -> Form:
    """The form as it came, with what is no number named."""
    asked = [name for group in SENTENCES.values() for one in group for _, name in pieces(one) if name]
    values = {key: request.form.get(key, "").strip()[:12] for key in asked}
    errors = {key: _why_none(key) for key, text in values.items() if not _is_number(text)}
    window: Window = "quarter" if request.form.get("window") == "quarter" else "month"
    base = request.form.get("base", "")
    return Form(
        values=values,
        grey=request.form.get(GREY) == "1",
        reason=" ".join(request.form.get("reason", "").split()),
        window=window,
        base=int(base) if _is_number(base) else -1,
        errors=errors,
    )


def _why_none(key: str) -> str:
    return words().say(
        "thresholds.wrong_number" if key != "minimum_days_to_count" else "thresholds.wrong_zero"
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _wanted(form: Form) -> dict[str, Any]:
    wanted: dict[str, Any] = {key: int(text) for key, text in form.values.items() if _is_number(text)}
    return wanted | {GREY: form.grey}


def _newest(session: Session, service: str) -> int:
    rows = versions(session, service)
    return rows[0].version if rows else 0


def _history(session: Session, service: str) -> Iterator[Past]:
    """Every version, newest first, each with what it changed; 0 is what holds where staff set nothing."""
    house, rows = the_house(), versions(session, service)
    below = beneath(service, newest_values(session), house.settings)
    zone = ZoneInfo(house.settings.program.zone)
    people = {f"staff {one.id}": one.email for one in session.scalars(select(Staff))}
    for place, row in enumerate(rows):
        older = rows[place + 1].values if place + 1 < len(rows) else {}
        before, after = _over_or_below(below, older), _over_or_below(below, row.values)
        yield Past(
            version=row.version,
            on=row.created_at.astimezone(zone).date(),
            author=people.get(row.author, row.author),
            reason=row.reason,
            changes=tuple(
                (key, asdict(before)[key], value) for key, value in differing(after, before).items()
            ),
            newest=place == 0,
        )
    yield Past(0, None, "", "", (), newest=not rows)


def _over_or_below(below: Policy, values: Mapping[str, Any]) -> Policy:
    try:
        return over(below, values)
    except ThresholdError:  # the layers below moved on since; it is passed over
        return below
