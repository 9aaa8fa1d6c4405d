"""tracker rules examples: calls that the rules must, and must not, match."""

from collections.abc import Mapping
from typing import Any

import typer

from db.proposals import Proposal
from db.revisions import Kind, revisions_of
from db.subscribers import Language
from db.types import LARGEST
from jobs.approvals.proposing import (
    change_example_or_propose,
    drop_example_or_propose,
    keep_example_or_propose,
    restore_example_or_propose,
)
from jobs.cli.invocation import AUTHOR, Invocation, failed
from jobs.cli.previews import REASON, REVISION, show_proposed, signer
from jobs.cli.rules import group as rules_group
from jobs.cli.tables import print_text
from jobs.cli.wording import SPOKEN, T_, say
from jobs.rulebook import saving
from jobs.rulebook.example_edits import AskedExample, KeptExample, ListedExample, edited_example, listed_examples

group = typer.Typer(no_args_is_help=True, help="Calls that the rules must, and must not, match.")
rules_group.add_typer(group, name="examples")
KEPT = T_("example %(n)d: %(example)s")
NOT_YET = T_("The rules do not keep it yet; once an edit makes them keep it, no later edit may break it.")
COMES_BACK = T_(
    "example %(n)d removed here. It stands in the region file too, whose next import brings it back: remove it there"
)


@group.command("list")
def list_examples(context: typer.Context, spearhead: str = typer.Option("", help="Only of this spearhead.")) -> None:
    """List every example, and whether the rules keep it now."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [example_row(listed) for listed in listed_examples(session, app.compiled, spearhead)]
    invocation.show(
        rows,
        ("id", "spearhead", "rule", "must", "kept", "from_file", "says"),
        say("no example yet; tracker rules examples add keeps one"),
    )


def example_row(listed: ListedExample) -> dict[str, Any]:
    """An example as a row of a list."""
    says = _said(listed.example.document)
    return listed.example.model_dump() | {"kept": listed.is_kept, "says": says}


def _said(document: Mapping[str, Any]) -> str:
    return str(document["title"] or document.get("text", ""))


@group.command("add")
def add_example(
    context: typer.Context,
    spearhead: str = typer.Argument(help="The spearhead's key."),
    must: bool = typer.Option(..., "--must/--must-not", help="Whether the call must, or must not, get the spearhead."),
    call: str = typer.Option("", help="A call that we know, by our id, the source's key or the identifier."),
    title: str = typer.Option("", help="Or a text of your own: the title of a call that might come."),
    text: str = typer.Option("", help="The text of that call."),
    text_language: Language = typer.Option(Language.EN, help="The language of that call."),
    rule: str = typer.Option(None, help="This rule must, or must not, match by itself; not all rules together."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Keep a call as it reads now, or a text of your own, as an example that no later edit or import may break."""
    invocation: Invocation = context.obj
    if bool(call) == bool(title or text):
        raise failed(say("name either a call with --call, or a text of your own with --title and --text"))
    draft = AskedExample(spearhead, must, call, title, text, text_language.value, rule)
    with invocation.app() as app:
        kept = keep_example_or_propose(app, draft, signer(app, invocation.signed(app, reason, author)))
    _show_kept(invocation, kept)


def _show_kept(invocation: Invocation, kept: KeptExample | Proposal) -> None:
    if isinstance(kept, Proposal):
        show_proposed(invocation, kept)
        return
    print_text(say(KEPT, n=kept.number, example=saving.told_example(kept.example, SPOKEN.get())))
    if not kept.is_kept:
        print_text(say(NOT_YET))


@group.command("history")
def show_example_history(
    context: typer.Context,
    number: int = typer.Argument(metavar="EXAMPLE", max=LARGEST, help="Its number; also of one that was removed."),
) -> None:
    """List every revision of an example, oldest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        kept = revisions_of(session, Kind.EXAMPLE, str(number))
    rows = [
        one.model_dump(exclude={"id", "state"})
        | {"must": (one.state or {}).get("must"), "says": _said(one.state["document"]) if one.state else "(removed)"}
        for one in kept
    ]
    nothing = say("there is no such example, and never was; tracker rules examples list shows them")
    invocation.show(rows, ("revision", "at", "author", "reason", "must", "says"), nothing)


@group.command("rollback")
def roll_back_example(
    context: typer.Context,
    number: int = typer.Argument(metavar="EXAMPLE", max=LARGEST, help="Its number; also of one that was removed."),
    to: int = REVISION,
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Put an example back as it was; one that was removed comes back under a new number."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        by = signer(app, invocation.signed(app, reason, author))
        kept = restore_example_or_propose(app, number, to, by)
    _show_kept(invocation, kept)


@group.command("change")
def change_kept_example(
    context: typer.Context,
    number: int = typer.Argument(metavar="EXAMPLE", max=LARGEST, help="Its number in tracker rules examples list."),
    must: bool = typer.Option(None, "--must/--must-not", help="Whether the call must, or must not, get the spearhead."),
    title: str = typer.Option(None, help="Another title."),
    text: str = typer.Option(None, help="Another text."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Change an example: what it says, or whether it is wanted."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            asked = edited_example(session, number, must, title, text)
        kept = change_example_or_propose(app, number, asked, signer(app, invocation.signed(app, reason, author)))
    _show_kept(invocation, kept)


@group.command("remove")
def remove_example(
    context: typer.Context,
    number: int = typer.Argument(metavar="EXAMPLE", max=LARGEST, help="Its number in tracker rules examples list."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Remove an example. One from the region file comes back with the next import, if the file still has it."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        is_of_file = drop_example_or_propose(app, number, signer(app, invocation.signed(app, reason, author)))
    if isinstance(is_of_file, Proposal):
        show_proposed(invocation, is_of_file)
        return
    print_text(say(COMES_BACK if is_of_file else T_("example %(n)d removed"), n=number))
