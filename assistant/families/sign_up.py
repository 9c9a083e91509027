"""How many families may be signed up on the page: every sign-up texts a number that somebody typed.

Numbers of fraud cost by the text, so there is a limit for a number, for an address of the net, and a hard
stop for the day, with an alert. Those outside the countries that are texted are refused, and nothing is kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.attempts import DAY, HOUR, Limit, room, take
from messages.alerts import raise_alert
from messages.countries import may_be_texted

Refused = Literal["", "country", "too_many", "full"]

A_NUMBER = (Limit(3, HOUR), Limit(5, DAY))
A_PLACE = (Limit(10, HOUR),)


def may_sign_up(
    session: Session, settings: Settings, phone: str | None, place: str, now: datetime
) -> Refused:
    """Whether one more sign-up from `place` (an address of the net) is taken; if so it is counted.

    `phone`: the number (E.164) that would be texted; None where only e-mail is wanted.
    """
    secret, whole = settings.server.secret_key, Limit(settings.server.sign_ups_a_day, DAY)
    if phone is not None and not may_be_texted(phone, settings.sms.countries):
        return "country"
    if not room(session, secret, "sign_up", "", now, whole):
        raise_alert(session, "sign_ups_stopped", now, most=whole.most)
        return "full"
    if not room(session, secret, "sign_up_from", place, now, *A_PLACE):
        return "too_many"
    if phone is not None and not take(session, secret, "sign_up_number", phone, now, *A_NUMBER):
        return "too_many"
    taken = take(session, secret, "sign_up_from", place, now, *A_PLACE)
    return "" if taken and take(session, secret, "sign_up", "", now, whole) else "too_many"
