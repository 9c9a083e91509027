"""A step's letters for a parent: ready, or what they still need; and what the parent tells for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.facts import facts_of, policy_when
from assistant.conversation.stepfacts import step_facts
from assistant.escalation.clocks import dates_for
from assistant.escalation.types import StepKey, Why
from assistant.families.guide_versions import guide_of_child, versions_now
from assistant.families.jurisdictions import of_child
from assistant.guide.facts import StepFacts
from assistant.guide.filling import LetterError
from assistant.guide.letter import Letter, write_letter
from assistant.guide.letters import LETTERS_OF, Detail
from assistant.guide.render import letter_allowed
from assistant.guide.types import Guide
from assistant.store import AuditEvent, Caregiver, Child, Guardianship, ServiceLine, Step
from assistant.store import Detail as DetailRow
from assistant.words import LANGUAGES, Language
from messages.outbox import language_of

LONGEST: Final = {"text": 120, "long": 2_000, "date": 10, "choice": 40}  # characters
_EARLIEST, _LATEST = date(1990, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is for a step: its facts, the letters that are whole, and what the others still need.

    `asked`: everything that its letters ask for, with what is known. `withheld`: letters that have nothing in
    the log to rest on, or whose review has run out.
    """

    facts: StepFacts
    letters: tuple[Letter, ...]
    missing: tuple[Detail, ...]
    asked: tuple[tuple[Detail, str], ...]
    withheld: tuple[str, ...] = ()


def letters_of(
    session: Session,
    step: Step,
    now: datetime,
    settings: Settings,
    caregiver: Caregiver | None = None,
    language: Language | None = None,
) -> Offer:
    """The letters of a step for a caregiver (else the first one): as of now, or of when it was sent.

    What stands beside them is in `language`, else in the caregiver's.
    """
    person = caregiver or first_caregiver(session, step.case.child_id)
    facts = facts_for(session, step, now, settings, person)
    return offer(
        guide_for(session, step, now, settings), StepKey(step.key), language or language_of(person), facts
    )


def guide_for(session: Session, step: Step, now: datetime, settings: Settings) -> Guide:
    """The guide with its reviews as of now, or of when the step was sent: what went out stays what it was."""
    as_of = _as_of(step, now)
    return guide_of_child(session, step.case.child_id, settings, as_of)


def texts_used(session: Session, step: Step, settings: Settings) -> dict[str, int]:
    """The versions that a step's letters would be made with now, in each language: for the step to keep."""
    used = versions_now(session, of_child(session, step.case.child_id, settings).program.jurisdiction)
    pieces = [f"letter.{name}" for name in LETTERS_OF.get(StepKey(step.key), ())]
    return {f"{piece}.{one}": used.get((piece, one), 0) for piece in pieces for one in LANGUAGES}


def facts_for(
    session: Session, step: Step, now: datetime, settings: Settings, caregiver: Caregiver | None = None
) -> StepFacts:
    """What a step's page and letters may state, for a caregiver (else the first): as of now, or when sent."""
    case = step.case
    person = caregiver or first_caregiver(session, case.child_id)
    as_of = _as_of(step, now)
    facts = facts_of(session, case, as_of, settings)
    key, policy = StepKey(step.key), policy_when(step)
    why = Why(step.why["rule"], step.why["values"], tuple(step.why["entries"]))
    dates = dates_for(key, facts.today, facts, policy.notice_reply_school_days)
    return step_facts(session, step, person, facts, why, dates, "", policy, as_of)


def _as_of(step: Step, now: datetime) -> datetime:
    return step.decided_at if step.state == "done" and step.decided_at else now


def offer(guide: Guide, key: StepKey, language: Language, facts: StepFacts) -> Offer:
    """The letters of a step from its facts."""
    names = LETTERS_OF.get(key, ())
    if not letter_allowed(guide, key, facts.today):
        return Offer(facts, (), (), (), names)
    if facts.details.get("record_meeting") == "yes":
        wanted = names
    else:
        wanted = tuple(name for name in names if name != "recording_notice")
    return offer_of(guide, wanted, language, facts, asking=names)


