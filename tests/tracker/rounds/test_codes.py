"""What an identifier says of its rounds."""

import pytest

from tracker.rounds.codes import Naming, beginnings, code_rows, read_code


@pytest.mark.parametrize(
    ("identifier", "stem", "year", "part", "naming"),
    [
        ("LIFE-2026-SAP-ENV-ENVIRONMENT", "LIFE-*-SAP-ENV-ENVIRONMENT", 2026, "LIFE", Naming.NAMED),
        ("LIFE-2026-STRAT-ENV-SIP-two-stage", "LIFE-*-STRAT-ENV-SIP", 2026, "LIFE", Naming.NAMED),
        ("I3-2026-CAP2B", "I3-*-CAP2B", 2026, "I3", Naming.NAMED),
        ("I3-2023-CAP2b", "I3-*-CAP2B", 2023, "I3", Naming.NAMED),  # letter case
        ("CREA-CULT-2026-COOP-2", "CREA-CULT-*-COOP-2", 2026, "CREA-CULT", Naming.NAMED),  # a size
        ("EUAF-2026-TA-02", "EUAF-*-TA-02", 2026, "EUAF", Naming.DOUBTFUL),
        ("RFCS-2026-01-RPJ", "RFCS-*-01-RPJ", 2026, "RFCS", Naming.DOUBTFUL),
        ("HORIZON-JU-CHIPS-2026-3-RIA", "HORIZON-JU-CHIPS-*-3-RIA", 2026, "HORIZON-JU-CHIPS", Naming.DOUBTFUL),
        ("HORIZON-CL6-2026-01-CIRCBIO-01", "HORIZON-CL6-*-01-CIRCBIO-01", 2026, "HORIZON-CL6", Naming.NUMBERED),
        (
            *("HORIZON-CL6-2024-CircBio-02-6-two-stage", "HORIZON-CL6-*-CIRCBIO-02-6", 2024, "HORIZON-CL6"),
            Naming.NUMBERED,
        ),
        ("HORIZON-EIC-2026-PATHFINDEROPEN", "HORIZON-EIC-*-PATHFINDEROPEN", 2026, "HORIZON-EIC", Naming.NAMED),
        ("MIGRATION-05-2018-2020", "MIGRATION-05-*", 2018, "MIGRATION", Naming.DOUBTFUL),  # its first year counts
        ("EDF-EDIP-P-2026-2027", "EDF-EDIP-P-*", 2026, "EDF-EDIP-P", Naming.NAMED),
        ("EDF-2026-DA-AIR-SPS", "EDF-*-DA-AIR-SPS", 2026, "EDF", Naming.DOUBTFUL),  # may go on, not come again
        ("LIFE-2023-CET-ENERCOMFACILITY", "LIFE-*-CET-ENERCOM", 2023, "LIFE", Naming.NAMED),
        ("HORIZON-MISS-2024-NEB-01-01", "HORIZON-NEB-*-01-01", 2024, "HORIZON-NEB", Naming.NUMBERED),
        ("I3-2021-INV1-GREEN", "I3-*-INV1", 2021, "I3", Naming.NAMED),
    ],
)
def test_an_identifier_is_read(identifier: str, stem: str, year: int, part: str, naming: Naming) -> None:
    code = read_code(identifier)
    assert code
    assert (code.stem, code.year, code.part, code.naming) == (stem, year, part, naming)


@pytest.mark.parametrize("identifier", [None, "", "OM", "COS-CIRCFASH-3-02", "EuropeAid/179221/DD/ACT", "12026-1"])
def test_without_a_year_nothing_is_said(identifier: str | None) -> None:
    assert read_code(identifier) is None


def test_a_part_is_looked_for_under_its_earlier_names_too() -> None:
    assert beginnings("HORIZON-NEB") == ("HORIZON-NEB", "HORIZON-MISS")
    assert beginnings("LIFE") == ("LIFE",)


def test_every_row_of_the_table_says_where_it_was_seen_and_is_in_capitals() -> None:
    for row in code_rows():
        assert row.source
        assert (row.was, row.now) == (row.was.upper(), row.now.upper())
        assert row.was.count("*") == row.now.count("*") == 1
        assert (row.was == row.now) == (row.how == "follow-on")
