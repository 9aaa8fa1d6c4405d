"""The admin's tools for rules: drafts, preview, saving, pins, examples, reports, and tagging itself."""
