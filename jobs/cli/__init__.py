"""The command line: one module for each noun, which reads options, calls jobs and prints the result.

Exit codes: 0 done, 1 something failed and is named, 2 usage or configuration. Does not do any work itself.
"""

import gc
import sys

import typer
from sqlalchemy.exc import DBAPIError

from db.engine import OldSchema
from jobs.cli import (
    audit,
    backfill,
    bounces,
    calls,
    collect,
    database,
    deliveries,
    demo,
    digest,
    duplicates,
    editions,
    examples,
    feeds,
    masks,
    pins,
    region,
    rule_files,
    rule_reports,
    rules,
    runs,
    serve,
    sources,
    subscribers,
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
    config: str = typer.Option("", help="The configuration file; by default config.toml in this folder."),
    json: bool = typer.Option(False, "--json", help="Print lists as one JSON object a line, with every row."),
    now: str = typer.Option("", help="Set the clock: ISO with a zone, like 2026-04-21T06:00Z; for replays and tests."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log more to standard error."),
) -> None:
    """The options that every command has; they may come before or after its name."""
    context.obj = Invocation(config, json, now, verbose)


NOUNS = (
    demo,
    serve,
    collect,
    backfill,
    digest,
    deliveries,
    editions,
    bounces,
    calls,
    duplicates,
    feeds,
    runs,
    audit,
    sources,
    rules,
    masks,
    examples,
    rule_files,
    rule_reports,
    pins,
    region,
    subscribers,
    database,
)
for noun in NOUNS:
    noun.add_to(app)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.freeze()  # imported modules stay; collecting them again and again would cost a tenth of a reading
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
