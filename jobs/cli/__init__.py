"""The command line: one module for each noun, which reads options, calls jobs and prints the result.

Exit codes: 0 done, 1 something failed and is named, 2 usage or configuration. Does not do any work itself. What only
some commands need is imported when one of them runs (`jobs.cli.nouns`).
"""

import gc
import sys
from importlib.metadata import version

import typer

from jobs.cli.nouns import Nouns
from jobs.cli.options import hoisted, value_of
from jobs.cli.wording import DOMAIN, LOCALES, SPOKEN
from tracker.spoken_language import let_libraries_speak, spoken_language

app = typer.Typer(
    name="tracker",
    cls=Nouns,
    help="Watches EU programme calls for a region and mails each actor its digest.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)


def show_version(wanted: bool) -> None:
    """Print the program's version and end."""
    if wanted:
        typer.echo(f"karkivahti {version('karkivahti')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: str = typer.Option("", help="The configuration file; by default config.toml in this folder."),
    json: bool = typer.Option(False, "--json", help="Print lists as one JSON object a line, with every row."),
    now: str = typer.Option("", help="Set the clock: ISO with a zone, like 2026-04-21T06:00Z; for replays and tests."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log more to standard error."),
    _: bool = typer.Option(False, "--version", is_eager=True, callback=show_version, help="Show the version and end."),
) -> None:
    """The options that every command has; they may come before or after its name."""
    from jobs.cli.invocation import Invocation  # what every command imports, and neither --help nor --version

    context.obj = Invocation(config, json, now, verbose)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.disable()  # while modules are imported, nothing becomes garbage; `Nouns.load` enables it again
    arguments = hoisted(sys.argv[1:])
    language = spoken_language(value_of("--config", arguments))
    SPOKEN.set(language)
    let_libraries_speak(language, DOMAIN, LOCALES)
    try:
        app(arguments)
    except Exception as error:
        from jobs.cli.failures import told  # it knows the errors of every library

        sys.exit(told(error))
