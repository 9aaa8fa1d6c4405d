"""The door to the web, and what it remembers."""
