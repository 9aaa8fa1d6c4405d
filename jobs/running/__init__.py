"""Running jobs: the schedule, the serving process, housekeeping and retention, the demo."""
