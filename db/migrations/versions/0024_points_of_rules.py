"""what each rule gives each call

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_points",
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("region", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("is_of_context", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_rule_points_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "region", "rule", name=op.f("pk_rule_points")),
    )
    op.create_index("ix_rule_points_rule", "rule_points", ["rule"])
    # What was tagged before has no points yet: the next `tracker retag` takes it up.
    op.execute("UPDATE tagged_calls SET rules = ''")
