"""The mail itself: from a digest to the bytes that one reader gets.

letter (what it says) → render (text and HTML) → mime (frozen bytes, the reader's own values) → mailer (SMTP or files).
Does not decide what a reader is told (`tracker.digests.selection`) nor when it leaves (`jobs`).
"""
