"""Teaching the reader a phrase: put forward by one of the staff, approved by another, taken back by either.

It is looked at against what the reader understands, against the examples that come with the program, and
against the stored replies: where other families' same words became something else, it is not taught. Texts
that wait are not read anew: each parent is asked (`clarify`); what they meant days ago is theirs to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from assistant.families.roles import may
from assistant.families.tell import audited
from assistant.families.wordings import alone
from assistant.replies.normalise import fold
from assistant.replies.taught import phrase_of
from assistant.replies.teaching import LONGEST, problems_of
from assistant.replies.types import Taught
from assistant.store import Caregiver, InboundText, LogEntry, Proposal, ServiceLine, Staff, TaughtPhrase
from assistant.words import Intent, Language, Outcome

EXAMPLES = Path(__file__).parents[2] / "examples" / "replies.jsonl"
LOOK_BACK = timedelta(days=730)
_MOST_READ = 20_000  # stored texts that are looked through, the newest
_ROOM = 40  # letters that courtesy and punctuation may add to a phrase
MOST = 200  # phrases of a list
# Replies that were read as nothing that a phrase could contradict.
_NO_MEANING = frozenset(
    {"", Intent.UNCLEAR.value, Intent.UNRELATED.value, Intent.ANSWER.value, Intent.REPORT.value}
)
_IN_USE = select(TaughtPhrase.id, TaughtPhrase.phrase, TaughtPhrase.outcome).where(
    TaughtPhrase.state == "live", TaughtPhrase.language == bindparam("language")
)


@dataclass(frozen=True, slots=True)
class Look:
    """What was found about a phrase: `problems` of the reader's own words, and of the stored texts.

    `otherwise`: stored replies of just these words that became something else; `same`: that became this.
    `waiting`: the numbers of those that wait for a person and would have been read so, the newest first.
    """

    phrase: str
    outcome: Outcome
    language: Language
    problems: tuple[str, ...]
    otherwise: int
    same: int
    waiting: tuple[int, ...]


class NotNowError(ValueError):
    """What cannot be done with a phrase (any more). The text is the key of the sentence that says why."""


def phrases_in_use(session: Session, language: Language) -> tuple[Taught, ...]:
    """What the reader was taught in a language."""
    rows = session.execute(_IN_USE, {"language": language})
    return tuple(Taught(number, phrase, language, Outcome(outcome)) for number, phrase, outcome in rows)


def taught_phrase(meaning: Mapping[str, Any] | None) -> str | None:
    """The taught phrase that a stored text was read by; None where it was read otherwise."""
    if not meaning or meaning.get("taught") is None:
        return None
    return " ".join(str(one) for one in meaning.get("why", ()))


def frozen(session: Session) -> list[dict[str, str]]:
    """What is taught, as plain values for a rehearsal."""
    rows = session.execute(
        select(TaughtPhrase.phrase, TaughtPhrase.language, TaughtPhrase.outcome)
        .where(TaughtPhrase.state == "live")
        .order_by(TaughtPhrase.id)
    )
    return [{"phrase": phrase, "language": spoken, "outcome": outcome} for phrase, spoken, outcome in rows]


def was_used(session: Session, number: int) -> None:
    """Count a text that was read by a phrase."""
    session.execute(
        update(TaughtPhrase)
        .where(TaughtPhrase.id == number)
        .values(used=TaughtPhrase.used + 1)
        .execution_options(synchronize_session=False)
    )


def look(
    session: Session,
    text: str,
    outcome: Outcome,
    language: Language,
    now: datetime,
    names: Sequence[str] = (),
) -> Look:
    """What speaks against teaching it, and what it would have done. `names`: words that may not be in it."""
    phrase = phrase_of(text)
    problems: list[str] = list(problems_of(text, outcome, language))
    if "empty" in problems:
        return Look(phrase, outcome, language, tuple(problems), 0, 0, ())
    words = set(phrase.split())
    if any(set(fold(name).split()) & words for name in names):
        problems.append("name")
    if examples().get(phrase, {outcome.value}) != {outcome.value} and not {"known", "contradicts"} & set(
        problems
    ):
        problems.append("contradicts")
    standing = _standing(session, phrase, language)
    if standing is not None:
        problems.append("taught" if standing.outcome == outcome else "taught_otherwise")
    same, otherwise, waiting = 0, 0, list[int]()
    for one in _said(session, phrase, now):
        meant = _became(session, one)
        if meant is not None:
            same, otherwise = same + (meant == outcome), otherwise + (meant != outcome)
        elif _refused(session, one, outcome):
            otherwise += 1
        elif _waits(one) and _speaks(session, one) == language:
            waiting.append(one.id)
    if otherwise:
        problems.append("used_otherwise")
    return Look(phrase, outcome, language, tuple(problems), otherwise, same, tuple(waiting))


def names_of(session: Session, text: InboundText) -> list[str]:
    """Names around a text that may be in no phrase: its family's people, school and therapists."""
    person = session.get(Caregiver, text.caregiver_id) if text.caregiver_id else None
    if person is None:
        return []
    children = [name for one in person.children for name in (one.nickname, one.full_name, one.school)]
    numbers = [one.id for one in person.children]
    lines = session.execute(
        select(ServiceLine.name, ServiceLine.alias, ServiceLine.provider).where(
            ServiceLine.child_id.in_(numbers)
        )
    )
    return [person.name, *children, *(name for row in lines for name in row if name)]


