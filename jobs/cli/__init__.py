"""The command line: one module a noun. Exit codes: 0 done, 1 something failed and is named, 2 usage or configuration.

Does not do any work itself; it asks jobs and prints what came of them.
"""

import gc
import sys

import typer
from sqlalchemy.exc import DBAPIError

from db.engine import OldSchema
from jobs.cli import (
    bounces,
    calls,
    collect,
    database,
    deliveries,
    demo,
    digest,
    duplicates,
    editions,
    events,
    examples,
    feeds,
    masks,
    notices,
    pins,
    region,
    reparse,
    rule_files,
    rule_reports,
    rules,
    runs,
    serve,
    sources,
    subscriber_add,
    subscribers,
    tag,
    thresholds,
)
from jobs.cli.hints import error_lines
from jobs.cli.invocation import OUTPUT, Invocation, hoisted
from tracker.errors import ConfigError, InputFaults, TrackerError

app = typer.Typer(
    name="tracker",
    help="Watches EU programme calls for a region and mails each actor its digest.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def options(
    context: typer.Context,
    config: str = typer.Option("", help="Configuration file; config.toml here is read where none is named."),
    json: bool = typer.Option(False, "--json", help="Lists as one JSON object a line, every row."),
    now: str = typer.Option(
        "", help="The time to work at, ISO with a zone (2026-04-21T06:00Z); for replays and tests."
    ),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Say more on standard error."),
) -> None:
    """Options of every command; they may stand before or after its name."""
    context.obj = Invocation(config, json, now, verbose)


NOUNS = (
    demo,
    serve,
    collect,
    digest,
    deliveries,
    editions,
    bounces,
    calls,
    duplicates,
    events,
    feeds,
    runs,
    sources,
    notices,
    reparse,
    rules,
    masks,
    thresholds,
    examples,
    rule_files,
    rule_reports,
    pins,
    region,
    tag,
    subscribers,
    subscriber_add,
    database,
)
for noun in NOUNS:
    noun.add_to(app)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.freeze()  # what is imported by now stays: looking through it again and again costs a tenth of a reading
    try:
        app(hoisted(sys.argv[1:]))
    except (ConfigError, InputFaults) as error:
        typer.echo("\n".join(error_lines(error, OUTPUT)), err=True)
        sys.exit(2)
    except DBAPIError as error:
        typer.echo(f"the database cannot be used: {error.orig}; see database.url, data.dir", err=True)
        sys.exit(1)
    except OSError as error:
        typer.echo(f"{error.filename or 'this machine'}: {error.strerror}", err=True)
        sys.exit(1)
    except (TrackerError, OldSchema) as error:
        typer.echo("\n".join(error_lines(error, OUTPUT)), err=True)
        sys.exit(1)
