"""From frozen mails to mailboxes: sending, the journal, retries, bounces, and what is in doubt."""
