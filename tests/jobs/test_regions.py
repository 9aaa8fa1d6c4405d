"""Regions in one database: what a region's work says to the database names the region, and leaves others' alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import calls, feedback, strategies
from db.admins import Role
from db.audit import Signed
from db.banners import banner_on
from db.bounces import Bounce, BounceKind
from db.deliveries import DeliveryState
from db.editions import EditionKind
from db.engine import Database
from db.monthly_letters import list_monthly_letters
from db.saved_views import all_views
from db.source_drafts import all_drafts
from db.strategies import Mask
from db.subscribers import Cadence, Language
from jobs.admins import accounts, sign_in
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.delivery.letters import send_letters
from jobs.editions.holds import hold_edition, release_edition
from jobs.editions.planning import make_edition, make_urgent, make_welcome
from jobs.editions.previewing import expected_edition, preview_for_reader
from jobs.editions.selections import Audience, send_selection
from jobs.editions.verify import verify
from jobs.editions.why import why
from jobs.publishing.banner import end_banner, set_banner
from jobs.publishing.catalogue import CallQuery
from jobs.publishing.feeds import export
from jobs.publishing.monthly_letters import add_chosen, begin_letter, letter_in_full
from jobs.readers.invitations import invite, read_invitations
from jobs.readers.lists import reader_counts, take_list
from jobs.readers.lookup import found_subscribers
from jobs.readers.optin import leave
from jobs.readers.preferences import change_cadence, mute, not_for_us, pause, resume
from jobs.readers.privacy import erase, export_person
from jobs.rulebook.evaluation import evaluate_present
from jobs.rulebook.gold import grow, judge_call, unjudge
from jobs.rulebook.pins import pin_call, unpin_call
from jobs.rulebook.reports import dead_rules, missed_calls
from jobs.rulebook.saving import mask_edit, save
from jobs.rulebook.standing import rules_of
from jobs.rulebook.tagging import retag_all
from jobs.rulebook.unwanted import close_unwanted, unwanted_calls
from jobs.running.inbox import all_waiting
from jobs.running.retention import housekeep
from tests.jobs.subscribing import joined, reader
from tests.jobs.world import (
    MONDAY,
    Clock,
    PostOffice,
    ToldPortal,
    add_news,
    add_rules,
    clock_of,
    collect,
    enrol,
    mailing,
    reading,
    states,
)
from tests.support.statements import children, forgets, named, own, watched
from tracker.feeds.addresses import FeedFormat

HAND = Signed("operator", "a test", MONDAY)
SIGNED = Signed("anna", "a test", MONDAY)
WRITTEN_ONLY = {"audit"}  # nothing asks them yet


def test_no_statement_of_a_regions_work_forgets_whose_rows_it_touches(
    app: App, portal: ToldPortal, office: PostOffice, tmp_path: Path
) -> None:
    app = mailing(reading(app, portal.url), office.port)
    with watched(app.db.engine) as seen:
        _edit_rules(app)
        _serve_readers(app, tmp_path)
        _ask_and_write(app)
        _come_to_the_desk(app)
    assert [one for one in seen if forgets(one)] == []
    assert (own() | children()) - {name for one in seen for name in named(one)} == WRITTEN_ONLY


def _edit_rules(app: App) -> None:
    collect(app)
    call_id = add_news(app.db, MONDAY, "call-1", "food")
    with app.db.read() as session:
        call = calls.calls_by_id(session, [call_id])[call_id]
        edit = mask_edit(session, "no-food", Mask(key="no-food", text='"food poisoning"'))
    save(app, edit, SIGNED)
    pin_call(app, call, "circular", True, SIGNED, as_example=True)
    grow(app, 2, SIGNED)
    judge_call(app, call, {"food": 2}, SIGNED)
    evaluate_present(app, [])
    unjudge(app, call, SIGNED)
    unpin_call(app, call_id, "circular", SIGNED)
    retag_all(app)
    with app.db.read() as session:
        dead_rules(session, app.compiled, MONDAY)
        missed_calls(session, app.compiled, MONDAY - timedelta(days=30))
        strategies.rule_revisions(session, "food-words")
        feedback.all_feedback(session)
    export(app, FeedFormat.ATOM, CallQuery(spearhead="food"), "en")


def _serve_readers(app: App, folder: Path) -> None:
    anna, call_id = joined(app, actor="LAB", urgent=True), 1
    bertil = joined(app, "bertil")
    add_news(app.db, MONDAY, "call-2", "food")
    send_letters(app)
    make_welcome(app)
    edition = make_edition(app, Cadence.WEEKLY)[0]
    hold_edition(app, edition.id or 0, SIGNED)
    release_edition(app, edition.id or 0, SIGNED)
    deliver(app)
    clock_of(app).forward(days=1)
    add_news(app.db, clock_of(app).now, "call-3", "food")
    make_urgent(app)
    deliver(app)
    pause(app, anna, app.today() + timedelta(days=20), HAND)
    resume(app, anna, HAND)
    mute(app, anna, call_id, HAND)
    change_cadence(app, anna, Cadence.DAILY, HAND)
    export_person(app, anna, folder / "anna")
    leave(app, bertil, HAND)
    erase(app, bertil, HAND)
    with app.db.write() as session:
        session.add(Bounce(at=MONDAY, kind=BounceKind.SOFT, subscriber_id=anna, detail="full", hash="h"))
    clock_of(app).forward(days=900)
    housekeep(app)
    assert verify(app).discrepancies == []


def _ask_and_write(app: App) -> None:
    bread = add_news(app.db, clock_of(app).now, "call-4", "food")
    carl = joined(app, "carl", actor="LUT", actor_type="university", municipality="Lahti")
    letter = begin_letter(app, "The best of June", HAND).id or 0
    add_chosen(app, letter, [bread], HAND)
    send_selection(app, letter, Audience(("food",)), HAND)
    invite(app, read_invitations(app, "new@reader.example", {"interests": [{"spearheads": ["food"]}]}), HAND)
    not_for_us(app, carl, bread, HAND)
    close_unwanted(app, bread, HAND)
    take_list(app, HAND)
    with app.db.read() as session:
        all_views(session)
        all_drafts(session)
        list_monthly_letters(session, None)
        letter_in_full(session, letter)
        reader_counts(session)
        unwanted_calls(session)
        why(session, app, carl, bread, "fi")
    expected_edition(app, EditionKind.WEEKLY)
    preview_for_reader(app, carl)


def _come_to_the_desk(app: App) -> None:
    signed = SIGNED._replace(at=app.clock())
    maija = accounts.add_admin(app, "maija@desk.example", "Maija", Role.ADMIN, Language.FI, signed)
    sign_in.choose_password(app, maija.token, "kolme pientä hakua")
    token = sign_in.sign_in(app, "maija@desk.example", "kolme pientä hakua")
    clock_of(app).forward(minutes=5)
    assert sign_in.who_is(app, token)
    sign_in.sign_out(app, token)
    sign_in.sign_out_everywhere(app, maija.admin.id or 0, signed)
    accounts.invite_again(app, "maija@desk.example", signed)
    end_banner(app, set_banner(app, {"fi": "a", "sv": "b", "en": "c"}, app.today(), app.today(), signed), signed)
    with app.db.read() as session:
        rules_of(session, "food", app.clock())
        all_waiting(session, app)
        found_subscribers(session, "anna", 9)
        banner_on(session, app.today())


@pytest.mark.parametrize(
    ("statement", "is_forgetful"),
    [
        ("SELECT rules.key FROM rules", True),
        ("SELECT rules.key FROM rules WHERE rules.region = ?", False),
        ("SELECT calls.id FROM calls", False),
        ("DELETE FROM pins WHERE pins.call_id = ?", True),
        ("UPDATE editions SET state=? WHERE editions.id = ?", False),
        ("SELECT interests.query FROM interests", True),
        ("SELECT interests.query FROM interests WHERE interests.subscriber_id IN (?, ?)", False),
        ("SELECT interests.query FROM interests JOIN subscribers ON subscribers.id = interests.subscriber_id", True),
        ("INSERT INTO audit (region) VALUES (?)", False),
    ],
)
def test_a_statement_that_forgets_is_known(statement: str, is_forgetful: bool) -> None:
    assert forgets(statement) is is_forgetful


@pytest.fixture
def neighbour(app: App, database_url: str, clock: Clock) -> Iterator[App]:
    """Another region at work on the same database, with the same rulebook."""
    db = Database(database_url, "kainuu")
    add_rules(db, clock.now)
    yield replace(app, db=db)
    db.dispose()


def test_two_regions_make_and_send_their_editions_of_one_period(
    app: App, neighbour: App, office: PostOffice, clock: Clock
) -> None:
    app, neighbour = mailing(app, office.port), replace(mailing(neighbour, office.port), db=neighbour.db)
    enrol(app.db, clock.now, "anna")
    enrol(neighbour.db, clock.now, "anna")
    enrol(neighbour.db, clock.now, "kaisa")
    call_id = add_news(app.db, clock.now, "call-1", "food")  # tagged by the one region alone
    first, second = make_edition(app, Cadence.WEEKLY), make_edition(neighbour, Cadence.WEEKLY)
    assert first[0].period == second[0].period
    deliver(neighbour)
    assert office.copies == {}
    deliver(app)
    assert office.copies == {"anna": 1}
    assert verify(app).discrepancies == verify(neighbour).discrepancies == []
    with neighbour.db.read() as session:
        assert strategies.spearheads_of(session, [call_id]) == {}
    assert states(app.db) == {DeliveryState.SENT: 1, DeliveryState.SKIPPED: 2}
    assert reader(app).id != reader(neighbour).id


def test_no_code_gets_a_regions_row_by_its_number_alone() -> None:
    """`session.get` would find another region's row, too; `find_ours` and `get_ours` do not."""
    classes = {mapper.class_.__name__ for mapper in _mappers() if mapper.local_table.name in own()}
    root = Path(__file__).parents[2]
    calls_ = [f"session.get{one}({name}," for one in ("", "_one") for name in classes - {"RuleRow"}]
    for floor in ("db", "tracker", "jobs"):
        for file in (root / floor).rglob("*.py"):
            assert [call for call in calls_ if call in file.read_text("utf-8")] == [], file.name


def _mappers() -> Iterator[sa.orm.Mapper[object]]:
    from sqlmodel.main import default_registry

    yield from default_registry.mappers
