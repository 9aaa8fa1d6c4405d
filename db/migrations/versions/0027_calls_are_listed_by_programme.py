"""the index of lists begins with the programme, by which most of them are filtered

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

COLUMNS = [
    *("programme", "withdrawn_at", "closes_on", "status", "claimed_status", "opens_on", "source", "kind"),
    *("first_seen_at", "backfilled", "project_min", "project_max"),
]


def upgrade() -> None:
    op.drop_index("ix_calls_listed", "calls")
    op.create_index("ix_calls_listed", "calls", COLUMNS)
