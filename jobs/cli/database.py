"""tracker db: the database's schema and its backup."""

from pathlib import Path

import typer

from db.engine import Database, backup, drift, require_schema, upgrade
from jobs.cli.hints import BACKUP_THERE, ONLY_SQLITE, state_in_words
from jobs.cli.invocation import OUTPUT, Invocation, failed
from tracker.regions import load_region, region_path
from tracker.tagging.dictionaries import cache_folder, prepare

group = typer.Typer(no_args_is_help=True, help="The database's schema and its backup.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="db")


def _database(context: typer.Context) -> Database:
    invocation: Invocation = context.obj
    settings = invocation.settings()
    return Database(settings.database_url, load_region(region_path(settings.region.file)).key)


@group.command("upgrade")
def upgrade_schema(context: typer.Context) -> None:
    """Bring the schema up to this program's revision (forward only), and make the dictionaries if there are none."""
    typer.echo(f"schema {upgrade(_database(context))}")
    if prepare(cache_folder()):
        typer.echo(f"dictionaries in {cache_folder()}")


@group.command("check")
def check_schema(context: typer.Context) -> None:
    """Check that the schema is this program's, down to the columns."""
    db = _database(context)
    require_schema(db)
    if differences := drift(db):
        raise failed("the schema differs from this program's:\n" + "\n".join(map(str, differences)))
    typer.echo("the schema is as it should be")


@group.command("backup")
def backup_database(context: typer.Context, file: Path = typer.Argument(help="A new file.")) -> None:
    """Copy the database into one file; others may keep working meanwhile."""
    try:
        backup(_database(context), file)
    except FileExistsError:
        raise failed(state_in_words(BACKUP_THERE, OUTPUT, file=file)) from None
    except NotImplementedError:
        raise failed(state_in_words(ONLY_SQLITE, OUTPUT)) from None
    typer.echo(str(file))
