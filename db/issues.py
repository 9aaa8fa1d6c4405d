"""Issues: what of an edition anybody may see. Nothing here says who reads, how many, or what a reader chose."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.deliveries import ContentItem, Delivery, DeliveryState
from db.editions import Edition, EditionHold, EditionKind, EditionSegment, MailContent, WithheldReason
from db.event_log import CallEvent
from db.regions import is_ours

# Why an event was news to nobody, whoever they are; the other reasons depend on the reader.
NO_NEWS = frozenset(
    {
        WithheldReason.CAME_TO_NOTHING,
        WithheldReason.OVER,
        WithheldReason.WITHDRAWN,
        WithheldReason.ELSEWHERE,
        WithheldReason.HELD,
        WithheldReason.DROPPED,
        WithheldReason.NOT_SHOWN,
    }
)


def sent_editions(session: Session, kinds: Collection[EditionKind], below: int | None, most: int) -> Sequence[Edition]:
    """The newest `most` editions of these kinds (below a number) that have left, newest first."""
    query = select(Edition).where(is_ours(session, Edition), col(Edition.kind).in_(kinds), _has_left())
    query = query.where(col(Edition.id) < below) if below is not None else query
    return session.exec(query.order_by(col(Edition.id).desc()).limit(most)).all()


def sent_edition(session: Session, kinds: Collection[EditionKind], edition_id: int) -> Edition | None:
    """An edition of one of these kinds, if it has left."""
    is_meant = (is_ours(session, Edition), col(Edition.kind).in_(kinds), Edition.id == edition_id)
    return session.exec(select(Edition).where(*is_meant, _has_left())).first()


def _has_left() -> sa.ColumnElement[bool]:
    is_sent = (col(Delivery.edition_id) == col(Edition.id), col(Delivery.state) == DeliveryState.SENT)
    return sa.exists().where(*is_sent)


def edition_before(session: Session, edition: Edition) -> Edition | None:
    """The edition of the same kind before this one."""
    is_meant = (is_ours(session, Edition), Edition.kind == edition.kind, col(Edition.id) < edition.id)
    return session.exec(select(Edition).where(*is_meant).order_by(col(Edition.id).desc()).limit(1)).first()


def last_seq_before(session: Session, at: datetime) -> int:
    """The number of the last event before an instant; 0 if there is none."""
    return session.exec(select(sa.func.max(CallEvent.seq)).where(col(CallEvent.at) < at)).one() or 0


def untold_events(session: Session, edition_id: int) -> frozenset[int]:
    """The events of an edition that were news to nobody, and those that it held back."""
    withheld = session.exec(select(EditionSegment.withheld).where(EditionSegment.edition_id == edition_id))
    no_news = {seq for of_segment in withheld for seq, reason in of_segment.items() if reason in NO_NEWS}
    told = select(ContentItem.event_seq).join(MailContent, col(MailContent.id) == col(ContentItem.content_id))
    told = told.where(MailContent.edition_id == edition_id, col(ContentItem.event_seq).is_not(None)).distinct()
    held = session.exec(select(EditionHold.events).where(EditionHold.edition_id == edition_id))
    return frozenset((no_news - set(session.exec(told))) | {seq for events in held for seq in events})
