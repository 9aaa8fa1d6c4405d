"""the past in parts: calls that only a backfill has seen, and its checkpoints as days

Calls stored so far count as seen by a reading, as they did. Checkpoints are not taken over: what a backfill finds
stored already it leaves as it is.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("backfilled", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_table("backfill_scans")
    op.create_table(
        "stored_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("scan", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("stored_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_parts")),
    )
    op.create_index("ix_stored_parts_source_scan", "stored_parts", ["source", "scan"])


def downgrade() -> None:
    raise NotImplementedError("forward only; go back with the backup that was made before")
