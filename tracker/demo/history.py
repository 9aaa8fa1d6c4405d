"""The demo portal's history: five moments over three days, and the rows at each.

`records/*.json` hold the rows as they stand at the first moment, in the search API's own shape; `HISTORY` holds what
changes after it. Identifiers, titles, dates and amounts are the portal's own, as recorded from April to June 2026;
descriptions, conditions and notes are written for the demo. Shifted are only an earlier deadline before a move
(the moves end at the real ones), the day on which a call is first seen, and a call that goes missing.

Does not serve the rows (`tracker.demo.portal`).
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

Row = dict[str, Any]
Fields = dict[str, list[str]]

OPEN: Fields = {"status": ["31094502"], "sortStatus": ["1"]}


def _deadline(day: str) -> list[str]:
    return [f"{day}T00:00:00.000+0000"]


def _note(at: str, text: str) -> list[str]:
    return [json.dumps([{"approvalDate": "", "lastChangeDate": at, "content": f"<p>{text}</p>"}])]


@dataclass(frozen=True, slots=True)
class Moment:
    """The changes since the moment before. `gone` and `back` are references, `told` is new metadata by reference.

    `overlap`: in the first pass of a scan, the last row of page 1 is repeated on page 2 and hides another row.
    """

    at: datetime
    what: str
    gone: frozenset[str] = frozenset()
    back: frozenset[str] = frozenset()
    told: dict[str, Fields] = field(default_factory=dict)
    overlap: bool = False


HISTORY = (
    Moment(
        at=datetime(2026, 6, 9, 4, tzinfo=UTC),
        what="the first reading: a baseline, no news",
        gone=frozenset(  # not published yet
            {
                "14626COMPETITIVE_CALLen",
                "14627COMPETITIVE_CALLen",
                "186152PROSPECTSEN",
                "51424835TOPICSen",
                "51429936TOPICSen",
                "51650513TOPICSen",
            }
        ),
    ),
    Moment(
        at=datetime(2026, 6, 9, 16, tzinfo=UTC),
        what="a food call is missing: once is no news",
        gone=frozenset({"51176802TOPICSen"}),
    ),
    Moment(
        at=datetime(2026, 6, 10, 4, tzinfo=UTC),
        what="new calls, two later deadlines, the food call missing again, another missing once, pages that overlap",
        gone=frozenset({"13881COMPETITIVE_CALLen"}),
        back=frozenset(
            {
                "14626COMPETITIVE_CALLen",
                "14627COMPETITIVE_CALLen",
                "186152PROSPECTSEN",
                "51429936TOPICSen",
                "51650513TOPICSen",
            }
        ),
        told={
            "51346339TOPICSen": {
                "deadlineDate": _deadline("2026-08-26"),
                "latestInfos": _note(
                    "2026-06-09T17:20:31.402",
                    "The deadline is put off by one week, to 26 August 2026, because of the summer holidays.",
                ),
            },
            "50895043TOPICSen": {
                "deadlineDate": _deadline("2026-06-16"),
                "latestInfos": _note(
                    "2026-06-09T15:48:02.077", "The deadline is put off by one week, to 16 June 2026."
                ),
            },
        },
        overlap=True,
    ),
    Moment(
        at=datetime(2026, 6, 10, 16, tzinfo=UTC),
        what="an earlier deadline, the one missed in the morning is back, seconds rewritten: only the first is news",
        back=frozenset({"13881COMPETITIVE_CALLen"}),
        told={
            "50127032TOPICSen": {
                "deadlineDate": _deadline("2026-09-15"),
                "latestInfos": _note(
                    "2026-06-10T11:05:44.918", "Corrected: proposals are due on 15 September 2026, not on 29 September."
                ),
            },
            "186002PROSPECTSEN": {"deadlineDate": ["2026-09-08T08:00:51.000+0000"]},
            "186152PROSPECTSEN": {"deadlineDate": ["2026-07-24T09:00:13.000+0000"]},
        },
    ),
    Moment(
        at=datetime(2026, 6, 11, 4, tzinfo=UTC),
        what="two calls open, the food call is back, one call is new, one closed on its day and is gone",
        gone=frozenset({"13783COMPETITIVE_CALLen"}),
        back=frozenset({"51176802TOPICSen", "51424835TOPICSen"}),
        told={"51429936TOPICSen": OPEN, "14624COMPETITIVE_CALLen": OPEN},
    ),
)


def portal_rows(moment: int) -> list[Row]:
    """Return every row that the portal holds at `HISTORY[moment]`, in the shape of the search API's results."""
    absent: set[str] = set()
    metadata: dict[str, Fields] = {}
    for change in HISTORY[: moment + 1]:
        absent = (absent | change.gone) - change.back
        for reference, fields in change.told.items():
            metadata[reference] = metadata.get(reference, {}) | fields
    return [_retold(row, metadata.get(row["reference"], {})) for row in _records() if row["reference"] not in absent]


def _records() -> list[Row]:
    folder = files("tracker.demo") / "records"
    names = ("topics.json", "cascade.json", "external.json")
    return [row for name in names for row in json.loads((folder / name).read_text("utf-8"))]


def _retold(row: Row, fields: Fields) -> Row:
    metadata = row["metadata"] | fields
    return row | {"groupById": metadata["sortStatus"][0], "metadata": metadata}
