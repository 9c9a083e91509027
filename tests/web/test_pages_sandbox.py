"""The sandbox: a phone one can answer, mail one can read, a clock that jumps to what is due."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.store import Attachment, Caregiver, InboundText, LogEntry, OutgoingMessage, Store
from tests.support.family import family, registered
from tests.web.pages_support import SANDBOX, a_form, client_of, press

PHONE = "/sandbox/phone/1"


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


def test_from_registration_to_a_logged_answer(client: FlaskClient, store: Store) -> None:
    press(client, "/register", **a_form(mails=None))
    assert client.get("/sandbox/phone").location.endswith(PHONE)
    press(client, PHONE, "/sandbox/jump", here=PHONE)  # the invitation leaves when the day begins
    assert "text JOIN" in client.get(PHONE).get_data(as_text=True)
    press(client, PHONE, body="JOIN")
    with store.read() as session:
        assert session.get_one(Caregiver, 1).texts == "in"
    jumped = press(client, PHONE, "/sandbox/jump", here=PHONE)
    assert jumped.location == PHONE
    page = client.get(PHONE).get_data(as_text=True)
    assert "did speech happen" in page
    assert "It is now Tuesday, September 1" in page
    for digit in "123":
        assert f'name="body" value="{digit}"' in page
    press(client, PHONE, body="2")
    with store.read() as session:
        assert session.scalars(select(LogEntry.outcome)).all() == ["missed"]
    page = client.get(PHONE).get_data(as_text=True)
    # At one moment of the standing clock: the question, the answer, the confirmation.
    assert page.index("did speech happen") < page.index("<p>2</p>") < page.index("Logged: speech")
    overview = client.get("/sandbox/?lang=en").get_data(as_text=True)
    assert "no, it did not happen" in overview
    assert "<blockquote>2</blockquote>" in overview


def test_a_page_sent_twice_is_one_text(client: FlaskClient, store: Store) -> None:
    press(client, "/register", **a_form())
    page = client.get(PHONE).get_data(as_text=True)
    once = page.split('name="once" value="')[1][:32]
    for _ in range(3):
        press(client, "/", PHONE, body="JOIN", once=once, csrf_token=_token(page))
    press(client, PHONE, body="  ")
    with store.read() as session:
        assert session.scalars(select(func.count()).select_from(InboundText)).one() == 1


def test_markup_in_a_text_stays_text(client: FlaskClient) -> None:
    press(client, "/register", **a_form())
    press(client, PHONE, body="<script>alert(1)</script>")
    page = client.get(PHONE).get_data(as_text=True)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_clock_jumps_only_to_what_is_due(client: FlaskClient) -> None:
    press(client, "/sandbox/", "/sandbox/jump", here="/sandbox/")
    assert "Nothing is planned" in client.get("/sandbox/").get_data(as_text=True)


@pytest.mark.parametrize(
    "here", ["https://evil.example", "//evil.example", "/sandbox/../x", "", "/sandbox/?a=b"]
)
def test_the_button_leads_back_into_the_sandbox_only(client: FlaskClient, here: str) -> None:
    assert press(client, "/sandbox/", "/sandbox/jump", here=here).location == "/sandbox/"


@pytest.mark.parametrize(
    "path",
    [
        "/sandbox/phone/9",
        "/sandbox/phone/99999999999999999999",
        "/sandbox/mail/9",
        "/sandbox/mail/9/html",
        "/sandbox/mail/1/file/1",
    ],
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_mail_with_its_html_and_files(client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(), clock.now(), SANDBOX)
        session.add(
            OutgoingMessage(
                dedupe_key="step:1",
                reference="r1",
                channel="email",
                kind="step",
                caregiver_id=1,
                to_address="ana@example.org",
                language="en",
                subject="A <next> step",
                body="Plain words, see http://127.0.0.1:8000/step/x",
                html="<p>Fine words</p><script>1</script>",
                about=[],
                template_key="guide.document",
                created_at=clock.now(),
                attachments=[
                    Attachment(name="carta año.docx", content_type="application/x-docx", data=b"PK")
                ],
            )
        )
        session.flush()
        number = session.scalars(select(OutgoingMessage.id).where(OutgoingMessage.kind == "step")).one()
    listed = client.get("/sandbox/mail").get_data(as_text=True)
    assert "A &lt;next&gt; step" in listed
    page = client.get(f"/sandbox/mail/{number}").get_data(as_text=True)
    assert '<a href="http://127.0.0.1:8000/step/x"' in page
    assert f'src="/sandbox/mail/{number}/html" sandbox="allow-popups' in page
    assert "/unsubscribe/" in page
    html = client.get(f"/sandbox/mail/{number}/html")
    assert b"Fine words" in html.data
    policy = html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert html.headers["X-Frame-Options"] == "SAMEORIGIN"
    file = client.get(f"/sandbox/mail/{number}/file/1")
    assert file.data == b"PK"
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.headers["X-Content-Type-Options"] == "nosniff"


def _token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]
