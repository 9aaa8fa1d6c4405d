"""One invocation of the command line: the options of every command, the app it works with, how it prints rows."""

import getpass
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from db.audit import Signed
from jobs.base.app import App, Clock
from jobs.base.log import log_to_stderr
from jobs.cli.reasons import Reason, reason_in_words
from jobs.opening import open_app
from tracker import config
from tracker.config import Settings
from tracker.errors import Code, Refusal

FLAGS = ("--json", "-v", "--verbose")
VALUED = ("--config", "--now")
AUTHOR = typer.Option("", "--author", help="Who did it; by default whoever is logged in.")
FIRST_YEAR, LAST_YEAR = 2000, 2100  # that the clock can be set to
OUTPUT = "en"  # the language that the command line speaks


def reason_option(text: str, default: Any = ...) -> Any:
    """The option that says why, with this help; it must be given where it has no default."""
    return typer.Option(default, "--reason", help=text)


def limit_option(default: int, rows: str = "Newest N rows") -> Any:
    """The option that shortens a list for a person; with --json the list stays whole (`Invocation.rows`)."""
    return typer.Option(default, "--limit", min=1, metavar="N", help=f"{rows} (ignored with --json).")


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options that every command has moved to the front, where the parser expects them."""
    front: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        word = remaining.pop(0)
        if word == "--":
            rest += [word, *remaining]
            break
        if word in FLAGS or word.startswith(tuple(f"{option}=" for option in VALUED)):
            front.append(word)
        elif word in VALUED:
            front += [word, *remaining[:1]]
            del remaining[:1]
        else:
            rest.append(word)
    return front + rest


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options that every command has, as they were given."""

    config_file: str
    as_json: bool
    now: str
    verbose: bool

    def clock(self) -> Clock:
        """The real clock, or one that stands still at `--now`."""
        if not self.now:
            return lambda: datetime.now(UTC)
        at = parse_instant(self.now)
        return lambda: at

    def settings(self) -> Settings:
        """The checked configuration."""
        return config.load(Path(self.config_file) if self.config_file else None)

    @contextmanager
    def app(self, *, logs_json: bool = False) -> Iterator[App]:
        """The app that jobs work with, open while the command runs."""
        settings = self.settings()
        log_to_stderr("debug" if self.verbose else settings.log.level, as_json=logs_json)
        app = open_app(settings, self.clock())
        try:
            yield app
        finally:
            app.db.dispose()

    def signed(self, app: App, reason: str, author: str = "") -> Signed:
        """Who does something, why and when; whoever is logged in unless an author is named."""
        return Signed(author or getpass.getuser(), reason, app.clock())

    @contextmanager
    def progress(self, task: str) -> Iterator[None]:
        """Show on a terminal that work is under way; in a pipe, nothing."""
        console = Console(stderr=True)
        if not console.is_terminal:
            yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as shown:
            shown.add_task(task, total=None)
            yield

    def show(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Print rows: whole as JSON lines; else these columns, as a table on a terminal and tab-separated in a pipe."""
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

    def show_fields(self, *records: Mapping[str, Any]) -> None:
        """Print whole records: each as one JSON line, else a line for each of its fields."""
        fields = [{"field": name, "value": value} for record in records for name, value in record.items()]
        self.show(records if self.as_json else fields, ("field", "value"))

    def rows(self, limit: int) -> int | None:
        """How many rows a list has at most; None, all of them, with --json."""
        return None if self.as_json else limit


def parse_instant(word: str, option: str = "--now") -> datetime:
    """The instant that an ISO word with a zone names; a usage error (exit 2) where it names none."""
    try:
        at = datetime.fromisoformat(word)
    except ValueError:
        raise typer.BadParameter(
            f"{word!r} is not an ISO time; write it like 2026-04-21T06:00Z", param_hint=option
        ) from None
    if at.tzinfo is None:
        raise typer.BadParameter(f"{word!r} has no zone; write it like 2026-04-21T06:00Z", param_hint=option)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:  # weeks and months around it must be in the calendar, too
        raise typer.BadParameter(f"{word!r} is no year from {FIRST_YEAR} to {LAST_YEAR}", param_hint=option)
    return at


def json_default(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)


def cell(value: Any) -> str:
    """A value as a cell of a table."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Reason):
        return reason_in_words(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(cell, value))
    return " ".join(str(value).split())


def text_in_file(file: Path) -> str:
    """The text of a file in UTF-8. Refusal where it cannot be read or is no text."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except UnicodeDecodeError:
        raise Refusal(Code.FILE_NOT_TEXT, file=file) from None


def failed(message: str) -> typer.Exit:
    """Print what failed on standard error; raise what this returns."""
    typer.echo(message, err=True)
    return typer.Exit(1)
