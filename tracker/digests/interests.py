"""Interest queries: which calls an interest meets, and why. Pure.

Does not decide what is told of a call (`tracker.digests.selection`) or match rules (`tracker.tagging`): matched
spearheads and search queries come with the call, as reasons.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from db.calls import Call, CallStatus
from db.editions import WithheldReason
from db.eligibility import Eligibility
from db.event_log import CallEvent
from db.subscribers import LISTS, Interest, InterestRow, Wants
from tracker.eligibility.audiences import is_asked_for, is_said_of, is_shut_for

# Reasons other than spearheads; mails word them themselves.
FOLLOWED = "followed"  # the reader follows this very call
PROGRAMME = "programme:"  # and its code
QUERY = "query:"  # and the reader's search query
WIDE = "wide"  # an interest in a kind of call, in a source or for an audience


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a call is told to a reader: a spearhead, and the words of the call that matched, as they stand there."""

    spearhead: str
    names: tuple[tuple[str, str], ...]  # (language, name)
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A call with its reasons and its candidate events (if there are none, only its dates matter).

    `also` holds its duplicates in other sources; their events are among the events. `withheld` says why nothing of it
    is told to this reader although they want it.
    """

    call: Call
    reasons: tuple[Reason, ...]
    events: tuple[CallEvent, ...]
    also: tuple[Call, ...] = ()
    withheld: WithheldReason | None = None
    eligibility: Eligibility | None = None  # who may apply, as far as it is known

    @property
    def ids(self) -> frozenset[int]:
        """The ids of the call and of its duplicates."""
        return frozenset(call.id or 0 for call in (self.call, *self.also))


@dataclass(frozen=True, slots=True)
class InterestQuery:
    """What one interest wants: every given condition must hold, and empty ones do not restrict.

    Money is whole euro per project. A call that does not state its audience or money meets the condition. Events up to
    `cursor` have been dealt with.
    """

    spearheads: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    query: str | None = None
    money_min: int | None = None
    money_max: int | None = None
    forthcoming: bool = True
    cursor: int = 0

    def reasons(self, call: Call, tagged: Iterable[Reason]) -> tuple[Reason, ...]:
        """Why this interest wants the call; empty if it does not."""
        if not self._allows(call):
            return ()
        reasons = tuple(tagged)
        matched = tuple(reason for reason in reasons if reason.spearhead in self.spearheads)
        searched = tuple(reason for reason in reasons if self.query and reason.spearhead == QUERY + self.query)
        if (self.spearheads and not matched) or (self.query and not searched):
            return ()
        return matched + searched or (self._wide(call),)

    def lacking(self, call: Call, tagged: Iterable[Reason]) -> tuple[str, ...]:
        """The conditions that the call does not meet, by their fields; without any, the interest wants it."""
        keys = {reason.spearhead for reason in tagged}
        fails = {
            "spearheads": bool(self.spearheads) and keys.isdisjoint(self.spearheads),
            "programmes": bool(self.programmes) and call.programme not in self.programmes,
            "sources": bool(self.sources) and call.source not in self.sources,
            "kinds": bool(self.kinds) and call.kind.value not in self.kinds,
            "audience": not self._is_for(call),
            "query": bool(self.query) and f"{QUERY}{self.query}" not in keys,
            "money": not self._affords(call),
        }
        return tuple(name for name, is_failed in fails.items() if is_failed)

    def waits_for(self, call: Call) -> bool:
        """Whether the call is not to be told before it opens."""
        return not self.forthcoming and call.status is CallStatus.FORTHCOMING

    def cannot_tell_audience(self, call: Call, eligibility: Eligibility | None = None) -> bool:
        """Whether the call is wanted although nobody knows who may apply, which this interest asks for."""
        return bool(self.audience) and not call.audience and not is_said_of(self.audience, eligibility)

    def is_shut_to(self, tagged: Tagged, applicant: str) -> bool:
        """Whether those whom it asks for, or else this type of actor, surely may not apply for the call."""
        asked = self.audience or ((applicant,) if applicant else ())
        return is_shut_for(asked, tagged.eligibility)

    def cannot_tell_money(self, call: Call) -> bool:
        """Whether the call is wanted although it states no money per project, which this interest asks for."""
        asks = self.money_min is not None or self.money_max is not None
        return asks and call.project_min is None and call.project_max is None

    def _allows(self, call: Call) -> bool:
        is_listed = (
            (not self.programmes or call.programme in self.programmes)
            and (not self.sources or call.source in self.sources)
            and (not self.kinds or call.kind.value in self.kinds)
        )
        return is_listed and self._is_for(call) and self._affords(call)

    def _is_for(self, call: Call) -> bool:
        return not self.audience or not call.audience or is_asked_for(self.audience, call.audience)

    def _affords(self, call: Call) -> bool:
        most, least = call.project_max, call.project_min
        is_too_small = self.money_min is not None and most is not None and most < self.money_min
        is_too_large = self.money_max is not None and least is not None and least > self.money_max
        return not is_too_small and not is_too_large

    def _wide(self, call: Call) -> Reason:
        return Reason(f"{PROGRAMME}{call.programme}" if call.programme in self.programmes else WIDE, (), ())


def query_of(interest: Interest) -> InterestQuery:
    """The query of a stored interest."""
    return InterestQuery(**{field.name: getattr(interest, field.name) for field in fields(InterestQuery)})


@lru_cache(4096)  # many readers want the same
def queries_of(rows: tuple[InterestRow, ...], own: tuple[str, ...] = ()) -> tuple[InterestQuery, ...]:
    """Interests as queries, sorted so that equal readers have equal ones; the one for the region's own tags is last."""
    return with_own_region(sorted({_query_of_row(row) for row in rows}, key=repr), own)


