"""Editions: issues of the digest, their frozen mails, what each shape of reader was not told, and what is held.

Does not decide what a reader is told (`tracker.digests.selection`); what came to whom is `db.deliveries`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.subscribers import Cadence
from db.types import Values, json_field, values_field, word_field


class EditionKind(StrEnum):
    """What an edition is: a regular issue of a cadence, or a mail beside them."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    URGENT = "urgent"  # what cannot wait for a reader's next regular issue
    WELCOME = "welcome"  # what is open now, for those who have just come
    SWITCH = "switch"  # what is due to a reader whose cadence changes
    RELEASE = "release"  # what was held back from an edition, and is let go
    CORRECTION = "correction"  # a fact that was told wrong, to those who were told it

    @classmethod
    def of(cls, cadence: Cadence) -> "EditionKind":
        """The kind of the regular issues of a cadence: they go by one name."""
        return cls(cadence.value)

    @property
    def cadence(self) -> Cadence | None:
        """The cadence whose regular issue it is; None of what stands beside them."""
        return next((cadence for cadence in Cadence if cadence.value == self.value), None)


REGULAR = frozenset(EditionKind.of(cadence) for cadence in Cadence)


class EditionState(StrEnum):
    """How far an edition has come."""

    PLANNED = "planned"  # its events are frozen up to `to_seq`
    BUILT = "built"  # every due subscriber has a delivery, rendered or skipped with a reason
    HELD = "held"  # built, and nothing of it leaves before an admin says so


class HoldState(StrEnum):
    """What became of a part of an edition that was held back."""

    HELD = "held"
    RELEASED = "released"  # told by an edition of its own
    DROPPED = "dropped"  # an admin found that it is no news


class HoldReason(StrEnum):
    """Why nothing of a whole edition leaves."""

    FLOOD = "flood"  # it is far above its history; `held_detail` says how far
    STALE = "stale"  # its mails were not sent in time
    ADMIN = "admin"  # a person wants it; `held_detail` is their reason


class WithheldReason(StrEnum):
    """Why an event is not told to a reader whose interest it meets."""

    MUTED = "muted"  # by the reader
    NOT_OPEN = "not_open"  # not yet, and the reader wants open calls only
    CAME_TO_NOTHING = "came_to_nothing"  # what had changed was changed back, or is no news
    OVER = "over"  # the call was, before it could be told
    WITHDRAWN = "withdrawn"  # the call was, and the reader had not been told of it since it came
    KNOWN_BEFORE = "known_before"  # the call was the reader's before
    ELSEWHERE = "elsewhere"  # another source still has the call
    HELD = "held"  # for an admin
    DROPPED = "dropped"  # an admin found that it is no news
    OTHER = "other"  # an earlier version's; `EditionShape.shape["said"]` is what it said


class SwitchAbout(BaseModel):
    """Of a switch: the reader whose cadence changes."""

    model_config = ConfigDict(frozen=True)

    subscriber: int


class ReleaseAbout(BaseModel):
    """Of a release: the hold that is let go, the edition that it was held back from, and its events by number."""

    model_config = ConfigDict(frozen=True)

    edition: int
    hold: int
    events: tuple[int, ...]


class CorrectionAbout(BaseModel):
    """Of a correction: what was told wrong of which calls and what holds instead, and to whom.

    `answers` are the Message-IDs of the mails that told it, by reader.
    """

    model_config = ConfigDict(frozen=True)

    calls: tuple[int, ...]
    fact: str
    wrong: str
    right: str
    note: str = ""
    readers: tuple[int, ...]
    answers: dict[int, str] = {}


About = SwitchAbout | ReleaseAbout | CorrectionAbout
A = TypeVar("A", bound=About)


