"""Atom: read back by a feed reader's library, and held against what RFC 4287 asks of every feed and entry."""

from datetime import UTC, date, datetime
from xml.etree.ElementTree import Element, fromstring

import feedparser
from hypothesis import given
from hypothesis import strategies as st

from db.calls import CallStatus
from db.event_log import EventKind
from tests.tracker.feeds.samples import DOOR, call, event, moved, tagged
from tracker.digests.interests import Tagged
from tracker.feeds.atom import feed

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
ON = date(2026, 6, 16)
ATOM = "{http://www.w3.org/2005/Atom}"


def entries(*calls: Tagged) -> list[feedparser.FeedParserDict]:
    read = feedparser.parse(feed(DOOR, calls, SINCE, ON))
    assert not read.bozo, read.get("bozo_exception")
    return list(read.entries)


def test_an_event_is_an_entry_with_its_own_id_and_the_events_time() -> None:
    [entry] = entries(tagged(call("10-01"), event(12, EventKind.NEW)))
    assert entry.id == "tag:vahti.example,2026:event/12"
    assert (entry.updated, entry.published) == ("2026-06-15T04:00:00Z", "2026-06-15T04:00:00Z")
    assert (entry.title, entry.link) == ("Uusi: Food call", "https://example.org/one")
    assert entry.summary == "Hae viimeistään to 1.10.2026."
    assert [(one.term, one.label) for one in entry.tags] == [("food", "Ruoka")]


def test_an_entry_is_not_dated_anew_when_its_call_changes() -> None:
    later = call("10-01", changed_at=datetime(2026, 6, 16, tzinfo=UTC), title="Another title")
    [entry] = entries(tagged(later, event(12, EventKind.NEW)))
    assert (entry.id, entry.updated) == ("tag:vahti.example,2026:event/12", "2026-06-15T04:00:00Z")


def test_a_moved_deadline_is_told_in_the_digests_words() -> None:
    [entry] = entries(tagged(call("10-15"), moved(1, ["10-01"], ["10-15"])))
    assert entry.title == "Määräaika siirtyi: Food call"
    assert entry.summary == (
        "Määräaika siirtyi 1.10.2026 → 15.10.2026, 14 päivää lisää. Hae viimeistään to 15.10.2026."
    )


def test_a_deadline_that_moves_there_and_back_is_two_entries() -> None:
    events = [moved(1, ["10-01"], ["10-15"]), moved(2, ["10-15"], ["10-01"])]
    assert [entry.id[-1] for entry in entries(tagged(call("10-01"), *events))] == ["2", "1"]


def test_entries_stand_newest_first_over_all_calls() -> None:
    first = tagged(call("10-01"), event(1, EventKind.NEW), event(3, EventKind.TEXT))
    second = tagged(call("10-01", id=8), event(2, EventKind.NEW))
    assert [entry.id[-1] for entry in entries(first, second)] == ["3", "2", "1"]


def test_what_a_digest_would_not_tell_is_no_entry() -> None:
    over = call("06-01", status=CallStatus.CLOSED)
    assert entries(tagged(over, event(1, EventKind.NEW))) == []


def test_a_feed_says_what_it_is_where_it_stands_and_when_it_changed() -> None:
    read = feedparser.parse(feed(DOOR, [tagged(call("10-01"), event(1, EventKind.NEW))], SINCE, ON)).feed
    assert (read.id, read.title) == ("tag:vahti.example,2026:spearhead/food/fi", "Kärkivahti: Ruoka")
    assert {link.rel: link.href for link in read.links} == {"self": DOOR.address, "alternate": DOOR.page}
    assert (read.updated, read.author) == ("2026-06-15T04:00:00Z", "Kärkivahti")


def test_a_feed_without_entries_is_whole() -> None:
    read = feedparser.parse(feed(DOOR, [], SINCE, ON))
    assert (read.bozo, read.feed.updated, read.entries) == (False, "2026-03-01T00:00:00Z", [])


def test_the_same_events_give_the_same_bytes() -> None:
    calls = [tagged(call("10-01", id=number), event(number, EventKind.NEW)) for number in (1, 2, 3)]
    assert feed(DOOR, calls, SINCE, ON) == feed(DOOR, calls[::-1], SINCE, ON)


def parsed(*calls: Tagged) -> Element:
    """The feed's XML, by a parser that forgives nothing."""
    return fromstring(feed(DOOR, calls, SINCE, ON))  # noqa: S314 - our own bytes


def texts(root: Element, path: str) -> list[str]:
    return ["".join(found.itertext()) for found in root.iterfind(path)]


@given(title=st.text(), name=st.text(), url=st.text())
def test_whatever_was_scraped_the_feed_is_well_formed_and_nothing_of_it_is_markup(
    title: str, name: str, url: str
) -> None:
    one = call("10-01", title=title, identifier=name, url=url, programme=None)
    [entry] = parsed(tagged(one, event(1, EventKind.NEW))).iterfind(f"{ATOM}entry")
    required = ("id", "title", "updated", "summary", "content")
    assert [len(texts(entry, ATOM + tag)) for tag in required] == [1] * len(required)
    assert {child.tag.partition("}")[2] for child in entry.find(f"{ATOM}content") or ()} == {"div"}


def test_markup_in_a_title_is_text() -> None:
    one = call("10-01", title="<script>&amp; \x00\x0b</title>")
    [title] = texts(parsed(tagged(one, event(1, EventKind.NEW))), f"{ATOM}entry/{ATOM}title")
    assert title == "Uusi: <script>&amp; </title>"
