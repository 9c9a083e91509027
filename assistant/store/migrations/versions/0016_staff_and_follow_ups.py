"""The language of a member of staff, and what staff mean to do about a family.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)


def upgrade() -> None:
    op.add_column("staff", sa.Column("language", SHORT, nullable=False, server_default=""))
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("caregiver_id", sa.Integer(), nullable=True),
        sa.Column("kind", SHORT, nullable=False),
        sa.Column("why", SHORT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["children.id"], name=op.f("fk_follow_ups_child_id")),
        sa.ForeignKeyConstraint(["caregiver_id"], ["caregivers.id"], name=op.f("fk_follow_ups_caregiver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
    )
    still_open = sa.text("done_at IS NULL")
    op.create_index(
        "uq_follow_ups_open",
        "follow_ups",
        ["child_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_follow_ups_caregiver_id", "follow_ups", ["caregiver_id"])


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
