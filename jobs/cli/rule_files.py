"""tracker rules export, import: many rules at a time, and a whole region's file.

Does not read files (`jobs.rulebook.drafts`) or say what an edit does (`jobs.rulebook.preview`).
"""

import json
from pathlib import Path

import typer

from db.subscribers import Language
from jobs.cli.invocation import AUTHOR, Invocation, reason_option
from jobs.cli.previews import ANNOUNCE, FORCE, MOST, SAID_IN, save_edit, show_trial
from jobs.cli.rules import group
from jobs.rulebook.drafts import edit_of_file, listed_rules
from jobs.rulebook.saving import NoChange
from tracker.errors import Code, Refusal, TrackerError


def add_to(app: typer.Typer) -> None:
    """They are commands of `tracker rules`, which adds itself."""
    group.command("export")(export_rules)
    group.command("import")(import_rules)


def export_rules(context: typer.Context) -> None:
    """Every rule as one JSON object a line; tracker rules import takes them back."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        for rule in listed_rules(session):
            typer.echo(json.dumps(rule.model_dump(mode="json"), ensure_ascii=False))


def import_rules(
    context: typer.Context,
    file: Path = typer.Argument(
        help="A region file (.toml): everything becomes as it says; or exported rules (.jsonl)."
    ),
    reason: str = reason_option("Why; it is kept with everything that changes. Only a preview needs none.", ""),
    author: str = AUTHOR,
    preview: bool = typer.Option(False, "--preview", help="Say what it would do to the archive; take nothing in."),
    force: bool = FORCE,
    announce: bool = ANNOUNCE,
    most: int = MOST,
    said_in: Language = SAID_IN,
) -> None:
    """Take rules in and tag what they reach; each that differs is a new revision. All are taken or none."""
    asked: Invocation = context.obj
    if not preview and not reason:
        raise typer.BadParameter("an import needs a reason", param_hint="--reason")
    with asked.app() as app:
        with app.db.read() as session:
            edit = edit_of_file(session, file)
            if preview:
                show_trial(asked, app, session, edit, said_in, most)
                return
        try:
            save_edit(asked, app, edit, asked.signed(app, reason, author), force, announce)
        except NoChange:
            asked.show_one({"what": file.name, "saved": 0})
        except TrackerError as error:
            raise Refusal(Code.NOTHING_TAKEN, file=file, why=error) from None
