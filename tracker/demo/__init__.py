"""The demo's world, offline: a history of calls, a portal that tells it, a mailbox and five readers.

Does not collect, tag or send anything (`jobs`).
"""
