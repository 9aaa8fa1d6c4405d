"""events that readers are owed, because their calls could not be put into words when an edition passed them

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "owed_events",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_owed_events_subscriber_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["event_seq"], ["call_events.seq"], name=op.f("fk_owed_events_event_seq")),
        sa.PrimaryKeyConstraint("subscriber_id", "event_seq", name=op.f("pk_owed_events")),
    )
