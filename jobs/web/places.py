"""The place of a call in a list as a word of an address, both ways. A word that is none is no place."""

import base64
import binascii
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from db.list_order import ListOrder, ListPlace
from db.types import LARGEST

LONGEST_PLACE = 200
Id = Annotated[int, Field(ge=1, le=LARGEST)]
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Cutoff = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Instant = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC))]
SHAPES: dict[ListOrder, TypeAdapter[tuple[Any, ...]]] = {  # the keys of `db.list_order.sort_keys`, and the id
    ListOrder.DEADLINE: TypeAdapter(tuple[Whole, Cutoff, date, Id]),
    ListOrder.NEWEST: TypeAdapter(tuple[Instant, Id]),
    ListOrder.BUDGET: TypeAdapter(tuple[Whole, Id]),
    ListOrder.RELEVANCE: TypeAdapter(tuple[Whole, Whole, Cutoff, date, Id]),
}


def place_word(place: ListPlace, order: ListOrder) -> str:
    """Write a place; the word has neither `=` nor anything else that an address would escape."""
    return base64.urlsafe_b64encode(SHAPES[order].dump_json((*place.keys, place.id))).decode().rstrip("=")


def read_place(word: str, order: ListOrder) -> ListPlace | None:
    """Read a place in a list of this order; None if the word is none."""
    if not word.isascii() or len(word) > LONGEST_PLACE:
        return None
    try:
        text = base64.b64decode(word + "=" * (-len(word) % 4), b"-_", validate=True)
        *keys, number = SHAPES[order].validate_json(text, strict=True)
    except (binascii.Error, ValidationError):
        return None
    return ListPlace(tuple(keys), number)
