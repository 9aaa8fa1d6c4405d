"""Make the rulebook and its examples those of a region file."""

from sqlmodel import Session

from db import examples, strategies
from db.audit import Signed
from jobs.rulebook.examples import as_row
from tracker.regions import Region


def import_region(session: Session, region: Region, signed: Signed) -> dict[str, int]:
    """Make the rulebook and its examples those of a region file; everything that changes is a revision."""
    book = region.rulebook
    counts = strategies.replace_rulebook(session, book.strategies, book.spearheads, book.rules, book.masks, signed)
    import_examples(session, region, signed)
    return counts


def import_examples(session: Session, region: Region, signed: Signed) -> None:
    """Make the examples of the region file those that it has now; those added by hand stay."""
    examples.replace_of_file(session, [as_row(one, from_file=True) for one in region.examples], signed)
