"""Column types shared by the tables: enums stored as words, frozen values stored as JSON.

Instants need no type of ours: SQLModel maps `datetime` to a column that refuses naive values and returns aware UTC.
"""

from enum import IntEnum, StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

LARGEST = 2**31 - 1  # the largest id a row can have
JSON_COLUMN = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING  # set before the first table, or its constraints have no names


class Json(str):
    """A value that is JSON text already: written to a JSON column as it is."""


class Words(sa.types.TypeDecorator[StrEnum]):
    """An enum stored as its word in a text column; an unknown word is refused when written and when read.

    Not a native database enum: on PostgreSQL those drift from the code unnoticed.
    """

    impl = sa.String(32)
    cache_ok = True

    def __init__(self, of: type[StrEnum]) -> None:
        super().__init__()
        self.of = of
        self._members = {member.value: member for member in of}  # looked up faster than the enum does

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else self.of(value).value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else self._members.get(value) or self.of(value)


class Points(sa.types.TypeDecorator[IntEnum]):
    """An IntEnum stored as its number."""

    impl = sa.SmallInteger
    cache_ok = True

    def __init__(self, of: type[IntEnum]) -> None:
        super().__init__()
        self.of = of

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> int | None:
        return None if value is None else int(self.of(value))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else self.of(value)


class Values(sa.types.TypeDecorator[Any]):
    """A frozen value, a tuple of them or a dict, stored as JSON and returned as the same value."""

    impl = JSON_COLUMN
    cache_ok = True

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.of = of
        self._adapter = TypeAdapter(of)

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if not value:  # a shortcut: most tuples are empty
            return {} if value == {} else None if value is None else []
        return self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None else self._adapter.validate_python(value)


def word_field(of: type[StrEnum], **field: Any) -> Any:
    """A field for an enum stored as its word; `field` are arguments of `sqlmodel.Field`."""
    return Field(sa_type=Words(of), **field)


def points_field(of: type[IntEnum], **field: Any) -> Any:
    """A field for an IntEnum stored as its number."""
    return Field(sa_type=Points(of), **field)


def values_field(of: Any, default: Any = (), **field: Any) -> Any:
    """A field for frozen values (`of` is a type or a tuple of one), stored as JSON."""
    return Field(default=default, sa_type=Values(of), **field)


def json_field(**field: Any) -> Any:
    """A field of plain JSON."""
    return Field(sa_type=JSON_COLUMN, **field)
