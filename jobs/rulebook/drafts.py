"""Drafts: the rulebook as a person looks at it, and what they ask of it as edits that can be tried and saved.

What is asked for is put in place of what stands. Does not try an edit (`jobs.rulebook.preview`) or save it
(`jobs.rulebook.saving`); examples alone are kept here, as they edit nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from sqlmodel import Session

from db import examples, strategies
from db.audit import Signed
from db.strategies import Mask, Rule, RuleRevision, Weight
from db.subscribers import Language
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules, stored_rulebook
from jobs.publishing.catalogue import one_call
from jobs.rulebook import saving
from jobs.rulebook.examples import as_example, as_row, kept_examples
from jobs.rulebook.reports import precision
from jobs.rulebook.saving import known_spearhead, mask_edit, rule_edit, threshold_edit
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal, TrackerError
from tracker.regions import load_region
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.evaluate import Example, broken
from tracker.tagging.language import check_line, parse_rule, rule_in_words
from tracker.tagging.rulebook_edits import Edit, with_rule

ANY = "any"  # every language, every spearhead


# --- rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskedRule:
    """What is asked of a rule; None leaves it as it stands. It must match some texts and must not match others."""

    key: str
    spearhead: str | None = None
    text: str | None = None
    weight: str | None = None  # strong, medium, weak
    language: str | None = None  # fi, sv, en, or any
    matches: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleInFull:
    """A rule with its line in plain words, its examples, what readers said of it, and its last revision."""

    rule: Rule
    words: str
    examples: tuple[Example, ...]
    readers: str
    last: RuleRevision


def listed_rules(session: Session, spearhead: str = "") -> list[Rule]:
    """The rules of a spearhead, or all."""
    return [rule for rule in strategies.all_rules(session) if spearhead in ("", rule.spearhead)]


def rule_in_full(session: Session, key: str, language: str) -> RuleInFull:
    """A rule whole; its line is put into words of this language. NotFound where there is none."""
    rule = known_rule(session, key)
    own = tuple(one for one in kept_examples(session) if one.rule == key)
    last = strategies.rule_revisions(session, key)[-1]
    return RuleInFull(rule, rule_in_words(parse_rule(rule.text), language), own, said_by_readers(session, key), last)


def rule_history(session: Session, key: str) -> Sequence[RuleRevision]:
    """Every revision of a rule, oldest first. NotFound where there is no such rule."""
    known_rule(session, key)
    return strategies.rule_revisions(session, key)


def said_by_readers(session: Session, key: str) -> str:
    """A rule's precision by readers' "not for us"."""
    told = [f"told to {one.told}, not for {one.not_for_us} of them" for one in precision(session) if one.rule == key]
    return told[0] if told else "told to nobody yet"


def known_rule(session: Session, key: str) -> Rule:
    """The rule of this key. NotFound where there is none."""
    rule = strategies.rule_named(session, key)
    if rule is None:
        raise NotFound(Noun.RULE, key)
    return rule


def tried_rule(session: Session, asked: AskedRule, off: bool = False) -> Edit:
    """The edit that makes a rule, new or not, as it is asked for; with `off`, as if it were not there."""
    rule = drafted(strategies.rule_named(session, asked.key), asked).model_copy(update={"enabled": not off})
    return rule_edit(session, rule, own_examples(rule, asked.matches, asked.spares))


def new_rule(session: Session, asked: AskedRule, language: str) -> Edit:
    """The edit that adds a rule. RuleError, in this language, where its line is none or the key is taken."""
    if strategies.rule_named(session, asked.key):
        raise Refusal(Code.RULE_EXISTS, rule=asked.key)
    return _checked(session, drafted(None, asked), asked, language)


def changed_rule(session: Session, asked: AskedRule, language: str) -> Edit:
    """The edit that changes a rule; one that was removed is back. NotFound where there is none, RuleError as above."""
    return _checked(session, drafted(known_rule(session, asked.key), asked), asked, language)


def _checked(session: Session, rule: Rule, asked: AskedRule, language: str) -> Edit:
    check_line(rule.text, language)
    return rule_edit(session, rule, own_examples(rule, asked.matches, asked.spares))


def removed_rule(session: Session, key: str) -> Edit:
    """The edit that switches a rule off. NotFound where there is none."""
    return rule_edit(session, known_rule(session, key).model_copy(update={"enabled": False}))


def restored_rule(session: Session, key: str, revision: int | None) -> Edit:
    """The edit that makes a rule as it was at a revision, by default at the last but one. NotFound, or RuleError."""
    known_rule(session, key)
    return rule_edit(session, saving.rolled_back(session, key, revision))


def drafted(old: Rule | None, asked: AskedRule) -> Rule:
    """A rule as it stands with what is given in its place, switched on; a new one needs a spearhead and a line."""
    if old is None and not (asked.spearhead and asked.text is not None):
        raise Refusal(Code.INCOMPLETE_RULE, rule=asked.key)
    weight = weighed(asked.weight)
    given = {"spearhead": asked.spearhead, "text": asked.text, "weight": weight}
    base = old or Rule(key=asked.key, spearhead="", text="", weight=Weight.MEDIUM)
    wanted = {name: value for name, value in given.items() if value is not None}
    return base.model_copy(update={**wanted, "language": spoken(base.language, asked.language), "enabled": True})


def weighed(given: str | None) -> Weight | None:
    """A weight by its word, None where nothing is asked for; InputFaults for others."""
    if given is not None and given.upper() not in Weight.__members__:
        known = tuple(weight.name.lower() for weight in Weight)
        raise InputFaults(Fault(Code.UNKNOWN_WEIGHT, "weight", {"given": given, "known": known}))
    return Weight[given.upper()] if given else None


def spoken(now: str | None, given: str | None) -> str | None:
    """The language of a line as it is asked for: as now where nothing is, None for any; InputFaults for others."""
    if given not in (None, ANY, *Language):
        known = (*(language.value for language in Language), ANY)
        raise InputFaults(Fault(Code.UNKNOWN_LANGUAGE, "language", {"given": given, "known": known}))
    return now if given is None else None if given == ANY else given


def own_examples(rule: Rule, matches: Sequence[str], spares: Sequence[str]) -> list[Example]:
    """Texts that the rule must and must not match, as given with an edit."""
    return [
        Example(rule.spearhead, Document(id=text, title="", text=text, language=rule.language or "en"), must, rule.key)
        for must, texts in ((True, matches), (False, spares))
        for text in texts
    ]


# --- files of rules ---------------------------------------------------------------------------------------------------


def edit_of_file(session: Session, file: Path) -> Edit:
    """The edit that takes a file in. RuleError, ConfigError or TrackerError where it cannot be read."""
    before = book = stored_rulebook(session)
    if file.suffix == ".toml":
        region = load_region(file)
        return Edit(file.name, before, region.rulebook, of_file=region.examples)
    for number, line in enumerate(_lines(file), 1):
        if line.strip():
            book = with_rule(book, _rule(line, f"{file}:{number}"))
    return Edit(file.name, before, book)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except UnicodeDecodeError:
        raise Refusal(Code.FILE_NOT_TEXT, file=file) from None


def _rule(line: str, place: str) -> Rule:
    try:
        return Rule.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise TrackerError(f"{place}: {faults}") from None


# --- masks and thresholds ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskedMask:
    """What is asked of a mask; None leaves it as it stands."""

    key: str
    text: str | None = None
    spearhead: str | None = None  # a spearhead's key, or any
    language: str | None = None  # fi, sv, en, or any


def tried_mask(session: Session, asked: AskedMask, off: bool = False) -> Edit:
    """The edit that makes a mask, new or not, as it is asked for; with `off`, the one that takes it out."""
    return removed_mask(session, asked.key) if off else mask_edit(session, asked.key, drafted_mask(session, asked))


def saved_mask(session: Session, asked: AskedMask, language: str) -> Edit:
    """The edit that saves a mask, new or not. RuleError, in this language, where its line is none."""
    mask = drafted_mask(session, asked)
    check_line(mask.text, language)
    return mask_edit(session, asked.key, mask)


def removed_mask(session: Session, key: str) -> Edit:
    """The edit that takes a mask out. NotFound where there is none."""
    if _mask(session, key) is None:
        raise NotFound(Noun.MASK, key)
    return mask_edit(session, key, None)


def restored_mask(session: Session, key: str, revision: int | None) -> Edit:
    """The edit that makes a mask as it was at a revision, by default the last but one. RuleError if there is none."""
    return mask_edit(session, key, saving.rolled_back_mask(session, key, revision))


def drafted_mask(session: Session, asked: AskedMask) -> Mask:
    """A mask as it stands with what is given in its place; Refusal for a new one of no words."""
    old = _mask(session, asked.key)
    if old is None and not asked.text:
        raise Refusal(Code.EMPTY_MASK, mask=asked.key)
    base = old or Mask(key=asked.key, text="")
    whose = base.spearhead if asked.spearhead is None else None if asked.spearhead == ANY else asked.spearhead
    given = {"text": asked.text or base.text, "spearhead": whose, "language": spoken(base.language, asked.language)}
    return base.model_copy(update=given)


def _mask(session: Session, key: str) -> Mask | None:
    return next((mask for mask in strategies.all_masks(session) if mask.key == key), None)


def set_threshold(session: Session, spearhead: str, points: int) -> Edit:
    """The edit that sets a spearhead's threshold. NotFound where there is no such spearhead."""
    return threshold_edit(session, known_spearhead(session, spearhead), points)


