"""The desk's words for roles, weights and the like, in the language of whoever is signed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from db.admins import Role
from db.calls import CallStatus
from db.editions import EditionKind
from db.proposals import ProposalKind
from db.reports import ReportKind
from db.strategies import Hides, Weight
from db.subscribers import ActorType, Language, SubscriptionEvent
from jobs.editions.words import ledger_word
from jobs.rulebook.drafts import ANY
from jobs.running.inbox import WaitingKind
from jobs.web.pages import LANGUAGE_NAMES
from tracker import l10n
from tracker.digests.content import SectionKind
from tracker.emails.call_view import FACTS
from tracker.emails.digest_view import HEADINGS
from tracker.l10n import N_
from tracker.refusals import WORDS
from tracker.subscriptions.requests import ACTOR_TYPES

ROLES = {
    Role.ADMIN: N_("Admin: may do everything"),
    Role.EDITOR: N_("Editor: edits rules and calls"),
    Role.APPROVER: N_("Approver: approves what others have prepared"),
    Role.AUDITOR: N_("Auditor: sees everything, changes nothing"),
}
WEIGHTS = {
    Weight.STRONG: N_("Strong: 4 points, tags alone"),
    Weight.REPEATED: N_("Repeated: 2 points, 4 where it is said again"),
    Weight.MEDIUM: N_("Medium: 2 points, 4 in the title"),
    Weight.WEAK: N_("Weak: 1 point, never tags alone"),
}

HIDES = {
    Hides.WORDS: N_("The words that match"),
    Hides.REST: N_("The rest of their sentence, too"),
    Hides.SENTENCE: N_("Their whole sentence"),
}
KINDS = {
    EditionKind.DAILY: N_("Daily"),
    EditionKind.WEEKLY: N_("Weekly"),
    EditionKind.MONTHLY: N_("Monthly"),
    EditionKind.URGENT: N_("Urgent"),
    EditionKind.WELCOME: N_("For new readers"),
    EditionKind.SWITCH: N_("At a change of cadence"),
    EditionKind.RELEASE: N_("Released afterwards"),
    EditionKind.CORRECTION: N_("Correction"),
    EditionKind.SELECTION: N_("Letter of the month"),
}
WAITING = {
    WaitingKind.READING: N_("A reading that was not believed"),
    WaitingKind.EDITION: N_("An edition is held"),
    WaitingKind.PART: N_("Part of an edition is held back"),
    WaitingKind.MAILS: N_("Mails of which nobody knows whether they arrived"),
    WaitingKind.BANS: N_("Bans that wait"),
    WaitingKind.STRATEGY: N_("A strategy of the next period did not take over"),
    WaitingKind.PROPOSAL: N_("A proposal that another person must approve"),
    WaitingKind.REPORT: N_("A report that waits for an answer"),
}
PROPOSALS = {
    ProposalKind.RULES: N_("Rules"),
    ProposalKind.EXAMPLE: N_("Example"),
    ProposalKind.EDITION: N_("A held edition"),
    ProposalKind.PART: N_("Held back of an edition"),
    ProposalKind.STRATEGY: N_("Day of the next strategy"),
    ProposalKind.SWITCH: N_("One person is enough"),
}
REPORTS = {
    ReportKind.ERROR: N_("Error"),
    ReportKind.ACCESSIBILITY: N_("Obstacle"),
}
FIELDS = FACTS | {  # of a call, that can be set by hand
    "text": N_("The call's text"),
    "identifier": N_("Identifier"),
    "claimed_status": N_("Status by the source"),
    "deadline_model": N_("Kind of deadline"),
    "expected_grants": N_("Number of projects"),
    "keywords": N_("Keywords"),
    "destination": N_("Destination"),
    "mission": N_("Mission"),
    "conditions": N_("Conditions"),
}
HAPPENED = {
    SubscriptionEvent.ASKED: N_("signed up"),
    SubscriptionEvent.CONFIRMED: N_("confirmed"),
    SubscriptionEvent.ADDED: N_("added by hand"),
    SubscriptionEvent.PREFERENCES: N_("preferences changed"),
    SubscriptionEvent.CADENCE: N_("cadence changed"),
    SubscriptionEvent.PAUSED: N_("paused"),
    SubscriptionEvent.RESUMED: N_("pause ended"),
    SubscriptionEvent.FOLLOWED: N_("followed a call"),
    SubscriptionEvent.MUTED: N_("muted a call"),
    SubscriptionEvent.UNMUTED: N_("left a call to the interests"),
    SubscriptionEvent.NOT_FOR_US: N_("“not for us”"),
    SubscriptionEvent.LEFT: N_("left"),
    SubscriptionEvent.CAME_BACK: N_("came back"),
    SubscriptionEvent.BACKED_OFF: N_("mails came back, a pause was made"),
    SubscriptionEvent.BANNED: N_("mails came back for good"),
    SubscriptionEvent.UNBANNED: N_("gets mail again"),
    SubscriptionEvent.FEED_LINK_REPLACED: N_("a feed's address replaced"),
    SubscriptionEvent.ERASED: N_("erased"),
    SubscriptionEvent.OTHER: N_("something else"),
}

NOT_PERSONS = {
    "reader": N_("the reader"),
    "operator": N_("the operator"),
    "mail server": N_("the mail server"),
    "housekeeping": N_("the nightly clean-up"),
}


@dataclass(frozen=True, slots=True)
class DeskWords:
    """Words for the templates of the desk."""

    language: str

    def _said(self, text: str) -> str:
        return l10n.catalogue(self.language).gettext(text)

    def role(self, role: Role) -> str:
        return self._said(ROLES[role])

    def roles(self) -> Sequence[tuple[str, str]]:
        return _options(ROLES, self._said)

    def weight(self, weight: Weight) -> str:
        """The weight in one word."""
        return self._said(WEIGHTS[weight]).partition(":")[0]

    def weights(self) -> Sequence[tuple[str, str]]:
        return [(weight.name.lower(), self._said(text)) for weight, text in WEIGHTS.items()]

    def hides(self) -> Sequence[tuple[str, str]]:
        return _options(HIDES, self._said)

    def status(self, status: str) -> str:
        return self._said(l10n.STATUSES[CallStatus(status)])

    def state(self, state: str) -> str:
        """The state of an edition, a delivery or a subscription."""
        return self._said(WORDS.get(state, state))

    def actor(self, kind: ActorType) -> str:
        """What sort of organisation somebody is of."""
        return self._said(ACTOR_TYPES[kind])

    def who(self, name: str) -> str:
        """Who did something: a person's name as it is, or in words the reader, the operator, a server."""
        return self._said(NOT_PERSONS[name]) if name in NOT_PERSONS else name

    def section(self, section: str) -> str:
        """The heading of a mail's section."""
        return self._said(HEADINGS[SectionKind(section)])

    def cadence(self, cadence: str) -> str:
        return self._said(KINDS[EditionKind(cadence)])

    def kind(self, kind: EditionKind) -> str:
        return self._said(KINDS[kind])

    def waiting(self, kind: WaitingKind) -> str:
        return self._said(WAITING[kind])

    def proposal(self, kind: ProposalKind) -> str:
        return self._said(PROPOSALS[kind])

    def report(self, kind: ReportKind) -> str:
        return self._said(REPORTS[kind])

    def field(self, field: str) -> str:
        """The name of a call's field."""
        return self._said(FIELDS.get(field, field))

    def ledger(self, value: StrEnum) -> str:
        """A reason of the ledger, or an edition's kind within a sentence."""
        return ledger_word(value, self.language)

    def happened(self, what: SubscriptionEvent) -> str:
        return self._said(HAPPENED[what])

    def text_languages(self, spoken: Sequence[str]) -> Sequence[tuple[str, str]]:
        """In which texts a rule looks for its words."""
        return [(ANY, self._said(N_("All texts"))), *((one, LANGUAGE_NAMES[Language(one)]) for one in spoken)]


def _options(texts: Mapping[Any, str], said: Any) -> Sequence[tuple[str, str]]:
    return [(key.value, said(text)) for key, text in texts.items()]