class Edition(SQLModel, table=True):
    """One issue of the digest: a kind and a period of the calendar (both days included), or an instant."""

    __tablename__ = "editions"
    __table_args__ = (sa.UniqueConstraint("region", "kind", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    kind: EditionKind = word_field(EditionKind)
    period: str = Field(max_length=40)  # 2026-11-23, 2026-W48, 2026-11; 2026-11-23T05:00:01 for one beside them
    on: date  # the day it is dated; days left are counted from here
    from_on: date
    to_on: date
    catch_up: bool = False
    to_seq: int  # the last event that it may tell
    planned_at: datetime
    state: EditionState = word_field(EditionState, default=EditionState.PLANNED)
    shares: dict[str, int] = json_field(default_factory=dict)  # its events by source and by rule, for the flood guard
    about: About | None = values_field(About, default=None)  # None of a kind that needs no more than its name
    held_for: HoldReason | None = word_field(HoldReason, default=None)
    held_detail: str | None = None
    released_at: datetime | None = None
    released_by: str | None = None
    release_reason: str | None = None


class EditionHold(SQLModel, table=True):
    """A part of an edition that is far above its history: its events wait for an admin, the rest leaves on time."""

    __tablename__ = "edition_holds"
    __table_args__ = (sa.UniqueConstraint("edition_id", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="editions.id")
    subject: str = Field(max_length=120)  # source:eura, rule:food-en
    events: list[int] = json_field()  # their numbers
    usual: float  # so many events it has otherwise
    state: HoldState = word_field(HoldState, default=HoldState.HELD)
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None


class EditionSegment(SQLModel, table=True):
    """What readers of one edition had in common when it was built, and the events that it kept from them, with why."""

    __tablename__ = "edition_segments"
    __table_args__ = (sa.UniqueConstraint("edition_id", "hash"),)

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="editions.id")
    hash: str = Field(max_length=64)
    segment: dict[str, Any] = json_field()  # language, interest queries, lead days, followed and muted calls
    withheld: dict[int, WithheldReason] = Field(  # by event number
        default_factory=dict, sa_type=Values(dict[int, WithheldReason])
    )


class MailContent(SQLModel, table=True):
    """A frozen mail with marks for the reader's own values; shared by all readers whom an edition tells the same."""

    __tablename__ = "mail_contents"
    __table_args__ = (sa.UniqueConstraint("edition_id", "hash"),)

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="editions.id")
    hash: str = Field(max_length=64)
    subject: str
    template: bytes  # a MIME message, see tracker.emails.mime
    page: str | None = None  # the whole HTML, where the mail had no room for every call


def about_as(edition: Edition, of: type[A]) -> A:
    """What an edition is about, as the value of its kind. TypeError where it is about something else."""
    if not isinstance(edition.about, of):
        raise TypeError(f"edition {edition.id} ({edition.kind}) has no {of.__name__}")
    return edition.about


def edition_of(session: Session, kind: EditionKind, period: str) -> Edition | None:
    """The edition of a period, if it was planned."""
    query = select(Edition).where(is_ours(session, Edition), Edition.kind == kind, Edition.period == period)
    return session.exec(query).first()


def contents_of(session: Session, edition_id: int) -> dict[str, int]:
    """The ids of an edition's frozen mails by their hashes."""
    query = select(MailContent.hash, MailContent.id).where(MailContent.edition_id == edition_id)
    return {name: content_id for name, content_id in session.exec(query) if content_id is not None}


def template_of(session: Session, content_id: int) -> bytes:
    """The frozen mail of a content."""
    return session.exec(select(MailContent.template).where(MailContent.id == content_id)).one()


def segments_of(session: Session, edition_id: int) -> dict[str, int]:
    """The ids of an edition's shapes by their hashes."""
    query = select(EditionSegment.hash, EditionSegment.id).where(EditionSegment.edition_id == edition_id)
    return {name: segment_id for name, segment_id in session.exec(query) if segment_id is not None}


def shares_before(session: Session, edition: Edition, most: int) -> list[dict[str, int]]:
    """The shares of the editions of this kind before it, the newest first."""
    query = select(Edition).where(is_ours(session, Edition), Edition.kind == edition.kind, col(Edition.id) < edition.id)
    return [before.shares for before in session.exec(query.order_by(col(Edition.id).desc()).limit(most))]


def holds_of(session: Session, edition_id: int) -> Sequence[EditionHold]:
    """The parts of an edition that were held back, in their order."""
    return session.exec(
        select(EditionHold).where(EditionHold.edition_id == edition_id).order_by(col(EditionHold.id))
    ).all()


def hold_of(session: Session, hold_id: int) -> EditionHold | None:
    """A part of an edition that was held back; None where there is none of this number."""
    query = select(EditionHold).join(Edition).where(is_ours(session, Edition), EditionHold.id == hold_id)
    return session.exec(query).first()


def events_held(session: Session, *states: HoldState) -> dict[int, HoldState]:
    """The events that were held back and of which this became, by their numbers."""
    query = select(EditionHold.events, EditionHold.state).join(Edition).where(is_ours(session, Edition))
    found = session.exec(query.where(col(EditionHold.state).in_(states)))
    return {seq: HoldState(state) for events, state in found for seq in events}


def is_released_since(session: Session, at: datetime) -> bool:
    """Whether an admin has let anything go that was held back, from this instant on."""
    released = (EditionHold.state == HoldState.RELEASED, col(EditionHold.decided_at) >= at)
    query = select(EditionHold.id).join(Edition).where(is_ours(session, Edition), *released)
    return session.exec(query.limit(1)).first() is not None


def count_periods(session: Session, kind: EditionKind, beginning: str) -> int:
    """How many editions of this kind have a period that begins so."""
    query = select(sa.func.count()).select_from(Edition).where(is_ours(session, Edition), Edition.kind == kind)
    return session.exec(query.where(col(Edition.period).startswith(beginning))).one()


def list_holds(session: Session) -> Sequence[EditionHold]:
    """Every part that was held back, newest first."""
    query = select(EditionHold).join(Edition).where(is_ours(session, Edition))
    return session.exec(query.order_by(col(EditionHold.id).desc())).all()


def unfinished(session: Session, *kinds: EditionKind) -> Sequence[Edition]:
    """The editions of these kinds that are planned and not built, oldest first."""
    is_meant = (col(Edition.kind).in_(kinds), Edition.state == EditionState.PLANNED)
    query = select(Edition).where(is_ours(session, Edition), *is_meant)
    return session.exec(query.order_by(col(Edition.id))).all()


def list_editions(session: Session, most: int | None) -> Sequence[Edition]:
    """Editions, newest first."""
    query = select(Edition).where(is_ours(session, Edition))
    return session.exec(query.order_by(col(Edition.id).desc()).limit(most)).all()


def newest_edition(session: Session, kind: EditionKind) -> Edition | None:
    """The edition of this kind that was planned last."""
    query = select(Edition).where(is_ours(session, Edition), Edition.kind == kind)
    return session.exec(query.order_by(col(Edition.id).desc())).first()
