"""Room for sealed values; e-mail addresses in lower case, since a sealed one cannot be looked up otherwise.

SQLite does not hold anybody to a column's length, so only PostgreSQL has something to widen.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column in ("phone", "feed_key"):
            op.alter_column("caregivers", column, type_=sa.Text(), existing_type=sa.String(length=40))
    op.execute("UPDATE caregivers SET email = lower(email) WHERE email <> lower(email)")


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
