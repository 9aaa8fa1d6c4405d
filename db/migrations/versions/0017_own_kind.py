"""whether readers are told only of calls that their own kind of organisation may apply for

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscribers", sa.Column("own_kind", sa.Boolean(), server_default=sa.true(), nullable=False))
