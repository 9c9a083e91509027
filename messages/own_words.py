"""The centre's own footers, words and short phrases, in place of the catalogue's.

They stand inside texts and e-mails everywhere, in places that have no session at hand; so each process keeps
those in use, and looks whether they changed where a job, a round of deliveries or a page begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from assistant.store import Template, TemplateAct
from assistant.words import Language

KINDS = ("footer", "words")
Bodies = Mapping[tuple[str, str], str]  # by whole key ("words.held") and language
_NEWEST = select(*(select(func.max(one)).scalar_subquery() for one in (Template.id, TemplateAct.id)))


@dataclass(frozen=True, slots=True)
class _Kept:
    bodies: Bodies = field(default_factory=dict)
    engine: Engine | None = None
    stamp: tuple[int, int] = (0, 0)  # the newest version, the newest act


_kept = _Kept()
_trial: ContextVar[Bodies | None] = ContextVar("words on trial", default=None)


def is_own(key: str) -> bool:
    """Whether the entry is a footer or a word, and no text of its own."""
    return key.partition(".")[0] in KINDS


def body_of(key: str, language: Language, shipped: str) -> str:
    """The words in use for a footer or a word; `shipped` where the centre has none of its own."""
    found = (_trial.get() or {}).get((key, language))
    return found if found is not None else _kept.bodies.get((key, language), shipped)


def is_current(session: Session) -> bool:
    """Whether nothing was written about texts since `keep`: one small read. On trial nothing is to change."""
    return _trial.get() is not None or (
        _kept.engine is session.get_bind().engine and _kept.stamp == _stamp(session)
    )


def keep(session: Session, bodies: Bodies) -> None:
    """These are in use from now on, in this process."""
    global _kept
    _kept = _Kept(bodies, session.get_bind().engine, _stamp(session))


def _stamp(session: Session) -> tuple[int, int]:
    version, act = session.execute(_NEWEST).one()
    return version or 0, act or 0


@contextmanager
def on_trial(bodies: Bodies) -> Iterator[None]:
    """Here, and in this thread only, these words are in use."""
    token = _trial.set({**(_trial.get() or {}), **bodies})
    try:
        yield
    finally:
        _trial.reset(token)
