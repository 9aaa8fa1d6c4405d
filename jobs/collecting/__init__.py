"""From publishers' pages to stored calls: reading, judging, storing, and what admins decide about it."""
