"""the text of its topic beside a project's own call

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("context", sa.String(), nullable=True))
