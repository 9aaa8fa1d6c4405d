"""What every job stands on: the app it works with, the compiled rules, runs as rows, crontab sums."""
