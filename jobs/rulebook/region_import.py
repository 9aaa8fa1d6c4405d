"""Import a region file: replace the stored rulebook and the examples that came from a file."""

from sqlmodel import Session

from db import examples, strategies
from db.audit import Signed
from jobs.rulebook.examples import as_row
from tracker.regions import Region


def import_region(session: Session, region: Region, signed: Signed) -> dict[str, int]:
    """Replace the rulebook and the file's examples by those of a region file; every change is kept as a revision."""
    book = region.rulebook
    counts = strategies.replace_rulebook(session, book.strategies, book.spearheads, book.rules, book.masks, signed)
    import_examples(session, region, signed)
    return counts


def import_examples(session: Session, region: Region, signed: Signed) -> None:
    """Replace the examples that came from a region file; examples added by hand stay."""
    examples.replace_of_file(session, [as_row(example, from_file=True) for example in region.examples], signed)
