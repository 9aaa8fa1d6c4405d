"""organisations by all that is said of them: one reader's word about a name says nothing of another's organisation

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("actors") as batch:
        batch.drop_constraint("uq_actors_region_name", type_="unique")
        batch.create_unique_constraint(
            "uq_actors_region_name_type_municipality", ["region", "name", "type", "municipality"]
        )
