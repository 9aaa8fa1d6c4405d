"""Kept files, which every machine must find: the secret, publishers' pages, and publishers' last answers.

They are in the data folder or in the database, as the configuration says; their users cannot tell. What they contain is
up to `tracker.readings.page_archive`, `tracker.fetching.http_cache` and whoever makes the secret.
"""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from db import kept_files
from db.engine import Database
from tracker.files import write_whole


class KeptFiles(Protocol):
    """Files by name, where a name is a path: `pages/portal/7/0001.gz`."""

    def read(self, name: str) -> bytes:
        """Read a file's bytes; FileNotFoundError if it does not exist."""

    def lines(self, name: str) -> Iterator[bytes]:
        """Read the lines that were appended to a file; FileNotFoundError if it does not exist."""

    def find(self, pattern: str) -> list[str]:
        """List the names that match, sorted; `*` stands for any part of a name between two slashes."""

    def write(self, name: str, content: bytes) -> None:
        """Write or replace a file; nobody ever reads half of it."""

    def write_once(self, name: str, content: bytes) -> bytes:
        """Write a file readable only by its owner, unless it exists; returns its content from now on."""

    def append(self, name: str, line: bytes) -> None:
        """Append a line to a file. Only one process may append to the same file."""

    def remove(self, name: str) -> None:
        """Remove a file, if it exists."""

    def remove_folder(self, folder: str) -> None:
        """Remove every file of a folder."""


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """Kept files as files below a folder, on this machine or shared by several."""

    root: Path

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def lines(self, name: str) -> Iterator[bytes]:
        with (self.root / name).open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):  # a line without its end was cut off when a process died
                    yield line

    def find(self, pattern: str) -> list[str]:
        files = (file for file in self.root.glob(pattern) if file.is_file())
        return sorted(file.relative_to(self.root).as_posix() for file in files)

    def write(self, name: str, content: bytes) -> None:
        write_whole(self._in_folder(name), content)

    def write_once(self, name: str, content: bytes) -> bytes:
        """Write to a private name first, then link it: the first link to the name wins."""
        file = self._in_folder(name)
        private = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        private.touch(mode=0o600)
        try:
            private.write_bytes(content)
            file.hardlink_to(private)
        except FileExistsError:
            pass
        finally:
            private.unlink()
        return file.read_bytes()

    def append(self, name: str, line: bytes) -> None:
        with self._in_folder(name).open("ab") as file:
            file.write(line)

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        shutil.rmtree(self.root / folder)

    def _in_folder(self, name: str) -> Path:
        """Return the path of a file, having made its folder."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file


@dataclass(frozen=True, slots=True)
class DatabaseFiles:
    """Kept files as rows of the database. Each method is a transaction of its own, finished before it returns."""

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
            names = [
                f"{folder}/{name}".lstrip("/") for folder, name in kept_files.find_files(session, *_split(pattern))
            ]
        return sorted(name for name in names if name.count("/") == pattern.count("/"))

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
    """Split a name into its folder and its name there."""
    folder, _, last = name.rpartition("/")
    return folder, last
