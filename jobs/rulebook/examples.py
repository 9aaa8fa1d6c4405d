"""Examples as values and as rows: calls that a spearhead or one of its rules must, or must not, match."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from sqlmodel import Session

from db import examples
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example


def kept_examples(
    session: Session, from_file: bool | None = None, spearheads: Collection[str] | None = None
) -> tuple[Example, ...]:
    """Read the stored examples (of these spearheads): those of the region file, those added by hand, or both."""
    rows = examples.all_examples(session, spearheads)
    return tuple(as_example(row) for row in rows if from_file in (None, row.from_file))


def as_example(row: examples.ExampleRow) -> Example:
    """Turn a row into an example that rules can be held against."""
    return Example(row.spearhead, as_document(row.document), row.must, row.rule)


def as_document(words: Mapping[str, Any]) -> Document:
    """The document that was stored as these words."""
    return Document(**{**words, "audience": tuple(words.get("audience", ()))})


def as_words(document: Document) -> dict[str, Any]:
    """A document's words as they are stored, by field; empty fields are left out."""
    filled = {field.name: value for field in fields(document) if (value := getattr(document, field.name))}
    return {"title": "", **filled}


def as_row(example: Example, from_file: bool = False) -> examples.ExampleRow:
    """Turn an example into a row."""
    return examples.ExampleRow(
        spearhead=example.spearhead,
        rule=example.rule,
        must=example.must,
        document=as_words(example.document),
        from_file=from_file,
    )
