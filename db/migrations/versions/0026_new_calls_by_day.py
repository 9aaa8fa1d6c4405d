"""an index for the calls that became news as new ones since a day

Revision ID: 0026
Revises: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_call_events_kind_at", "call_events", ["kind", "at", "call_id"])
