"""Examples: calls that a spearhead, or one of its rules, must match or must not match, whatever is edited.

Does not check them (`tracker.tagging.evaluate`). An example keeps the call's words as they were when it was added, so
that neither a source nor a parser can change it.
"""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db import revisions
from db.audit import Signed
from db.regions import find_ours, get_ours, is_ours, region_field
from db.revisions import Kind, Revision
from db.types import json_field


class ExampleRow(SQLModel, table=True):
    """An example. `document` is what rules read of the call (field → words); `from_file`: owned by the region file."""

    __tablename__ = "examples"
    __table_args__ = (sa.Index("ix_examples_spearhead", "spearhead", "region"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    spearhead: str = Field(max_length=60)
    rule: str | None = Field(default=None, max_length=80)  # then that rule must, or must not, match
    must: bool
    document: dict[str, Any] = json_field()
    from_file: bool = False


def all_examples(session: Session, spearheads: Collection[str] | None = None) -> Sequence[ExampleRow]:
    """Every example (of these spearheads), by spearhead and id."""
    query = select(ExampleRow).where(is_ours(session, ExampleRow))
    query = query if spearheads is None else query.where(col(ExampleRow.spearhead).in_(spearheads))
    return session.exec(query.order_by(col(ExampleRow.spearhead), col(ExampleRow.id))).all()


def insert_example(session: Session, example: ExampleRow, signed: Signed) -> int:
    """Add an example; return its id."""
    _insert(session, [example], signed)
    return example.id or 0


def delete_example(session: Session, number: int, signed: Signed) -> bool:
    """Delete an example; False if there is no such id."""
    example = find_ours(session, ExampleRow, number)
    if example is None:
        return False
    _delete(session, [example], signed)
    return True


def replace_example(session: Session, number: int, example: ExampleRow, signed: Signed) -> None:
    """Put an example in the place of the one with this id, which must be there."""
    row = get_ours(session, ExampleRow, number)
    row.sqlmodel_update(example.model_dump(exclude={"id"}))
    session.flush()
    revisions.append_revisions(session, Kind.EXAMPLE, {str(number): row.model_dump(exclude={"id"})}, signed)


def replace_of_file(session: Session, examples: Sequence[ExampleRow], signed: Signed) -> int:
    """Replace the examples of the region file; return how many changed. Unchanged ones keep their ids."""
    new = {_content_key(example): example for example in examples}
    known = [example for example in all_examples(session) if example.from_file]
    gone = [example for example in known if new.pop(_content_key(example), None) is None]
    _delete(session, gone, signed)
    _insert(session, list(new.values()), signed)
    return len(gone) + len(new)


def _insert(session: Session, examples: Sequence[ExampleRow], signed: Signed) -> None:
    session.add_all(examples)
    session.flush()  # gives them their ids
    states = {str(example.id): example.model_dump(exclude={"id"}) for example in examples}
    revisions.append_revisions(session, Kind.EXAMPLE, states, signed)


def _delete(session: Session, examples: Sequence[ExampleRow], signed: Signed) -> None:
    for example in examples:
        session.delete(example)
    session.flush()
    revisions.append_revisions(session, Kind.EXAMPLE, {str(example.id): None for example in examples}, signed)


def were_ever(session: Session) -> bool:
    """Whether there was ever an example."""
    is_example = (is_ours(session, Revision), Revision.kind == Kind.EXAMPLE)
    query = select(Revision.id).where(*is_example)
    return session.exec(query.limit(1)).first() is not None


def _content_key(example: ExampleRow) -> str:
    """What an example demands, leaving out its number and its call's id, so that equal examples compare equal."""
    words = sorted((name, str(value)) for name, value in example.document.items() if name != "id")
    return repr((example.spearhead, example.rule, example.must, words))
