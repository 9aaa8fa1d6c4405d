"""Segments: all that decides a reader's digest, apart from what they were told before; and who gets the same one.

Does not look readers up (`jobs.editions.build`) or decide what they are told (`jobs.editions.composer`).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Self

from pydantic import TypeAdapter

from db.deliveries import Told
from db.editions import EditionSegment
from db.subscribers import ActorType, Cadence, CallChoice, CallMark, DueReader, InterestRow
from tracker.digests.interests import InterestQuery, Tagged, offered, queries_of, wanted
from tracker.digests.selection import Selection
from tracker.eligibility.audiences import kinds_of


@dataclass(frozen=True, slots=True)
class Segment:
    """All that decides a reader's digest, apart from what they were told before.

    Readers of one segment who were told the same get the same digest.
    """

    language: str
    cadence: Cadence
    interest_queries: tuple[InterestQuery, ...] = ()
    lead_days: tuple[int, ...] = ()
    followed: tuple[int, ...] = ()
    muted: tuple[int, ...] = ()
    since: date | None = None  # the first day that a pause held back
    applicant: str = ""  # the type of their organisation, if they are not told what is shut to it
    owed: tuple[int, ...] = ()  # events up to the cursor that could not be shown and can be tried again

    @property
    def cursor(self) -> int:
        """The last event that all interests have dealt with."""
        return min((query.cursor for query in self.interest_queries), default=0)

    @property
    def dealt_with(self) -> int:
        """The last event before all those that this segment's readers may still be told."""
        return min((self.cursor, *(seq - 1 for seq in self.owed)))

    def pick(self, tagged: Iterable[Tagged]) -> list[Tagged]:
        """The calls that its readers want, each with why and with the events after their cursors or owed to them."""
        return wanted(tagged, self.interest_queries, self.followed, self.muted, self.owed, self.applicant)

    def offer(self, tagged: Iterable[Tagged]) -> list[Tagged]:
        """The calls that somebody chose for its readers, also those that they do not follow."""
        return offered(tagged, self.interest_queries, self.followed, self.muted, self.owed, self.applicant)

    def rewound(self) -> Self:
        """The same readers, as if they had been told nothing yet."""
        return replace(self, interest_queries=tuple(replace(query, cursor=0) for query in self.interest_queries))


@dataclass(slots=True, eq=False)
class Group:
    """Readers of one segment who were told the same: an edition tells and withholds the same to all of them.

    The ids are those of its rows, once they are stored: what proves what was told, and the frozen mail.
    """

    segment: Segment
    already_told: Told
    selected: Selection
    segment_id: int | None = None
    content_id: int | None = None

    def in_plain_values(self) -> dict[str, Any]:
        """Its segment and what it was told, as they are stored."""
        told = {name: sorted(things) for name, things in self.already_told._asdict().items()}
        return asdict(self.segment) | told


SEGMENTS = TypeAdapter(Segment)
SEQS: TypeAdapter[frozenset[int]] = TypeAdapter(frozenset[int])


def stored_segment(row: EditionSegment) -> tuple[Segment, frozenset[int]]:
    """A stored segment, maybe written by an earlier version, and the events that its readers were told before.

    Fields that version lacked get their default; fields that today's version lacks are ignored. ValidationError names
    a value that is not valid today.
    """
    return SEGMENTS.validate_python(row.segment), SEQS.validate_python(row.segment.get("events", ()))


def segment_of(
    reader: DueReader,
    interests: Sequence[InterestRow],
    choices: Iterable[CallChoice] = (),
    since: date | None = None,
    owed: Iterable[int] = (),
    own: tuple[str, ...] = (),
) -> Segment:
    """The segment of a reader; `own` are the region's own tags, which most readers want beside their interests."""
    marks = list(choices)
    return Segment(
        language=reader.language,
        cadence=reader.cadence,
        interest_queries=queries_of(tuple(interests), own if reader.own_region else ()),
        lead_days=lead_days_of(reader.lead_days),
        followed=tuple(mark.call_id for mark in marks if mark.choice is CallMark.FOLLOW),
        muted=tuple(mark.call_id for mark in marks if mark.choice is CallMark.MUTE),
        since=since,
        applicant=applicant_of(reader.actor_type, reader.own_kind),
        owed=tuple(owed),
    )


def applicant_of(actor_type: ActorType | None, own_kind: bool) -> str:
    """The type of actor whose shut calls are not told; empty where nobody knows it, or it does not matter."""
    return actor_type.value if own_kind and actor_type and kinds_of((actor_type.value,)) else ""


@lru_cache(4096)
def lead_days_of(text: str) -> tuple[int, ...]:
    """Lead times from their JSON text."""
    return tuple(json.loads(text))
