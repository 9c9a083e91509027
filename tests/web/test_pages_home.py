"""Home in five seconds, the month, the page behind a mark with its correction, and what is logged unasked."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from assistant.clock import VirtualClock
from assistant.evidence import chain
from assistant.evidence.log import Said
from assistant.evidence.occasions import occasions_of
from assistant.evidence.weeks import tally
from assistant.store import Expectation, LogEntry, MakeUp, Store
from assistant.words import Outcome
from tests.support.family import LA, caregiver, family, registered
from tests.support.logged import HELD, MISSED, SHORT, UNSURE, logged, suggested
from tests.support.talk import Talk
from tests.web.pages_support import press, signed_in

FAR_MIA = "+14155550109"


def plain(client: FlaskClient, path: str) -> str:
    """What the page says, without its markup."""
    page = client.get(path)
    assert page.status_code == 200, path
    assert len(page.get_data()) < 60_000
    assert "style=" not in page.get_data(as_text=True)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.get_data(as_text=True))))


def entries(store: Store) -> list[LogEntry]:
    with store.read() as session:
        return list(session.scalars(select(LogEntry).order_by(LogEntry.number)))


def of(store: Store, day: date) -> int:
    """The expectation of speech on that day."""
    with store.read() as session:
        wanted = select(Expectation.id).where(Expectation.day == day, Expectation.line.has(alias="speech"))
        return session.scalars(wanted).one()


def test_home_says_in_one_sentence_what_the_ledger_says(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    suggested(store, clock, "written_notice")
    client = signed_in(store, clock)
    page = plain(client, "/family/")
    assert "Speech: 2 of 12 sessions happened since September 1." in page
    for part in ("1 in part", "1 not as planned", "3 not held", "1 not known", "1 with no answer yet"):
        assert part in page
    with store.read() as session:
        ledger = tally(occasions_of(session, 1, clock.now())).ledger
    assert f"{ledger.expected} minutes due so far" in page
    bar = page.split("minutes due so far")[1]
    parts = r"(\d+) (?:given|made up|not held|school events|child away|not known|no answer)"
    assert sum(map(int, re.findall(parts, bar))) == ledger.expected > 0
    buttons = page[page.index("What you can do now") : page.index("Marks of")]
    assert "Not now" in buttons
    assert "Look at a step for speech" in buttons
    assert page.count("What you can do now") == 1
    token = re.search(r'action="(/step/[^"]+)"', client.get("/family/").get_data(as_text=True))
    assert token is not None
    assert press(client, "/family/", token[1], do="not_now").status_code == 303
    assert "Look at a step" not in plain(client, "/family/")


def test_the_month_draws_each_mark_and_nothing_expected_as_held(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    client = signed_in(store, clock)
    page = plain(client, "/family/1/month?month=2026-09")
    assert "speech : happened, Tuesday, September 1" in page
    assert "speech : not held, Thursday, September 3" in page
    assert "speech : child away or did not want to, Tuesday, September 8" in page
    assert "no school" in page
    later = client.get("/family/1/month?month=2026-12").get_data(as_text=True)
    assert 'href="#s-expected"' in later
    assert 'href="#s-held"' not in later
    assert "/mark/" not in client.get("/family/1/month?month=2027-05").get_data(as_text=True)
    for odd in ("0000-00", "2026-13", "99999-1", "x", "2099-12", "2000-01"):
        assert client.get(f"/family/1/month?month={odd}").status_code == 200
    with store.write() as session:
        registered(
            session, family(caregiver(phone=FAR_MIA, email=None, mails=False), nickname="Mia"), clock.now()
        )
    other = signed_in(store, clock, FAR_MIA)
    for path in ("/family/1/month", "/family/1/log", "/family/1/mark/1", "/family/2/mark/1"):
        assert other.get(path).status_code == 404
    assert press(other, "/family/", "/family/2/mark/1", outcome="missed").status_code == 404
    assert len(entries(store)) == 12


def test_a_fix_stands_beside_the_first_answer_and_says_that_it_is_late(
    store: Store, clock: VirtualClock
) -> None:
    logged(store, clock, term=(HELD, UNSURE, MISSED, None, None))
    client = signed_in(store, clock)
    path = f"/family/1/mark/{of(store, date(2026, 9, 3))}"
    assert "not sure" in plain(client, path)
    assert press(client, path, outcome="").status_code == 400
    bad = press(client, path, outcome="partial", minutes="0", own="she had 10")
    assert bad.status_code == 400
    assert "she had 10" in bad.get_data(as_text=True)
    said = {
        "outcome": "partial",
        "minutes": "10",
        "cause": "staff_pulled",
        "knows": "school_said",
        "own": "10 only",
    }
    assert press(client, path, **said).status_code == 303
    assert press(client, path, **said).status_code == 303  # twice is once
    made = entries(store)
    assert len(made) == 4
    entry = made[-1]
    assert (entry.outcome, entry.minutes, entry.cause) == ("partial", 10, "staff_pulled")
    assert (entry.knows, entry.supersedes) == ("school_said", 2)
    assert entry.words.endswith("10 only")
    assert [entry.hash for entry in made] == [
        chain.link(entry.previous_hash, entry.content) for entry in made
    ]
    page = client.get(path).get_data(as_text=True)
    assert '<s class="gone">not sure</s>' in page
    text = plain(client, path)
    assert "Corrected later by entry 4" in text
    assert "Told late: more than 3 days after." in text
    assert "We did not ask you about this one." in text
    unasked = f"/family/1/mark/{of(store, date(2026, 9, 15))}"
    assert "Nobody has told us about it" in plain(client, unasked)
    assert press(client, unasked, outcome="held").status_code == 303
    assert entries(store)[-1].outcome == "held"
    ahead = f"/family/1/mark/{of(store, date(2026, 9, 22))}"
    assert "It has not come yet" in plain(client, ahead)
    assert press(client, unasked, ahead, outcome="held").status_code == 404
    assert len(entries(store)) == 5


def test_what_was_asked_and_the_words_that_decided(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(), clock.now())
    talk = Talk(store, clock)
    question = talk.until_asked()
    talk.say("nope, the therapist had jury duty")
    page = plain(signed_in(store, clock), "/family/1/mark/1")
    assert question in page
    assert "nope, the therapist had jury duty" in page
    assert "These words decided:" in page
    assert "Told the same day." in page
    assert "This one counts." in page


def test_a_session_and_a_make_up_are_logged_without_being_asked(store: Store, clock: VirtualClock) -> None:
    logged(store, clock, term=(HELD, MISSED, MISSED))
    client = signed_in(store, clock)
    log = "/family/1/log"
    found = client.get(f"{log}?service=1&day=2026-09-03")
    assert found.headers["Location"].endswith(f"/mark/{of(store, date(2026, 9, 3))}#fix")
    assert client.get(f"{log}?service=1&day=2026-09-04").status_code == 400
    assert client.get(f"{log}?service=x&day=y").status_code == 400
    miss, other = str(of(store, date(2026, 9, 3))), str(of(store, date(2026, 9, 8)))
    send = f"{log}/make-up"
    assert press(client, log, send, miss=miss, act="promised", on="2026-09-01").status_code == 400
    assert press(client, log, send, miss="7777", act="given", on="2026-09-08").status_code == 400
    today = clock.now().astimezone(LA).date()
    soon = today + timedelta(days=3)
    assert (
        press(client, log, send, miss=miss, act="given", on=today.isoformat(), own="extra time").status_code
        == 303
    )
    assert press(client, log, send, miss=other, act="promised", on=soon.isoformat()).status_code == 303
    with store.read() as session:
        assert [one.state for one in session.scalars(select(MakeUp).order_by(MakeUp.id))] == [
            "given",
            "promised",
        ]
    offered = client.get(log).get_data(as_text=True).partition('<select id="miss"')[2]
    assert (f'value="{miss}"' in offered, f'value="{other}"' in offered) == (False, True)
    page = plain(client, f"/family/1/month?month={today:%Y-%m}")
    assert "speech : made up" in page
    assert "speech : make-up promised" in page
    assert "speech : not held, Thursday, September 3" in page  # the day itself is never edited
    assert "Made up on" in plain(client, f"/family/1/mark/{miss}")
    assert "30 made up" in plain(client, "/family/")


def test_from_home_each_kind_of_entry_is_one_tap(store: Store, clock: VirtualClock) -> None:
    logged(store, clock, term=(HELD, MISSED))
    client = signed_in(store, clock)
    page = client.get("/family/").get_data(as_text=True)
    for path in ("log#session", "log#make-up", "promise"):
        assert f'href="/family/1/{path}"' in page
    assert 'href="/family/contacts/1#form"' in page
    assert 'href="/family/letters/1"' not in page  # letters are in the room of steps
    assert 'href="/family/letters/1"' in client.get("/family/1/steps").get_data(as_text=True)


def test_a_promise_of_minutes_is_asked_about_on_its_day_and_counted_when_given(
    store: Store, clock: VirtualClock
) -> None:
    """50 minutes for two misses of 30: both are named, the older one is repaid whole."""
    logged(store, clock, term=(HELD, MISSED, MISSED, HELD))
    client, path = signed_in(store, clock), "/family/1/promise"
    today = clock.now().astimezone(LA).date()
    by = today + timedelta(days=8)
    told = {"what": "50 minutes more", "by": by.isoformat(), "who": "Ms. Lee", "how": "phone", "service": "1"}
    assert "60 minutes of speech are missing" in plain(client, path)
    for field, wrong in (("by", "2026-08-01"), ("what", ""), ("minutes", "many"), ("service", "2")):
        assert press(client, path, **{**told, "minutes": "50", field: wrong}).status_code == 400
    assert press(client, path, **told, minutes="50").status_code == 303
    with store.read() as session:
        made = session.scalars(select(MakeUp)).one()
        assert (made.state, made.minutes, made.day, len(made.repays)) == ("promised", 50, by, 2)
    assert press(client, path, **told, minutes="10").status_code == 400  # nothing is left to promise for
    talk = Talk(store, clock)
    while not any("make-up" in text for text in talk.jump()):
        assert clock.now().astimezone(LA).date() <= by
    talk.say("1")
    with store.read() as session:
        made = session.scalars(select(MakeUp)).one()
        assert (made.state, [one.minutes for one in made.repays]) == ("given", [30, 20])
    page = client.get("/family/").get_data(as_text=True)
    assert "Say if a promise was kept" not in page  # its question did that


def test_any_other_promise_is_asked_about_on_home_once_its_day_has_passed(
    store: Store, clock: VirtualClock
) -> None:
    logged(store, clock, term=(HELD,))
    client, path = signed_in(store, clock), "/family/1/promise"
    by = clock.now().astimezone(LA).date() + timedelta(days=2)
    told = {"what": "Send the log", "by": by.isoformat(), "who": "Ms. Lee", "how": "email"}
    assert press(client, path, **told).status_code == 303
    assert "the school promised something by then" in plain(client, "/family/")
    assert "Say if a promise was kept" not in plain(client, "/family/")
    number = entries(store)[-1].number
    clock.move_to(clock.now() + timedelta(days=3))
    assert f'href="{path}/{number}"' in client.get("/family/").get_data(as_text=True)
    assert "Send the log" in plain(client, f"{path}/{number}")
    press(client, f"{path}/{number}", kept="no", own="nothing came")
    last = entries(store)[-1]
    assert (last.content["contact"]["answers"], last.content["contact"]["kept"]) == (number, "no")
    assert last.words == "They did not keep it. nothing came"
    press(client, f"{path}/{number}", kept="yes")  # told of already
    assert entries(store)[-1].number == last.number
    assert "Say if a promise was kept" not in plain(client, "/family/")
    assert client.get(f"{path}/{number}").status_code == 303


def test_more_misses_are_no_more_queries(store: Store, clock: VirtualClock) -> None:
    logged(store, clock, term=(MISSED, HELD, *(MISSED,) * 8, SHORT))
    client, asked = signed_in(store, clock), list[str]()
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    page = client.get("/family/1/log").get_data(as_text=True).partition('<select id="miss"')[2]
    assert page.partition("</select>")[0].count("<option") == 10
    assert len(asked) < 20


@pytest.mark.parametrize("language", ["es"])
def test_in_spanish_everything_is_spanish(store: Store, clock: VirtualClock, language: str) -> None:
    logged(store, clock, language, term=(HELD, MISSED, Said(Outcome.UNANSWERED)))  # type: ignore[arg-type]
    client = signed_in(store, clock)
    page = plain(client, "/family/")
    assert "Speech: hubo 1 de 3 sesiones desde el 1 de septiembre. Además: 1 sin dar" in page
    assert "speech : no la hubo, jueves 3 de septiembre" in page
    assert "Corregir esto" in plain(client, "/family/1/mark/" + str(of(store, date(2026, 9, 3))))
