"""Read a mail server's refusal, words and codes together: is the mailbox at fault, or are we?

Neither is enough alone: `5.2.1` is a dead mailbox at one provider and a rate limit at another, and "user unknown" may
be about our own return path. What is said about the sender never counts against the mailbox.
"""

import re

from db.bounces import BounceKind

HARD, SOFT, POLICY = BounceKind.HARD, BounceKind.SOFT, BounceKind.POLICY

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.ASCII)
LONGEST = 2000  # characters of a refusal that are read
# RFC 3463 and the IANA registry of its codes; any other code is a problem that may pass.
GONE = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 9), (1, 10), (2, 1)}
OUR_FAULT = {(1, 5), (1, 7), (1, 8), (2, 3), (3, 4)}  # our address, or the mail is too large
OUR_FAULTS = {5, 6, 7}  # the protocol, the mail's format, somebody's policy

SENDER = re.compile(  # our return path, our domain, our server
    r"\b(?:envelope|bad|invalid|unknown|your|from) sender\b"
    r"|\bsender (?:address|verif|domain|reject|denied|refused|is\b|id\b)"
    r"|return.?path|\bmail from\b|\bcall-?(?:back|out)\b|verification failed|reverse (?:dns|record|lookup)"
    r"|\brdns\b|\bptr\b|\bhelo\b|\behlo\b|\bspf\b|\bdkim\b|\bdmarc\b|unauthenticated|lähettäj|avsändar",
    re.IGNORECASE,
)
RULES = re.compile(  # somebody's policy on our mail or our address
    r"\bspam\b|\bblack-?list|\bblock(?:ed|-?list)|\bdenylist|\breputation\b|\bpolicy\b|\bbanned\b|\bprohibited\b"
    r"|\bcontent\b|\bvirus\b|message (?:size|too large)",
    re.IGNORECASE,
)
PASSING = re.compile(  # the same mail may be accepted later
    r"\brate\b|too (?:many|fast)|try(?:ing)? again|temporar|throttl|grey-?list|gray-?list|resources|busy", re.IGNORECASE
)
FULL = re.compile(r"quota|mailbox( is)? full|storage|insufficient space", re.IGNORECASE)
NO_SUCH_USER = re.compile(
    r"no such (?:user|mailbox|recipient|address)|does(?:n't| not) exist|no mailbox"
    r"|(?:user|recipient|mailbox|address|account)(?: is)? (?:unknown|not found)"
    r"|unknown (?:user|recipient|mailbox|address|account)|invalid (?:recipient|mailbox|address)"
    r"|(?:account|mailbox|user)\b[^.;]{0,60} (?:is )?(?:disabled|deactivated|closed|inactive)"
    r"|recipient address rejected: access denied",
    re.IGNORECASE,
)
UNAVAILABLE = re.compile(
    r"mailbox unavailable", re.IGNORECASE
)  # RFC 5321's own words for 550, whatever the server means


def bounce_kind(status: str, words: str) -> BounceKind:
    """Judge a failure: the mailbox is gone (hard), has a problem (soft), or is not the cause (policy).

    `status` is the field that may hold the enhanced code; `words` is all that the server said.
    """
    words = words[:LONGEST]
    code = STATUS.search(status) or STATUS.search(words)
    numbers = (int(code[2]), int(code[3])) if code and code.groups()[1:] != ("0", "0") else None
    if SENDER.search(words) or (numbers in OUR_FAULT):
        return POLICY
    if UNAVAILABLE.search(words):
        return _unavailable(numbers, words)
    if code and code[1] != "5":
        return SOFT
    is_gone = NO_SUCH_USER.search(words) is not None
    if PASSING.search(words) and not (is_gone and numbers in GONE):
        return SOFT
    if FULL.search(words):
        return SOFT
    if is_gone:
        return HARD
    return _by_code(numbers, is_coded=code is not None, words=words)


def _unavailable(numbers: tuple[int, int] | None, words: str) -> BounceKind:
    """Judge "mailbox unavailable": Outlook.com uses it with 5.5.0 for a dead mailbox, GMX for a mail it dislikes."""
    if PASSING.search(words):
        return POLICY
    return HARD if numbers == (5, 0) or numbers in GONE else SOFT


def _by_code(numbers: tuple[int, int] | None, *, is_coded: bool, words: str) -> BounceKind:
    if numbers is None:
        return POLICY if RULES.search(words) or not is_coded else SOFT
    if numbers[0] in OUR_FAULTS:
        return POLICY
    if numbers in GONE:
        return POLICY if RULES.search(words) else HARD
    return SOFT


def refusal(reply: str) -> BounceKind | None:
    """Judge a refusal while sending: hard, soft or policy; None if it is not about the recipient.

    `reply` is in the mailer's form: "RCPT: 550 5.1.1 …".
    """
    words = reply.rpartition("RCPT: ")[2] if "RCPT: " in reply else ""
    if not words:
        return None
    return SOFT if words.startswith("4") else bounce_kind(words, words)
