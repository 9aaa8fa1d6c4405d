"""What was asked of every command alike: its options, the desk it works at, and how it prints rows.

Does not know any command.
"""

import getpass
import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from db.audit import Signed
from jobs.base.app import App, Clock
from jobs.cli.reasons import Reason, reason_in_words
from jobs.opening import open_app
from tracker import config
from tracker.config import Settings

FLAGS = ("--json", "-v", "--verbose")
VALUED = ("--config", "--now")
AUTHOR = typer.Option("", "--author", help="Who; by default whoever is logged in.")
OUTPUT = "en"  # the language that the command line speaks
OUTPUT = "en"  # the language that the command line speaks
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def reason_option(said: str, default: Any = ...) -> Any:
    """The option that says why; `said` is its help. It must be given where it has no default."""
    return typer.Option(default, "--reason", help=said)


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options of every command moved to the front, where the parser expects them."""
    front: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            rest += [word, *waiting]
            break
        if word in FLAGS or word.startswith(tuple(f"{option}=" for option in VALUED)):
            front.append(word)
        elif word in VALUED:
            front += [word, *waiting[:1]]
            del waiting[:1]
        else:
            rest.append(word)
    return front + rest


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options of every command, as given."""

    config_file: str
    as_json: bool
    now: str
    verbose: bool

    def clock(self) -> Clock:
        """The real clock, or one that stands at `--now`."""
        if not self.now:
            return lambda: datetime.now(UTC)
        at = parse_instant(self.now)
        return lambda: at

    def settings(self) -> Settings:
        """The checked configuration."""
        return config.load(Path(self.config_file) if self.config_file else None)

    @contextmanager
    def app(self) -> Iterator[App]:
        """What jobs work with, for as long as the command runs."""
        settings = self.settings()
        log_to_stderr("debug" if self.verbose else settings.log.level)
        app = open_app(settings, self.clock())
        try:
            yield app
        finally:
            app.db.dispose()

    def signed(self, app: App, reason: str, author: str = "") -> Signed:
        """Who does something, why and when: whoever is logged in, if nobody is named."""
        return Signed(author or getpass.getuser(), reason, app.clock())

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show on a terminal that something goes on; a pipe hears nothing of it."""
        console = Console(stderr=True)
        if not console.is_terminal:
            yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            progress.add_task(what, total=None)
            yield

    def show(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Print rows: JSON lines whole, else these columns as a table on a terminal or tab-separated in a pipe."""
        if self.as_json:
            for row in rows:
                typer.echo(json.dumps(row, ensure_ascii=False, default=json_default))
        elif sys.stdout.isatty():
            table = Table(*columns)
            for row in rows:
                table.add_row(*(cell(row.get(column)) for column in columns))
            Console().print(table)
        else:
            for row in rows:
                typer.echo("\t".join(cell(row.get(column)) for column in columns))

    def show_one(self, row: Mapping[str, Any]) -> None:
        """Print one thing: as one JSON line, else a line for each of what it says."""
        told = [row] if self.as_json else [{"what": what, "value": value} for what, value in row.items()]
        self.show(told, ("what", "value"))


def parse_instant(word: str) -> datetime:
    """An aware instant of an ISO word; a usage error (exit 2) where it is none, or has no zone."""
    try:
        at = datetime.fromisoformat(word)
    except ValueError:
        raise typer.BadParameter(
            f"{word!r} is no ISO time; write it like 2026-04-21T06:00Z", param_hint="--now"
        ) from None
    if at.tzinfo is None:
        raise typer.BadParameter(f"{word!r} has no zone; write it like 2026-04-21T06:00Z", param_hint="--now")
    return at


def json_default(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (datetime,)):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)


def cell(value: Any) -> str:
    """A value as a cell of a list."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Reason):
        return reason_in_words(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(cell, value))
    return " ".join(str(value).split())


def log_to_stderr(level: str) -> None:
    """Structured lines on standard error; standard output belongs to what was asked for."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso"),
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is when something is said
    )


def failed(message: str) -> typer.Exit:
    """Say what failed on standard error; raise what this gives back."""
    typer.echo(message, err=True)
    return typer.Exit(1)
