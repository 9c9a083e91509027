"""Bounces of several mail servers: what they say, what they change, and those that nobody believes."""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.mailroom import Place, sort
from assistant.families.consent import opt_in
from assistant.store import Alert, AuditEvent, Caregiver, InboundMail, OutgoingMessage, Store
from messages.bounces import judge
from messages.dsn import Report, reports_of
from messages.mail_in import read_mail
from messages.mail_tags import tagged
from messages.outbox import enqueue_mail
from messages.templates import Rendered, sync
from tests.support.bounces import STYLES, bounce
from tests.support.mail_people import settings_of

SETTINGS = settings_of(1, 1)
TO = "answers+b.x.y@iep.example.org"


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("status", ["5.1.1", "5.2.2", "5.7.26", "5.4.4"])
def test_each_make_is_read(style: str, status: str) -> None:
    assert reports_of(message_from_bytes(bounce(style, TO, status))) == (Report("failed", status),)


@pytest.mark.parametrize("style", ["postfix", "exchange", "gmail"])
def test_a_delay_is_no_failure(style: str) -> None:
    (report,) = reports_of(message_from_bytes(bounce(style, TO, "4.4.1", "delayed")))
    assert judge(report) == "news"


def test_a_general_status_is_made_exact_by_what_the_other_server_said() -> None:
    data = bounce("postfix", TO, "5.1.1").replace(b"\r\nStatus: 5.1.1", b"\r\nStatus: 5.0.0")
    assert reports_of(message_from_bytes(data)) == (Report("failed", "5.1.1"),)


def test_a_report_in_base64_is_read() -> None:
    import base64

    inside = b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    data = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(inside)
        + b"\r\n--b--\r\n"
    )
    assert reports_of(message_from_bytes(data)) == (Report("failed", "5.1.1"),)


@pytest.mark.parametrize(
    ("action", "status", "verdict"),
    [
        ("failed", "5.1.1", "dead"),
        ("failed", "5.1.10", "dead"),
        ("failed", "5.4.4", "dead"),
        ("failed", "5.2.1", "dead"),
        ("failed", "5.2.2", "soft"),
        ("failed", "4.4.7", "soft"),
        ("failed", "", "soft"),
        ("failed", "5.7.26", "ours"),
        ("failed", "5.1.8", "ours"),
        ("delayed", "5.1.1", "news"),
        ("delivered", "2.0.0", "news"),
    ],
)
def test_what_a_status_says(action: str, status: str, verdict: str) -> None:
    assert judge(Report(action, status)) == verdict  # type: ignore[arg-type]  # one of its words


def an_ana(store: Store, clock: VirtualClock, *, texts: str = "none", mails: int = 1) -> list[str]:
    """Ana with so many e-mails that were sent; the addresses that their bounces go to."""
    with store.write() as session:
        sync(session, clock.now())
        ana = Caregiver(name="Ana", email="ana@example.org", language="en", zone="America/Los_Angeles")
        ana.mails, ana.texts, ana.phone, ana.created_at = "in", texts, "+14155550101", clock.now()
        session.add(ana)
        session.flush()
        found = []
        for number in range(mails):
            said = Rendered("x", 0, "Hello", "A letter")
            row = enqueue_mail(session, ana, "step", said, f"step:{number}", clock.now())
            assert row is not None
            row.state, row.next_at, row.sent_at = "sent", None, clock.now()
            address = tagged(SETTINGS, "bounce", row.reference)
            assert address is not None
            found.append(address)
        later = clock.now() + timedelta(days=3)
        assert (
            enqueue_mail(session, ana, "step", Rendered("x", 0, "Hello", "B"), "step:later", later)
            is not None
        )
        return found


def take(store: Store, clock: VirtualClock, data: bytes, uid: int = 1) -> str:
    with store.write() as session:
        return sort(session, read_mail(data), Place(1, 1, uid), clock.now(), SETTINGS)[0]


def mails_of(store: Store) -> str:
    with store.read() as session:
        return session.scalars(select(Caregiver)).one().mails


