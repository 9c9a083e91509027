"""The audit log: filtered and by pages for an owner, as a file, and a family's own part for the family."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.families.tell import audited
from assistant.operations.trail import PAGE, as_csv
from assistant.store import AuditEvent, Caregiver, Staff, Store
from tests.support.family import caregiver, family, registered
from tests.web.pages_support import client_of, press, signed_in, staff_in


def test_an_owner_reads_filters_pages_and_takes_a_file(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        leo = registered(session, family(), clock.now()).id
        audited(session, clock.now() - timedelta(days=3), "staff 7", "thread_read", "caregiver 1")
        audited(session, clock.now(), "staff 1", "family_read", f"child {leo}")
        for _ in range(PAGE + 1):
            audited(session, clock.now(), "outbox", "message_dropped", "message 9", why="x")
    owner = staff_in(client_of(store, clock), store, clock)

    def rows(query: str) -> int:
        page = owner.get(f"/admin/audit/?{query}").get_data(as_text=True)
        return page.count("<tr><td>")

    assert rows("kind=message_dropped") == PAGE
    with store.read() as session:
        first = session.scalars(select(AuditEvent.id).where(AuditEvent.kind == "message_dropped")).all()
    assert rows(f"kind=message_dropped&before={first[1]}") == 1
    assert rows("actor=staff+7") == 1
    assert rows(f"family={leo}&actor=staff+1") == 1
    assert rows(f"family={leo}&actor=staff+7") == 1  # one of those who care for the child
    assert rows("last=2026-08-30") == 1
    assert rows("first=2026-08-30&actor=staff+7") == 0
    assert rows("first=nonsense&family=x&before=99999999999&actor=staff+7") == 1
    told = owner.get("/admin/audit/?kind=family_read").get_data(as_text=True)
    assert "<td>Staff 1</td><td>Opened a family&#39;s page</td>" in told
    assert f'href="/admin/families/{leo}">Family {leo}</a>' in told
    assert '<option value="family_read" selected>' in told
    spanish = owner.get("/admin/audit/?kind=message_dropped&lang=es").get_data(as_text=True)
    assert "<td>El programa: envíos</td><td>Un mensaje no se envió</td><td>Mensaje 9</td>" in spanish
    assert "por qué: x" in spanish
    answer = press(owner, "/admin/audit/", "/admin/audit/file", actor="staff 7")
    table = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row[2:5] for row in table[1:]] == [["staff 7", "thread_read", "caregiver 1"]]
    assert rows("kind=audit_exported") == 1
    odd = AuditEvent(id=1, at=clock.now(), actor="=1+1", kind="x", subject="@sum", detail={})
    assert "'=1+1,x,'@sum" in as_csv([odd])


def test_a_parent_sees_who_looked_at_them_and_nobody_elses(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        ben = caregiver(phone="+14155550102", email="ben@example.org")
        leo = registered(session, family(caregiver(), ben), clock.now()).id
        session.add(Staff(email="rosa@example.org", role="helper", created_at=clock.now(), ended_at=None))
        other = session.scalars(select(Caregiver.id).where(Caregiver.phone == "+14155550102")).one()
        audited(session, clock.now(), "staff 1", "family_read", f"child {leo}")
        audited(session, clock.now(), "staff 1", "thread_read", f"caregiver {other}")
        audited(session, clock.now(), "staff 1", "family_read", "child 77")
        audited(session, clock.now(), "staff 1", "follow_up_mailed", f"child {leo}")  # the other one's affair
    assert client_of(store, clock).get("/family/access").status_code == 303
    page = signed_in(store, clock).get("/family/access").get_data(as_text=True)
    assert page.count('<li class="card">') == 1
    assert "Opened your family&#39;s page" in page
    assert "By staff 1 (helper)." in page
    assert "rosa@" not in page
    theirs = signed_in(store, clock, "+14155550102").get("/family/access?lang=es").get_data(as_text=True)
    assert theirs.count('<li class="card">') == 2
    assert "Leyó un texto suyo" in theirs
