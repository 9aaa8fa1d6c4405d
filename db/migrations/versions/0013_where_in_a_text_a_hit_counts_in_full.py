"""up to where in a text a hit counts in full, and how much a mask hides

An archive goes on being tagged as it was, until the region takes another value.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("spearheads") as batch:
        batch.add_column(sa.Column("full_until", sa.Integer(), nullable=True))
    with op.batch_alter_table("masks") as batch:
        batch.add_column(sa.Column("hides", sa.String(32), nullable=False, server_default="words"))