def restored_threshold(session: Session, spearhead: str, revision: int | None) -> Edit:
    """The edit that sets a threshold as it was at a revision, by default at the last but one."""
    return set_threshold(session, spearhead, saving.rolled_back_threshold(session, spearhead, revision))


# --- examples ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskedExample:
    """A call that we know (by our id, its key or its identifier), or words of one's own: a spearhead's, or not.

    Where a `rule` is named, it is this rule that must, or must not, match; not all of them together.
    """

    spearhead: str
    must: bool
    call: str = ""
    title: str = ""
    text: str = ""
    language: str = "en"
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class KeptExample:
    """An example by its number, and whether the rules keep it as they stand."""

    number: int
    example: Example
    is_kept: bool


@dataclass(frozen=True, slots=True)
class ListedExample:
    """An example as it is stored, and whether the rules keep it as they stand."""

    example: examples.ExampleRow
    is_kept: bool


def listed_examples(session: Session, compiled: CompiledRules, spearhead: str = "") -> list[ListedExample]:
    """The examples of a spearhead, or all."""
    stored = [one for one in examples.all_examples(session) if spearhead in ("", one.spearhead)]
    unkept = broken(compiled.index(session)[0], map(as_example, stored))
    return [ListedExample(one, as_example(one) not in unkept) for one in stored]


