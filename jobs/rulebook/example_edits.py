"""Examples that people keep and remove by hand, apart from those that come with an edit of a rule.

They change no rule: the next edits are held against them (`jobs.rulebook.preview`).
"""

from dataclasses import dataclass, replace

from sqlmodel import Session

from db import audit, examples
from db.acts import Act
from db.audit import Signed
from db.examples import ExampleRow
from db.regions import find_ours
from db.revisions import Kind, revisions_of
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules
from jobs.base.two_persons import Approval, let_happen
from jobs.publishing.catalogue import one_call
from jobs.rulebook.drafts import known_rule
from jobs.rulebook.examples import as_document, as_example, as_row
from jobs.rulebook.saving import known_spearhead, must_have_reason, newest_revision
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.evaluate import Example, broken


@dataclass(frozen=True, slots=True)
class AskedExample:
    """A requested example: a known call (by our id, its key or its identifier) or a text, and the spearhead it is for.

    `must` says whether it must or must not be tagged; with a `rule`, whether that one rule must or must not match.
    """

    spearhead: str
    must: bool
    call: str = ""
    title: str = ""
    text: str = ""
    language: str = "en"
    rule: str | None = None
    document: Document | None = None  # in place of a text: the words of an example that is there, or was


@dataclass(frozen=True, slots=True)
class KeptExample:
    """A new example with its number, and whether the present rules keep it."""

    number: int
    example: Example
    is_kept: bool


@dataclass(frozen=True, slots=True)
class ListedExample:
    """A stored example, and whether the present rules keep it."""

    example: ExampleRow
    is_kept: bool


def listed_examples(session: Session, compiled: CompiledRules, spearhead: str = "") -> list[ListedExample]:
    """List the examples of a spearhead, or all examples; NotFound if there is no such spearhead."""
    if spearhead:
        known_spearhead(session, spearhead)
    rows = [row for row in examples.all_examples(session) if spearhead in ("", row.spearhead)]
    failing = broken(compiled.index(session)[0], map(as_example, rows))
    return [ListedExample(row, as_example(row) not in failing) for row in rows]


def keep_example(app: App, request: AskedExample, signed: Signed) -> KeptExample:
    """Store a call as it reads now, or a text, as an example that no later edit or import may break.

    NotFound if there is no such spearhead, rule or call; InputFaults without a reason; Refusal for a rule of another
    spearhead.
    """
    must_have_reason(signed)
    with app.db.read() as session:
        example = drafted_example(session, request)
    return store_example(app, example, signed)


def store_example(app: App, example: Example, signed: Signed, approval: Approval | None = None) -> KeptExample:
    """Store an example that was drafted. Where two persons are needed, only with an `approval`."""
    with app.db.write() as session:
        let_happen(session, approval)
        number = examples.insert_example(session, as_row(example), signed)
        _note(session, Act.EXAMPLE_KEPT, number, example.spearhead, signed, after=_told(example))
        return KeptExample(number, example, not broken(app.compiled.index(session)[0], [example]))


def drafted_example(session: Session, request: AskedExample) -> Example:
    """Build the requested example without storing it; errors as in `keep_example`, but no reason is needed."""
    spearhead = known_spearhead(session, request.spearhead)
    if request.rule and known_rule(session, request.rule).spearhead != spearhead:
        raise Refusal(Code.OF_ANOTHER_SPEARHEAD, rule=request.rule, spearhead=spearhead)
    typed = Document(
        id=request.title or request.text, title=request.title, text=request.text, language=request.language
    )
    document = from_facts(one_call(session, request.call)) if request.call else request.document or typed
    if not (document.title.strip() or document.text.strip()):
        raise InputFaults(Fault(Code.MISSING, "title"))
    return Example(spearhead, document, request.must, request.rule)


def drop_example(app: App, number: int, signed: Signed, approval: Approval | None = None) -> bool:
    """Delete an example; whether it is in the region file too, whose next import brings it back.

    NotFound if there is none, InputFaults without a reason.
    """
    must_have_reason(signed)
    with app.db.write() as session:
        row = known_example(session, number)
        let_happen(session, approval)
        example, is_of_file = as_example(row), row.from_file
        examples.delete_example(session, number, signed)
        _note(session, Act.EXAMPLE_REMOVED, number, example.spearhead, signed, before=_told(example))
        return is_of_file


def change_example(app: App, number: int, request: AskedExample, signed: Signed) -> KeptExample:
    """Change an example; NotFound if there is none, and errors as in `keep_example`."""
    must_have_reason(signed)
    with app.db.read() as session:
        example = drafted_example(session, request)
    return store_changed(app, number, example, signed)


def store_changed(
    app: App, number: int, example: Example, signed: Signed, approval: Approval | None = None
) -> KeptExample:
    """Store an example in the place of another. Where two persons are needed, only with an `approval`."""
    with app.db.write() as session:
        row = known_example(session, number)
        let_happen(session, approval)
        before = _told(as_example(row))
        examples.replace_example(session, number, as_row(example), signed)
        _note(session, Act.EXAMPLE_CHANGED, number, example.spearhead, signed, before=before, after=_told(example))
        return KeptExample(number, example, not broken(app.compiled.index(session)[0], [example]))


def known_example(session: Session, number: int) -> ExampleRow:
    """Find an example by its number; NotFound if there is none."""
    row = find_ours(session, ExampleRow, number)
    if row is None:
        raise NotFound(Noun.EXAMPLE, number)
    return row


def edited_example(
    session: Session, number: int, must: bool | None = None, title: str | None = None, text: str | None = None
) -> AskedExample:
    """An example with other words or the other way round; None leaves a field as it is. NotFound if there is none."""
    now = as_example(known_example(session, number))
    words = now.document
    document = replace(
        words,
        title=words.title if title is None else title.strip(),
        text=words.text if text is None else text.strip(),
    )
    return AskedExample(now.spearhead, now.must if must is None else must, rule=now.rule, document=document)


def example_as_it_was(session: Session, number: int, revision: int | None = None) -> AskedExample:
    """An example as it was at a revision, by default when it was last there and otherwise; NotFound without one."""
    states = {one.revision: one.state for one in revisions_of(session, Kind.EXAMPLE, str(number)) if one.state}
    now = find_ours(session, ExampleRow, number)
    earlier = [n for n, state in states.items() if now is None or state != now.model_dump(exclude={"id"})]
    chosen = revision if revision is not None else max(earlier, default=0)
    if chosen not in states:
        raise NotFound(Noun.REVISION, f"{number}/{chosen}", map(str, states))
    state = states[chosen] or {}
    return AskedExample(state["spearhead"], state["must"], rule=state["rule"], document=as_document(state["document"]))


def _told(example: Example) -> dict[str, str]:
    return {"example": f"{'+' if example.must else '−'} {example.document.title or example.document.text}"[:200]}


def _note(session: Session, act: Act, number: int, spearhead: str, signed: Signed, **sides: dict[str, str]) -> None:
    subject = f"example {number}"
    told = {"spearhead": spearhead, "revision": newest_revision(session, subject)}
    audit.append_audit(session, signed, act, subject, told, **sides)