def _query_of_row(row: InterestRow) -> InterestQuery:
    given = row._asdict()
    return InterestQuery(**given | {name: tuple(json.loads(given[name])) for name in LISTS})


def wants_of(query: InterestQuery) -> Wants:
    """What a query asks for, as a reader would state it."""
    return Wants.model_construct(**{name: getattr(query, name) for name in Wants.model_fields})


def with_own_region(interest_queries: Sequence[InterestQuery], own: Sequence[str]) -> tuple[InterestQuery, ...]:
    """A reader's queries, and beside them one for the region's own tags (`own`), which stands where they stand.

    Only what all of them leave out it leaves out, too: calls that are not open yet.
    """
    if not own or not interest_queries:
        return tuple(interest_queries)
    own_query = InterestQuery(
        spearheads=tuple(own),
        forthcoming=any(query.forthcoming for query in interest_queries),
        cursor=min(query.cursor for query in interest_queries),
    )
    return (*interest_queries, own_query)


def wanted(
    tagged: Iterable[Tagged],
    interest_queries: Sequence[InterestQuery],
    followed: Collection[int] = (),
    muted: Collection[int] = (),
    owed: Collection[int] = (),
    applicant: str = "",
) -> list[Tagged]:
    """The calls that any of these queries meets, each once, with all reasons and the events after the cursors.

    Events that are `owed` come along although the cursors have passed them. A followed call is wanted whatever the
    queries say; a muted one is returned with the reason why it is withheld.
    """
    wanted_calls = []
    for call in tagged:
        met = [(query, _reasons(query, call)) for query in interest_queries]
        meeting = [query for query, why in met if why]
        is_followed = not call.ids.isdisjoint(followed)
        if meeting or is_followed:
            by_spearhead = {reason.spearhead: reason for _, reasons in met for reason in reasons}
            if is_followed:
                by_spearhead[FOLLOWED] = Reason(FOLLOWED, (), ())
            cursor = min(query.cursor for query in (interest_queries if is_followed else meeting))
            withheld = _why_withheld(call, [] if is_followed else meeting, muted, applicant)
            events = tuple(e for e in call.events if (e.seq or 0) > cursor or e.seq in owed)
            wanted_calls.append(replace(call, reasons=tuple(by_spearhead.values()), events=events, withheld=withheld))
    return wanted_calls


def offered(
    tagged: Iterable[Tagged],
    interest_queries: Sequence[InterestQuery],
    followed: Collection[int] = (),
    muted: Collection[int] = (),
    owed: Collection[int] = (),
    applicant: str = "",
) -> list[Tagged]:
    """The calls that somebody has chosen for readers of these queries, all of them, as `wanted` gives what is wanted.

    One that no query meets comes without a reason, and is withheld from whom it is shut to or who has muted it.
    """
    cursor = min((query.cursor for query in interest_queries), default=0)
    calls = []
    for call in tagged:
        met = wanted([call], interest_queries, followed, muted, owed, applicant)
        events = tuple(e for e in call.events if (e.seq or 0) > cursor or e.seq in owed)
        why = _why_not_offered(call, muted, applicant)
        calls.append(met[0] if met else replace(call, reasons=(), events=events, withheld=why))
    return calls


def _why_not_offered(tagged: Tagged, muted: Collection[int], applicant: str) -> WithheldReason | None:
    if not tagged.ids.isdisjoint(muted):
        return WithheldReason.MUTED
    is_shut = bool(applicant) and is_shut_for((applicant,), tagged.eligibility)
    return WithheldReason.NOT_FOR_THEM if is_shut else None


def _reasons(query: InterestQuery, tagged: Tagged) -> tuple[Reason, ...]:
    """Why a query meets a call, or else the first of its duplicates that it meets."""
    return next((why for call in (tagged.call, *tagged.also) if (why := query.reasons(call, tagged.reasons))), ())


def _why_withheld(
    tagged: Tagged, meeting: Sequence[InterestQuery], muted: Collection[int], applicant: str
) -> WithheldReason | None:
    if not tagged.ids.isdisjoint(muted):
        return WithheldReason.MUTED
    theirs = [query for query in meeting if not query.is_shut_to(tagged, applicant)]
    if meeting and not theirs:
        return WithheldReason.NOT_FOR_THEM
    return WithheldReason.NOT_OPEN if theirs and all(query.waits_for(tagged.call) for query in theirs) else None
