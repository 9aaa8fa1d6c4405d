"""Subscription requests: check what readers ask for before it is stored, and word it.

Does not decide which calls meet an interest (`tracker.digests.interests`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from db.calls import CallKind
from db.subscribers import ActorType, Cadence, Interest, Language, Subscriber, Wants
from tracker import l10n
from tracker.addresses import stored_address
from tracker.errors import Code, Fault, InputFaults, RuleError
from tracker.l10n import N_
from tracker.tagging.language import check_line
from tracker.typed_in import Unusable, faults_in

MOST_INTERESTS = 20
MOST_LEAD_TIMES, LONGEST_LEAD = 5, 365
MOST_WORDS = 100  # in one field of an interest
MOST_MONEY = 10**12  # euro

KINDS = {
    CallKind.TOPIC: N_("calls of EU programmes"),
    CallKind.CASCADE: N_("EU projects' own calls"),
    CallKind.EXTERNAL: N_("external action"),
    CallKind.TENDER: N_("procurement"),
    CallKind.NATIONAL: N_("national and regional calls"),
    CallKind.INTERREG: N_("Interreg calls"),
}

ACTOR_TYPES = {
    ActorType.COMPANY: N_("company"),
    ActorType.UNIVERSITY: N_("university or research organisation"),
    ActorType.EDUCATION: N_("educational institution"),
    ActorType.MUNICIPALITY: N_("municipality"),
    ActorType.DEVELOPMENT_COMPANY: N_("development company"),
    ActorType.ASSOCIATION: N_("association"),
    ActorType.OTHER: N_("other"),
}


def _address(word: str) -> str:
    """Check an address, and write it as it is stored."""
    if not word.strip():
        raise Unusable(Code.NO_ADDRESS)
    try:
        return stored_address(word)
    except ValueError:
        raise Unusable(Code.BAD_ADDRESS, given=word) from None


def _one_line(word: str) -> str:
    if not word.isprintable():
        raise Unusable(Code.NOT_ONE_LINE)
    return word


def _lead_days(days: tuple[int, ...]) -> tuple[int, ...]:
    if len(days) > MOST_LEAD_TIMES or not all(1 <= day <= LONGEST_LEAD for day in days):
        raise Unusable(Code.BAD_LEAD_DAYS, most=MOST_LEAD_TIMES, longest=LONGEST_LEAD)
    return tuple(sorted(set(days), reverse=True))


class Preferences(BaseModel):
    """All that a reader decides about the digest; always complete, so that a missing field means nothing.

    `own_region`: the region's own calls are told, too, whatever the interests say. `own_kind`: no call is told that
    their kind of organisation surely may not apply for. `lead_days` are days before a call closes, longest first;
    empty for no reminders.
    """

    model_config = ConfigDict(frozen=True)

    language: Language = Language.FI
    urgent: bool = False
    own_region: bool = True
    own_kind: bool = True
    lead_days: Annotated[tuple[int, ...], AfterValidator(_lead_days)] = (28, 7)
    interests: tuple[Wants, ...] = Field(min_length=1, max_length=MOST_INTERESTS)


CHOICES = tuple(name for name in Preferences.model_fields if name != "interests")  # the mailbox's own columns


def preferences_held(subscriber: Subscriber, interests: Sequence[Interest]) -> Preferences:
    """The preferences of a mailbox as they are kept; not checked again."""
    choices = {name: getattr(subscriber, name) for name in CHOICES}
    return Preferences.model_construct(**choices, interests=tuple(one.wants for one in interests))


def keep_choices(subscriber: Subscriber, wanted: Preferences) -> None:
    """Put what a reader decides into the mailbox's row; interests are rows of their own."""
    for name in CHOICES:
        setattr(subscriber, name, getattr(wanted, name))


class Organisation(BaseModel):
    """What a reader says of their own organisation; an empty name for none."""

    model_config = ConfigDict(frozen=True)

    actor: Annotated[str, Field(max_length=200), AfterValidator(_one_line)] = ""
    actor_type: ActorType = ActorType.OTHER
    municipality: Annotated[str, Field(max_length=100), AfterValidator(_one_line)] = ""


class SignUp(Organisation, Preferences):
    """The request of somebody who wants the digest. `address` is stored in lower case."""

    address: Annotated[str, AfterValidator(_address)]
    cadence: Cadence = Cadence.WEEKLY


INTERESTS = TypeAdapter(tuple[Wants, ...])
AnyPreferences = TypeVar("AnyPreferences", bound=Preferences)


@dataclass(frozen=True, slots=True)
class Known:
    """What a reader can choose from: keys of spearheads and sources, codes of programmes, the region's languages.

    `language` is meant where none is chosen.
    """

    spearheads: frozenset[str]
    sources: frozenset[str]
    programmes: frozenset[str]
    languages: frozenset[str] = frozenset(Language)
    language: str = Language.FI


def sign_up_of(given: Mapping[str, Any], known: Known) -> SignUp:
    """Check what was typed in as a sign-up. InputFaults lists every fault."""
    return _checked(SignUp, given, known)


def preferences_of(given: Mapping[str, Any], known: Known) -> Preferences:
    """Check what was typed in as preferences. InputFaults lists every fault."""
    return _checked(Preferences, given, known)


