"""Who belongs to the centre: what each role may open, who may change whom, and one's own account."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.families.roles import Role
from assistant.families.staff_access import set_password
from assistant.families.staff_accounts import StaffError, change_role, end_access, invite
from assistant.store import AuditEvent, OutgoingMessage, SignIn, Staff, Store
from tests.web.pages_support import SANDBOX, client_of, press, staff_in

PASSWORD = "clay river lantern"
# Each page: who may open it. The rest of the roles get the page that says no.
PAGES: dict[str, str] = {
    "/admin/inbox": "owner helper",
    "/admin/alerts/": "owner editor reviewer helper",
    "/admin/thresholds/": "owner editor reviewer helper",
    "/admin/consents": "owner helper",
    "/admin/closures/": "owner editor helper",
    "/admin/calendars/": "owner editor",
    "/admin/templates/": "owner editor reviewer helper",
    "/admin/guide/": "owner editor reviewer helper",
    "/admin/phrases/": "owner editor reviewer helper",
    "/admin/phrases/new": "owner editor helper",
    "/admin/rehearsals/": "owner editor reviewer helper",
    "/admin/measures/": "owner editor reviewer helper",
    "/admin/families/": "owner helper",
    "/admin/queues/": "owner helper",
    "/admin/queues/delivery": "owner helper",
    "/admin/audit/": "owner",
    "/admin/staff/": "owner",
    "/admin/erase": "owner helper",
    "/admin/account": "owner editor reviewer helper",
    "/admin/again": "owner editor reviewer helper",
}


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


def as_role(client: FlaskClient, store: Store, clock: VirtualClock, role: str) -> FlaskClient:
    """A browser of its own on which somebody with that role is signed in."""
    other = staff_in(client.application.test_client(), store, clock, f"{role}@example.org")
    with store.write() as session:
        session.scalars(select(Staff).where(Staff.email == f"{role}@example.org")).one().role = role
    return other


def one(store: Store, email: str) -> Staff:
    with store.read() as session:
        return session.scalars(select(Staff).where(Staff.email == email)).one()


def kinds(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


def test_each_page_opens_for_its_roles_only(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    seen: dict[str, list[str]] = {path: [] for path in PAGES}
    for role in ("owner", "editor", "reviewer", "helper"):
        browser = as_role(client, store, clock, role)
        for path, opened in seen.items():
            answer = browser.get(path)
            assert answer.status_code in (200, 403), (path, role)
            if answer.status_code == 200:
                opened.append(role)
    assert {path: " ".join(opened) for path, opened in seen.items()} == PAGES
    assert {client.get(path).status_code for path in PAGES} == {401}


def test_no_words_are_saved_by_who_only_reads_them(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    path = "/admin/templates/en/texts.welcome"
    for role, status in (
        ("helper", 403),
        ("reviewer", 403),
        ("editor", 400),
    ):  # 400: the editor gave no reason
        browser = as_role(client, store, clock, role)
        assert press(browser, path, do="save", body="Hello", reason="").status_code == status


def test_alerts_and_erasing_are_shown_to_who_may_use_them(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        from messages.alerts import raise_alert

        raise_alert(session, "no_replies", clock.now(), hours=50)
    shown = {
        role: as_role(client, store, clock, role).get("/admin/alerts/").get_data(as_text=True)
        for role in ("owner", "editor", "helper")
    }
    assert {role: "/close" in page for role, page in shown.items()} == {
        "owner": True,
        "editor": False,
        "helper": True,
    }
    assert {role: "/admin/erase" in page for role, page in shown.items()} == {
        "owner": True,
        "editor": False,
        "helper": False,
    }


def test_an_owner_invites_changes_resets_and_ends(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    owner = as_role(client, store, clock, "owner")
    answer = press(owner, "/admin/staff/", "/admin/staff/invite", email=" Ben@Example.org", role="helper")
    page = answer.get_data(as_text=True)
    link = re.search(r"http://[^\s<]+/admin/enter/[^\s<]+", page)
    assert link is not None
    ben = one(store, "ben@example.org")
    assert ben.role == "helper"
    path = link[0][link[0].index("/admin/") :]
    with store.read() as session:
        mail = session.scalars(select(OutgoingMessage)).one()
    assert (mail.to_address, mail.state, path in mail.body) == ("ben@example.org", "sent", False)
    sandbox = owner.get(f"/sandbox/mail/{mail.id}").get_data(as_text=True)
    assert (path in sandbox, "unsubscribe" in sandbox) == (True, False)
    assert "ben@example.org" not in owner.get("/sandbox/").get_data(as_text=True)
    for _ in range(2):  # a mail scanner opens it, and spends nothing
        assert client.application.test_client().get(path).status_code == 200
    assert press(client.application.test_client(), path).headers["Location"] == "/admin/set-up"
    for email, said in (("ben@example.org", "has this address already"), ("ben", "no e-mail address")):
        again = press(owner, "/admin/staff/", "/admin/staff/invite", email=email, role="owner")
        assert (again.status_code, said in again.get_data(as_text=True)) == (400, True)
    at = f"/admin/staff/{ben.id}"
    assert press(owner, "/admin/staff/", f"{at}/role", role="king").status_code == 404
    assert press(owner, "/admin/staff/", f"{at}/role", role="editor").status_code == 303
    assert one(store, "ben@example.org").role == "editor"
    assert "/admin/enter/" in press(owner, "/admin/staff/", f"{at}/reset").get_data(as_text=True)
    press(owner, "/admin/staff/", f"{at}/end")  # without the tick
    assert one(store, "ben@example.org").ended_at is None
    press(owner, "/admin/staff/", f"{at}/end", sure="1")
    assert one(store, "ben@example.org").ended_at is not None
    assert press(owner, "/admin/staff/", f"{at}/role", role="owner").status_code == 400
    assert kinds(store)[-4:] == ["staff_created", "staff_role", "staff_reset", "staff_ended"]


def test_nobody_changes_themselves_and_an_owner_stays(store: Store, clock: VirtualClock) -> None:
    now = clock.now()
    with store.write() as session:
        rosa, ben = (
            Staff(email=f"{name}@example.org", role="owner", created_at=now, ended_at=None)
            for name in ("rosa", "ben")
        )
        session.add_all([rosa, ben])
        session.flush()
        with pytest.raises(StaffError, match="self"):
            change_role(session, rosa, rosa.id, Role.HELPER, now)
        with pytest.raises(StaffError, match="self"):
            end_access(session, rosa, rosa.id, now)
        change_role(session, rosa, ben.id, Role.HELPER, now)
        with pytest.raises(StaffError, match="not_owner"):
            change_role(session, ben, rosa.id, Role.HELPER, now)
        with pytest.raises(StaffError, match="not_owner"):
            invite(session, ben, "ana@example.org", Role.OWNER, SANDBOX, now)
        assert (rosa.role, ben.role) == ("owner", "helper")


def test_what_cannot_be_undone_asks_for_password_and_code_once_an_hour(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    owner = as_role(client, store, clock, "owner")
    secret = pyotp.random_base32()
    with store.write() as session:
        rosa = session.scalars(select(Staff)).one()
        rosa.totp_secret, rosa.totp_since = secret, clock.now()
        set_password(session, rosa, PASSWORD, clock.now())
    for _ in range(2):
        clock.move_to(clock.now() + timedelta(minutes=40))
        owner.get("/admin/staff/")
    refused = press(owner, "/admin/staff/", "/admin/staff/invite", email="ben@example.org", role="helper")
    assert refused.status_code == 403
    assert "/admin/again?back=staff" in refused.get_data(as_text=True)
    with store.read() as session:
        assert len(session.scalars(select(Staff)).all()) == 1
    code = pyotp.TOTP(secret).at(clock.now())
    wrong = press(owner, "/admin/again?back=staff", "/admin/again", password="no", code=code, back="staff")
    assert wrong.status_code == 400
    answer = press(
        owner, "/admin/again?back=staff", "/admin/again", password=PASSWORD, code=code, back="staff"
    )
    assert answer.headers["Location"] == "/admin/staff/"
    done = press(owner, "/admin/staff/", "/admin/staff/invite", email="ben@example.org", role="helper")
    assert done.status_code == 200
    away = press(
        owner,
        "/admin/again",
        password=PASSWORD,
        code=pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30)),
        back="//elsewhere.example",
    )
    assert away.headers["Location"] == "/admin/account"


def test_my_account(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    helper = as_role(client, store, clock, "helper")
    other = staff_in(client.application.test_client(), store, clock, "helper@example.org")
    secret, new = pyotp.random_base32(), "other river lantern"
    with store.write() as session:
        ben = session.scalars(select(Staff)).one()
        ben.totp_secret, ben.totp_since = secret, clock.now()
        set_password(session, ben, PASSWORD, clock.now())
    code = pyotp.TOTP(secret).at(clock.now())
    to = ("/admin/account", "/admin/account/password")
    for fields in (
        {"password": "wrong", "new": new, "again": new, "code": code},
        {"password": PASSWORD, "new": new, "again": new, "code": "000"},
        {"password": PASSWORD, "new": "short", "again": "short", "code": code},
        {"password": PASSWORD, "new": new, "again": "not the same", "code": code},
    ):
        assert press(helper, *to, **fields).status_code == 400
    assert other.get("/admin/inbox").status_code == 200
    assert press(helper, *to, password=PASSWORD, new=new, again=new, code=code).status_code == 303
    assert (helper.get("/admin/inbox").status_code, other.get("/admin/inbox").status_code) == (200, 401)
    third = staff_in(client.application.test_client(), store, clock, "helper@example.org")
    assert "/admin/account/others" in helper.get("/admin/account").get_data(as_text=True)
    press(helper, "/admin/account", "/admin/account/others")
    assert third.get("/admin/inbox").status_code == 401
    press(helper, "/admin/account", "/admin/account/language", language="es")
    fresh = staff_in(client.application.test_client(), store, clock, "helper@example.org")
    for browser in (helper, fresh):
        assert '<html lang="es">' in browser.get("/admin/account").get_data(as_text=True)
    with store.read() as session:
        assert len(session.scalars(select(SignIn).where(SignIn.ended_at.is_(None))).all()) == 2
