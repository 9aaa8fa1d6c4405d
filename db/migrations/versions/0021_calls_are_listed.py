"""what lists of calls are filtered by, in an index

Revision ID: 0021
Revises: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

COLUMNS = [
    *("withdrawn_at", "closes_on", "status", "claimed_status", "opens_on", "programme", "source", "kind"),
    *("first_seen_at", "backfilled", "project_min", "project_max"),
]


def upgrade() -> None:
    op.create_index("ix_calls_listed", "calls", COLUMNS)
