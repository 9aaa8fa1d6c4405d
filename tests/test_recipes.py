"""Recipes: who adds a cadence, a preference, a field or a language is told what else it needs (docs/architecture.md).

What is keyed by an enum is held by test_tables.py.
"""

import inspect
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from db.calls import (
    FIELDS,
    READ_BY_RULES,
    Call,
    CallFacts,
    CallKind,
    CallStatus,
    CallTracking,
    Deadline,
    Note,
)
from db.editions import EditionKind
from db.subscribers import ActorType, Cadence, DueReader, InterestRow, Language, Subscriber, SubscriberState, Wants
from jobs.cli.subscribers import add_subscriber
from jobs.editions.segments import segment_of
from tests.support.places import ROOT
from tests.tracker.subscriptions.test_requests import KNOWN, NAMES, SOURCES
from tracker.config import ScheduleSettings
from tracker.digests.content import CONTINUOUS, Change, ChangeKind, Item, SectionKind, digest_call
from tracker.digests.interests import InterestQuery
from tracker.emails import service_mails
from tracker.emails.call_view import FACTS, CallView, call_view
from tracker.emails.service_mails import Order
from tracker.errors import Code
from tracker.subscriptions.requests import CHOICES, SignUp, interest_in_words, preferences_held, wants_faults
from tracker.subscriptions.roster import COLUMNS
from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import from_facts
from tracker.tagging.messages import FAULTS, PHRASES

AT = datetime(2026, 11, 23, 6, tzinfo=UTC)

# --- a cadence --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cadence", Cadence)
def test_a_cadence_has_a_kind_of_edition_and_a_line_of_the_schedule(cadence: Cadence) -> None:
    assert EditionKind.of(cadence).cadence is cadence
    assert cadence.value in ScheduleSettings.model_fields


# --- a preference -----------------------------------------------------------------------------------------------------

SHOWS_ITSELF = {"language"}  # by the letter's own words
NOT_IN_A_DIGEST = {"urgent"}  # it decides which editions come, not what they say
OTHERWISE: dict[str, Any] = {
    "urgent": True,
    "own_region": False,
    "own_kind": False,
    "lead_days": (3,),
}  # what a reader may choose in place of the default
ANOTHERS: dict[str, Any] = {  # as a `DueReader` has it
    "language": "sv",
    "own_region": False,
    "own_kind": False,
    "lead_days": "[3]",
}
ASKED: dict[str, Any] = {  # of an interest: what is not the default of each field
    "spearheads": ("food",),
    "programmes": ("LIFE",),
    "sources": ("portal",),
    "kinds": ("cascade",),
    "audience": ("municipality",),
    "query": "hydrogen*",
    "money_min": 100_000,
    "money_max": 500_000,
    "forthcoming": False,
}
ONLY_NARROWS = {"money_min", "money_max", "forthcoming"}  # no interest by itself
OPTIONS = {"forthcoming": "open_only"}  # of the command line, where the name is another


@pytest.mark.parametrize("name", CHOICES)
def test_a_preference_is_a_column_of_the_mailbox_and_is_read_as_it_was_kept(name: str) -> None:
    held = object()
    mailbox = Subscriber(**dict.fromkeys(CHOICES) | {name: held})
    assert name in Subscriber.model_fields
    assert getattr(preferences_held(mailbox, []), name) is held


@pytest.mark.parametrize("name", [name for name in CHOICES if name not in SHOWS_ITSELF])
def test_a_preference_is_said_in_the_letter_that_asks_for_consent(name: str) -> None:
    assert name in {field.name for field in fields(Order)}
    order = Order(Cadence.WEEKLY, ("food",), urgent=False, own_region=True, own_kind=True, lead_days=(28, 7))
    assert facts_of(replace(order, **{name: OTHERWISE[name]})) != facts_of(order)


def facts_of(order: Order) -> list[str]:
    return [fact.text for fact in service_mails.order_facts(order, "en")]


@pytest.mark.parametrize("name", [name for name in CHOICES if name not in NOT_IN_A_DIGEST])
def test_readers_who_differ_in_a_preference_do_not_share_a_digest(name: str) -> None:
    who = (1, "anna@lahti.example", SubscriberState.ACTIVE, "fi", Cadence.WEEKLY)
    reader = DueReader(*who, "[28, 7]", None, own_region=True, own_kind=True, actor_type=ActorType.COMPANY)
    other = reader._replace(**{name: ANOTHERS[name]})
    interests = (InterestRow("[]", "[]", "[]", "[]", "[]", "hydrogen", None, None, True, 0),)
    assert segment_of(other, interests, own=("ours",)) != segment_of(reader, interests, own=("ours",))


def test_an_interest_is_obeyed_with_all_that_it_wants() -> None:
    wants = [*Wants.model_fields, "cursor"]
    assert list(InterestRow._fields) == wants
    assert [field.name for field in fields(InterestQuery)] == wants


