"""What one run cost a publisher: the receipt that `tracker.fetching.fetch` writes."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Receipt:
    """The load that one run put on a publisher. `retries` counts by reason, `robots` has one word per host."""

    requests: int = 0
    bytes: int = 0
    not_modified: int = 0
    remembered: int = 0  # pages taken from the HTTP cache without a request
    retries: Counter[str] = field(default_factory=Counter)
    last_429_at: datetime | None = None
    robots: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain JSON values, for the run's row."""
        return {
            "requests": self.requests,
            "bytes": self.bytes,
            "not_modified": self.not_modified,
            "remembered": self.remembered,
            "retries": dict(self.retries),
            "last_429_at": self.last_429_at.isoformat() if self.last_429_at else None,
            "robots": dict(self.robots),
        }
