"""Services read from the IEP's own text: each line is shown beside its source, and taken only with a yes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assistant.families import setting_up
from assistant.families.pdf_text import PdfError, text_of_pdf
from assistant.schedule.paste_line import Pasted, read_pasted
from assistant.schedule.paste_rows import MOST_TEXT, pieces
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.start import address_of
from assistant.web.start_answers import name_service, said_count
from assistant.web.start_draft import MOST_SERVICES, Draft, first_open, new_service, open_found
from assistant.web.start_here import open_here
from messages.templates import word

blueprint = Blueprint("start_paste", __name__, url_prefix="/start")

_DOES = ("keep", "change", "leave")


@blueprint.get("/paste")
def page() -> ResponseReturnValue:
    """Where the text is pasted, or the PDF chosen."""
    house = the_house()
    with house.store.read() as session:
        found = open_here(session, house.clock.now())
    return _paste({}) if found else redirect(url_for("start.begin"), 303)


@blueprint.post("/paste")
def send() -> ResponseReturnValue:
    """Read it. The lines that speak of services are kept until each has its yes or no; of the others those
    that may be worth a look, until they were looked at.
    """
    house, errors, whole = the_house(), {}, True
    texts = [request.form.get("text", "")[:MOST_TEXT].replace("\0", " ")]
    upload = request.files.get("pdf")
    data = upload.read() if upload else b""
    if data:
        try:
            read = text_of_pdf(data)
        except PdfError as error:
            errors["pdf"] = words().say(f"problem.paste_pdf_{error.why}")
        else:
            texts.append(read.text)
            whole = read.whole
    cut = pieces("\n\n".join(texts))
    if not cut.rows and not errors:
        seen = any(text.strip() for text in texts)
        key = "paste_nothing" if seen else "paste_pictures" if data else "paste_empty"
        errors["pdf" if key == "paste_pictures" else "text"] = words().say(f"problem.{key}")
    with house.store.write() as session:
        here = open_here(session, house.clock.now())
        if here is None:
            return redirect(url_for("start.begin"), 303)
        if errors:
            return _paste(errors, request.form.get("text", "")[:MOST_TEXT]), 400
        row, draft = here
        draft["found"] = [{"source": one, "state": "open"} for one in cut.rows]
        left = {"lines": cut.unread, "more": cut.more, "whole": whole and cut.whole}
        draft["unread"] = left if cut.unread or cut.more or not left["whole"] else None
        setting_up.keep(row, draft, house.clock.now())
    return redirect(url_for("start_paste.found", number=0), 303)


@blueprint.route("/unread", methods=["GET", "POST"])
def unread() -> ResponseReturnValue:
    """What was not read of the IEP, so that nobody takes it for read. Looked at, it is kept no longer."""
    house = the_house()
    with house.store.write() as session:
        here = open_here(session, house.clock.now())
        if here is None:
            return redirect(url_for("start.begin"), 303)
        row, draft = here
        left = draft.get("unread")
        if request.method == "POST":
            draft["unread"] = None
            setting_up.keep(row, draft, house.clock.now())
    if request.method == "POST" or not left:
        return redirect(address_of(first_open(draft)), 303)
    return render_template(
        "start/unread.html",
        left=left,
        change=False,
        errors={},
        begun=True,
        back=url_for("start_paste.found", number=len(draft["found"]) - 1),
    )


@blueprint.get("/found/<int(max=99):number>")
def found(number: int) -> ResponseReturnValue:
    """One line: its own words, and what we read in them."""
    house = the_house()
    with house.store.read() as session:
        here = open_here(session, house.clock.now())
    if here is None:
        return redirect(url_for("start.begin"), 303)
    draft = here[1]
    if number >= len(draft["found"]):
        return redirect(address_of(first_open(draft)), 303)
    read = read_pasted(draft["found"][number]["source"])
    return render_template(
        "start/found.html",
        read=read,
        often=said_often(read),
        name=read.name,
        place=number + 1,
        total=len(draft["found"]),
        state=draft["found"][number]["state"],
        full=len(draft["services"]) >= MOST_SERVICES,
        back=url_for("start_paste.found", number=number - 1) if number else url_for("start_paste.page"),
        change=False,
        errors={},
        begun=True,
    )


@blueprint.post("/found/<int(max=99):number>")
def decided(number: int) -> ResponseReturnValue:
    """Yes, change it, or leave it out; pressed twice, it is taken once."""
    house, does = the_house(), request.form.get("do", "")
    with house.store.write() as session:
        here = open_here(session, house.clock.now())
        if here is None:
            return redirect(url_for("start.begin"), 303)
        row, draft = here
        if number >= len(draft["found"]) or does not in _DOES:
            abort(404)
        one, goes_to = draft["found"][number], None
        if one["state"] == "open" and does != "leave" and len(draft["services"]) < MOST_SERVICES:
            place = len(draft["services"])
            draft["services"].append(new_service())
            _fill(draft["services"], place, read_pasted(one["source"]), sure=does == "keep")
            goes_to = f"{place}/kind" if does == "change" else None
        one["state"] = "kept" if does != "leave" else "left"
        setting_up.keep(row, draft, house.clock.now())
    left = open_found(draft)
    if goes_to is None and left is not None:
        return redirect(url_for("start_paste.found", number=left), 303)
    if goes_to is None and draft.get("unread"):
        return redirect(url_for("start_paste.unread"), 303)
    return redirect(address_of(goes_to or first_open(draft)), 303)


def said_often(read: Pasted) -> str:
    """How often, in plain words; "" where it was not understood."""
    say, per = words().say, read.per and word(f"per_{read.per}", words().language)
    if read.form == "count":
        return said_count(str(read.count or 0), per or "")
    if read.form == "total":
        return say("start.read_total", total=read.total or 0, per=per)
    return say(f"start.way_{read.form}") if read.form else ""


def _fill(services: list[Draft], place: int, read: Pasted, *, sure: bool) -> None:
    """The reading as a service. Not `sure`: its questions are asked, with what was read filled in."""
    service = services[place]
    name_service(services, place, read.kind)
    taken = {str(one["name"]).casefold() for one in services[:place]}
    if read.name and read.name.casefold() not in taken:
        service["name"] = read.name
    if read.kind == "other":
        service["alias"] = read.name[:40].lower()
    filled: dict[str, Any] = {
        "form": read.form,
        "count": read.count,
        "per" if read.form == "count" else "total_per": read.per,
        "total": read.total,
        "minutes": read.minutes,
        "starts": read.starts and read.starts.isoformat(),
        "ends": read.ends and read.ends.isoformat(),
        "delivery": read.delivery,
        "mode": read.mode,
    }
    service.update({key: str(value) for key, value in filled.items() if value})
    service.update(ticks=["esy"] if read.esy else [], wording=read.source)
    if not sure or not read.name:
        return
    service["answered"] = [
        "kind",
        "name",
        *(["often"] if read.form else []),
        *(["minutes"] if read.minutes else []),
    ]


def _paste(errors: dict[str, str], text: str = "") -> str:
    return render_template(
        "start/paste.html",
        errors=errors,
        text_typed=text,
        place=0,
        total=0,
        change=False,
        begun=True,
        back=url_for("start.of_family", question="kinds"),
    )
