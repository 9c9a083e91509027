"""What is planned for a child, by when it is asked about: a family's evening is read without its past.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("state = 'planned'")
    op.create_index(
        "ix_expectations_child_id_ask_at",
        "expectations",
        ["child_id", "ask_at"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
