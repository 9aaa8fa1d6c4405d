"""The texts of the command line, and their catalogues. Run as a module, it takes new texts up and compiles:

.venv/bin/python -m tests.support.command_texts
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from jobs.cli.wording import DOMAIN, LOCALES
from tests.support.command_line import whole_command_line

CODE = LOCALES.parent
KEYWORDS = {"T_": None, "say": None}
OF_TYPER = {  # what typer says itself, of what our commands can meet
    "(deprecated) ",
    "Aborted!",
    "Aborted.",
    "Arguments",
    "Commands",
    "Error",
    "Install completion for the current shell.",
    "Missing command.",
    "No such command {name!r}.",
    "Options",
    "Show completion for the current shell, to copy it or customize the installation.",
    "Show this message and exit.",
    "Try [blue]'{command_path} {help_option}'[/] for help.",
    "[default: {}]",
    "[required]",
    "default: {default}",
    "required",
}


def helps(command: Any) -> Iterator[str]:
    """Every text of a command's help, and of those below it."""
    yield from (described.help for described in (command, *command.params) if described.help)
    yield from chain.from_iterable(map(helps, getattr(command, "commands", {}).values()))


def used_texts() -> set[str]:
    """Every text that the command line can show."""
    found = extract_from_dir(CODE, [("**.py", "python")], keywords=KEYWORDS)
    extracted = {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}
    return extracted | set(helps(whole_command_line())) | OF_TYPER


def po_file(language: str) -> Any:
    """The file of a language's catalogue."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def catalogue_of(language: str) -> Catalog:
    """A language's catalogue as it is written; an empty one where there is none."""
    if not po_file(language).exists():
        return Catalog(locale=language, domain=DOMAIN)
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def take_up(language: str) -> None:
    """Add texts that are new, drop those that are gone, and compile."""
    known = {message.id: message.string for message in catalogue_of(language) if message.id}
    fresh = Catalog(
        locale=language,
        domain=DOMAIN,
        project="karkivahti",
        version="0.1",
        header_comment="# The command line's texts.",
        fuzzy=False,
    )
    for text in sorted(used_texts()):
        fresh.add(text, known.get(text, ""))
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    with po_file(language).open("wb") as file:
        write_po(file, fresh, width=0)
    with po_file(language).with_suffix(".mo").open("wb") as file:
        write_mo(file, fresh)


if __name__ == "__main__":
    for language in ("fi", "sv"):
        take_up(language)
