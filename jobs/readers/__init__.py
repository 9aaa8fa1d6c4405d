"""A reader's own affairs: opting in and out, preferences, service mails, privacy."""
