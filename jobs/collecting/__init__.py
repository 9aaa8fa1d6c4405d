"""From publishers' pages to calls that we believe: reading, judging, storing, and an admin's word on it."""
