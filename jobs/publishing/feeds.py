"""Feeds, calendars and exports: read the calls of each from the database and have `tracker.feeds` write them as bytes.

A feed has what a digest has: the same interest query selects the same calls for the same reasons.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

import structlog
from sqlmodel import Session

from db import call_lists, calls, event_log, strategies, subscribers
from db.audit import Signed
from db.readable import in_words, unread_rows
from db.subscribers import Interest, SubscriberChange, SubscriberState, SubscriptionEvent
from jobs.base.apart import each_apart
from jobs.base.app import App
from jobs.publishing.catalogue import CallQuery, _interest, _tagged, _with_events, chosen
from tracker import sources
from tracker.calls.changes import brussels_day
from tracker.digests.interests import Tagged
from tracker.emails import tokens
from tracker.emails.sanitise import clean
from tracker.emails.subject import NAME
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal
from tracker.feeds import addresses, atom, tables
from tracker.feeds.addresses import FeedFormat, FeedInfo
from tracker.feeds.calendar import calendar
from tracker.subscriptions.requests import interest_in_words

KEPT = timedelta(days=90)  # how long an event stays in a feed, and a past date in a calendar
TITLE_LENGTH = 240
ENDED = (SubscriberState.LEFT, SubscriberState.ERASED)


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """An interest in words, with the private addresses of its feed and calendar."""

    interest_id: int
    words: str
    links: list["FeedLink"]


@dataclass(frozen=True, slots=True)
class FeedLink:
    """The private address of the feed or calendar of an interest."""

    form: FeedFormat
    url: str


def calendar_of_call(app: App, call_id: int, language: str) -> bytes:
    """Write the calendar of one call with every deadline, past ones too; NotFound if no such call can be shown."""
    with app.db.read() as session:
        call = calls.calls_by_id(session, [call_id]).get(call_id)
        if call is None:
            raise NotFound(Noun.CALL, call_id)
        path, page = addresses.call_path(call_id, language), f"{addresses.calls_page(language)}/{call_id}"
        info = _info(app, f"call/{call_id}", call.title, path, page, language)
        tagged = _with_events(session, _tagged(session, [call]))
        return _of_the_sound(session, tagged, lambda some: calendar(info, some, date.min))


def export(app: App, form: FeedFormat, choice: CallQuery, language: str, separator: str = ",") -> bytes:
    """Write the selected calls in a format; the language is that of feeds and calendars, the separator that of CSV.

    A call that cannot be written is left out, and the log says so. Errors as in `chosen`.
    """
    with app.db.read() as session:
        match form:
            case FeedFormat.ATOM:
                return _feed(session, app, choice, language)
            case FeedFormat.ICS:
                return _calendar(session, app, choice, language)
            case FeedFormat.CSV:
                return _table(session, app, choice, partial(tables.to_csv, separator=separator))
            case FeedFormat.XLSX:
                return _table(session, app, choice, tables.to_xlsx)
            case FeedFormat.NDJSON:
                return _table(session, app, choice, tables.to_ndjson)


def _feed(session: Session, app: App, choice: CallQuery, language: str) -> bytes:
    since = datetime.combine(app.today() - KEPT, time(), app.region.zone)  # an empty feed is the same all day
    tagged = _with_events(session, chosen(session, app, choice, event_log.told_since(since)), since)
    info = _info_of(session, app, choice, FeedFormat.ATOM, language)
    return _of_the_sound(session, tagged, lambda some: atom.feed(info, some, since, app.today()))


def _calendar(session: Session, app: App, choice: CallQuery, language: str) -> bytes:
    since = app.today() - KEPT
    tagged = _with_events(session, chosen(session, app, choice, call_lists.dated_from(since)))
    info = _info_of(session, app, choice, FeedFormat.ICS, language)
    return _of_the_sound(session, tagged, lambda some: calendar(info, some, since))


def _table(session: Session, app: App, choice: CallQuery, write: Callable[[Iterable[tables.CallRow]], bytes]) -> bytes:
    tagged = chosen(session, app, choice)
    spearheads = strategies.spearheads_of(session, [call_id for call in tagged for call_id in call.ids])
    on = brussels_day(app.clock())

    def row(call: Tagged) -> tables.CallRow:
        keys = {key for call_id in call.ids for key in spearheads.get(call_id, ())}
        return tables.call_row(call.call, keys, [same.id or 0 for same in call.also], on, call.eligibility)

    return _of_the_sound(session, tagged, lambda some: write(map(row, some)))


def _of_the_sound(session: Session, tagged: Sequence[Tagged], write: Callable[[Sequence[Tagged]], bytes]) -> bytes:
    """Write all of these calls that can be written; the log names the others, and those that could not be read."""
    log = structlog.get_logger()
    for name, why in unread_rows(session).items():
        log.warning("row left out: it cannot be read", table=name.table, id=name.id, why=why)

    def blame(call: Tagged, error: Exception) -> None:
        log.warning("call left out: it cannot be written", call=call.call.id, why=in_words(error))

    return each_apart(tagged, write, blame)


# --- what a feed is called, and who may read it -----------------------------------------------------------------------


def _info_of(session: Session, app: App, choice: CallQuery, form: FeedFormat, language: str) -> FeedInfo:
    names = {spearhead.key: spearhead.name_in(language) for spearhead in strategies.all_spearheads(session)}
    if choice.interest is not None:
        interest, _ = _interest(session, choice.interest)
        path = addresses.interest_path(_token(app, interest), language, form)
        title = addresses.title_for_interest([names.get(key, key) for key in interest.spearheads], language)
        page = addresses.interest_page(interest, language)
        return _info(app, f"interest/{interest.id}/{language}", title, path, page, language)
    if choice.spearhead:
        path = addresses.spearhead_path(choice.spearhead, language, form)
        page = addresses.spearhead_page(choice.spearhead, language)
        return _info(app, f"spearhead/{choice.spearhead}/{language}", names[choice.spearhead], path, page, language)
    title = addresses.title_for_all(app.region.name_in(language), language)
    asked = f"?{choice.address}" if choice.address else ""
    path, page = addresses.calls_path(language, form) + asked, addresses.calls_page(language) + asked
    return _info(app, f"calls/{language}{asked}", title, path, page, language)


def _info(app: App, name: str, title: str, path: str, page: str, language: str) -> FeedInfo:
    mail = app.settings.mail
    modules = sources.modules(app.settings.sources)
    return FeedInfo(
        name=name,
        title=f"{NAME}: {clean(title, TITLE_LENGTH)}",
        address=mail.base_url + path,
        page=mail.base_url + page,
        authority=mail.sender.rpartition("@")[2],
        language=language,
        zone=app.region.zone,
        source_names={key: module.SOURCE.name for key, module in modules.items()},
    )


def interest_named(app: App, token: str) -> int:
    """Return the id of the interest that a link's token names.

    BadToken for a link that is not ours; Refusal if it was replaced or its reader has left.
    """
    interest_id, number = tokens.verify_feed(app.secret, token)
    with app.db.read() as session:
        interest, reader = _interest(session, interest_id)
    if reader.state in ENDED:
        raise Refusal(Code.FEED_ENDED)
    if interest.feed_number != number:
        raise Refusal(Code.FEED_REPLACED)
    return interest_id


def _token(app: App, interest: Interest) -> str:
    return tokens.sign_feed(app.secret, interest.id or 0, interest.feed_number)


def links_of(app: App, interest_id: int) -> list[FeedLink]:
    """Return the private addresses of an interest's feed and calendar, in its reader's language; NotFound."""
    with app.db.read() as session:
        interest, reader = _interest(session, interest_id)
    token, base = _token(app, interest), app.settings.mail.base_url
    return [
        FeedLink(form, base + addresses.interest_path(token, reader.language.value, form))
        for form in (FeedFormat.ATOM, FeedFormat.ICS)
    ]


def links_of_reader(app: App, subscriber_id: int) -> list[OwnFeed]:
    """Return the private addresses of all interests of a reader, the oldest interest first."""
    with app.db.read() as session:
        found = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, [])
        language = found and _interest(session, found[0].id or 0)[1].language.value
        words = {interest.id or 0: _in_words(session, app, interest, language or "") for interest in found}
    return [OwnFeed(interest_id, words[interest_id], links_of(app, interest_id)) for interest_id in sorted(words)]


def _in_words(session: Session, app: App, interest: Interest, language: str) -> str:
    names = {tag.key: tag.name_in(language) for tag in strategies.all_spearheads(session)}
    modules = sources.modules(app.settings.sources)
    return interest_in_words(interest, names, {key: module.SOURCE.name for key, module in modules.items()}, language)


def rotate_own(app: App, subscriber_id: int, interest_id: int, signed: Signed) -> list[FeedLink]:
    """Replace the private addresses of a reader's own interest; NotFound if it is another's, otherwise as `rotate`."""
    with app.db.read() as session:
        _, reader = _interest(session, interest_id)
    if reader.id != subscriber_id:
        raise NotFound(Noun.INTEREST, interest_id)
    return rotate(app, interest_id, signed)


def rotate(app: App, interest_id: int, signed: Signed) -> list[FeedLink]:
    """Replace the private addresses of an interest, so that earlier ones stop working; returns the new ones.

    InputFaults without a reason.
    """
    if not signed.reason.strip():
        raise InputFaults(Fault(Code.NO_REASON, "reason"))
    with app.db.write() as session:
        interest, reader = _interest(session, interest_id)
        interest.feed_number += 1
        session.add(interest)
        session.add(
            SubscriberChange(
                subscriber_id=reader.id or 0,
                at=signed.at,
                what=SubscriptionEvent.FEED_LINK_REPLACED,
                by=signed.author,
                reason=signed.reason,
                detail={"interest": interest_id},
            )
        )
    return links_of(app, interest_id)
