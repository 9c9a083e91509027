"""The versions of a step's letters; and which words of the guide's file a centre's version was written over.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("steps", sa.Column("texts", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("templates", sa.Column("over", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
