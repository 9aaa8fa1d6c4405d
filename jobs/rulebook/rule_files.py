"""Files of rules: a region file, or one rule as JSON on each line; read as an edit, and written."""

from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError
from sqlmodel import Session

from db.strategies import Rule
from jobs.base.app import App
from jobs.base.compiled_rules import stored_rulebook
from jobs.rulebook.examples import kept_examples
from tracker.errors import Code, InputFaults, Refusal
from tracker.regions import other_tables, read_region, region_path
from tracker.regions.writing import region_text
from tracker.tagging.rulebook_edits import Edit, with_rule
from tracker.typed_in import faults_in


def edit_of_file(session: Session, file: Path) -> Edit:
    """Build the edit that imports a file; Refusal if it cannot be read, else as `edit_of_content`."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    return edit_of_content(session, file.name, content)


def edit_of_content(session: Session, name: str, content: bytes, region_key: str = "") -> Edit:
    """Build the edit that imports what a file holds: a region file (.toml), or one rule as JSON on each line.

    Refusal where it cannot be used (NOTHING_TAKEN names every bad line) or is of another region than `region_key`;
    ConfigError for a bad region file.
    """
    before = book = stored_rulebook(session)
    if name.endswith(".toml"):
        region = read_region(name, content)
        if region_key and region.key != region_key:
            raise Refusal(Code.OTHER_REGION, given=region.key, own=region_key)
        return Edit(name, before, region.rulebook, of_file=region.examples)
    for rule in _rules(name, content):
        book = with_rule(book, rule)
    return Edit(name, before, book)


def _rules(name: str, content: bytes) -> list[Rule]:
    rules, faults = [], []
    for number, line in enumerate(_lines(name, content), 1):
        try:
            rules += [Rule.model_validate_json(line)] if line.strip() else []
        except ValidationError as error:
            faults += [replace(fault, line=number) for fault in faults_in(error)]
    if faults:
        raise Refusal(Code.NOTHING_TAKEN, file=name, why=InputFaults(*faults))
    return rules


def _lines(name: str, content: bytes) -> list[str]:
    try:
        return content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise Refusal(Code.FILE_NOT_TEXT, file=name) from None


def region_as_file(session: Session, app: App) -> str:
    """The region file with the rulebook and the examples as they are now; its comments are not kept."""
    beside = other_tables(region_path(app.settings.region.file))
    return region_text(beside, stored_rulebook(session), kept_examples(session))
