"""The glossary: every term is explained in each language, and found in our lines where it is meant."""

import pytest

from tracker.glossary import glossary, marked_terms


def found(line: str, *already: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.term) for piece in marked_terms(line, already) if piece.term]


def test_every_term_has_its_name_its_explanation_and_words_of_its_own() -> None:
    terms = glossary()
    assert len(terms) >= 40
    for language in ("fi", "sv", "en"):
        names = [term.in_(language).name for term in terms.values()]
        assert len(set(names)) == len(names)
        assert [key for key, term in terms.items() if not 40 <= len(term.in_(language).text) <= 260] == []
    words = [word for term in terms.values() for word in term.words]
    assert len(set(words)) == len(words)
    assert all(set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for key in terms)  # it is part of an address


@pytest.mark.parametrize(
    ("line", "terms"),
    [
        ("Horisontti Eurooppa · tutkimus- ja innovaatiotoimi (RIA)", [("RIA", "ria")]),
        ("vähintään 3 hakijaa · kertakorvaus · TRL 5–7", [("kertakorvaus", "lump-sum"), ("TRL", "trl")]),
        ("konsortium ≥ 3, från ≥ 3 länder", [("konsortium", "consortium")]),
        ("Stage 1: Sat 20 June", [("Stage 1", "two-stage")]),
        ("Jatkuva haku, seuraava määräpäivä 1.2.", [("Jatkuva haku", "continuous"), ("määräpäivä", "cut-off")]),
        ("HORIZON-JU-CHIPS-2026-IA-01 · I3-2026-INV1", []),  # within an identifier
        ("Via Baltica, LIFE, maria, ia", []),  # within words; capitals are meant
        ("RIA and RIA", [("RIA", "ria")]),  # once
    ],
)
def test_terms_are_found_in_our_lines(line: str, terms: list[tuple[str, str]]) -> None:
    assert found(line) == terms
    assert "".join(piece.text for piece in marked_terms(line)) == line


def test_a_term_that_was_marked_already_is_left_alone() -> None:
    assert found("TRL 5 · RIA", "trl") == [("RIA", "ria")]
