"""A year in a minute: scenarios that staff let made-up families live.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)


def upgrade() -> None:
    op.create_table(
        "rehearsals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("policies", sa.JSON(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("digest", SHORT, nullable=False),
        sa.Column("beside", sa.Integer(), nullable=True),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("sums", sa.JSON(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_rehearsals_state")
        ),
        sa.ForeignKeyConstraint(["beside"], ["rehearsals.id"], name=op.f("fk_rehearsals_beside")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_rehearsals_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsals")),
    )
    where = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_rehearsals_next_at", "rehearsals", ["next_at"], sqlite_where=where, postgresql_where=where
    )
    op.create_index("ix_rehearsals_digest", "rehearsals", ["digest"])


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
