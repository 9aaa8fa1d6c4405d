"""Word errors in Finnish, Swedish or English, for the command line, the web and the API alike.

Where to look and what to type is not said here: each of the three adds its own hint, in the same language.
"""

from difflib import get_close_matches
from enum import StrEnum

from babel.lists import format_list

from db.engine import OldSchema
from tracker import l10n
from tracker.errors import (
    Code,
    ConfigError,
    Fault,
    InputFaults,
    NotFound,
    Noun,
    Refusal,
    RuleError,
    TrackerError,
    WrongState,
)
from tracker.l10n import N_
from tracker.tagging.language import check_line

# For each noun: how to name one, and the sentence that there is none.
NOUNS = {
    Noun.CALL: (N_("call %(id)s"), N_("there is no call %(id)s")),
    Noun.RUN: (N_("run %(id)s"), N_("there is no run %(id)s")),
    Noun.SOURCE: (N_("source %(id)s"), N_("there is no source %(id)s")),
    Noun.SPEARHEAD: (N_("spearhead %(id)s"), N_("there is no spearhead %(id)s")),
    Noun.RULE: (N_("rule %(id)s"), N_("there is no rule %(id)s")),
    Noun.MASK: (N_("mask %(id)s"), N_("there is no mask %(id)s")),
    Noun.REVISION: (N_("revision %(id)s"), N_("there is no revision %(id)s")),
    Noun.EXAMPLE: (N_("example %(id)s"), N_("there is no example %(id)s")),
    Noun.DUPLICATE: (N_("duplicate %(id)s"), N_("there is no duplicate %(id)s")),
    Noun.SUBSCRIBER: (N_("subscriber %(id)s"), N_("there is no subscriber %(id)s")),
    Noun.INTEREST: (N_("interest %(id)s"), N_("there is no interest %(id)s")),
    Noun.EDITION: (N_("edition %(id)s"), N_("there is no edition %(id)s")),
    Noun.HOLD: (N_("hold %(id)s"), N_("there is no hold %(id)s")),
    Noun.DELIVERY: (N_("delivery %(id)s"), N_("there is no delivery %(id)s")),
    Noun.ADMIN: (N_("admin %(id)s"), N_("there is no admin %(id)s")),
    Noun.PROPOSAL: (N_("proposal %(id)s"), N_("there is no proposal %(id)s")),
    Noun.STRATEGY: (N_("strategy %(id)s"), N_("there is no strategy %(id)s of a next period")),
    Noun.ENTRY: (N_("entry %(id)s of the log"), N_("there is no entry %(id)s of the log")),
    Noun.DRAFT: (N_("source draft %(id)s"), N_("there is no source draft %(id)s")),
    Noun.VIEW: (N_("view %(id)s"), N_("there is no view %(id)s")),
    Noun.REPORT: (N_("report %(id)s"), N_("there is no report %(id)s")),
    Noun.JOB: (N_("job %(id)s"), N_("there is no job %(id)s")),
    Noun.BANNER: (N_("banner %(id)s"), N_("there is no banner %(id)s")),
    Noun.LETTER: (N_("letter of the month %(id)s"), N_("there is no letter of the month %(id)s")),
}

