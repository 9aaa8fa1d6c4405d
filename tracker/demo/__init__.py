"""The demo's offline world: a history of calls, a portal that serves it, a mailbox and five readers."""
