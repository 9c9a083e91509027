"""One short check: is there a sign that an advocate or attorney may help? And what was raised so far."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assistant.conversation.signals import answer_check, raised
from assistant.families.guide_versions import guide_of_child
from assistant.guide.render import footer_lines
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine

blueprint = Blueprint("signals", __name__, url_prefix="/family/signals")


@blueprint.get("/<int(max=2147483647):number>")
def page(number: int) -> str:
    """The questions, each to be ticked where it is so; above them what was raised, with free help."""
    house = the_house()
    today = house.clock.now().astimezone(ZoneInfo(house.settings.program.zone)).date()
    with house.store.read() as session:
        _, child = mine(session, number)
        guide = guide_of_child(session, child.id, house.settings)
        rows = {row.key: row for row in raised(session, child.id)}
        return render_template(
            "family/signals.html",
            child=child,
            language=words().language,
            raised=[(one, rows[one.key]) for one in guide.signals if one.key in rows],
            asked=[one for one in guide.signals if one.how == "asked" and one.key not in rows],
            helpers=guide.helpers,
            footer=footer_lines(guide, words().language, today),
        )


@blueprint.post("/<int(max=2147483647):number>")
def check(number: int) -> ResponseReturnValue:
    """What was ticked is raised, once; nothing ticked is an answer too."""
    house = the_house()
    with house.store.write() as session:
        _, child = mine(session, number)
        new = answer_check(session, child.id, request.form.getlist("sign"), house.clock.now(), house.settings)
    flash(words().say("signals.some" if new else "signals.none_ticked"))
    return redirect(url_for("signals.page", number=number), 303)
