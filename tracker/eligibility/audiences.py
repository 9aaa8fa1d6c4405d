"""Audiences: the words that sources, interests and actors use for applicants, as kinds of applicant."""

from collections.abc import Iterable, Iterator, Mapping

from db.eligibility import Applicant, Basis, Certainty, Eligibility
from tracker.eligibility.claims import KINDS, Claim

COMPANIES = (Applicant.SME, Applicant.LARGE_COMPANY)
TEACHING = (Applicant.RESEARCH, Applicant.EDUCATION)
KINDS_OF: Mapping[str, tuple[Applicant, ...]] = {  # the audiences of `tracker.l10n` and the types of actors
    **{kind.value: (kind,) for kind in Applicant},
    "company": COMPANIES,
    "university": TEACHING,
    "municipality": (Applicant.PUBLIC,),
    "development_company": (Applicant.BUSINESS_SUPPORT,),
    "association": (Applicant.NGO,),
    "individual": (Applicant.PERSON,),
    "other": (),
}

# What rules can ask for in `audience:` beside the code of a kind: plain words of three languages.
RULE_WORDS: Mapping[Applicant, tuple[str, ...]] = {
    Applicant.SME: ("SME", "pk-yritykset", "småföretag", "yritykset", "företag", "company"),
    Applicant.LARGE_COMPANY: ("large company", "suuryritykset", "storföretag", "yritykset", "företag", "company"),
    Applicant.RESEARCH: ("research", "tutkimusorganisaatiot", "forskning", "korkeakoulut", "university"),
    Applicant.EDUCATION: ("education", "oppilaitokset", "läroanstalter"),
    Applicant.PUBLIC: ("public", "municipality", "kunnat", "julkiset", "kommuner", "offentliga"),
    Applicant.NGO: ("NGO", "association", "yhdistykset", "järjestöt", "föreningar", "organisationer"),
    Applicant.BUSINESS_SUPPORT: ("business support", "kehitysyhtiöt", "utvecklingsbolag", "development company"),
    Applicant.PERSON: ("person", "individual", "yksityishenkilöt", "privatpersoner"),
}


def rule_words(kinds: Iterable[str]) -> tuple[str, ...]:
    """The words by which rules find these kinds of applicant."""
    return tuple(word for kind in kinds for word in RULE_WORDS[Applicant(kind)])


def kinds_of(audience: Iterable[str]) -> frozenset[Applicant]:
    """The kinds of applicant that these words mean; a word of a publisher's own means none."""
    return frozenset(kind for word in audience for kind in KINDS_OF.get(word, ()))


def is_asked_for(asked: Iterable[str], audience: Iterable[str]) -> bool:
    """Whether a publisher's list names one of these applicants, in the same word or as the same kind."""
    given = tuple(audience)
    return not set(asked).isdisjoint(given) or not kinds_of(asked).isdisjoint(kinds_of(given))


def words_meaning(asked: Iterable[str]) -> frozenset[str]:
    """All words by which a publisher's list names one of these applicants (as `is_asked_for`)."""
    given, kinds = frozenset(asked), kinds_of(asked)
    return given | {word for word, meant in KINDS_OF.items() if not kinds.isdisjoint(meant)}


def claims_of_audience(audience: tuple[str, ...]) -> Iterator[Claim]:
    """What a publisher's list of applicants says. Where we know every word of it, the others usually may not apply.

    Usually: some lists are our own summary of a source (all tenders are for companies), and publishers name the most
    common applicants.
    """
    named = {kind.value for kind in kinds_of(audience)}
    is_whole = bool(named) and all(KINDS_OF.get(word) for word in audience)
    evidence = ", ".join(audience)
    for kind in KINDS:
        if kind in named or is_whole:
            certainty = Certainty.OFFICIAL if kind in named else Certainty.GENERAL
            yield Claim(kind, kind in named, Basis.STATED, evidence, certainty)


def is_shut_for(audience: Iterable[str], eligibility: Eligibility | None) -> bool:
    """Whether none of the applicants that these words mean may apply, as far as that is surely known."""
    kinds = kinds_of(audience)
    return eligibility is not None and bool(kinds) and kinds <= eligibility.shut()


def is_said_of(audience: Iterable[str], eligibility: Eligibility | None) -> bool:
    """Whether it is known of one of these applicants that they may apply, or that they may not."""
    return eligibility is not None and not kinds_of(audience).isdisjoint((*eligibility.yes, *eligibility.no))
