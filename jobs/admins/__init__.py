"""Who may come to the desk: accounts, signing in, the second factor. What a role may do there is the desk's own."""
