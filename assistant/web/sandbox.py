"""The sandbox: caregivers' phones, the mail, and a clock that jumps. Only where nothing leaves the machine.

The pages show the outbox and the inbox themselves, and a reply takes the way that a real text takes.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response

from assistant.conversation.inbound import Arrival, receive, take
from assistant.store import (
    Attachment,
    Caregiver,
    Child,
    InboundText,
    LogEntry,
    OutgoingMessage,
    ServiceLine,
)
from assistant.web.current import the_house
from assistant.web.house import House
from assistant.web.language import words
from assistant.web.phones import us_phone
from assistant.web.security import MAIL_POLICY
from assistant.web.step import download
from messages.links import unsubscribe_token
from messages.one_time import revealed
from messages.outbox import TO_STAFF

blueprint = Blueprint("sandbox", __name__, url_prefix="/sandbox")

JUMPS = 60  # at most so many due things are done for one press, while none of them is seen
_LOG_LINES, _PEOPLE, _MAILS = 30, 50, 100
_NEW_WINDOW = '<base target="_blank">'
_LONGEST_TEXT = 1600  # characters of one text
_ON_THE_PHONE = ("sms", "carrier")
_FIRST_WORDS = ("invite", "question", "reminder")  # kinds of text that answer nothing
_FALLBACK_ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text of a thread. side: "us", "carrier" or "parent"; `note` says what became of it."""

    side: str
    body: str
    at: datetime
    note: str = ""


@blueprint.get("/")
def overview() -> str:
    """The clock, the families, and the log so far."""
    house = the_house()
    with house.store.read() as session:
        caregivers = session.scalars(_people()).all()
        log = session.execute(
            select(LogEntry, Child.nickname, ServiceLine.name)
            .join(Child, LogEntry.child_id == Child.id)
            .join(ServiceLine, LogEntry.service_line_id == ServiceLine.id)
            .order_by(LogEntry.id.desc())
            .limit(_LOG_LINES)
        ).all()
        return render_template(
            "sandbox/overview.html",
            caregivers=caregivers,
            log=log,
            once=uuid.uuid4().hex,
            **_bar(house, session),
        )


@blueprint.get("/phone")
def phones() -> ResponseReturnValue:
    """Whose phone? With one family there is nothing to choose."""
    house = the_house()
    with house.store.read() as session:
        people = session.scalars(_people().where(Caregiver.phone.is_not(None))).all()
        if len(people) == 1:
            return redirect(url_for("sandbox.thread", number=people[0].id))
        return render_template("sandbox/phones.html", caregivers=people, **_bar(house, session))


@blueprint.get("/phone/<int(max=2147483647):number>")
def thread(number: int) -> str:
    """A caregiver's thread as on their phone, with a box to answer."""
    house = the_house()
    with house.store.read() as session:
        caregiver = _caregiver(session, number)
        return render_template(
            "sandbox/thread.html",
            caregiver=caregiver,
            bubbles=_bubbles(session, caregiver),
            zone=ZoneInfo(caregiver.zone),
            once=uuid.uuid4().hex,
            several=session.scalars(select(func.count()).select_from(Caregiver)).one() > 1,
            **_bar(house, session, caregiver.zone),
        )


@blueprint.post("/phone/<int(max=2147483647):number>")
def reply(number: int) -> Response:
    """The parent's text, in the way a real one comes in. The same page sent twice is one text."""
    house = the_house()
    body = request.form.get("body", "")[:_LONGEST_TEXT]
    once = request.form.get("once", "")
    if body.strip() and len(once) == 32 and once.isalnum() and once.isascii():
        with house.store.write() as session:
            caregiver = _caregiver(session, number)
            arrival = Arrival(
                provider_id=f"SB{once}",
                channel="sms",
                from_address=caregiver.phone or "",
                to_address="sandbox",
                body=body,
                received_at=house.clock.now(),
                source="sandbox",
            )
            inbound_id = receive(session, arrival)
        if inbound_id is not None:
            with house.store.write() as session:
                take(session, inbound_id, house.clock.now(), house.settings)
            house.run_pass()
    return redirect(url_for("sandbox.thread", number=number, _anchor="newest"), 303)


@blueprint.post("/join")
def join() -> Response:
    """A phone that nobody knows texts the word of the flyer."""
    house = the_house()
    phone, once = us_phone(request.form.get("phone", "")), request.form.get("once", "")
    if phone is None or not (len(once) == 32 and once.isalnum() and once.isascii()):
        flash(words().say("family.invite_wrong"))
        return redirect(url_for("sandbox.overview"), 303)
    word = "UNIRSE" if words().language == "es" else "JOIN"
    with house.store.write() as session:
        arrival = Arrival(f"SB{once}", "sms", phone, "sandbox", word, house.clock.now(), source="sandbox")
        inbound_id = receive(session, arrival)
    with house.store.write() as session:
        if inbound_id is not None:
            take(session, inbound_id, house.clock.now(), house.settings)
        found = session.scalars(select(Caregiver.id).where(Caregiver.phone == phone)).first()
    house.run_pass()
    if found is None:
        return redirect(url_for("sandbox.overview"), 303)
    return redirect(url_for("sandbox.thread", number=found, _anchor="newest"), 303)


@blueprint.post("/jump")
def jump() -> Response:
    """Let time pass until something is seen: a new message or a new line in the log."""
    house = the_house()
    before, reached = _seen(house), None
    if house.jump is not None:
        for _ in range(JUMPS):
            reached = house.jump()
            if reached is None or _seen(house) != before:
                break
    if reached is None:
        flash(words().say("sandbox.nothing_due"))
    else:
        flash(words().say("sandbox.jumped", moment=words().moment(reached, _zone(house))))
    return redirect(_back(), 303)


