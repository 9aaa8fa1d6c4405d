"""admins: what they may do, how they sign in, and where they are signed in

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from db.types import JSON_COLUMN

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TEXT, AT = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    with op.batch_alter_table("admins") as admins:
        admins.add_column(sa.Column("role", sa.String(length=32), nullable=False, server_default="admin"))
        admins.add_column(sa.Column("language", sa.String(length=32), nullable=False, server_default="fi"))
        admins.add_column(sa.Column("link_hash", TEXT(length=64), nullable=True))
        admins.add_column(sa.Column("link_until", AT(), nullable=True))
        admins.add_column(sa.Column("factor_secret", TEXT(), nullable=True))
        admins.add_column(sa.Column("factor_since", AT(), nullable=True))
        admins.add_column(sa.Column("factor_step", sa.Integer(), nullable=True))
        admins.add_column(sa.Column("recovery_hashes", JSON_COLUMN, nullable=False, server_default="[]"))
        admins.add_column(sa.Column("removed_at", AT(), nullable=True))
    with op.batch_alter_table("admins") as admins:
        for name in ("role", "language", "recovery_hashes"):
            admins.alter_column(name, server_default=None)
    op.create_index(op.f("ix_admins_link_hash"), "admins", ["link_hash"])
    op.create_table(
        "admin_sessions",
        sa.Column("token_hash", TEXT(length=64), nullable=False),
        sa.Column("region", TEXT(length=40), nullable=False),
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("started_at", AT(), nullable=False),
        sa.Column("seen_at", AT(), nullable=False),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name=op.f("fk_admin_sessions_admin_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_admin_sessions")),
    )
    op.create_index(op.f("ix_admin_sessions_admin_id"), "admin_sessions", ["admin_id"])
