"""Kept files: what every machine must find: the secret, publishers' pages, and what publishers answered last.

They lie in the data folder, or in the database, as the configuration says; whoever reads and writes them cannot tell.
Does not know what they hold (`tracker.readings.page_archive`, `tracker.fetching.http_cache`).
"""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from db import kept_files
from db.engine import Database


class KeptFiles(Protocol):
    """Files by their names, which are paths: `pages/portal/7/0001.gz`."""

    def read(self, name: str) -> bytes:
        """A file's bytes; FileNotFoundError where it is not there."""

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines that were added to a file; FileNotFoundError where it is not there."""

    def find(self, pattern: str) -> list[str]:
        """The names that fit, in their order; `*` stands for any part of a name between its slashes."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file, in place of what it was; nobody ever reads half of it."""

    def write_once(self, name: str, content: bytes) -> bytes:
        """Write a file for its owner only, unless it is there; gives back what it holds from now on."""

    def append(self, name: str, line: bytes) -> None:
        """Add a line to a file. Only one process adds to a file."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def remove_folder(self, folder: str) -> None:
        """Remove every file of a folder."""


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """Kept files as files below a folder of this machine, or of one that several machines share."""

    root: Path

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def lines(self, name: str) -> Iterator[bytes]:
        with (self.root / name).open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):  # a line without its end is where the process died
                    yield line

    def find(self, pattern: str) -> list[str]:
        found = (file for file in self.root.glob(pattern) if file.is_file())
        return sorted(file.relative_to(self.root).as_posix() for file in found)

    def write(self, name: str, content: bytes) -> None:
        file = self._made(name)
        beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
        beside.write_bytes(content)
        beside.replace(file)

    def write_once(self, name: str, content: bytes) -> bytes:
        """The first link to the name wins."""
        file = self._made(name)
        own = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        own.touch(mode=0o600)
        own.write_bytes(content)
        try:
            file.hardlink_to(own)
        except FileExistsError:
            pass
        finally:
            own.unlink()
        return file.read_bytes()

    def append(self, name: str, line: bytes) -> None:
        with self._made(name).open("ab") as file:
            file.write(line)

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        shutil.rmtree(self.root / folder)

    def _made(self, name: str) -> Path:
        """Where a file lies, in a folder that is there."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file


@dataclass(frozen=True, slots=True)
class DatabaseFiles:
    """Kept files as rows of the database. Each call is a transaction of its own, over before it returns."""

    db: Database

    def read(self, name: str) -> bytes:
        return b"".join(self.lines(name))

    def lines(self, name: str) -> Iterator[bytes]:
        with self.db.read() as session:
            pieces = kept_files.pieces_of_file(session, *_split(name))
        if not pieces:
            raise FileNotFoundError(name)
        yield from pieces

    def find(self, pattern: str) -> list[str]:
        with self.db.read() as session:
            found = [
                f"{folder}/{name}".lstrip("/") for folder, name in kept_files.find_files(session, *_split(pattern))
            ]
        return sorted(name for name in found if name.count("/") == pattern.count("/"))

    def write(self, name: str, content: bytes) -> None:
        with self.db.write() as session:
            kept_files.put_file(session, *_split(name), content)

    def write_once(self, name: str, content: bytes) -> bytes:
        with self.db.write() as session:
            kept_files.put_once(session, *_split(name), content)
            return b"".join(kept_files.pieces_of_file(session, *_split(name)))

    def append(self, name: str, line: bytes) -> None:
        with self.db.write() as session:
            kept_files.append_piece(session, *_split(name), line)

    def remove(self, name: str) -> None:
        with self.db.write() as session:
            kept_files.remove(session, *_split(name))

    def remove_folder(self, folder: str) -> None:
        with self.db.write() as session:
            kept_files.remove_folder(session, folder)


def _split(name: str) -> tuple[str, str]:
    """A name's folder and its own name in it."""
    folder, _, own = name.rpartition("/")
    return folder, own
