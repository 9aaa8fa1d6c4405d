"""Letters of the month: an officer chooses calls, puts them in order and writes about them; a draft at any time.

Does not make documents of them (`jobs.publishing.letter_documents`) or send them (`jobs.editions.selections`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from db import audit, calls
from db.acts import Act
from db.audit import Signed
from db.calls import Call
from db.monthly_letters import ChosenCall, MonthlyLetter
from db.regions import find_ours
from jobs.base.app import App
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun

MOST_CALLS = 60
MOST_LETTERS = {"title": 200, "foreword": 8000, "note": 1000}


class LetterMove(StrEnum):
    """What is done with a chosen call."""

    UP = "up"
    DOWN = "down"
    OUT = "out"  # of the letter


@dataclass(frozen=True, slots=True)
class LetterWords:
    """What an officer writes: the title, the forewords by language, and the notes by call and language."""

    title: str
    forewords: Mapping[str, str]
    notes: Mapping[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class LetterInFull:
    """A letter with its calls in order, without those that cannot be read."""

    letter: MonthlyLetter
    calls: tuple[tuple[ChosenCall, Call], ...]


def letter_in_full(session: Session, letter_id: int) -> LetterInFull:
    """A letter with its calls. NotFound if there is none."""
    letter = _found(find_ours(session, MonthlyLetter, letter_id), letter_id)
    known = calls.calls_by_id(session, [chosen.call_id for chosen in letter.chosen])
    return LetterInFull(letter, tuple((one, known[one.call_id]) for one in letter.chosen if one.call_id in known))


def begin_letter(app: App, title: str, signed: Signed) -> MonthlyLetter:
    """Begin a draft. InputFaults for a title that is none."""
    if faults := _title_faults(title):
        raise InputFaults(*faults)
    with app.db.write() as session:
        letter = MonthlyLetter(title=title.strip(), made_at=signed.at, changed_at=signed.at, changed_by=signed.author)
        session.add(letter)
        session.flush()
        after = {"title": letter.title}
        audit.append_audit(session, signed, Act.LETTER_MADE, f"letter {letter.id}", after=after)
    return letter


def add_chosen(app: App, letter_id: int, call_ids: Sequence[int], signed: Signed) -> int:
    """Add calls at the end of a letter, each once; returns how many are new. NotFound or InputFaults."""
    with _changed(app, letter_id, signed) as (session, letter):
        known = calls.calls_by_id(session, call_ids)
        if missing := [call_id for call_id in call_ids if call_id not in known]:
            raise NotFound(Noun.CALL, missing[0])
        there = {chosen.call_id for chosen in letter.chosen}
        new = [call_id for call_id in dict.fromkeys(call_ids) if call_id not in there]
        if len(there) + len(new) > MOST_CALLS:
            raise InputFaults(Fault(Code.TOO_MANY, "call", {"most": MOST_CALLS}))
        letter.chosen = (*letter.chosen, *(ChosenCall(call_id=call_id) for call_id in new))
    return len(new)


def write_letter(app: App, letter_id: int, words: LetterWords, signed: Signed) -> None:
    """Replace the title, the forewords, and the notes of the calls that are named. NotFound or InputFaults."""
    notes = [text for by_language in words.notes.values() for text in by_language.values()]
    faults = _title_faults(words.title)
    faults += _too_long(*(("foreword", text) for text in words.forewords.values()), *(("note", text) for text in notes))
    if faults:
        raise InputFaults(*faults)
    with _changed(app, letter_id, signed) as (_, letter):
        letter.title, letter.forewords = words.title.strip(), _in_order(app, words.forewords)
        letter.chosen = tuple(_noted(app, chosen, words.notes.get(chosen.call_id)) for chosen in letter.chosen)


def move_chosen(app: App, letter_id: int, call_id: int, move: LetterMove, signed: Signed) -> None:
    """Move a chosen call up or down by one place, or take it out. NotFound if the letter does not have it."""
    with _changed(app, letter_id, signed) as (_, letter):
        order = list(letter.chosen)
        place = next((place for place, chosen in enumerate(order) if chosen.call_id == call_id), None)
        if place is None:
            raise NotFound(Noun.CALL, call_id)
        chosen = order.pop(place)
        if move is not LetterMove.OUT:
            order.insert(max(0, place - 1) if move is LetterMove.UP else place + 1, chosen)
        letter.chosen = tuple(order)


def drop_letter(app: App, letter_id: int, signed: Signed) -> None:
    """Delete a draft; what was sent of it stays in the ledger. NotFound."""
    with app.db.write() as session:
        letter = _found(find_ours(session, MonthlyLetter, letter_id), letter_id)
        before = {"title": letter.title}
        audit.append_audit(session, signed, Act.LETTER_DROPPED, f"letter {letter_id}", before=before)
        session.delete(letter)


@contextmanager
def _changed(app: App, letter_id: int, signed: Signed) -> Iterator[tuple[Session, MonthlyLetter]]:
    """A letter in a transaction, which notes who changed it and when."""
    with app.db.write() as session:
        letter = _found(find_ours(session, MonthlyLetter, letter_id, held=True), letter_id)
        yield session, letter
        letter.changed_at, letter.changed_by = signed.at, signed.author
        session.add(letter)


def _found(letter: MonthlyLetter | None, letter_id: int) -> MonthlyLetter:
    if letter is None:
        raise NotFound(Noun.LETTER, letter_id)
    return letter


def _noted(app: App, chosen: ChosenCall, notes: Mapping[str, str] | None) -> ChosenCall:
    return chosen if notes is None else ChosenCall(call_id=chosen.call_id, notes=_in_order(app, notes))


def _in_order(app: App, words: Mapping[str, str]) -> dict[str, str]:
    """What was written, without what is empty, in the order of the region's languages."""
    return {language: text for language in app.region.languages if (text := words.get(language, "").strip())}


def _title_faults(title: str) -> list[Fault]:
    return _too_long(("title", title)) if title.strip() else [Fault(Code.MISSING, "title")]


def _too_long(*given: tuple[str, str]) -> list[Fault]:
    long = dict.fromkeys(name for name, text in given if len(text) > MOST_LETTERS[name])
    return [Fault(Code.TOO_LONG, name, {"most": MOST_LETTERS[name]}) for name in long]
