"""The dictionaries, loaded once: on a machine's first run they are built (some seconds) and kept."""

import pytest

from tracker.regions import Region, load_region, region_file
from tracker.tagging.index import Index, compile_rules
from tracker.tagging.lemmas import Lemmas


@pytest.fixture(scope="session")
def lemmas() -> Lemmas:
    return Lemmas()


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region(region_file("paijat_hame"))


@pytest.fixture(scope="session")
def index(region: Region, lemmas: Lemmas) -> Index:
    return compile_rules(region.rulebook, lemmas)
