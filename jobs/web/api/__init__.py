"""The API: what anybody may look up, for programs; an application of its own that the site mounts (docs/api.md)."""
