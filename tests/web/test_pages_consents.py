"""Proof of consent: every act with its words, masked, for who may see it; and the kit for registration."""

from __future__ import annotations

import csv
import html
import io

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.families.consent import opt_out
from assistant.store import AuditEvent, Caregiver, Staff, Store
from tests.support.family import caregiver, family, registered
from tests.web.pages_support import client_of, staff_in

PATH = "/admin/consents"


def test_who_may_sees_every_act_in_its_words_and_no_whole_number(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(), clock.now())
        other = caregiver(phone="+14155550109", email="m@example.org")
        registered(session, family(other, nickname="Mia"), clock.now())
        person = session.get_one(Caregiver, 1)
        opt_out(session, person, "sms", "text", '=STOP "now"', clock.now())
    client = staff_in(client_of(store, clock), store, clock)

    def read(path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200
        assert len(answer.data) < 60_000
        return html.unescape(answer.get_data(as_text=True))

    page = read(PATH)
    for said in (
        "Caregiver 1",
        "family 2",
        "I agree.",
        '=STOP "now"',
        "Texts: stopped.",
        "…0101",
        "a…@example.org",
    ):
        assert said in page
    assert "4155550101" not in page
    assert "Leo" not in page
    one = read(f"{PATH}?family=2")
    assert "Caregiver 2" in one
    assert "Caregiver 1" not in one
    assert read(f"{PATH}?family=2&lang=es").count("familia 2") == 2
    for odd in ("999999999999", "-1", "%00", "x"):
        assert client.get(f"{PATH}?family={odd}&before={odd}").status_code == 200
    rows = list(csv.DictReader(io.StringIO(client.get(f"{PATH}/proof.csv").get_data(as_text=True))))
    assert len(rows) == 5
    assert rows[0]["wording"] == '\'=STOP "now"', "text, never a formula"
    assert {row["address"] for row in rows} == {"…0101", "…0109", "a…@example.org", "m…@example.org"}
    with store.read() as session:
        kept = {(one.kind, one.subject) for one in session.scalars(select(AuditEvent))}
    assert {
        ("consents_read", "consents"),
        ("family_read", "child 2"),
        ("consents_exported", "consents"),
    } <= kept
    kit = read(f"{PATH}/kit?lang=en")
    for said in ("/sms", "/privacy", "/terms", "JOIN, UNIRSE", "did speech happen", "said yes to texts: 1."):
        assert said in kit, said


def test_others_may_not(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock)
    with store.write() as session:
        session.add(Staff(email="ed@example.org", role="editor", created_at=clock.now(), ended_at=None))
    for path in (PATH, f"{PATH}/kit", f"{PATH}/proof.csv"):
        assert client.get(path).status_code == 401
    staff_in(client, store, clock, "ed@example.org")
    for path in (PATH, f"{PATH}/kit", f"{PATH}/proof.csv"):
        assert client.get(path).status_code == 403
