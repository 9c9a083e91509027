"""The right question at the right time for each kind of line, and what the answers become."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.evidence.ledger import ledger_of
from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    CountPerPeriod,
    Daily,
    Exceptions,
    Frequency,
    MinutesPerPeriod,
    ServiceLine,
)
from assistant.store import Caregiver, InboundText, OutgoingMessage, Step, Store
from assistant.store import ServiceLine as StoredLine
from tests.support.family import LA, SPEECH, caregiver, family, registered
from tests.support.talk import Talk

OT_WEEKLY = ServiceLine("Occupational therapy", "OT", 30, CountPerPeriod(2, "week"))
READING = ServiceLine("Reading help", "reading", 50, Daily(time(9)))
PT = ServiceLine("Physical therapy", "PT", 30, MinutesPerPeriod(60, "month"))
CONSULT = ServiceLine("OT consult", "OT consult", 0, MinutesPerPeriod(15, "month"), delivery="consult")
AIDE = ServiceLine("One-to-one aide", "aide", 0, Exceptions(urgent=True))
EXTRA = ServiceLine("Extra time", "extra time", 0, Accommodation())
BREAKS = ServiceLine("Breaks", "breaks", 0, AsNeeded())


def talk_of(store: Store, clock: VirtualClock, *lines: ServiceLine, language: str = "en") -> Talk:
    person = caregiver("es" if language == "es" else "en")
    with store.write() as session:
        registered(session, family(person, services=lines), clock.now())
    talk = Talk(store, clock)
    talk.until(at(1, 10))
    return talk


def at(day: int, hour: int, minute: int = 0, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LA)


def minutes_of(store: Store, clock: VirtualClock, alias: str = "") -> dict[str, int]:
    with store.read() as session:
        lines = session.scalars(select(StoredLine).order_by(StoredLine.id)).all()
        line = next(one for one in lines if not alias or one.alias == alias)
        ledger = ledger_of(session, line.id, clock.now())
        return {
            name: value
            for name in ledger.__slots__
            if isinstance(value := getattr(ledger, name), int) and value
        }


def test_unknown_days_are_asked_once_a_week_as_a_number(each_store: Store, clock: VirtualClock) -> None:
    talk = talk_of(each_store, clock, OT_WEEKLY)
    assert talk.until(at(4, 16)) == [
        "Leo: how many times did OT happen in the week of Mon 8/31? The plan says 2. "
        "Text a number, 0 for none, ? if not sure."
    ]
    assert talk.say("just once") == ["Logged: OT week of Mon 8/31: 1 of 2. Wrong? Text FIX within 7 days."]
    (entry,) = talk.log()
    assert (entry.outcome, entry.sessions, entry.minutes) == ("partial", 1, 30)
    assert (entry.content["period_from"], entry.content["period_to"]) == ("2026-08-31", "2026-09-06")
    talk.until(at(7, 9))
    found = minutes_of(each_store, clock)
    assert (found["expected"], found["held"], found["school"], found["not_held"]) == (60, 30, 30, 1)


def test_more_than_was_due_is_held_and_shown_as_surplus(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, OT_WEEKLY)
    talk.until(at(4, 16))
    talk.say("3")
    talk.until(at(11, 16))
    talk.say("1")
    found = minutes_of(store, clock)
    # The third session of the first week repays nothing of the second by itself.
    assert (found["expected"], found["held"], found["school"], found["surplus"]) == (120, 90, 30, 30)
    assert "made_up" not in found


def test_a_daily_line_is_one_question_a_week(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, READING)
    talk.until(at(4, 16))
    talk.say("5")
    assert talk.until(at(11, 16)) == [
        "Leo: how many times did reading happen in the week of Mon 9/7? The plan says 4. "  # Labor Day
        "Text a number, 0 for none, ? if not sure."
    ]
    assert talk.say("all but one") == [
        "Logged: reading week of Mon 9/7: 3 of 4. Wrong? Text FIX within 7 days."
    ]


def test_one_friday_is_one_text_for_all_lines(store: Store, clock: VirtualClock) -> None:
    friday = ServiceLine("Speech", "speech", 30, SPEECH.frequency)
    talk = talk_of(store, clock, friday, OT_WEEKLY, READING, AIDE, EXTRA)
    talk.until(at(3, 16))
    talk.say("yes")
    (question,) = talk.until(at(4, 19))
    assert question == (
        "Leo, in the week of Mon 8/31: A) OT: how many of 2, B) reading: how many of 5, "
        "C) aide: days without, D) extra time: like 2/3. Text like A1 B2, ? if not sure."
    )
    (confirmed,) = talk.say("a2 b4 c0 d1/3")
    assert confirmed == (
        "Logged: week of Mon 8/31, OT 2 of 2; reading 4 of 5; aide no day without; extra time 1 of 3. "
        "Wrong? Text FIX within 7 days."
    )
    outcomes = [(entry.outcome, entry.sessions, entry.chances) for entry in talk.log()[-4:]]
    assert outcomes == [("held", 2, None), ("partial", 4, None), ("held", 5, None), ("partial", 1, 3)]


def test_a_session_and_a_count_of_one_evening_share_one_text(store: Store, clock: VirtualClock) -> None:
    from tests.support.family import slots

    friday = ServiceLine("Speech", "speech", 30, slots((4, 14, 0)))
    talk = talk_of(store, clock, friday, OT_WEEKLY)
    (question,) = talk.until(at(4, 19))
    assert question == (
        "Leo: A) speech Fri 9/4: 1 yes 2 no, B) OT week of Mon 8/31: how many of 2. "
        "Text like A1 B2, ? if not sure."
    )
    talk.say("speech no, OT 2")
    assert [(entry.outcome, entry.sessions) for entry in talk.log()] == [("missed", None), ("held", 2)]


def test_a_bare_digit_for_several_kinds_is_asked_back(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, OT_WEEKLY, AIDE)
    talk.until(at(4, 19))
    (back,) = talk.say("2")
    assert back.startswith("Sorry, I did not get that. Leo, in the week of Mon 8/31: A) OT: how many of 2")
    assert talk.log() == []
    talk.say("A2 B0")
    assert [entry.outcome for entry in talk.log()] == ["held", "held"]


def test_minutes_of_a_month_are_asked_at_its_end(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, PT)
    assert talk.until(at(29, 23)) == []
    assert talk.until(at(30, 16)) == [
        "Leo: how many minutes of PT in September? The plan says 60. "
        "Text a number, 0 for none, ? if not sure."
    ]
    talk.say("about 45")
    found = minutes_of(store, clock)
    assert (found["expected"], found["held"], found["school"], found["shortened"]) == (60, 45, 15, 1)


def test_not_to_have_heard_of_a_consult_is_not_a_miss(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, CONSULT)
    assert talk.until(at(30, 16)) == [
        "Leo: did you hear that OT consult happened in September? Text 1 yes, 2 no, 3 not sure."
    ]
    assert talk.say("2") == ["Logged: OT consult September: not heard of. Wrong? Text FIX within 7 days."]
    assert minutes_of(store, clock)["unknown"] == 15
    talk.until(at(30, 17, month=10))
    talk.say("no, the teacher told me they skipped it")
    assert talk.log()[-1].outcome == "missed"


def test_a_day_without_the_aide_is_urgent_the_same_day(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, AIDE)
    talk.until(at(2, 13))
    (confirmed,) = talk.say("no aide today")
    assert confirmed.startswith("Logged: aide week of Mon 8/31: no")
    with store.read() as session:
        assert session.scalars(select(Step.key).where(Step.key == "urgent")).all() == ["urgent"]
    # On Friday the week is asked about all the same, and the same day is raised no second time.
    (question,) = talk.until(at(4, 19))
    assert question == (
        "Leo: any school day without aide in the week of Mon 8/31? "
        "Text 0 for none, or how many days, ? if not sure."
    )
    assert talk.say("1") == ["Logged: aide week of Mon 8/31: 1 day without. Wrong? Text FIX within 7 days."]
    talk.until(at(8, 12))
    with store.read() as session:
        assert len(session.scalars(select(Step).where(Step.key == "urgent")).all()) == 1
    assert minutes_of(store, clock)["not_held"] == 1


def test_an_accommodation_that_was_not_needed_owes_nothing(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, EXTRA)
    talk.until(at(4, 19))
    assert talk.say("0 of 0") == [
        "Logged: extra time week of Mon 8/31: not needed. Wrong? Text FIX within 7 days."
    ]
    talk.until(at(11, 19))
    assert talk.say("1 of 3") == [
        "Logged: extra time week of Mon 9/7: 1 of 3. Wrong? Text FIX within 7 days."
    ]
    assert minutes_of(store, clock)["not_held"] == 2


def test_as_needed_is_never_asked_and_kept_when_told(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, BREAKS)
    assert talk.until(at(11, 19)) == []
    talk.say("no breaks today")
    (entry,) = talk.log()
    assert (entry.outcome, entry.day) == ("missed", date(2026, 9, 11))
    assert minutes_of(store, clock) == {"sessions": 1, "not_held": 1}


def test_fix_corrects_a_count_and_keeps_the_first_answer(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, OT_WEEKLY)
    talk.until(at(4, 19))
    talk.say("2")
    (again,) = talk.say("FIX")
    assert again.startswith("OK, let's fix it. Leo: how many times did OT happen in the week of Mon 8/31?")
    talk.say("0")
    first, second = talk.log()
    assert (first.outcome, second.outcome, second.supersedes) == ("held", "missed", first.number)
    assert minutes_of(store, clock)["school"] == 60


def test_what_was_told_in_the_middle_counts_where_the_end_stays_silent(
    store: Store, clock: VirtualClock
) -> None:
    talk = talk_of(store, clock, OT_WEEKLY)
    talk.until(at(2, 13))
    assert talk.say("OT yes today") == ["Logged: OT week of Mon 8/31: 1 of 2. Wrong? Text FIX within 7 days."]
    talk.until(at(9, 12))
    found = minutes_of(store, clock)
    assert (found["held"], found["unanswered"]) == (30, 30)
    assert "school" not in found


def test_a_long_period_is_nudged_when_its_rest_no_longer_fits(store: Store, clock: VirtualClock) -> None:
    group = ServiceLine("Social skills", "group", 45, CountPerPeriod(10, "semester"))
    talk = talk_of(store, clock, group)
    assert talk.until(at(1, 9, month=12)) == []
    texts = talk.until(at(18, 23, month=12))
    assert len(texts) == 1
    assert texts[0].startswith("So far: Leo: how many times did group happen from")
    talk.until(at(19, 12, month=12))
    assert talk.say("6")[0].startswith("Logged: group")
    (entry,) = talk.log()
    assert (entry.kind, entry.sessions) == ("progress", 6)
    end = talk.until(at(31, 19, month=12))
    assert [text[:40] for text in end] == ["Leo: how many times did group happen fro"]
    talk.say("9")
    found = minutes_of(store, clock)
    assert (found["expected"], found["held"], found["school"]) == (450, 405, 45)


@pytest.mark.parametrize(
    ("frequency", "text", "logged"),
    [
        (CountPerPeriod(2, "week"), "solo una", "Anotado: OT semana del lun 31 ago: 1 de 2."),
        (Exceptions(), "ninguno", "Anotado: OT semana del lun 31 ago: ningun dia sin."),
        (Exceptions(), "el martes", "Anotado: OT semana del lun 31 ago: 1 dia sin."),
        (Accommodation(), "2 de 3", "Anotado: OT semana del lun 31 ago: 2 de 3."),
    ],
)
def test_spanish_is_asked_and_read_likewise(
    store: Store, clock: VirtualClock, frequency: Frequency, text: str, logged: str
) -> None:
    line = ServiceLine("Terapia ocupacional", "OT", 30, frequency)
    talk = talk_of(store, clock, line, language="es")
    (question,) = talk.until(at(4, 19))
    assert question.startswith("Leo: ¿")
    (confirmed,) = talk.say(text)
    assert confirmed.startswith(logged), confirmed


def test_who_has_no_texts_gets_the_question_by_e_mail(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(caregiver(phone=None), services=(OT_WEEKLY,)), clock.now())
    talk = Talk(store, clock)
    talk.until(at(4, 19))
    with store.read() as session:
        mail = session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "question")).one()
        assert mail.channel == "email"
        assert "in the week of Mon 8/31" in mail.subject
        assert session.scalars(select(Caregiver.texts)).one() == "none"


def test_a_report_about_a_week_that_is_over_waits_for_a_person(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, OT_WEEKLY)
    talk.until(at(4, 19))
    talk.say("2")
    talk.until(at(8, 12))
    talk.say("no OT last thursday")
    assert [entry.sessions for entry in talk.log()] == [2]
    with store.read() as session:
        assert session.scalars(select(InboundText.needs_staff).order_by(InboundText.id.desc())).first()
