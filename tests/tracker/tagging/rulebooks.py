"""Small rulebooks for tests."""

from datetime import date

from db.strategies import Mask, Rule, Spearhead, Strategy, Weight
from tracker.tagging.documents import Document
from tracker.tagging.index import Index, compile_rules, spearhead_scores, tag
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.rulebook import Rulebook


def rulebook(*rules: Rule, masks: tuple[Mask, ...] = (), threshold: int = 4, full_until: int | None = None) -> Rulebook:
    """A rulebook with one strategy that names every spearhead of the rules."""
    keys = tuple(dict.fromkeys(rule.spearhead for rule in rules))
    return Rulebook(
        strategies=(Strategy(key="now", starts_on=date(2026, 1, 1), ends_on=None, spearheads=keys),),
        spearheads=tuple(Spearhead(key=key, threshold=threshold, full_until=full_until) for key in keys),
        rules=rules,
        masks=masks,
    )


def rule(text: str, weight: Weight = Weight.STRONG, language: str | None = "en", key: str = "rule") -> Rule:
    return Rule(key=key, spearhead="food", text=text, weight=weight, language=language)


def matches(lemmas: Lemmas, text: str, document: Document, language: str | None = None, *masks: Mask) -> bool:
    """Whether one rule holds for a document."""
    index = compile_rules(rulebook(rule(text, language=language), masks=masks), lemmas)
    return bool(spearhead_scores(index, document))


def said(text: str, language: str = "en") -> Document:
    return Document(id="1", title="", text=text, language=language)


def titled(title: str, text: str = "", language: str = "en") -> Document:
    return Document(id="1", title=title, text=text, language=language)


def tags_of(index: Index, document: Document) -> dict[str, int]:
    return {found.spearhead: found.score for found in tag(index, document)}
