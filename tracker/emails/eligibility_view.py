"""Eligibility view: who may apply and on what terms, in one line of a mail. What is general knowledge is "usually"."""

from collections.abc import Callable, Iterator, Sequence

from db.eligibility import Applicant, Basis, Eligibility
from tracker import l10n
from tracker.eligibility.audiences import COMPANIES
from tracker.eligibility.claims import ORGANISATIONS
from tracker.emails.sanitise import clean
from tracker.l10n import N_

BETWEEN = " · "
PLACE_LENGTH = 60
EVERY_ORGANISATION = N_("organisations of any kind")


def who_may_apply(eligibility: Eligibility, language: str) -> str:
    """The kinds of applicant that may apply, the sure ones first; who may not, where nobody is known who may."""
    t, usual = l10n.catalogue(language), eligibility.usual()
    if eligibility.yes:
        sure = [kind for kind in eligibility.yes if kind not in usual]
        rest = [kind for kind in eligibility.yes if kind in usual]
        if not sure or set(eligibility.yes) >= set(ORGANISATIONS):
            return _usually(_names(eligibility.yes, language), bool(rest), language)
        parts = [_names(sure, language), _usually(_names(rest, language), True, language) if rest else ""]
        return ", ".join(filter(None, parts))
    shut = [kind for kind in eligibility.no if kind is not Applicant.PERSON]
    if set(shut) == set(ORGANISATIONS) and Applicant.PERSON in eligibility.no:
        return t.gettext("only a body that is named beforehand")
    is_usual = any(kind in usual for kind in shut)
    return _usually(t.gettext("not %(who)s") % {"who": _names(shut, language)}, is_usual, language) if shut else ""


def terms(eligibility: Eligibility, language: str, *, has_sentence: bool = False) -> str:
    """How many must apply together, the share of the costs, and more: what is known, between dots.

    `has_sentence`: the publisher's own sentence about the consortium is shown, so that it is not said twice.
    """
    usual = eligibility.usual()
    shown = {name: word for name, word in WORDED.items() if name != "consortium" or not has_sentence}
    parts = ((name, word(eligibility, language)) for name, word in shown.items())
    return BETWEEN.join(_usually(text, name in usual, language) for name, text in parts if text)


def _together(eligibility: Eligibility, language: str) -> str:
    t = l10n.catalogue(language)
    if not eligibility.consortium:
        return t.gettext("only together with others") if eligibility.alone is False else ""
    members, countries = eligibility.consortium
    values = {"members": members, "countries": countries}
    if members == 1:
        return t.gettext("also alone")
    if countries == 1:
        return t.gettext("consortium ≥ %(members)d") % values
    if members == countries:
        return t.gettext("consortium from ≥ %(countries)d countries") % values
    return t.gettext("consortium ≥ %(members)d from ≥ %(countries)d countries") % values


# Where applicants must be, as the table of programmes says it (`tracker/eligibility/programmes.toml`).
PLACES = (
    N_("host in a Widening country (Finland is none)"),
    N_("established and managed in the EU or an associated country, not controlled from outside"),
    N_("established and managed in the EU or Norway, not controlled from outside"),
    N_("third country of the call"),
    N_("an administration of a Member State"),
)


def _rate(eligibility: Eligibility, language: str) -> str:
    if not eligibility.rate:
        return ""
    rate = "–".join(map(str, eligibility.rate))
    return l10n.catalogue(language).gettext("funding %(rate)s %%") % {"rate": rate}


def _lump_sum(eligibility: Eligibility, language: str) -> str:
    return l10n.catalogue(language).gettext("lump sum") if eligibility.lump_sum else ""


def _readiness(eligibility: Eligibility, language: str) -> str:
    return f"TRL {'–'.join(map(str, dict.fromkeys(eligibility.trl)))}" if eligibility.trl else ""


def place_of_applicants(eligibility: Eligibility, language: str, most: int) -> tuple[str, bool]:
    """Where applicants must be, and whether that is in the words of the call; those of our table are translated.

    At most so many characters.
    """
    theirs = any("place" in found.facts and found.basis is not Basis.PROGRAMME for found in eligibility.findings)
    place = eligibility.place or ""
    return clean(place if theirs or not place else l10n.catalogue(language).gettext(place), most), theirs


def _place(eligibility: Eligibility, language: str) -> str:
    place, is_theirs = place_of_applicants(eligibility, language, PLACE_LENGTH)
    if not (place and is_theirs):
        return ""
    return l10n.catalogue(language).gettext("place: %(place)s") % {"place": l10n.quoted(place, language)}


WORDED: dict[str, Callable[[Eligibility, str], str]] = {
    "consortium": _together,
    "rate": _rate,
    "lump_sum": _lump_sum,
    "trl": _readiness,
    "place": _place,
}


def _names(kinds: Sequence[Applicant], language: str) -> str:
    return ", ".join(_each_name(kinds, language))


def _each_name(kinds: Sequence[Applicant], language: str) -> Iterator[str]:
    """The names of kinds, with one name for companies of all sizes, and one for all organisations."""
    left = list(kinds)
    for group, name in ((ORGANISATIONS, EVERY_ORGANISATION), (COMPANIES, l10n.AUDIENCES["company"])):
        if set(group) <= set(left):
            yield l10n.catalogue(language).gettext(name)
            left = [kind for kind in left if kind not in group]
    yield from (l10n.audience([kind.value], language) for kind in left)


def _usually(text: str, is_usual: bool, language: str) -> str:
    return l10n.catalogue(language).gettext("usually %(what)s") % {"what": text} if is_usual else text