@pytest.mark.parametrize("style", STYLES)
def test_a_dead_address_gets_nothing_more(store: Store, clock: VirtualClock, style: str) -> None:
    (to,) = an_ana(store, clock, texts="in")
    assert take(store, clock, bounce(style, to)) == "bounce"
    assert mails_of(store) == "none"
    with store.read() as session:
        rows = {row.dedupe_key: row for row in session.scalars(select(OutgoingMessage))}
        assert (rows["step:0"].state, rows["step:0"].error_code) == ("failed", "5.1.1")
        assert rows["step:later"].state == "dropped"
        (told,) = (row for key, row in rows.items() if key.startswith("mail_lost:"))
        assert (told.channel, told.state) == ("sms", "queued")
        alert = session.scalars(select(Alert)).one()
        assert (alert.kind, alert.subject, alert.detail) == (
            "address_dead",
            "caregiver 1",
            {"status": "5.1.1"},
        )
        stored = json.dumps(
            [[one.kind, one.subject, one.detail] for one in session.scalars(select(AuditEvent))]
        )
        assert "ana@" not in stored


def test_twice_is_once(store: Store, clock: VirtualClock) -> None:
    (to,) = an_ana(store, clock)
    for uid in (1, 1, 2):
        take(store, clock, bounce("gmail", to), uid)
    take(store, clock, bounce("gmail", to, n=2), 3)  # another report about the same message
    with store.read() as session:
        assert session.scalars(select(Alert.times)).all() == [1]
        assert len(session.scalars(select(InboundMail)).all()) == 2


@pytest.mark.parametrize("style", STYLES)
def test_a_forged_one_changes_nothing(store: Store, clock: VirtualClock, style: str) -> None:
    (to,) = an_ana(store, clock)
    name, _, host = to.partition("@")
    other = "a" if name[-1] != "a" else "b"
    tries = [
        f"{name[:-1]}{other}@{host}",
        f"answers@{host}",
        to.replace(host, "elsewhere.example"),
        to.replace("+b.", "+r."),
    ]
    for uid, address in enumerate(tries, 1):
        assert take(store, clock, bounce(style, address, n=uid), uid) == "forged"
    assert mails_of(store) == "in"
    with store.read() as session:
        assert session.scalars(select(OutgoingMessage.state)).all() == ["sent", "queued"]


def test_a_full_mailbox_counts_only_when_it_stays_full(store: Store, clock: VirtualClock) -> None:
    addresses = an_ana(store, clock, mails=3)
    for uid, to in enumerate(addresses, 1):
        assert mails_of(store) == "in"
        assert take(store, clock, bounce("postfix", to, "5.2.2", n=uid), uid) == "bounce"
    assert mails_of(store) == "none"


def test_one_that_arrived_between_makes_it_alive_again(store: Store, clock: VirtualClock) -> None:
    addresses = an_ana(store, clock, mails=4)
    for uid in (0, 1, 3):
        take(store, clock, bounce("postfix", addresses[uid], "4.2.2", n=uid), uid + 1)
    assert mails_of(store) == "in"


def test_policy_is_about_us(store: Store, clock: VirtualClock) -> None:
    (to,) = an_ana(store, clock)
    take(store, clock, bounce("gmail", to, "5.7.26"))
    assert mails_of(store) == "in"
    with store.read() as session:
        alert = session.scalars(select(Alert)).one()
        assert (alert.kind, alert.detail) == ("mail_refused", {"status": "5.7.26"})


def test_a_delay_changes_nothing(store: Store, clock: VirtualClock) -> None:
    (to,) = an_ana(store, clock)
    assert take(store, clock, bounce("postfix", to, "4.4.1", "delayed")) == "delayed"
    with store.read() as session:
        assert session.scalars(select(OutgoingMessage.state)).first() == "sent"


def test_news_about_an_older_address_or_from_before_a_new_yes_is_old(
    store: Store, clock: VirtualClock
) -> None:
    first, second = an_ana(store, clock, mails=2)
    clock.move_to(clock.now() + timedelta(hours=1))
    with store.write() as session:
        ana = session.scalars(select(Caregiver)).one()
        opt_in(session, ana, "email", "link", "I agree", clock.now())
    take(store, clock, bounce("postfix", first), 1)
    assert mails_of(store) == "in"
    with store.write() as session:
        session.scalars(select(Caregiver)).one().email = "new@example.org"
    take(store, clock, bounce("postfix", second, n=2), 2)
    assert mails_of(store) == "in"


