"""the conditions of a call, as far as they say who may apply and on what terms

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("conditions", sa.String(), nullable=True))
