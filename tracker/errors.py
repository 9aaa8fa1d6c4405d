"""The errors of the house, as a tree. Each names its subject and what to do.

TrackerError
├── NotFound             nothing of this noun has this id
├── WrongState           something is there, and not in the state for what was asked
├── ConfigError          configuration or a region file; all faults listed together
├── InputError           what somebody typed in or handed over as a file; all faults listed together
├── SubscriberError      a subscription that is not there, or not in a state for what was asked
├── SchemaError          the database's schema is not the code's
├── SourceError          one source in one run
│   ├── FetchError       no usable answer came
│   ├── ParseError       an answer came and could not be read
│   └── RunQuarantined   it was read, and is not believed
├── RuleError            a tag rule (with its column)
├── FeedError            a feed, calendar or export that there is not (any more)
├── EditionError         an edition that cannot be made as asked
├── MailboxError         returned mails cannot be read
├── StateError           a delivery or mailbox that is not in the state for what was asked
└── DeliveryError        one mail
    ├── Refused          for good (5xx)
    ├── Deferred         for now (4xx, no connection)
    └── OutcomeUnknown   the server may have taken it
"""

from collections.abc import Iterable
from enum import StrEnum


class TrackerError(Exception):
    """Anything this program says about its own work."""


class Noun(StrEnum):
    """What a person can ask for by its id."""

    CALL = "call"
    RUN = "run"
    SOURCE = "source"
    SPEARHEAD = "spearhead"
    RULE = "rule"
    MASK = "mask"
    REVISION = "revision"
    EXAMPLE = "example"
    DUPLICATE = "duplicate"
    SUBSCRIBER = "subscriber"
    INTEREST = "interest"
    EDITION = "edition"
    HOLD = "hold"
    DELIVERY = "delivery"


class NotFound(TrackerError):
    """Nothing of this noun has this id; `known` are the ids that there are, where they are few.

    Each face (command line, web, API) adds where to look, in its reader's language.
    """

    def __init__(self, noun: Noun, id: object, known: Iterable[str] = ()) -> None:
        super().__init__(f"{noun} {id}: not found")
        self.noun = noun
        self.id = id
        self.known = tuple(known)


class WrongState(TrackerError):
    """Something is not in the state for what was asked; nothing was changed. `wanted` are the states that would do."""

    def __init__(self, noun: Noun, id: object, state: str, wanted: Iterable[str] = ()) -> None:
        super().__init__(f"{noun} {id} is {state}")
        self.noun = noun
        self.id = id
        self.state = state
        self.wanted = tuple(wanted)


class ConfigError(TrackerError):
    """Configuration that cannot be used; `faults` holds every one, each naming its dotted key."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class InputError(TrackerError):
    """What somebody gave that cannot be used; `faults` holds every one, each naming its subject and what to write."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class SubscriberError(TrackerError):
    """A subscription that is not there, or not in a state for what was asked; it says what can be done."""


class SourceError(TrackerError):
    """A run of a source that went wrong. `reason` is a stable word for lists and tests, `detail` is for people."""

    def __init__(self, source: str, reason: str, detail: str) -> None:
        super().__init__(f"{source}: {reason}: {detail}")
        self.source = source
        self.reason = reason
        self.detail = detail


class FetchError(SourceError):
    """No usable answer: refused, timed out, reset, an error status after all retries."""


class ParseError(SourceError):
    """An answer that could not be read: not the promised format, a field that is not understood."""


class RunQuarantined(SourceError):
    """The answers were read and are not believed, e.g. rows that disobey the filter that was sent."""


class RuleError(TrackerError):
    """A rule that cannot be used. `column` counts from 1, `place` is the word for it; `hint` says how to mend it."""

    def __init__(self, message: str, column: int | None = None, hint: str = "", place: str = "column") -> None:
        where = f" ({place} {column})" if column else ""
        super().__init__(f"{message}{where}" + (f". {hint}" if hint else ""))
        self.column = column
        self.hint = hint


class EditionError(TrackerError):
    """An edition that cannot be made as asked; nothing was planned."""


class FeedError(TrackerError):
    """A feed, calendar or export that cannot be given: nothing of this name is here, or its link was replaced."""


class MailboxError(TrackerError):
    """The mailbox of returned mails cannot be read; nothing in it was marked."""


class StateError(TrackerError):
    """A delivery or mailbox is not in the state for what was asked; nothing was changed."""


class DeliveryError(TrackerError):
    """A mail that was not sent; `reply` is the server's answer or the transport's error, without addresses."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


class Refused(DeliveryError):
    """The server will not take this mail (5xx)."""


class Deferred(DeliveryError):
    """The server cannot take it now (4xx, no connection); it was certainly not accepted."""


class OutcomeUnknown(DeliveryError):
    """The connection was lost when the server may already have accepted the mail; never sent again blindly."""