def test_an_out_of_office_at_the_return_path_is_no_bounce(store: Store, clock: VirtualClock) -> None:
    (to,) = an_ana(store, clock)
    away = f"From: ana@example.org\r\nTo: {to}\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday\r\n"
    assert take(store, clock, away.encode()) == "machine"
    assert mails_of(store) == "in"


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "From",
                "To",
                "Subject",
                "Content-Type",
                "Content-Transfer-Encoding",
                "Message-ID",
                "References",
                "Date",
            ]
        ),
        st.one_of(
            st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=80),
            st.sampled_from(
                [
                    "multipart/report; report-type=delivery-status; boundary=b",
                    "multipart/mixed; boundary=b",
                    "multipart/mixed",
                    "message/delivery-status",
                    "message/rfc822",
                    "text/html; charset=nonsense",
                    "text/plain; charset*=utf-8''%ff",
                    "base64",
                    "quoted-printable",
                    "x-uuencode",
                    "=?utf-8?q?=ff?= <a@b.example>",
                    "=?nonsense?b?AAAA?=",
                    '"" <@>',
                ]
            ),
        ),
    ),
    max_size=8,
)


@given(HEADERS, st.binary(max_size=300), st.booleans())
@example([("Content-Type", "message/delivery-status")], b"\r\n\r\nAction: \xff\r\n", False)
def test_broken_mail_never_breaks_the_reader(
    headers: list[tuple[str, str]], body: bytes, parts: bool
) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "replace")
    inside = (
        b"\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" + body + b"\r\n--b--\r\n"
        if parts
        else body
    )
    found = read_mail(head + b"\r\n" + inside)
    assert len(found.key) == 64
    assert len(found.text) <= 20_000
    assert "\x00" not in found.text


@given(st.binary(max_size=2000))
def test_nor_does_anything_else(data: bytes) -> None:
    assert read_mail(data).key


def test_a_letter_of_ten_thousand_nested_parts_is_read_or_left(store: Store, clock: VirtualClock) -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(10_000)
    )
    assert take(store, clock, b"From: ana@example.org\r\n" + deep + b"\r\nhello\r\n") in (
        "broken",
        "stranger",
    )


@pytest.mark.parametrize(
    ("sender", "found"),
    [
        ("Ana <ana@example.org>", "ana@example.org"),
        ("ANA@Example.org", "ana@example.org"),
        ('"ana@example.org" <evil@example.net>', ""),
        ("ana@example.org, ben@example.org", ""),
        ("=?utf-8?q?Mar=C3=ADa_N=C3=BA=C3=B1ez?= <maria@example.org>", "maria@example.org"),
        ("=?utf-8?q?ana=40example.org?= <evil@example.net>", ""),
        ("undisclosed", ""),
    ],
)
def test_who_wrote(sender: str, found: str) -> None:
    assert read_mail(f"From: {sender}\r\n\r\nx".encode()).sender == found


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("utf-8", "Sí, sí hubo"),
        ("iso-8859-1", "Sí, sí hubo"),
        ("cp1252", "Sí “hubo”"),
        ("gb2312", "没有"),
        ("big5", "沒有"),
        ("euc-kr", "아니요"),
        ("shift_jis", "いいえ"),
        ("koi8-r", "Нет"),
        ("cp1256", "لا"),
        ("cp1258", "Không"),
        ("utf-16", "Sí"),
    ],
)
def test_letters_in_many_codes(charset: str, words: str) -> None:
    import base64

    body = base64.encodebytes(words.encode(charset))
    head = f"From: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert read_mail(head.encode() + body).text.strip() == words


def test_a_letter_that_is_only_html() -> None:
    html = (
        "<html><head><style>p{}</style></head><body><p>Sí,&nbsp;la mandé</p>"
        '<div class="gmail_quote"><div>El mar, Every Session escribió:</div><blockquote>no</blockquote></div></body></html>'
    )
    found = read_mail(b"From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode())
    assert found.text == "Sí, la mandé"
    outlook = '<p>not now</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: us</div><p>no more e-mails</p>'
    found = read_mail(b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n" + outlook.encode())
    assert found.text == "not now"