# States and cadences, keyed by the values of their enums.
WORDS = {
    "pending": N_("pending"),
    "active": N_("active"),
    "banned": N_("banned"),
    "left": N_("left"),
    "erased": N_("erased"),
    "planned": N_("planned"),
    "built": N_("built"),
    "held": N_("held"),
    "released": N_("released"),
    "dropped": N_("dropped"),
    "rendered": N_("rendered"),
    "sending": N_("sending"),
    "sent": N_("sent"),
    "refused": N_("refused"),
    "deferred": N_("deferred"),
    "unknown": N_("unknown"),
    "skipped": N_("skipped"),
    "not allowed": N_("not allowed"),
    "running": N_("running"),
    "accepted": N_("accepted"),
    "quarantined": N_("quarantined"),
    "done": N_("done"),
    "failed": N_("failed"),
    "interrupted": N_("interrupted"),
    "proposed": N_("proposed"),
    "answered": N_("answered"),
    "prepared": N_("prepared"),
    "scheduled": N_("its day is chosen"),
    "taken over": N_("has taken over"),
    "approved": N_("approved"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn"),
    "closed": N_("closed"),
    "joined": N_("joined"),
    "apart": N_("apart"),
    "daily": N_("daily"),
    "weekly": N_("weekly"),
    "monthly": N_("monthly"),
}

SENTENCES = {
    Code.BAD_VALUE: N_("this cannot be used"),
    Code.MISSING: N_("this is missing"),
    Code.NOT_ONE_OF: N_("'%(given)s' is not one of %(known)s"),
    Code.NOT_YES_OR_NO: N_("write yes or no, not '%(given)s'"),
    Code.NOT_A_NUMBER: N_("'%(given)s' is not a whole number; write digits only"),
    Code.ENDS_BEFORE: N_("the last day cannot be before %(least)s"),
    Code.NOT_A_DAY: N_("'%(given)s' is not a day; write it like 2026-10-01"),
    Code.NOT_JSON: N_("what begins with [ or { must be JSON"),
    Code.NOT_A_JSON_LINE: N_("this is not JSON"),
    Code.TOO_LONG: N_("use at most %(most)s characters"),
    Code.TOO_MANY: N_("name at most %(most)s"),
    Code.TOO_FEW: N_("name at least %(least)s"),
    Code.TOO_SMALL: N_("write at least %(least)s"),
    Code.TOO_LARGE: N_("write at most %(most)s"),
    Code.UNKNOWN_NAME: N_("nothing is asked for by this name; openapi.json has the names"),
    Code.NO_PLACE: N_("this is no place of this list; take it from an answer to the same question, or leave it out"),
    Code.NO_REASON: N_("a reason is missing; write why, for whoever reads the history"),
    Code.ADDRESS_IN_REASON: N_("the reason is kept; write it without an address"),
    Code.NO_ADDRESS: N_("give your e-mail address"),
    Code.BAD_ADDRESS: N_("'%(given)s' is not an e-mail address; write it like name@example.org"),
    Code.BAD_LEAD_DAYS: N_("name at most %(most)s lead times, each of 1 to %(longest)s days"),
    Code.NOT_ONE_LINE: N_("write this on one line"),
    Code.EMPTY_INTEREST: N_(
        "an interest needs a spearhead, a programme, a source, a kind of call, an audience or a query"
    ),
    Code.UNKNOWN_SPEARHEAD: N_("there is no spearhead %(given)s; there are %(known)s"),
    Code.UNKNOWN_SOURCE: N_("there is no source %(given)s; there are %(known)s"),
    Code.UNKNOWN_PROGRAMME: N_("there is no programme %(given)s; there are %(known)s"),
    Code.UNKNOWN_KIND: N_("there is no kind of call %(given)s; there are %(known)s"),
    Code.UNKNOWN_AUDIENCE: N_("there is no audience %(given)s; there are %(known)s"),
    Code.BAD_QUERY: N_("the query cannot be read: %(why)s"),
    Code.MONEY_OUT_OF_RANGE: N_("whole euro per project, from 0 to %(most)s"),
    Code.MONEY_REVERSED: N_("the minimum %(least)s is above the maximum %(most)s"),
    Code.BAD_PAUSE: N_("%(until)s: a pause ends after today and within a year; for longer, leave and come back"),
    Code.SUBSCRIBES_ALREADY: N_("%(address)s is already subscribed"),
    Code.OWNER_MUST_RETURN: N_("%(address)s is %(state)s; only its owner can come back, by signing up and confirming"),
    Code.SIGN_UP_GONE: N_("this sign-up is no longer kept; sign up again"),
    Code.SUBSCRIPTION_GONE: N_("this subscription is no longer kept; sign up again"),
    Code.BAD_LINK: N_("this link is not one of ours; open the link of a newer mail"),
    Code.EXPIRED_LINK: N_("this link has expired; ask for a new one"),
    Code.FEED_ENDED: N_("this subscription has ended, and its feeds with it"),
    Code.COPY_GONE: N_("this issue is no longer kept"),
    Code.FEED_REPLACED: N_("this link was replaced by a newer one; use that one, or ask for another"),
    Code.FILE_UNREADABLE: N_("%(file)s cannot be read: %(why)s"),
    Code.FILE_NOT_TEXT: N_("%(file)s is not text in UTF-8; save it as UTF-8"),
    Code.NOT_A_CALL: N_("%(place)s: not a JSON object with an id; each line is one call"),
    Code.NO_JUDGED_CALLS: N_("%(file)s is empty; each line is one JSON object with an id, a title and grades"),
    Code.NOTHING_JUDGED: N_("no call has been judged here yet"),
    Code.TOO_LITTLE_JUDGED: N_(
        "too little is judged to learn from: a spearhead needs %(least)s calls that are squarely its own, and others"
    ),
    Code.NOT_JUDGED_CALLS: N_("%(file)s: %(why)s; each line is one JSON object with an id, a title and grades"),
    Code.NOT_CSV: N_("not CSV: %(why)s"),
    Code.UNKNOWN_COLUMN: N_("there is no column '%(given)s'; there are %(known)s"),
    Code.COLUMN_TWICE: N_("the column '%(given)s' appears twice"),
    Code.COLUMN_MISSING: N_("the column %(name)s is missing"),
    Code.TOO_MANY_CELLS: N_("more cells than the first line has columns"),
    Code.REPEATED_ADDRESS: N_("%(address)s is already on line %(first)s"),
    Code.BAD_VIEW_NAME: N_("a name of at most %(most)s letters is missing"),
    Code.TOO_MANY_VIEWS: N_("at most %(most)s views are kept; remove one first"),
    Code.TOO_MANY_CALLS: N_("%(given)s calls are chosen; decide on 1 to %(most)s at once"),
    Code.TOO_MANY_DRAFTS: N_("at most %(most)s drafts of sources are kept; remove one first"),
    Code.NO_ADDRESS_OF_PAGE: N_("“%(given)s” is no address of a page; write one that begins with https://"),
    Code.NO_SELECTOR: N_("this part of the page cannot be looked for"),
    Code.SOURCE_OFF: N_("source %(source)s is switched off in the configuration, and is not read"),
    Code.NO_CRONTAB: N_(
        "“%(given)s” is no time of a schedule; write minute, hour, day, month and weekday: 15 6 * * mon"
    ),
    Code.TOO_MANY_CANARIES: N_("these are too many calls or too long names; at most %(most)s are watched"),
    Code.REJECTED_ALREADY: N_("run %(run)s was already rejected by %(by)s"),
    Code.NOT_A_READING: N_(
        "run %(run)s is not a reading of a source but %(job)s; only a quarantined reading can be judged"
    ),
    Code.NEWER_BELIEVED: N_("run %(run)s: run %(newer)s has been accepted since, and its data is newer"),
    Code.BROKEN_OFF: N_("run %(run)s was interrupted; it has nothing complete to accept"),
    Code.PAGES_GONE: N_("run %(run)s: its pages are gone (they are kept for %(days)s days); collect %(source)s again"),
    Code.PAGES_UNREADABLE: N_("run %(run)s: its pages cannot be read: %(why)s"),
    Code.NO_PAGES: N_("%(source)s: no pages of an accepted reading are kept"),
    Code.NO_PAGES_SINCE: N_("%(source)s: no pages of an accepted reading since %(since)s are kept"),
    Code.NO_PAST: N_("%(source)s has no past to read: it shows only what a reading brings; these have one: %(known)s"),
    Code.BACKFILL_GOES_ON: N_("another backfill of %(source)s is going on"),
    Code.NOT_EDITABLE: N_("%(name)s cannot be set by hand; these can: %(known)s"),
    Code.NOT_ITS_VALUE: N_("the value '%(given)s' cannot be used: %(why)s"),
    Code.NOT_SET_BY_HAND: N_("call %(call)s: nobody has set its %(name)s by hand"),
    Code.SEVERAL_CALLS: N_("%(name)s: several calls have this identifier; name one by its id: %(known)s"),
    Code.RULES_CHANGED: N_("somebody else changed the rules meanwhile; look at them and try again"),
    Code.NOTHING_TO_SAVE: N_("nothing to save: %(what)s already reads exactly like this"),
    Code.NOTHING_TAKEN: N_("%(file)s: nothing was taken: %(why)s"),
    Code.BREAKS_EXAMPLES: N_("%(what)s would break %(count)s example(s): %(examples)s"),
    Code.MUST_MATCH: N_("%(whose)s must match: %(words)s"),
    Code.MUST_NOT_MATCH: N_("%(whose)s must not match: %(words)s"),
    Code.OF_RULE: N_("%(spearhead)s (rule %(rule)s)"),
    Code.TOO_COMMON: N_(
        "%(rule)s is too common: %(hits)s of %(archive)s calls (%(percent)s%%); narrow it with AND, title: or a phrase"
    ),
    Code.TOO_COMMON_WEAK: N_(
        "%(rule)s is too common: %(hits)s of %(archive)s calls (%(percent)s%%); narrow it with AND, title: or a phrase"
    ),
    Code.COMMON: N_("%(rule)s is common: it matches %(hits)s of %(archive)s calls (%(percent)s%%)"),
    Code.ABOUT: N_("about %(hits)s"),
    Code.AT_LEAST: N_("at least %(hits)s"),
    Code.BAD_KEY: N_("'%(given)s' is not a key; use small letters, digits and -, like food-farming-en"),
    Code.RULE_EXISTS: N_("there is already a rule %(rule)s"),
    Code.INCOMPLETE_RULE: N_("there is no rule %(rule)s; a new one needs a spearhead and a line"),
    Code.EMPTY_MASK: N_("there is no mask %(mask)s; a new one needs a line"),
    Code.NO_SCORING: N_(
        "say what is to change in how %(spearhead)s is counted: the points, or up to where in a text they are whole"
    ),
    Code.UNKNOWN_WEIGHT: N_("there is no weight '%(given)s'; there are %(known)s"),
    Code.UNKNOWN_LANGUAGE: N_("there is no language '%(given)s'; there are %(known)s"),
    Code.OF_ANOTHER_SPEARHEAD: N_("rule %(rule)s is not one of %(spearhead)s"),
    Code.BAD_PERIOD: N_("'%(given)s' is not a %(cadence)s period; write it like %(shape)s"),
    Code.NOT_IN_CALENDAR: N_("'%(given)s' is not in the calendar; write it like %(shape)s"),
    Code.NOT_BEGUN: N_("the %(cadence)s period %(period)s has not begun; name one up to %(on)s"),
    Code.NEWER_EDITION: N_("the %(cadence)s edition %(newest)s is newer than %(period)s; nothing was planned"),
    Code.PERIOD_OVER: N_("the %(cadence)s period %(period)s is over; the edition of %(on)s covers it too"),
    Code.BEING_BUILT: N_("edition %(edition)s is being built; release what was held when it is done"),
    Code.NEEDS_TWO: N_("this region wants a second person to approve this; make a proposal"),
    Code.OWN_PROPOSAL: N_("somebody other than %(author)s must approve this proposal"),
    Code.NOT_YOUR_PROPOSAL: N_("only %(author)s can withdraw this proposal; it can be declined"),
    Code.NOT_AN_APPROVER: N_("%(name)s may not approve proposals"),
    Code.CHANGED_SINCE: N_(
        "what this proposal was made against has changed since: %(lines)s. Decline it, and make it anew"
    ),
    Code.NO_SECOND_PERSON: N_("there must be two people first who may approve what another prepares"),
    Code.UNSURE_IS_NO_EXAMPLE: N_("what is unsure is neither pinned nor kept as an example"),
    Code.OTHER_REGION: N_("this is the file of another region: %(given)s, and not %(own)s"),
    Code.DAY_PAST: N_("this day is past"),
    Code.EDITED_SINCE: N_("its rules were edited after its day was chosen; choose the day again"),
    Code.NOT_UNDONE: N_("this cannot be undone, or something else happened to it since"),
    Code.DECIDED_ALREADY: N_("hold %(hold)s was already %(state)s by %(by)s"),
    Code.UNKNOWN_FACT: N_("mails show no fact %(given)s; they show %(known)s"),
    Code.DAYS_REVERSED: N_("%(first)s to %(last)s: the first day is after the last; name them in order"),
    Code.NOBODY_WAS_TOLD: N_("call %(call)s: no mail sent from %(first)s to %(last)s mentioned it"),
    Code.CORRECTED_ALREADY: N_("call %(call)s: everybody who was told it has had this very correction"),
    Code.NOTHING_UNWANTED: N_("call %(call)s: no answer of a reader waits"),
    Code.NOTHING_CHOSEN: N_("letter of the month %(letter)s: no call is chosen yet"),
    Code.NONE_UNKNOWN: N_("edition %(edition)s: no mail of it is in doubt"),
    Code.NO_MAIL_KEPT: N_("delivery %(delivery)s: no copy of its mail is kept"),
    Code.TAKES_NO_MAIL: N_("delivery %(delivery)s is for subscriber %(subscriber)s, who receives no mail"),
    Code.EDITION_WAITS: N_("delivery %(delivery)s is of edition %(edition)s, which is held or stale"),
    Code.ADMIN_EXISTS: N_("%(address)s has an account already"),
    Code.LAST_ADMIN: N_("%(name)s is the only admin who may do everything; let somebody else be one first"),
    Code.ADMIN_LINK_GONE: N_("this link was used already or has expired; ask an admin for a new one"),
    Code.NOT_SIGNED_IN: N_("the address, the password or the code is not right"),
    Code.TOO_MANY_TRIES: N_("that was tried too often; wait %(minutes)s minutes"),
    Code.PASSWORD_SHORT: N_("use at least %(least)s characters; a few words in a row are good"),
    Code.PASSWORD_SIMPLE: N_("this is too easy to guess; use other words than your name or address"),
    Code.BAD_CODE: N_("this code is not right, or was used already; wait for the next one"),
    Code.FACTOR_ON: N_("the second factor is on already; switch it off before you set up another"),
    Code.NO_MAILDIR: N_("%(folder)s is not a Maildir: it must hold new and cur"),
    Code.NO_MAILBOX: N_("bounces.host cannot be used: %(why)s"),
    Code.BAD_SOURCE_KEY: N_(
        "'%(given)s' is not a source key; use small letters, digits and _, at most 40, and no Python keyword"
    ),
    Code.NO_CHECKOUT: N_("%(folder)s is not a checkout of this program; run this in one"),
    Code.NOT_SECURE: N_("%(url)s: the address of a source begins with https://"),
    Code.EMPTY_ANSWER: N_("%(url)s: an empty answer; there is nothing to keep"),
    Code.EXTRA_MISSING: N_("this needs what comes with the extra %(extra)s, which is not installed here"),
    Code.FILES_THERE: N_("nothing was written; these files already exist: %(files)s"),
}


def said(error: TrackerError | OldSchema, language: str) -> list[str]:
    """Word an error, one line per fault.

    Errors of a source, a mail server, a rule's grammar or the operator's file keep the words they were raised with.
    """
    match error:
        case NotFound():
            return [_not_found(error, language)]
        case WrongState():
            return [_wrong_state(error, language)]
        case Refusal():
            return [worded(Fault(error.code, values=error.values), language)]
        case InputFaults():
            return [worded(fault, language) for fault in error.faults]
        case ConfigError():
            return error.faults
        case OldSchema():
            return [_old_schema(error, language)]
        case _:
            return [str(error)]


def worded(fault: Fault, language: str) -> str:
    """Word a fault in one line: its line number, its field and its sentence."""
    t = l10n.catalogue(language)
    filled = {name: _value(value, language) for name, value in fault.values.items()}
    if fault.code is Code.BAD_QUERY:
        filled["why"] = _grammar(filled["query"], language)
    text = t.gettext(SENTENCES[fault.code]) % filled
    if near := _nearest(fault.values.get("given"), fault.values.get("known")):
        text = t.gettext("%(fault)s; did you mean %(near)s?") % {"fault": text, "near": near}
    if fault.subject:
        text = f"{fault.subject}: {text}"
    return t.gettext("line %(line)s: %(fault)s") % {"line": fault.line, "fault": text} if fault.line else text


def _not_found(error: NotFound, language: str) -> str:
    t = l10n.catalogue(language)
    text = t.gettext(NOUNS[error.noun][1]) % {"id": error.id}
    if not error.known:
        return text
    text = t.gettext("%(fault)s; there are %(known)s") % {"fault": text, "known": ", ".join(error.known)}
    near = _nearest(error.id, error.known)
    return t.gettext("%(fault)s; did you mean %(near)s?") % {"fault": text, "near": near} if near else text


def _nearest(given: object, known: object) -> str:
    """The known word that is written most like this one, if one is near."""
    if not isinstance(known, (tuple, list, set, frozenset)):
        return ""
    return next(iter(get_close_matches(str(given), sorted(map(str, known)), n=1)), "")


def _wrong_state(error: WrongState, language: str) -> str:
    t = l10n.catalogue(language)
    values = {"what": t.gettext(NOUNS[error.noun][0]) % {"id": error.id}, "state": _word(error.state, language)}
    if not error.wanted:
        return t.gettext("%(what)s is %(state)s") % values
    states = format_list([_word(state, language) for state in error.wanted], "or", l10n.FORMS[language].locale)
    return t.gettext("%(what)s is %(state)s; it must be %(wanted)s") % (values | {"wanted": states})


def _old_schema(error: OldSchema, language: str) -> str:
    text = l10n.catalogue(language).gettext("the database %(url)s has schema %(have)s; this program needs %(needed)s")
    return text % {"url": error.url, "have": error.have or "–", "needed": error.needed}


def _value(value: object, language: str) -> str:
    """Word a value for the sentence of a fault."""
    match value:
        case Fault():
            return worded(value, language)
        case TrackerError():
            return "; ".join(said(value, language))
        case StrEnum():
            return _word(value, language)
        case tuple():
            return ", ".join(_value(part, language) for part in value)
        case _:
            return str(value)


def _word(word: str, language: str) -> str:
    """Translate a state; one without a translation is shown as it is, so that the error is told in any case."""
    return l10n.catalogue(language).gettext(WORDS[word]) if word in WORDS else str(word)


def _grammar(query: str, language: str) -> str:
    """Say what is wrong with a query by the grammar of rules."""
    try:
        check_line(query, language)
    except RuleError as error:
        return str(error)
    return ""