def teach(session: Session, staff: Staff, found: Look, now: datetime) -> TaughtPhrase:
    """Put it forward, for somebody else to approve. Raises NotNowError for one that may not be taught."""
    if found.problems:
        raise NotNowError(found.problems[0])
    row = TaughtPhrase(
        language=found.language,
        phrase=found.phrase,
        outcome=found.outcome.value,
        taught_by=staff.id,
        taught_at=now,
    )
    session.add(row)
    session.flush()
    _audit(session, staff, "phrase_taught", row, now)
    return row


def approve(session: Session, staff: Staff, number: int, now: datetime) -> TaughtPhrase:
    """From now on the reader knows it. Looked at once more: replies came in since it was put forward.

    Raises NotNowError: "own" for whose phrase it is, unless nobody else works here; "gone"; or a new problem.
    """
    row = _locked(session, number, "proposed")
    own = row.taught_by == staff.id
    if own and not alone(session, staff):
        raise NotNowError("own")
    language: Language = "es" if row.language == "es" else "en"
    row.state = "refused"  # it does not stand in its own way
    session.flush()
    again = look(session, row.phrase, Outcome(row.outcome), language, now)
    row.state = "proposed"
    if again.problems:
        raise NotNowError(again.problems[0])
    row.state, row.approved_by, row.approved_at, row.alone = "live", staff.id, now, own
    session.flush()
    _audit(session, staff, "phrase_approved", row, now)
    return row


def end(session: Session, staff: Staff, number: int, now: datetime) -> TaughtPhrase:
    """Refuse one that was put forward, or take one back that is in use. What was logged by it stays.

    Raises NotNowError: "gone", "power" for a proposal of somebody else that one may not judge.
    """
    row = _locked(session, number, "proposed", "live")
    if row.state == "proposed" and row.taught_by != staff.id and not may(staff.role, "templates_review"):
        raise NotNowError("power")
    was_live = row.state == "live"
    row.state, row.ended_by, row.ended_at = ("undone" if was_live else "refused"), staff.id, now
    session.flush()
    _audit(session, staff, "phrase_undone" if was_live else "phrase_refused", row, now)
    return row


def listed(session: Session) -> Sequence[TaughtPhrase]:
    """The newest phrases: those to approve first, then those in use, then the others."""
    rows = session.scalars(select(TaughtPhrase).order_by(TaughtPhrase.id.desc()).limit(MOST)).all()
    order = {"proposed": 0, "live": 1}
    return sorted(rows, key=lambda one: order.get(one.state, 2))


@cache
def examples() -> dict[str, set[str]]:
    """What the examples that come with the program are read as, by their plain form."""
    found: dict[str, set[str]] = {}
    for line in EXAMPLES.read_text(encoding="utf-8").splitlines() if EXAMPLES.exists() else ():
        one = json.loads(line)
        if one.get("label"):
            found.setdefault(phrase_of(one["text"]), set()).add(str(one["label"]))
    return found


def _said(session: Session, phrase: str, now: datetime) -> Iterator[InboundText]:
    """Stored replies of just these words, whoever's, the newest first."""
    rows = session.execute(
        select(InboundText.id, InboundText.body)
        .where(
            InboundText.handled_at.is_not(None),
            InboundText.caregiver_id.is_not(None),
            InboundText.received_at > now - LOOK_BACK,
            func.length(InboundText.body) <= min(LONGEST, len(phrase)) + _ROOM,
        )
        .order_by(InboundText.id.desc())
        .limit(_MOST_READ)
    )
    numbers = [number for number, body in rows if body and phrase_of(body) == phrase]
    return iter(
        session.scalars(
            select(InboundText).where(InboundText.id.in_(numbers[:500])).order_by(InboundText.id.desc())
        )
    )


def _became(session: Session, text: InboundText) -> str | None:
    """The outcome in force of what the text was logged as; its intent where it was for something else."""
    entry = session.scalars(
        select(LogEntry).where(LogEntry.inbound_id == text.id, LogEntry.expectation_id.is_not(None)).limit(1)
    ).first()
    if entry is None:
        intent = str((text.meaning or {}).get("intent", ""))
        return None if intent in _NO_MEANING else intent
    newest = session.scalars(
        select(LogEntry.outcome)
        .where(
            LogEntry.expectation_id == entry.expectation_id,
            LogEntry.caregiver_id == text.caregiver_id,
            LogEntry.kind == entry.kind,
        )
        .order_by(LogEntry.id.desc())
        .limit(1)
    ).first()
    return newest or entry.outcome


def _refused(session: Session, text: InboundText, outcome: Outcome) -> bool:
    """Whether the parent was asked if they meant this, and said no."""
    rows = session.scalars(
        select(Proposal).where(Proposal.inbound_id == text.id, Proposal.state == "refused")
    )
    return any(row.answer.get("outcome") == outcome for row in rows)


def _waits(text: InboundText) -> bool:
    return text.needs_staff and text.settled_at is None and text.flag != "alarm"


def _speaks(session: Session, text: InboundText) -> str:
    return session.scalars(select(Caregiver.language).where(Caregiver.id == text.caregiver_id)).one()


def _standing(session: Session, phrase: str, language: Language) -> TaughtPhrase | None:
    return session.scalars(
        select(TaughtPhrase).where(
            TaughtPhrase.phrase == phrase,
            TaughtPhrase.language == language,
            TaughtPhrase.state.in_(("proposed", "live")),
        )
    ).first()


def _locked(session: Session, number: int, *states: str) -> TaughtPhrase:
    row = session.get(TaughtPhrase, number, with_for_update=True)
    if row is None or row.state not in states:
        raise NotNowError("gone")
    return row


def _audit(session: Session, staff: Staff, kind: str, row: TaughtPhrase, now: datetime) -> None:
    audited(
        session,
        now,
        f"staff {staff.id}",
        kind,
        f"phrase {row.id}",
        language=row.language,
        outcome=row.outcome,
    )
