"""Print rows: as a table on a terminal, tab-separated in a pipe, or as one JSON object a line.

What came from outside is shown as it was written: never as markup, and its control characters as visible signs. Does
not word anything (`jobs.cli.labels`).
"""

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import typer

from jobs.cli.labels import cell, heading

LEAST_WIDTH = 10  # letters; what a column of sentences is left with at least
SIGNS = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}  # Unicode's pictures of control characters
BREAKS = re.compile(r"[ \t\r\n]+")


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> int:
    """Print rows, in JSON whole, else these columns of them; return how many there were."""
    if as_json:
        return print_json(rows)
    cells = [[shown_in_line(cell(row.get(column), column)) for column in columns] for row in rows]
    if not cells:
        return 0
    headings = [heading(column) for column in columns]
    if sys.stdout.isatty():
        _print_table(headings, cells)
    else:
        typer.echo("\n".join("\t".join(line) for line in (headings, *cells)))
    return len(cells)


def print_json(rows: Iterable[Mapping[str, Any]]) -> int:
    """Print each row as one JSON object a line, whole, with its own keys and codes."""
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - how many there were
        typer.echo(_harmless_json(json.dumps(row, ensure_ascii=False, default=json_default)))
    return count


def print_text(text: str, *, err: bool = False) -> None:
    """Print a text of one or more lines; what it quotes from outside cannot steer the terminal."""
    typer.echo(shown(text), err=err)


def shown(text: str) -> str:
    """A text with visible signs in place of what a terminal would obey or not show."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in "\t\n" else _sign(letter) for letter in text)


def shown_in_line(text: str) -> str:
    """A text as it is shown in one line of a list."""
    return shown(BREAKS.sub(" ", text).strip())


def _sign(letter: str) -> str:
    """ESC as ␛; what has no picture (C1, marks that turn the direction of writing, zero width) by its number."""
    if unicodedata.category(letter) == "Zs" or letter == "\u00ad":
        return letter  # wide and narrow spaces, soft hyphens
    return chr(SIGNS[ord(letter)]) if ord(letter) in SIGNS else f"\\u{ord(letter):04x}"


def _harmless_json(line: str) -> str:
    """The same JSON, with escapes for what a terminal would obey; `json` itself escapes only the first 32."""
    if line.isprintable():
        return line
    return "".join(letter if _is_harmless(letter) else f"\\u{ord(letter):04x}" for letter in line)


def _is_harmless(letter: str) -> bool:
    return letter.isprintable() or ord(letter) > 0xFFFF or unicodedata.category(letter) in ("Zs", "Co", "Cn")


def _print_table(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Print a table in the terminal's width; no cell is cut, and identifiers are broken last."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    columns = [[title, *(line[number] for line in cells)] for number, title in enumerate(headings)]
    widths = shared_widths(columns, console.width - 3 * len(columns) - 1)
    table = Table()
    for title, width in zip(headings, widths, strict=True):
        table.add_column(Text(title), overflow="fold", width=width)
    for line in cells:
        table.add_row(*map(Text, line))
    console.print(table)


def shared_widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """The width of each column: what it needs, the shortest first, and columns of single words before sentences.

    What does not fit shares what is left equally, and is broken within words if need be.
    """
    needs = [max(map(len, column)) for column in columns]
    is_of_words = [not any(" " in text for text in column[1:]) for column in columns]
    widths: dict[int, int] = {}
    for number in sorted(range(len(columns)), key=lambda number: (not is_of_words[number], needs[number])):
        left, others = room - sum(widths.values()), len(columns) - len(widths) - 1
        share = left // (others + 1)
        fits = is_of_words[number] and needs[number] + LEAST_WIDTH * others <= left
        widths[number] = needs[number] if fits else max(1, min(needs[number], share))
    return [widths[number] for number in range(len(columns))]


def print_fields(record: Mapping[str, Any]) -> None:
    """Print one record for a person: a line for each field that has a value."""
    said = [(heading(name), shown(cell(value, name))) for name, value in record.items()]
    lines = [(name, value) for name, value in said if value]
    if sys.stdout.isatty():
        _print_grid(lines)
    else:
        typer.echo("\n".join(f"{name}\t{shown_in_line(value)}" for name, value in lines))


def _print_grid(lines: Sequence[tuple[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for name, value in lines:
        grid.add_row(Text(name), Text(value))
    Console().print(grid)


def json_default(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)
