"""Editions: due → plan → build → render. What is planned is frozen; what is built is told once, for ever.

Does not send (`jobs.deliver`) and does not decide what a reader is told (`tracker.digests`).
"""

import email
import email.policy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlmodel import Session

from db import calls, deliveries, editions, runs, strategies, subscribers
from db.calls import Call, CallEvent
from db.deliveries import Claimed, DeliveryState, Told
from db.editions import Edition, EditionKind, EditionState, MailContent
from db.strategies import Tagging
from db.subscribers import Cadence, Interest, Subscriber
from jobs.deliver import own_values
from jobs.desk import Desk
from jobs.runs import recorded
from tracker import digests, periods, sources
from tracker.digests import Digest, Item, Reason, SourceRead, Tagged, Wish
from tracker.emails import mime
from tracker.emails.render import render, whole_page
from tracker.errors import EditionError
from tracker.periods import Period
from tracker.tagging.explain import quoted_words

BATCH = 1000  # subscribers a transaction
DAYS = {Cadence.DAILY: 1, Cadence.WEEKLY: 7, Cadence.MONTHLY: 31}
NOTHING = "nothing to say"
Names = Mapping[str, Mapping[str, str]]  # spearhead → language → name
NOTHING_TOLD = Told(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes two readers' digests the same, as long as they were told the same."""

    language: str
    wishes: tuple[Wish, ...]
    lead_days: tuple[int, ...]


def plan(session: Session, cadence: Cadence, on: date, now: datetime, period_key: str | None = None) -> Edition:
    """The edition of a period (this day's, if none is named): planned now, or as it was planned before.

    Periods that were missed since the newest edition are merged into this one. EditionError for a period that
    lies ahead, or behind an edition that is already there, or is none.
    """
    period = _period(cadence, on, period_key)
    known = editions.edition_of(session, EditionKind(cadence.value), period.key)
    if known:
        return known
    newest = editions.newest_edition(session, EditionKind(cadence.value))
    if period.first > on:
        raise EditionError(f"the {cadence.value} period {period.key} has not begun; name one up to {on}")
    if newest and newest.period > period.key:
        raise EditionError(
            f"the {cadence.value} edition {newest.period} is newer than {period.key}; nothing was planned"
        )
    edition = Edition(
        kind=EditionKind(cadence.value),
        period=period.key,
        on=on,
        from_on=newest.on if newest else on - timedelta(days=DAYS[cadence]),
        to_on=on,
        catch_up=newest is not None and periods.is_missed(cadence, newest.period, period),
        to_seq=calls.last_seq(session),
        planned_at=now,
    )
    session.add(edition)
    session.flush()
    return edition


def _period(cadence: Cadence, on: date, key: str | None) -> Period:
    if key is None:
        return periods.period_of(cadence, on)
    try:
        return periods.period_named(cadence, key)
    except ValueError as error:
        raise EditionError(str(error)) from None


class Issue:
    """One edition while it is being built: what all its readers share is read once, each content rendered once."""

    def __init__(self, session: Session, desk: Desk, edition: Edition) -> None:
        self.desk = desk
        self.edition = edition
        self.since = subscribers.least_cursor(session, Cadence(edition.kind.value))
        self.lead_days = subscribers.lead_days(session, Cadence(edition.kind.value))
        self.names = {one.key: dict(one.names) for one in strategies.all_spearheads(session)}
        self.tagged = _tagged_calls(session, edition, self.names, self.since, max(self.lead_days, default=0))
        self.reminders = _due_reminders(self.tagged, self.lead_days, edition.on)
        self.coverage = _coverage(session, desk.settings.sources)
        self.made_at = desk.clock()
        self.links = mime.marked_links(desk.settings.mail.base_url)
        self._stored = editions.contents_of(session, edition.id or 0)  # of a build that was interrupted
        self._items: dict[Shape, list[Item]] = {}
        self._contents: dict[tuple[Shape, tuple[Any, ...]], int] = {}

    def items(self, shape: Shape, told: Told) -> list[Item]:
        """What this edition tells a reader of this shape who was told this much already."""
        if told == NOTHING_TOLD and shape in self._items:
            return self._items[shape]
        wanted = digests.wanted(self.tagged, shape.wishes)
        found = digests.items(wanted, shape.lead_days, self.edition.on, told.events, told.reminders)
        if told == NOTHING_TOLD:
            self._items[shape] = found
        return found

    def content(self, session: Session, shape: Shape, found: list[Item]) -> int:
        """The id of the frozen mail that tells this; rendered when its first reader comes."""
        key = (shape, tuple((item.call.id or 0, item.event_seqs, item.reminder) for item in found))
        if key not in self._contents:
            self._contents[key] = self._freeze(session, self.digest(shape, found))
        return self._contents[key]

    def message_id(self, subscriber: Subscriber) -> str:
        """The Message-ID of this edition's mail to this reader; the same however often it is built."""
        domain = self.desk.settings.mail.sender.rpartition("@")[2]
        return mime.message_id(self.desk.secret, self.edition.id or 0, subscriber.id or 0, domain)

    def digest(self, shape: Shape, found: list[Item]) -> Digest:
        """The digest of these items for readers of this shape."""
        edition, region = self.edition, self.desk.region
        followed = dict.fromkeys(key for wish in shape.wishes for key in wish.spearheads)
        return Digest(
            edition=edition.id or 0,
            cadence=edition.kind.value,
            period=edition.period,
            on=edition.on,
            from_on=edition.from_on,
            to_on=edition.to_on,
            catch_up=edition.catch_up,
            language=shape.language,
            region=dict(region.names)[shape.language],
            interests=tuple(self.names.get(key, {}).get(shape.language, key) for key in followed),
            sections=digests.sections(found, {read.key: read.shown.name for read in self.coverage}, edition.on),
            coverage=tuple(read.shown for read in self.coverage),
        )

    def _freeze(self, session: Session, digest: Digest) -> int:
        mail = self.desk.settings.mail
        rendered = render(digest, self.links, self.desk.region.zone, mail.contact)
        template = mime.freeze(rendered, self.links, mail)
        name = sha256(template).hexdigest()
        if name in self._stored:
            return self._stored[name]
        page = whole_page(digest, self.links, self.desk.region.zone, mail.contact) if rendered.left_out else None
        content = MailContent(
            edition_id=self.edition.id or 0, hash=name, subject=rendered.subject, template=template, page=page
        )
        session.add(content)
        session.flush()
        return content.id or 0


@dataclass(frozen=True, slots=True)
class Read:
    """A source with the name that readers know it by."""

    key: str
    shown: SourceRead


def _coverage(session: Session, tables: sources.Tables) -> tuple[Read, ...]:
    found = []
    for key, module in sources.modules(tables).items():
        if module.SOURCE.for_admins:
            continue
        read = runs.coverage(session, key)
        if read.accepted_at or read.blind_since:
            found.append(Read(key, SourceRead(module.SOURCE.name, read.accepted_at, read.blind_since)))
    return tuple(found)


def _tagged_calls(session: Session, edition: Edition, names: Names, since: int, lead: int) -> list[Tagged]:
    """Every call that this edition may have to tell somebody of, with its spearheads and the events in reach."""
    events: dict[int, list[CallEvent]] = {}
    found: dict[int, Call] = {}
    for event, call in calls.events_after(session, since, edition.to_seq):
        found[event.call_id] = call
        events.setdefault(event.call_id, []).append(event)
    found |= calls.closing_between(session, edition.on, edition.on + timedelta(days=lead))
    tags = strategies.taggings_of(session, list(found))
    return [
        Tagged(call, reasons(tags.get(call_id, ()), names), tuple(events.get(call_id, ())))
        for call_id, call in sorted(found.items())
    ]


def reasons(taggings: Iterable[Tagging], names: Names) -> tuple[Reason, ...]:
    """The spearheads of a call, each once though several strategies may have it, with the words that matched."""
    strongest: dict[str, Tagging] = {}
    for tagging in taggings:
        strongest.setdefault(tagging.spearhead, tagging)
    return tuple(
        Reason(key, tuple(names.get(key, {}).items()), quoted_words(tagging.evidence))
        for key, tagging in strongest.items()
    )


def _due_reminders(tagged: Iterable[Tagged], lead_days: Iterable[int], on: date) -> set[str]:
    """The name of every reminder that this edition may hold."""
    names = {digests.due_reminder(one.call, (lead,), on) for one in tagged for lead in lead_days}
    return {name for name in names if name}


def make_edition(desk: Desk, cadence: Cadence, period: str | None = None) -> tuple[Edition, dict[DeliveryState, int]]:
    """Plan, build and render an edition, or finish one that was interrupted; its deliveries by state."""
    with recorded(desk.db, "edition", cadence.value, desk.clock) as run:
        with desk.db.write() as session:
            edition = plan(session, cadence, desk.today(), desk.clock(), period)
        if edition.state is EditionState.PLANNED:
            build(desk, edition)
        with desk.db.read() as session:
            counts = deliveries.count_states(session, edition.id)
        run.counts = {"edition": edition.id, "period": edition.period} | {s.value: n for s, n in counts.items()}
    return edition, counts


@dataclass(frozen=True, slots=True)
class DryMail:
    """A mail that a dry run wrote."""

    recipient: str
    subject: str
    path: Path


def dry_run(desk: Desk, cadence: Cadence, period: str | None, out: Path) -> list[DryMail]:
    """Write the very mails of an edition as files (.eml, and their HTML beside them), and change nothing."""
    out.mkdir(parents=True, exist_ok=True)
    with desk.db.rehearse() as session:
        edition = plan(session, cadence, desk.today(), desk.clock(), period)
        issue, last_id = Issue(session, desk, edition), 0
        while (done := build_batch(session, issue, last_id)) is not None:
            last_id = done
        return [write_mail(desk, session, claimed, out) for claimed in deliveries.rendered_in(session, edition.id or 0)]


def write_mail(desk: Desk, session: Session, claimed: Claimed, out: Path) -> DryMail:
    """Write one frozen mail as it would leave: NAME.eml whole, and NAME.html for a browser."""
    message = mime.fill(editions.template_of(session, claimed.content_id), own_values(desk, claimed))
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    html = parsed.get_body(("html",))
    path = out / f"{claimed.recipient.replace('@', '_at_')}.eml"
    path.write_bytes(message)
    path.with_suffix(".html").write_text(html.get_content() if html else "", encoding="utf-8")
    return DryMail(claimed.recipient, parsed["Subject"], path)


def build(desk: Desk, edition: Edition) -> None:
    """Give every due subscriber of an edition a delivery: rendered, or skipped with the reason.

    Goes on where an interrupted build stopped; each batch is one transaction, with its cursors.
    """
    with desk.db.read() as session:
        issue = Issue(session, desk, edition)
    last_id: int | None = 0
    while last_id is not None:
        with desk.db.write() as session:
            last_id = build_batch(session, issue, last_id)
    with desk.db.write() as session:
        edition.state = EditionState.BUILT
        session.merge(edition)


def build_batch(session: Session, issue: Issue, after_id: int) -> int | None:
    """The deliveries of the next subscribers after this id; the last one's id, or None where there were none."""
    due = deliveries.without_delivery(session, issue.edition, after_id, BATCH)
    if not due:
        return None
    _deliver_to(session, issue, due)
    return due[-1].id


def _deliver_to(session: Session, issue: Issue, due: Sequence[Subscriber]) -> None:
    ids = [subscriber.id or 0 for subscriber in due]
    interests = subscribers.interests_of(session, ids)
    told = deliveries.told(session, ids, issue.since, issue.reminders)
    found = []
    for subscriber in due:
        shape = shape_of(subscriber, interests.get(subscriber.id or 0, ()))
        found.append((shape, issue.items(shape, told.get(subscriber.id or 0, NOTHING_TOLD))))
    rows = [_delivery_row(session, issue, s, shape, what) for s, (shape, what) in zip(due, found, strict=True)]
    delivery_ids = deliveries.add_deliveries(session, issue.edition.id or 0, rows)
    told_now = zip(due, found, strict=True)
    deliveries.add_items(session, [row for s, (_, what) in told_now for row in _item_rows(delivery_ids, s, what)])
    subscribers.move_cursors(session, ids, issue.edition.to_seq)


def shape_of(subscriber: Subscriber, interests: Iterable[Interest]) -> Shape:
    """What of a subscriber decides the digest."""
    wishes = {Wish(i.spearheads, i.programmes, i.sources, i.cursor) for i in interests}
    ordered = tuple(sorted(wishes, key=lambda wish: (wish.spearheads, wish.programmes, wish.sources, wish.cursor)))
    return Shape(subscriber.language.value, ordered, subscriber.lead_days)


def _delivery_row(
    session: Session, issue: Issue, subscriber: Subscriber, shape: Shape, found: list[Item]
) -> dict[str, Any]:
    told = {
        "content_id": issue.content(session, shape, found) if found else None,
        "recipient": subscriber.address if found else None,
        "message_id": issue.message_id(subscriber) if found else None,
        "state": DeliveryState.RENDERED if found else DeliveryState.SKIPPED,
        "reason": None if found else NOTHING,
    }
    whose = {"edition_id": issue.edition.id, "subscriber_id": subscriber.id}
    return whose | told | {"made_at": issue.made_at, "attempts": 0}


def _item_rows(delivery_ids: Mapping[int, int], subscriber: Subscriber, found: Iterable[Item]) -> list[dict[str, Any]]:
    """What a delivery tells, a row each: every event of every item, and its reminder."""
    rows = []
    for item in found:
        told = [(seq, None) for seq in item.event_seqs] + [(None, name) for name in [item.reminder] if name]
        rows += [
            {
                "delivery_id": delivery_ids[subscriber.id or 0],
                "subscriber_id": subscriber.id,
                "call_id": item.call.id,
                "event_seq": seq,
                "reminder": name,
                "section": item.section.value,
            }
            for seq, name in told
        ]
    return rows


def make_switch(desk: Desk, subscriber_id: int) -> None:
    """Build at once what is due to a subscriber under the cadence that is about to change."""
