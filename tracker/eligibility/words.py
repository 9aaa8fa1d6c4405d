"""Words: who may apply as a call's own title and text say it, in English, Finnish and Swedish.

Only sentences with a cue are read, so that a long text costs little. Who is helped, and with whom one works together,
is not who applies: kinds of applicant count only where the sentence says that they apply. In a cascade call whoever is
supported applies.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from db.calls import CallFacts, CallKind
from db.eligibility import Basis, Certainty
from tracker.eligibility.claims import KINDS, Claim
from tracker.eligibility.phrases import Phrases, phrases_of
from tracker.eligibility.sentences import Statement, sentences_with
from tracker.eligibility.terms import terms_of

NEAR = 80  # characters before "may not apply" in which whom it means stands


class _Named(NamedTuple):
    """The kinds of applicant that one clause names, and whether it names all of them."""

    kinds: Mapping[str, str]
    is_only: bool
    is_open: bool
    is_among: bool
    evidence: str


def claims_of_words(facts: CallFacts, title: str, text: str) -> list[Claim]:
    """What a call's own words say; `title` and `text` are its words in small letters, as long as they are written."""
    phrases, is_cascade = phrases_of(facts.language), facts.kind is CallKind.CASCADE
    own = statements_in(facts.text or "", text, phrases, is_cascade=is_cascade)
    if facts.kind is CallKind.TOPIC:
        return claims_of([one for one in own if not phrases.third.search(one.small)], phrases, facts.kind, Basis.WORDS)
    if is_cascade and phrases.persons_in_title and phrases.persons_in_title.search(title):
        terms = list(terms_of(own, Basis.WORDS))
        if not any(claim.fact == "alone" for claim in terms):  # else organisations apply, for places of students
            return [*_for_persons(facts.title), *terms]
    return claims_of(own, phrases, facts.kind, Basis.WORDS, Statement(facts.title, title))


def statements_in(text: str, small: str, phrases: Phrases, *, is_cascade: bool = False) -> list[Statement]:
    """The sentences that may say who applies or on what terms; `small` is the text in small letters."""
    return list(sentences_with((*_cues(phrases, is_cascade=is_cascade), *phrases.term_cues), text, small))


def claims_of(
    statements: list[Statement], phrases: Phrases, kind: CallKind, basis: Basis, *title: Statement
) -> list[Claim]:
    """What these sentences say of who may apply, and on what terms; a title is read for who applies only."""
    together = list(terms_of(statements, basis))
    cues = _cues(phrases, is_cascade=kind is CallKind.CASCADE)
    asked = [*title, *(one for one in statements if any(cue in one.small for cue in cues))]
    who = _kinds(kind, phrases, asked, _asks_partners(together))
    return [*(claim._replace(basis=basis) for claim in who), *together]


def _cues(phrases: Phrases, *, is_cascade: bool) -> tuple[str, ...]:
    return phrases.cues + phrases.cascade_cues if is_cascade else phrases.cues


def _for_persons(title: str) -> Iterator[Claim]:
    for kind in KINDS:
        yield Claim(kind, kind == "person", Basis.WORDS, title, Certainty.REPORTED)


def _kinds(kind: CallKind, phrases: Phrases, sentences: list[Statement], asks_partners: bool) -> Iterator[Claim]:
    """Which kinds of applicant may apply, and which may not."""
    named: list[_Named] = []
    for sentence in sentences:
        for clause in re.split(r",? (?:but|mutta|men)\b", sentence.small):
            denied = _denied(clause, phrases)
            for applicant in denied:
                yield Claim(applicant, False, Basis.WORDS, sentence.quoted, Certainty.OFFICIAL)
            if not denied and (one := _named(clause, phrases, kind, sentence.quoted)):
                named.append(one)
    for one in named:
        for applicant in one.kinds:
            yield Claim(applicant, True, Basis.WORDS, one.evidence, Certainty.OFFICIAL)
    yield from _left_out(kind, named, asks_partners)


def _left_out(kind: CallKind, named: list[_Named], asks_partners: bool) -> Iterator[Claim]:
    """Who may not apply because only others are named: by "only", or where one kind alone is named."""
    every = {name for one in named for name in one.kinds}
    is_natural = every == {"person"} and any("natural person" in one.evidence.lower() for one in named)
    if every == {"person"} and kind is CallKind.TOPIC and not is_natural:
        return  # researchers apply with a host
    only = [one for one in named if one.is_only and not one.is_open]
    alone = [one for one in named if not (one.is_open or one.is_among) and kind is not CallKind.TOPIC]
    is_one = len({word for one in named for word in one.kinds.values()}) == 1
    is_whole = is_one and len(alone) == len(named)
    closing = only or (alone if is_whole and not asks_partners else [])
    certainty = Certainty.OFFICIAL if only else Certainty.REPORTED
    if closing:
        for other in (kind for kind in KINDS if kind not in every):
            yield Claim(other, False, Basis.WORDS, closing[0].evidence, certainty)
    elif every and kind is not CallKind.TOPIC and "person" not in every and any(not one.is_open for one in named):
        yield Claim("person", False, Basis.WORDS, named[0].evidence, Certainty.REPORTED)


def _named(clause: str, phrases: Phrases, kind: CallKind, evidence: str) -> _Named | None:
    """The kinds that this clause says may apply; None if it says that of nobody."""
    is_cascade = kind is CallKind.CASCADE
    for pattern in (phrases.after, phrases.cascade_after) if is_cascade else (phrases.after,):
        for match in pattern.finditer(clause):
            rest = _until_stop(clause[match.end() :], phrases)
            if kinds := _of_clause(rest, match[0], phrases):
                return _as_named(kinds, clause, phrases, evidence)
    for pattern in (phrases.before, phrases.cascade_before) if is_cascade else (phrases.before,):
        frame = pattern.search(clause)
        if frame and (kinds := _of_clause(clause[: frame.start()], frame[0], phrases)):
            return _as_named(kinds, clause, phrases, evidence)
    return None


def _as_named(kinds: Mapping[str, str], clause: str, phrases: Phrases, evidence: str) -> _Named:
    is_only, is_open, is_among = (_is(one, clause) for one in (phrases.only, phrases.open_list, phrases.among))
    return _Named(kinds, is_only, is_open, is_among, evidence)


def _denied(clause: str, phrases: Phrases) -> Mapping[str, str]:
    for match in phrases.not_before.finditer(clause):
        if kinds := phrases.named(clause[max(match.start() - NEAR, 0) : match.start()]):
            return kinds
    for match in phrases.not_after.finditer(clause):
        if kinds := phrases.named(_until_stop(clause[match.end() :], phrases)):
            return kinds
    return {}


def _of_clause(clause: str, frame: str, phrases: Phrases) -> dict[str, str]:
    """The kinds in a clause; after words like "myönnetään" only those to whom it is granted (-lle)."""
    if phrases.to_whom and phrases.to_whom.search(frame):
        clause = " ".join(re.findall(r"[\w-]+lle\b", clause))
    return phrases.named(clause)


def _until_stop(clause: str, phrases: Phrases) -> str:
    stop = phrases.stop.search(clause)
    return clause[: stop.start()] if stop else clause


def _is(pattern: re.Pattern[str], clause: str) -> bool:
    return pattern.search(clause) is not None


def _asks_partners(claims: list[Claim]) -> bool:
    return any(claim.fact == "consortium" and claim.value[0] > 1 for claim in claims)
