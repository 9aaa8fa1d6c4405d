"""Editions of the digest: their frozen mails, what was withheld from each segment of readers, and what is on hold.

Does not decide what a reader is told (`tracker.digests.selection`) or record who got what (`db.deliveries`).
"""

from collections.abc import Collection, Sequence
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
    """What an edition is: the regular one of a cadence, or a special one."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    URGENT = "urgent"  # what cannot wait for a reader's next regular edition
    WELCOME = "welcome"  # what is open now, for new readers
    SWITCH = "switch"  # what is still due to a reader whose cadence changes
    RELEASE = "release"  # what was held back from an edition and is now released
    CORRECTION = "correction"  # corrects a fact, for those who were told it wrong
    SELECTION = "selection"  # what an officer has chosen: the letter of the month

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
    """How far an edition has got."""

    PLANNED = "planned"  # its events are frozen up to `to_seq`
    BUILT = "built"  # every due subscriber has a delivery, rendered or skipped with a reason
    HELD = "held"  # built, but nothing is sent until an admin releases it


class HoldState(StrEnum):
    """What became of a hold."""

    HELD = "held"
    RELEASED = "released"  # told by an edition of its own
    DROPPED = "dropped"  # an admin decided that it is not news


class HoldReason(StrEnum):
    """Why a whole edition is held."""

    FLOOD = "flood"  # it is far larger than usual; `held_detail` says how far
    STALE = "stale"  # its mails were not sent in time
    ADMIN = "admin"  # an admin held it; `held_detail` is their reason


class WithheldReason(StrEnum):
    """Why an event is withheld from a reader although it matches an interest."""

    MUTED = "muted"  # by the reader
    NOT_FOR_THEM = "not_for_them"  # their kind of organisation may not apply
    NOT_OPEN = "not_open"  # not yet, and the reader wants open calls only
    CAME_TO_NOTHING = "came_to_nothing"  # the change was undone, or is not news
    OVER = "over"  # the call closed before it could be told
    WITHDRAWN = "withdrawn"  # the call was withdrawn, and the reader had never been told of it
    KNOWN_BEFORE = "known_before"  # the call matched the reader's interests before
    ELSEWHERE = "elsewhere"  # another source still has the call
    HELD = "held"  # on hold until an admin decides
    DROPPED = "dropped"  # an admin decided that it is not news
    NOT_SHOWN = "not_shown"  # its call could not be put into words; readers are owed it (`db.owed`)
    OTHER = "other"  # written by an earlier version; `EditionSegment.segment["said"]` is its text


class SwitchAbout(BaseModel):
    """For a switch edition: the reader whose cadence changes."""

    model_config = ConfigDict(frozen=True)

    subscriber: int


class ReleaseAbout(BaseModel):
    """For a release edition: the released hold, the edition it was held back from, and the numbers of its events."""

    model_config = ConfigDict(frozen=True)

    edition: int
    hold: int
    events: tuple[int, ...]


class CorrectionAbout(BaseModel):
    """For a correction edition: what was told wrong about which calls, what is right, and who was told.

    `answers` holds, by reader, the Message-ID of the mail that told it.
    """

    model_config = ConfigDict(frozen=True)

    calls: tuple[int, ...]
    fact: str
    wrong: str
    right: str
    note: str = ""
    readers: tuple[int, ...]
    answers: dict[int, str] = {}


class SelectionAbout(BaseModel):
    """For a selection: the letter as it was when it was sent, and for whom; words are by language.

    Readers get it who follow one of these spearheads (none named: all), and the region's own tags if `own_region` says
    so. `first_days` has the first day of the present period of each cadence: nobody gets a second selection in a period
    of their own cadence. `repeats` tells readers also what they have been told before.
    """

    model_config = ConfigDict(frozen=True)

    letter: int
    title: str
    forewords: dict[str, str] = {}
    calls: tuple[int, ...]
    notes: dict[int, dict[str, str]] = {}
    spearheads: tuple[str, ...] = ()
    own_region: bool = False
    repeats: bool = False
    first_days: dict[Cadence, date] = {}


About = SwitchAbout | ReleaseAbout | CorrectionAbout | SelectionAbout
A = TypeVar("A", bound=About)


class Edition(SQLModel, table=True):
    """One edition of the digest, known by its kind and its calendar period (both days included) or its instant."""

    __tablename__ = "editions"
    __table_args__ = (sa.UniqueConstraint("region", "kind", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    kind: EditionKind = word_field(EditionKind)
    period: str = Field(max_length=40)  # 2026-11-23, 2026-W48, 2026-11; 2026-11-23T05:00:01 for a special edition
    on: date  # the day it is dated; days left are counted from here
    from_on: date
    to_on: date
    catch_up: bool = False
    to_seq: int  # the last event it may tell
    planned_at: datetime
    state: EditionState = word_field(EditionState, default=EditionState.PLANNED)
    shares: dict[str, int] = json_field(default_factory=dict)  # its events by source and by rule, for the volume guard
    about: About | None = values_field(About, default=None)  # None for the kinds that have no such value
    held_for: HoldReason | None = word_field(HoldReason, default=None)
    held_detail: str | None = None
    released_at: datetime | None = None
    released_by: str | None = None
    release_reason: str | None = None


class EditionHold(SQLModel, table=True):
    """A hold: the events of one source or rule, far more than usual, wait for an admin; the rest leaves on time."""

    __tablename__ = "edition_holds"
    __table_args__ = (sa.UniqueConstraint("edition_id", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="editions.id")
    subject: str = Field(max_length=120)  # source:eura, rule:food-en
    events: list[int] = json_field()  # their numbers
    usual: float  # how many events the subject usually has
    state: HoldState = word_field(HoldState, default=HoldState.HELD)
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None


class EditionSegment(SQLModel, table=True):
    """Readers of an edition with the same settings and history, and the events withheld from them, with reasons."""

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
    """A frozen mail with slots for the reader's own values, shared by all readers whom an edition tells the same."""

    __tablename__ = "mail_contents"
    __table_args__ = (sa.UniqueConstraint("edition_id", "hash"),)

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="editions.id")
    hash: str = Field(max_length=64)
    subject: str
    template: bytes  # a MIME message, see tracker.emails.mime
    page: str | None = None  # the complete HTML, if the mail had no room for every call