def keep_example(app: App, asked: AskedExample, signed: Signed) -> KeptExample:
    """Keep a call as it reads now, or words of one's own, as an example: no later edit or import may break it.

    NotFound where there is no such spearhead, rule or call; RuleError without a reason, or for a rule of another
    spearhead.
    """
    saving.must_have_reason(signed)
    with app.db.write() as session:
        example = drafted_example(session, asked)
        number = examples.insert_example(session, as_row(example), signed)
        return KeptExample(number, example, not broken(app.compiled.index(session)[0], [example]))


def drafted_example(session: Session, asked: AskedExample) -> Example:
    """The example as it would be kept."""
    spearhead = known_spearhead(session, asked.spearhead)
    if asked.rule and known_rule(session, asked.rule).spearhead != spearhead:
        raise Refusal(Code.OF_ANOTHER_SPEARHEAD, rule=asked.rule, spearhead=spearhead)
    own = Document(id=asked.title or asked.text, title=asked.title, text=asked.text, language=asked.language)
    document = from_facts(one_call(session, asked.call)) if asked.call else own
    return Example(spearhead, document, asked.must, asked.rule)


def drop_example(app: App, number: int, signed: Signed) -> None:
    """Take an example out. NotFound where there is none; RuleError without a reason."""
    saving.must_have_reason(signed)
    with app.db.write() as session:
        if not examples.delete_example(session, number, signed):
            raise NotFound(Noun.EXAMPLE, number)
