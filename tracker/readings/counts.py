"""The figures of one reading of a source, stored with its run; later readings are compared with them.

Does not count (`tracker.readings.health.Tally`) or judge (`tracker.readings.health.check`).
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer


class ScanCounts(BaseModel):
    """One scan of a reading: how many calls it announced, and how many different ones came."""

    model_config = ConfigDict(frozen=True)

    announced: int | None = None
    distinct: int = 0
    passes: int = 0
    complete: bool = True


class Season(BaseModel):
    """Families of calls that opened in these weeks of earlier years: how many, and those of which no call came."""

    model_config = ConfigDict(frozen=True)

    due: int = 0
    overdue: tuple[str, ...] = ()
    forgiven: tuple[str, ...] = ()  # the overdue ones that a person has accepted as missing


class Funnel(BaseModel):
    """How far the calls with detail pages came, stage by stage; stored as an empty object where there are none."""

    model_config = ConfigDict(frozen=True)

    listed: int = 0
    opened: int = 0
    loaded: int = 0
    dated: int = 0
    published: int = 0

    def at(self, stage: str) -> int:
        """Return how many calls reached a stage, by its name."""
        return int(getattr(self, stage))

    def share(self, before: str, stage: str) -> float | None:
        """Return the share of the calls at one stage that reached the next; None where there were none."""
        return self.at(stage) / self.at(before) if self.at(before) else None

    @model_serializer
    def _kept(self) -> dict[str, int]:
        return {stage: self.at(stage) for stage in Funnel.model_fields} if self.listed else {}


class Counts(BaseModel):
    """The figures of one reading. A figure that an older run did not count yet is zero or empty."""

    model_config = ConfigDict(frozen=True)

    rows: int = 0
    calls: int = 0
    past: int = 0
    turned_past: int = 0  # their stored last day lies ahead, and the source now says it has passed
    turned_back: int = 0  # they were open, and the source now says forthcoming
    past_on_a_page: float = 0.0  # the greatest share of past deadlines on any page
    dated: int = 0
    with_text: int = 0
    statuses: Mapping[str, int] = {}
    canaries_missing: tuple[str, ...] = ()
    season: Season = Season()
    live: int = 0  # calls of the previous reading that should still be listed
    lost: int = 0  # the live calls that this reading lacks
    lost_examples: tuple[str, ...] = ()
    funnel: Funnel = Funnel()
    unread: int = 0
    unread_examples: Mapping[str, str] = {}
    scans: Mapping[str, ScanCounts] = {}
    changed: int = 0  # rows that differ from what is stored
    whole: bool = False  # the reading was complete

    def kept(self) -> dict[str, Any]:
        """Return the counts as JSON values, as their run stores them (`counts_of` reads them back)."""
        return self.model_dump(mode="json")


def counts_of(run_counts: Mapping[str, Any]) -> Counts:
    """Read a reading's counts from its run's, ignoring whatever else the run has counted."""
    return Counts.model_validate(run_counts)
