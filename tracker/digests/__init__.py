"""What one delivery says: which calls an interest meets, what is told of them, unusual volume, calendar periods."""
