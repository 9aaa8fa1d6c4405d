"""Drafts: show the rulebook to a person, and turn what they ask for into edits that can be previewed and saved.

Edits are previewed by `jobs.rulebook.preview` and saved by `jobs.rulebook.saving`. Examples change no rule: they are
`jobs.rulebook.example_edits`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from db import strategies
from db.revisions import Kind, revisions_of
from db.strategies import Hides, Mask, Rule, RuleRevision, Weight
from db.subscribers import Language
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook import saving
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.reports import precision
from jobs.rulebook.saving import known_spearhead, mask_edit, rule_edit, scoring_edit
from tracker import l10n
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example
from tracker.tagging.language import check_line, parse_rule, rule_in_words
from tracker.tagging.lemmas import split_text
from tracker.tagging.rulebook_edits import Edit

ANY = "any"  # every language, every spearhead


# --- rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskedRule:
    """A requested rule; None leaves a field as it is. It must match every text in `matches` and none in `spares`."""

    key: str
    spearhead: str | None = None
    text: str | None = None
    weight: str | None = None  # strong, medium, weak
    language: str | None = None  # fi, sv, en, or any
    matches: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleInFull:
    """A rule with its line in plain words, its examples, its feedback from readers and its last revision."""

    rule: Rule
    words: str
    examples: tuple[Example, ...]
    readers: str
    last: RuleRevision


def listed_rules(session: Session, spearhead: str = "") -> list[Rule]:
    """List the rules of a spearhead, or all rules; NotFound if there is no such spearhead."""
    if spearhead:
        known_spearhead(session, spearhead)
    return [rule for rule in strategies.all_rules(session) if spearhead in ("", rule.spearhead)]


def rule_in_full(session: Session, key: str, language: str) -> RuleInFull:
    """Show one rule in full, its line worded in this language; NotFound if there is none."""
    rule = known_rule(session, key)
    its_examples = tuple(example for example in kept_examples(session) if example.rule == key)
    last = strategies.rule_revisions(session, key)[-1]
    words = rule_in_words(parse_rule(rule.text), language)
    return RuleInFull(rule, words, its_examples, said_by_readers(session, key, language), last)


def rule_history(session: Session, key: str) -> Sequence[RuleRevision]:
    """List every revision of a rule, oldest first; NotFound if there is no such rule."""
    known_rule(session, key)
    return strategies.rule_revisions(session, key)


def said_by_readers(session: Session, key: str, language: str) -> str:
    """Say how many readers were told of a call because of this rule, and how many answered "not for us"."""
    scores = [score for score in precision(session) if score.rule == key]
    t = l10n.catalogue(language)
    if not scores:
        return t.gettext("told to nobody yet")
    counts = {"told": scores[0].told, "not_for_us": scores[0].not_for_us}
    return t.gettext("told to %(told)d, not for %(not_for_us)d of them") % counts


def known_rule(session: Session, key: str) -> Rule:
    """Find a rule by its key; NotFound if there is none."""
    rule = strategies.rule_named(session, key)
    if rule is None:
        raise NotFound(Noun.RULE, key)
    return rule


def tried_rule(session: Session, request: AskedRule, compiled: CompiledRules, off: bool = False) -> Edit:
    """Build the edit that makes a rule, new or old, as requested; with `off`, the edit that switches it off."""
    rule = drafted(strategies.rule_named(session, request.key), request).model_copy(update={"enabled": not off})
    return rule_edit(session, rule, own_examples(rule, request.matches, request.spares, compiled))


def new_rule(session: Session, request: AskedRule, compiled: CompiledRules, language: str) -> Edit:
    """Build the edit that adds a rule; Refusal if the key is taken, RuleError (in this language) for a bad line."""
    if strategies.rule_named(session, request.key):
        raise Refusal(Code.RULE_EXISTS, rule=request.key)
    return _checked(session, drafted(None, request), request, compiled, language)


def changed_rule(session: Session, request: AskedRule, compiled: CompiledRules, language: str) -> Edit:
    """Build the edit that changes a rule; editing a removed rule restores it. NotFound, or RuleError for a bad line."""
    return _checked(session, drafted(known_rule(session, request.key), request), request, compiled, language)


def _checked(session: Session, rule: Rule, request: AskedRule, compiled: CompiledRules, language: str) -> Edit:
    check_line(rule.text, language)
    return rule_edit(session, rule, own_examples(rule, request.matches, request.spares, compiled))


def removed_rule(session: Session, key: str) -> Edit:
    """Build the edit that switches a rule off; NotFound if there is none."""
    return rule_edit(session, known_rule(session, key).model_copy(update={"enabled": False}))


def restored_rule(session: Session, key: str, revision: int | None) -> Edit:
    """Build the edit that restores a revision of a rule, by default the last but one; NotFound if there is none."""
    known_rule(session, key)
    return rule_edit(session, saving.rolled_back(session, key, revision))


def drafted(old: Rule | None, request: AskedRule) -> Rule:
    """Lay the requested fields over the old rule and switch it on; Refusal if a new one lacks its spearhead or line."""
    if old is None and not (request.spearhead and request.text is not None):
        raise Refusal(Code.INCOMPLETE_RULE, rule=request.key)
    weight = weighed(request.weight)
    given = {"spearhead": request.spearhead, "text": request.text, "weight": weight}
    base = old or Rule(key=request.key, spearhead="", text="", weight=Weight.MEDIUM)
    changes = {name: value for name, value in given.items() if value is not None}
    return base.model_copy(update={**changes, "language": spoken(base.language, request.language), "enabled": True})


def weighed(given: str | None) -> Weight | None:
    """Look up a weight by its name; None if none is given, InputFaults if there is no such weight."""
    if given is not None and given.upper() not in Weight.__members__:
        known = tuple(weight.name.lower() for weight in Weight)
        raise InputFaults(Fault(Code.UNKNOWN_WEIGHT, "weight", {"given": given, "known": known}))
    return Weight[given.upper()] if given else None


def spoken(now: str | None, given: str | None) -> str | None:
    """Decide the language of a line: the present one if none is given, None for any; InputFaults for an unknown one."""
    if given not in (None, ANY, *Language):
        known = (*(language.value for language in Language), ANY)
        raise InputFaults(Fault(Code.UNKNOWN_LANGUAGE, "language", {"given": given, "known": known}))
    return now if given is None else None if given == ANY else given


def own_examples(rule: Rule, matches: Sequence[str], spares: Sequence[str], compiled: CompiledRules) -> list[Example]:
    """Make examples of the texts that come with an edit: those the rule must match, then those it must not.

    They are in the rule's language; beside a rule that reads every language, each is in that of its words.
    """
    return [
        Example(rule.spearhead, Document(id=text, title="", text=text, language=language), must, rule.key)
        for must, texts in ((True, matches), (False, spares))
        for text in texts
        for language in [rule.language or compiled.lemmas.language_of(split_text(text)[0])]
    ]


# --- masks and thresholds ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskedMask:
    """A requested mask; None leaves a field as it is."""

    key: str
    text: str | None = None
    spearhead: str | None = None  # a spearhead's key, or any
    language: str | None = None  # fi, sv, en, or any
    hides: Hides | None = None


def tried_mask(session: Session, request: AskedMask, off: bool = False) -> Edit:
    """Build the edit that makes a mask, new or old, as requested; with `off`, the edit that removes it."""
    return (
        removed_mask(session, request.key) if off else mask_edit(session, request.key, drafted_mask(session, request))
    )


def saved_mask(session: Session, request: AskedMask, language: str) -> Edit:
    """Build the edit that saves a mask, new or old; RuleError (in this language) for a bad line."""
    mask = drafted_mask(session, request)
    check_line(mask.text, language)
    return mask_edit(session, request.key, mask)


def removed_mask(session: Session, key: str) -> Edit:
    """Build the edit that removes a mask; NotFound if there is none."""
    known_mask(session, key)
    return mask_edit(session, key, None)


def restored_mask(session: Session, key: str, revision: int | None) -> Edit:
    """Build the edit that restores a revision of a mask, by default the last but one; NotFound if there is none."""
    return mask_edit(session, key, saving.rolled_back_mask(session, key, revision))


def drafted_mask(session: Session, request: AskedMask) -> Mask:
    """Lay the requested fields over the old mask; Refusal for a new mask without words."""
    old = _mask(session, request.key)
    if old is None and not request.text:
        raise Refusal(Code.EMPTY_MASK, mask=request.key)
    base = old or Mask(key=request.key, text="")
    spearhead = base.spearhead if request.spearhead is None else None if request.spearhead == ANY else request.spearhead
    given = {
        "text": request.text or base.text,
        "spearhead": spearhead,
        "language": spoken(base.language, request.language),
        "hides": request.hides or base.hides,
    }
    return base.model_copy(update=given)


def mask_as_last_saved(session: Session, key: str) -> Mask:
    """A mask as it is, or as it was before it was removed; NotFound if there never was one."""
    states = [one.state for one in revisions_of(session, Kind.MASK, key) if one.state]
    return _mask(session, key) or (Mask.model_validate(states[-1]) if states else known_mask(session, key))


def known_mask(session: Session, key: str) -> Mask:
    """Find a mask by its key; NotFound if there is none."""
    mask = _mask(session, key)
    if mask is None:
        raise NotFound(Noun.MASK, key)
    return mask


def _mask(session: Session, key: str) -> Mask | None:
    return next((mask for mask in strategies.all_masks(session) if mask.key == key), None)


def set_scoring(session: Session, spearhead: str, points: int | None, full_until: int | None) -> Edit:
    """Build the edit that sets a spearhead's threshold, and up to which character a hit counts in full.

    None leaves a value as it is; a `full_until` of 0 lets hits count in full everywhere. The spearhead may be `any`:
    all of them. Refusal if neither is given, NotFound if there is no such spearhead.
    """
    given = {"threshold": points} if points is not None else {}
    scoring = given | ({"full_until": full_until or None} if full_until is not None else {})
    if not scoring:
        raise Refusal(Code.NO_SCORING, spearhead=spearhead)
    return scoring_edit(session, None if spearhead == ANY else known_spearhead(session, spearhead), **scoring)


def restored_scoring(session: Session, spearhead: str, revision: int | None) -> Edit:
    """Build the edit that restores a revision of a spearhead's scoring, by default the last but one."""
    then = saving.rolled_back_scoring(session, known_spearhead(session, spearhead), revision)
    return scoring_edit(session, spearhead, **then)
