"""What the facts of a call mean: changes, duplicates, and values set by hand."""
