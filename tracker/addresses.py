"""Addresses of mailboxes: the one form in which they are stored and looked for, however they were typed in.

Does not ask whether a mailbox is there.
"""

import re


def stored_address(word: str) -> str:
    """An address in ASCII and lower case, so that one mailbox is one row. ValueError if it is not valid."""
    from email_validator import EmailNotValidError, validate_email  # takes long to import, and few commands need it

    try:
        checked = validate_email(word.strip(), check_deliverability=False, strict=True, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return (checked.ascii_email or checked.normalized).lower()


def sought_address(word: str) -> str:
    """The stored form of what somebody looks for; what is no address is only put into lower case."""
    try:
        return stored_address(word)
    except ValueError:
        return word.strip().lower()


def sought_domain(word: str) -> str:
    """The stored form of a domain, with or without its @."""
    return sought_address(f"x@{word.strip().removeprefix('@')}").removeprefix("x@")


def addresses_in(text: str) -> list[str]:
    """Everything in a text that looks like an address: of a list, one on each line, or of a CSV."""
    return [word for word in re.split(r"[\s;,<>\"'()]+", text) if "@" in word.strip("@")]
