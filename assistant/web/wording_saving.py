"""Keeping typed words as a draft: the same for messages and for texts of the guide."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError

from assistant.families.roles import Power
from assistant.families.wordings import NotNowError, save
from assistant.web.current import the_house
from assistant.web.staff_pages import staff_who_may
from assistant.words import Language
from messages.template_states import SOURCE

REASON = 300  # letters


def keep_draft(
    power: Power,
    key: str,
    language: Language,
    body: str,
    reason: str,
    warned: list[Any],
    *,
    base: int,
    source: int | None,
    machine: bool,
) -> str:
    """ "" where it was kept, else why not. `base`: the newest version when the form was opened; `source`: the
    English beside it.
    """
    house = the_house()
    try:
        with house.store.write() as session:
            save(
                session,
                staff_who_may(session, power),
                key,
                language,
                body,
                reason,
                house.clock.now(),
                base=base,
                made_from=source if language != SOURCE else None,
                machine=machine,
                warnings=warned,
            )
    except NotNowError as error:
        return error.why
    except IntegrityError:  # somebody else's came in between
        return "old"
    return ""
