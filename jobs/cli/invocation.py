"""One invocation of the command line: the options of every command, the app it works with, how it prints rows."""

import codecs
import getpass
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from db.audit import Signed
from db.types import LARGEST
from jobs.base.app import App, Clock
from jobs.cli.labels import in_reading_order
from jobs.cli.tables import print_fields, print_json, print_rows, print_text
from jobs.cli.wording import say
from jobs.opening import open_app
from tracker import config
from tracker.config import Settings
from tracker.errors import Code, Refusal

AUTHOR = typer.Option("", "--author", help="Who did it; by default whoever is logged in.")
FIRST_YEAR, LAST_YEAR = 2000, 2100  # that the clock can be set to


def reason_option(text: str, default: Any = ...) -> Any:
    """The option that says why, with this help; it must be given where it has no default."""
    return typer.Option(default, "--reason", help=text)


def limit_option(default: int, rows: str = "Newest N rows") -> Any:
    """The option that shortens a list for a person; with --json the list stays whole (`Invocation.rows`)."""
    return typer.Option(default, "--limit", min=1, max=LARGEST, metavar="N", help=f"{rows} (ignored with --json).")


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
    def app(self, *, serves: bool = False) -> Iterator[App]:
        """The app that jobs work with, open while the command runs.

        Only `tracker serve` logs all that happens: any other command says itself what it did.
        """
        settings = self.settings()
        if "structlog" in sys.modules:  # else no module of this command logs, and importing it would take long
            from jobs.base.log import log_to_stderr

            level = settings.log.level if serves or settings.log.level == "error" else "warning"
            log_to_stderr("debug" if self.verbose else level, as_json=serves and not sys.stderr.isatty())
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
        if not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as shown:
            shown.add_task(task, total=None)
            yield

    def show(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str], empty: str = "") -> None:
        """Print rows: whole as JSON lines, else these columns; without any, `empty` says why."""
        if not print_rows(rows, columns, as_json=self.as_json) and empty and not self.as_json:
            print_text(empty, err=True)

    def show_fields(self, *records: Mapping[str, Any]) -> None:
        """Print whole records: each as one JSON line, else a line for each of its fields."""
        if self.as_json:
            print_json(records)
            return
        for number, record in enumerate(records):
            if number:
                typer.echo()
            print_fields(in_reading_order(record))

    def rows(self, limit: int) -> int | None:
        """How many rows a list has at most; None, all of them, with --json."""
        return None if self.as_json else limit


def parse_instant(word: str, option: str = "--now") -> datetime:
    """The instant that an ISO word with a zone names; a usage error (exit 2) where it names none."""
    try:
        at = datetime.fromisoformat(word)
    except ValueError:
        wrong = say("%(given)s is not an ISO time; write it like 2026-04-21T06:00Z", given=word)
        raise typer.BadParameter(wrong, param_hint=option) from None
    if at.tzinfo is None:
        no_zone = say("%(given)s has no zone; write it like 2026-04-21T06:00Z", given=word)
        raise typer.BadParameter(no_zone, param_hint=option)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:  # weeks and months around it must be in the calendar, too
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        no_year = say("%(given)s is no year from %(first)d to %(last)d", given=word, **years)
        raise typer.BadParameter(no_year, param_hint=option)
    return at


def text_in_file(file: Path) -> str:
    """The text of a file in UTF-8, or UTF-16 as Excel's "Unicode text". Refusal if it cannot be read or is no text."""
    try:
        with file.open("rb") as opened:
            is_utf_16 = opened.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        return file.read_text(encoding="utf-16" if is_utf_16 else "utf-8-sig")
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except UnicodeDecodeError:
        raise Refusal(Code.FILE_NOT_TEXT, file=file) from None


def failed(message: str) -> typer.Exit:
    """Print what failed on standard error; raise what this returns."""
    print_text(message, err=True)
    return typer.Exit(1)
