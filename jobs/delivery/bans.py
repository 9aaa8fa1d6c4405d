"""Bans: a mailbox gets no more mail, until somebody lets it back; and the brake on many bans at once.

The brake: where within a day more than `bounces.most_bans` mailboxes, and more than `bounces.most_bans_percent` of all,
would be banned, it is likely that our own mail is at fault. Then none of them is banned: they are held, those that were
banned earlier that day with them, and admins are told. Until a person has decided (`apply_held`, `drop_held`), whatever
else would be banned is held as well.

Letting back loses no news. A banned reader's cursor stays where it was, and what their mails told that never arrived is
told again by their next edition (`db.untold`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import structlog
from sqlmodel import Session

from db import audit, bounces, subscribers, untold
from db.acts import Act
from db.audit import Signed
from db.bounces import BANS, Bounce, BounceEffect, BounceKind
from db.sources import Notice, NoticeKind, last_notice
from db.subscribers import Subscriber, SubscriberChange, SubscriberState, SubscriptionEvent
from jobs.base.app import App
from tracker.addresses import sought_address
from tracker.errors import NotFound, Noun, WrongState

SERVER = "mail server"
DAY = timedelta(days=1)
ENDS = {BounceKind.HARD: "the mailbox does not exist", BounceKind.COMPLAINT: "its owner complained"}
TOLD_AGAIN = "told_again"  # in the history of an unbanned mailbox: how many of its mails are told again
MAY_BE_BANNED = (SubscriberState.ACTIVE, SubscriberState.PENDING)


class Decided(NamedTuple):
    """A mailbox that a person decided about; `told_again` is how many of its mails the next edition tells again."""

    subscriber: int
    address: str
    state: SubscriberState
    told_again: int = 0


# --- banning, and the brake -------------------------------------------------------------------------------------------


def end(session: Session, app: App, reader: Subscriber, bounce: Bounce) -> None:
    """Ban the mailbox of a bounce, or hold its ban back where too many would be banned at once."""
    if reader.state is SubscriberState.PENDING:
        _ban(session, reader, bounce, BounceEffect.UNCONFIRMED)
        return
    is_holding = bounces.is_any_held(session)
    bounce.effect = BounceEffect.HELD
    session.flush()
    if is_holding:
        log_mailbox("ban held", bounce)
    elif _are_too_many(session, app, bounce.at):
        _begin_to_hold(session, app, bounce)
    else:
        _ban(session, reader, bounce, BounceEffect.BANNED)


def _are_too_many(session: Session, app: App, now: datetime) -> bool:
    limits = app.settings.bounces
    ended, every = bounces.count_braked(session, now - DAY)
    return ended > limits.most_bans and ended * 100 > every * limits.most_bans_percent


def _ban(session: Session, reader: Subscriber, bounce: Bounce, effect: BounceEffect, by: Signed | None = None) -> None:
    """Ban a mailbox: by the server's word, or by a person's who decided about what was held."""
    reason = ENDS.get(bounce.kind, f"it bounced {reader.soft_bounces + 1} times in a row")
    signed = by or Signed(SERVER, reason, bounce.at)
    was, reader.state, bounce.effect = reader.state, SubscriberState.BANNED, effect
    session.add(reader)
    log_mailbox("mailbox banned", bounce, reason=reason)
    detail: dict[str, object] = {"bounce": bounce.id, "was": was.value}
    note_change(session, reader, SubscriptionEvent.BANNED, signed, detail)
    changed = {"before": {"state": was}, "after": {"state": reader.state}}
    audit.append_audit(session, signed, Act.BANNED, f"subscriber {reader.id}", {"bounce": bounce.id}, **changed)


def _begin_to_hold(session: Session, app: App, bounce: Bounce) -> None:
    """Take back the bans of the last day as well, and tell admins."""
    log_mailbox("bans held", bounce, level="warning")
    signed = Signed(SERVER, "too many mailboxes at once; a person decides", bounce.at)
    for banned in bounces.with_effect(session, [BounceEffect.BANNED], since=bounce.at - DAY):
        reader = subscribers.held(session, banned.subscriber_id or 0)
        if reader and reader.state is SubscriberState.BANNED:
            _restore(session, reader)
            note_change(session, reader, SubscriptionEvent.UNBANNED, signed, {TOLD_AGAIN: 0})
            banned.effect = BounceEffect.HELD
        else:
            banned.effect = BounceEffect.UNDONE  # by the reader, who has signed up anew
    session.flush()
    audit.append_audit(session, signed, Act.BANS_HELD, f"bounce {bounce.id}")
    if bounce.run_id:
        notice = Notice(at=bounce.at, source=_source(app), kind=NoticeKind.BANS_HELD, run_id=bounce.run_id, detail="")
        session.add(notice)
        session.flush()
        renew_notice(session, app)


def renew_notice(session: Session, app: App) -> None:
    """Let the notice to admins say how many mailboxes are held by now, if any are."""
    notice = last_notice(session, _source(app), NoticeKind.BANS_HELD)
    if notice and bounces.is_any_held(session):
        notice.detail = held_in_words(session, app, app.clock())
        session.add(notice)


def _source(app: App) -> str:
    """What a notice of ours is about: notices of all regions stand together."""
    return f"bounces {app.region.key}"[:40]


def bans_held(session: Session, now: datetime) -> tuple[int, int] | None:
    """How many mailboxes the brake holds, and of how many; None if it holds none."""
    return bounces.count_braked(session, now - DAY) if bounces.is_any_held(session) else None


def held_in_words(session: Session, app: App, now: datetime) -> str:
    """What the brake holds, and the commands that decide."""
    held, every = bounces.count_braked(session, now - DAY)
    return (
        f"{held} of {every} mailboxes would get no more mail: too many for one day (bounces.most_bans), so none was "
        "banned. Is it our own mail that is refused? `tracker bounces list --effect held` shows what was said; "
        "`tracker bounces drop` lets them be, and tells them again what came back; `tracker bounces apply` bans them"
    )


# --- a person decides -------------------------------------------------------------------------------------------------


def let_back(app: App, addresses: Sequence[str], signed: Signed) -> list[Decided]:
    """Let the mailboxes of these addresses have mail again; of several, only those that are banned or held.

    NotFound for an address that nobody has, and nothing is done then; WrongState if none of them is banned or held.
    """
    with app.db.write() as session:
        signed = signed._replace(at=app.clock())  # after any wait for the database
        readers = [_reader_at(session, address) for address in dict.fromkeys(map(sought_address, addresses))]
        waiting = [reader for reader in readers if _returned(session, reader) is not None]
        return [unban(session, reader.id or 0, signed) for reader in waiting or readers[:1]]


def _reader_at(session: Session, address: str) -> Subscriber:
    reader = subscribers.subscriber_at(session, address)
    if reader is None:
        raise NotFound(Noun.SUBSCRIBER, address)
    return reader


def _returned(session: Session, reader: Subscriber) -> Sequence[Bounce] | None:
    """The returned mails for which a mailbox is banned or held; None if it is neither."""
    returned = bounces.with_effect(session, [*BANS, BounceEffect.HELD], subscriber_id=reader.id)
    is_held = any(one.effect is BounceEffect.HELD for one in returned)
    return returned if is_held or reader.state is SubscriberState.BANNED else None


def unban(session: Session, subscriber_id: int, signed: Signed) -> Decided:
    """Let a mailbox have mail again that is banned or held. NotFound; WrongState if it is neither."""
    reader = subscribers.held(session, subscriber_id)
    if reader is None:
        raise NotFound(Noun.SUBSCRIBER, subscriber_id)
    returned = _returned(session, reader)
    if returned is None:
        raise WrongState(Noun.SUBSCRIBER, subscriber_id, reader.state, (SubscriberState.BANNED,))
    return _let_be(session, reader, returned, signed)


def undo_reading(app: App, run_id: int, signed: Signed) -> list[Decided]:
    """Undo all that a reading of bounces (or a delivering) did to mailboxes. NotFound if it noted nothing."""
    effects = [effect for effect in BounceEffect if effect is not BounceEffect.UNDONE]
    with app.db.write() as session:
        if not bounces.is_reading(session, run_id):
            raise NotFound(Noun.RUN, run_id)
        return _decide(session, effects, run_id, _undo, signed._replace(at=app.clock()))


def drop_held(app: App, run_id: int | None, signed: Signed) -> list[Decided]:
    """Ban none of the mailboxes that are held (by one reading, or at all), and tell their readers what came back."""
    with app.db.write() as session:
        return _decide(session, [BounceEffect.HELD], run_id, _undo, signed._replace(at=app.clock()))


def apply_held(app: App, run_id: int | None, signed: Signed) -> list[Decided]:
    """Ban the mailboxes that are held (by one reading, or at all)."""
    with app.db.write() as session:
        return _decide(session, [BounceEffect.HELD], run_id, _apply, signed._replace(at=app.clock()))


Decision = Callable[[Session, Subscriber, Sequence[Bounce], Signed], Decided | None]


def _decide(
    session: Session, effects: Sequence[BounceEffect], run_id: int | None, decide: Decision, signed: Signed
) -> list[Decided]:
    """Decide about every mailbox that returned mails with these effects are about."""
    every = groupby(bounces.with_effect(session, effects, run_id=run_id), lambda bounce: bounce.subscriber_id or 0)
    decided = []
    for subscriber_id, group in [(number, list(group)) for number, group in every]:
        reader = subscribers.held(session, subscriber_id)
        if reader and (done := decide(session, reader, group, signed)):
            decided.append(done)
    return decided


def _undo(session: Session, reader: Subscriber, returned: Sequence[Bounce], signed: Signed) -> Decided | None:
    """Undo these returned mails; a ban that is not theirs stays, and so does a reader's own leaving."""
    is_theirs = reader.state is SubscriberState.BANNED and any(one.effect in BANS for one in returned)
    if is_theirs or reader.state in MAY_BE_BANNED:
        return _let_be(session, reader, returned, signed)
    for one in returned:
        one.effect = BounceEffect.UNDONE
    return None


