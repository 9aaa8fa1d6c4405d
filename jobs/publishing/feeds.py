"""Feeds, calendars and exports: which calls stand in each, read from the database and handed to `tracker.feeds`.

They hold what a digest holds: a call is here because the same wish met it for the same reasons. Does not write any
format and serves nothing; what it gives is bytes.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from db import calls, event_log, strategies
from db.audit import Signed
from db.calls import Call
from db.subscribers import Interest, SubscriberChange, SubscriberState, SubscriptionEvent
from jobs.base.app import App
from jobs.publishing.catalogue import CallQuery, _interest, _tagged, _with_events, chosen
from tracker import sources
from tracker.calls.changes import brussels_day
from tracker.emails import tokens
from tracker.emails.sanitise import clean
from tracker.emails.subject import NAME
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal
from tracker.feeds import addresses, atom, tables
from tracker.feeds.addresses import FeedFormat, FeedInfo
from tracker.feeds.calendar import calendar

KEPT = timedelta(days=90)  # how long an event stays in a feed, and a date that has passed in a calendar
TITLE_LENGTH = 240
NO_READER = (SubscriberState.LEFT, SubscriberState.ERASED)


@dataclass(frozen=True, slots=True)
class FeedLink:
    """The private address of an interest's feed or calendar."""

    form: FeedFormat
    url: str


def feed_of_spearhead(app: App, spearhead: str, language: str) -> bytes:
    """The Atom feed of a spearhead. NotFound where there is none of this key."""
    return export(app, FeedFormat.ATOM, CallQuery(spearhead=spearhead), language)


def feed_of_interest(app: App, token: str, language: str) -> bytes:
    """The Atom feed of the interest that a link's token names. BadToken or Refusal where the link is not good."""
    return export(app, FeedFormat.ATOM, CallQuery(interest=interest_named(app, token)), language)


def calendar_of_spearhead(app: App, spearhead: str, language: str) -> bytes:
    """The deadlines of a spearhead's calls. NotFound where there is none of this key."""
    return export(app, FeedFormat.ICS, CallQuery(spearhead=spearhead), language)


def calendar_of_interest(app: App, token: str, language: str) -> bytes:
    """The deadlines of an interest's calls. BadToken or Refusal where the link is not good."""
    return export(app, FeedFormat.ICS, CallQuery(interest=interest_named(app, token)), language)


def calendar_of_call(app: App, call_id: int, language: str) -> bytes:
    """Every deadline of one call, past ones too. NotFound where there is no such call."""
    with app.db.read() as session:
        call = session.get(Call, call_id)
        if call is None:
            raise NotFound(Noun.CALL, call_id)
        info = _info(app, f"call/{call_id}", call.title, addresses.call_path(call_id, language), language)
        found = _with_events(session, _tagged(session, [call]))
    return calendar(info, found, date.min)


def export(app: App, form: FeedFormat, choice: CallQuery, language: str) -> bytes:
    """The chosen calls in a form; feeds and calendars speak the language. NotFound for what there is not."""
    with app.db.read() as session:
        match form:
            case FeedFormat.ATOM:
                return _feed(session, app, choice, language)
            case FeedFormat.ICS:
                return _calendar(session, app, choice, language)
            case FeedFormat.CSV:
                return tables.to_csv(_rows(session, app, choice))
            case FeedFormat.NDJSON:
                return tables.to_ndjson(_rows(session, app, choice))


def _feed(session: Session, app: App, choice: CallQuery, language: str) -> bytes:
    since = datetime.combine(app.today() - KEPT, time(), app.region.zone)  # an empty feed is the same all day
    found = _with_events(session, chosen(session, app, choice, event_log.told_since(since)), since)
    return atom.feed(_info_of(session, app, choice, FeedFormat.ATOM, language), found, since, app.today())


def _calendar(session: Session, app: App, choice: CallQuery, language: str) -> bytes:
    since = app.today() - KEPT
    found = _with_events(session, chosen(session, app, choice, calls.dated_from(since)))
    return calendar(_info_of(session, app, choice, FeedFormat.ICS, language), found, since)


def _rows(session: Session, app: App, choice: CallQuery) -> list[tables.CallRow]:
    found = chosen(session, app, choice)
    tags = strategies.spearheads_of(session, [call_id for one in found for call_id in one.ids])
    on = brussels_day(app.clock())
    return [
        tables.call_row(
            one.call,
            {key for call_id in one.ids for key in tags.get(call_id, ())},
            [call.id or 0 for call in one.also],
            on,
        )
        for one in found
    ]


# --- what a door is called, and who may open it -----------------------------------------------------------------------


def _info_of(session: Session, app: App, choice: CallQuery, form: FeedFormat, language: str) -> FeedInfo:
    names = {one.key: dict(one.names).get(language, one.key) for one in strategies.all_spearheads(session)}
    if choice.interest is not None:
        interest, _ = _interest(session, choice.interest)
        path = addresses.interest_path(_token(app, interest), language, form)
        title = addresses.title_for_interest([names.get(key, key) for key in interest.spearheads], language)
        return _info(app, f"interest/{interest.id}/{language}", title, path, language)
    if choice.spearhead:
        path = addresses.spearhead_path(choice.spearhead, language, form)
        return _info(app, f"spearhead/{choice.spearhead}/{language}", names[choice.spearhead], path, language)
    title = addresses.title_for_all(app.region.name_in(language), language)
    return _info(app, f"calls/{language}", title, addresses.calls_path(language, form), language)


def _info(app: App, name: str, title: str, path: str, language: str) -> FeedInfo:
    mail = app.settings.mail
    modules = sources.modules(app.settings.sources)
    return FeedInfo(
        name=name,
        title=f"{NAME}: {clean(title, TITLE_LENGTH)}",
        address=mail.base_url + path,
        home=mail.base_url,
        authority=mail.sender.rpartition("@")[2],
        language=language,
        zone=app.region.zone,
        source_names={key: module.SOURCE.name for key, module in modules.items()},
    )


def interest_named(app: App, token: str) -> int:
    """The id of the interest that a link's token names.

    BadToken for a link that is not ours; Refusal for one that was replaced, or whose reader has left.
    """
    interest_id, number = tokens.verify_feed(app.secret, token)
    with app.db.read() as session:
        interest, reader = _interest(session, interest_id)
    if reader.state in NO_READER:
        raise Refusal(Code.FEED_ENDED)
    if interest.feed_number != number:
        raise Refusal(Code.FEED_REPLACED)
    return interest_id


def _token(app: App, interest: Interest) -> str:
    return tokens.sign_feed(app.secret, interest.id or 0, interest.feed_number)


def links_of(app: App, interest_id: int) -> list[FeedLink]:
    """The private addresses of an interest's feed and calendar, in the reader's language. NotFound if it is none."""
    with app.db.read() as session:
        interest, reader = _interest(session, interest_id)
    token, base = _token(app, interest), app.settings.mail.base_url
    return [
        FeedLink(form, base + addresses.interest_path(token, reader.language.value, form))
        for form in (FeedFormat.ATOM, FeedFormat.ICS)
    ]


def rotate(app: App, interest_id: int, signed: Signed) -> list[FeedLink]:
    """Replace the private addresses of an interest: those given out before are dead. Gives back the new ones.

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
