"""The coverage footer of an edition: which sources were read when, and which of them concern a reader."""

from dataclasses import dataclass

from sqlmodel import Session

from db import runs
from jobs.editions.segments import Segment
from tracker import sources
from tracker.config import Settings
from tracker.digests.content import SourceRead


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source's key, and its line in the coverage footer."""

    key: str
    shown: SourceRead


def source_lines(session: Session, settings: Settings) -> tuple[SourceStatus, ...]:
    """All sources that are read or have been; one that is enabled and never was is named as that."""
    modules = sources.modules(settings.sources).items()
    names = {key: module.SOURCE.name for key, module in modules if not module.SOURCE.for_admins}
    return tuple(
        SourceStatus(read.source, SourceRead(names[read.source], read.accepted_at, read.blind_since, read.unread))
        for read in runs.coverages(session, names)
        if read.accepted_at or read.blind_since or settings.source(read.source).enabled
    )


def is_of_interest(read: SourceStatus, segment: Segment) -> bool:
    """Whether a reader's interests include this source; they may be limited to some."""
    return (
        any(not query.sources or read.key in query.sources for query in segment.interest_queries)
        or not segment.interest_queries
    )
