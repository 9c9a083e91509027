"""Which state's guide holds, as staff chose it: for all, or for one child; and whose hours for texts follow.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

SHORT = sa.String(length=40)


def upgrade() -> None:
    op.create_table(
        "jurisdiction_choices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("jurisdiction", SHORT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["children.id"], name=op.f("fk_jurisdiction_choices_child_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jurisdiction_choices")),
    )
    op.create_index("ix_jurisdiction_choices_child_id", "jurisdiction_choices", ["child_id"])
    op.add_column("caregivers", sa.Column("guide_state", SHORT, nullable=True))


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
