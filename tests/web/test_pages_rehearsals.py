"""The pages of a year in a minute: asking, waiting, reading, before and after."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import AuditEvent, Rehearsal, Store
from jobs import rehearse
from tests.support.rehearsed import NAME, two_days
from tests.web.pages_support import SANDBOX, client_of, press, staff_in

ROOM = "/admin/rehearsals/"
WORDS = "{child}: was there {alias} {when}? Text 1 yes, 2 no, 3 not sure. <b>"


def test_the_other_rooms_lead_here_with_their_drafts(store: Store, clock: VirtualClock) -> None:
    client = staff_in(client_of(store, clock), store, clock)
    editor = "/admin/templates/en/words.held"
    press(client, editor, body="it was", reason="x", do="save", base="1")
    assert "/admin/rehearsals/?text=words.held+en" in client.get(editor).get_data(as_text=True)
    offered = client.get(ROOM)
    assert '<option value="words.held">' in offered.get_data(as_text=True)
    assert '<option value="footer.unsubscribe">' in offered.get_data(as_text=True)
    assert len(offered.data) < 60_000
    picked = client.get(f"{ROOM}?text=words.held&in=es").get_data(as_text=True)
    assert 'value="words.held es"' in picked
    form = client.get(f"{ROOM}?text=words.held+en").get_data(as_text=True)
    assert "\nit was</textarea>" in form
    assert "Not in use yet: 1" in form
    page = client.get("/admin/thresholds/speech").get_data(as_text=True)
    numbers = dict(re.findall(r'name="(\w+)" inputmode="numeric"[^>]* value="(\d+)"', page))
    numbers["misses_for_notice"] = "9"
    answer = press(client, "/admin/thresholds/speech", **numbers, do="rehearse")
    assert answer.status_code == 303
    assert "kind=speech" in answer.location
    assert "misses_for_notice=9" in answer.location
    form = client.get(answer.location).get_data(as_text=True)
    assert re.search(r'name="misses_for_notice"[^>]* value="9"', form)
    assert re.search(r'value="drafts" checked', client.get(f"{ROOM}?drafts=1").get_data(as_text=True))
    assert client.get(f"{ROOM}?kind=x&misses_for_notice=x&text=x").status_code == 200


def test_a_change_is_asked_for_waited_for_and_read(store: Store, clock: VirtualClock, tmp_path: Path) -> None:
    settings = two_days(tmp_path, SANDBOX)
    client = client_of(store, clock, settings)
    assert client.get(ROOM).status_code == 401
    staff_in(client, store, clock)
    form = client.get(f"{ROOM}?text=texts.question_one+en").get_data(as_text=True)
    assert "{child}: did {alias} happen {when}?" in form
    assert "A whole school year" in form
    wanted = {"scenario": NAME, "text": "texts.question_one en", "body": WORDS, "misses_for_document": "3"}
    for wrong in ({"body": "{who}?"}, {"scenario": "own:none"}, {"misses_for_document": "x"}, {"body": "{"}):
        answer = press(client, ROOM, **{**wanted, **wrong})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.get_data(as_text=True)
    assert press(client, ROOM, **{**wanted, "misses_for_document": "399"}).status_code == 400
    with store.read() as session:
        assert session.scalars(select(Rehearsal)).all() == []
    answer = press(client, ROOM, **wanted)
    assert answer.status_code == 303
    here = answer.location
    waiting = client.get(here)
    assert waiting.headers["Refresh"] == "3"
    assert "waits for its turn" in waiting.get_data(as_text=True)
    assert client.get(f"{here}/changes").headers["Refresh"] == "3"
    rehearse.run(store, clock, settings)
    rehearse.wait(60)
    for language, word in (("en", "September 2026"), ("es", "septiembre de 2026")):
        done = client.get(f"{here}?lang={language}")
        page = done.get_data(as_text=True)
        assert "Refresh" not in done.headers
        assert word in page
        assert "Leo: was there speech today (Tue 9/1)? Text 1 yes, 2 no, 3 not sure. &lt;b&gt;" in page
        assert "$0.0" in page or "US$0.0" in page
        changes = client.get(f"{here}/changes?lang={language}").get_data(as_text=True)
        assert re.search(r"<del>did</del>.*<ins>was there</ins>", changes)
        assert "US$0.0" in changes or "$0.0" in changes
    only = client.get(f"{here}/changes?only=changed.sms.question_one.en").get_data(as_text=True)
    assert "was there" in only
    assert client.get(f"{here}/changes?only=changed.sms.confirm.en").status_code == 404
    mail = re.search(rf'href="({here}/mail/\d+)"', page)
    assert mail
    assert client.get(mail[1]).status_code == 200
    for nothing in (f"{here}/mail/0", f"{here}/mail/99999", f"{ROOM}77", f"{here}/changes?with=77"):
        assert client.get(nothing).status_code == 404
    assert client.get(f"{here}?month=nope&only=xx&part=-1").status_code == 200
    with store.read() as session:
        kept = session.scalars(select(AuditEvent).where(AuditEvent.kind == "rehearsal_asked")).one()
        assert kept.detail == {"scenario": NAME, "changed": ["texts", "thresholds"]}
