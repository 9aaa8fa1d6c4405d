"""The dictionaries are made once on a machine."""

from pathlib import Path

import pytest
from simplemma.strategies.dictionaries import TrieDictionaryFactory

from tracker.tagging.dictionaries import prepare


def test_a_missing_dictionary_is_made_once_and_can_be_read(tmp_path: Path) -> None:
    assert prepare(tmp_path, ["en"])
    assert not prepare(tmp_path, ["en"])
    assert [file.name for file in tmp_path.iterdir()] == ["en.dic"]
    assert TrieDictionaryFactory(disk_cache_dir=str(tmp_path)).get_dictionary("en")["breweries"] == "brewery"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        prepare(tmp_path / "file" / "folder")
