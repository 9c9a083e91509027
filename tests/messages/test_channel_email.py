"""E-mail over real connections to mail servers on loopback."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from assistant.clock import VirtualClock, monotonic
from assistant.config import Smtp
from messages.channels import smtp_email
from messages.channels.mime import UnsendableError, build, to_wire
from messages.channels.smtp_email import SmtpEmail
from messages.channels.types import Attachment, Email, Receipt
from tests.support.certificates import Certificates
from tests.support.mail_server import Inbox, ScriptedServer, real_server
from tests.support.scripted import Dripping

NOW = datetime(2026, 9, 15, 23, 30, 5, tzinfo=UTC)
LETTER = Email(
    to="Ana Rivera <ana@example.org>",
    sender="Every Session <assistant@iep.example.org>",
    subject="Próximo paso para Leo: pedir los registros de las sesiones",
    text="Hola, Ana:\n\nAquí está la carta.\n.\n..dos puntos al principio\nFin.\n",
    message_id="<c12.s2@iep.example.org>",
)


def channel(port: int, trust: ssl.SSLContext | None = None, **changes: object) -> SmtpEmail:
    values: dict[str, object] = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout_seconds": 5}
    return SmtpEmail(Smtp.model_validate(values | changes), VirtualClock(NOW), trust)


def parsed(inbox: Inbox) -> EmailMessage:
    (envelope,) = inbox.envelopes
    content = envelope.content
    assert isinstance(content, bytes)
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


READABLE = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")  # base64 keeps the line ends of the wire


class TestWhatArrives:
    def test_a_plain_letter(self) -> None:
        inbox = Inbox()
        with real_server(inbox) as port:
            assert channel(port).send(LETTER) == Receipt("sent", "c12.s2", "250")
        message = parsed(inbox)
        assert message["Subject"] == LETTER.subject
        assert message["From"] == LETTER.sender
        assert message["To"] == LETTER.to
        assert message["Message-ID"] == LETTER.message_id
        assert message["Date"].datetime == NOW
        assert message["Auto-Submitted"] == "auto-generated"
        assert part(message, "plain") == LETTER.text
        (envelope,) = inbox.envelopes
        assert envelope.mail_from == "assistant@iep.example.org"
        assert envelope.rcpt_tos == ["ana@example.org"]

    def test_everything_at_once(self) -> None:
        file = bytes(range(256)) * 40
        letter = replace(
            LETTER,
            html="<p>Aquí está la carta, " + "larga " * 400 + "</p>",
            attachments=(
                Attachment("Carta de petición — señora Núñez.docx", "application/octet-stream", file),
                Attachment("letter.txt", "text/plain", b"plain"),
            ),
            in_reply_to="<c12@iep.example.org>",
            references="<c12@iep.example.org> <c12.s1@iep.example.org>",
            headers=(
                ("List-Unsubscribe", "<https://iep.example.org/u/t0ken>, <mailto:stop@iep.example.org>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                ("Reply-To", "Every Session <c12@iep.example.org>"),
            ),
        )
        inbox = Inbox()
        with real_server(inbox) as port:
            assert channel(port).send(letter).state == "sent"
        message = parsed(inbox)
        assert part(message, "plain") == LETTER.text
        assert part(message, "html").strip() == letter.html
        first, second = message.iter_attachments()
        assert first.get_filename() == "Carta de petición — señora Núñez.docx"
        assert first.get_content() == file
        assert (second.get_filename(), second.get_content_type()) == ("letter.txt", "text/plain")
        assert message["In-Reply-To"] == "<c12@iep.example.org>"
        assert message["References"] == letter.references
        for name, value in letter.headers:
            assert message[name] == value

    def test_sent_twice_it_keeps_its_id(self) -> None:
        inbox = Inbox()
        with real_server(inbox) as port:
            sender = channel(port)
            assert sender.send(LETTER).provider_id == sender.send(LETTER).provider_id
        assert len(inbox.envelopes) == 2

    def test_an_international_domain(self) -> None:
        inbox = Inbox()
        with real_server(inbox) as port:
            assert channel(port).send(replace(LETTER, to="ana@españa.example")).state == "sent"
        assert inbox.envelopes[0].rcpt_tos == ["ana@xn--espaa-rta.example"]
        assert parsed(inbox)["To"] == "ana@xn--espaa-rta.example"


class TestTheWire:
    LONG = "t" * 120

    def wire(self, **changes: object) -> bytes:
        letter = replace(LETTER, **changes)  # type: ignore[arg-type]  # fields by name, as the tests need them
        return to_wire(build(letter, NOW))

    def test_ids_and_unsubscribe_addresses_are_never_encoded(self) -> None:
        identity = f"<{self.LONG}@iep.example.org>"
        url = f"<https://iep.example.org/unsubscribe/{self.LONG}>"
        data = self.wire(
            message_id=identity,
            in_reply_to=identity,
            references=f"{identity} {identity}",
            headers=(("List-Unsubscribe", f"{url}, <mailto:stop@iep.example.org>"),),
        )
        head = data.partition(b"\r\n\r\n")[0].decode("ascii")
        unfolded = head.replace("\r\n ", " ").split("\r\n")
        assert f"Message-ID: {identity}" in unfolded
        assert f"In-Reply-To: {identity}" in unfolded
        assert f"References: {identity} {identity}" in unfolded
        assert f"List-Unsubscribe: {url}, <mailto:stop@iep.example.org>" in unfolded

    def test_what_people_read_is_encoded_within_the_limits(self) -> None:
        subject = "Próximo paso: la carta para la escuela sobre las sesiones de terapia del habla " * 3
        data = self.wire(
            subject=subject.strip(),
            text="línea muy larga con ñ " * 300,
            html="<p>" + "é" * 3000 + "x" * 3000 + "</p>",
            attachments=(Attachment("f.bin", "application/octet-stream", b"\x00\xff" * 5000),),
        )
        assert data.isascii()
        head, _, body = data.partition(b"\r\n\r\n")
        assert max(len(line) for line in body.split(b"\r\n")) <= 78
        encoded = [word for word in head.split() if word.startswith(b"=?")]
        assert encoded
        assert all(len(word) <= 75 for word in encoded)
        message = message_from_bytes(data, policy=policy.default)
        assert message["Subject"].rstrip() == subject.strip()

    def test_every_line_ends_as_smtp_wants(self) -> None:
        data = self.wire(text="a\nb\r\nc\rd", html="<p>\n</p>")
        assert b"\n" not in data.replace(b"\r\n", b"")
        assert b"\r" not in data.replace(b"\r\n", b"")

    @given(st.text(READABLE, max_size=200))
    @example("0000" + "\u0800" * 26 + " ¡ \xa0")  # where Python's own folding loses the space
    def test_any_subject_comes_back(self, subject: str) -> None:
        message = message_from_bytes(self.wire(subject=subject), policy=policy.default)
        assert " ".join(str(message["Subject"]).split()) == " ".join(subject.split())

    @given(st.text(READABLE, min_size=1, max_size=120))
    @example("María José Núñez Ibáñez de la Peña y Gutiérrez-Ávila Señorón Ñuñoa Ébano Óscar Última")
    def test_any_name_with_accents_comes_back(self, name: str) -> None:
        name += "ñ"
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        try:
            data = self.wire(to=f'"{quoted}" <ana@example.org>')
        except UnsendableError:
            return
        assert max(len(line) for line in data.split(b"\r\n")) <= 78
        # RFC 2047's decoder: the newer parser puts a space between two encoded words of one name.
        words, _, spec = str(make_header(decode_header(message_from_bytes(data)["To"]))).rpartition("<")
        assert spec == "ana@example.org>"
        assert " ".join(words.split()) == " ".join(name.split())

    @given(st.text(READABLE, min_size=1, max_size=80))
    def test_any_file_name_comes_back(self, name: str) -> None:
        # Python's reader takes a name in angle brackets for an address and unwraps it.
        assume(not (name.strip().startswith("<") and name.strip().endswith(">")))
        data = self.wire(attachments=(Attachment(name, "text/plain", b"x"),))
        message = message_from_bytes(data, policy=policy.default)
        assert isinstance(message, EmailMessage)
        (file,) = message.iter_attachments()
        assert str(file.get_filename()).strip() == name.strip()

    @given(
        st.text(
            st.characters(
                exclude_categories=["Cs"], exclude_characters="\r\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e"
            )
        )
    )
    def test_any_text_comes_back(self, text: str) -> None:
        message = message_from_bytes(self.wire(text=text), policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert message.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


BROKEN: list[dict[str, object]] = [
    {"subject": "hello\r\nBcc: everyone@example.org"},
    {"subject": "hello\nthere"},
    {"subject": "nul\x00"},
    {"to": "ana@example.org\r\nCc: b@example.org"},
    {"to": "ana@example.org, ben@example.org"},
    {"to": "friends: ana@example.org, ben@example.org;"},
    {"to": ""},
    {"to": "ana"},
    {"to": "ana@"},
    {"to": "@example.org"},
    {"to": "anña@example.org"},
    {"to": "ana@exa mple.org"},
    {"to": "<ana@example.org"},
    {"to": "ana@" + "ñ" * 80 + ".org"},
    {"to": "Ana <ana@example.org> ben@example.org"},
    {"to": "ana@ben@example.org"},
    {"message_id": "c12@iep.example.org"},
    {"message_id": "<c12@iep.example.org>\r\nX: y"},
    {"message_id": "<with space@iep.example.org>"},
    {"in_reply_to": "no brackets"},
    {"references": "<a@b.example> nonsense"},
    {"headers": (("X-Note", "a\r\nBcc: b@example.org"),)},
    {"headers": (("Bcc", "b@example.org"),)},
    {"headers": (("Subject", "another"),)},
    {"headers": (("Content-Type", "text/html"),)},
    {"headers": (("X Bad", "y"),)},
    {"headers": (("X-Bad:", "y"),)},
    {"attachments": (Attachment("a\r\nX: y.pdf", "application/pdf", b""),)},
    {"attachments": (Attachment("a.pdf", "pdf", b""),)},
    {"attachments": (Attachment("a.eml", "message/rfc822", b"x"),)},
    {"text": "half \ud83d"},
    {"subject": "half \ud83d"},
    {"attachments": (Attachment("half \ud83d", "text/plain", b""),)},
]


@pytest.mark.parametrize("changes", BROKEN, ids=lambda c: repr(c)[:50])
def test_what_cannot_be_written_down_never_reaches_a_server(changes: dict[str, object]) -> None:
    with ScriptedServer({}) as server:
        receipt = channel(server.port).send(replace(LETTER, **changes))  # type: ignore[arg-type]  # as above
        assert (receipt.state, receipt.code) == ("failed", "unsendable")
        assert server.lines == []


@pytest.mark.parametrize("sender", ["nobody", "", "a@example.org\n", "a@b.example, c@d.example"])
def test_a_sender_that_cannot_be_written_down_halts(sender: str) -> None:
    with ScriptedServer({}) as server:
        receipt = channel(server.port).send(replace(LETTER, sender=sender))
        assert (receipt.state, receipt.code) == ("halt", "sender")
        assert server.lines == []


@example(":;0", "to")  # the standard library's own parser fails on it
@given(
    st.text(max_size=60), st.sampled_from(["to", "sender", "subject", "message_id", "in_reply_to", "text"])
)
def test_any_value_is_either_written_or_refused(value: str, name: str) -> None:
    try:
        data = to_wire(build(replace(LETTER, **{name: value}), NOW))  # type: ignore[arg-type]  # as above
    except UnsendableError:
        return
    head = data.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nbcc:" not in head
    assert data.isascii()


class TestTls:
    def test_starttls_with_a_password(self, certificates: Certificates) -> None:
        inbox = Inbox(password="pass wörd")
        with real_server(inbox, starttls=certificates.server) as port:
            sender = channel(port, certificates.trusting, tls="starttls", username="u", password="plain")
            assert sender.send(LETTER).state == "halt"
            inbox.password = "plain"
            assert sender.send(LETTER).state == "sent"
        assert inbox.encrypted == [True]

    def test_tls_from_the_start(self, certificates: Certificates) -> None:
        inbox = Inbox()
        with real_server(inbox, tls=certificates.server) as port:
            assert channel(port, certificates.trusting, tls="tls").send(LETTER).state == "sent"
        assert len(inbox.envelopes) == 1

    def test_a_certificate_nobody_vouches_for_halts(self, certificates: Certificates) -> None:
        inbox = Inbox()
        with real_server(inbox, starttls=certificates.server) as port:
            receipt = channel(port, tls="starttls", username="u", password="p").send(LETTER)
        assert (receipt.state, receipt.code) == ("halt", "certificate")
        assert inbox.envelopes == []

    def test_no_encryption_on_offer_halts_and_no_password_goes_out(self) -> None:
        with ScriptedServer({"EHLO": "250-hello\r\n250 AUTH PLAIN"}) as server:
            receipt = channel(server.port, tls="starttls", username="u", password="p").send(LETTER)
            assert (receipt.state, receipt.code) == ("halt", "starttls")
            assert not any(line.upper().startswith(b"AUTH") for line in server.lines)

    def test_starttls_that_is_not_ready_is_tried_again(self) -> None:
        replies = {"EHLO": "250-hello\r\n250 STARTTLS", "STARTTLS": "454 not now"}
        with ScriptedServer(replies) as server:
            assert channel(server.port, tls="starttls").send(LETTER).state == "retry"


@pytest.mark.parametrize(
    ("ehlo", "auth", "state"),
    [
        ("250-hello\r\n250 AUTH PLAIN", "535 5.7.8 no", "halt"),
        ("250-hello\r\n250 AUTH PLAIN", "454 4.7.0 not now", "retry"),
        ("250-hello\r\n250 AUTH GSSAPI", "250 never asked", "halt"),
        ("250 hello", "250 never asked", "halt"),
    ],
)
def test_signing_in(ehlo: str, auth: str, state: str) -> None:
    with ScriptedServer({"EHLO": ehlo, "AUTH": auth}) as server:
        receipt = channel(server.port, username="u", password="p").send(LETTER)
        assert receipt.state == state
        assert server.dots == 0


def test_a_password_with_letters_that_smtp_cannot_carry_halts() -> None:
    with ScriptedServer({"EHLO": "250-hello\r\n250 AUTH PLAIN"}) as server:
        receipt = channel(server.port, username="u", password="señora").send(LETTER)
        assert (receipt.state, receipt.code) == ("halt", "letters")


@pytest.mark.parametrize(
    ("replies", "state", "effect", "wait"),
    [
        ({"greeting": "421 busy"}, "retry", None, None),
        ({"greeting": "554 go away"}, "halt", None, None),
        ({"greeting": None}, "retry", None, None),
        ({"EHLO": "502 no", "HELO": "550 no"}, "halt", None, None),
        ({"MAIL": "421 busy"}, "retry", None, None),
        ({"MAIL": "451 4.3.0 later"}, "retry", None, None),
        ({"MAIL": "530 5.7.0 sign in first"}, "halt", None, None),
        ({"MAIL": "550 5.1.8 not you"}, "halt", None, None),
        ({"MAIL": "552 5.3.4 too large"}, "failed", "too_large", None),
        ({"RCPT": "450 4.2.0 greylisted"}, "retry", None, 600),
        ({"RCPT": "421 busy"}, "retry", None, 600),
        ({"RCPT": "550 5.1.1 nobody here"}, "failed", "address_dead", None),
        ({"RCPT": "550 no such user"}, "failed", "address_dead", None),
        ({"RCPT": "553 5.1.3 bad address"}, "failed", "address_dead", None),
        ({"RCPT": "552 5.2.2 full"}, "retry", None, 14_400),
        ({"RCPT": "550 5.7.1 relaying denied"}, "halt", None, None),
        ({"RCPT": "501 5.5.4 syntax"}, "failed", None, None),
        ({"RCPT": None}, "retry", None, None),
        ({"DATA": "451 later"}, "retry", None, None),
        ({"DATA": "554 no"}, "failed", None, None),
        ({"DATA": None}, "retry", None, None),
        ({".": "451 4.3.0 later"}, "retry", None, None),
        ({".": "421 closing"}, "retry", None, None),
        ({".": "552 5.3.4 too large"}, "failed", "too_large", None),
        ({".": "554 5.7.1 looks like spam"}, "failed", None, None),
        ({".": "250 taken"}, "sent", None, None),
        ({".": None}, "unsure", None, None),
        ({".": "what?"}, "unsure", None, None),
        ({".": "354 go on"}, "unsure", None, None),
        ({".": "250 taken", "QUIT": None}, "sent", None, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_each_answer_means(
    replies: dict[str, str | None], state: str, effect: str | None, wait: int | None
) -> None:
    with ScriptedServer(replies) as server:
        receipt = channel(server.port).send(LETTER)
        assert (receipt.state, receipt.effect, receipt.retry_after_seconds) == (state, effect, wait)
        assert "ana" not in receipt.detail
        assert server.dots == (1 if "." in replies else 0)
        if state in ("sent", "unsure"):
            assert receipt.provider_id == "c12.s2"


def test_a_relay_that_knows_us_may_still_refuse_one_address() -> None:
    replies = {"EHLO": "250-hello\r\n250 AUTH PLAIN", "AUTH": "235 yes", "RCPT": "550 5.7.1 policy"}
    with ScriptedServer(replies) as server:
        receipt = channel(server.port, username="u", password="p").send(LETTER)
    assert (receipt.state, receipt.effect) == ("failed", None)


@pytest.mark.parametrize(
    ("where", "state"), [("greeting", "retry"), ("MAIL", "retry"), ("DATA", "retry"), (".", "unsure")]
)
def test_a_server_that_hangs_frees_us_in_time(where: str, state: str) -> None:
    began = monotonic()
    with ScriptedServer({where: "hang"}) as server:
        assert channel(server.port, timeout_seconds=0.3).send(LETTER).state == state
    assert monotonic() - began < 4


@pytest.mark.parametrize(
    ("where", "state"),
    [("greeting", "retry"), ("EHLO", "retry"), ("DATA", "retry"), (".", "unsure"), ("QUIT", "sent")],
)
def test_a_server_that_drips_frees_us_in_time(
    where: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes well within the time-out, and the answer never ends."""
    monkeypatch.setattr(smtp_email, "LONGEST_SECONDS", 0.3)
    began = monotonic()
    with ScriptedServer({where: "drip"}) as server:
        assert channel(server.port).send(LETTER).state == state
    assert 0.3 <= monotonic() - began < 2


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_a_server_that_drips_while_it_encrypts_frees_us_in_time(
    tls: str, monkeypatch: pytest.MonkeyPatch, certificates: Certificates
) -> None:
    monkeypatch.setattr(smtp_email, "LONGEST_SECONDS", 0.3)
    record = b"\x16\x03\x03\x40\x00"  # of 16 kilobytes, it says
    start = record if tls == "tls" else b"220 hello\r\n250-hi\r\n250 STARTTLS\r\n220 go on\r\n" + record
    with Dripping(start) as server:
        assert channel(server.port, certificates.trusting, tls=tls).send(LETTER).state == "retry"


