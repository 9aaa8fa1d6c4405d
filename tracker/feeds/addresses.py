"""Doors: what a feed or calendar is called, where it stands below the base URL, and in which words it speaks.

Does not serve anything: the web app answers under these paths.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from tracker import l10n


class FeedFormat(StrEnum):
    """A form that calls are given in; its word ends the path."""

    ATOM = "atom"
    ICS = "ics"
    CSV = "csv"
    NDJSON = "ndjson"


MEDIA_TYPES = {
    FeedFormat.ATOM: "application/atom+xml; charset=utf-8",  # RFC 4287 section 7
    FeedFormat.ICS: "text/calendar; charset=utf-8; method=PUBLISH",  # RFC 5545 section 8.1
    FeedFormat.CSV: "text/csv; charset=utf-8; header=present",  # RFC 4180 section 3
    FeedFormat.NDJSON: "application/x-ndjson; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """One feed or calendar. `name` (spearhead/food) and `authority` make its ids and must never change.

    `authority` is a domain of the operator's; `address` the door's own URL, `home` that of the service.
    """

    name: str
    title: str
    address: str
    home: str
    authority: str
    language: str  # fi, sv, en
    zone: ZoneInfo  # the region's, for times of day
    source_names: Mapping[str, str]


def title_for_all(region: str, language: str) -> str:
    """What the door to all calls of a region is called."""
    return l10n.catalogue(language).gettext("Calls for %(region)s") % {"region": region}


def title_for_interest(spearheads: Sequence[str], language: str) -> str:
    """What a reader's own door is called: by the spearheads followed (their names), where there are any."""
    return l10n.listed(spearheads, language) or l10n.catalogue(language).gettext("Your calls")


def spearhead_path(key: str, language: str, form: FeedFormat) -> str:
    """Where anybody reads the calls of a spearhead."""
    return f"/feeds/spearheads/{key}.{language}.{form.value}"


def interest_path(token: str, language: str, form: FeedFormat) -> str:
    """Where the holder of the link (`tracker.emails.tokens.sign_feed`) reads the calls of an interest."""
    return f"/feeds/interests/{token}.{language}.{form.value}"


def calls_path(language: str, form: FeedFormat) -> str:
    """Where anybody reads all calls."""
    return f"/feeds/calls.{language}.{form.value}"


def call_path(call_id: int, language: str) -> str:
    """Where anybody gets the dates of one call for a calendar."""
    return f"/calls/{call_id}.{language}.{FeedFormat.ICS.value}"
