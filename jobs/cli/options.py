"""The options that every command has may stand before or after it: find them among the arguments, and move them."""

from collections.abc import Sequence

FLAGS = ("--json", "-v", "--verbose")
VALUED = ("--config", "--now")


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options that every command has moved to the front, where the parser expects them."""
    front: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        word = remaining.pop(0)
        if word == "--":
            rest += [word, *remaining]
            break
        if word in FLAGS or word.startswith(tuple(f"{option}=" for option in VALUED)):
            front.append(word)
        elif word in VALUED:
            front += [word, *remaining[:1]]
            del remaining[:1]
        else:
            rest.append(word)
    return front + rest


def value_of(option: str, arguments: Sequence[str]) -> str:
    """The value of an option among hoisted arguments; empty where it is not there."""
    for word, after in zip(arguments, [*arguments[1:], ""], strict=True):
        if word == option:
            return after
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""
