"""What every job uses: the app, the compiled rules, the recording of runs, crontab arithmetic."""
