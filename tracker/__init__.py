"""What we do with what we remember: sources, changes, tagging, digests, emails; fetch and mailer are the doors.

Imports `db`, never `jobs`. Does not read the clock: every function that needs it takes `now`.
"""
