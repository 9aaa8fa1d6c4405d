"""Sites that need no module of their own: lists, feeds, WordPress, watched pages; entries of the configuration."""