@pytest.mark.parametrize("name", Wants.model_fields)
def test_what_an_interest_wants_is_said_and_restricts_or_is_known_to_narrow_only(name: str) -> None:
    wants = Wants(**{name: ASKED[name]})
    assert interest_in_words(wants, NAMES, SOURCES, "en")
    is_empty = [fault.code for fault in wants_faults(wants, KNOWN)] == [Code.EMPTY_INTEREST]
    assert is_empty == (name in ONLY_NARROWS)


@pytest.mark.parametrize("name", [name for name in (*SignUp.model_fields, *Wants.model_fields) if name != "interests"])
def test_the_operator_can_give_all_that_a_reader_can(name: str) -> None:
    options = inspect.signature(add_subscriber).parameters
    assert {name, name.removesuffix("s"), OPTIONS.get(name, name)} & options.keys()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_rosters_column_is_documented(column: str) -> None:
    rows = [line for line in (ROOT / "docs" / "subscribers.md").read_text("utf-8").splitlines() if line[:1] == "|"]
    assert any(f"`{column}`" in row.split("|")[1] for row in rows)


# --- a field of a call ------------------------------------------------------------------------------------------------

IS_NAMED_IN_A_CORRECTION = {"text"}  # of a text a digest says only that it changed
CANNOT_BE_CORRECTED = {"source", "identifier", "deadline_model", "expected_grants", "note"}
FACTS_OF_A_CALL = CallFacts(
    source="portal",
    key="1",
    kind=CallKind.TOPIC,
    title="Timber",
    url="https://example.org/1",
    opens_on=date(2027, 1, 1),
)
OTHER: dict[str, Any] = {  # of each field, another value than the call above has
    "source": "eura",
    "key": "2",
    "kind": CallKind.CASCADE,
    "identifier": "LIFE-2027-1",
    "title": "Wood",
    "call_identifier": "LIFE-2027",
    "call_title": "LIFE 2027",
    "project": "WOODY",
    "programme": "LIFE",
    "type_of_action": "RIA",
    "claimed_status": CallStatus.CLOSED,
    "opens_on": date(2027, 2, 1),
    "deadlines": (Deadline(on=date(2027, 9, 15)),),
    "deadline_model": CONTINUOUS,
    "budget_total": 9_000_000,
    "project_min": 1_000_000,
    "project_max": 2_000_000,
    "expected_grants": 4,
    "keywords": ("timber",),
    "destination": "Circular cities",
    "mission": "Soil",
    "divisions": ("45",),
    "audience": ("company",),
    "consortium": "Three partners",
    "conditions": "Applicants must be municipalities.",
    "url": "https://example.org/2",
    "language": "fi",
    "text": "Reused timber in buildings.",
    "note": Note(text="The deadline was extended."),
}


def with_other(name: str) -> CallFacts:
    return FACTS_OF_A_CALL.model_copy(update={name: OTHER[name]})


def as_mailed(facts: CallFacts) -> CallView:
    ours = CallTracking(
        fingerprint="", parser_version=1, status=CallStatus.FORTHCOMING, first_seen_at=AT, changed_at=AT
    )
    moved = Change(ChangeKind.DEADLINE, date(2027, 5, 1), date(2027, 6, 1))
    item = Item(Call(id=1, **vars(facts), **vars(ours)), SectionKind.NEW, (moved,), (), (), ())
    call = digest_call(item, {"portal": "Portal", "eura": "EURA"}, AT.date())
    return call_view(SectionKind.NEW, call, AT.date(), "en", ZoneInfo("Europe/Helsinki"))


def test_every_field_of_a_call_says_what_it_is_for() -> None:
    assert list(FIELDS) == list(CallFacts.model_fields)


@pytest.mark.parametrize("name", CallFacts.model_fields)
def test_a_fact_is_told_where_it_says_so(name: str) -> None:
    assert (as_mailed(with_other(name)) != as_mailed(FACTS_OF_A_CALL)) == FIELDS[name].told


@pytest.mark.parametrize("name", CallFacts.model_fields)
def test_a_fact_is_read_by_rules_where_it_says_so(name: str) -> None:
    before, after = (replace(from_facts(facts), id="") for facts in (FACTS_OF_A_CALL, with_other(name)))
    assert (after != before) == FIELDS[name].searched
    assert not FIELDS[name].searched or name in {column.key for column in READ_BY_RULES}


def test_what_digests_tell_can_be_corrected() -> None:
    told = {name for name, use in FIELDS.items() if use.told}
    assert FACTS.keys() == (told - CANNOT_BE_CORRECTED) | IS_NAMED_IN_A_CORRECTION


# --- a language -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", Language)
def test_a_language_is_read_by_rules_and_spoken_to_admins(language: Language) -> None:
    assert language in LANGUAGES, "rules would read its texts without base forms"
    assert language in FAULTS
    assert language in PHRASES