def organisation_of(given: Mapping[str, Any]) -> Organisation:
    """Check what was typed in of an organisation. InputFaults lists every fault."""
    try:
        return Organisation.model_validate(dict(given))
    except ValidationError as error:
        raise InputFaults(*faults_in(error)) from None


def address_of(word: str) -> str:
    """An address as we store it. InputFaults if it is not valid."""
    try:
        return _address(word)
    except Unusable as error:
        raise InputFaults(Fault(error.code, "", error.values)) from None


def _checked(of: type[AnyPreferences], given: Mapping[str, Any], known: Known) -> AnyPreferences:
    try:
        made = of.model_validate({"language": known.language} | dict(given))
    except ValidationError as error:
        raise InputFaults(*faults_in(error), *_sound_interests(given.get("interests"), known)) from None
    faults = _strangers(Code.UNKNOWN_LANGUAGE, "language", [made.language.value], known.languages)
    if faults := [*faults, *_interests_faults(made.interests, known)]:
        raise InputFaults(*faults)
    return made


def _sound_interests(given: Any, known: Known) -> list[Fault]:
    """The faults that interests have against what there is, though another field has kept them from being read."""
    try:
        return _interests_faults(INTERESTS.validate_python(given), known)
    except ValidationError:
        return []  # told by the error itself


def _interests_faults(interests: Sequence[Wants], known: Known) -> list[Fault]:
    place = "interests.{}." if len(interests) > 1 else ""
    return [
        replace(fault, subject=place.format(number) + fault.subject)
        for number, wants in enumerate(interests, 1)
        for fault in wants_faults(wants, known)
    ]


def wants_faults(wants: Wants, known: Known) -> list[Fault]:
    """The faults of an interest, each with its field."""
    return [
        *_strangers(Code.UNKNOWN_SPEARHEAD, "spearheads", wants.spearheads, known.spearheads),
        *_strangers(Code.UNKNOWN_SOURCE, "sources", wants.sources, known.sources),
        *_strangers(Code.UNKNOWN_PROGRAMME, "programmes", wants.programmes, known.programmes),
        *_strangers(Code.UNKNOWN_KIND, "kinds", wants.kinds, {kind.value for kind in CallKind}),
        *_strangers(Code.UNKNOWN_AUDIENCE, "audience", wants.audience, l10n.AUDIENCES.keys()),
        *_query_faults(wants.query),
        *_money_faults(wants),
        *_empty(wants),
    ]


def _strangers(code: Code, field: str, given: Sequence[str], there: Collection[str]) -> list[Fault]:
    if len(given) > MOST_WORDS:
        return [Fault(Code.TOO_MANY, field, {"most": MOST_WORDS})]
    known = tuple(sorted(there))
    return [Fault(code, field, {"given": word, "known": known}) for word in given if word not in there]


def _query_faults(query: str | None) -> Iterator[Fault]:
    if query is not None:
        try:
            check_line(query)
        except RuleError:
            yield Fault(Code.BAD_QUERY, "query", {"query": query})


def _money_faults(wants: Wants) -> Iterator[Fault]:
    least, most = wants.money_min, wants.money_max
    if any(money is not None and not 0 <= money <= MOST_MONEY for money in (least, most)):
        yield Fault(Code.MONEY_OUT_OF_RANGE, "money", {"most": MOST_MONEY})
    elif least is not None and most is not None and least > most:
        yield Fault(Code.MONEY_REVERSED, "money", {"least": least, "most": most})


def _empty(wants: Wants) -> Iterator[Fault]:
    if not (wants.spearheads or wants.programmes or wants.sources or wants.kinds or wants.audience or wants.query):
        yield Fault(Code.EMPTY_INTEREST)


def interest_in_words(wants: Wants, names: Mapping[str, str], sources: Mapping[str, str], language: str) -> str:
    """Word an interest on one line; all that it names must hold.

    `names` holds the spearheads' names in that language, `sources` the sources'.
    """
    return ", ".join(_parts(wants, names, sources, language))


def _parts(wants: Wants, names: Mapping[str, str], sources: Mapping[str, str], language: str) -> Iterator[str]:
    t = l10n.catalogue(language)
    if wants.spearheads:
        yield l10n.listed([names.get(key, key) for key in wants.spearheads], language, "or")
    if wants.programmes:
        yield l10n.listed([l10n.programme(code, language) for code in wants.programmes], language, "or")
    if wants.sources:
        yield l10n.listed([sources.get(key, key) for key in wants.sources], language, "or")
    if wants.kinds:
        yield l10n.listed([t.gettext(KINDS[CallKind(kind)]) for kind in wants.kinds], language, "or")
    if wants.audience:
        who = l10n.listed([l10n.audience([word], language) for word in wants.audience], language, "or")
        yield t.gettext("for %(who)s") % {"who": who}
    if wants.query:
        yield t.gettext("search words %(query)s") % {"query": l10n.quoted(wants.query, language)}
    if money := l10n.per_project(wants.money_min, wants.money_max, language):
        yield money
    if not wants.forthcoming:
        yield t.gettext("open calls only")
