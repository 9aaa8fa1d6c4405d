"""tracker rules examples: calls that must and must not match, whatever is edited.

Does not edit rules.
"""

from typing import Any

import typer

from db import examples, strategies
from db.subscribers import Language
from jobs import rules
from jobs.cli.invocation import AUTHOR, Invocation, failed
from jobs.cli.pins import one_call
from jobs.cli.rules import group as rules_group
from jobs.cli.rules import known_rule
from jobs.cli.trials import REASON
from jobs.examples import as_example, as_row
from tracker.errors import RuleError
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.evaluate import Example, broken

group = typer.Typer(no_args_is_help=True, help="Calls that must and must not match, whatever is edited.")
NOT_YET = "The rules do not keep it yet; from the edit on that does, none may break it."


def add_to(app: typer.Typer) -> None:
    """They are commands of `tracker rules`, which adds itself."""
    rules_group.add_typer(group, name="examples")


@group.command("list")
def list_examples(context: typer.Context, spearhead: str = typer.Option("", help="Only this spearhead's.")) -> None:
    """Every example, and whether the rules keep it as they stand."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        kept = [one for one in examples.all_examples(session) if spearhead in ("", one.spearhead)]
        unkept = broken(desk.tagger.index(session)[0], map(as_example, kept))
    rows = [row(one, as_example(one) not in unkept) for one in kept]
    asked.show(rows, ("id", "spearhead", "rule", "must", "kept", "from_file", "says"))


def row(one: examples.Example, is_kept: bool) -> dict[str, Any]:
    """An example as a row of a list."""
    return one.model_dump() | {"kept": is_kept, "says": one.document["title"] or one.document.get("text", "")}


@group.command("add")
def add_example(
    context: typer.Context,
    spearhead: str = typer.Argument(help="The spearhead's key."),
    must: bool = typer.Option(..., "--must/--must-not", help="It is the spearhead's, or is not."),
    call: str = typer.Option("", help="A call that we know, by our id, its key or its identifier."),
    title: str = typer.Option("", help="Or words of your own: the title of a call that might come."),
    text: str = typer.Option("", help="The text of such a call."),
    language: Language = typer.Option(Language.EN, help="The language of such a call."),
    rule: str = typer.Option(None, help="It is this rule that must, or must not, match; not all of them together."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Keep a call as it reads now, or words of your own, as an example: no later edit or import may break it."""
    asked: Invocation = context.obj
    if bool(call) == bool(title or text):
        raise failed("name either a call, by --call, or words of your own, by --title and --text")
    with asked.desk() as desk, desk.db.write() as session:
        known = [one.key for one in strategies.all_spearheads(session)]
        if spearhead not in known:
            raise RuleError(f"there is no spearhead {spearhead!r}", hint=f"There are {', '.join(known)}")
        if rule and known_rule(session, rule).spearhead != spearhead:
            raise RuleError(f"the rule {rule!r} is not one of {spearhead}", hint="tracker rules show it")
        own = Document(id=title or text, title=title, text=text, language=language.value)
        example = Example(spearhead, from_facts(one_call(session, call)) if call else own, must, rule)
        number = examples.keep(session, as_row(example), asked.signed(desk, reason, author))
        is_kept = not broken(desk.tagger.index(session)[0], [example])
    typer.echo(f"example {number}: {rules.told_example(example)}")
    if not is_kept:
        typer.echo(NOT_YET)


@group.command("remove")
def remove_example(
    context: typer.Context,
    number: int = typer.Argument(help="The example's number; tracker rules examples list has them."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Take an example out. One of the region file comes back with the next import, if the file still has it."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.write() as session:
        if not examples.drop(session, number, asked.signed(desk, reason, author)):
            raise failed(f"there is no example {number}; tracker rules examples list has them")
    typer.echo(f"example {number} is taken out")
