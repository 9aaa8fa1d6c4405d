"""Counts: the figures of one reading of a source, kept with its run; later readings are held against them.

Does not count (`tracker.readings.health.Tally`) or judge (`tracker.readings.health.check`).
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer


class ScanCounts(BaseModel):
    """One scan of a reading: what it announced, and how many different calls came of it."""

    model_config = ConfigDict(frozen=True)

    announced: int | None = None
    distinct: int = 0
    passes: int = 0
    complete: bool = True


class Season(BaseModel):
    """How many families of calls opened in these weeks of earlier years, and those of which no call came."""

    model_config = ConfigDict(frozen=True)

    due: int = 0
    overdue: tuple[str, ...] = ()
    forgiven: tuple[str, ...] = ()  # those of them that a person has accepted to lack


class Funnel(BaseModel):
    """How many calls with pages of their own came how far; kept as nothing where there are none."""

    model_config = ConfigDict(frozen=True)

    listed: int = 0
    opened: int = 0
    loaded: int = 0
    dated: int = 0
    published: int = 0

    def at(self, stage: str) -> int:
        """How many came to a stage, by its name."""
        return int(getattr(self, stage))

    def share(self, before: str, stage: str) -> float | None:
        """Of the calls that came as far as one stage, the share that came to the next; None where there were none."""
        return self.at(stage) / self.at(before) if self.at(before) else None

    @model_serializer
    def _kept(self) -> dict[str, int]:
        return {stage: self.at(stage) for stage in Funnel.model_fields} if self.listed else {}


class Counts(BaseModel):
    """What one reading held. What an older run did not count yet is nothing."""

    model_config = ConfigDict(frozen=True)

    rows: int = 0
    calls: int = 0
    past: int = 0
    turned_past: int = 0  # their last day lay ahead in what we know, and is said to be behind
    turned_back: int = 0  # they were open, and are said to be forthcoming
    past_on_a_page: float = 0.0  # the greatest share of past deadlines on any page
    dated: int = 0
    with_text: int = 0
    statuses: Mapping[str, int] = {}
    canaries_missing: tuple[str, ...] = ()
    season: Season = Season()
    live: int = 0  # calls of the reading before that should still be listed
    lost: int = 0  # those of them that this one lacks
    lost_examples: tuple[str, ...] = ()
    funnel: Funnel = Funnel()
    unread: int = 0
    unread_examples: Mapping[str, str] = {}
    scans: Mapping[str, ScanCounts] = {}
    changed: int = 0  # rows that were not as we remember them
    whole: bool = False  # the reading came to its end

    def kept(self) -> dict[str, Any]:
        """The counts as their run keeps them (`counts_of` reads them again)."""
        return self.model_dump(mode="json")


def counts_of(run_counts: Mapping[str, Any]) -> Counts:
    """The counts of a reading from its run's, whatever else the run has counted since."""
    return Counts.model_validate(run_counts)
