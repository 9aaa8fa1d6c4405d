"""Catalogues: every text that the code or a template shows has its Finnish and Swedish.

After a change of texts, from the repository's root:

    mkdir -p build
    pybabel extract -F tracker/locales/babel.cfg -k N_ --no-location --sort-output \
      -o build/karkivahti.pot tracker jobs
    pybabel update -D karkivahti -d tracker/locales --no-fuzzy-matching --no-wrap -i build/karkivahti.pot
    pybabel compile -D karkivahti -d tracker/locales
"""

import re
from itertools import chain
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from db.subscribers import Language
from tracker import l10n
from tracker.glossary import glossary

ROOT = Path(l10n.__file__).parents[1]
TRANSLATED = pytest.mark.parametrize(
    "language", [language.value for language in Language if language is not Language.EN]
)
FLOORS = ("tracker", "jobs")
PLACE = re.compile(r"%\([a-z_]+\)[ds]")


def catalogue(language: str) -> Catalog:
    with (l10n.LOCALES / language / "LC_MESSAGES" / f"{l10n.DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=language)


def used() -> set[str]:
    with (l10n.LOCALES / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = {**DEFAULT_KEYWORDS, "N_": None}
    found = chain.from_iterable(extract_from_dir(ROOT / floor, methods, options, keywords) for floor in FLOORS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def msgid(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def strings(message: Message) -> list[str]:
    given = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [text or "" for text in given]


@TRANSLATED
def test_every_text_that_is_used_has_a_translation(language: str) -> None:
    texts = used()
    done = {msgid(m) for m in catalogue(language) if m.id and all(strings(m)) and not m.fuzzy}
    assert "Key dates" in texts  # a template's
    assert "Horizon Europe" in texts  # a table's
    assert texts - done == set()


@TRANSLATED
def test_no_translation_is_left_over_from_a_text_that_is_gone(language: str) -> None:
    assert {msgid(m) for m in catalogue(language) if m.id} - used() == set()


@TRANSLATED
def test_a_translation_fills_in_the_same_values_as_its_text(language: str) -> None:
    for message in catalogue(language):
        wanted = set(PLACE.findall(msgid(message)))
        assert all(set(PLACE.findall(text)) == wanted for text in strings(message) if message.id), message.id


@TRANSLATED
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (l10n.LOCALES / language / "LC_MESSAGES" / f"{l10n.DOMAIN}.mo").open("rb") as file:
        compiled = {msgid(m): strings(m) for m in read_mo(file) if m.id}
    assert compiled == {msgid(m): strings(m) for m in catalogue(language) if m.id}


@TRANSLATED
def test_few_texts_are_the_same_as_in_english(language: str) -> None:
    same = {msgid(m) for m in catalogue(language) if m.id and strings(m)[0] == msgid(m)}
    assert same <= {"EU4Health", "Erasmus+", "Euratom", "Interreg", "Budget %(old)s → %(new)s"}


@TRANSLATED
def test_a_number_and_its_percent_sign_stay_on_one_line(language: str) -> None:
    assert [text for m in catalogue(language) if m.id for text in strings(m) if re.search(r"[\ds] %%", text)] == []
    words = [line for term in glossary().values() for line in term.in_(language)]
    assert [line for line in words if re.search(r"\d %", line)] == []


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_no_two_kinds_of_applicant_are_called_alike(language: str) -> None:
    t = l10n.catalogue(language)
    names = [t.gettext(name) for kind, name in l10n.AUDIENCES.items() if kind != "individual"]  # publishers' for person
    assert len(names) == len(set(names))
