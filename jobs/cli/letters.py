"""tracker letters: letters of the month, written, taken away as files, and sent to readers."""

from pathlib import Path
from typing import Any

import typer

from db.monthly_letters import list_monthly_letters
from db.subscribers import Language
from db.types import LARGEST
from jobs.cli.invocation import Invocation, limit_option, reason_option, text_in_file
from jobs.cli.wording import say
from jobs.editions.dry_run import write_previews
from jobs.editions.selections import Audience, preview_selection, send_selection
from jobs.publishing.letter_documents import LETTER_FORMS, letter_page
from jobs.publishing.monthly_letters import (
    LetterInFull,
    LetterMove,
    LetterWords,
    add_chosen,
    begin_letter,
    drop_letter,
    letter_in_full,
    move_chosen,
    write_letter,
)
from tracker.files import write_whole

group = typer.Typer(no_args_is_help=True, help="Letters of the month, in an officer's words.")
LETTER = typer.Argument(metavar="LETTER", max=LARGEST, help="Its number in tracker letters list.")
CALL = typer.Argument(metavar="CALL", max=LARGEST, help="Our id of the call.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="letters")


@group.command("list")
def show_letters(context: typer.Context, limit: int = limit_option(50)) -> None:
    """List letters of the month, newest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        letters = list_monthly_letters(session, invocation.rows(limit))
        rows = [letter.model_dump(mode="json") | {"calls": len(letter.chosen)} for letter in letters]
    columns = ("id", "title", "calls", "changed_at", "changed_by", "edition_id")
    invocation.show(rows, columns, say("no letter yet; tracker letters begin makes one"))


@group.command("show")
def show_letter(context: typer.Context, letter: int = LETTER) -> None:
    """Show a letter with its calls in order."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        full = letter_in_full(session, letter)
    invocation.show_fields(_record(full))


def _record(full: LetterInFull) -> dict[str, Any]:
    chosen = [f"{call.id}: {call.title}" for _, call in full.calls]
    return full.letter.model_dump(mode="json", exclude={"chosen"}) | {"calls": chosen}


@group.command("begin")
def begin(context: typer.Context, title: str = typer.Argument(help="Its title.")) -> None:
    """Begin a letter."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        letter = begin_letter(app, title, invocation.signed(app, ""))
    invocation.show([letter.model_dump(mode="json")], ("id", "title"))


@group.command("choose")
def choose_calls(
    context: typer.Context,
    letter: int = LETTER,
    call: list[int] = typer.Argument(max=LARGEST, help="Our ids of the calls."),
) -> None:
    """Add calls at the end of a letter."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        count = add_chosen(app, letter, call, invocation.signed(app, ""))
    invocation.show([{"id": letter, "calls": count}], ("id", "calls"))


@group.command("move")
def move_call(
    context: typer.Context, letter: int = LETTER, call: int = CALL, move: LetterMove = typer.Argument(help="Where to.")
) -> None:
    """Move a call up or down by one place, or take it out."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        move_chosen(app, letter, call, move, invocation.signed(app, ""))


@group.command("write")
def write_words(
    context: typer.Context,
    letter: int = LETTER,
    language: Language = typer.Option(..., help="The language of what is written."),
    title: str = typer.Option("", help="A new title."),
    foreword: Path | None = typer.Option(None, help="A text file with the foreword; an empty line begins a paragraph."),
    call: int = typer.Option(0, min=0, max=LARGEST, help="The call that the note is about."),
    note: str = typer.Option("", help="What you say of that call."),
) -> None:
    """Write a letter's title, its foreword or a note of a call, in one language; what is not named stays."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            full = letter_in_full(session, letter)
        forewords = dict(full.letter.forewords) | ({language.value: text_in_file(foreword)} if foreword else {})
        notes = {one.call_id: dict(one.notes) for one, _ in full.calls}
        if call in notes:
            notes[call][language.value] = note
        words = LetterWords(title or full.letter.title, forewords, notes)
        write_letter(app, letter, words, invocation.signed(app, ""))


@group.command("take")
def take_away(
    context: typer.Context,
    letter: int = LETTER,
    form: str = typer.Option("page", "--as", help="page (which prints as PDF), mail, docx or markdown."),
    language: Language | None = typer.Option(None, help="The language; else the region's first."),
    out: Path = typer.Option(Path("letters"), help="The folder to write to; it is created if it does not exist."),
) -> None:
    """Write a letter to a file: a web page, the HTML of a mail, DOCX or Markdown."""
    invocation: Invocation = context.obj
    if form not in LETTER_FORMS:
        known = ", ".join(LETTER_FORMS)
        raise typer.BadParameter(say("%(given)s is not one of %(known)s", given=form, known=known), param_hint="--as")
    with invocation.app() as app, app.db.read() as session:
        spoken = language.value if language else app.region.languages[0]
        page = letter_page(session, app, letter_in_full(session, letter), spoken)
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"letter-{letter}.{spoken}.{LETTER_FORMS[form].ending}"
    write_whole(file, LETTER_FORMS[form].made_of(page))
    invocation.show([{"file": str(file)}], ("file",))


@group.command("send")
def send_letter(
    context: typer.Context,
    letter: int = LETTER,
    spearhead: list[str] = typer.Option([], help="Only to those who follow it; may be given more than once."),
    everybody: bool = typer.Option(False, "--all", help="To all readers, whatever they follow."),
    repeats: bool = typer.Option(False, "--repeat", help="Tell also what readers have been told of before."),
    dry: bool = typer.Option(False, "--dry-run", help="Write its mails as files, one a language, and change nothing."),
    out: Path = typer.Option(Path("digests"), help="Where a dry run writes."),
    reason: str = reason_option("Why; kept in the audit.", ""),
) -> None:
    """Make the edition of a letter; tracker deliver sends it."""
    invocation: Invocation = context.obj
    if bool(spearhead) == everybody:
        raise typer.BadParameter(say("name either spearheads, or everybody with --all"))
    audience = Audience(tuple(spearhead), repeats)
    with invocation.app() as app:
        if dry:
            found = preview_selection(app, letter, audience)
            files = write_previews(found.mails, out)
            invocation.show(
                [{"readers": sum(found.readers.values()), "file": str(file)} for file in files], ("readers", "file")
            )
            return
        edition, counts = send_selection(app, letter, audience, invocation.signed(app, reason))
    row: dict[str, Any] = {"edition": edition.id, "kind": edition.kind, "period": edition.period}
    invocation.show([row | {state.value: n for state, n in counts.items()}], (*row, *(s.value for s in counts)))


@group.command("drop")
def drop(context: typer.Context, letter: int = LETTER, reason: str = reason_option("Why; kept in the audit.")) -> None:
    """Delete a letter; what was sent of it stays in the ledger."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        drop_letter(app, letter, invocation.signed(app, reason))
