"""HTTP: polite requests to publishers, and the cache of their responses."""
