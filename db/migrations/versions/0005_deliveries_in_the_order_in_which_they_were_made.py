"""deliveries in the order in which they were made

Claims go through the ledger row by row as it was written; by content they would touch a page of it for every mail.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_deliveries_state", table_name="deliveries")
    op.create_index("ix_deliveries_state", "deliveries", ["state", "id"])
