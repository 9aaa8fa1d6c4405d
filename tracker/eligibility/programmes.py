"""Programmes: the dated table of who may apply by programme and type of action, for what a call does not say.

The table is data, `programmes.toml`, whose head explains a row; an operator can name one of their own.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import translate
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from db.calls import CallFacts, CallKind
from db.eligibility import Basis, Certainty
from tracker.eligibility.claims import KINDS, ORGANISATIONS, OTHER_FACTS, Claim
from tracker.errors import ConfigError
from tracker.strict import Strict

ANY, OTHERS = "any", "others"
Kind = Literal["sme", "large_company", "research", "education", "public", "ngo", "business_support", "person"]
Fact = Kind | Literal["consortium", "alone", "rate", "lump_sum", "two_stage", "trl", "place"]
SHIPPED = Path(__file__).with_name("programmes.toml")


class ProgrammeRow(Strict):
    """One row of the table: which calls it is for, what it says of them, and where that was read."""

    name: str
    kinds: tuple[CallKind, ...] = (CallKind.TOPIC,)
    action: tuple[str, ...] = ()
    identifier: tuple[str, ...] = ()
    programme: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    yes: tuple[Kind | Literal["any"], ...] = ()
    no: tuple[Kind | Literal["any", "others"], ...] = ()
    consortium: tuple[int, ...] = Field((), max_length=2)
    alone: bool | None = None
    rate: tuple[int, ...] = Field((), max_length=2)
    lump_sum: bool | None = None
    two_stage: bool | None = None
    trl: tuple[int, ...] = Field((), max_length=2)
    place: str | None = None
    source: str
    seen_on: date | None = None
    certainty: Certainty
    usual: tuple[Fact, ...] = ()
    last: bool = False

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What the row says, fact by fact."""
        yes = {kind for name in self.yes for kind in _kinds(name)}
        no = {kind for name in self.no for kind in (KINDS.keys() - yes if name == OTHERS else _kinds(name))}
        facts: dict[str, Any] = {kind: kind in yes for kind in KINDS if kind in yes | no}
        facts |= {name: getattr(self, name) for name in OTHER_FACTS if getattr(self, name) not in (None, ())}
        evidence = f"{self.name} ({self.source}; {self.seen_on})"
        return tuple(
            Claim(
                fact,
                value,
                Basis.PROGRAMME,
                evidence,
                Certainty.GENERAL if fact in self.usual else self.certainty,
            )
            for fact, value in facts.items()
        )

    def is_for_code(self, kind: CallKind, action: str, identifier: str, programme: str) -> bool:
        """Whether the codes of a call are those of the row, whatever its words are."""
        asked = ((self.action, action), (self.identifier, identifier), (self.programme, programme))
        return kind in self.kinds and all(not globs or _fits(globs, value) for globs, value in asked)

    @cached_property
    def asks_words(self) -> bool:
        """Whether the words of a call decide, too."""
        return bool(self.title or self.words or self.without)

    def is_for_words(self, title: str, text: str) -> bool:
        """Whether the words of a call, in small letters, are those of the row."""
        return (
            (not self.title or _has(self.title, title))
            and (not self.words or _has(self.words, title) or _has(self.words, text))
            and not (self.without and (_has(self.without, title) or _has(self.without, text)))
        )


@dataclass(frozen=True, eq=False)
class ProgrammeTable:
    """The whole table; `fingerprint` changes with its content."""

    rows: tuple[ProgrammeRow, ...]
    fingerprint: str

    def claims(self, facts: CallFacts, title: str, text: str) -> Iterator[Claim]:
        """What the table says of a call, special rows first; `title` and `text` are its words in small letters."""
        for row in _of_code(
            self, facts.kind, facts.type_of_action or "", facts.identifier or "", facts.programme or ""
        ):
            if not row.asks_words or row.is_for_words(title, text):
                yield from row.claims
                if row.last:
                    return


class _TableFile(Strict):
    seen_on: date
    row: tuple[ProgrammeRow, ...]


def table_path(name: str) -> Path:
    """The path of a table: that of a file of somebody's own, or of the one that comes with the program."""
    return Path(name) if name else SHIPPED


def load_table(path: Path = SHIPPED) -> ProgrammeTable:
    """Read a table. ConfigError lists every fault with its row; OSError if the file cannot be read."""
    content = path.read_bytes()
    return _loaded(path.name, content)


@lru_cache(maxsize=8)
def _loaded(name: str, content: bytes) -> ProgrammeTable:
    try:
        parsed = _TableFile.model_validate(tomllib.loads(content.decode("utf-8")))
    except ValidationError as error:
        raise ConfigError([f"{name}: {'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors()]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError([f"{name}: not readable as TOML: {error}"]) from error
    rows = tuple(row if row.seen_on else row.model_copy(update={"seen_on": parsed.seen_on}) for row in parsed.row)
    return ProgrammeTable(rows, sha256(content).hexdigest())


def _kinds(name: str) -> tuple[str, ...]:
    return tuple(kind.value for kind in ORGANISATIONS) if name == ANY else (name,)


@lru_cache(maxsize=4096)  # calls share types of action, and a call is derived again whenever it changes
def _of_code(
    table: ProgrammeTable, kind: CallKind, action: str, identifier: str, programme: str
) -> tuple[ProgrammeRow, ...]:
    return tuple(row for row in table.rows if row.is_for_code(kind, action, identifier, programme))


def _fits(globs: tuple[str, ...], value: str) -> bool:
    """Whether a code (or one of several, parted by semicolons) is one of these; blanks count once."""
    matches = _globs(globs)
    return any(matches(" ".join(part.split()).upper()) for part in value.split(";"))


@lru_cache(maxsize=1024)
def _globs(globs: tuple[str, ...]) -> Any:
    return re.compile("|".join(translate(glob.upper()) for glob in globs)).match


def _has(words: tuple[str, ...], text: str) -> bool:
    return any(word.removesuffix("*").removeprefix("*") in text for word in words) and bool(_words(words)(text))


@lru_cache(maxsize=1024)
def _words(words: tuple[str, ...]) -> Any:
    """A search for whole words; a star stands for the rest of a word."""
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(w).replace(r"\*", r"\w*") for w in words) + r")(?!\w)").search
