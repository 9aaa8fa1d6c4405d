"""The mail itself: from a digest to the bytes that one reader gets.

digest_view (the words) → render (text and HTML) → mime (frozen bytes, the reader's own values) → mailer (SMTP or
files). Letters to one person are worded in service_mails.
"""
