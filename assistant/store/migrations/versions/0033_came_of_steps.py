"""What came of a step, by the parent's word: a meeting that was held, what the state found.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("steps", sa.Column("came", sa.String(length=40), nullable=True))
    op.add_column("steps", sa.Column("came_on", sa.Date(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
