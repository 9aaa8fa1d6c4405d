"""tracker db: the database's schema and its backup."""

from pathlib import Path

import typer

from db.engine import Database, backup, drift, require_schema, upgrade
from jobs.cli.invocation import Invocation, failed
from jobs.cli.wording import T_, say
from tracker.regions import load_region, region_path
from tracker.tagging.dictionaries import cache_folder, prepare

ONLY_SQLITE = T_("only a SQLite database can be copied like this; for PostgreSQL use pg_dump --format=custom")
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
    typer.echo(say("schema %(revision)s", revision=upgrade(_database(context))))
    if prepare(cache_folder()):
        typer.echo(say("dictionaries in %(folder)s", folder=cache_folder()))


@group.command("check")
def check_schema(context: typer.Context) -> None:
    """Check that the schema is this program's, down to the columns."""
    db = _database(context)
    require_schema(db)
    if differences := drift(db):
        raise failed("\n".join([say("the schema differs from this program's:"), *map(str, differences)]))
    typer.echo(say("the schema is as it should be"))


@group.command("backup")
def backup_database(context: typer.Context, file: Path = typer.Argument(help="A new file.")) -> None:
    """Copy the database into one file; others may keep working meanwhile."""
    try:
        backup(_database(context), file)
    except FileExistsError:
        raise failed(say("%(file)s exists; name a new file", file=file)) from None
    except NotImplementedError:
        raise failed(say(ONLY_SQLITE)) from None
    typer.echo(str(file))
