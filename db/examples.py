"""Calls that a spearhead, or one of its rules, must and must not match, whatever is edited.

Does not try them (`tracker.tagging.evaluate`). An example holds the call's words as they were when it was made one, so
that neither a source nor a parser changes it.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db import revisions
from db.audit import Signed
from db.regions import find_ours, is_ours, region_field
from db.revisions import Kind, Revision
from db.types import json_field


class ExampleRow(SQLModel, table=True):
    """`document` is what rules read of the call (field → words). `from_file`: it goes when the region file drops it."""

    __tablename__ = "examples"
    __table_args__ = (sa.Index("ix_examples_spearhead", "spearhead", "region"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    spearhead: str = Field(max_length=60)
    rule: str | None = Field(default=None, max_length=80)  # then that rule must, or must not, match
    must: bool
    document: dict[str, Any] = json_field()
    from_file: bool = False


def all_examples(session: Session) -> Sequence[ExampleRow]:
    """Every example, by spearhead and number."""
    query = select(ExampleRow).where(is_ours(session, ExampleRow))
    return session.exec(query.order_by(col(ExampleRow.spearhead), col(ExampleRow.id))).all()


def insert_example(session: Session, example: ExampleRow, signed: Signed) -> int:
    """Add an example; gives back its number."""
    session.add(example)
    session.flush()
    revisions.append_revision(session, Kind.EXAMPLE, str(example.id), example.model_dump(exclude={"id"}), signed)
    return example.id or 0


def delete_example(session: Session, number: int, signed: Signed) -> bool:
    """Take an example out; False where there is none of this number."""
    example = find_ours(session, ExampleRow, number)
    if example is None:
        return False
    session.delete(example)
    session.flush()
    revisions.append_revision(session, Kind.EXAMPLE, str(number), None, signed)
    return True


def replace_of_file(session: Session, given: Sequence[ExampleRow], signed: Signed) -> int:
    """Make the examples of the region file exactly these; how many changed. Those that stay keep their numbers."""
    new = {_told(one): one for one in given}
    known = [one for one in all_examples(session) if one.from_file]
    gone = [one for one in known if new.pop(_told(one), None) is None]
    for example in gone:
        delete_example(session, example.id or 0, signed)
    for example in new.values():
        insert_example(session, example, signed)
    return len(gone) + len(new)


def were_ever(session: Session) -> bool:
    """Whether an example was ever kept."""
    kept = (is_ours(session, Revision), Revision.kind == Kind.EXAMPLE)
    query = select(Revision.id).where(*kept)
    return session.exec(query.limit(1)).first() is not None


def _told(example: ExampleRow) -> str:
    """What an example says, whatever its number and its call are named."""
    words = sorted((name, str(value)) for name, value in example.document.items() if name != "id")
    return repr((example.spearhead, example.rule, example.must, words))
