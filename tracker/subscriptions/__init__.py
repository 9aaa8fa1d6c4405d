"""What a reader can ask for: requests checked and in words, rosters, the words of consent."""
