"""The sources that are read: how well and how often, what readers may miss; and the line on it that every page has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from jobs.base.app import App
from jobs.publishing.coverage import (
    CoveredSource,
    SourceReadings,
    covered_readings,
    covered_sources,
    freshness,
    lateness,
)
from jobs.web import addresses
from jobs.web.pages import app_of, language_of, show
from tracker import l10n
from tracker.emails.digest_view import blind_line
from tracker.emails.sanitise import safe_url

router = APIRouter(include_in_schema=False)


class Freshness:
    """The line on when sources were read, in any language; what it says is read anew when the archive has changed."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: tuple[object, Sequence[SourceReadings]] | None = None

    def line(self, language: str) -> str:
        app, known = self._app, self._known
        version = app.db.version()
        if known is None or known[0] != version:
            with app.db.read() as session:
                known = self._known = (version, covered_readings(session, app))
        return freshness(known[1], app.clock(), language, app.region.zone)


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source in words; `missing` says what readers may miss, and is empty where all is well."""

    key: str
    name: str
    publisher: str
    home: str
    read: str
    missing: str
    often: str
    now: int
    known: int


@router.get(addresses.COVERAGE)
def get_coverage(request: Request) -> Response:
    """Show every source that is read."""
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        covered = covered_sources(session, app)
    fetch = app.settings.fetch
    return show(
        request,
        "coverage.html",
        sources=list(_views(app, covered, language)),
        robot=fetch.user_agent,
        obeys_robots=fetch.obey_robots,
    )


def _views(app: App, covered: Sequence[CoveredSource], language: str) -> Iterator[SourceView]:
    zone = app.region.zone
    for one in covered:
        read = one.read
        yield SourceView(
            key=one.source.key,
            name=one.source.name,
            publisher=one.source.publisher,
            home=safe_url(one.source.home),
            read=l10n.moment(read.accepted_at, language, zone) if read.accepted_at else "",
            missing=_missing(one, app.clock(), language, zone),
            often=read_often(one.readings_a_week, language),
            now=one.calls_now,
            known=one.calls_known,
        )


def _missing(one: CoveredSource, now: datetime, language: str, zone: ZoneInfo) -> str:
    """What readers may miss of a source: all while it is blind, what is newer than its last reading, single calls."""
    read, t = one.read, l10n.catalogue(language)
    if read.blind_since:
        return blind_line(one.source.name, read.blind_since, language, zone)
    unread = t.ngettext("%(n)d call could not be read", "%(n)d calls could not be read", read.unread)
    said = (lateness(one, now, language, zone), unread % {"n": read.unread} + "." if read.unread else "")
    return " ".join(filter(None, said))


def read_often(a_week: int, language: str) -> str:
    """Say how often a source is read."""
    t = l10n.catalogue(language)
    if a_week <= 1:
        return t.gettext("once a week") if a_week else t.gettext("rarely")
    if a_week == 7:
        return t.gettext("once a day")
    if a_week % 7:
        return t.ngettext("%(n)d time a week", "%(n)d times a week", a_week) % {"n": a_week}
    return t.ngettext("%(n)d time a day", "%(n)d times a day", a_week // 7) % {"n": a_week // 7}
