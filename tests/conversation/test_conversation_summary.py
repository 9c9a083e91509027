"""The e-mail of the week and of the month, over weeks of virtual time with the real jobs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from assistant.clock import VirtualClock
from assistant.config import Settings, Summaries
from assistant.conversation.summary import SEAL, summarise_due
from assistant.evidence.ledger import fold
from assistant.evidence.occasions import occasions_of
from assistant.evidence.weeks import within
from assistant.families.changes import change_caregiver_zone
from assistant.families.consent import opt_out
from assistant.families.register import register
from assistant.families.types import NewFamily
from assistant.schedule.types import CountPerPeriod, ServiceLine
from assistant.store import AuditEvent, Caregiver, LogEntry, OutgoingMessage, Store
from assistant.words import LANGUAGES, Language
from jobs.tick import next_due, run_pass
from messages.readability import FAIRLY_EASY, LINES, english_grade, spanish_ease
from messages.templates import sync
from tests.support.family import LA, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk

FIRST = datetime(2026, 9, 7, 10, 0, tzinfo=LA)  # Labor Day; the first Monday of September
BEN = "+14155550102"
BANNED = re.compile(r"violat|illegal|guarantee|owe you|violaci|ilegal|garanti|IEP", re.I)


def live(
    talk: Talk,
    until: datetime,
    answer: Callable[[str], str | None] = lambda _: "yes",
    settings: Settings = SETTINGS,
) -> list[OutgoingMessage]:
    """Live on until then, answering each question at once; the summaries that came."""
    known = {one.id for one in summaries(talk.store)}
    while True:
        with talk.store.read() as session:
            due = next_due(session)
        if due is None or due > until:
            break
        talk.clock.move_to(due)
        run_pass(talk.store, talk.clock, settings, CHANNELS)
        for body in talk.texts():
            said = answer(body) if "Text 1" in body or "Mande 1" in body or "how many" in body else None
            if said:
                talk.say(said)
    talk.clock.move_to(until)
    run_pass(talk.store, talk.clock, settings, CHANNELS)
    return [one for one in summaries(talk.store) if one.id not in known]


def summaries(store: Store) -> list[OutgoingMessage]:
    with store.read() as session:
        return list(
            session.scalars(
                select(OutgoingMessage).where(OutgoingMessage.kind == "summary").order_by(OutgoingMessage.id)
            )
        )


def one_family(store: Store, clock: VirtualClock, *new: NewFamily) -> Talk:
    with store.write() as session:
        for each in new or (family(),):
            registered(session, each, clock.now())
    return Talk(store, clock)


def on(answers: dict[str, str]) -> Callable[[str], str | None]:
    """Answer by what the question names; yes to the others, nothing where the answer is empty."""
    return lambda body: next((said for words, said in answers.items() if words in body), "yes")


def test_it_comes_on_monday_morning_and_counts_what_was_held(each_store: Store, clock: VirtualClock) -> None:
    talk = one_family(each_store, clock)
    assert live(talk, FIRST - timedelta(seconds=1)) == []
    [mail] = live(talk, FIRST)
    assert mail.created_at == FIRST
    assert mail.state == "sent"
    assert mail.thread == f"summary{mail.caregiver_id}"
    assert mail.subject == "Leo: the week of Mon 8/31"  # nothing had been due in August
    assert "- speech: held 2 of 2\n- OT: held 1 of 1\n" in mail.body
    assert "You have nothing to do." in mail.body
    assert "/family/" in mail.body
    # The very same again changes nothing.
    with each_store.write() as session:
        session.execute(update(Caregiver).values(summary_at=FIRST))
    run_pass(each_store, clock, SETTINGS, CHANNELS)
    assert len(summaries(each_store)) == 1


def test_each_thing_that_became_of_a_session_has_its_own_name(store: Store, clock: VirtualClock) -> None:
    talk = one_family(store, clock)
    live(talk, FIRST)
    said = {
        "Tue 9/8": "no, the therapist was out",
        "Wed 9/9": "only 10 min",
        "Thu 9/10": "no, Leo was absent",
    }
    [mail] = live(talk, FIRST + timedelta(days=7), on(said))
    assert "- speech: held 0 of 2; not held: Tue 9/8 (provider out); Leo out: Thu 9/10" in mail.body
    assert "- OT: held 0 of 1; in part: Wed 9/9 (10 of 30 min)" in mail.body
    assert "One session not held may be scheduling. It is in your log." in mail.body
    assert "what does it say about speech" in mail.body
    said = {
        "Tue 9/15": "",
        "Wed 9/16": "no, school assembly",
        "Thu 9/17": "not sure",
    }
    [mail] = live(talk, FIRST + timedelta(days=14), on(said))
    assert "- speech: held 0 of 2; not sure: Thu 9/17; not answered: Tue 9/15" in mail.body
    assert "- OT: held 0 of 1; not held, school event, test or short day: Wed 9/16" in mail.body
    assert "never counted as a miss" in mail.body
    assert "may be scheduling" not in mail.body  # it was the first miss once
    assert "/family/unknown/1" in mail.body
    assert "You have nothing to do." not in mail.body


def test_two_misses_are_a_step_and_no_longer_scheduling(store: Store, clock: VirtualClock) -> None:
    talk = one_family(store, clock, family(services=(SPEECH,)))
    live(talk, FIRST)
    [mail] = live(talk, FIRST + timedelta(days=7), lambda _: "no, the therapist was out")
    assert "held 0 of 2" in mail.body
    assert "may be scheduling" not in mail.body


def test_the_first_one_of_a_month_has_the_months_minutes_and_the_seal(
    store: Store, clock: VirtualClock
) -> None:
    talk = one_family(store, clock)
    said = {
        "Tue 9/8": "no, the therapist was out",
        "Thu 9/17": "no, Leo was absent",
        "Tue 9/22": "",
    }
    mails = live(talk, datetime(2026, 10, 5, 10, 0, tzinfo=LA), on(said))
    assert [mail.subject for mail in mails] == [
        "Leo: the week of Mon 8/31",
        "Leo: the week of Mon 9/7",
        "Leo: the week of Mon 9/14",
        "Leo: the week of Mon 9/21",
        "Leo: the week of Mon 9/28, and September",
    ]
    body = mails[-1].body
    assert "September, in minutes" in body
    assert (
        "- speech: 180 of 270 minutes given; 30 short on the school's side, by your log "
        "(11% of all, 13% without days out or closed); 30 not counted: Leo out or said no, school closed, "
        "school event; 30 not known or not answered" in body
    )
    assert "- OT: 150 of 150 minutes given\n" in body
    with store.read() as session:
        head = session.scalars(select(LogEntry).order_by(LogEntry.number.desc()).limit(1)).one()
        # To the minute what the ledger of September has.
        ledger = fold(within(occasions_of(session, 1, clock.now()), date(2026, 9, 1), date(2026, 9, 30)))
    assert (ledger.held, ledger.expected, ledger.school, ledger.family) == (180, 270, 30, 30)
    assert f"{head.hash[:SEAL]} (entry {head.number})" in body
    assert not any("seal" in mail.body.casefold() for mail in mails[:-1])


def test_a_week_without_anything_due_sends_nothing(store: Store, clock: VirtualClock) -> None:
    talk = one_family(store, clock)
    mails = live(talk, datetime(2026, 12, 7, 10, 0, tzinfo=LA))
    subjects = [mail.subject for mail in mails]
    assert "Leo: the week of Mon 11/16" in subjects
    assert not any("11/23" in subject for subject in subjects)  # Thanksgiving
    assert subjects[-1] == "Leo: the week of Mon 11/30, and November"
    # Through the end of daylight saving time, too, always at ten.
    assert {mail.created_at.astimezone(LA).time() for mail in mails} == {time(10)}


def test_the_months_minutes_come_alone_after_a_free_week(store: Store, clock: VirtualClock) -> None:
    """A break at the end of a month: nothing of the week, but the month had sessions."""
    monthly = ServiceLine("Adapted PE", "PE", 30, SPEECH.frequency, ends=date(2026, 9, 25))
    talk = one_family(store, clock, family(services=(monthly,)))
    mails = live(talk, datetime(2026, 10, 12, 10, 0, tzinfo=LA))
    assert [mail.subject for mail in mails][-1] == "Leo: September in minutes"
    assert "- PE: 240 of 240 minutes given" in mails[-1].body


def test_all_children_of_a_caregiver_share_one_and_the_second_caregiver_has_their_own(
    store: Store, clock: VirtualClock
) -> None:
    ben = caregiver("es", phone=BEN, email="ben@example.org")
    with store.write() as session:
        registered(session, family(caregiver(), ben), clock.now())
        register(session, family(nickname="Mia", services=(SPEECH,)), clock.now(), SETTINGS)
    talk = Talk(store, clock)
    mails = live(talk, FIRST, lambda _: None)
    assert {mail.to_address: mail.subject for mail in mails} == {
        "ana@example.org": "Leo, Mia: the week of Mon 8/31",
        "ben@example.org": "Leo: la semana del lun 31 ago",
    }
    [ana] = [mail for mail in mails if mail.to_address == "ana@example.org"]
    assert "\nLeo\n\n- speech" in ana.body
    assert "\nMia\n\n- speech" in ana.body
    assert "Mia" not in next(mail.body for mail in mails if mail.to_address == "ben@example.org")


def test_consent_decides_and_a_no_ends_it(store: Store, clock: VirtualClock) -> None:
    talk = one_family(store, clock, family(caregiver(mails=False)))
    assert live(talk, FIRST) == []
    with store.write() as session:
        person = session.scalars(select(Caregiver)).one()
        assert person.summary_at is None
    other = one_family(store, clock, family(caregiver(phone=BEN), nickname="Mia"))
    with store.write() as session:
        person = session.scalars(select(Caregiver).where(Caregiver.phone == BEN)).one()
        opt_out(session, person, "email", "link", "", clock.now())
    assert live(other, FIRST + timedelta(days=14), lambda _: None) == []
    with store.read() as session:
        assert session.scalars(select(Caregiver.summary_at)).all() == [None, None]


@pytest.mark.parametrize(("days_late", "sent"), [(0, True), (4.9, True), (5, False), (6.9, False)])
def test_after_an_outage_the_newest_is_sent_once_and_only_while_it_is_news(
    store: Store, clock: VirtualClock, days_late: float, sent: bool
) -> None:
    talk = one_family(store, clock, family(services=(SPEECH,)))
    live(talk, FIRST)
    back = FIRST + timedelta(weeks=3, days=days_late)  # Monday 28 September, and later
    clock.move_to(back)
    run_pass(store, clock, SETTINGS, CHANNELS)
    run_pass(store, clock, SETTINGS, CHANNELS)
    assert [mail.subject for mail in summaries(store)[1:]] == ["Leo: the week of Mon 9/21"] * sent
    with store.read() as session:
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.kind == "summary_skipped"))
        assert event.detail["days"] == ["2026-09-14", "2026-09-21"] + ["2026-09-28"] * (not sent)
        due = session.scalars(select(Caregiver.summary_at)).one()
        assert due == FIRST + timedelta(weeks=4)


def test_an_outage_at_the_turn_of_a_month_loses_no_minutes(store: Store, clock: VirtualClock) -> None:
    talk = one_family(store, clock, family(services=(SPEECH,)))
    live(talk, FIRST + timedelta(weeks=3))
    clock.move_to(datetime(2026, 10, 20, 9, 0, tzinfo=LA))
    run_pass(store, clock, SETTINGS, CHANNELS)
    assert summaries(store)[-1].subject == "Leo: the week of Mon 10/12, and September"


def test_the_day_hour_and_kind_can_be_set(store: Store, clock: VirtualClock) -> None:
    only_months = SETTINGS.model_copy(
        update={"summaries": Summaries(weekly=False, weekday="wed", at=time(18, 30))}
    )
    talk = one_family(store, clock)
    mails = live(talk, datetime(2026, 10, 14, 19, 0, tzinfo=LA), settings=only_months)
    assert [mail.subject for mail in mails] == ["Leo: September in minutes"]
    assert mails[0].created_at == datetime(2026, 10, 7, 18, 30, tzinfo=LA)


def test_a_pause_holds_the_week_and_not_the_months_minutes(store: Store, clock: VirtualClock) -> None:
    talk = one_family(store, clock)
    live(talk, FIRST + timedelta(weeks=3))
    with store.write() as session:
        person = session.scalars(select(Caregiver)).one()
        person.paused_until = datetime(2026, 10, 20, tzinfo=UTC)
    mails = live(talk, FIRST + timedelta(weeks=5))
    assert [mail.subject for mail in mails] == ["Leo: September in minutes"]


def test_it_follows_the_caregiver_to_another_clock(store: Store, clock: VirtualClock) -> None:
    talk = one_family(store, clock)
    live(talk, FIRST)
    with store.write() as session:
        person = session.scalars(select(Caregiver)).one()
        change_caregiver_zone(session, person, "America/New_York", clock.now(), SETTINGS, "test")
    [mail] = live(talk, FIRST + timedelta(days=7))
    assert mail.created_at == FIRST + timedelta(days=7, hours=-3)


def test_what_is_not_known_becomes_a_question_to_copy_at_most_twice(
    store: Store, clock: VirtualClock
) -> None:
    talk = one_family(store, clock, family(services=(SPEECH,)))
    live(talk, FIRST)
    bodies = [live(talk, FIRST + timedelta(weeks=week), lambda _: "not sure")[0].body for week in range(1, 4)]
    assert (
        "Hi! Could you tell me if Leo had speech on Tue 9/8 and Thu 9/10? A yes or no for each is enough. "
        "Thank you!" in bodies[0]
    )
    assert "on Tue 9/8, Thu 9/10, Tue 9/15 and Thu 9/17?" in bodies[1]
    assert "on Tue 9/15, Thu 9/17, Tue 9/22 and Thu 9/24?" in bodies[2]
    assert "like: no speech on 9/10." in bodies[0]
    [known] = live(talk, FIRST + timedelta(weeks=4))
    assert "Could you tell me" not in known.body


@pytest.mark.parametrize(
    ("language", "unsure", "like"),
    [
        ("en", "not sure", r"like: (no speech on 9/10)\."),
        ("es", "no sé", r"ejemplo: (no hubo speech el 10 .+)\."),
    ],
)
def test_what_it_says_one_can_text_is_read_so(
    store: Store, clock: VirtualClock, language: Language, unsure: str, like: str
) -> None:
    talk = one_family(store, clock, family(caregiver(language), services=(SPEECH,)))
    live(talk, FIRST, lambda _: "1")
    [mail] = live(talk, FIRST + timedelta(weeks=1), lambda _: unsure)
    found = re.search(like, mail.body)
    assert found
    talk.say(found[1])
    entry = talk.log()[-1]
    assert (entry.outcome, entry.day) == ("missed", date(2026, 9, 10))
    assert entry.supersedes == talk.log()[-2].number


def test_a_week_told_as_unsure_is_asked_about_as_a_number(store: Store, clock: VirtualClock) -> None:
    twice = ServiceLine("Occupational therapy", "OT", 30, CountPerPeriod(2, "week"))
    talk = one_family(store, clock, family(caregiver("es"), services=(twice,)))
    live(talk, FIRST, lambda _: "1")
    with store.read() as session:
        asked = session.scalars(select(OutgoingMessage.body).where(OutgoingMessage.kind == "question")).all()
    assert any("OT" in body for body in asked)
    [mail] = summaries(store)
    assert "OT: " in mail.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_plain_and_calm_in_both_languages(
    store: Store, clock: VirtualClock, language: Language
) -> None:
    """With everything in it that a summary can say."""
    talk = one_family(store, clock, family(caregiver(language)))
    unsure = "not sure" if language == "en" else "no sé"
    out = "no, the therapist was out" if language == "en" else "no, la terapeuta no vino"
    live(talk, FIRST + timedelta(weeks=3))
    said = {"speech": unsure, "OT": out}
    [mail] = live(talk, FIRST + timedelta(weeks=4), on(said))
    assert "Could you tell me if Leo had speech on Tue 9/29 and Thu 10/1?" in mail.body
    assert not BANNED.search(mail.body + mail.html)
    assert "{" not in mail.body
    plain = re.sub(r"https?://\S+", "", mail.body)
    if language == "en":
        assert english_grade(plain, LINES) <= 7
        assert "may be scheduling" in plain
    else:
        assert "¿Me puede decir si Leo tuvo speech el mar 29 sep y el jue 1 oct?" in mail.body
        assert spanish_ease(re.sub(r"Hi!.*", "", plain), LINES) >= FAIRLY_EASY
        assert "cosa de horarios" in plain
    assert f'<html lang="{language}">' in mail.html
    assert "font:18px" in mail.html
    for line in re.findall(r"^- .*", mail.body, re.M):
        assert line[2:].replace("'", "&#x27;") in mail.html


def test_a_name_is_only_a_name(store: Store, clock: VirtualClock) -> None:
    talk = one_family(store, clock, family(nickname="L<b>&**eo**"))
    [mail] = live(talk, FIRST)
    assert "L&lt;b&gt;&amp;**eo**" in mail.html
    assert "<b>" not in mail.html


def test_nothing_is_due_for_nobody(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        sync(session, clock.now())
        assert summarise_due(session, clock.now(), SETTINGS) == 0
