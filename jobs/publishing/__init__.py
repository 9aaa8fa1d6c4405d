"""What anybody may look up: lists of calls, feeds, calendars and exports."""
