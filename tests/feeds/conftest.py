"""The app of the job tests."""

from tests.jobs.conftest import app, bare_app, clock, compiled, region, ruled  # noqa: F401
