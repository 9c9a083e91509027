"""What was done with each version of a text: review, retirement; and the phones of staff for test texts.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLE = "template_acts"


def upgrade() -> None:
    op.add_column("templates", sa.Column("made_from", sa.Integer(), nullable=True))
    op.add_column("templates", sa.Column("machine", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("templates", sa.Column("warnings", sa.JSON(), server_default="[]", nullable=False))
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "act IN ('sent', 'sent_back', 'reviewed', 'kept', 'retired')", name=op.f("ck_template_acts_act")
        ),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name=op.f("fk_template_acts_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_acts")),
    )
    op.create_index("ix_template_acts_template_id", TABLE, ["template_id"], unique=False)
    # What staff wrote before there were reviews is in use, and stays so.
    op.execute(
        "INSERT INTO template_acts (template_id, act, by, reason, alone, at) "
        "SELECT id, 'kept', author, reason, false, created_at FROM templates WHERE author <> 'catalogue'"
    )
    op.add_column(
        "caregivers", sa.Column("for_tests", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    # In one statement that both engines know: making SQLite's table anew would cut what hangs on it.
    op.execute(
        "ALTER TABLE staff ADD COLUMN caregiver_id INTEGER "
        "CONSTRAINT fk_staff_caregiver_id REFERENCES caregivers (id)"
    )
    _protect()


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")


def _protect() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {TABLE}_no_{act.lower()} BEFORE {act} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {TABLE}_keep() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{TABLE} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_keep()"
    )
