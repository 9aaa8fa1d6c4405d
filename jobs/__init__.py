"""When, and in which order: collect, retag, editions, deliver, housekeeping; the scheduler and the command line."""
