"""The last four digits of a phone in a column of their own, by which staff look for a family.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

from assistant.store.cipher import SealError
from assistant.store.engine import StoreError
from assistant.store.sealed import Sealed

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_PEOPLE = sa.table(
    "caregivers",
    sa.column("id", sa.Integer()),
    sa.column("phone", Sealed("address")),
    sa.column("phone_end", Sealed("digits")),
)


def upgrade() -> None:
    op.add_column("caregivers", sa.Column("phone_end", sa.Text(), nullable=True))
    try:
        _fill(op.get_bind())
    except SealError as error:
        raise StoreError(f"database: {error}; put the key into ASSISTANT_SERVER_DATA_KEY") from None
    op.create_index("ix_caregivers_phone_end", "caregivers", ["phone_end"])


def _fill(connection: sa.Connection) -> None:
    """From the phones that are there, sealed or not."""
    last, some = 0, 1000
    while rows := connection.execute(
        sa.select(_PEOPLE.c.id, _PEOPLE.c.phone)
        .where(_PEOPLE.c.id > last, _PEOPLE.c.phone.is_not(None))
        .order_by(_PEOPLE.c.id)
        .limit(some)
    ).all():
        last = rows[-1].id
        connection.execute(
            sa.update(_PEOPLE)
            .where(_PEOPLE.c.id == sa.bindparam("of"))
            .values(phone_end=sa.bindparam("end")),
            [{"of": row.id, "end": row.phone[-4:]} for row in rows],
        )


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
