"""The dictionaries, loaded once: on a machine's first run they are built (some seconds) and kept."""

from pathlib import Path

import pytest

from tracker.regions import Region, load_region, region_file
from tracker.tagging.index import Index, compile_rules
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.voikko import find_voikko


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that says WITH_AND_WITHOUT_VOIKKO has its tests of words run both ways."""
    if getattr(metafunc.module, "WITH_AND_WITHOUT_VOIKKO", False) and "lemmas" in metafunc.fixturenames:
        metafunc.parametrize("lemmas", ["simplemma", "voikko"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def lemmas(request: pytest.FixtureRequest, dictionaries: Path) -> Lemmas:
    with_voikko = getattr(request, "param", "simplemma") == "voikko"
    if with_voikko and find_voikko() is None:
        pytest.skip("Voikko is not on this machine")
    return Lemmas(use_voikko=with_voikko)


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region(region_file("paijat_hame"))


@pytest.fixture(scope="session")
def index(region: Region, lemmas: Lemmas) -> Index:
    return compile_rules(region.rulebook, lemmas)
