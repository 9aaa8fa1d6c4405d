"""What ends a command: which errors are told in words, and with which exit code.

Does not word them (`tracker.refusals`, `jobs.cli.hints`).
"""

import sqlite3

import typer
from sqlalchemy.exc import DBAPIError

from db.engine import OldSchema
from jobs.cli.hints import error_lines
from jobs.cli.wording import SPOKEN, say
from tracker.errors import ConfigError, InputFaults, TrackerError

USAGE, FAILED = 2, 1


def told(error: Exception) -> int:
    """Tell an error on standard error; return the exit code. One that is no error of ours to tell is raised again."""
    match error:
        case ConfigError() | InputFaults():
            lines, code = error_lines(error, SPOKEN.get()), USAGE
        case TrackerError() | OldSchema():
            lines, code = error_lines(error, SPOKEN.get()), FAILED
        case DBAPIError() | sqlite3.Error():  # a backup is SQLite's own
            why = getattr(error, "orig", error)
            why = say("the database cannot be used: %(why)s; see database.url, data.dir", why=why)
            lines, code = [why], FAILED
        case OSError():
            lines, code = [f"{error.filename or say('this machine')}: {error.strerror}"], FAILED
        case _:
            raise error
    typer.echo("\n".join(lines), err=True)
    return code
