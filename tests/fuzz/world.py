"""A house in which a term was lived, and people at its doors: two families, staff, and somebody unknown."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.families.sign_in import new_link
from assistant.operations.measured import keep_due
from assistant.store import (
    Caregiver,
    Child,
    Guardianship,
    InboundText,
    LogEntry,
    Question,
    Step,
    Store,
    open_store,
)
from assistant.web import create_app
from messages import links
from tests.support.lived import live
from tests.web.pages_support import SANDBOX, SECRET, TWILIO, house_of, press, staff_in

# What a refused request may still leave behind: that somebody tried, and what staff looked at.
MAY_GROW = frozenset({"attempts", "link_asks", "audit_events", "sign_ins", "alerts", "refusals"})


def lived_through(folder: Path) -> Path:
    """The shipped autumn of three families as a database, to be copied for each world."""
    file = folder / "lived.db"
    file.write_bytes(live("fall-2026").database)
    return file


@dataclass
class Family:
    """Somebody signed in, the child who is theirs, and words that no other family may read."""

    browser: FlaskClient
    caregiver: int
    child: int
    private: tuple[str, ...]


class World:
    """One copy of the lived database behind the real pages. Close it when done."""

    def __init__(self, template: Path, file: Path, settings: Settings = SANDBOX) -> None:
        shutil.copy(template, file)
        self.store: Store = open_store(f"sqlite:///{file}", durable=False)
        self.settings = settings
        with self.store.read() as session:
            last = session.scalars(select(func.max(LogEntry.recorded_at))).one()
        self.clock = VirtualClock(last + timedelta(minutes=5))
        with self.store.write() as session:
            while keep_due(session, self.clock.now(), settings):
                pass
        self.app: Flask = create_app(house_of(self.store, self.clock, settings))
        # As in use: a fault is an answer of 500, not an exception in the test.
        self.app.testing = False
        self._watch = sqlite3.connect(file)
        # A year that a form asks for would be lived beside the tests, and write when it is over.
        self._nobody_rehearses = patch("jobs.rehearse.run", return_value=0)
        self._nobody_rehearses.start()

    def close(self) -> None:
        """Let go of the database."""
        self._nobody_rehearses.stop()
        self._watch.close()
        self.store.close()

    def families(self) -> list[Family]:
        """Each child's first caregiver, signed in."""
        with self.store.read() as session:
            rows = session.execute(
                select(Child.id, Child.full_name, Caregiver)
                .join(Guardianship, Guardianship.child_id == Child.id)
                .join(Caregiver, Caregiver.id == Guardianship.caregiver_id)
                .where(Guardianship.position == 0)
                .order_by(Child.id)
            ).all()
        return [
            Family(self.family_in(person), person.id, child, _private(person, full_name))
            for child, full_name, person in rows
        ]

    def family_in(self, person: Caregiver) -> FlaskClient:
        """A browser on which this caregiver pressed their link."""
        with self.store.write() as session:
            link = new_link(session, self.settings, self.clock.now(), caregiver=person, most=1_000)
        assert link is not None
        browser = self.app.test_client()
        path = link.address.removeprefix(self.settings.base_url())
        assert press(browser, path).status_code == 303
        return browser

    def staff(self) -> FlaskClient:
        """A browser on which somebody of the centre is signed in."""
        return staff_in(self.app.test_client(), self.store, self.clock)

    def tokens(self) -> dict[str, str]:
        """A good token for each kind of link that is signed, by its page's first word."""
        with self.store.read() as session:
            question = session.scalars(select(func.max(Question.id))).one()
            step = session.scalars(select(func.max(Step.id))).one()
            person = session.scalars(select(func.min(Caregiver.id))).one()
            text = session.scalars(select(func.max(InboundText.id))).one()
        return {
            "answer": links.question_token(SECRET, question),
            "step": links.step_token(SECRET, step),
            "unsubscribe": links.unsubscribe_token(SECRET, person),
            "confirm": links.confirm_token(SECRET, person),
            "said": links.said_token(SECRET, text),
        }

    def version(self) -> int:
        """A number that another one follows whenever anything was written."""
        return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def counts(self) -> dict[str, int]:
        """How many rows each table has, but for those that may grow."""
        names = self._watch.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: self._watch.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in names
            if name not in MAY_GROW
        }


def twilio_world(template: Path, file: Path) -> World:
    """The same with texts sent through Twilio: the webhooks are open."""
    email = TWILIO.email.model_copy(update={"bounce_token": "a token for bounces that nobody uses"})
    return World(template, file, TWILIO.model_copy(update={"email": email}))


def _private(person: Caregiver, full_name: str) -> tuple[str, ...]:
    return tuple(word for word in (full_name, person.name, person.phone, person.email) if word)
