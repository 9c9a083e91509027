"""Who wants in: links asked for on a page, counted attempts, the staff's passwords and second factors.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)


def upgrade() -> None:
    _link_asks()
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", SHORT, nullable=False),
        sa.Column("key", SHORT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_scope_key_at", "attempts", ["scope", "key", "at"])
    op.create_index("ix_attempts_at", "attempts", ["at"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recovery_codes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("staff_id", "code_hash", name=op.f("uq_recovery_codes_staff_id_code_hash")),
    )
    for table, column in (
        ("staff", sa.Column("password_hash", sa.Text(), nullable=False, server_default="")),
        ("staff", sa.Column("totp_secret", sa.Text(), nullable=True)),
        ("staff", sa.Column("totp_step", sa.BigInteger(), nullable=False, server_default="0")),
        ("staff", sa.Column("totp_since", MOMENT, nullable=True)),
        ("sign_ins", sa.Column("stage", SHORT, nullable=False, server_default="")),
        ("sign_ins", sa.Column("seen_at", MOMENT, nullable=True)),
    ):
        op.add_column(table, column)


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")


def _link_asks() -> None:
    op.create_table(
        "link_asks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("answer_at", MOMENT, nullable=True),
        sa.Column("sign_in_id", sa.Integer(), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_ins.id"], name=op.f("fk_link_asks_sign_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_asks")),
    )
    op.create_index("uq_link_asks_browser_hash", "link_asks", ["browser_hash"], unique=True)
    op.create_index("ix_link_asks_address_created_at", "link_asks", ["address", "created_at"])
    op.create_index("ix_link_asks_created_at", "link_asks", ["created_at"])
    waits = sa.text("answer_at IS NOT NULL")
    op.create_index(
        "ix_link_asks_answer_at", "link_asks", ["answer_at"], sqlite_where=waits, postgresql_where=waits
    )
