"""whose rows they are: the region in every table that is a region's own

By which rules a call was tagged is a region's own, too: it goes from the calls, which all regions share, to a table.
What stands already belongs to the region that the database is opened for; without one, a database in use is refused.

Revision ID: 0007
Revises: 0006
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from db.regions import OPTION, NoRegion

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEYED = ("strategies", "spearheads", "rules", "masks")  # by a key that people give
UNIQUE = {  # table: the columns that were unique, and those that are; None: there were none
    "rule_revisions": (("rule", "revision"), ("region", "rule", "revision")),
    "revisions": (("kind", "key", "revision"), ("region", "kind", "key", "revision")),
    "taggings": (("call_id", "strategy", "spearhead"), ("call_id", "region", "strategy", "spearhead")),
    "pins": (("call_id", "spearhead"), ("call_id", "region", "spearhead")),
    "actors": (("name",), ("region", "name")),
    "subscribers": (("address",), ("address", "region")),
    "admins": (("address",), ("region", "address")),
    "editions": (("kind", "period"), ("region", "kind", "period")),
    "bounces": (("hash",), ("hash", "region")),
    "examples": None,
    "deliveries": None,
    "letters": None,
    "audit": None,
}
NEVER_AGAIN = ("examples",)  # their numbers: revisions name them
INDEXES = {  # the narrow column first: by the region alone SQLite would read all that is a region's
    "taggings": ("ix_taggings_spearhead", ["spearhead", "region"]),
    "examples": ("ix_examples_spearhead", ["spearhead", "region"]),
    "subscribers": ("ix_subscribers_cadence", ["cadence", "region"]),
    "deliveries": ("ix_deliveries_state", ["state", "region", "id"]),
    "letters": ("ix_letters_state", ["state", "region", "id"]),
    "audit": ("ix_audit_subject", ["subject", "region"]),
}


def upgrade() -> None:
    region = whose()
    for table in (*KEYED, *UNIQUE):
        column = sa.Column("region", sa.String(length=40), nullable=False, server_default=region)
        op.add_column(table, column)
    for table in KEYED:
        key_by_region(table)
    for table, uniques in UNIQUE.items():
        if table in INDEXES:
            op.drop_index(INDEXES[table][0], table_name=table)
        last = last_number(table)
        make_unique_by_region(table, uniques)
        go_on_after(table, last)
        if table in INDEXES:
            name, columns = INDEXES[table]
            op.create_index(name, table, columns)
    move_fingerprints(region)


def whose() -> str:
    """The region whose rows there are; of no importance where there are none."""
    bind = op.get_bind()
    region = bind.get_execution_options().get(OPTION)
    is_there = sa.select(sa.literal(1)).limit(1)
    queries = [is_there.select_from(sa.table(name)) for name in (*KEYED, *UNIQUE)]
    queries.append(is_there.select_from(sa.table("calls")).where(sa.column("tagged_with").is_not(None)))
    if region is None and any(map(bind.scalar, queries)):
        raise NoRegion("this database has rows and was opened for no region: nobody can say whose they are")
    return region or ""


def last_number(table: str) -> int | None:
    """The highest number that SQLite ever gave in a table; None where it does not keep it, as on PostgreSQL."""
    if table not in NEVER_AGAIN or op.get_bind().dialect.name != "sqlite":
        return None
    given: int | None = op.get_bind().scalar(
        sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table}
    )
    return given


def go_on_after(table: str, last: int | None) -> None:
    """Changing a table on SQLite makes it anew, and with it the count of its numbers."""
    if last is not None:
        known = {"name": table, "last": last}
        op.get_bind().execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), known)
        op.get_bind().execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), known)


def key_by_region(table: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.alter_column("region", server_default=None)
        batch.drop_constraint(f"pk_{table}", type_="primary")
        batch.create_primary_key(f"pk_{table}", ["region", "key"])


def make_unique_by_region(table: str, uniques: tuple[Sequence[str], Sequence[str]] | None) -> None:
    kept = {"sqlite_autoincrement": True} if table in NEVER_AGAIN else {}
    with op.batch_alter_table(table, table_kwargs=kept) as batch:
        batch.alter_column("region", server_default=None)  # from now on, who writes a row says whose it is
        if uniques:
            before, after = uniques
            batch.drop_constraint(f"uq_{table}_{'_'.join(before)}", type_="unique")
            batch.create_unique_constraint(f"uq_{table}_{'_'.join(after)}", list(after))


def move_fingerprints(region: str) -> None:
    op.create_table(
        "tagged_calls",
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("rules", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_tagged_calls_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "region", name="pk_tagged_calls"),
    )
    tagged = "SELECT id, :region, tagged_with FROM calls WHERE tagged_with IS NOT NULL"
    op.get_bind().execute(sa.text(f"INSERT INTO tagged_calls (call_id, region, rules) {tagged}"), {"region": region})
    op.drop_column("calls", "tagged_with")
