"""Erasure: entries of the log become tombstones, consents keep no address; nothing else may change.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

# What stays of an entry, and what has to be blank in a tombstone.
STAYS = ("id", "child_id", "number", "previous_hash", "hash", "recorded_at")
EMPTY = (
    *("service_line_id", "expectation_id", "question_id", "caregiver_id", "inbound_id", "cause", "minutes"),
    *("sessions", "chances", "asked_at", "answered_at", "supersedes"),
)
BLANK = ("outcome", "knows", "words")
CONSENT_STAYS = ("id", "caregiver_id", "channel", "act", "method", "at")


def upgrade() -> None:
    for table in ("log_entries", "consents", "children", "caregivers"):
        op.add_column(table, sa.Column("erased_at", MOMENT, nullable=True))
    for table in ("log_entries", "consents"):
        if op.get_bind().dialect.name == "sqlite":
            _sqlite(table)
        else:
            _postgresql(table)


def _sqlite(table: str) -> None:
    op.execute(f"DROP TRIGGER {table}_no_update")
    op.execute(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        f"WHEN NOT ({_allowed(table, 'IS', 'NEW.content')}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql(table: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {_allowed(table, 'IS NOT DISTINCT FROM', 'NEW.content::text')} "
        f"THEN RETURN NEW; END IF; END IF; "
        f"RAISE EXCEPTION '{table} is append-only'; END $$"
    )


def _allowed(table: str, same: str, content: str) -> str:
    """The one change: from whole to erased, once, with everything that the chain needs untouched."""
    stays = STAYS if table == "log_entries" else CONSENT_STAYS
    terms = ["OLD.erased_at IS NULL", "NEW.erased_at IS NOT NULL"]
    terms += [f"NEW.{name} {same} OLD.{name}" for name in stays]
    if table == "log_entries":
        terms += [f"NEW.{name} IS NULL" for name in EMPTY]
        terms += [f"NEW.{name} = ''" for name in BLANK]
        terms += [f"{content} = '{{}}'", "NEW.kind = 'erased'", "NEW.day = '1970-01-01'"]
    return " AND ".join(terms)


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
