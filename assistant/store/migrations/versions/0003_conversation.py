"""The conversation: households, joining by text, sign-in links, the staff inbox, answers that staff propose.

Columns are added in place, never by rebuilding a table: the triggers that keep the record stay.

Revision ID: 0003
Revises: 0002
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", SHORT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
    )
    op.create_index("uq_staff_email", "staff", ["email"], unique=True)
    _columns()
    _invitations()
    _enrolments()
    _sign_ins()
    _proposals()


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")


def _columns() -> None:
    for table, column in (
        ("caregivers", sa.Column("heard_at", MOMENT, nullable=True)),
        ("children", sa.Column("whom", SHORT, nullable=False, server_default="first")),
        ("inbound_texts", sa.Column("flag", SHORT, nullable=False, server_default="")),
        ("inbound_texts", sa.Column("settled_at", MOMENT, nullable=True)),
        ("inbound_texts", sa.Column("settled_by", sa.Integer(), nullable=True)),
    ):
        op.add_column(table, column)
    # What waits for staff already has no reason beside it; the inbox must show it all the same.
    op.execute("UPDATE inbound_texts SET flag = 'look' WHERE needs_staff")


def _foreign(table: str, *columns: tuple[str, str]) -> Iterator[sa.ForeignKeyConstraint]:
    for column, other in columns:
        yield sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("caregiver_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        *_foreign("invitations", ("child_id", "children"), ("caregiver_id", "caregivers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_caregiver_id", "invitations", ["caregiver_id"])


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("caregiver_id", sa.Integer(), nullable=False),
        sa.Column("stage", SHORT, nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("nudge_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        *_foreign("enrolments", ("caregiver_id", "caregivers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
    )
    op.create_index("ix_enrolments_caregiver_id", "enrolments", ["caregiver_id"])
    only = sa.text("nudge_at IS NOT NULL")
    op.create_index(
        "ix_enrolments_nudge_at", "enrolments", ["nudge_at"], sqlite_where=only, postgresql_where=only
    )


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("caregiver_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("spent_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        *_foreign("sign_ins", ("caregiver_id", "caregivers"), ("staff_id", "staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index("uq_sign_ins_token_hash", "sign_ins", ["token_hash"], unique=True)
    op.create_index("ix_sign_ins_caregiver_id", "sign_ins", ["caregiver_id"])


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("caregiver_id", sa.Integer(), nullable=False),
        sa.Column("expectation_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        *_foreign(
            "proposals",
            ("inbound_id", "inbound_texts"),
            ("caregiver_id", "caregivers"),
            ("expectation_id", "expectations"),
            ("staff_id", "staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_caregiver_id", "proposals", ["caregiver_id"])
