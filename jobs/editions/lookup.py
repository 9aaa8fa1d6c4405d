"""Look up editions with their deliveries by state and their holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from db import deliveries, editions
from db.deliveries import DeliveryState
from db.editions import Edition, EditionHold
from db.regions import find_ours
from tracker.errors import NotFound, Noun


@dataclass(frozen=True, slots=True)
class ListedEdition:
    """An edition and the number of its deliveries in each state."""

    edition: Edition
    deliveries: Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True)
class EditionInFull:
    """An edition with its deliveries by state and its holds."""

    listed: ListedEdition
    holds: tuple[EditionHold, ...]


def listed_editions(session: Session, most: int | None) -> list[ListedEdition]:
    """List editions, newest first; all of them if `most` is None."""
    return [_listed(session, edition) for edition in editions.list_editions(session, most)]


def edition_in_full(session: Session, edition_id: int) -> EditionInFull:
    """Look up one edition with its holds. NotFound if there is none."""
    edition = find_ours(session, Edition, edition_id)
    if edition is None:
        raise NotFound(Noun.EDITION, edition_id)
    return EditionInFull(_listed(session, edition), tuple(editions.holds_of(session, edition_id)))


def _listed(session: Session, edition: Edition) -> ListedEdition:
    return ListedEdition(edition, deliveries.count_states(session, edition.id))
