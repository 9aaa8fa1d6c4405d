"""reasons as words, and the run that claimed a mail

What was kept as a sentence becomes a word, and what a mail server or a person said beside it a text of its own.

Revision ID: 0006
Revises: 0005
"""

from collections.abc import Iterator

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
BATCH = 500  # rows in memory
DIED = "the process died while it was sending; look in the mail server's log"
DELIVERIES = {
    "nothing to say": "nothing_to_say",
    "paused": "paused",
    "bounced": "bounced",
    "the reader takes no mail any more": "takes_no_mail",
    "the reader has left": "left",
    "not on mail.allow": "not_allowed",
    "erased": "erased",
    "too old": "too_old",
    "the mailbox bounced; it is tried again later": "backed_off",
    DIED: "died",
    "a fault in this program": "fault",
}
GIVEN_UP, LAST = "given up after ", " attempts; the last answer was: "
RESOLVED = {"sent": "sent: ", "refused": "lost: "}  # by the state that a person's word made
FLOOD = " events, usually "
WITHHELD = {
    "muted by the reader": "muted",
    "not open yet, and the reader wants open calls only": "not_open",
    "came to nothing: what had changed was changed back, or is no news": "came_to_nothing",
    "the call was over before it could be told": "over",
    "the call was withdrawn, and the reader had not been told of it since it came": "withdrawn",
    "the call was the reader's before": "known_before",
    "another source still has the call": "elsewhere",
    "held back for an admin": "held",
    "found to be no news by an admin": "dropped",
}
HAPPENED = {
    "not for us": "not_for_us",
    "came back": "came_back",
    "backed off": "backed_off",
    "feed link replaced": "feed_link_replaced",
}
AS_EVER = "asked confirmed added preferences cadence paused resumed followed muted unmuted left banned unbanned erased"


def upgrade() -> None:
    for table in ("deliveries", "letters"):
        op.add_column(table, sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        _part_reasons(table)
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("run_id", sa.Integer(), nullable=True))
            batch_op.create_foreign_key(batch_op.f(f"fk_{table}_run_id"), "runs", ["run_id"], ["id"])
            batch_op.alter_column("reason", type_=sa.String(length=32), existing_type=sa.String())
    op.add_column("editions", sa.Column("held_detail", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    _part_holds()
    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.alter_column("held_for", type_=sa.String(length=32), existing_type=sa.String())
    _word_what_was_withheld()
    _word_what_happened()
    with op.batch_alter_table("subscriber_changes", schema=None) as batch_op:
        batch_op.alter_column(
            "what", type_=sa.String(length=32), existing_type=sa.String(length=40), existing_nullable=False
        )


def _part_reasons(name: str) -> None:
    """Our own words by name; what is none of them is what a server said, and stays as it is beside one that says so."""
    bind, table = op.get_bind(), sa.table(name, *_texts("state", "reason", "detail"))
    _part_prefixed(bind, table)
    rest = sa.update(table).where(table.c.reason.not_in([*DELIVERIES, "given_up", "resolved"]))
    whose = sa.case((table.c.state.in_(["skipped", "sent"]), "other"), else_="mail_server")
    bind.execute(rest.values(detail=table.c.reason, reason=whose))
    for sentence, word in DELIVERIES.items():
        bind.execute(sa.update(table).where(table.c.reason == sentence).values(reason=word))


def _part_prefixed(bind: sa.Connection, table: sa.TableClause) -> None:
    """Those that begin with our word and end in what somebody said."""
    given_up = table.c.reason.like(f"{GIVEN_UP}%{LAST}%")
    for said in bind.scalars(sa.select(table.c.reason).where(given_up).distinct()).all():
        told = {"reason": "given_up", "detail": said.partition(LAST)[2]}
        bind.execute(sa.update(table).where(table.c.reason == said).values(**told))
    for state, prefix in RESOLVED.items():
        is_meant = (table.c.state == state, table.c.reason.startswith(prefix))
        told = {"reason": "resolved", "detail": sa.func.substr(table.c.reason, len(prefix) + 1)}
        bind.execute(sa.update(table).where(*is_meant).values(**told))


def _part_holds() -> None:
    """A flood says how large it is; whatever else is no word of ours is an admin's reason."""
    bind, table = op.get_bind(), sa.table("editions", *_texts("held_for", "held_detail"))
    is_flood = table.c.held_for.like(f"%{FLOOD}%")
    word = sa.case((is_flood, "flood"), else_="admin")
    change = sa.update(table).where(table.c.held_for.is_not(None), table.c.held_for != "stale")
    bind.execute(change.values(held_detail=table.c.held_for, held_for=word))


def _word_what_was_withheld() -> None:
    columns = (sa.column("id", sa.Integer()), sa.column("shape", JSON), sa.column("silent", JSON))
    table = sa.table("edition_shapes", *columns)
    for row in _rows(table):
        said = {seq: why for seq, why in row["silent"].items() if why not in WITHHELD}
        if row["silent"]:
            words = {seq: WITHHELD.get(why, "other") for seq, why in row["silent"].items()}
            shape = row["shape"] | ({"said": said} if said else {})
            op.get_bind().execute(sa.update(table).where(table.c.id == row["id"]).values(silent=words, shape=shape))


def _word_what_happened() -> None:
    columns = (sa.column("id", sa.Integer()), sa.column("what", sa.String()), sa.column("detail", JSON))
    table, bind = sa.table("subscriber_changes", *columns), op.get_bind()
    for was, word in HAPPENED.items():
        bind.execute(sa.update(table).where(table.c.what == was).values(what=word))
    unknown = sa.select(table).where(table.c.what.not_in([*AS_EVER.split(), *HAPPENED.values()]))
    for row in bind.execute(unknown).mappings().all():
        change = sa.update(table).where(table.c.id == row["id"])
        bind.execute(change.values(what="other", detail=(row["detail"] or {}) | {"what": row["what"]}))


def _texts(*names: str) -> list[sa.ColumnClause[str]]:
    return [sa.column(name, sa.String()) for name in names]


def _rows(table: sa.TableClause) -> Iterator[sa.RowMapping]:
    """Every row of a table, some at a time."""
    last = 0
    query = sa.select(table).order_by(table.c.id).limit(BATCH)
    while rows := op.get_bind().execute(query.where(table.c.id > last)).mappings().all():
        last = rows[-1]["id"]
        yield from rows
