"""Feeds, calendars and tables: the digest's facts through other doors.

Does not choose calls (`jobs.publishing.feeds`) and is not read from here: each form has its own module.
"""