@blueprint.get("/mail")
def mails() -> str:
    """Every e-mail, newest first."""
    house = the_house()
    with house.store.read() as session:
        rows = session.scalars(
            select(OutgoingMessage)
            .where(OutgoingMessage.channel == "email")
            .order_by(OutgoingMessage.id.desc())
            .limit(_MAILS)
            # Whether there is a file is shown, not what is in it.
            .options(selectinload(OutgoingMessage.attachments).load_only(Attachment.name))
        ).all()
        return render_template("sandbox/mails.html", mails=rows, **_bar(house, session))


@blueprint.get("/mail/<int(max=2147483647):number>")
def mail(number: int) -> str:
    """One e-mail, with its files."""
    house = the_house()
    with house.store.read() as session:
        row = _mail(session, number)
        return render_template(
            "sandbox/mail.html",
            mail=row,
            body=revealed(row.body, house.settings.server.secret_key),
            sender=house.settings.email.sender,
            leave=row.kind not in TO_STAFF
            and unsubscribe_token(house.settings.server.secret_key, row.caregiver_id),
            **_bar(house, session),
        )


@blueprint.get("/mail/<int(max=2147483647):number>/html")
def mail_html(number: int) -> Response:
    """The e-mail's own HTML, for a frame that lets it do nothing; its links open beside the frame."""
    with the_house().store.read() as session:
        row = _mail(session, number)
        if not row.html:
            abort(404)
        whole = revealed(row.html, the_house().settings.server.secret_key)
        before, head, after = whole.partition("<head>")
        html = before + head + _NEW_WINDOW + after if head else _NEW_WINDOW + whole
        response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@blueprint.get("/mail/<int(max=2147483647):number>/file/<int(max=2147483647):file>")
def mail_file(number: int, file: int) -> Response:
    """A file of an e-mail, as a download."""
    with the_house().store.read() as session:
        found = session.get(Attachment, file)
        if found is None or found.message_id != _mail(session, number).id:
            abort(404)
        return download(found)


def _bar(house: House, session: Session, zone: str | None = None) -> dict[str, object]:
    """What the bar of every sandbox page shows."""
    where = ZoneInfo(zone) if zone else _first_zone(session)
    return {"now": words().moment(house.clock.now(), where), "sandbox_zone": where, "here": request.path}


def _people() -> Select[Caregiver]:
    """Those who came first, with their children."""
    children = selectinload(Caregiver.children).load_only(Child.nickname)
    staff = Caregiver.for_tests & Caregiver.phone.is_(None)  # somebody of the centre, without a phone
    return select(Caregiver).where(~staff).options(children).order_by(Caregiver.id).limit(_PEOPLE)


def _first_zone(session: Session) -> ZoneInfo:
    zone = session.scalars(select(Caregiver.zone).order_by(Caregiver.id).limit(1)).first()
    return ZoneInfo(zone) if zone else _FALLBACK_ZONE


def _zone(house: House) -> ZoneInfo:
    with house.store.read() as session:
        return _first_zone(session)


def _seen(house: House) -> tuple[int, int]:
    """What a person would notice: how many messages have left, and how many lines the log has."""
    with house.store.read() as session:
        left = select(func.count()).select_from(OutgoingMessage).where(OutgoingMessage.sent_at.is_not(None))
        return session.scalars(left).one(), session.scalars(select(func.count()).select_from(LogEntry)).one()


def _bubbles(session: Session, caregiver: Caregiver) -> list[Bubble]:
    sent = session.scalars(
        select(OutgoingMessage)
        .where(OutgoingMessage.caregiver_id == caregiver.id, OutgoingMessage.channel.in_(_ON_THE_PHONE))
        .order_by(OutgoingMessage.id)
    ).all()
    came = session.scalars(
        select(InboundText)
        .where(InboundText.caregiver_id == caregiver.id, InboundText.channel == "sms")
        .order_by(InboundText.id)
    ).all()
    # At one and the same moment: what we ask, what they write, what we answer.
    found = [(text.received_at, 1, _from_parent(text)) for text in came]
    found += [
        (
            message.sent_at or message.next_at or message.created_at,
            0 if message.kind in _FIRST_WORDS else 2,
            _from_us(message, caregiver),
        )
        for message in sent
    ]
    return [bubble for _, _, bubble in sorted(found, key=lambda one: one[:2])]


def _from_parent(text: InboundText) -> Bubble:
    note = words().say("sandbox.needs_staff") if text.needs_staff else ""
    return Bubble("parent", text.body, text.received_at, note)


def _from_us(message: OutgoingMessage, caregiver: Caregiver) -> Bubble:
    said, note = words(), ""
    if message.state == "dropped":
        note = said.say("sandbox.dropped", why=message.error or message.state)
    elif message.state == "failed":
        note = said.say("sandbox.failed")
    elif message.sent_at is None and message.next_at is not None:
        note = said.say("sandbox.waits", moment=said.moment(message.next_at, ZoneInfo(caregiver.zone)))
    side = "carrier" if message.channel == "carrier" else "us"
    body = revealed(message.body, the_house().settings.server.secret_key)
    return Bubble(side, body, message.sent_at or message.created_at, note)


def _caregiver(session: Session, number: int) -> Caregiver:
    caregiver = session.get(Caregiver, number)
    if caregiver is None or caregiver.phone is None:
        abort(404)
    return caregiver


def _mail(session: Session, number: int) -> OutgoingMessage:
    row = session.get(OutgoingMessage, number)
    if row is None or row.channel != "email":
        abort(404)
    return row


def _back() -> str:
    """The sandbox page that the button was pressed on."""
    here = request.form.get("here", "")
    inside = here.startswith("/sandbox/") and here.replace("/", "").replace("-", "").isalnum()
    return here if inside else url_for("sandbox.overview")
