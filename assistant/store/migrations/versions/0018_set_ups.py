"""Families that are being set up on the question pages.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "set_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("caregiver_id", sa.Integer(), nullable=True),
        sa.Column("enrolment_id", sa.Integer(), nullable=True),
        sa.Column("child_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_ups")),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{many}.id"], name=op.f(f"fk_set_ups_{one}_id"))
            for one, many in (("caregiver", "caregivers"), ("enrolment", "enrolments"), ("child", "children"))
        ),
    )
    op.create_index("uq_set_ups_token_hash", "set_ups", ["token_hash"], unique=True)
    op.create_index("ix_set_ups_created_at", "set_ups", ["created_at"])
    op.create_index("ix_set_ups_caregiver_id", "set_ups", ["caregiver_id"])
    op.create_index("ix_set_ups_child_id", "set_ups", ["child_id"])


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
