"""Rounds: which earlier calls were the same call, and when its next round can be expected. Pure."""
