"""Wishes: which calls an interest meets, one restriction a test."""

from typing import Any

import pytest

from db.calls import CallStatus
from db.editions import WithheldReason
from tests.tracker.digests.test_content import DESIGN, NEW, a_call, tagged
from tracker.digests.interests import FOLLOWED, QUERY, InterestQuery, Reason, wanted

SEARCH = Reason(QUERY + "timber", (), ("timber",))


@pytest.mark.parametrize(
    ("interest_query", "said", "is_met"),
    [
        (InterestQuery(kinds=("topic",)), {}, True),
        (InterestQuery(kinds=("cascade",)), {}, False),
        (InterestQuery(audience=("company",)), {"audience": ("company", "university")}, True),
        (InterestQuery(audience=("company",)), {"audience": ("municipality",)}, False),
        (InterestQuery(audience=("sme",)), {"audience": ("company",)}, True),  # an SME is a company
        (InterestQuery(audience=("municipality",)), {"audience": ("public",)}, True),
        (InterestQuery(audience=("company",)), {"audience": ()}, True),  # a source that does not say leaves nobody out
        (InterestQuery(("design",), money_min=100_000), {"project_max": 60_000}, False),
        (InterestQuery(("design",), money_min=100_000), {"project_max": 200_000}, True),
        (InterestQuery(("design",), money_max=100_000), {"project_min": 2_000_000}, False),
        (InterestQuery(("design",), money_max=100_000), {"project_min": None, "project_max": 2_000_000}, True),
        (InterestQuery(("design",), money_min=100_000, money_max=500_000), {}, True),
        (InterestQuery(programmes=("LIFE",)), {"programme": "LIFE"}, True),
        (InterestQuery(("food",), programmes=("LIFE",)), {"programme": "LIFE"}, False),  # all that is given must hold
    ],
)
def test_what_an_interest_gives_must_hold_and_what_it_leaves_out_does_not_restrict(
    interest_query: InterestQuery, said: dict[str, Any], is_met: bool
) -> None:
    assert bool(interest_query.reasons(a_call(**said), [DESIGN])) is is_met
    assert bool(interest_query.lacking(a_call(**said), [DESIGN])) is not is_met


def test_a_line_of_the_readers_own_is_a_reason_with_the_words_that_matched() -> None:
    assert InterestQuery(query="timber").reasons(a_call(), [DESIGN, SEARCH]) == (SEARCH,)
    assert InterestQuery(query="barley").reasons(a_call(), [DESIGN, SEARCH]) == ()


def test_a_spearhead_and_a_line_limit_an_interest_together() -> None:
    assert InterestQuery(("design",), query="timber").reasons(a_call(), [DESIGN]) == ()
    assert InterestQuery(("design",), query="timber").reasons(a_call(), [DESIGN, SEARCH]) == (DESIGN, SEARCH)


def test_an_interest_in_a_programme_alone_says_so() -> None:
    [why] = InterestQuery(programmes=("LIFE",)).reasons(a_call(programme="LIFE"), [DESIGN])
    assert why.spearhead == "programme:LIFE"


def test_a_followed_call_is_wanted_whatever_the_interests_say() -> None:
    [found] = wanted([tagged(a_call(), NEW)], [InterestQuery(("sport",))], followed=(1,))
    assert [reason.spearhead for reason in found.reasons] == [FOLLOWED]
    assert found.events == (NEW,)


def test_a_muted_call_is_hushed_with_the_reason() -> None:
    [found] = wanted([tagged(a_call(), NEW)], [InterestQuery(("design",))], muted=(1,))
    assert found.withheld is WithheldReason.MUTED


def test_a_forthcoming_call_waits_for_a_reader_of_open_calls_unless_another_interest_takes_it() -> None:
    call = tagged(a_call(status=CallStatus.FORTHCOMING), NEW)
    open_only = InterestQuery(("design",), forthcoming=False)
    assert [one.withheld for one in wanted([call], [open_only])] == [WithheldReason.NOT_OPEN]
    assert [one.withheld for one in wanted([call], [open_only, InterestQuery(("design",))])] == [None]
    assert [one.withheld for one in wanted([call], [open_only], followed=(1,))] == [None]
