"""Preview: the very mail that a reader would get, made as an edition makes it and taken back; nothing counts as sent.

The reader's own links lead nowhere in it: whoever looks at a preview cannot act in the reader's name. Does not write
files (`jobs.editions.dry_run`).
"""

import email
import email.policy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from db import audiences, deliveries, editions, event_log, issues, send_queue, strategies, subscribers
from db.calls import Among
from db.deliveries import DeliveryReason, DeliveryState
from db.editions import REGULAR, Edition, EditionKind
from db.regions import find_ours
from db.send_queue import Claimed
from db.subscribers import Cadence, Interest, Language, Subscriber
from jobs.base.app import App
from jobs.delivery.deliver import own_values
from jobs.editions.build import build_batch, build_for
from jobs.editions.composer import Composer
from jobs.editions.planning import next_regular, plan, plan_beside
from tracker.digests import periods
from tracker.emails import mime
from tracker.errors import Code, NotFound, Noun, Refusal

NOWHERE = "preview"  # in place of the tokens of a reader's own links
SAMPLE = "reader@preview.invalid"


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as its reader would see it."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Previewed:
    """What an edition of a day has for a reader; without a mail, `why` says why there is none."""

    on: date
    mail: ReadMail | None
    why: DeliveryReason | None = None


@dataclass(frozen=True, slots=True)
class Follower:
    """A reader who might be: follows one spearhead, in a language, at a cadence, and has had all earlier editions."""

    spearhead: str
    language: Language
    cadence: Cadence


@dataclass(frozen=True, slots=True)
class ExpectedEdition:
    """What an edition would be if it left now: how many mails by what becomes of them."""

    kind: EditionKind
    on: date
    states: dict[DeliveryState, int]


def preview_for_reader(app: App, subscriber_id: int) -> Previewed:
    """The next regular mail of a reader, by what is known now. NotFound if there is no such reader."""
    with app.db.rehearse() as session:
        subscriber = find_ours(session, Subscriber, subscriber_id)
        if subscriber is None:
            raise NotFound(Noun.SUBSCRIBER, subscriber_id)
        return _previewed(session, app, plan_next(session, app, subscriber.cadence), subscriber_id)


def preview_for_follower(app: App, follower: Follower) -> Previewed:
    """The next regular mail of somebody who follows one spearhead alone, by what is known now."""
    with app.db.rehearse() as session:
        cursor = _dealt_with(session, app, follower.cadence)
        sample = Subscriber(
            address=SAMPLE, language=follower.language, cadence=follower.cadence, created_at=app.clock()
        )
        interest = Interest(spearheads=(follower.spearhead,), cursor=cursor)
        number = subscribers.enrol(session, sample, [interest])
        return _previewed(session, app, plan_next(session, app, follower.cadence), number)


def preview_of_edition(session: Session, app: App, edition: Edition, reader_ids: Sequence[int]) -> list[ReadMail]:
    """The mails of an edition that is planned in a rehearsal, to these readers."""
    composer = Composer(session, app, edition, next_regular(app))
    found = (audiences.due_readers(session, edition, number - 1, 1) for number in sorted(reader_ids))
    readers = [reader for [reader] in filter(None, found) if reader.id in reader_ids]
    build_for(session, composer, readers)
    return [read_mail(app, session, claimed) for claimed in send_queue.rendered_in(session, edition.id or 0)]


def read_one_of_each_language(
    session: Session, app: App, edition_id: int, mailed: Mapping[str, Sequence[int]]
) -> tuple[ReadMail, ...]:
    """The mail of an edition to the first of its readers in each language; `mailed` are their ids."""
    first = {ids[0] for ids in mailed.values() if ids}
    rendered = send_queue.rendered_in(session, edition_id)
    return tuple(read_mail(app, session, claimed) for claimed in rendered if claimed.subscriber_id in first)


