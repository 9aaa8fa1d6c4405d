"""tracker rules export, import: many rules at a time, or a whole region file."""

import json
from pathlib import Path

import typer

from db.subscribers import Language
from jobs.cli.invocation import AUTHOR, Invocation, reason_option
from jobs.cli.previews import ANNOUNCE, FORCE, LANGUAGE, LIMIT, save_edit, show_preview
from jobs.cli.rules import group
from jobs.cli.wording import say
from jobs.rulebook.drafts import listed_rules
from jobs.rulebook.rule_files import edit_of_file, region_as_file
from jobs.rulebook.saving import NoChange
from tracker.errors import Code, ConfigError, Refusal, TrackerError

OF_THE_FILE = (Code.NOTHING_TAKEN, Code.FILE_UNREADABLE, Code.FILE_NOT_TEXT)  # these say so themselves


@group.command("export")
def export_rules(
    context: typer.Context,
    region: bool = typer.Option(False, "--region", help="Print the whole region file, with the rulebook as it is."),
) -> None:
    """Print every rule as one JSON object a line, or the region file; tracker rules import reads either back."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        if region:
            typer.echo(region_as_file(session, app), nl=False)
            return
        for rule in listed_rules(session):
            typer.echo(json.dumps(rule.model_dump(mode="json"), ensure_ascii=False))


@group.command("import")
def import_rules(
    context: typer.Context,
    file: Path = typer.Argument(
        help="Exported rules (.jsonl); or a region file (.toml), which replaces the whole rulebook."
    ),
    reason: str = reason_option("Why; kept with everything that changes. A preview needs none.", ""),
    author: str = AUTHOR,
    preview: bool = typer.Option(False, "--preview", help="Show what the import would do; save nothing."),
    force: bool = FORCE,
    announce: bool = ANNOUNCE,
    limit: int = LIMIT,
    language: Language = LANGUAGE,
) -> None:
    """Import rules, all or none, and tag the calls that they affect; each changed rule is a new revision."""
    invocation: Invocation = context.obj
    if not preview and not reason:
        raise typer.BadParameter(say("an import needs a reason"), param_hint="--reason")
    if preview:
        show_preview(invocation, lambda session, _: edit_of_file(session, file), language, limit)
        return
    try:
        save_edit(invocation, lambda session, _: edit_of_file(session, file), reason, author, force, announce)
    except NoChange:
        invocation.show_fields({"what": file.name, "saved": 0})
    except ConfigError:
        raise
    except TrackerError as error:
        if isinstance(error, Refusal) and error.code in OF_THE_FILE:
            raise
        raise Refusal(Code.NOTHING_TAKEN, file=file, why=error) from None