def test_dots_are_doubled_on_the_wire() -> None:
    with ScriptedServer({}) as server:
        assert channel(server.port).send(replace(LETTER, text="one\n.\n..two\n.three\n")).state == "sent"
        body = server.lines[server.lines.index(b"\r\n") + 1 :]
    assert body[:4] == [b"one\r\n", b"..\r\n", b"...two\r\n", b"..three\r\n"]
    assert server.dots == 1


def test_a_server_with_a_size_limit_is_told_the_size(certificates: Certificates) -> None:
    inbox = Inbox()
    big = replace(LETTER, attachments=(Attachment("big.bin", "application/octet-stream", bytes(100_000)),))
    with real_server(inbox, size=50_000) as port:
        receipt = channel(port).send(big)
        assert (receipt.state, receipt.code) == ("failed", "552")
        assert channel(port).send(LETTER).state == "sent"
    assert len(inbox.envelopes) == 1


@pytest.mark.parametrize(
    ("answers", "state", "effect"),
    [
        ({"RCPT": "550 5.1.1 unknown"}, "failed", "address_dead"),
        ({"RCPT": "451 4.7.1 greylisted"}, "retry", None),
        ({"DATA": "451 later"}, "retry", None),
        ({"DATA": "554 5.6.0 no"}, "failed", None),
        ({"MAIL": "550 5.7.1 not you"}, "halt", None),
    ],
)
def test_the_real_server_refusing(answers: dict[str, str], state: str, effect: str | None) -> None:
    inbox = Inbox(answers)
    with real_server(inbox) as port:
        receipt = channel(port).send(LETTER)
    assert (receipt.state, receipt.effect) == (state, effect)
    assert inbox.envelopes == []


def test_nobody_listening_is_tried_again() -> None:
    with ScriptedServer({}) as server:
        port = server.port
    assert channel(port).send(LETTER).state == "retry"


def test_a_host_that_does_not_resolve_is_tried_again_and_a_broken_name_halts() -> None:
    assert channel(25, host="nobody.invalid").send(LETTER).state == "retry"
    assert channel(25, host="a" * 70 + ".example").send(LETTER).state == "halt"


def test_our_name_in_the_greeting_is_the_senders_domain_not_this_machines() -> None:
    with ScriptedServer({}) as server:
        channel(server.port).send(LETTER)
        channel(server.port).send(replace(LETTER, sender="assistant@localhost"))
    assert [line for line in server.lines if line.lower().startswith(b"ehlo")] == [
        b"ehlo iep.example.org\r\n",
        b"ehlo [127.0.0.1]\r\n",
    ]
