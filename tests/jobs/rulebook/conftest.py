"""The app of the job tests, and an archive to try rules on."""

from tests.jobs.conftest import app, bare_app, clock, compiled, region, ruled  # noqa: F401
