"""Publishers' JSON: decode a response into an object or a named fault, read its fields, and fingerprint a record."""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from math import isinf
from typing import Any

import orjson

from tracker.errors import ParseError

MOST_DIGITS = 18  # of an amount or a code
LARGE = 10**15  # in euro: what is larger is looked at closely
FIRST_YEAR, LAST_YEAR = 1900, 2200  # outside, an instant cannot be told in another zone, or means something else


@dataclass(frozen=True, slots=True)
class Record:
    """One object of a publisher's JSON, read field by field: a field of another shape is a ParseError that names it.

    A field that is missing or null says nothing: it reads as an empty text, list or record. `key` is whose record it
    is, for the words of a fault.
    """

    source: str
    key: str
    values: Mapping[str, Any]

    def text(self, field: str) -> str:
        value = self.values.get(field)
        if value is None:
            return ""
        return value.strip() if isinstance(value, str) else self._odd("a text", field, value)

    def texts(self, field: str) -> list[str]:
        values = self.values.get(field)
        if values is None:
            return []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self._odd("a list of texts", field, values)
        return list(values)

    def one_or_more(self, field: str) -> list[str]:
        """Read a list of texts; a single one may stand in its place."""
        value = self.values.get(field)
        return [value] if isinstance(value, str) else self.texts(field)

    def code(self, field: str) -> str:
        """Read a code, which may be a number; empty if there is none."""
        value = self.values.get(field)
        return "" if value is None else as_code(value) or self._odd("a code", field, value)

    def codes(self, field: str) -> list[str]:
        """Read a list of codes; a single one may stand in its place."""
        values = self.values.get(field)
        if values is None:
            return []
        codes = [as_code(value) for value in (values if isinstance(values, list) else [values])]
        return codes if all(codes) else self._odd("a list of codes", field, values)

    def flag(self, field: str) -> bool:
        value = self.values.get(field)
        return bool(value) if value is None or isinstance(value, bool) else self._odd("yes or no", field, value)

    def record(self, field: str) -> "Record":
        value = self.values.get(field)
        if value is not None and not isinstance(value, dict):
            self._odd("an object", field, value)
        return Record(self.source, self.key, value or {})

    def records(self, field: str) -> list["Record"]:
        values = self.values.get(field)
        if values is None:
            return []
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self._odd("a list of objects", field, values)
        return [Record(self.source, self.key, value) for value in values]

    def euro(self, field: str) -> int:
        """Read an amount, a number or written like `1 500 000,00`; 0 if none is stated. ParseError (budget)."""
        value = self.values.get(field)
        if value is None or value == "":
            return 0
        if type(value) is int and abs(value) < LARGE:  # as most are
            return value
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self._odd("an amount", field, value)
        with suppress(InvalidOperation):
            amount = Decimal("".join(str(value).split()).replace(",", "."))
            if amount.is_finite() and amount.adjusted() < MOST_DIGITS:  # a larger one takes minutes to write out
                return int(amount)
        raise ParseError(self.source, "budget", f"{self.key} has the amount {value!r:.60} at {field}")

    def instant(self, field: str, zone: tzinfo) -> datetime | None:
        """Read an ISO timestamp that states its offset, as local time in a zone. ParseError (date)."""
        value = self.text(field)
        if not value:
            return None
        try:
            at = datetime.fromisoformat(value)
        except ValueError as error:
            raise self._date(value) from error
        if at.tzinfo is None:
            raise self._date(f"{value}, without a zone")
        if not FIRST_YEAR <= at.year < LAST_YEAR:
            raise self._date(value)
        return at.astimezone(zone)

    def _date(self, value: str) -> ParseError:
        return ParseError(self.source, "date", f"{self.key} has the date {value!r:.60}")

    def _odd(self, wanted: str, field: str, value: object) -> Any:
        raise odd_shape(self.source, self.key, wanted, field, value)


def odd_shape(source: str, key: str, wanted: str, field: str, value: object) -> ParseError:
    """The fault of a field that has another shape than expected."""
    return ParseError(source, "shape", f"{key}: {wanted} was expected at {field}, not {value!r:.60}")


def object_of(source: str, body: bytes | str) -> dict[str, Any]:
    """Decode a response into an object. Raises ParseError: html (a web page), truncated, not_json, not_an_answer."""
    answer = json_of(source, body)
    if not isinstance(answer, dict):
        raise ParseError(source, "not_an_answer", f"a {type(answer).__name__} instead of an answer")
    return answer


def json_of(source: str, body: bytes | str, beginnings: Collection[bytes] = (b"", b"{", b"[")) -> Any:
    """Decode a response. Raises ParseError: html (a web page), truncated (it begins in one of these ways), not_json."""
    raw = body.encode() if isinstance(body, str) else body
    start = raw[:200].lstrip()
    if start.startswith(b"<"):
        raise ParseError(source, "html", f"a page instead of data: {start[:80]!r}")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        with suppress(ValueError, RecursionError, MemoryError):  # a long answer that was cut is truncated, not too big
            return _odd_values_in_words(raw)
        reason = "truncated" if start[:1] in beginnings else "not_json"
        raise ParseError(source, reason, f"{len(raw)} bytes: {error}") from error


def _odd_values_in_words(raw: bytes) -> Any:
    """Decode JSON in which a value is none, such as NaN, half a pair or 5,000 digits: its own record is then odd.

    Such a number becomes a text, such a letter U+FFFD. Raises ValueError and RecursionError.
    """

    def number(digits: str) -> int | str:
        return int(digits) if len(digits) <= MOST_DIGITS else digits

    def fraction(digits: str) -> float | str:
        return digits if isinf(float(digits)) else float(digits)

    text = raw.decode("utf-8", "replace")
    read = json.loads(text, strict=False, parse_int=number, parse_float=fraction, parse_constant=str)
    whole = json.dumps(read, ensure_ascii=False).encode("utf-16", "surrogatepass")  # joins pairs, and leaves halves
    return orjson.loads(whole.decode("utf-16", "replace"))


def list_of(source: str, answer: dict[str, Any], field: str) -> list[Any]:
    """Return the list in a response. Raises ParseError (not_an_answer) if it is missing."""
    listed = answer.get(field)
    if not isinstance(listed, list):
        raise ParseError(source, "not_an_answer", f"no list {field!r} in an answer with the keys {sorted(answer)[:10]}")
    return listed


def as_code(value: Any) -> str:
    """Return a code, which may be a number, as a text; empty if it is none."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def keyed(source: str, record: Any, field: str) -> str:
    """Return a listed record's key. Raises ParseError (not_an_answer) if this is no object with a key."""
    key = as_code(record.get(field)) if isinstance(record, dict) else ""
    if not key:
        raise ParseError(source, "not_an_answer", f"no object with {field!r}: {record!r:.80}")
    return key


def key_or_place(record: Any, field: str, place: object) -> str:
    """Return a listed record's key, or where it stands if it has none, to count different records by."""
    return key_or_none(record, field) or f"at {place}"


def key_or_none(record: Any, field: str) -> str:
    """Return a listed record's key; empty if it has none."""
    try:
        return keyed("", record, field)
    except ParseError:
        return ""


def record_fingerprint(read: Any) -> str:
    """Hash the parts of a record that a parser reads: any JSON values; the order of object keys does not matter."""
    return blake2b(orjson.dumps(read, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