def about_as(edition: Edition, of: type[A]) -> A:
    """What an edition is about, as the given type. TypeError if it is about something else."""
    if not isinstance(edition.about, of):
        raise TypeError(f"edition {edition.id} ({edition.kind}) has no {of.__name__}")
    return edition.about


def edition_of(session: Session, kind: EditionKind, period: str) -> Edition | None:
    """The edition of a kind and period; None if it was never planned."""
    query = select(Edition).where(is_ours(session, Edition), Edition.kind == kind, Edition.period == period)
    return session.exec(query).first()


def contents_of(session: Session, edition_id: int) -> dict[str, int]:
    """The ids of an edition's frozen mails, by hash."""
    query = select(MailContent.hash, MailContent.id).where(MailContent.edition_id == edition_id)
    return {name: content_id for name, content_id in session.exec(query) if content_id is not None}


def templates_of(session: Session, content_ids: Collection[int]) -> dict[int, bytes]:
    """The MIME templates of these frozen mails, by id."""
    query = select(MailContent.id, MailContent.template).where(col(MailContent.id).in_(content_ids))
    return {content_id: template for content_id, template in session.exec(query) if content_id is not None}


def template_of(session: Session, content_id: int) -> bytes:
    """The MIME template of a frozen mail. NoResultFound if there is no such id."""
    return session.exec(select(MailContent.template).where(MailContent.id == content_id)).one()


def page_of(session: Session, content_id: int) -> str | None:
    """The whole page of a mail that had no room for every call; None if the mail is whole."""
    return session.exec(select(MailContent.page).where(MailContent.id == content_id)).first()


def segments_of(session: Session, edition_id: int) -> dict[str, int]:
    """The ids of an edition's segments, by hash."""
    query = select(EditionSegment.hash, EditionSegment.id).where(EditionSegment.edition_id == edition_id)
    return {name: segment_id for name, segment_id in session.exec(query) if segment_id is not None}


def segments_by_id(session: Session, ids: Collection[int]) -> Sequence[EditionSegment]:
    """These segments with what was withheld from them, oldest first."""
    query = select(EditionSegment).where(col(EditionSegment.id).in_(ids))
    return session.exec(query.order_by(col(EditionSegment.id))).all()


