"""Until when a channel is held because a carrier's daily limit is used up.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("senders", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
