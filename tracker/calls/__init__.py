"""What the facts of a call mean: changes, duplicates, values set by hand."""
