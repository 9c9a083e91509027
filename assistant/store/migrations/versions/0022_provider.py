"""Who gives a service, in the parent's words.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("service_lines", sa.Column("provider", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
