"""How many webhooks were refused, by hook and reason, in stretches of ten minutes.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refusals",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hook", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at", "hook", "reason", name=op.f("pk_refusals")),
    )


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
