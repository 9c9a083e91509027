"""How many sessions of a school's log and the parent's differ is kept, and made anew from time to time.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("school_logs", sa.Column("differ", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("school_logs", sa.Column("compare_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE school_logs SET compare_at = imported_at")
    only = sa.text("compare_at IS NOT NULL")
    op.create_index(
        "ix_school_logs_compare_at", "school_logs", ["compare_at"], sqlite_where=only, postgresql_where=only
    )


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
