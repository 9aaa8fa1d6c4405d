"""Which jobs there are and when they run: the schedule, one serving process, retention, the demo."""
