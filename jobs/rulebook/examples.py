"""Examples: calls that a spearhead or one of its rules must, or must not, match, whatever is edited.

Does not try them against an edit (`jobs.rulebook.preview`).
"""

from dataclasses import fields

from sqlmodel import Session

from db import examples
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example


def kept_examples(session: Session, from_file: bool | None = None) -> tuple[Example, ...]:
    """Every example that is kept: those of the region file, those added by hand, or both."""
    rows = examples.all_examples(session)
    return tuple(as_example(row) for row in rows if from_file in (None, row.from_file))


def as_example(row: examples.ExampleRow) -> Example:
    """An example as it is tried."""
    document = Document(**row.document | {"audience": tuple(row.document.get("audience", ()))})
    return Example(row.spearhead, document, row.must, row.rule)


def as_row(example: Example, from_file: bool = False) -> examples.ExampleRow:
    """An example as it is kept: its words, without the fields that say nothing."""
    document = example.document
    said = {field.name: value for field in fields(document) if (value := getattr(document, field.name))}
    return examples.ExampleRow(
        spearhead=example.spearhead,
        rule=example.rule,
        must=example.must,
        document={"title": "", **said},
        from_file=from_file,
    )
