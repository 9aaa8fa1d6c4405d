"""Publishers' JSON: decode a response into an object or a named fault, and fingerprint a record."""

from collections.abc import Collection
from hashlib import blake2b
from typing import Any

import orjson

from tracker.errors import ParseError


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
        reason = "truncated" if start[:1] in beginnings else "not_json"
        raise ParseError(source, reason, f"{len(raw)} bytes: {error}") from error


def records_of(source: str, answer: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """Return the list of records in a response. Raises ParseError (not_an_answer) if it is missing or holds others."""
    records = answer.get(field)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ParseError(source, "not_an_answer", f"no list {field!r} in an answer with the keys {sorted(answer)[:10]}")
    return records


def record_fingerprint(read: Any) -> str:
    """Hash the parts of a record that a parser reads: any JSON values; the order of object keys does not matter."""
    return blake2b(orjson.dumps(read, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
