"""The state a caregiver lives in: some have hours for texts of their own.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("caregivers", sa.Column("us_state", sa.String(length=40), nullable=True))


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
