"""Read a mail server's refusal, words and codes together: is the mailbox at fault, or are we?

Neither is enough alone: `5.2.1` is a dead mailbox at one provider and a rate limit at another, and "user unknown" may
be about our own return path. What is said about the sender never counts against the mailbox.
"""

import re

from db.bounces import BounceKind

HARD, SOFT, POLICY = BounceKind.HARD, BounceKind.SOFT, BounceKind.POLICY

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.ASCII)
PHASES = ("MAIL: ", "RCPT: ", "DATA: ", "end of mail: ")
LONGEST = 2000  # characters of a refusal that are read
# RFC 3463 and the IANA registry of its codes; any other code is a problem that may pass.
NO_ADDRESS = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 9), (1, 10)}
GONE = NO_ADDRESS | {(2, 1)}
OUR_FAULT = {(1, 5), (1, 7), (1, 8), (2, 3), (3, 4)}  # our address, or the mail is too large
OUR_FAULTS = {5, 6, 7}  # the protocol, the mail's format, somebody's policy

ADVICE = re.compile(r"\b(?:to|notify|inform|contact|tell|ask)(?: the| your)? sender\b", re.IGNORECASE)  # blames nobody
SENDER = re.compile(  # our return path, our domain, our server
    r"\bsenders?\b|return.?(?:path|address)|\bmail from\b|\bfrom (?:address|domain|header)|\bcall-?(?:back|out)\b"
    r"|verification failed"
    r"|reverse (?:dns|record|lookup|host)|\brdns\b|\bptr\b|\bhelo\b|\behlo\b|\bspf\b|\bdkim\b|\bdmarc\b|authenticat"
    r"|\bclient host\b|\byour (?:ip|domain|host|server|network|mail ?server|address|account|organi[sz]ation)"
    r"|originating (?:from )?(?:ip|your)|(?:connecting|sending) (?:ip|host|server)"
    r"|(?:\bsending|\brelay|\bdaily)\b[^.;]{0,20} (?:quota|limit)"
    r"|lähettäj|avsändar|absender",
    re.IGNORECASE,
)
RULES = re.compile(  # somebody's policy on our mail or our address
    r"\bspam|\bblack-?list|\bblock(?:ed|[- ]?list)|\bdeny-?list|\breputation\b|\bpolicy\b|\bbanned\b|\bprohibit"
    r"|\bunsolicited\b|\bdnsbl\b|\brbl\b|\bcontent\b|\bvirus\b|message (?:size|too large)"
    r"|relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohibited)"
    r"|\b(?:unable|permitted|allowed|cannot|not) (?:to )?relay|roskaposti|skräppost",
    re.IGNORECASE,
)
PASSING = re.compile(  # the same mail may be accepted later
    r"\brate\b|too (?:many|fast)|try(?:ing)? again|temporar|throttl|grey-?list|gray-?list|resources|busy", re.IGNORECASE
)
FULL = re.compile(
    r"quota|(?:mailbox|inbox)(?: is| has)? full|storage|insufficient space|\btäynnä\b|\btäysi\b|brevlåda\w* är full"
    r"|postfach (?:ist )?voll",
    re.IGNORECASE,
)
NO_SUCH_USER = re.compile(
    r"no such (?:user|mailbox|recipient|address)|no mailbox"
    r"|(?:\b(?:user|recipient|mailbox|address|account|alias)|@)[^.;]{0,60} does(?:n't| not) exist"
    r"|@[^\s@]{1,250} does(?:n't| not) exist"
    r"|does(?:n't| not) have an? [^;]{0,40}account"
    r"|(?:user|recipient|mailbox|address|account)(?: is| was)? (?:unknown|not found|not known|not exist)"
    r"|unknown (?:local |virtual )?(?:user|recipient|mailbox|address|account)|invalid (?:recipient|mailbox|address)"
    r"|not a valid (?:user|recipient|mailbox|address)|unrout(?:e)?able address"
    r"|(?:account|mailbox|user|address)\b[^.;]{0,60} (?:is )?(?:disabled|deactivated|closed|inactive"
    r"|no longer (?:valid|active|available|in use|exists?))"
    r"|tuntematon (?:vastaanottaja|käyttäjä)|okänd (?:mottagare|användare)|unbekannter (?:empfänger|benutzer)"
    r"|(?:vastaanottaj|käyttäj|osoite|postilaatikko)[^.;]{0,60} (?:ei (?:löydy|löytynyt|ole olemassa)|on tuntematon)"
    r"|(?:mottagar|användar|adress|brevlåd)[^.;]{0,60} (?:(?:finns|hittades|existerar) inte|är okänd)"
    r"|(?:empfänger|benutzer|adresse|postfach)[^.;]{0,60} (?:unbekannt|nicht gefunden|existiert nicht)",
    re.IGNORECASE,
)
AT_THE_EDGE = re.compile(
    r"recipient address(?:es)? rejected ?: access denied", re.IGNORECASE
)  # Microsoft's, with 5.4.1
UNAVAILABLE = re.compile(
    r"mailbox unavailable", re.IGNORECASE
)  # RFC 5321's own words for 550, whatever the server means


def bounce_kind(status: str, words: str) -> BounceKind:
    """Judge a failure: the mailbox is gone (hard), has a problem (soft), or is not the cause (policy).

    `status` is the field that may hold the enhanced code; `words` is all that the server said.
    """
    words = words[:LONGEST]
    code = _code(status, words)
    numbers = (int(code[2]), int(code[3])) if code and not _is_vague(code) else None
    if SENDER.search(ADVICE.sub("", words)) or (numbers in OUR_FAULT):
        return POLICY
    is_gone = _is_gone(numbers, words)
    if UNAVAILABLE.search(words) and not is_gone:
        return _unavailable(numbers, words)
    if code and code[1] != "5":
        return POLICY if RULES.search(words) else SOFT
    if PASSING.search(words) and not (is_gone and numbers in NO_ADDRESS):
        return SOFT
    if FULL.search(words):
        return SOFT
    if is_gone:
        return POLICY if RULES.search(words) and numbers not in GONE else HARD
    return _by_code(numbers, is_coded=code is not None, words=words)


def _is_gone(numbers: tuple[int, int] | None, words: str) -> bool:
    """Whether the words say that there is no such mailbox; with 5.7.1 "access denied" tells of a server's rules."""
    return NO_SUCH_USER.search(words) is not None or (numbers == (4, 1) and AT_THE_EDGE.search(words) is not None)


def _code(status: str, words: str) -> re.Match[str] | None:
    """The enhanced code: of the field, else of the words; one that says nothing (5.0.0) if there is no other."""
    found = [*STATUS.finditer(status), *STATUS.finditer(words)]
    return next((code for code in found if not _is_vague(code)), found[0] if found else None)


def _is_vague(code: re.Match[str]) -> bool:
    return code[2] == code[3] == "0"


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
    """Judge a refusal while sending as a report would be: our mails have one recipient each.

    `reply` is in the mailer's form: "RCPT: 550 5.1.1 …". None for what no server said.
    """
    phase = next((phase for phase in PHASES if phase in reply), None)
    if phase is None:
        return None
    if phase == "MAIL: ":  # the sender's address is all that the server has heard
        return POLICY
    words = reply.rpartition(phase)[2]
    kind = bounce_kind(words, words)
    return SOFT if words.startswith("4") and kind is HARD else kind
