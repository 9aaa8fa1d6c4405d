"""who may apply for a call, as derived from its words and the table of programmes

What was stored earlier is derived by the next `tracker retag`.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

from db.types import JSON_COLUMN

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lists = ("yes", "no", "consortium", "rate", "trl", "findings")
    op.create_table(
        "call_eligibility",
        *(sa.Column(name, JSON_COLUMN, nullable=False) for name in lists),
        *(sa.Column(name, sa.Boolean(), nullable=True) for name in ("alone", "lump_sum", "two_stage")),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("derived_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_call_eligibility_call_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_eligibility")),
    )
    op.create_index(op.f("ix_call_eligibility_derived_by"), "call_eligibility", ["derived_by"])
    with op.batch_alter_table("calls") as batch:
        batch.add_column(sa.Column("may_apply", JSON_COLUMN, nullable=False, server_default="[]"))
