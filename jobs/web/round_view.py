"""The words of a call's other rounds: which they were, when, with how much money, and how sure it is that they are."""

from collections.abc import Iterator
from dataclasses import dataclass

from jobs.publishing.rounds import CallRounds, KnownRound
from tracker import l10n
from tracker.emails.sanitise import clean
from tracker.l10n import N_
from tracker.rounds.linking import Likeness

TITLE_LENGTH = 240
MOST = 8
EARLIER = {
    Likeness.ROUND: N_("Earlier round"),
    Likeness.POSSIBLE: N_("Possibly an earlier round"),
    Likeness.SUBJECT: N_("An earlier call on the same subject"),
}
LATER = {
    Likeness.ROUND: N_("Newer round"),
    Likeness.POSSIBLE: N_("Possibly a newer round"),
    Likeness.SUBJECT: N_("A newer call on the same subject"),
}


@dataclass(frozen=True, slots=True)
class RoundLine:
    """Another round in words; `title` is there where it differs from the call's own."""

    id: int
    year: int
    label: str
    identifier: str
    title: str
    facts: str


@dataclass(frozen=True, slots=True)
class RoundsView:
    """The other rounds of a call in words; `none` is what is said where no earlier one is known."""

    later: tuple[RoundLine, ...]
    earlier: tuple[RoundLine, ...]
    none: str


def rounds_view(rounds: CallRounds, title: str, programme: str | None, language: str) -> RoundsView:
    """Word the rounds of a call with this title."""
    return RoundsView(
        later=tuple(_lines(rounds.later, LATER, title, language)),
        earlier=tuple(_lines(rounds.earlier, EARLIER, title, language)),
        none="" if rounds.earlier else _none(rounds, programme, language),
    )


def _lines(
    rounds: tuple[KnownRound, ...], labels: dict[Likeness, str], title: str, language: str
) -> Iterator[RoundLine]:
    t = l10n.catalogue(language)
    for one in rounds[:MOST]:
        named, identifier = clean(one.title, TITLE_LENGTH), clean(one.identifier, TITLE_LENGTH)
        yield RoundLine(
            id=one.call_id,
            year=one.year,
            label=t.gettext(labels[one.likeness]),
            identifier=identifier,
            title="" if named.casefold() in (clean(title, TITLE_LENGTH).casefold(), identifier.casefold()) else named,
            facts=" · ".join(_facts(one, language)),
        )


def _facts(one: KnownRound, language: str) -> Iterator[str]:
    t = l10n.catalogue(language)
    if one.opens_on:
        yield t.gettext("opening day %(day)s") % {"day": l10n.bare_day(one.opens_on, language)}
    if one.deadlines:
        text = t.ngettext("deadline %(days)s", "deadlines %(days)s", len(one.deadlines))
        yield text % {"days": l10n.days(one.deadlines, language, 3)}
    if one.budget_total:
        yield t.gettext("%(sum)s in total") % {"sum": l10n.money(one.budget_total, language)}


def _none(rounds: CallRounds, programme: str | None, language: str) -> str:
    t = l10n.catalogue(language)
    if not rounds.compared:
        return t.gettext("We have no calls of earlier years of this part of the programme to compare it with.")
    text = t.ngettext(
        "We found none among %(n)d call of this part of the programme since %(year)d.",
        "We found none among %(n)d calls of this part of the programme since %(year)d.",
        rounds.compared,
    )
    usual = t.gettext("Most Horizon topics open only once.") if programme == "HORIZON" else ""
    return f"{text % {'n': rounds.compared, 'year': rounds.since}} {usual}".rstrip()
