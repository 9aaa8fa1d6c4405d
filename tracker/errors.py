"""The program's errors as a tree. They hold what is wrong as values; `tracker.refusals` puts it into words.

TrackerError
├── NotFound             nothing of this noun has this id
├── WrongState           something exists, but not in the state that the action needs
├── Refusal              the action cannot be done; its code says why
│   └── MailboxError     returned mails cannot be read
├── InputFaults          bad input, typed in or in a file; all faults listed together
├── ConfigError          bad configuration or region file; all faults listed together
├── SourceError          one source in one run
│   ├── FetchError       no usable answer came
│   ├── ParseError       an answer came but could not be read
│   └── RunQuarantined   the answer was read but is implausible
├── RuleError            a tag rule (with its column)
└── DeliveryError        one mail
    ├── Refused          the server will never take it (5xx)
    ├── Deferred         the server cannot take it now (4xx, no connection)
    └── OutcomeUnknown   the server may or may not have taken it

Bad and expired links are Refusals defined in `tracker.emails.tokens`. No error names a command or a page: whoever shows
it adds where to look.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TrackerError(Exception):
    """Base of every error that this program raises on purpose."""


class Noun(StrEnum):
    """A kind of thing that a person can ask for by its id."""

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
    ADMIN = "admin"
    REPORT = "report"
    VIEW = "view"
    DRAFT = "draft"
    PROPOSAL = "proposal"
    BANNER = "banner"
    ENTRY = "entry"
    STRATEGY = "strategy"
    JOB = "job"
    LETTER = "letter"


class NotFound(TrackerError):
    """Nothing of this noun has this id; `known` lists the ids there are, where they are few."""

    def __init__(self, noun: Noun, id: object, known: Iterable[str] = ()) -> None:
        super().__init__(f"{noun} {id}: not found")
        self.noun = noun
        self.id = id
        self.known = tuple(known)


class WrongState(TrackerError):
    """Something is in the wrong state for the action; nothing was changed. `wanted` are the states that would do."""

    def __init__(self, noun: Noun, id: object, state: str, wanted: Iterable[str] = ()) -> None:
        super().__init__(f"{noun} {id} is {state}")
        self.noun = noun
        self.id = id
        self.state = state
        self.wanted = tuple(wanted)


class Code(StrEnum):
    """What can be wrong, one sentence each (`tracker.refusals.SENTENCES`); comments name the values that fill it."""

    # of values that were typed in or came in a file
    BAD_VALUE = "bad_value"
    MISSING = "missing"
    NOT_ONE_OF = "not_one_of"  # given, known
    NOT_YES_OR_NO = "not_yes_or_no"  # given
    NOT_A_NUMBER = "not_a_number"  # given
    NOT_A_DAY = "not_a_day"  # given
    ENDS_BEFORE = "ends_before"  # least
    NOT_JSON = "not_json"
    NOT_A_JSON_LINE = "not_a_json_line"
    TOO_LONG = "too_long"  # most
    TOO_MANY = "too_many"  # most
    TOO_FEW = "too_few"  # least
    TOO_SMALL = "too_small"  # least
    TOO_LARGE = "too_large"  # most
    UNKNOWN_NAME = "unknown_name"
    NO_PLACE = "no_place"
    NO_REASON = "no_reason"
    ADDRESS_IN_REASON = "address_in_reason"

    # of a sign-up or a subscription
    BAD_ADDRESS = "bad_address"  # given
    NO_ADDRESS = "no_address"
    BAD_LEAD_DAYS = "bad_lead_days"  # most, longest
    NOT_ONE_LINE = "not_one_line"
    EMPTY_INTEREST = "empty_interest"
    UNKNOWN_SPEARHEAD = "unknown_spearhead"  # given, known; the next four alike
    UNKNOWN_SOURCE = "unknown_source"
    UNKNOWN_PROGRAMME = "unknown_programme"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_AUDIENCE = "unknown_audience"
    BAD_QUERY = "bad_query"  # query
    MONEY_OUT_OF_RANGE = "money_out_of_range"  # most
    MONEY_REVERSED = "money_reversed"  # least, most
    BAD_PAUSE = "bad_pause"  # until
    SUBSCRIBES_ALREADY = "subscribes_already"  # address
    OWNER_MUST_RETURN = "owner_must_return"  # address, state
    SIGN_UP_GONE = "sign_up_gone"
    SUBSCRIPTION_GONE = "subscription_gone"
    BAD_LINK = "bad_link"
    EXPIRED_LINK = "expired_link"
    FEED_ENDED = "feed_ended"
    COPY_GONE = "copy_gone"
    FEED_REPLACED = "feed_replaced"

    # of files
    FILE_UNREADABLE = "file_unreadable"  # file, why
    FILE_NOT_TEXT = "file_not_text"  # file
    NOT_A_CALL = "not_a_call"  # place
    NO_JUDGED_CALLS = "no_judged_calls"  # file
    NOTHING_JUDGED = "nothing_judged"
    TOO_LITTLE_JUDGED = "too_little_judged"  # least
    NOT_JUDGED_CALLS = "not_judged_calls"  # file, why
    NOT_CSV = "not_csv"  # why
    OTHER_REGION = "other_region"  # given, own
    UNKNOWN_COLUMN = "unknown_column"  # given, known
    COLUMN_TWICE = "column_twice"  # given
    COLUMN_MISSING = "column_missing"  # name
    TOO_MANY_CELLS = "too_many_cells"
    REPEATED_ADDRESS = "repeated_address"  # address, first

    # of readings and of fields set by hand
    BAD_VIEW_NAME = "bad_view_name"  # most
    TOO_MANY_VIEWS = "too_many_views"  # most
    TOO_MANY_CALLS = "too_many_calls"  # given, most
    TOO_MANY_DRAFTS = "too_many_drafts"  # most
    NO_ADDRESS_OF_PAGE = "no_address_of_page"  # given
    NO_SELECTOR = "no_selector"
    SOURCE_OFF = "source_off"  # source
    NO_CRONTAB = "no_crontab"  # given
    TOO_MANY_CANARIES = "too_many_canaries"  # most
    REJECTED_ALREADY = "rejected_already"  # run, by
    NOT_A_READING = "not_a_reading"  # run, job
    NEWER_BELIEVED = "newer_believed"  # run, newer
    BROKEN_OFF = "broken_off"  # run
    PAGES_GONE = "pages_gone"  # run, days, source
    PAGES_UNREADABLE = "pages_unreadable"  # run, why
    NO_PAGES = "no_pages"  # source
    NO_PAGES_SINCE = "no_pages_since"  # source, since
    NO_PAST = "no_past"  # source, known
    BACKFILL_GOES_ON = "backfill_goes_on"  # source
    NOT_EDITABLE = "not_editable"  # name, known
    NOT_ITS_VALUE = "not_its_value"  # given, why
    NOT_SET_BY_HAND = "not_set_by_hand"  # call, name
    SEVERAL_CALLS = "several_calls"  # name, known

    # of rules
    RULES_CHANGED = "rules_changed"
    NOTHING_TO_SAVE = "nothing_to_save"  # what
    NOTHING_TAKEN = "nothing_taken"  # file, why
    BREAKS_EXAMPLES = "breaks_examples"  # what, count, examples
    MUST_MATCH = "must_match"  # whose, words
    MUST_NOT_MATCH = "must_not_match"  # whose, words
    OF_RULE = "of_rule"  # spearhead, rule
    TOO_COMMON = "too_common"  # rule, hits, archive, percent
    TOO_COMMON_WEAK = "too_common_weak"  # rule, hits, archive, percent
    COMMON = "common"  # rule, hits, archive, percent; a warning
    ABOUT = "about"  # hits
    AT_LEAST = "at_least"  # hits
    BAD_KEY = "bad_key"  # given
    RULE_EXISTS = "rule_exists"  # rule
    INCOMPLETE_RULE = "incomplete_rule"  # rule
    EMPTY_MASK = "empty_mask"  # mask
    NO_SCORING = "no_scoring"  # spearhead
    UNKNOWN_WEIGHT = "unknown_weight"  # given, known
    UNKNOWN_LANGUAGE = "unknown_language"  # given, known
    OF_ANOTHER_SPEARHEAD = "of_another_spearhead"  # rule, spearhead

    # of editions and deliveries
    BAD_PERIOD = "bad_period"  # given, cadence, shape
    NOT_IN_CALENDAR = "not_in_calendar"  # given, shape
    NOT_BEGUN = "not_begun"  # cadence, period, on
    NEWER_EDITION = "newer_edition"  # cadence, newest, period
    PERIOD_OVER = "period_over"  # cadence, period, on
    BEING_BUILT = "being_built"  # edition
    DECIDED_ALREADY = "decided_already"  # hold, state, by
    UNKNOWN_FACT = "unknown_fact"  # given, known
    DAYS_REVERSED = "days_reversed"  # first, last
    NOBODY_WAS_TOLD = "nobody_was_told"  # call, first, last
    CORRECTED_ALREADY = "corrected_already"  # call
    NOTHING_UNWANTED = "nothing_unwanted"  # call
    NOTHING_CHOSEN = "nothing_chosen"  # letter
    NONE_UNKNOWN = "none_unknown"  # edition
    NO_MAIL_KEPT = "no_mail_kept"  # delivery
    TAKES_NO_MAIL = "takes_no_mail"  # delivery, subscriber
    EDITION_WAITS = "edition_waits"  # delivery, edition

    # of admins and of signing in
    ADMIN_EXISTS = "admin_exists"  # address
    LAST_ADMIN = "last_admin"  # name
    ADMIN_LINK_GONE = "admin_link_gone"
    NOT_SIGNED_IN = "not_signed_in"
    TOO_MANY_TRIES = "too_many_tries"  # minutes
    PASSWORD_SHORT = "password_short"  # noqa: S105 - least
    PASSWORD_SIMPLE = "password_simple"  # noqa: S105
    BAD_CODE = "bad_code"
    FACTOR_ON = "factor_on"

    # of what one person prepares and another approves
    NEEDS_TWO = "needs_two"
    OWN_PROPOSAL = "own_proposal"  # author
    NOT_YOUR_PROPOSAL = "not_your_proposal"  # author
    NOT_AN_APPROVER = "not_an_approver"  # name
    CHANGED_SINCE = "changed_since"  # lines
    NO_SECOND_PERSON = "no_second_person"
    NOT_UNDONE = "not_undone"
    DAY_PAST = "day_past"
    EDITED_SINCE = "edited_since"
    UNSURE_IS_NO_EXAMPLE = "unsure_is_no_example"

    # of this machine and of the servers beside it
    NO_MAILDIR = "no_maildir"  # folder
    NO_MAILBOX = "no_mailbox"  # why
    BAD_SOURCE_KEY = "bad_source_key"  # given
    NO_CHECKOUT = "no_checkout"  # folder
    EMPTY_ANSWER = "empty_answer"  # url
    FILES_THERE = "files_there"  # files
    NOT_SECURE = "not_secure"  # url
    EXTRA_MISSING = "extra_missing"  # extra


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: in the field `subject`, and on this `line` of a file, counted from 1.

    `values` fill the code's sentence: words, numbers, days, enum members, tuples of these, other faults and errors.
    """

    code: Code
    subject: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None

    def __str__(self) -> str:
        values = ", ".join(f"{name}: {value}" for name, value in self.values.items())
        return f"{self.subject or 'fault'}: {self.code}" + (f" ({values})" if values else "")


