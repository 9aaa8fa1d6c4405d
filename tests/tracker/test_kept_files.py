"""Kept files: the same names and bytes come back from the data folder and from the database."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from db.engine import Database
from tracker.kept_files import DatabaseFiles, FolderFiles, KeptFiles


def test_a_file_that_is_written_again_holds_what_was_written_last(files: KeptFiles) -> None:
    files.write("answers/portal/a.gz", b"first\x00\xff")
    files.write("answers/portal/a.gz", b"")
    assert files.read("answers/portal/a.gz") == b""
    files.write("answers/portal/a.gz", b"last\x00\xff\n")
    assert files.read("answers/portal/a.gz") == b"last\x00\xff\n"


def test_lines_come_back_in_the_order_in_which_they_were_added(files: KeptFiles) -> None:
    added = [f"{number} €\n".encode() for number in range(12)]
    for line in added:
        files.append("pages/portal/7/index.jsonl", line)
    assert list(files.lines("pages/portal/7/index.jsonl")) == added
    assert files.read("pages/portal/7/index.jsonl") == b"".join(added)
    files.write("pages/portal/7/index.jsonl", b"anew\n")
    assert list(files.lines("pages/portal/7/index.jsonl")) == [b"anew\n"]


def test_a_file_that_is_not_there_cannot_be_read(files: KeptFiles) -> None:
    with pytest.raises(FileNotFoundError):
        files.read("pages/portal/7/0001.gz")
    with pytest.raises(FileNotFoundError):
        list(files.lines("pages/portal/7/index.jsonl"))
    files.remove("pages/portal/7/0001.gz")


def test_names_are_found_by_their_parts(files: KeptFiles) -> None:
    names = ["answers/a_b/1.gz", "answers/axb/1.gz", "pages/a_b/7/1.gz", "pages/a_b/7/index.jsonl", "pages/a_b/70/1.gz"]
    for name in (*names, "secret"):
        files.write(name, b"x")
    files.append("pages/a_b/7/index.jsonl", b"a second piece\n")
    assert files.find("answers/a_b/*.gz") == ["answers/a_b/1.gz"]
    assert files.find("answers/*/*.gz") == names[:2]
    assert files.find("pages/*/*") == []
    assert files.find("pages/*/*/*") == names[2:]
    assert files.find("pages/a_b/*/index.jsonl") == ["pages/a_b/7/index.jsonl"]
    assert files.find("secret") == ["secret"]


def test_a_folder_goes_with_all_its_files_and_no_other(files: KeptFiles) -> None:
    for name in ("pages/a/7/1.gz", "pages/a/7/2.gz", "pages/a/70/1.gz"):
        files.write(name, b"x")
    files.append("pages/a/7/index.jsonl", b"one\n")
    files.append("pages/a/7/index.jsonl", b"two\n")
    files.remove_folder("pages/a/7")
    assert files.find("pages/*/*/*") == ["pages/a/70/1.gz"]


def test_a_file_that_is_removed_is_gone_and_its_neighbour_stays(files: KeptFiles) -> None:
    files.write("answers/a/1.gz", b"x")
    files.write("answers/a/2.gz", b"y")
    files.remove("answers/a/1.gz")
    assert files.find("answers/a/*") == ["answers/a/2.gz"]


def test_of_several_that_write_a_file_once_at_the_same_time_all_get_the_one_that_is_kept(files: KeptFiles) -> None:
    together = Barrier(8)

    def write(number: int) -> bytes:
        together.wait()
        return files.write_once("secret", str(number).encode())

    with ThreadPoolExecutor(8) as threads:
        told = set(threads.map(write, range(8)))
    assert told == {files.read("secret")}
    assert files.write_once("secret", b"late") == files.read("secret") != b"late"


def test_in_a_folder_only_files_that_are_whole_are_left_and_the_secret_is_its_owners_alone(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path / "data")
    files.write("answers/a/1.gz", b"x")
    files.write_once("secret", b"s")
    files.append("pages/a/7/index.jsonl", b"line\n")
    found = {file.relative_to(files.root).as_posix() for file in files.root.rglob("*") if file.is_file()}
    assert found == {"answers/a/1.gz", "secret", "pages/a/7/index.jsonl"}
    assert (files.root / "secret").stat().st_mode & 0o777 == 0o600


def test_what_is_written_is_there_for_another_machine_at_once_and_no_session_stays_open(
    db: Database, database_url: str
) -> None:
    here, there = DatabaseFiles(db), DatabaseFiles(Database(database_url))
    here.append("pages/a/7/index.jsonl", b"one\n")
    here.write("pages/a/7/1.gz", b"x")
    lines = there.lines("pages/a/7/index.jsonl")
    assert (next(lines), there.read("pages/a/7/1.gz")) == (b"one\n", b"x")
    assert [one.db.engine.pool.status().count("Checked out connections: 0") for one in (here, there)] == [1, 1]
    there.db.dispose()
