"""A table of settings is read to its last fault."""

from typing import Self

import pytest
from pydantic import Field, ValidationError, model_validator

from tracker.strict import Strict


class Wait(Strict):
    least: int = Field(1, ge=0)
    most: int = Field(9, ge=0)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.least > self.most:
            raise ValueError("least is above most")
        return self


class Whole(Strict):
    wait: Wait = Wait()


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"leest": 5, "least": 5, "most": 2}, ["wait", "wait.leest"]),
        ({"leest": 5}, ["wait.leest"]),
        ({"leest": 5, "least": -1, "most": -2}, ["wait.least", "wait.leest", "wait.most"]),
        ({"least": 5, "most": 2}, ["wait"]),
    ],
)
def test_an_unknown_key_hides_no_other_fault_of_its_table(given: dict[str, int], faults: list[str]) -> None:
    with pytest.raises(ValidationError) as raised:
        Whole.model_validate({"wait": given})
    assert sorted(".".join(map(str, fault["loc"])) for fault in raised.value.errors()) == faults