class InputFaults(TrackerError):
    """Bad input, typed in or in a file; `faults` holds every fault."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class Refusal(TrackerError):
    """The action cannot be done and nothing was changed; `code` says why, `values` fill its sentence."""

    def __init__(self, code: Code, **values: object) -> None:
        super().__init__(str(Fault(code, "refused", values)))
        self.code = code
        self.values = values


class MailboxError(Refusal):
    """The mailbox of returned mails cannot be read; nothing in it was marked."""


class ConfigError(TrackerError):
    """Bad configuration; `faults` holds every fault, each naming its dotted key."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


MOST_DETAIL = 1000  # characters


class SourceError(TrackerError):
    """A source's run went wrong. `reason` is a stable word for lists and tests, `detail` is for people.

    Whatever a publisher's words in the detail hold, a database can store it and a person can read it to its end.
    """

    def __init__(self, source: str, reason: str, detail: str) -> None:
        detail = detail[:MOST_DETAIL].encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        super().__init__(f"{source}: {reason}: {detail}")
        self.source = source
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["SourceError"], tuple[str, str, str]]:
        return type(self), (self.source, self.reason, self.detail)  # it crosses to other processes


class FetchError(SourceError):
    """No usable answer came: refused, timed out, reset, or an error status after all retries."""


class ParseError(SourceError):
    """An answer could not be read: it is in another format, or a field is not understood."""


class RunQuarantined(SourceError):
    """The answers were read but are implausible, e.g. rows that do not fit the filter that was sent."""


class RuleError(TrackerError):
    """A rule cannot be used. `column` counts from 1, `place` is the word for "column"; `hint` says how to mend it."""

    def __init__(self, message: str, column: int | None = None, hint: str = "", place: str = "column") -> None:
        where = f" ({place} {column})" if column else ""
        super().__init__(f"{message}{where}" + (f". {hint}" if hint else ""))
        self.column = column
        self.hint = hint


class DeliveryError(TrackerError):
    """A mail was not sent; `reply` is the server's answer or the transport's error, without addresses."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


class Refused(DeliveryError):
    """The server will not take this mail (5xx)."""


class Deferred(DeliveryError):
    """The server cannot take the mail now (4xx, no connection); it certainly has not accepted it."""


class OutcomeUnknown(DeliveryError):
    """The connection broke when the server may have accepted the mail already; never send it again blindly."""
