"""Readers' subscriptions: opting in and out, preferences, letters, look-ups and privacy."""
