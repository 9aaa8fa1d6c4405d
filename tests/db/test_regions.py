"""Two regions in one database see and make their own rows alone, whatever their keys and addresses are."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from db import (
    audiences,
    audit,
    bounces,
    calls,
    deliveries,
    editions,
    erasure,
    evaluations,
    examples,
    feedback,
    judgements,
    ledger_checks,
    letters,
    revisions,
    send_queue,
    strategies,
    subscribers,
)
from db.acts import Act
from db.admins import Admin
from db.audit import AuditEntry, Signed
from db.bounces import Bounce, BounceKind
from db.deliveries import DeliveryState, NewDelivery
from db.editions import Edition, EditionHold, EditionKind, EditionState, HoldState, MailContent
from db.engine import Database
from db.evaluations import Evaluation
from db.examples import ExampleRow
from db.feedback import NotForUs
from db.judgements import Judgement, Origin
from db.letters import Letter, LetterKind
from db.proposals import Proposal, ProposalKind, ProposalState, list_proposals, set_two_persons
from db.regions import NoRegion, find_ours, is_ours, region_of
from db.revisions import Kind
from db.send_queue import Outcome
from db.strategies import Mask, NewTagging, Pin, Rule, Spearhead, Strategy, Weight
from db.subscribers import ActorType, Cadence, Interest, Language, Subscriber, SubscriberChange, SubscriptionEvent
from tests.jobs.world import a_run, add_call, facts

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LATER = datetime(2027, 11, 23, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ADDRESS = "a@reader.example"
HOMES = ("paijat_hame", "kainuu")
Regions = dict[str, Database]


@pytest.fixture
def regions(db: Database, database_url: str) -> Iterator[Regions]:
    """A call that both regions share, and of all else the same keys, names and addresses in both."""
    both = {home: Database(database_url, home) for home in HOMES}
    call_id = add_call(db, NOW, facts("1"))
    for home, database in both.items():
        with database.write() as session:
            _write_rules(session, home, call_id)
            _write_readers(session, home, call_id)
    yield both
    for database in both.values():
        database.dispose()


def _write_rules(session: Session, home: str, call_id: int) -> None:
    signed = Signed(home, home, NOW)
    head = Spearhead(key="food", names=(("fi", home),))
    strategy = Strategy(key="now", starts_on=date(2026, 1, 1), spearheads=("food",), names=(("fi", home),))
    rules, masks = [Rule(key="food-en", spearhead="food", text=home, weight=Weight.STRONG)], [Mask(key="m", text=home)]
    strategies.replace_rulebook(session, [strategy], [head], rules, masks, signed)
    examples.insert_example(session, ExampleRow(spearhead="food", must=True, document={"title": home}), signed)
    pin = {"call_id": call_id, "spearhead": "food", "is_included": True, "author": home, "at": NOW, "reason": home}
    strategies.pin(session, Pin(**pin))
    tagging = {"call_id": call_id, "strategy": "now", "spearhead": "food", "score": HOMES.index(home)}
    strategies.replace_taggings(session, [call_id], [NewTagging(**tagging, evidence=[], tagged_at=NOW)])
    signature = {"author": home, "at": NOW}
    judged = Judgement(call_id=call_id, origin=Origin.HAND, grades={}, document={"title": home}, **signature)
    judgements.put_judgement(session, judged)
    tried = Evaluation(name="gold.jsonl", rules=home, at=NOW, calls=1, scores={})
    evaluations.put_evaluation(session, tried)
    session.add(Admin(address="a@admin.example", name=home, created_at=NOW))
    audit.append_audit(session, signed, Act.JUDGEMENTS_GROWN, "pins")
    proposal = Proposal(kind=ProposalKind.SWITCH, subject=home, draft={}, author=home, reason=home, made_at=NOW)
    session.add(proposal)
    set_two_persons(session, home == HOMES[0], signed)


def _write_readers(session: Session, home: str, call_id: int) -> None:
    actor = subscribers.actor_named(session, "LAB", ActorType.UNIVERSITY, home)
    own = {"actor_id": actor.id, "language": Language.FI, "cadence": Cadence.WEEKLY, "created_at": NOW}
    lead_days = (HOMES.index(home) + 1,)
    reader = Subscriber(address=ADDRESS, lead_days=lead_days, confirmed_at=NOW, urgent=True, **own)
    number = subscribers.enrol(session, reader, [Interest(query=home, cursor=5 + HOMES.index(home))])
    asked = {"what": SubscriptionEvent.ASKED.value, "by": home, "detail": {"consent": 1}}
    session.add(SubscriberChange(subscriber_id=number, at=NOW, **asked))
    feedback.add_feedback(session, NotForUs(subscriber_id=number, call_id=call_id, spearhead=home, at=NOW))
    letter = {"kind": LetterKind.RECEIPT, "recipient": home, "message_id": home, "message": home.encode()}
    session.add(Letter(subscriber_id=number, made_at=NOW, **letter))
    days = {"on": TODAY, "from_on": TODAY, "to_on": TODAY}
    edition = Edition(kind=EditionKind.WEEKLY, period="2026-W48", to_seq=0, planned_at=NOW, **days)
    edition.shares, edition.state = {home: 1}, EditionState.BUILT
    session.add(edition)
    session.flush()
    held = {"subject": home, "events": [HOMES.index(home)], "usual": 1.0, "decided_at": NOW}
    session.add(EditionHold(edition_id=edition.id or 0, state=HoldState.RELEASED, **held))
    content = MailContent(edition_id=edition.id or 0, hash="h", subject=home, template=home.encode())
    session.add(content)
    session.flush()
    row = {
        "edition_id": edition.id,
        "subscriber_id": number,
        "content_id": content.id,
        "recipient": home,
    }
    row |= {"message_id": home, "state": DeliveryState.RENDERED, "made_at": NOW, "attempts": 0}
    deliveries.add_deliveries(session, [NewDelivery(**row)])
    session.add(Bounce(at=NOW, kind=BounceKind.UNREADABLE, detail=home, hash="h"))


def _actor_region(session: Session, municipality: str) -> str:
    """Whose an organisation is that is asked for by all that is said of it, and made where it is not there."""
    return str(subscribers.actor_named(session, "LAB", ActorType.UNIVERSITY, municipality).region)


def _homes(found: Iterable[Subscriber | None]) -> list[str]:
    """Whose these readers are, as their lead time says."""
    return [HOMES[one.lead_days[0] - 1] for one in found if one]


def _edition_reader(session: Session) -> int:
    return deliveries.list_deliveries(session, [], None, None)[0].subscriber_id


def _edition(session: Session) -> Edition:
    return next(iter(editions.list_editions(session, None)))


def _planned(session: Session) -> Edition:
    """One that nobody has been given yet."""
    return _edition(session).model_copy(update={"id": 0})


READS: dict[str, Callable[[Session], object]] = {  # what each region must find of its own, and nothing else
    "strategies": lambda s: [dict(one.names)["fi"] for one in strategies.all_strategies(s)],
    "spearheads": lambda s: [dict(one.names)["fi"] for one in strategies.all_spearheads(s)],
    "rules": lambda s: [one.text for one in strategies.all_rules(s)],
    "a rule": lambda s: [one.text for one in [strategies.rule_named(s, "food-en")] if one],
    "rule revisions": lambda s: [one.author for one in strategies.rule_revisions(s, "food-en")],
    "masks": lambda s: [one.text for one in strategies.all_masks(s)],
    "revisions": lambda s: [one.author for one in revisions.revisions_of(s, Kind.MASK, "m")],
    "examples": lambda s: [one.document["title"] for one in examples.all_examples(s)],
    "judgements": lambda s: [one.author for one in judgements.all_judgements(s)],
    "the last evaluation": lambda s: [one.rules for one in [evaluations.last_evaluation(s, "gold.jsonl")] if one],
    "pins": lambda s: [one.author for one in strategies.all_pins(s)],
    "pins of a call": lambda s: [one.author for one in strategies.pins_of(s, [1])[1]],
    "taggings": lambda s: [HOMES[one.score] for one in strategies.taggings_of(s, [1])[1]],
    "admins": lambda s: list(s.exec(select(Admin.name).where(is_ours(s, Admin)))),
    "proposals": lambda s: [one.author for one in list_proposals(s, list(ProposalState), 9)],
    "audit": lambda s: list(s.exec(select(AuditEntry.who).where(is_ours(s, AuditEntry)))),
    "the readers' words": lambda s: [spearhead for _, spearhead in feedback.all_feedback(s)],
    "actors": lambda s: sorted({_actor_region(s, home) for home in HOMES}),
    "subscribers": lambda s: _homes(subscribers.all_subscribers(s)),
    "an address": lambda s: _homes([subscribers.subscriber_at(s, ADDRESS)]),
    "addresses": lambda s: _homes(subscribers.mailboxes_at(s, [ADDRESS]).values()),
    "lead days": lambda s: [HOMES[days - 1] for days in subscribers.lead_days(s)],
    "queries of interests": subscribers.queries,
    "the cursor furthest back": lambda s: [HOMES[subscribers.least_cursor(s) - 5]],
    "letters": lambda s: [one.message_id for one in letters.letters_of(s, _edition_reader(s))],
    "editions": lambda s: [name for one in editions.list_editions(s, None) for name in one.shares],
    "an edition": lambda s: [*(editions.edition_of(s, EditionKind.WEEKLY, "2026-W48") or _edition(s)).shares],
    "the newest edition": lambda s: [*(editions.newest_edition(s, EditionKind.WEEKLY) or _edition(s)).shares],
    "editions to prove": lambda s: [name for one in ledger_checks.editions_since(s, None) for name in one.shares],
    "holds": lambda s: [one.subject for one in editions.list_holds(s)],
    "events held": lambda s: [HOMES[seq] for seq in editions.events_held(s, HoldState.RELEASED)],
    "open feedback": lambda s: [one.spearhead for one in feedback.open_feedback(s, 9)],
    "deliveries": lambda s: [one.recipient for one in deliveries.list_deliveries(s, [], None, None)],
    "who is due": lambda s: [HOMES[int(one.lead_days[1]) - 1] for one in audiences.due_readers(s, _planned(s), 0, 10)],
    "bounces": lambda s: [one.detail for one, _ in bounces.list_bounces(s, [], None)],
}


@pytest.mark.parametrize("what", READS)
def test_a_region_finds_its_own_alone(regions: Regions, what: str) -> None:
    for home, database in regions.items():
        with database.read() as session:
            assert READS[what](session) == [home]


COUNTS: dict[str, Callable[[Session], int]] = {
    "the deliveries in each state": lambda s: deliveries.count_states(s)[DeliveryState.RENDERED],
    "the deliveries that wait": lambda s: send_queue.count_waiting(s, NOW),
    "the editions of a period": lambda s: editions.count_periods(s, EditionKind.WEEKLY, "2026"),
    "the letters that are dropped": lambda s: letters.drop_letter_texts(s, LATER, NOW),
    "the bounces whose words are dropped": lambda s: bounces.drop_bounce_texts(s, LATER),
    "the calls that are tagged": lambda s: len(strategies.tagged_calls(s, "food")),
}


@pytest.mark.parametrize("what", COUNTS)
def test_a_region_counts_its_own_alone(regions: Regions, what: str) -> None:
    for database in regions.values():
        with database.write() as session:
            assert COUNTS[what](session) == 1


def test_a_region_claims_and_settles_its_own_mails_alone(regions: Regions) -> None:
    ours, theirs = regions.values()
    with ours.write() as session:
        run_id = a_run(session, NOW)
        claimed = send_queue.claim(session, 10, NOW, run_id)
        letter = letters.claim_letter(session, NOW, run_id)
        assert letters.claim_letter(session, NOW, run_id) is None
    assert ([one.recipient for one in claimed], letter and letter.recipient) == ([HOMES[0]], HOMES[0])
    with theirs.write() as session:
        send_queue.settle(session, [Outcome(claimed[0].id, DeliveryState.SENT)], NOW)
        assert (send_queue.in_flight(session, ()), letters.give_up_in_flight(session, NOW)) == ([], 0)
        assert deliveries.count_states(session) == {DeliveryState.RENDERED: 1}
    with ours.read() as session:
        assert [one.id for one in send_queue.in_flight(session, ())] == [claimed[0].id]


def test_what_is_done_to_all_is_done_to_a_regions_own_alone(regions: Regions) -> None:
    ours, theirs = regions.values()
    with ours.write() as session:
        for one in subscribers.all_subscribers(session):
            one.state = subscribers.SubscriberState.LEFT
        session.flush()
        send_queue.skip_who_left(session, NOW)
        send_queue.hold_stale(session, date(2027, 1, 1))
        erasure.drop_wishes(session, LATER)
        subscribers.note_welcomed(session, [1, 2], NOW)
        strategies.replace_rulebook(session, [], [], [], [], Signed("test", "all gone", NOW))
        examples.replace_of_file(session, [], Signed("test", "all gone", NOW))
        strategies.unpin(session, 1, "food")
        judgements.drop_judgements(session, 1)
        strategies.replace_taggings(session, [1], [])
        deliveries.drop_old_contents(session, LATER)
    with theirs.read() as session:
        [reader] = subscribers.all_subscribers(session)
        assert deliveries.count_states(session) == {DeliveryState.RENDERED: 1}
        assert (_edition(session).state, reader.welcomed_at) == (EditionState.BUILT, None)
        assert [one.detail for one in subscribers.history_of(session, reader.id or 0)] == [{"consent": 1}]
        assert [one.enabled for one in strategies.all_rules(session)] == [True]
        assert len(judgements.all_judgements(session)) == 1
        assert len(strategies.all_masks(session)) == len(strategies.all_pins(session)) == 1
        assert strategies.tagged_calls(session, "food") == {1}
        assert [one.content_id is not None for one in deliveries.list_deliveries(session, [], None, None)] == [True]


def test_the_number_of_another_regions_row_finds_nothing(regions: Regions) -> None:
    ours, theirs = regions.values()
    with ours.read() as session:
        [reader] = subscribers.all_subscribers(session)
        [interest] = subscribers.interests_of(session, [reader.id or 0])[reader.id or 0]
        [hold] = editions.list_holds(session)
        [edition] = editions.list_editions(session, None)
        [example] = examples.all_examples(session)
        [mail] = deliveries.list_deliveries(session, [], None, None)
    with theirs.write() as session:
        assert find_ours(session, Subscriber, reader.id or 0) is None
        assert find_ours(session, Edition, edition.id or 0) is None
        assert subscribers.held(session, reader.id or 0) is None
        assert subscribers.interest_of(session, interest.id or 0) is None
        assert editions.hold_of(session, hold.id or 0) is None
        assert bounces.delivery_returned(session, mail.id or 0, signed=True) is None
        assert send_queue.mail_of(session, mail.id or 0) is None
        assert not examples.delete_example(session, example.id or 0, Signed("test", "not ours", NOW))


def test_without_a_region_a_regions_table_is_refused_and_the_shared_ones_are_read(regions: Regions) -> None:
    nobodys = Database(regions["kainuu"].url.render_as_string(hide_password=False))
    with nobodys.read() as session:
        assert list(calls.calls_by_id(session, [1])) == [1]
        with pytest.raises(NoRegion):
            strategies.all_rules(session)
    with nobodys.write() as session, pytest.raises(NoRegion):
        session.connection().execute(sa.insert(Admin), [{"address": "a", "name": "a", "created_at": NOW}])
    with pytest.raises(NoRegion), nobodys.write() as session:
        audit.append_audit(session, Signed("somebody", "", NOW), Act.CORRECTION, "anything")
    nobodys.dispose()


def test_a_session_of_any_kind_knows_its_region(regions: Regions) -> None:
    ours = regions["kainuu"]
    for kind in (ours.read, ours.write, ours.rehearse):
        with kind() as session:
            assert region_of(session) == "kainuu"


def test_no_output_names_the_region(regions: Regions) -> None:
    with regions["kainuu"].read() as session:
        assert "region" not in subscribers.all_subscribers(session)[0].model_dump()
        assert "region" not in strategies.all_rules(session)[0].model_dump()
