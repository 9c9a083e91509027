"""A year in a minute: what may be lived, asking for it, and what lists and comparisons are made from.

Whoever asks freezes what is to be lived: the bodies of the texts and the thresholds, as they are in use or as
they would be. So a rehearsal says the same however long it waits, and two of them can be compared later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.phrases import frozen
from assistant.families.jurisdictions import of_centre
from assistant.families.tell import audited
from assistant.families.thresholds import newest_values
from assistant.store import GuideReview, Rehearsal, Staff, Template
from assistant.words import LANGUAGES
from messages.templates import catalogue, live

SHIPPED = Path(__file__).parents[2] / "examples"
KEPT = 40  # rehearsals; the oldest go
MOST_WAITING = 6
MOST_FILES = 100
# What of the settings a made-up family lives under. No addresses, accounts or keys.
_SECTIONS = {"program", "asking", "quiet", "guide", "calendar", "escalation", "summaries"}


# What a review of the guide's texts is carried over as.
REVIEWED = ("jurisdiction", "key", "state", "by_name", "guide_version", "fingerprint")


class TooManyError(Exception):
    """So many wait already that another one would wait for long."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What staff want to see. `texts`: bodies by "KEY LANGUAGE" over those of the base; `policies`: whole
    layers of thresholds by kind of service over those in force. `drafts`: the base is the newest version of
    every text, whatever its state, and not the one in use.
    """

    scenario: str
    drafts: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Lived:
    """All that two rehearsals have to share to be the same."""

    scenario: str
    texts: Mapping[str, str]
    policies: Mapping[str, Mapping[str, Any]]
    reviews: Sequence[Mapping[str, Any]]
    phrases: Sequence[Mapping[str, str]] = ()

    def against(self, other: _Lived) -> list[str]:
        """What differs: "texts", "guide", "thresholds"."""
        names = {name for name, _ in self.texts.items() ^ other.texts.items()}
        ours = {name for name in names if _shipped(name) is not None}
        told = {"texts": ours, "guide": names - ours, "thresholds": self.policies != other.policies}
        return [what for what, differs in told.items() if differs]

    def digest(self, settings: Settings) -> str:
        """Names it, with the file as it is now and the texts as they are shipped with this program."""
        file = scenarios(settings)[self.scenario]
        shipped = {language: dict(catalogue(language)) for language in LANGUAGES}
        under = settings.model_dump(mode="json", include=_SECTIONS)
        told = [self.scenario, dict(self.texts), dict(self.policies), shipped, under, list(self.reviews)]
        told += [list(self.phrases)] if self.phrases else []
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode() + file.read_bytes()).hexdigest()[:40]


def scenarios(settings: Settings) -> dict[str, Path]:
    """What may be lived, by name: what is shipped, then what the centre put into its folder."""
    found = {f"shipped:{file.stem}": file for file in _files(SHIPPED)}
    if settings.rehearsals.folder:
        found |= {f"own:{file.stem}": file for file in _files(Path(settings.rehearsals.folder))}
    return found


def ask(session: Session, staff: Staff, wish: Wish, now: datetime, settings: Settings) -> Rehearsal:
    """Queue what is wished, and beside it the same scenario as everything is now, unless that was lived.

    Raises KeyError for an unknown scenario, TooManyError where enough waits.
    """
    settings = of_centre(session, settings)
    if wish.scenario not in scenarios(settings):
        raise KeyError(wish.scenario)
    waiting = session.scalars(select(Rehearsal.id).where(Rehearsal.state.in_(("queued", "running")))).all()
    if len(waiting) >= MOST_WAITING:
        raise TooManyError
    now_lived = _Lived(
        wish.scenario, texts_of(session, drafts=False), _layers(session), _reviews(session), frozen(session)
    )
    texts = {**(texts_of(session, drafts=True) if wish.drafts else now_lived.texts), **wish.texts}
    lived = replace(
        now_lived,
        texts={key: body for key, body in texts.items() if body != _shipped(key)},
        policies={**now_lived.policies, **{service: dict(one) for service, one in wish.policies.items()}},
    )
    changed = lived.against(now_lived)
    beside = _lived_or_new(session, staff, now_lived, now, settings) if changed else None
    row = _new(session, staff, lived, now, settings)
    row.changed, row.beside = changed, beside.id if beside else None
    session.flush()
    audited(
        session, now, f"staff {staff.id}", "rehearsal_asked", f"rehearsal {row.id}",
        scenario=wish.scenario, changed=changed,
    )  # fmt: skip
    _forget_old(session)
    return row


def texts_of(session: Session, *, drafts: bool) -> dict[str, str]:
    """The bodies in use that are not the catalogue's, by "KEY LANGUAGE"; with `drafts` the newest ones."""
    query = select(Template.key, Template.language, Template.body).order_by(Template.version)
    rows = session.execute(query if drafts else query.where(live())).all()
    newest = {f"{key} {language}": body for key, language, body in rows}
    return {key: body for key, body in newest.items() if body != _shipped(key)}


