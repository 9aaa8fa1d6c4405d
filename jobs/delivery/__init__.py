"""From frozen mails to mailboxes: send, keep the send journal, retry, read bounces, resolve unknown outcomes."""
