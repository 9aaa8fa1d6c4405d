"""Feed addresses: the title, path below the base URL, and language of every feed and calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from db.calls import CallStatus
from db.subscribers import LISTS, Wants
from tracker import l10n


class FeedFormat(StrEnum):
    """A format of feeds; its value is the path's extension."""

    ATOM = "atom"
    ICS = "ics"
    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"


MEDIA_TYPES = {
    FeedFormat.ATOM: "application/atom+xml; charset=utf-8",  # RFC 4287 section 7
    FeedFormat.ICS: "text/calendar; charset=utf-8; method=PUBLISH",  # RFC 5545 section 8.1
    FeedFormat.CSV: "text/csv; charset=utf-8; header=present",  # RFC 4180 section 3
    FeedFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FeedFormat.NDJSON: "application/x-ndjson; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """One feed or calendar. `name` (spearhead/food) and `authority` make its ids and must never change.

    `authority` is a domain of the operator; `address` is the feed's own URL, `page` that of a page with the same.
    """

    name: str
    title: str
    address: str
    page: str
    authority: str
    language: str  # fi, sv, en
    zone: ZoneInfo  # the region's, for times of day
    source_names: Mapping[str, str]


def title_for_all(region: str, language: str) -> str:
    """The title of the feed of all calls of a region."""
    return l10n.catalogue(language).gettext("Calls for %(region)s") % {"region": region}


def title_for_interest(spearheads: Sequence[str], language: str) -> str:
    """The title of a reader's own feed: the names of the spearheads followed, if there are any."""
    return l10n.listed(spearheads, language) or l10n.catalogue(language).gettext("Your calls")


def spearhead_path(key: str, language: str, form: FeedFormat) -> str:
    """The path of the calls of a spearhead, open to anybody."""
    return f"/feeds/spearheads/{key}.{language}.{form.value}"


def interest_path(token: str, language: str, form: FeedFormat) -> str:
    """The path of the calls of an interest, for whoever has the link's token (`tracker.emails.tokens.sign_feed`)."""
    return f"/feeds/interests/{token}.{language}.{form.value}"


def calls_path(language: str, form: FeedFormat) -> str:
    """The path of all calls, open to anybody."""
    return f"/feeds/calls.{language}.{form.value}"


def calls_page(language: str) -> str:
    """The path of the page with the list of calls."""
    return f"/{language}/calls"


def interest_page(wants: Wants, language: str) -> str:
    """The path of the list with the calls that an interest wants, in the words of the list's address (docs/web.md)."""
    given = wants.model_dump(include={*LISTS, "query", "money_min", "money_max"}, exclude_none=True)
    if not wants.forthcoming:
        given["status"] = CallStatus.OPEN.value
    return f"{calls_page(language)}?{urlencode(given, doseq=True)}"


def spearhead_page(key: str, language: str) -> str:
    """The path of the page of a spearhead."""
    return f"/{language}/spearheads/{key}"


def call_path(call_id: int, language: str) -> str:
    """The path of one call's dates for a calendar, open to anybody."""
    return f"/calls/{call_id}.{language}.{FeedFormat.ICS.value}"
