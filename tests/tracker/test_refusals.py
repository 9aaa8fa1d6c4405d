"""Refusals: every code, noun and state has its sentence in three languages, and errors are said whole."""

import re
from datetime import date
from enum import StrEnum

import pytest

from db.deliveries import DeliveryState
from db.duplicates import DuplicateState
from db.editions import EditionState, HoldState
from db.engine import OldSchema
from db.runs import Verdict
from db.subscribers import Cadence, Language, SubscriberState
from tracker import l10n
from tracker.errors import (
    Code,
    ConfigError,
    Fault,
    FetchError,
    InputFaults,
    NotFound,
    Noun,
    Refusal,
    TrackerError,
    WrongState,
)
from tracker.refusals import NOUNS, SENTENCES, WORDS, said, worded

STATES = (DuplicateState, DeliveryState, EditionState, HoldState, SubscriberState, Verdict, Cadence)
TRANSLATED = pytest.mark.parametrize(
    "language", [language.value for language in Language if language is not Language.EN]
)


def test_every_code_and_every_noun_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(Code)
    assert NOUNS.keys() == set(Noun)


@pytest.mark.parametrize("states", STATES)
def test_every_state_has_its_word(states: type[StrEnum]) -> None:
    assert {state.value for state in states} - WORDS.keys() == set()


@TRANSLATED
def test_every_sentence_and_every_word_is_in_every_language(language: str) -> None:
    texts = {*SENTENCES.values(), *WORDS.values(), *(text for pair in NOUNS.values() for text in pair)}
    t = l10n.catalogue(language)
    assert {text for text in texts if t.gettext(text) == text} == set()


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("language", [language.value for language in Language])
def test_a_sentence_names_all_its_values(code: Code, language: str) -> None:
    names = re.findall(r"%\((\w+)\)s", SENTENCES[code])
    values = {name: f"<{name}>" for name in names} | {"query": "food AND ("}
    text = worded(Fault(code, values=values), language)
    assert [name for name in names if name != "why" and f"<{name}>" not in text] == []
    assert "%" not in text.replace("<percent>%", "").replace("<percent>\N{NO-BREAK SPACE}%", "")


@pytest.mark.parametrize(
    ("error", "en", "fi", "sv"),
    [
        (NotFound(Noun.RUN, 7), "there is no run 7", "ajoa 7 ei ole", "körningen 7 finns inte"),
        (
            NotFound(Noun.SPEARHEAD, "fod", ["circular", "food"]),
            "there is no spearhead fod; there are circular, food; did you mean food?",
            "kärkeä fod ei ole; valittavana ovat circular, food; tarkoititko food?",
            "spetsen fod finns inte; att välja på finns circular, food; menade du food?",
        ),
        (
            WrongState(Noun.EDITION, 4, EditionState.HELD, (EditionState.BUILT,)),
            "edition 4 is held; it must be built",
            "numero 4: tila on nyt ”pysäytetty”; sen pitäisi olla ”koottu”",
            "utgåva 4: läget är nu ”tillbakahållen”; det borde vara ”sammanställd”",
        ),
        (
            WrongState(Noun.DELIVERY, 4, DeliveryState.SENT, (DeliveryState.REFUSED, DeliveryState.UNKNOWN)),
            "delivery 4 is sent; it must be refused or unknown",
            "lähetys 4: tila on nyt ”lähetetty”; sen pitäisi olla ”torjuttu tai epäselvä”",
            "utskick 4: läget är nu ”skickad”; det borde vara ”avvisad eller oklar”",
        ),
        (
            Refusal(Code.DECIDED_ALREADY, hold=3, state=HoldState.RELEASED, by="maija"),
            "hold 3 was already released by maija",
            "pysäytyksestä 3 on jo päätetty: vapautettu, maija",
            "spärren 3 har redan avgjorts: frisläppt av maija",
        ),
        (
            Refusal(Code.NO_PAGES_SINCE, source="portal", since=date(2026, 7, 1)),
            "portal: no pages of an accepted reading since 2026-07-01 are kept",
            "portal: yhdenkään hyväksytyn lukemisen sivuja ei ole tallella 2026-07-01 alkaen",
            "portal: ingen godkänd läsning sedan 2026-07-01 har sina sidor kvar",
        ),
    ],
)
def test_an_error_is_said_in_its_readers_language(error: TrackerError, en: str, fi: str, sv: str) -> None:
    assert [said(error, language) for language in ("en", "fi", "sv")] == [[en], [fi], [sv]]


def test_every_fault_is_a_line_with_its_place() -> None:
    error = InputFaults(
        Fault(Code.MISSING, "address", line=2), Fault(Code.TOO_MANY, "spearheads", {"most": 100}), Fault(Code.NOT_JSON)
    )
    assert said(error, "en") == [
        "line 2: address: this is missing",
        "spearheads: name at most 100",
        "what begins with [ or { must be JSON",
    ]
    assert said(error, "fi")[0] == "rivi 2: address: tämä puuttuu"


def test_a_query_that_does_not_parse_is_told_of_in_the_words_of_the_rules_grammar() -> None:
    fault = Fault(Code.BAD_QUERY, "query", {"query": '"food'})
    assert worded(fault, "fi").startswith("query: hakulauseketta ei voi lukea: lainausmerkki puuttuu (merkki 1)")
    assert "quotation mark" in worded(fault, "en")


def test_a_refusal_holds_faults_and_errors_that_are_said_with_it() -> None:
    broken = Fault(Code.MUST_MATCH, values={"whose": "food", "words": "Fine food"})
    inner = Refusal(Code.BREAKS_EXAMPLES, what="rule beer", count=1, examples=(broken,))
    assert said(Refusal(Code.NOTHING_TAKEN, file="rules.jsonl", why=inner), "en") == [
        "rules.jsonl: nothing was taken: rule beer would break 1 example(s): food must match: Fine food"
    ]


def test_what_a_source_or_the_operators_file_has_wrong_is_said_as_it_was_written_down() -> None:
    assert said(FetchError("portal", "timeout", "no answer in 60 s"), "fi") == ["portal: timeout: no answer in 60 s"]
    assert said(ConfigError(["mail.port: too large", "log.level: unknown"]), "sv") == [
        "mail.port: too large",
        "log.level: unknown",
    ]


def test_a_state_without_a_word_of_ours_is_shown_as_it_is_written() -> None:
    assert said(WrongState(Noun.RULE, "beer", "switched off"), "fi") == ["sääntö beer: tila on nyt ”switched off”"]


def test_an_old_schema_is_told_with_what_there_is_and_what_is_needed() -> None:
    assert said(OldSchema("sqlite:///x", "0004", "0005"), "en") == [
        "the database sqlite:///x has schema 0004; this program needs 0005"
    ]
