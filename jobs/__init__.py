"""When, and in which order: collect, retag, editions, deliver, housekeeping; the scheduler and the command line.

Does not decide anything about calls or readers (`tracker`) and holds no queries (`db`).
"""
