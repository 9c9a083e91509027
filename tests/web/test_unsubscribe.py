"""RFC 8058: a POST without cookie or page stops e-mails at once; a look, however often, stops nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import Caregiver, Consent, OutgoingMessage, Store
from messages.outbox import enqueue_mail
from messages.templates import Rendered
from tests.support.family import SPEECH, caregiver, family, registered
from tests.support.mail_people import PUBLIC, Post, near

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mails(store: Store, clock: VirtualClock) -> Post:
    """Ana has had her welcome; one more e-mail is due next week."""
    found = near(store, clock)
    with store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now(), found.program.settings)
    found.run()
    with store.write() as session:
        ana = session.scalars(select(Caregiver)).one()
        later = clock.now() + timedelta(days=7)
        assert (
            enqueue_mail(session, ana, "step", Rendered("x", 0, "Hello", "Leo"), "step:9", later) is not None
        )
    return found


def state(store: Store) -> tuple[str, str]:
    with store.read() as session:
        row = session.scalars(select(OutgoingMessage).where(OutgoingMessage.dedupe_key == "step:9")).one()
        return session.scalars(select(Caregiver)).one().mails, row.state


def path_of(mails: Post) -> str:
    """As a mail program finds it: in the header of what was sent."""
    header = str(mails.out()[0]["List-Unsubscribe"])
    return header.partition(">")[0].removeprefix(f"<{PUBLIC}")


def test_a_bare_post_stops_them_at_once_and_again_is_fine(mails: Post, store: Store) -> None:
    path = path_of(mails)
    browser = mails.browser()
    for _ in range(3):
        answer = browser.post(path, data=ONE_CLICK)  # no page before it, no cookie, no token of a form
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert state(store) == ("out", "dropped")
    with store.read() as session:
        acts = session.scalars(select(Consent.wording).where(Consent.act == "withdrawn")).all()
    assert acts == ["One-Click"], "kept once, with what was pressed"
    mails.clock.move_to(mails.clock.now() + timedelta(days=8))
    mails.run()
    assert not [one for one in mails.out() if one["Subject"] == "Leo"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"nonsense", "text/plain"),
    ],
    ids=["empty", "multipart", "nonsense"],
)
def test_whatever_form_the_post_has(mails: Post, store: Store, body: bytes, kind: str) -> None:
    answer = mails.browser().post(path_of(mails), data=body, headers={"Content-Type": kind})
    assert answer.status_code == 200
    assert state(store)[0] == "out"


def test_looking_a_hundred_times_stops_nothing(mails: Post, store: Store) -> None:
    path, browser = path_of(mails), mails.browser()
    for _ in range(50):
        assert browser.get(path).status_code == 200
        assert browser.head(path).status_code == 200
    for method in ("PUT", "DELETE", "OPTIONS"):
        browser.open(path, method=method)
    assert state(store) == ("in", "queued")


def test_only_the_link_we_made(mails: Post, store: Store) -> None:
    path = path_of(mails)
    browser = mails.browser()
    for wrong in (f"{path}x", path[:-1], "/unsubscribe/1", path.replace("unsubscribe", "confirm")):
        assert browser.post(wrong, data=ONE_CLICK).status_code in (400, 404)
    assert state(store)[0] == "in"


def test_the_page_leads_back(mails: Post, store: Store) -> None:
    path, browser = path_of(mails), mails.browser()
    page = browser.post(path, data=ONE_CLICK).get_data(as_text=True)
    back = page.partition('href="/confirm/')[2].partition('"')[0]
    form = browser.get(f"/confirm/{back}").get_data(as_text=True)
    token = form.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert browser.post(f"/confirm/{back}", data={"csrf_token": token}).status_code == 200
    assert state(store) == ("in", "dropped"), "what was taken back stays so"
