"""Feeds, calendars and tables: the facts of the digest in other formats. `jobs.publishing.feeds` chooses the calls."""
