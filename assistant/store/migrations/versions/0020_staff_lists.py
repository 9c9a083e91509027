"""What the lists of staff, and a family's part of the audit, are found by.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_events_subject", "audit_events", ["subject"])
    op.create_index("ix_cases_child_id", "cases", ["child_id"])
    second = sa.text("kind = 'second'")
    op.create_index(
        "ix_log_entries_second", "log_entries", ["day"], sqlite_where=second, postgresql_where=second
    )


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
