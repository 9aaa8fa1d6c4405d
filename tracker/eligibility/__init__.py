"""Who may apply for a call, and how: actor types, consortium, rate and more, each with what it rests on. Pure.

Does not store it (`db.eligibility`), say it (`tracker.emails.call_view`) or decide who is told of a call
(`tracker.digests.interests`).
"""
