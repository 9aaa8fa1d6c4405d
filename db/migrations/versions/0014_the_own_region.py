"""whether a reader is told of the region's own calls beside their interests; all are who do not say otherwise

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscribers", sa.Column("own_region", sa.Boolean(), server_default=sa.true(), nullable=False))
