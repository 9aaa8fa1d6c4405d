"""The desk of the job tests."""

from tests.jobs.conftest import bare_desk, clock, desk, region, tagger  # noqa: F401
