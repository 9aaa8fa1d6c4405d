"""Passwords of admins: what one must be like, and its hash (argon2id, by pwdlib with what it recommends)."""

from functools import cache

from pwdlib import PasswordHash

from tracker.errors import Code, Fault, InputFaults

SHORTEST, LONGEST = 12, 200  # characters; NIST SP 800-63B asks for length, and for no kinds of characters
FEWEST = 5  # different ones


def password_hash(password: str, *, own: tuple[str, ...]) -> str:
    """Hash a password; InputFaults if it is too short or too long, of too few characters, or made of an `own` word."""
    checks = {
        Code.PASSWORD_SHORT: len(password) < SHORTEST,
        Code.TOO_LONG: len(password) > LONGEST,
        Code.PASSWORD_SIMPLE: len(set(password)) < FEWEST or any(_is_in(word, password) for word in own),
    }
    faults = [Fault(code, "password", {"least": SHORTEST, "most": LONGEST}) for code, fails in checks.items() if fails]
    if faults:
        raise InputFaults(*faults)
    return _hasher().hash(password)


def _is_in(word: str, password: str) -> bool:
    """Whether a password is little more than a word that others know: the address, the name."""
    return len(word) > 2 and len(password.casefold().replace(word.casefold(), "")) < FEWEST


def is_right(password: str, stored: str | None) -> bool:
    """Whether a password has this hash. Takes as long where there is none, so that nobody learns who has an account."""
    known = _hasher().verify(password[:LONGEST], stored or _of_nobody())
    return known and stored is not None


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _of_nobody() -> str:
    return _hasher().hash("a password that nobody has")
