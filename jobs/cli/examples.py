"""tracker rules examples: calls that must and must not match, whatever is edited.

Does not edit rules.
"""

from typing import Any

import typer

from db.subscribers import Language
from jobs.cli.invocation import AUTHOR, Invocation, failed
from jobs.cli.previews import REASON
from jobs.cli.rules import group as rules_group
from jobs.rulebook import drafts, saving
from jobs.rulebook.drafts import AskedExample, ListedExample

group = typer.Typer(no_args_is_help=True, help="Calls that must and must not match, whatever is edited.")
NOT_YET = "The rules do not keep it yet; from the edit on that does, none may break it."


def add_to(app: typer.Typer) -> None:
    """They are commands of `tracker rules`, which adds itself."""
    rules_group.add_typer(group, name="examples")


@group.command("list")
def list_examples(context: typer.Context, spearhead: str = typer.Option("", help="Only this spearhead's.")) -> None:
    """Every example, and whether the rules keep it as they stand."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [example_row(one) for one in drafts.listed_examples(session, app.compiled, spearhead)]
    asked.show(rows, ("id", "spearhead", "rule", "must", "kept", "from_file", "says"))


def example_row(one: ListedExample) -> dict[str, Any]:
    """An example as a row of a list."""
    document = one.example.document
    return one.example.model_dump() | {"kept": one.is_kept, "says": document["title"] or document.get("text", "")}


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
    wanted = AskedExample(spearhead, must, call, title, text, language.value, rule)
    with asked.app() as app:
        kept = drafts.keep_example(app, wanted, asked.signed(app, reason, author))
    typer.echo(f"example {kept.number}: {saving.told_example(kept.example)}")
    if not kept.is_kept:
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
    with asked.app() as app:
        drafts.drop_example(app, number, asked.signed(app, reason, author))
    typer.echo(f"example {number} is taken out")