def _apply(session: Session, reader: Subscriber, returned: Sequence[Bounce], signed: Signed) -> Decided | None:
    is_banned = reader.state in MAY_BE_BANNED
    if is_banned:
        _ban(session, reader, returned[0], BounceEffect.APPLIED, signed)
    for one in returned:
        one.effect = BounceEffect.APPLIED
    return Decided(reader.id or 0, reader.address, SubscriberState(reader.state)) if is_banned else None


def _let_be(session: Session, reader: Subscriber, returned: Sequence[Bounce], signed: Signed) -> Decided:
    """Let a mailbox have mail, as if these mails had not come back: what they told is told again."""
    was = reader.state
    if was is SubscriberState.BANNED:
        _restore(session, reader)
    reader.soft_bounces, reader.backed_off_until = 0, None
    session.add(reader)
    again = untold.tell_again(session, reader.id or 0, bounces.first_mail_at(session, returned)) if returned else 0
    for one in returned:
        one.effect = BounceEffect.UNDONE
    note_change(session, reader, SubscriptionEvent.UNBANNED, signed, {TOLD_AGAIN: again})
    structlog.get_logger().info("mailbox unbanned", subscriber=reader.id, told_again=again)
    changed = {"before": {"state": was}, "after": {"state": reader.state}}
    audit.append_audit(session, signed, Act.UNBANNED, f"subscriber {reader.id}", {TOLD_AGAIN: again}, **changed)
    return Decided(reader.id or 0, reader.address, SubscriberState(reader.state), again)


def _restore(session: Session, reader: Subscriber) -> None:
    """Give a banned mailbox the state that it had; its cursors stand where they stood."""
    banned = bounces.change_of(session, reader.id or 0, SubscriptionEvent.BANNED)
    reader.state = SubscriberState(banned.detail.get("was", "active")) if banned else SubscriberState.ACTIVE
    session.add(reader)


# --- what is kept of it -----------------------------------------------------------------------------------------------


def log_mailbox(event: str, bounce: Bounce, level: str = "info", **details: object) -> None:
    """Log what became of a mailbox, without its server's words: they may name an address."""
    ids = {"subscriber": bounce.subscriber_id, "bounce": bounce.id, "kind": bounce.kind.value}
    getattr(structlog.get_logger(), level)(event, **ids, **details)


def note_change(
    session: Session, reader: Subscriber, what: SubscriptionEvent, signed: Signed, detail: Mapping[str, object]
) -> None:
    """Append to the history of a mailbox."""
    by, reason, at = signed
    change = SubscriberChange(subscriber_id=reader.id or 0, at=at, what=what, by=by, reason=reason, detail=dict(detail))
    session.add(change)
