"""Strict: the base of every table of a configuration or a region file. An unknown key is a fault, and hides none."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

UNKNOWN_KEY = "extra_forbidden"


class Strict(BaseModel):
    """A table of settings: frozen, without unknown keys, and read to its last fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _to_the_last_fault(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Check how the values go together, too, where all that is wrong by itself are unknown keys."""
        try:
            return read(given)
        except ValidationError as error:
            faults = error.errors(include_url=False)
            unknown = {fault["loc"][0] for fault in faults if fault["type"] == UNKNOWN_KEY and len(fault["loc"]) == 1}
            if not unknown or not isinstance(given, dict):
                raise
            try:
                cls.model_validate({key: value for key, value in given.items() if key not in unknown})
            except ValidationError as further:
                seen = {(fault["loc"], fault["type"]) for fault in faults}
                more = [
                    fault for fault in further.errors(include_url=False) if (fault["loc"], fault["type"]) not in seen
                ]
                raise ValidationError.from_exception_data(
                    cls.__name__, [*map(_again, faults), *map(_again, more)]
                ) from None
            raise


def _again(fault: Any) -> Any:
    """A fault as pydantic takes it back."""
    return {name: fault[name] for name in ("type", "loc", "input", "ctx") if name in fault}
