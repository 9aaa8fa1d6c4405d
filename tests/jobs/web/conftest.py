"""A browser for the tests of a file that need one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Window

from tests.jobs.web.windows import chromium


@pytest.fixture(scope="module")
def window() -> Iterator[Window]:
    with chromium() as started:
        yield started