def mail_of_delivery(app: App, delivery_id: int) -> ReadMail:
    """A mail as it was frozen. Refusal if it is no longer kept, or there never was one."""
    with app.db.read() as session:
        claimed = send_queue.mail_of(session, delivery_id)
        if claimed is None:
            raise Refusal(Code.NO_MAIL_KEPT, delivery=delivery_id)
        return read_mail(app, session, claimed)


EXPECTED = (*sorted(REGULAR), EditionKind.URGENT, EditionKind.WELCOME)  # kinds that the schedule makes


def expected_edition(app: App, kind: EditionKind) -> ExpectedEdition:
    """How many mails an edition of this kind would have if it left now, and to how many it has nothing to say.

    It is made for all its readers, which takes seconds for thousands.
    """
    with app.db.rehearse() as session:
        cadence = kind.cadence
        edition = plan_next(session, app, cadence) if cadence else plan_beside(session, app, kind)
        composer, last_id = Composer(session, app, edition, next_regular(app)), 0
        while (done := build_batch(session, composer, last_id)) is not None:
            last_id = done
        return ExpectedEdition(kind, edition.on, deliveries.count_states(session, edition.id))


def plan_next(session: Session, app: App, cadence: Cadence) -> Edition:
    """Plan the next regular edition that is not made yet, dated on the day on which it is scheduled."""
    on, today = next_regular(app)[cadence.value], app.today()
    on = today if on == date.max else on
    period = periods.period_of(cadence, on)
    if editions.edition_of(session, EditionKind.of(cadence), period.key):
        on = period.last + timedelta(days=1)
    return plan(session, cadence, on, app.clock())


def _dealt_with(session: Session, app: App, cadence: Cadence) -> int:
    """The last event that the newest edition of a cadence told; before the first edition, that of a period ago."""
    newest = editions.newest_edition(session, EditionKind.of(cadence))
    if newest:
        return min(newest.to_seq, event_log.last_seq(session))
    first = app.today() - timedelta(days=periods.CALENDARS[cadence].days)
    return issues.last_seq_before(session, datetime.combine(first, time(), app.region.zone))


def _previewed(session: Session, app: App, edition: Edition, subscriber_id: int) -> Previewed:
    readers = [one for one in audiences.due_readers(session, edition, subscriber_id - 1, 1) if one.id == subscriber_id]
    if not readers:
        return Previewed(edition.on, None, DeliveryReason.TAKES_NO_MAIL)
    composer = Composer(session, app, edition, next_regular(app), _wanted_by(session, subscriber_id))
    [due] = build_for(session, composer, readers)
    mails = [read_mail(app, session, claimed) for claimed in send_queue.rendered_in(session, edition.id or 0)]
    return Previewed(edition.on, mails[0] if mails else None, due.reason or DeliveryReason.NOTHING_TO_SAY)


def _wanted_by(session: Session, subscriber_id: int) -> Among | None:
    """A query of the calls that a reader can want, who follows spearheads alone; None for any other reader."""
    interests = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, [])
    if not all(interest.spearheads for interest in interests):
        return None
    keys = {key for interest in interests for key in interest.spearheads}
    tagged = strategies.tagged_with(session, *sorted(keys | {*strategies.own_tags(session)}))
    return tagged.union(subscribers.calls_chosen_by(subscriber_id))


def read_mail(app: App, session: Session, claimed: Claimed) -> ReadMail:
    """A frozen mail with its reader's values, but for the tokens of the reader's links."""
    own = replace(own_values(app, claimed), manage=NOWHERE, unsubscribe=NOWHERE, web_copy=NOWHERE, feedback=NOWHERE)
    message = mime.fill(editions.template_of(session, claimed.content_id), own)
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    html, text = (parsed.get_body((kind,)) for kind in ("html", "plain"))
    return ReadMail(
        parsed["Subject"],
        str(html.get_content()).replace("\r\n", "\n") if html else "",
        str(text.get_content()) if text else "",
    )
