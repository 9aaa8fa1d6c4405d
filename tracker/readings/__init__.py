"""Judging readings of sources: health checks, seasons, source status, and the page archive."""
