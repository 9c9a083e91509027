"""The measures: a month of the centre as pictures and as a file, with nothing in it about few families."""

from __future__ import annotations

import csv
import io
from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from assistant.families.tell import audited
from assistant.operations.measured import kept, kept_months
from assistant.operations.measures import Figure, Shown, content
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may
from assistant.web.wording_words import what as text_name

blueprint = Blueprint("measures", __name__, url_prefix="/admin/measures")

# The page's parts in order, and the figures of each.
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("texts", ("sent", "by_staff", "delivered", "stopped", "stopped_after")),
    ("replies", ("replied", "soon", "reply_minutes", "answered_on")),
    ("sessions", ("known", "complete", "verified", "given", "given_known")),
    ("missed", ("made_up", "explained", "still_open", "open_age")),
    ("steps", ("first_gap", "reached", "sent_step", "not_now", "no_answer", "outcomes")),
    ("reading", ("understood", "fixed", "inbox")),
)
_COMPARED = 2  # numbers that are worth a picture beside each other
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """One month that is over; without one, the newest of them."""
    house = the_house()
    with house.store.read() as session:
        staff_who_may(session, "measures")
        now, settings = house.clock.now(), house.settings
        known = kept_months(session, settings)
        month = _asked(request.args.get("month", ""), known)
        found = kept(session, month) if month else None
        today = now.astimezone(ZoneInfo(settings.program.zone)).date()
        return render_template(
            "admin/measures.html",
            months=known,
            month=month,
            parts=_parts(found.figures) if found else [],
            content=content(session, settings, today),
            fewest=settings.measures.fewest_families,
            group_name=group_name,
            told=told,
            name_of=name_of,
            length=length,
        )


@blueprint.get("/<month>.csv")
def table(month: str) -> ResponseReturnValue:
    """The same as a file for a spreadsheet; that it was taken is kept."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "measures")
        now = house.clock.now()
        known = kept_months(session, house.settings)
        first = next((one for one in known if f"{one:%Y-%m}" == month), None)
        found = kept(session, first) if first else None
        if found is None:
            abort(404)
        audited(session, now, f"staff {staff.id}", "measures_exported", f"month {month}")
    answer = make_response(as_csv(month, found.figures))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="measures-{month}.csv"'
    return answer


def as_csv(month: str, figures: tuple[Figure, ...]) -> str:
    """A line a number that is shown, in words; no cell is one that a spreadsheet would run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    say = words().say
    writer.writerow([say(f"measures.csv_{one}") for one in ("month", "figure", "by", "group", "value")])
    for part, some in _parts(figures):
        for figure in some:
            rows = [("", figure.whole)] if figure.whole else []
            for group, shown in (*rows, *figure.parts):
                cells = (
                    month,
                    f"{say(f'measures.part_{part}')}: {say(f'measures.say_{name_of(figure)}')}",
                    say(f"measures.by_{figure.by or 'all'}") if group else say("measures.by_all"),
                    group_name(figure, group),
                    told(figure, shown),
                )
                writer.writerow([_safe(cell) for cell in cells])
    return "\ufeff" + out.getvalue()  # so that a spreadsheet reads the accents


def name_of(figure: Figure) -> str:
    """The figure's name among the strings: "sent" is both texts and steps."""
    return "sent_step" if figure.key == "sent" and figure.by == "step" else figure.key


def group_name(figure: Figure, group: str) -> str:
    """A group in words; a text by what it is for."""
    if not group:
        return words().say("measures.everybody" if figure.by != "template" else "measures.no_text_before")
    if figure.by == "template":
        said = text_name(f"texts.{group}")
        return group if said == f"texts.{group}" else said  # one that an older program sent
    prefix = {
        "language": "measures.in_",
        "kind": "thresholds.kind_",
        "way": "measures.way_",
        "answer_way": "measures.answer_way_",
        "step": "rehearsals.step_",
    }
    key = f"{prefix.get(figure.by, 'measures.outcome_')}{group}"
    return words().say(key) if words().knows(key) else group


def length(figure: Figure, shown: Shown) -> float | None:
    """How long a number's bar is, in percent: a share of all, or of the largest number beside it."""
    if shown.state != "told" or shown.number is None:
        return None
    if figure.unit == "percent":
        return float(shown.number.number)
    beside = [one.number.number for _, one in figure.parts if one.number]
    if len(beside) < _COMPARED or shown is figure.whole:
        return None
    return 100 * shown.number.number / max(beside)


def told(figure: Figure, shown: Shown) -> str:
    """A number in words, with how exact it is."""
    if shown.state != "told" or shown.number is None:
        return words().say(f"measures.{shown.state}")
    return words().say(f"measures.{shown.number.shade}_{figure.unit}", number=shown.number.number)


def _parts(figures: tuple[Figure, ...]) -> list[tuple[str, list[Figure]]]:
    return [(part, [one for key in keys for one in figures if name_of(one) == key]) for part, keys in PARTS]


def _asked(text: str, known: list[date]) -> date | None:
    """The month asked for, where it may be shown; else the newest."""
    return next((one for one in known if f"{one:%Y-%m}" == text), known[0] if known else None)


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
