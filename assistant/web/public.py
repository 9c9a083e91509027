"""Pages for everybody: what is texted and how to stop it, what is kept of whom, and the terms.

Carriers read them before they let a number send; so they say what this installation really does, from its
settings and from the texts in use.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, render_template

from assistant.config import Settings
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.registering import consent_texts
from messages.samples import samples

blueprint = Blueprint("public", __name__)

_YEAR = 365  # days


@blueprint.get("/sms")
def sms() -> str:
    """The program of texts, as carriers ask: who, what, how often, rates, help, stop, and samples."""
    house, said = the_house(), words()
    today = house.clock.now().astimezone(ZoneInfo(house.settings.program.zone)).date()
    with house.store.read() as session:
        texts = samples(session, said.language, today, house.settings)
    return render_template(
        "public/sms.html",
        samples=texts,
        per_week=house.settings.asking.max_questions_a_week,
        number=house.settings.twilio.from_number,
        consent=consent_texts(words(), house.settings),
        **_who(house.settings),
    )


@blueprint.get("/privacy")
def privacy() -> str:
    """What is kept, for how long, who sees it, and how it is taken back."""
    settings = the_house().settings
    return render_template(
        "public/privacy.html",
        kept=[
            (name, _span(days))
            for name, days in (
                ("words", settings.retention.words_days),
                ("pictures", settings.retention.pictures_days),
                ("rows", settings.retention.rows_days),
            )
        ],
        sealed=bool(settings.server.data_key),
        carrier=settings.sms.channel == "twilio",
        **_who(settings),
    )


@blueprint.get("/terms")
def terms() -> str:
    """What a family may expect, and what not."""
    settings = the_house().settings
    return render_template(
        "public/terms.html", per_week=settings.asking.max_questions_a_week, **_who(settings)
    )


def _who(settings: Settings) -> dict[str, str]:
    """Who runs this, and how to reach them, in the page's language."""
    said = words()
    centre, contact = settings.program.centre, settings.program.contact
    return {"centre": centre or said.say("public.some_centre"), "contact": contact}


def _span(days: int) -> str:
    """Days in words: "3 years", "180 days"; 0 is for as long as the family wants."""
    said = words()
    if not days:
        return said.say("public.no_end")
    years, rest = divmod(days, _YEAR)
    if rest or years < 2:
        return said.say("public.days", count=days)
    return said.say("public.years", count=years)
