"""Make and load simplemma's dictionaries as tries on disk, once per machine, in a process of their own.

Making them takes some seconds and 700 MB, which a short-lived process gives back; reading them takes 25 MB. Nothing is
downloaded: the words come with simplemma. They are used by `tracker.tagging.lemmas`.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from simplemma.strategies.dictionaries import TrieDictionaryFactory

LANGUAGES = ("fi", "sv", "en")


def cache_folder() -> Path:
    """Return the folder of the dictionaries, within the user's cache folder."""
    return user_cache_path("karkivahti") / f"lemmas-{version('simplemma')}"


def dictionaries(folder: Path) -> "TrieDictionaryFactory":
    """Load the dictionaries of a folder, making missing ones; if it cannot be written, they are kept in memory only."""
    from simplemma.strategies.dictionaries import TrieDictionaryFactory  # takes longer than most commands

    try:
        prepare(folder)
    except OSError:
        return TrieDictionaryFactory(use_disk_cache=False)
    return TrieDictionaryFactory(disk_cache_dir=str(folder))


def prepare(folder: Path, languages: Sequence[str] = LANGUAGES) -> bool:
    """Make the missing dictionaries; False if none was missing, OSError if the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [language for language in languages if not (folder / f"{language}.dic").exists()]
    if missing:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            subprocess.run([sys.executable, "-m", __name__, place, *missing], check=True)  # noqa: S603 - ourselves
            for language in missing:  # whole files, so that another process never reads half of one
                (Path(place) / f"{language}.dic").replace(folder / f"{language}.dic")
    return bool(missing)


def _make(folder: str, languages: list[str]) -> None:
    from simplemma.strategies.dictionaries import TrieDictionaryFactory

    for language in languages:
        TrieDictionaryFactory(disk_cache_dir=folder, cache_max_size=1).get_dictionary(language)


if __name__ == "__main__":
    _make(sys.argv[1], sys.argv[2:])
