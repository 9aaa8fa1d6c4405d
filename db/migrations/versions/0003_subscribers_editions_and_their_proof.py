"""subscribers, editions and their proof

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "content_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=True),
        sa.Column("reminder", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=True),
        sa.Column("section", sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_content_items_call_id")),
        sa.ForeignKeyConstraint(["content_id"], ["mail_contents.id"], name=op.f("fk_content_items_content_id")),
        sa.ForeignKeyConstraint(["event_seq"], ["call_events.seq"], name=op.f("fk_content_items_event_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_items")),
    )
    with op.batch_alter_table("content_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_items_content_id"), ["content_id"], unique=False)

    op.create_table(
        "edition_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("usual", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_edition_holds_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_holds")),
        sa.UniqueConstraint("edition_id", "subject", name=op.f("uq_edition_holds_edition_id_subject")),
    )
    op.create_table(
        "edition_shapes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("shape", JSON, nullable=False),
        sa.Column("silent", JSON, nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_edition_shapes_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_shapes")),
        sa.UniqueConstraint("edition_id", "hash", name=op.f("uq_edition_shapes_edition_id_hash")),
    )
    op.create_table(
        "call_choices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(length=32), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_choices_call_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_call_choices_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_choices")),
        sa.UniqueConstraint("subscriber_id", "call_id", name=op.f("uq_call_choices_subscriber_id_call_id")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("version", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name=op.f("fk_consents_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_subscriber_id"), ["subscriber_id"], unique=False)

    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("recipient", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("sending_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("settled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name=op.f("fk_letters_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.create_index("ix_letters_state", ["state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_letters_subscriber_id"), ["subscriber_id"], unique=False)

    op.create_table(
        "subscriber_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_subscriber_changes_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_changes")),
    )
    with op.batch_alter_table("subscriber_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscriber_changes_subscriber_id"), ["subscriber_id"], unique=False)

    op.create_table(
        "bounces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_bounces_delivery_id")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name=op.f("fk_bounces_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sa.UniqueConstraint("hash", name=op.f("uq_bounces_hash")),
    )
    with op.batch_alter_table("bounces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bounces_subscriber_id"), ["subscriber_id"], unique=False)

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shape_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("from_seq", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("in_reply_to", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_deliveries_shape_id"), "edition_shapes", ["shape_id"], ["id"])

    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_editions_cadence_period"), type_="unique")
        batch_op.alter_column("cadence", new_column_name="kind", existing_type=sa.String(length=32))

    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shares", JSON, nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("about", JSON, nullable=True))
        batch_op.add_column(sa.Column("held_for", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("released_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("released_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("release_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.alter_column(
            "period",
            existing_type=sa.VARCHAR(length=12),
            type_=sqlmodel.sql.sqltypes.AutoString(length=40),
            existing_nullable=False,
        )

    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_editions_kind_period"), ["kind", "period"])

    with op.batch_alter_table("interests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kinds", JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("audience", JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("query", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("money_min", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("money_max", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("forthcoming", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("feed_number", sa.Integer(), nullable=False, server_default="0"))

    with op.batch_alter_table("subscribers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("confirmed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("welcomed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("left_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("soft_bounces", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("backed_off_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))

    # Who has been a reader until now agreed when they were added, and knows what is open.
    op.execute("UPDATE subscribers SET confirmed_at = created_at, welcomed_at = created_at")
