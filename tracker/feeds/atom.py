"""Atom (RFC 4287): one entry for each event that a digest would tell, in the words of the digest.

Pure. An entry never changes its id or time: both are those of its event.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache

from jinja2 import Environment

from db.deliveries import Told
from db.event_log import CallEvent
from tracker import l10n
from tracker.digests import selection
from tracker.digests.content import Item, SectionKind, digest_call
from tracker.digests.interests import Tagged
from tracker.emails.call_view import call_view
from tracker.emails.digest_view import MARKS
from tracker.emails.subject import NAME
from tracker.feeds.addresses import FeedInfo
from tracker.instants import in_zone
from tracker.templates import template_environment

TAGGED_IN = 2026  # RFC 4151: a year in which the authority was ours


@dataclass(frozen=True, slots=True)
class Category:
    term: str
    label: str


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """One event in words; `url` is empty if the source gave no usable link."""

    id: str
    at: datetime
    title: str
    url: str
    summary: str
    lines: tuple[str, ...]
    categories: tuple[Category, ...]


def feed(info: FeedInfo, calls: Iterable[Tagged], since: datetime, on: date) -> bytes:
    """The feed of these calls' events, newest first; `since` is the feed's time if there are no events.

    `on` is the day of the request: events that mean nothing by then, such as those of a closed call, are left out.
    """
    entries = sorted(_entries(info, calls, on), key=lambda pair: pair[0], reverse=True)
    shown = [entry for _, entry in entries]
    updated = max((entry.at for entry in shown), default=since)
    page = _environment().get_template("atom.xml")
    return page.render(info=info, id=tag_uri(info, info.name), updated=updated, entries=shown, author=NAME).encode()


def tag_uri(info: FeedInfo, name: str) -> str:
    """A tag URI (RFC 4151): a name that stays the same for ever, even if the feed moves."""
    return f"tag:{info.authority},{TAGGED_IN}:{name}"


def _entries(info: FeedInfo, calls: Iterable[Tagged], on: date) -> Iterator[tuple[int, AtomEntry]]:
    for tagged in calls:
        for event in tagged.events:
            for item in selection.select_news([replace(tagged, events=(event,))], (), on, Told(calls=tagged.ids)).items:
                yield event.seq or 0, _entry(info, item, event, on)


def _entry(info: FeedInfo, item: Item, event: CallEvent, on: date) -> AtomEntry:
    shown = digest_call(item, info.source_names, on)
    lines = call_view(item.section, shown, on, info.language, info.zone)
    news = [*(change.text for change in lines.changes), lines.note, lines.when, lines.later]
    facts = [lines.what, *(f"{fact.label}: {fact.text}" for fact in lines.facts)]
    return AtomEntry(
        id=tag_uri(info, f"event/{event.seq}"),
        at=event.at,
        title=f"{_mark(item.section, info.language)}: {lines.title}",
        url=lines.url,
        summary=" ".join(_sentence(line) for line in news if line),
        lines=tuple(line for line in (*news, *facts) if line),
        categories=tuple(
            Category(why.spearhead, dict(why.names).get(info.language, why.spearhead)) for why in item.reasons
        ),
    )


def _mark(section: SectionKind, language: str) -> str:
    text = l10n.catalogue(language).gettext(MARKS[section])
    return text[:1].upper() + text[1:]


def _sentence(line: str) -> str:
    return line if line.endswith((".", "!", "?")) else f"{line}."


def rfc3339(at: datetime) -> str:
    """An aware instant in the form of RFC 3339, in UTC to the second."""
    return in_zone(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def _environment() -> Environment:
    environment = template_environment("tracker.feeds", "en")  # the templates hold no words
    environment.filters["rfc3339"] = rfc3339
    return environment
