"""Lists of readers: how many there are of each kind, and all of them as a table for a spreadsheet."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from db import audit
from db.acts import Act
from db.audit import Signed
from db.reader_counts import ReaderCount, count_by_organisation
from db.regions import find_ours
from db.subscribers import LISTS, Actor, SubscriberState
from jobs.base.app import App
from jobs.readers.lookup import ListedSubscriber, list_subscribers
from tracker.feeds.tables import harmless

OF_READERS = ("id", "address", "state", "language", "cadence", "created_at", "confirmed_at", "paused_until", "left_at")
OF_ORGANISATIONS = ("name", "type", "municipality")
OF_INTERESTS = (*LISTS, "query")
COLUMNS = (*OF_READERS, "actor", "actor_type", "municipality", *OF_INTERESTS)


@dataclass(frozen=True, slots=True)
class ReaderCounts:
    """How many readers there are by type of organisation, by municipality, and by both."""

    total: int
    by_type: Mapping[str | None, int]
    by_municipality: Mapping[str | None, int]
    by_both: Sequence[ReaderCount]


def reader_counts(session: Session) -> ReaderCounts:
    """Count the readers who get mail."""
    both = count_by_organisation(session)
    by_type, by_place = Counter[str | None](), Counter[str | None]()
    for one in both:
        by_type[one.type] += one.readers
        by_place[one.municipality] += one.readers
    return ReaderCounts(by_type.total(), dict(by_type.most_common()), dict(by_place.most_common()), both)


def take_list(app: App, signed: Signed) -> bytes:
    """Every reader but the erased as CSV, with what they chose; the log says who took it and why."""
    with app.db.write() as session:
        listed = list_subscribers(session, [state for state in SubscriberState if state is not SubscriberState.ERASED])
        told = {"readers": len(listed)}
        audit.append_audit(session, signed, Act.READERS_TAKEN, "readers", told)
        rows = list(_rows(session, listed))
    return _csv(rows)


def _rows(session: Session, listed: Iterable[ListedSubscriber]) -> Iterator[list[str]]:
    actors: dict[int | None, Actor | None] = {None: None}
    for one in listed:
        number = one.subscriber.actor_id
        if number not in actors:
            actors[number] = find_ours(session, Actor, number or 0)
        own = [_said(getattr(one.subscriber, name)) for name in OF_READERS]
        organisation = [_said(getattr(actors[number], name, None)) for name in OF_ORGANISATIONS]
        interests = [_said([getattr(interest, name) for interest in one.interests]) for name in OF_INTERESTS]
        yield [*own, *organisation, *interests]


def _said(value: Any) -> str:
    """A value in a cell; several share one, with semicolons between them."""
    if isinstance(value, (list, tuple)):
        return "; ".join(filter(None, map(_said, value)))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return "" if value is None else str(value)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    """CSV with a byte-order mark, or spreadsheets garble ä and ö; no cell is run as a formula."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    table.writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")
