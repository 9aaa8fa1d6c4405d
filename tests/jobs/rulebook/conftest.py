"""The desk of the job tests, and an archive to try rules on."""

from tests.jobs.conftest import bare_desk, clock, desk, region, tagger  # noqa: F401
