"""marks of those who were invited, and who has closed readers' feedback

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("mark", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("region", "mark", name=op.f("uq_invitations_region_mark")),
    )
    op.add_column("not_for_us", sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column("not_for_us", sa.Column("closed_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("not_for_us", sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
