"""Erasure: nothing of a family is left in any table or byte, its chain holds, its neighbours are whole."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.desk import forget_family
from assistant.evidence.export import ExportError, as_json
from assistant.evidence.file import verify
from assistant.evidence.log import note
from assistant.evidence.stored import check_stored
from assistant.families.sign_in import new_link
from assistant.operations.erase import (
    NobodyError,
    address_proof,
    erase_now,
    scope_of_caregiver,
    scope_of_child,
)
from assistant.store import (
    AddressChange,
    Attachment,
    AuditEvent,
    Base,
    Calendar,
    Caregiver,
    Case,
    Consent,
    Detail,
    Draft,
    Enrolment,
    Expectation,
    FollowUp,
    Guardianship,
    InboundMail,
    InboundText,
    Invitation,
    JurisdictionChoice,
    LinkAsk,
    LogEntry,
    MakeUp,
    Media,
    OutgoingMessage,
    Question,
    Repaid,
    SchoolLog,
    SchoolLogRow,
    ServiceLine,
    SetUp,
    Signal,
    Step,
    StepClock,
    Store,
)
from tests.support.family import SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import Talk

SECRET = SETTINGS.server.secret_key
OTHER = "+14155550199"
# Each stands somewhere in the Rivera family's rows, and nowhere else.
WORDS = (
    "Quillby",
    "Zanzibar",
    "Rivera",
    "Leonardo",
    "ana@example.org",
    "4155550101",
    "Alder",
    "Speech-language",
)
# Tables without a family's rows, and why.
NOT_THEIRS = {
    "alerts": "kinds and numbers",
    "audit_events": "kinds and numbers",
    "attempts": "keyed hashes, for a day or so",
    "facts": "about the program",
    "mailboxes": "about a mail server",
    "measured_months": "rounded sums over many families",
    "policy_versions": "thresholds of all",
    "rehearsals": "made-up families only",
    "recovery_codes": "of the centre's people",
    "refusals": "counts",
    "senders": "a channel as a whole",
    "staff": "the centre's people",
    "status_events": "a provider's name of a message, and its state",
    "taught_phrases": "words that families share, without names",
    "templates": "the catalogue's texts",
    "template_acts": "reviews of these, by staff",
    "closures": "a school's days",
    "guide_reviews": "who checked the guide's texts",
    "calendars": "a school's days; the name goes with its last child",
}
# Shells that stay, emptied.
SHELLS = {"caregivers", "children", "consents", "log_entries", "inbound_texts", "outgoing_messages"}
DROPPED = {
    *("attachments", "cases", "clocks", "details", "drafts", "enrolments", "expectations", "guardianships"),
    *("iep_versions", "inbound_mails", "invitations", "make_ups", "media", "proposals", "question_items"),
    *(
        "questions",
        "repaid",
        "school_log_rows",
        "school_logs",
        "service_lines",
        "set_ups",
        "sign_ins",
        "signals",
        "link_asks",
        "address_changes",
        "follow_ups",
        "jurisdiction_choices",
        "steps",
    ),
}


def lived(store: Store, clock: VirtualClock) -> None:
    """The Riveras with something in every table, and the Ortegas beside them."""
    olga = caregiver(phone=OTHER, email="olga@example.net")
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        mia = registered(session, family(olga, services=(SPEECH,), nickname="Mia"), clock.now())
        theirs = session.get_one(Calendar, mia.calendar_id)
        own = Calendar(name="Birch", zone=theirs.zone, definition=theirs.definition, created_at=clock.now())
        session.add(own)
        session.flush()
        mia.full_name, mia.school, mia.district, mia.calendar_id = "Mia Ortega", "Birch", "Birch", own.id
        session.execute(update(Caregiver).where(Caregiver.id == 2).values(name="Olga Ortega"))
        session.execute(update(ServiceLine).where(ServiceLine.child_id == 2).values(name="Talking"))
    talk = Talk(store, clock)
    talk.until_asked()
    talk.say("no, Mrs. Quillby was out")
    Talk(store, clock, phone=OTHER).say("yes")
    with store.write() as session:
        _fill(session, clock.now())
    with store.write() as session:
        session.scalars(select(Draft)).one().text = "short"  # what was longer before must not linger


def _fill(session: Session, now: datetime) -> None:
    """A row about Leo in every table that has none yet."""
    moments = {"created_at": now, "updated_at": now}
    day = now.date()
    case = session.scalars(select(Case).where(Case.child_id == 1)).one()
    line = session.scalars(select(ServiceLine).where(ServiceLine.child_id == 1)).one()
    expected = session.scalars(select(Expectation.id).where(Expectation.child_id == 1)).all()[0]
    reply = session.scalars(select(InboundText.id).where(InboundText.caregiver_id == 1)).all()[0]
    mail = session.scalars(select(OutgoingMessage).where(OutgoingMessage.caregiver_id == 1)).all()[0]
    note(session, 1, "contact", day, {"who": "Mr. Zanzibar"}, now, line=line, words="Zanzibar said")
    step = Step(
        case=case, key="document", suggested_on=day, suggested_at=now, why={"a": "Zanzibar"}, dates=[],
        guide_version="1", policy={},
    )  # fmt: skip
    log = SchoolLog(
        child_id=1, caregiver_id=1, source="typed", raw="9/1 Zanzibar", digest="x", imported_at=now
    )
    make_up = MakeUp(service_line_id=line.id, state="offered", minutes=30, created_at=now)
    session.add_all([step, log, make_up])
    session.flush()
    mail.step_id = step.id
    session.add_all(
        [
            StepClock(
                step_id=step.id, name="x", kind="legal", starts=day, due=day, latest=day, citation="Zanzibar"
            ),
            Draft(step_id=step.id, letter="x", text="Dear Zanzibar", caregiver_id=1, updated_at=now),
            Detail(child_id=1, key="case_manager", value="Zanzibar", caregiver_id=1, updated_at=now),
            Signal(child_id=1, case_id=case.id, key="x", how="asked", entries=[1], raised_at=now),
            SchoolLogRow(log=log, service_line_id=line.id, place=1, day=day, said="given", note="Zanzibar"),
            Repaid(make_up_id=make_up.id, expectation_id=expected),
            Attachment(message_id=mail.id, name="Zanzibar.pdf", content_type="x", data=b"Zanzibar" * 900),
            Media(inbound_id=reply, position=0, state="kept", data=b"Zanzibar" * 900, kept_at=now),
            Enrolment(
                caregiver_id=1, stage="child", draft={"child": "Zanzibar"}, created_at=now, updated_at=now
            ),
            Invitation(child_id=1, caregiver_id=1, created_at=now),
            JurisdictionChoice(child_id=1, jurisdiction="us-il", author="x", reason="Zanzibar", at=now),
            FollowUp(
                child_id=1,
                caregiver_id=1,
                kind="call",
                why="family",
                note="Zanzibar",
                created_at=now,
                created_by=1,
            ),
            LinkAsk(address="+14155550101", browser_hash="x", created_at=now),
            AddressChange(
                caregiver_id=1, channel="email", address="new@zanzibar.example", wording="", created_at=now
            ),
            SetUp(token_hash="a", draft='{"nickname": "Zanzibar"}', caregiver_id=1, **moments),
            SetUp(token_hash="b", draft='{"nickname": "Zanzibar", "phone": "(415) 555-0101"}', **moments),
            SetUp(token_hash="c", draft="", child_id=1, **moments),
            a_text("SMbefore", "Zanzibar, before we knew her", now),
        ]
    )
    assert new_link(session, SETTINGS, now, caregiver=session.get_one(Caregiver, 1)) is not None


def a_text(name: str, body: str, now: datetime, caregiver_id: int | None = None) -> InboundText:
    return InboundText(
        provider_id=name, channel="sms", from_address="+14155550101", to_address="", body=body,
        caregiver_id=caregiver_id, received_at=now, handled_at=now,
    )  # fmt: skip


def rows_with(store: Store, *words: str) -> list[str]:
    """Tables in which one of the words stands, as the program reads them."""
    found = []
    with store.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                if any(word in repr(tuple(row)) for word in words):
                    found.append(table.name)
    return sorted(set(found))


def test_every_table_is_accounted_for() -> None:
    """Whoever adds a table has to say what becomes of it when a family goes."""
    assert {table.name for table in Base.metadata.sorted_tables} == {*NOT_THEIRS, *SHELLS, *DROPPED}


def test_nothing_is_left_of_a_family_and_its_chain_holds(each_store: Store, clock: VirtualClock) -> None:
    store = each_store
    lived(store, clock)
    with store.read() as session:
        before, others = as_json(session, 1, clock.now()), as_json(session, 2, clock.now())
        for name in (DROPPED | SHELLS) - {"inbound_mails", "proposals"}:
            assert session.scalar(select(func.count()).select_from(Base.metadata.tables[name])), name
        scope = scope_of_child(session, 1)
    assert (scope.children, scope.caregivers, scope.staying) == ((1,), (1,), ())
    assert len(rows_with(store, *WORDS)) > 12
    done = erase_now(store, clock, SETTINGS, scope, "staff 1")
    assert rows_with(store, *WORDS) == []
    with store.read() as session:
        for name in DROPPED:
            for column in Base.metadata.tables[name].columns:
                if column.name in ("child_id", "caregiver_id"):
                    assert session.scalars(select(column).where(column == 1)).all() == [], name
        found = check_stored(session, 1)
        assert (found.intact, found.entries, found.sealed) == (True, done.entries, done.entries)
        hashes = session.scalars(select(LogEntry.hash).where(LogEntry.child_id == 1)).all()
        assert as_json(session, 2, clock.now()) == others, "the neighbours are as they were"
        with pytest.raises(ExportError, match="was erased"):
            as_json(session, 1, clock.now())
        with pytest.raises(NobodyError):
            scope_of_child(session, 1)
        events = select(AuditEvent.subject, AuditEvent.actor).where(AuditEvent.kind == "erased")
        told = [tuple(event) for event in session.execute(events)]
        assert told == [("child 1", "staff 1"), ("caregiver 1", "staff 1")]
    assert verify(before).intact, "a file from before is still good"
    assert all(one in before for one in hashes), "and the tombstones are its entries'"


def test_not_a_byte_is_left_in_the_file(store: Store, clock: VirtualClock, tmp_path: Path) -> None:
    lived(store, clock)
    file = tmp_path / "store.db"

    def left() -> set[str]:
        data = b"".join(one.read_bytes() for one in tmp_path.glob("store.db*"))
        return {word for word in WORDS if word.encode() in data}

    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert left() == set(WORDS)
    with store.read() as session:
        scope = scope_of_caregiver(session, 1)
    erase_now(store, clock, SETTINGS, scope, "caregiver 1")
    assert left() == set()
    assert file.stat().st_size > 0


def test_what_others_answered_to_their_e_mails_goes_too(store: Store, clock: VirtualClock) -> None:
    lived(store, clock)
    with store.write() as session:
        mail = select(OutgoingMessage).where(
            OutgoingMessage.caregiver_id == 1, OutgoingMessage.channel == "email"
        )
        sent = session.scalars(mail.order_by(OutgoingMessage.id)).first()
        assert sent is not None
        text = a_text("mail-1", "Zebedee was out, says Ms. Lee", clock.now())
        text.channel, text.from_address = "email", "lee@school.example"
        session.add(text)
        session.flush()
        row = InboundMail(
            mailbox_id=1, uid_validity=1, uid=1, key="k", kind="answer", received_at=clock.now(),
            reference=sent.reference, by_tag=True, inbound_id=text.id,
        )  # fmt: skip
        session.add(row)
    assert rows_with(store, "Zebedee", "lee@school") == ["inbound_texts"]
    with store.read() as session:
        scope = scope_of_child(session, 1)
    erase_now(store, clock, SETTINGS, scope, "staff 1")
    assert rows_with(store, "Zebedee", "lee@school") == []


def test_the_proof_of_consent_stays_without_the_address(store: Store, clock: VirtualClock) -> None:
    lived(store, clock)
    with store.read() as session:
        scope = scope_of_caregiver(session, 1)
    erase_now(store, clock, SETTINGS, scope, "caregiver 1")
    with store.read() as session:
        wanted = select(Consent).where(Consent.caregiver_id == 1, Consent.channel == "sms")
        rows = session.scalars(wanted.order_by(Consent.id)).all()
        assert [(row.act, row.method) for row in rows][-1] == ("withdrawn", "erasure")
        assert {row.address for row in rows} == {address_proof(SECRET, "+14155550101")}
        assert address_proof("another key", "+14155550101") not in {row.address for row in rows}
    with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
        session.execute(text("UPDATE consents SET address = 'x' WHERE caregiver_id = 1"))


@pytest.mark.parametrize(
    "change",
    [
        "words = 'no'",
        "erased_at = '2026-09-02', words = '', kind = 'erased'",  # content kept
        "erased_at = '2026-09-02', kind = 'erased', hash = 'x', {blank}",
        "erased_at = '2026-09-02', kind = 'erased', number = 9, {blank}",
        "erased_at = NULL",
    ],
)
def test_an_entry_changes_into_a_tombstone_and_into_nothing_else(
    each_store: Store, clock: VirtualClock, change: str
) -> None:
    blank = (
        "words = '', content = '{}', outcome = '', knows = '', day = '1970-01-01', cause = NULL, "
        "minutes = NULL, sessions = NULL, chances = NULL, service_line_id = NULL, "
        "expectation_id = NULL, question_id = NULL, caregiver_id = NULL, inbound_id = NULL, "
        "asked_at = NULL, answered_at = NULL, supersedes = NULL"
    )
    with each_store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        note(session, 1, "contact", date(2026, 9, 2), {"who": "x"}, clock.now(), words="x")
    with pytest.raises(DBAPIError, match="append-only"), each_store.write() as session:
        session.execute(text(f"UPDATE log_entries SET {change.format(blank=blank)}"))
    with each_store.write() as session:
        session.execute(text(f"UPDATE log_entries SET erased_at = '2026-09-02', kind = 'erased', {blank}"))
    for again in ("words = 'x'", "erased_at = NULL", "erased_at = '2026-09-03'"):
        with pytest.raises(DBAPIError, match="append-only"), each_store.write() as session:
            session.execute(text(f"UPDATE log_entries SET {again}"))
    with pytest.raises(DBAPIError, match="append-only"), each_store.write() as session:
        session.execute(text("DELETE FROM log_entries"))


def test_one_child_of_two_goes_and_the_other_stays_whole(store: Store, clock: VirtualClock) -> None:
    """Ana cares for Leo and Mia; Olga for Mia too. Leo goes: Ana stays, without a word about Leo."""
    lived(store, clock)
    with store.write() as session:
        session.add(Guardianship(child_id=2, caregiver_id=1, position=1))
        session.add(a_text("SMleo", "leo's aide was away", clock.now(), 1))
        session.add(a_text("SMmia", "Mia had it", clock.now(), 1))
    with store.read() as session:
        scope = scope_of_child(session, 1)
        assert (scope.caregivers, scope.staying) == ((), (1,))
        assert scope_of_caregiver(session, 1).children == (1,), "Mia is Olga's to keep"
    erase_now(store, clock, SETTINGS, scope, "caregiver 1")
    with store.read() as session:
        ana = session.get_one(Caregiver, 1)
        assert (ana.phone, ana.texts) == ("+14155550101", "in")
        said = session.scalars(select(InboundText).where(InboundText.provider_id.in_(("SMleo", "SMmia"))))
        bodies = {row.provider_id: row.body for row in said}
        assert bodies["SMleo"] == ""
        assert bodies["SMmia"] == "Mia had it"
        assert check_stored(session, 2).sealed == 0
    assert rows_with(store, "Quillby", "Leo") == []
    talk = Talk(store, clock)
    talk.until(clock.now() + timedelta(days=8))
    with store.read() as session:
        assert session.scalars(select(Question.id).where(Question.state == "open")).first() is not None


def test_the_program_lives_on_after_an_erasure(store: Store, clock: VirtualClock) -> None:
    lived(store, clock)
    with store.read() as session:
        scope = scope_of_child(session, 1)
    erase_now(store, clock, SETTINGS, scope, "staff 1")
    talk = Talk(store, clock)
    assert talk.until(clock.now() + timedelta(days=10)) == [], "nobody texts an erased number"
    talk.say("hello, who is this")
    with store.read() as session:
        newest = session.scalars(select(InboundText).order_by(InboundText.id.desc())).first()
        assert newest is not None
        assert newest.caregiver_id is None, "a stranger"


def test_the_command_says_first_what_would_go(store: Store, clock: VirtualClock) -> None:
    lived(store, clock)
    settings: Settings = SETTINGS
    assert forget_family(store, clock, settings, "child", 1, really=False) == [
        "children: 1",
        "caregivers: 1",
        "caregivers who stay, with other children: none",
    ]
    assert rows_with(store, "Quillby") != [], "nothing was erased"
    assert "tombstones" in forget_family(store, clock, settings, "child", 1, really=True)[-1]
    assert rows_with(store, *WORDS) == []
