"""what followed from a returned mail for its mailbox, and which reading noted it

Bans of earlier versions are found by the history of their mailboxes.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import JSON

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("bounces") as batch:
        batch.add_column(sa.Column("run_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("effect", sa.String(32), nullable=True))
        batch.create_foreign_key("fk_bounces_run_id", "runs", ["run_id"], ["id"])
    op.create_index("ix_bounces_run_id", "bounces", ["run_id"])
    op.create_index("ix_bounces_effect", "bounces", ["effect"])
    note_bans()


def note_bans() -> None:
    """A ban names its bounce."""
    changes = sa.table("subscriber_changes", sa.column("what", sa.String()), sa.column("detail", JSON))
    bounces = sa.table("bounces", sa.column("id", sa.Integer()), sa.column("effect", sa.String()))
    bind = op.get_bind()
    for (detail,) in bind.execute(sa.select(changes.c.detail).where(changes.c.what == "banned")).all():
        if number := (detail or {}).get("bounce"):
            bind.execute(sa.update(bounces).where(bounces.c.id == number).values(effect="banned"))


def downgrade() -> None:
    raise NotImplementedError("forward only; go back with the backup that was made before")
