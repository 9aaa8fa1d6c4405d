"""Tables by an enum: each of its words has a row, so that no reason lacks its sentence."""

import pytest

from db.deliveries import DeliveryReason
from db.editions import EditionKind, HoldReason, WithheldReason
from jobs.cli.labels import cell
from jobs.cli.reasons import Reason, reason_in_words
from jobs.delivery.resolutions import BECOMES, Resolution
from jobs.editions.composer import SELECT


@pytest.mark.parametrize("reason", [*DeliveryReason, *HoldReason, *WithheldReason], ids=repr)
def test_every_reason_has_its_words(reason: Reason) -> None:
    assert reason_in_words(reason)
    assert "_" not in reason_in_words(reason)


def test_a_cell_of_a_list_shows_the_sentence_and_any_other_word_as_it_stands() -> None:
    assert (cell(WithheldReason.HELD), cell("held")) == ("held back for an admin", "held")


def test_every_kind_of_edition_has_what_it_tells_and_every_word_on_a_delivery_what_it_becomes() -> None:
    assert (set(SELECT), set(BECOMES)) == (set(EditionKind), set(Resolution))