def add_segments(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Append segments of an edition, given by column; return their ids by hash."""
    return _added(session, EditionSegment, rows)


def add_contents(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Append frozen mails of an edition, given by column; return their ids by hash."""
    return _added(session, MailContent, rows)


def _added(
    session: Session, of: type[EditionSegment] | type[MailContent], rows: Sequence[dict[str, Any]]
) -> dict[str, int]:
    if not rows:
        return {}
    table = of.__table__  # type: ignore[union-attr]
    inserted = session.connection().execute(sa.insert(table).returning(table.c.hash, table.c.id), rows)
    return {row.hash: row.id for row in inserted.all()}


def shares_before(session: Session, edition: Edition, most: int) -> list[dict[str, int]]:
    """The shares of the previous editions of the same kind, newest first."""
    query = select(Edition).where(is_ours(session, Edition), Edition.kind == edition.kind, col(Edition.id) < edition.id)
    return [before.shares for before in session.exec(query.order_by(col(Edition.id).desc()).limit(most))]


def holds_of(session: Session, edition_id: int) -> Sequence[EditionHold]:
    """The holds of an edition, in order of id."""
    return session.exec(
        select(EditionHold).where(EditionHold.edition_id == edition_id).order_by(col(EditionHold.id))
    ).all()


def hold_of(session: Session, hold_id: int) -> EditionHold | None:
    """The hold with this id; None if there is none."""
    query = select(EditionHold).join(Edition).where(is_ours(session, Edition), EditionHold.id == hold_id)
    return session.exec(query).first()


def events_held(session: Session, *states: HoldState) -> dict[int, HoldState]:
    """The state of every event in a hold that is in one of these states, by event number."""
    query = select(EditionHold.events, EditionHold.state).join(Edition).where(is_ours(session, Edition))
    rows = session.exec(query.where(col(EditionHold.state).in_(states)))
    return {seq: HoldState(state) for events, state in rows for seq in events}


def is_released_since(session: Session, at: datetime) -> bool:
    """Whether an admin has released any hold since this instant."""
    released = (EditionHold.state == HoldState.RELEASED, col(EditionHold.decided_at) >= at)
    query = select(EditionHold.id).join(Edition).where(is_ours(session, Edition), *released)
    return session.exec(query.limit(1)).first() is not None


def count_periods(session: Session, kind: EditionKind, beginning: str) -> int:
    """The number of editions of this kind whose period starts with `beginning`."""
    query = select(sa.func.count()).select_from(Edition).where(is_ours(session, Edition), Edition.kind == kind)
    return session.exec(query.where(col(Edition.period).startswith(beginning))).one()


def list_holds(session: Session) -> Sequence[EditionHold]:
    """Every hold, newest first."""
    query = select(EditionHold).join(Edition).where(is_ours(session, Edition))
    return session.exec(query.order_by(col(EditionHold.id).desc())).all()


def unfinished(session: Session, *kinds: EditionKind) -> Sequence[Edition]:
    """The editions of these kinds that are planned but not built, oldest first."""
    is_meant = (col(Edition.kind).in_(kinds), Edition.state == EditionState.PLANNED)
    query = select(Edition).where(is_ours(session, Edition), *is_meant)
    return session.exec(query.order_by(col(Edition.id))).all()


def list_editions(session: Session, most: int | None) -> Sequence[Edition]:
    """The newest `most` editions (None: all), newest first."""
    query = select(Edition).where(is_ours(session, Edition))
    return session.exec(query.order_by(col(Edition.id).desc()).limit(most)).all()


def editions_of_kind(session: Session, kind: EditionKind) -> Sequence[Edition]:
    """Every edition of a kind, oldest first."""
    query = select(Edition).where(is_ours(session, Edition), Edition.kind == kind)
    return session.exec(query.order_by(col(Edition.id))).all()


def newest_edition(session: Session, kind: EditionKind) -> Edition | None:
    """The last planned edition of this kind; None if there is none."""
    query = select(Edition).where(is_ours(session, Edition), Edition.kind == kind)
    return session.exec(query.order_by(col(Edition.id).desc())).first()
