"""What a reader can ask for: check requests and word them, read rosters, the text of the consent."""
