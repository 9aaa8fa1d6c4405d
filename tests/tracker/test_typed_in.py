"""What was typed in and does not fit: each kind of fault is named by its field, with what to write."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from tracker.errors import Code, InputFaults
from tracker.refusals import said
from tracker.typed_in import Unusable, faults_in


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def refuses(value: object) -> object:
    if value is not None:
        raise Unusable(Code.NOT_A_DAY, given=value)
    return value


class Part(BaseModel):
    days: tuple[int, ...] = ()


class Form(BaseModel):
    """One field for each way to be wrong."""

    name: Annotated[str, Field(min_length=1, max_length=5)] = "name"
    colour: Colour = Colour.RED
    size: Literal["small", "large"] = "small"
    is_urgent: bool = False
    count: Annotated[int, Field(ge=1, le=9)] = 1
    day: date | None = None
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=2)] = (Part(),)
    never: Annotated[Any, BeforeValidator(refuses)] = None


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"name": None}, "name: this is missing"),
        ({"name": ""}, "name: this is missing"),
        ({"name": "longer"}, "name: use at most 5 characters"),
        ({"colour": "green"}, "colour: 'green' is not one of red, blue"),
        ({"size": "middle"}, "size: 'middle' is not one of small, large"),
        ({"is_urgent": "perhaps"}, "is_urgent: write yes or no, not 'perhaps'"),
        ({"count": "many"}, "count: 'many' is not a whole number; write digits only"),
        ({"count": 0}, "count: write at least 1"),
        ({"count": 10}, "count: write at most 9"),
        ({"day": "soon"}, "day: 'soon' is not a day; write it like 2026-10-01"),
        ({"parts": []}, "parts: name at least 1"),
        ({"parts": [{}, {}, {}]}, "parts: name at most 2"),
        ({"parts": [{}, {"days": [1, "x"]}]}, "parts.2.days.2: 'x' is not a whole number; write digits only"),
        ({"parts": [{"days": ["x"]}]}, "parts.1.days.1: 'x' is not a whole number; write digits only"),
        ({"parts": "text"}, "parts: this cannot be used"),
        ({"never": "now"}, "never: 'now' is not a day; write it like 2026-10-01"),
    ],
)
def test_a_fault_names_its_field_and_what_to_write(given: dict[str, Any], line: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(given)
    assert said(InputFaults(*faults_in(caught.value)), "en") == [line]


def test_a_field_that_is_left_out_is_missing() -> None:
    class Strict(BaseModel):
        name: str

    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({})
    assert [(fault.code, fault.subject) for fault in faults_in(caught.value)] == [(Code.MISSING, "name")]
