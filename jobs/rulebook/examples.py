"""Examples as values and as rows: calls that a spearhead or one of its rules must, or must not, match."""

from dataclasses import fields

from sqlmodel import Session

from db import examples
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example


def kept_examples(session: Session, from_file: bool | None = None) -> tuple[Example, ...]:
    """Read the stored examples: those of the region file, those added by hand, or (by default) both."""
    rows = examples.all_examples(session)
    return tuple(as_example(row) for row in rows if from_file in (None, row.from_file))


def as_example(row: examples.ExampleRow) -> Example:
    """Turn a row into an example that rules can be held against."""
    document = Document(**row.document | {"audience": tuple(row.document.get("audience", ()))})
    return Example(row.spearhead, document, row.must, row.rule)


def as_row(example: Example, from_file: bool = False) -> examples.ExampleRow:
    """Turn an example into a row; empty fields of its document are left out."""
    document = example.document
    filled = {field.name: value for field in fields(document) if (value := getattr(document, field.name))}
    return examples.ExampleRow(
        spearhead=example.spearhead,
        rule=example.rule,
        must=example.must,
        document={"title": "", **filled},
        from_file=from_file,
    )
