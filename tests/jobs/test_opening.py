"""The secret of an installation: one for all that work with it, wherever files are kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from sqlmodel import select

from db import strategies
from db.engine import Database
from db.revisions import Revision
from jobs.base.app import stores_of
from jobs.opening import open_app, secret_of
from tests.jobs.world import KEPT_ANYWHERE
from tracker import config
from tracker.config import Settings
from tracker.errors import ConfigError
from tracker.regions import region_file

UNKEPT = """[[spearheads.rules]]
key = "sailing"
text = "sailing"
weight = "weak"
matches = ["a bridge of steel"]

"""


def settings(folder: Path, keep_in: str, **mail: str) -> Settings:
    return config.given({"data": {"dir": folder, "keep_in": keep_in}, "mail": mail})


@KEPT_ANYWHERE
def test_all_that_start_together_end_up_with_one_secret(database_url: str, tmp_path: Path, keep_in: str) -> None:
    together = Barrier(6)

    def start(_: int) -> bytes:
        db = Database(database_url)
        together.wait()
        found = secret_of(settings(tmp_path / "data", keep_in), db)
        db.dispose()
        return found

    with ThreadPoolExecutor(6) as starts:
        [secret] = set(starts.map(start, range(6)))
    assert len(secret) == 64
    assert start_again(database_url, settings(tmp_path / "data", keep_in)) == secret


def start_again(url: str, given: Settings) -> bytes:
    db = Database(url)
    found = secret_of(given, db)
    db.dispose()
    return found


def test_two_machines_share_the_secret_that_the_database_keeps(db: Database, tmp_path: Path) -> None:
    one, two = (settings(tmp_path / name, "database") for name in ("one", "two"))
    assert secret_of(one, db) == secret_of(two, db)
    assert list(tmp_path.glob("*/secret")) == []


@pytest.mark.parametrize(("before", "after"), [("folder", "database"), ("database", "folder")])
def test_the_secret_stays_when_files_are_kept_elsewhere(db: Database, tmp_path: Path, before: str, after: str) -> None:
    secret = secret_of(settings(tmp_path, before), db)
    assert secret_of(settings(tmp_path, after), db) == secret
    other_machine = settings(tmp_path / "elsewhere" if after == "database" else tmp_path, after)
    assert secret_of(other_machine, db) == secret


@KEPT_ANYWHERE
def test_a_secret_that_is_configured_is_kept_nowhere(db: Database, tmp_path: Path, keep_in: str) -> None:
    told = settings(tmp_path, keep_in, secret="a secret of the tests")
    assert secret_of(told, db) == b"a secret of the tests"
    assert secret_of(settings(tmp_path, keep_in), db) != b"a secret of the tests"


@pytest.mark.parametrize("torn", [b"", b"\n", b"0123456789abcdef" * 3, b"too short"])
@KEPT_ANYWHERE
def test_a_secret_that_is_empty_or_torn_is_refused_and_kept(
    db: Database, tmp_path: Path, keep_in: str, torn: bytes
) -> None:
    told = settings(tmp_path, keep_in)
    files, _ = stores_of(told, db)
    files.write("secret", torn)
    with pytest.raises(ConfigError, match="empty or torn"):
        secret_of(told, db)
    assert files.read("secret") == torn


@pytest.mark.both_kinds
def test_all_that_start_together_import_the_region_once(database_url: str, tmp_path: Path) -> None:
    told = config.given({"data": {"dir": tmp_path}, "database": {"url": database_url}})
    together = Barrier(3)

    def start_with_others(_: int) -> int:
        together.wait()
        return start()

    def start() -> int:
        app = open_app(told, lambda: datetime(2026, 6, 15, tzinfo=UTC))
        with app.db.read() as session:
            count = len(session.exec(select(Revision)).all())
        app.db.dispose()
        return count

    with ThreadPoolExecutor(3) as starts:
        counts = set(starts.map(start_with_others, range(3)))
    assert {start()} == counts


def test_a_secret_that_lies_in_the_data_folder_is_read_as_it_is(db: Database, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of an older version")
    assert secret_of(settings(tmp_path, "folder"), db) == b"of an older version"


def test_a_region_file_that_does_not_keep_its_own_examples_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    text = region_file("kainuu").read_text("utf-8").replace("[[spearheads.rules]]", UNKEPT + "[[spearheads.rules]]", 1)
    file.write_text(text, "utf-8")
    settings = config.given({"data": {"dir": tmp_path / "data"}, "region": {"file": str(file)}})
    with pytest.raises(ConfigError, match=r"an example is not kept: .* rule sailing must match: a bridge of steel"):
        open_app(settings, lambda: datetime(2026, 6, 15, tzinfo=UTC))
    file.write_text(text.replace("a bridge of steel", "a sailing boat"), "utf-8")
    app = open_app(settings, lambda: datetime(2026, 6, 15, tzinfo=UTC))
    with app.db.read() as session:
        assert "sailing" in {rule.key for rule in strategies.all_rules(session)}
    app.db.dispose()
