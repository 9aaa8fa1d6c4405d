"""A wall around each of many things: what cannot be done for one of them is not done for it alone."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")
R = TypeVar("R")
NOBODYS_FAULT = (OSError, MemoryError, SQLAlchemyError)  # of the machine or the database: another time it may work


def each_apart(things: Sequence[T], work: Callable[[Sequence[T]], R], blame: Callable[[T, Exception], object]) -> R:
    """Do a work on all these things together; if it fails, on those on which it does not fail alone.

    The others are blamed, each with its error. The work is raised as it failed if it does so even without any of them,
    or only with several together: then it is no single one's fault. It must change nothing before it has succeeded.
    """
    try:
        return work(things)
    except NOBODYS_FAULT:
        raise
    except Exception:
        work(())
        sound = [thing for thing in things if _is_sound(thing, work, blame)]
        if len(sound) == len(things):
            raise
    return work(sound)


def _is_sound(thing: T, work: Callable[[Sequence[T]], R], blame: Callable[[T, Exception], object]) -> bool:
    try:
        work([thing])
    except NOBODYS_FAULT:
        raise
    except Exception as error:
        blame(thing, error)
        return False
    return True
