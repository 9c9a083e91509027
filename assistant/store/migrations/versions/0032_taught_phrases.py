"""Staff teach the reader phrases; a rehearsal lives with those that are in use.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)
_STANDS = sa.text("state IN ('proposed', 'live')")


def upgrade() -> None:
    op.create_table(
        "taught_phrases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("language", SHORT, nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("outcome", SHORT, nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("taught_by", sa.Integer(), nullable=False),
        sa.Column("taught_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'live', 'refused', 'undone')", name=op.f("ck_taught_phrases_state")
        ),
        sa.CheckConstraint(
            "outcome IN ('held', 'missed', 'unknown')", name=op.f("ck_taught_phrases_outcome")
        ),
        sa.ForeignKeyConstraint(["taught_by"], ["staff.id"], name=op.f("fk_taught_phrases_taught_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taught_phrases")),
    )
    op.create_index(
        "uq_taught_phrases_standing", "taught_phrases", ["language", "phrase"], unique=True,
        sqlite_where=_STANDS, postgresql_where=_STANDS,
    )  # fmt: skip
    op.add_column("rehearsals", sa.Column("phrases", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