def offer_of(
    guide: Guide,
    names: Iterable[str],
    language: Language,
    facts: StepFacts,
    asking: Iterable[str] | None = None,
) -> Offer:
    """These letters from these facts. `asking`: letters whose questions are put, where they are more."""
    book, chosen = guide.letters, tuple(names)
    asked = tuple((one, known(one, facts)) for one in book.asked_for(asking or chosen))
    needed = {key for name in chosen for key in book.needs[name]}
    missing = tuple(one for one, value in asked if one.key in needed and not value)
    letters, withheld = [], []
    for name in chosen:
        if guide.review_of(name, facts.today) == "expired":
            withheld.append(name)
            continue
        if any(one.key in book.needs[name] for one in missing):
            continue
        try:
            letters.append(write_letter(guide, name, language, facts))
        except LetterError:
            withheld.append(name)
    return Offer(facts, tuple(letters), missing, asked, tuple(withheld))


def known(detail: Detail, facts: StepFacts) -> str:
    """What is known of a detail: text, an ISO date, or the key of a choice; "" for nothing."""
    homes = {
        "child.full_name": facts.full_name,
        "child.school": facts.school,
        "child.district": facts.district,
        "caregiver.name": facts.caregiver_name,
        "iep.dated": facts.iep_dated.isoformat() if facts.iep_dated else "",
        "line.wording": facts.iep_wording if facts.quoted else "",
    }
    value = homes[detail.home] if detail.home else facts.details.get(detail.key, "")
    return value.strip()


def wrong(detail: Detail, value: str, *, required: bool) -> str:
    """What is the matter with an answer: "missing", "date", "choice", "long"; "" where it is fine."""
    if not value:
        return "missing" if required else ""
    if detail.kind != "date" and len(value) > LONGEST[detail.kind]:
        return "long"
    if detail.kind == "date":
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return "date"
        return "" if _EARLIEST <= day <= _LATEST else "date"
    if detail.kind == "choice":
        return "" if value in detail.choices else "choice"
    return ""


def tell(
    session: Session,
    child: Child,
    answers: Iterable[tuple[Detail, str]],
    now: datetime,
    *,
    caregiver: Caregiver | None = None,
    line: ServiceLine | None = None,
    by: str = "page",
) -> None:
    """Keep what a parent told for letters, each where it belongs. An empty answer takes a detail back.

    Columns that other things rest on are never emptied. Every answer has been checked by `wrong` before.
    """
    changed = []
    for detail, value in answers:
        if detail.home:
            if value and _keep_home(detail.home, value, child, caregiver, line):
                changed.append(detail.key)
            continue
        row = session.scalars(
            select(DetailRow).where(DetailRow.child_id == child.id, DetailRow.key == detail.key)
        ).first()
        if row is None and value:
            session.add(
                DetailRow(
                    child_id=child.id,
                    key=detail.key,
                    value=value,
                    caregiver_id=caregiver.id if caregiver else None,
                    updated_at=now,
                )
            )
            changed.append(detail.key)
        elif row is not None and row.value != value:
            row.value, row.updated_at = value, now
            row.caregiver_id = caregiver.id if caregiver else row.caregiver_id
            changed.append(detail.key)
    if changed:
        session.add(
            AuditEvent(
                at=now, actor=by, kind="letter_details", subject=f"child {child.id}", detail={"keys": changed}
            )
        )


def first_caregiver(session: Session, child_id: int) -> Caregiver:
    """Who a letter is from where nobody is named: who takes e-mail first, else who comes first."""
    people = session.scalars(
        select(Caregiver)
        .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        .where(Guardianship.child_id == child_id)
        .order_by(Guardianship.position)
    ).all()
    return next((one for one in people if one.mails == "in" and one.email), people[0])


def _keep_home(
    home: str, value: str, child: Child, caregiver: Caregiver | None, line: ServiceLine | None
) -> bool:
    owner: object | None
    key: str
    kept: object = value
    owner, key = {
        "child.full_name": (child, "full_name"),
        "child.school": (child, "school"),
        "child.district": (child, "district"),
        "caregiver.name": (caregiver, "name"),
        "iep.dated": (line.iep_version if line else None, "dated"),
        "line.wording": (line, "wording"),
    }[home]
    if home == "iep.dated":
        kept = date.fromisoformat(value)
    if owner is None or getattr(owner, key) == kept:
        return False
    setattr(owner, key, kept)
    return True
