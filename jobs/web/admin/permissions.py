"""Which roles may do what at the desk: one table, by method and address. What is not in it is nobody's."""

from db.admins import Role
from jobs.approvals.deciding import MAY_APPROVE
from jobs.web import addresses

EVERYBODY = frozenset(Role)
EDITORS = frozenset({Role.ADMIN, Role.EDITOR})
APPROVERS = MAY_APPROVE
WHO_PREPARE = EDITORS | APPROVERS
WHO_SEE_READERS = frozenset({Role.ADMIN, Role.AUDITOR})
ADMINS = frozenset({Role.ADMIN})

MAY = {
    ("GET", addresses.ADMIN): EVERYBODY,
    ("GET", addresses.ADMIN_RULES): EVERYBODY,
    ("GET", addresses.ADMIN_RULES_OF): EVERYBODY,
    ("GET", addresses.ADMIN_NEW_RULE): EDITORS,
    ("POST", addresses.ADMIN_NEW_RULE): EDITORS,
    ("POST", addresses.ADMIN_NEW_RULE_EFFECT): EVERYBODY,  # changes nothing
    ("GET", addresses.ADMIN_RULE): EVERYBODY,
    ("POST", addresses.ADMIN_RULE): EDITORS,
    ("POST", addresses.ADMIN_RULE_EFFECT): EVERYBODY,  # changes nothing
    ("POST", addresses.ADMIN_RULE_OFF): EDITORS,
    ("POST", addresses.ADMIN_RULE_BACK): EDITORS,
    ("GET", addresses.ADMIN_NEW_MASK): EDITORS,
    ("POST", addresses.ADMIN_NEW_MASK): EDITORS,
    ("POST", addresses.ADMIN_NEW_MASK_EFFECT): EVERYBODY,  # changes nothing
    ("GET", addresses.ADMIN_MASK): EVERYBODY,
    ("POST", addresses.ADMIN_MASK): EDITORS,
    ("POST", addresses.ADMIN_MASK_EFFECT): EVERYBODY,  # changes nothing
    ("POST", addresses.ADMIN_MASK_OFF): EDITORS,
    ("POST", addresses.ADMIN_MASK_BACK): EDITORS,
    ("GET", addresses.ADMIN_JUDGE): EVERYBODY,
    ("POST", addresses.ADMIN_JUDGE): EDITORS,
    ("GET", addresses.ADMIN_DISAGREEMENTS): EVERYBODY,
    ("GET", addresses.ADMIN_EXAMPLES): EVERYBODY,
    ("POST", addresses.ADMIN_EXAMPLES): EDITORS,
    ("GET", addresses.ADMIN_EXAMPLE): EVERYBODY,
    ("POST", addresses.ADMIN_EXAMPLE): EDITORS,
    ("POST", addresses.ADMIN_EXAMPLE_OFF): EDITORS,
    ("POST", addresses.ADMIN_EXAMPLE_BACK): EDITORS,
    ("POST", addresses.ADMIN_SCORING_BACK): EDITORS,
    ("GET", addresses.ADMIN_SCORING): EVERYBODY,
    ("POST", addresses.ADMIN_SCORING): EDITORS,
    ("POST", addresses.ADMIN_SCORING_EFFECT): EVERYBODY,  # changes nothing
    ("GET", addresses.ADMIN_REGION): EVERYBODY,
    ("POST", addresses.ADMIN_REGION): EDITORS,
    ("GET", addresses.ADMIN_REGION_FILE): EVERYBODY,
    ("POST", addresses.ADMIN_REGION_EFFECT): EDITORS,
    ("GET", addresses.ADMIN_PROPOSALS): EVERYBODY,
    ("GET", addresses.ADMIN_PROPOSAL): EVERYBODY,
    ("POST", addresses.ADMIN_PROPOSAL_APPROVE): APPROVERS,
    ("POST", addresses.ADMIN_PROPOSAL_DECLINE): APPROVERS,
    ("POST", addresses.ADMIN_PROPOSAL_WITHDRAW): WHO_PREPARE,  # their own
    ("POST", addresses.ADMIN_TWO_PERSONS): ADMINS,
    ("GET", addresses.ADMIN_MISSES): EVERYBODY,
    ("GET", addresses.ADMIN_TESTER): EVERYBODY,
    ("POST", addresses.ADMIN_TESTER): EVERYBODY,  # changes nothing
    ("GET", addresses.ADMIN_SOURCES): EVERYBODY,
    ("GET", addresses.ADMIN_NEW_SOURCE): EVERYBODY,
    ("POST", addresses.ADMIN_NEW_SOURCE): ADMINS,
    ("GET", addresses.ADMIN_SOURCE_DRAFT): EVERYBODY,
    ("POST", addresses.ADMIN_SOURCE_DRAFT): ADMINS,
    ("GET", addresses.ADMIN_SOURCE_DRAFT_PAGE): EVERYBODY,
    ("GET", addresses.ADMIN_SOURCE_DRAFT_TEXT): EVERYBODY,
    ("POST", addresses.ADMIN_SOURCE_DRAFT_REMOVE): ADMINS,
    ("GET", addresses.ADMIN_SOURCE): EVERYBODY,
    ("POST", addresses.ADMIN_SOURCE_READ): EDITORS,
    ("POST", addresses.ADMIN_SOURCE_CADENCE): ADMINS,
    ("POST", addresses.ADMIN_SOURCE_CANARIES): ADMINS,
    ("GET", addresses.ADMIN_SOURCE_REPARSE): EVERYBODY,  # shows what it would do
    ("POST", addresses.ADMIN_SOURCE_REPARSE): ADMINS,
    ("GET", addresses.ADMIN_RUN): EVERYBODY,
    ("GET", addresses.ADMIN_RUN_PAGE): EVERYBODY,
    ("GET", addresses.ADMIN_RUN_ACCEPT): EVERYBODY,  # shows what it would do
    ("POST", addresses.ADMIN_RUN_ACCEPT): ADMINS,
    ("POST", addresses.ADMIN_RUN_REJECT): ADMINS,
    ("GET", addresses.ADMIN_EDITIONS): EVERYBODY,
    ("GET", addresses.ADMIN_EXPECTED): EVERYBODY,
    ("GET", addresses.ADMIN_PREVIEW): EVERYBODY,
    ("GET", addresses.ADMIN_PREVIEW_MAIL): EVERYBODY,
    ("GET", addresses.ADMIN_EDITION): EVERYBODY,
    ("POST", addresses.ADMIN_EDITION_UNKNOWN): ADMINS,
    ("POST", addresses.ADMIN_EDITION_HOLD): APPROVERS,
    ("POST", addresses.ADMIN_EDITION_RELEASE): APPROVERS,
    ("GET", addresses.ADMIN_HELD_PARTS): EVERYBODY,
    ("POST", addresses.ADMIN_PART_RELEASE): APPROVERS,
    ("POST", addresses.ADMIN_PART_DROP): APPROVERS,
    ("GET", addresses.ADMIN_DELIVERY): WHO_SEE_READERS,
    ("GET", addresses.ADMIN_DELIVERY_MAIL): WHO_SEE_READERS,
    ("POST", addresses.ADMIN_DELIVERY_SETTLE): ADMINS,
    ("POST", addresses.ADMIN_DELIVERY_AGAIN): ADMINS,
    ("POST", addresses.ADMIN_BANS_DROP): ADMINS,
    ("POST", addresses.ADMIN_BANS_APPLY): ADMINS,
    ("GET", addresses.ADMIN_LETTERS): EVERYBODY,
    ("POST", addresses.ADMIN_LETTERS): EDITORS,
    ("GET", addresses.ADMIN_LETTER): EVERYBODY,
    ("POST", addresses.ADMIN_LETTER): EDITORS,
    ("GET", addresses.ADMIN_LETTER_CHOOSE): EVERYBODY,
    ("POST", addresses.ADMIN_LETTER_CHOOSE): EDITORS,
    ("GET", addresses.ADMIN_LETTER_FILE): EVERYBODY,
    ("GET", addresses.ADMIN_LETTER_SEND): EVERYBODY,
    ("GET", addresses.ADMIN_LETTER_MAIL): EVERYBODY,
    ("POST", addresses.ADMIN_LETTER_SEND): APPROVERS,
    ("POST", addresses.ADMIN_LETTER_DROP): EDITORS,
    ("GET", addresses.ADMIN_WHY): WHO_SEE_READERS,
    ("GET", addresses.ADMIN_CORRECTION): EVERYBODY,
    ("GET", addresses.ADMIN_CORRECTION_MAIL): EVERYBODY,
    ("POST", addresses.ADMIN_CORRECTION): APPROVERS,
    ("GET", addresses.ADMIN_CALLS): EVERYBODY,
    ("GET", addresses.ADMIN_CALL): EVERYBODY,
    ("POST", addresses.ADMIN_CALLS_CONFIRM): EDITORS,  # changes nothing
    ("POST", addresses.ADMIN_CALLS_DECIDE): EDITORS,
    ("POST", addresses.ADMIN_VIEWS): EDITORS,
    ("POST", addresses.ADMIN_VIEW_REMOVE): EDITORS,
    ("GET", addresses.ADMIN_DUPLICATES): EVERYBODY,
    ("GET", addresses.ADMIN_DUPLICATE): EVERYBODY,
    ("POST", addresses.ADMIN_DUPLICATE): EDITORS,
    ("POST", addresses.ADMIN_CALL_PIN): EDITORS,
    ("POST", addresses.ADMIN_CALL_FIELD): EDITORS,
    ("GET", addresses.ADMIN_REPORTS): WHO_SEE_READERS,  # they may have addresses
    ("POST", addresses.ADMIN_REPORT_ANSWER): ADMINS,
    ("POST", addresses.ADMIN_REPORT_CLOSE): ADMINS,
    ("GET", addresses.ADMIN_READERS): WHO_SEE_READERS,
    ("GET", addresses.ADMIN_READER): WHO_SEE_READERS,
    ("GET", addresses.ADMIN_READER_HELD): ADMINS,
    ("GET", addresses.ADMIN_READER_PREVIEW): WHO_SEE_READERS,
    ("GET", addresses.ADMIN_READER_PREVIEW_MAIL): WHO_SEE_READERS,
    ("POST", addresses.ADMIN_READER_LINK): ADMINS,
    ("POST", addresses.ADMIN_READER_END): ADMINS,
    ("POST", addresses.ADMIN_READER_ERASE): ADMINS,
    ("GET", addresses.ADMIN_ACCOUNT): EVERYBODY,
    ("POST", addresses.ADMIN_PASSWORD): EVERYBODY,
    ("POST", addresses.ADMIN_FACTOR): EVERYBODY,
    ("POST", addresses.ADMIN_FACTOR_OFF): EVERYBODY,
    ("POST", addresses.ADMIN_EVERYWHERE): EVERYBODY,
    ("GET", addresses.ADMIN_JOBS): EVERYBODY,
    ("POST", addresses.ADMIN_JOB_ASK): ADMINS,
    ("GET", addresses.ADMIN_BANNER): EVERYBODY,
    ("POST", addresses.ADMIN_BANNER): ADMINS,
    ("POST", addresses.ADMIN_BANNER_END): ADMINS,
    ("GET", addresses.ADMIN_AUDIT): EVERYBODY,
    ("GET", addresses.ADMIN_AUDIT_FILE): EVERYBODY,
    ("GET", addresses.ADMIN_AUDIT_ENTRY): EVERYBODY,
    ("POST", addresses.ADMIN_AUDIT_UNDO): EDITORS,
    ("GET", addresses.ADMIN_PEOPLE): ADMINS,
    ("POST", addresses.ADMIN_PEOPLE): ADMINS,
    ("POST", addresses.ADMIN_PERSON): ADMINS,
    ("POST", addresses.ADMIN_PERSON_LINK): ADMINS,
    ("POST", addresses.ADMIN_PERSON_END): ADMINS,
}


def may(role: Role, method: str, address: str) -> bool:
    """Whether a role may use an address (its pattern, as in `jobs.web.addresses`) by this method."""
    return role in MAY.get(("GET" if method == "HEAD" else method, address), frozenset())
