"""one word for each thing: duplicates, overrides and segments are what the code calls them

Tables, columns, the words inside a segment's JSON and the audit's actions get the names of today. Nothing else changes.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import JSON

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = {  # old name: new name, and the columns that are unique together
    "aliases": ("duplicates", ("first_id", "second_id")),
    "field_edits": ("overrides", ("call_id", "field")),
    "edition_shapes": ("edition_segments", ("edition_id", "hash")),
}
COLUMNS = (("edition_segments", "shape", "segment"), ("edition_segments", "silent", "withheld"))
ACTIONS = (  # the audit's, as they were and as they are
    ("alias joined", "duplicate joined"),
    ("alias apart", "duplicate apart"),
    ("call edited", "field overridden"),
    ("edit lifted", "override lifted"),
)
BATCH = 500


def upgrade() -> None:
    op.drop_index("ix_aliases_second_id", table_name="aliases")
    for old, (new, columns) in TABLES.items():
        op.rename_table(old, new)
        unique = "_".join(columns)
        with op.batch_alter_table(new) as batch:
            batch.drop_constraint(f"uq_{old}_{unique}", type_="unique")
            batch.create_unique_constraint(f"uq_{new}_{unique}", list(columns))
    op.create_index("ix_duplicates_second_id", "duplicates", ["second_id"])
    for table, old, new in (*COLUMNS, ("deliveries", "shape_id", "segment_id")):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    rename_in_json()
    audit = sa.table("audit", sa.column("action", sa.String()), sa.column("subject", sa.String()))
    for was, action in ACTIONS:
        op.execute(sa.update(audit).where(audit.c.action == was).values(action=action))
    moved = sa.func.replace(audit.c.subject, "alias ", "duplicate ")
    op.execute(sa.update(audit).where(audit.c.subject.like("alias %")).values(subject=moved))


def rename_in_json() -> None:
    """What a segment's readers wish is called interest queries, a batch of rows at a time."""
    table = sa.table("edition_segments", sa.column("id", sa.Integer()), sa.column("segment", JSON))
    bind, last = op.get_bind(), 0
    while rows := bind.execute(sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(BATCH)).all():
        for number, segment in rows:
            if "wishes" in segment:
                renamed = {("interest_queries" if key == "wishes" else key): value for key, value in segment.items()}
                bind.execute(sa.update(table).where(table.c.id == number).values(segment=renamed))
        last = rows[-1].id


def downgrade() -> None:
    raise NotImplementedError("forward only; go back with the backup that was made before")
