"""Signs that an advocate or attorney may help: raised once for a child, kept, and shown as an option.

What the tool can see (escalation.signals) it raises by itself, when a case is looked at; the rest is asked in
one short check on a page. The words and the free help are the guide's. Nothing changes in the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.deadlines import passed_of
from assistant.conversation.stepmail import who_gets_mail
from assistant.escalation.policy import Policy
from assistant.escalation.signals import known
from assistant.escalation.types import Facts
from assistant.evidence.school_log import differs
from assistant.families.guide_versions import guide_of_child
from assistant.families.jurisdictions import of_child
from assistant.guide.loader import guide_of
from assistant.guide.render import footer_lines
from assistant.guide.signals import render_signals
from assistant.guide.types import Guide
from assistant.store import Caregiver, Case, Child, Signal
from messages.outbox import enqueue_mail, language_of
from messages.sections import Section, as_html, as_text, heading, paragraph
from messages.templates import Rendered

_SAME_DAYS = timedelta(days=1)  # two caregivers' weekly e-mails may leave hours apart


def raise_known(
    session: Session, case: Case, facts: Facts, policy: Policy, now: datetime, settings: Settings
) -> None:
    """Raise what holds for this case today and was not raised for the child before."""
    differing = [entry for _, entry in differs(session, case.service_line_id, now) if entry is not None]
    seen = {one.rule: one.entries for one in known(facts, policy, passed_of(session, case), differing)}
    guide = guide_of(of_child(session, case.child_id, settings))
    keys = {one.key: seen[one.rule] for one in guide.signals if one.rule in seen}
    if not keys:
        return
    _hold(session, case.child_id)
    before = _keys(session, case.child_id)
    new = [key for key in keys if key not in before]
    for key in new:
        _add(session, case.child_id, key, "known", now, keys[key], case.id)
    if new and not settings.summaries.weekly:
        _write_now(session, case, now, settings)


def answer_check(
    session: Session, child_id: int, keys: Iterable[str], now: datetime, settings: Settings
) -> int:
    """The parent said yes to these questions of the check: raise what was not raised before. How many.

    They see the words and the help on the page at once, so no e-mail tells them again. Keys that the guide
    does not ask about are passed over.
    """
    _hold(session, child_id)
    guide = guide_of(of_child(session, child_id, settings))
    asked = {one.key for one in guide.signals if one.how == "asked"}
    new = [key for key in dict.fromkeys(keys) if key in asked - _keys(session, child_id)]
    for key in new:
        _add(session, child_id, key, "asked", now).told_at = now
    return len(new)


def raised(session: Session, child_id: int) -> Sequence[Signal]:
    """What was raised for a child, in that order."""
    return session.scalars(select(Signal).where(Signal.child_id == child_id).order_by(Signal.id)).all()


def untold(session: Session, child_ids: Iterable[int], since: datetime) -> Sequence[Signal]:
    """What was raised for these children and no e-mail has told before `since`."""
    return session.scalars(
        select(Signal)
        .where(Signal.child_id.in_(list(child_ids)), or_(Signal.told_at.is_(None), Signal.told_at > since))
        .order_by(Signal.child_id, Signal.id)
    ).all()


def signal_sections(
    session: Session, person: Caregiver, children: Iterable[Child], now: datetime, settings: Settings
) -> tuple[Section, ...]:
    """What no e-mail has told yet of these children, with who helps free of charge. It is told by this.

    Another caregiver of the child gets it in their own e-mail of the same days.
    """
    language, found, used = language_of(person), [], dict[str, Guide]()
    for child in children:
        guide = guide_of_child(session, child.id, settings)
        rows = [one for one in untold(session, [child.id], now - _SAME_DAYS) if one.how == "known"]
        told = render_signals(guide, [one.key for one in rows], language)
        if not told.text:
            continue
        used[guide.key] = guide
        found += [
            heading(guide.words[language]["signals_subject"].format(nickname=child.nickname)),
            Section(told.text, told.html),
        ]
        for row in rows:
            row.told_at = row.told_at or now
    today = now.astimezone(ZoneInfo(settings.program.zone)).date()
    footers = [paragraph(" ".join(footer_lines(guide, language, today))) for guide in used.values()]
    return (*found, *footers)


def _write_now(session: Session, case: Case, now: datetime, settings: Settings) -> None:
    """Where no weekly e-mail goes that could tell it: an e-mail of its own, in the case's thread."""
    person = who_gets_mail(session, case.child_id)
    child = session.get_one(Child, case.child_id)
    sections = signal_sections(session, person, [child], now, settings) if person else ()
    if person is None or not sections:
        return
    text, html = as_text(sections[1:]), as_html(sections, sections[0].text, language_of(person))
    rendered = Rendered("guide.signals", 0, text, sections[0].text)
    key = f"signals:{child.id}:{now.isoformat()}"
    enqueue_mail(session, person, "signals", rendered, key, now, html=html, thread=f"case{case.id}")


def _hold(session: Session, child_id: int) -> None:
    """One at a time for a child: two presses, or two lines decided at one moment, raise a sign once."""
    session.scalars(select(Child.id).where(Child.id == child_id).with_for_update()).one()


def _keys(session: Session, child_id: int) -> set[str]:
    return set(session.scalars(select(Signal.key).where(Signal.child_id == child_id)))


def _add(
    session: Session,
    child_id: int,
    key: str,
    how: str,
    now: datetime,
    entries: tuple[int, ...] = (),
    case_id: int | None = None,
) -> Signal:
    row = Signal(child_id=child_id, case_id=case_id, key=key, how=how, entries=list(entries), raised_at=now)
    session.add(row)
    session.flush()
    return row
