"""One record of the portal's search: its key, its fingerprint, and whether it is what was asked for.

Does not parse it into facts (`tracker.sources.portal.facts`).
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson

from tracker.errors import ParseError, RunQuarantined
from tracker.sources import Row
from tracker.sources.portal.facts import DATES, FIELDS, KEY, UNORDERED, check_shapes
from tracker.sources.support.json_records import as_code, odd_shape

OPENED = "opened"  # among what is asked: the limits of a row's opening date


def known_key(result: Any) -> str:
    """Return the reference. Identifiers are no keys: cascade calls carry their parent's, and topics are renamed.

    Empty if there is none.
    """
    if not isinstance(result, dict):
        return ""
    metadata = result.get("metadata")
    references = metadata.get("REFERENCE") if isinstance(metadata, dict) else None
    stated = references[0] if references and isinstance(references, list) else None
    return as_code(stated) or as_code(result.get("reference"))


def check_asked(filters: Mapping[str, Sequence[str]], result: Any) -> str:
    """Check that this is a record and matches the filter; return its key.

    The API returns its whole index, with status 200, if it misread the filter. Raises ParseError (not_an_answer, shape)
    and RunQuarantined (filter_ignored, range_ignored).
    """
    key, metadata = known_key(result), result.get("metadata") if isinstance(result, dict) else None
    if not key or not isinstance(metadata, dict):
        raise ParseError(KEY, "not_an_answer", f"no record with a reference and metadata: {result!r:.80}")
    for field, allowed in filters.items():
        if field == OPENED:
            _check_opened(key, metadata, allowed)
            continue
        values = metadata.get(field) or [result.get(field)]
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise odd_shape(KEY, key, "a list of texts", field, values)
        if not all(value in allowed for value in values):
            detail = f"asked for {field} {'/'.join(allowed)}, got {values} in {key}"
            raise RunQuarantined(KEY, "filter_ignored", detail)
    return key


def _check_opened(key: str, metadata: Mapping[str, Any], limits: Sequence[str]) -> None:
    """Check that an opening date is within limits, the last one not included; without limits, that there is none."""
    opened = [value for value in metadata.get("startDate") or () if isinstance(value, str)]
    is_asked = any(limits[0] <= value < limits[1] for value in opened) if limits else not opened
    if not is_asked:
        asked = " to before ".join(limits) or "no opening date"
        raise RunQuarantined(KEY, "range_ignored", f"asked for {asked}, got {opened} in {key}")


def row_of(filters: Mapping[str, Sequence[str]], details: Mapping[str, Any], result: Any) -> Row:
    """Make the row of a record, with what its topic's detail page adds. Raises as `check_asked` does."""
    key = check_asked(filters, result)
    if beside := details.get(key):
        stated = {field: values for field, values in result["metadata"].items() if values}
        result = result | {"metadata": beside | stated}
    return Row(key, fingerprint(key, result["metadata"]), result)


def fingerprint(key: str, metadata: Mapping[str, Any]) -> str:
    """Hash what `facts` reads. Seconds of dates are left out (they jitter); unordered lists are sorted.

    Raises ParseError (shape) for what is no list of texts.
    """
    get = metadata.get
    try:
        read = [
            list(map(get, FIELDS)),
            [[value[:16] + value[19:] for value in get(field) or ()] for field in DATES],
            [sorted(values) if (values := get(field)) else [] for field in UNORDERED],
        ]
    except (TypeError, KeyError):  # numbers, objects, null
        check_shapes(key, metadata)
        raise
    return blake2b(orjson.dumps(read), digest_size=16).hexdigest()