def newest_text(session: Session, key: str, language: str) -> str | None:
    """The newest body of one text, a draft too; None where there is no such text."""
    name = f"{key} {language}"
    return texts_of(session, drafts=True).get(name, _shipped(name))


def text_keys() -> list[str]:
    """Every text that may be changed, by its whole key, in the catalogue's order."""
    return list(catalogue(LANGUAGES[0]))


def request_of(row: Rehearsal, settings: Settings) -> dict[str, Any]:
    """What the process that lives it is told (simulation.__main__). KeyError: the file is gone."""
    return {
        "scenario": str(scenarios(settings)[row.scenario].resolve()),
        "texts": row.texts,
        "policies": row.policies,
        "reviews": row.reviews,
        "phrases": row.phrases,
        "settings": settings.model_dump(mode="json", include=_SECTIONS),
        "public_url": settings.base_url(),
    }


def without_secrets(asked: Mapping[str, Any], public_url: str) -> Settings:
    """Settings for made-up families, from those sections that a request names."""
    server = {"secret_key": "simulation " * 4, "public_url": public_url}
    return Settings.model_validate({**asked, "server": server})


def made_up(settings: Settings) -> Settings:
    """What a made-up family lives under: the centre's own settings, without addresses, accounts and keys."""
    return without_secrets(settings.model_dump(mode="json", include=_SECTIONS), settings.base_url())


def sums_of(events: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """What lists show of a rehearsal without reading it whole."""
    texts = [event for event in events if event["type"] == "sms_out"]
    mails = [event for event in events if event["type"] == "email_out"]
    by_language: dict[str, list[int]] = {}
    for event in texts:
        one = by_language.setdefault(event.get("language", ""), [0, 0])
        one[0], one[1] = one[0] + 1, one[1] + event["segments"]
    return {
        "texts": len(texts),
        "segments": sum(event["segments"] for event in texts),
        "languages": by_language,
        "mails": len(mails),
        "letters": sum(len(event.get("letters", ())) for event in mails),
        "steps": sum(event["type"] == "step" for event in events),
        "seconds": round(seconds),
    }


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.toml"))[:MOST_FILES]
    except OSError:
        return []


def _shipped(name: str) -> str | None:
    key, _, language = name.rpartition(" ")
    return next((catalogue(one).get(key) for one in LANGUAGES if one == language), None)


def _layers(session: Session) -> dict[str, dict[str, Any]]:
    """The thresholds in force, by kind of service."""
    return {service: dict(values) for service, values in newest_values(session).items()}


def _reviews(session: Session) -> list[dict[str, Any]]:
    """What staff recorded last of each text of a guide, whoever's, as plain values."""
    rows = session.scalars(select(GuideReview).order_by(GuideReview.id))
    newest = {(row.jurisdiction, row.key): row for row in rows}
    days = ("checked_on", "until")
    return [
        {name: getattr(row, name) for name in REVIEWED}
        | {name: day.isoformat() if (day := getattr(row, name)) else None for name in days}
        for row in newest.values()
    ]


def _lived_or_new(
    session: Session, staff: Staff, lived: _Lived, now: datetime, settings: Settings
) -> Rehearsal:
    """The newest one that lived just this, or is about to; else a new one."""
    found = session.scalars(
        select(Rehearsal)
        .where(Rehearsal.digest == lived.digest(settings), Rehearsal.state != "failed")
        .order_by(Rehearsal.id.desc())
        .limit(1)
    ).first()
    return found or _new(session, staff, lived, now, settings)


def _new(session: Session, staff: Staff, lived: _Lived, now: datetime, settings: Settings) -> Rehearsal:
    row = Rehearsal(
        scenario=lived.scenario, staff_id=staff.id, texts=dict(lived.texts), policies=dict(lived.policies),
        reviews=list(lived.reviews), phrases=list(lived.phrases),
        changed=[], digest=lived.digest(settings), state="queued", next_at=now,
        created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _forget_old(session: Session) -> None:
    keep = session.scalars(select(Rehearsal.id).order_by(Rehearsal.id.desc()).limit(KEPT)).all()
    old = Rehearsal.id < min(keep)
    over = Rehearsal.state.in_(("done", "failed"))
    gone = session.scalars(select(Rehearsal.id).where(old, over)).all()
    session.execute(update(Rehearsal).where(Rehearsal.beside.in_(gone)).values(beside=None))
    session.execute(delete(Rehearsal).where(Rehearsal.id.in_(gone)))
