"""Feeds, calendars and exports: which calls stand in each, read from the database and handed to `tracker.feeds`.

They hold what a digest holds: a call is here because the same wish met it for the same reasons. Does not write any
format and serves nothing; what it gives is bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from db import calls, strategies, subscribers
from db.calls import Call, CallEvent, CallStatus
from db.revisions import Signed
from db.subscribers import Happened, Interest, Subscriber, SubscriberChange, SubscriberState
from jobs import reach
from jobs.desk import Desk
from tracker import sources
from tracker.changes import today
from tracker.emails import tokens
from tracker.emails.scraped import clean
from tracker.emails.subject import NAME
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal
from tracker.feeds import atom, doors, tables
from tracker.feeds.calendar import calendar
from tracker.feeds.doors import Door, Form
from tracker.wishes import Tagged, Wish, wanted, wish_of

KEPT = timedelta(days=90)  # how long an event stays in a feed, and a date that has passed in a calendar
TITLE_LENGTH = 240
NO_READER = (SubscriberState.LEFT, SubscriberState.ERASED)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which calls are asked for; what is empty does not restrict."""

    spearhead: str = ""
    interest: int | None = None
    source: str = ""
    statuses: tuple[CallStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """The private address of an interest's feed or calendar."""

    form: Form
    url: str


def feed_of_spearhead(desk: Desk, spearhead: str, language: str) -> bytes:
    """The Atom feed of a spearhead. NotFound where there is none of this key."""
    return export(desk, Form.ATOM, Choice(spearhead=spearhead), language)


def feed_of_interest(desk: Desk, token: str, language: str) -> bytes:
    """The Atom feed of the interest that a link's token names. BadToken or Refusal where the link is not good."""
    return export(desk, Form.ATOM, Choice(interest=interest_named(desk, token)), language)


def calendar_of_spearhead(desk: Desk, spearhead: str, language: str) -> bytes:
    """The deadlines of a spearhead's calls. NotFound where there is none of this key."""
    return export(desk, Form.ICS, Choice(spearhead=spearhead), language)


def calendar_of_interest(desk: Desk, token: str, language: str) -> bytes:
    """The deadlines of an interest's calls. BadToken or Refusal where the link is not good."""
    return export(desk, Form.ICS, Choice(interest=interest_named(desk, token)), language)


def calendar_of_call(desk: Desk, call_id: int, language: str) -> bytes:
    """Every deadline of one call, past ones too. NotFound where there is no such call."""
    with desk.db.read() as session:
        call = session.get(Call, call_id)
        if call is None:
            raise NotFound(Noun.CALL, call_id)
        door = _door(desk, f"call/{call_id}", call.title, doors.call_path(call_id, language), language)
        found = _with_events(session, _tagged(session, [call]))
    return calendar(door, found, date.min)


def export(desk: Desk, form: Form, choice: Choice, language: str) -> bytes:
    """The chosen calls in a form; feeds and calendars speak the language. NotFound for what there is not."""
    with desk.db.read() as session:
        match form:
            case Form.ATOM:
                return _feed(session, desk, choice, language)
            case Form.ICS:
                return _calendar(session, desk, choice, language)
            case Form.CSV:
                return tables.to_csv(_rows(session, desk, choice))
            case Form.NDJSON:
                return tables.to_ndjson(_rows(session, desk, choice))


def _feed(session: Session, desk: Desk, choice: Choice, language: str) -> bytes:
    since = datetime.combine(desk.today() - KEPT, time(), desk.region.zone)  # an empty feed is the same all day
    found = _with_events(session, chosen(session, desk, choice, calls.told_since(since)), since)
    return atom.feed(_door_of(session, desk, choice, Form.ATOM, language), found, since, desk.today())


def _calendar(session: Session, desk: Desk, choice: Choice, language: str) -> bytes:
    since = desk.today() - KEPT
    found = _with_events(session, chosen(session, desk, choice, calls.dated_from(since)))
    return calendar(_door_of(session, desk, choice, Form.ICS, language), found, since)


def _rows(session: Session, desk: Desk, choice: Choice) -> list[tables.CallRow]:
    found = chosen(session, desk, choice)
    tags = strategies.spearheads_of(session, [call_id for one in found for call_id in one.ids])
    on = today(desk.clock())
    return [
        tables.call_row(
            one.call,
            {key for call_id in one.ids for key in tags.get(call_id, ())},
            [call.id or 0 for call in one.also],
            on,
        )
        for one in found
    ]


def chosen(session: Session, desk: Desk, choice: Choice, *among: sa.Select[Any]) -> list[Tagged]:
    """The calls of a choice (among those that these queries name) by closing date, with why, and without events."""
    wish = _wish(session, choice)
    within = [*among, *([strategies.tagged_with(session, *wish.spearheads)] if wish and wish.spearheads else [])]
    ids = calls.in_every(within) if within else None
    found = calls.list_calls(session, choice.statuses, choice.source, ids, None, today(desk.clock()))
    tagged = _tagged(session, found)
    if wish is None:
        return tagged
    asked = reach.with_queries(tagged, [wish.query] if wish.query else [], desk.tagger)
    return [one for one in wanted(asked, [wish]) if not one.hush]


def _wish(session: Session, choice: Choice) -> Wish | None:
    """What the choice wants beyond source and status; None for every call."""
    if choice.interest is not None:
        return replace(wish_of(_interest(session, choice.interest)[0]), cursor=0)
    if not choice.spearhead:
        return None
    known = [one.key for one in strategies.all_spearheads(session)]
    if choice.spearhead not in known:
        raise NotFound(Noun.SPEARHEAD, choice.spearhead, known)
    return Wish((choice.spearhead,))


def _tagged(session: Session, found: Sequence[Call]) -> list[Tagged]:
    """These calls in their order, each once though several sources have it."""
    names = {one.key: dict(one.names) for one in strategies.all_spearheads(session)}
    place = {call.id or 0: number for number, call in enumerate(found)}
    tagged = reach.of_calls(session, place, names)
    return sorted(tagged, key=lambda one: min(place[call_id] for call_id in one.ids if call_id in place))


def _with_events(session: Session, found: Sequence[Tagged], since: datetime | None = None) -> list[Tagged]:
    happened = calls.events_of_calls(session, {call_id for one in found for call_id in one.ids}, since)
    return [replace(one, events=_in_order(happened.get(call_id, []) for call_id in one.ids)) for one in found]


def _in_order(lists: Iterable[list[CallEvent]]) -> tuple[CallEvent, ...]:
    return tuple(sorted(chain.from_iterable(lists), key=lambda event: event.seq or 0))


# --- what a door is called, and who may open it -----------------------------------------------------------------------


def _door_of(session: Session, desk: Desk, choice: Choice, form: Form, language: str) -> Door:
    names = {one.key: dict(one.names).get(language, one.key) for one in strategies.all_spearheads(session)}
    if choice.interest is not None:
        interest, _ = _interest(session, choice.interest)
        path = doors.interest_path(_token(desk, interest), language, form)
        title = doors.title_for_interest([names.get(key, key) for key in interest.spearheads], language)
        return _door(desk, f"interest/{interest.id}/{language}", title, path, language)
    if choice.spearhead:
        path = doors.spearhead_path(choice.spearhead, language, form)
        return _door(desk, f"spearhead/{choice.spearhead}/{language}", names[choice.spearhead], path, language)
    title = doors.title_for_all(dict(desk.region.names)[language], language)
    return _door(desk, f"calls/{language}", title, doors.calls_path(language, form), language)


def _door(desk: Desk, name: str, title: str, path: str, language: str) -> Door:
    mail = desk.settings.mail
    modules = sources.modules(desk.settings.sources)
    return Door(
        name=name,
        title=f"{NAME}: {clean(title, TITLE_LENGTH)}",
        address=mail.base_url + path,
        home=mail.base_url,
        authority=mail.sender.rpartition("@")[2],
        language=language,
        zone=desk.region.zone,
        source_names={key: module.SOURCE.name for key, module in modules.items()},
    )


def interest_named(desk: Desk, token: str) -> int:
    """The id of the interest that a link's token names.

    BadToken for a link that is not ours; Refusal for one that was replaced, or whose reader has left.
    """
    interest_id, number = tokens.verify_feed(desk.secret, token)
    with desk.db.read() as session:
        interest, reader = _interest(session, interest_id)
    if reader.state in NO_READER:
        raise Refusal(Code.FEED_ENDED)
    if interest.feed_number != number:
        raise Refusal(Code.FEED_REPLACED)
    return interest_id


def _interest(session: Session, interest_id: int) -> tuple[Interest, Subscriber]:
    found = subscribers.interest_of(session, interest_id)
    if found is None:
        raise NotFound(Noun.INTEREST, interest_id)
    return found


def _token(desk: Desk, interest: Interest) -> str:
    return tokens.sign_feed(desk.secret, interest.id or 0, interest.feed_number)


def links_of(desk: Desk, interest_id: int) -> list[Link]:
    """The private addresses of an interest's feed and calendar, in the reader's language. NotFound if it is none."""
    with desk.db.read() as session:
        interest, reader = _interest(session, interest_id)
    token, base = _token(desk, interest), desk.settings.mail.base_url
    return [
        Link(form, base + doors.interest_path(token, reader.language.value, form)) for form in (Form.ATOM, Form.ICS)
    ]


def rotate(desk: Desk, interest_id: int, signed: Signed) -> list[Link]:
    """Replace the private addresses of an interest: those given out before are dead. Gives back the new ones.

    InputFaults without a reason.
    """
    if not signed.reason.strip():
        raise InputFaults(Fault(Code.NO_REASON, "reason"))
    with desk.db.write() as session:
        interest, reader = _interest(session, interest_id)
        interest.feed_number += 1
        session.add(interest)
        session.add(
            SubscriberChange(
                subscriber_id=reader.id or 0,
                at=signed.at,
                what=Happened.FEED_LINK_REPLACED,
                by=signed.author,
                reason=signed.reason,
                detail={"interest": interest_id},
            )
        )
    return links_of(desk, interest_id)
