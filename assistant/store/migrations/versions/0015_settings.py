"""A family's settings: how questions are gathered, whether a child counts in totals, a new number or address.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("children", sa.Column("in_totals", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column(
        "caregivers", sa.Column("gather", sa.String(length=40), nullable=False, server_default="each")
    )
    op.create_table(
        "address_changes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "caregiver_id",
            sa.Integer(),
            sa.ForeignKey("caregivers.id", name="fk_address_changes_caregiver_id"),
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("link_hash", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_address_changes_caregiver_id", "address_changes", ["caregiver_id"])


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
