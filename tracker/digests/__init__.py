"""What one delivery says: interests, what is selected for a reader, volume, periods."""
