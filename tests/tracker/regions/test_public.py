"""What a region's file says for the public pages: what is missing is named, and what cannot be used is a fault."""

from datetime import date
from pathlib import Path

import pytest

from tests.tracker.regions.test_region_files import SMALL, faults, read
from tracker.regions import load_region, region_file
from tracker.regions.public import DATES, NEEDED, gaps

FILLED = """
[public]
controller = { fi = "Liitto", sv = "Förbundet", en = "The council" }
business_id = "1234567-8"
postal_address = { fi = "Katu 1", sv = "Gatan 1", en = "Street 1" }
email = "vahti@liitto.fi"
phone = "+358 3 000 000"

[public.privacy]
dpo = { fi = "Tietosuojavastaava", sv = "Dataskyddsombudet", en = "The data protection officer" }
dpo_email = "tietosuoja@liitto.fi"
recipients = { fi = "Palvelin", sv = "Server", en = "The server's keeper" }
reviewed_on = 2026-11-01

[public.accessibility]
state = "full"
assessed_by = { fi = "Itse", sv = "Vi", en = "Ourselves" }
assessed_on = 2026-10-01
reviewed_on = 2026-11-01
"""
ON = date(2026, 11, 27)


def public_gaps(folder: Path, text: str) -> list[str]:
    region = read(folder, SMALL + text)
    return gaps(region.public, region.languages, ON)


def test_a_region_whose_texts_are_all_written_may_go_public(tmp_path: Path) -> None:
    assert public_gaps(tmp_path, FILLED) == []


def test_every_text_that_is_missing_is_named_with_what_to_write(tmp_path: Path) -> None:
    found = public_gaps(tmp_path, "")
    assert "public.controller.sv: missing; write who answers for the service" in "\n".join(found)
    named = {line.split(":")[0].removeprefix("public.").removesuffix(".fi") for line in found}
    assert NEEDED.keys() | DATES.keys() <= named
    assert all(len(line.split("; ")) == 2 for line in found)


@pytest.mark.parametrize(
    ("before", "after", "gap"),
    [
        ('sv = "Förbundet"', 'sv = " "', "public.controller.sv: missing"),
        ('sv = "Förbundet", ', "", "public.controller.sv: missing"),
        ("vahti@liitto.fi", "anna@reader.example", "public.email: anna@reader.example is nobody's mailbox"),
        ('state = "full"', 'state = "partial"', "public.accessibility.shortcomings.fi: missing"),
        ("assessed_on = 2026-10-01", "assessed_on = 2025-11-26", "more than a year ago; assess the pages again"),
        ("reviewed_on = 2026-11-01", "reviewed_on = 2026-11-28", "public.privacy.reviewed_on: 2026-11-28 is still to"),
    ],
)
def test_what_is_empty_nobodys_or_out_of_date_keeps_a_region_from_going_public(
    tmp_path: Path, before: str, after: str, gap: str
) -> None:
    assert before in FILLED
    assert gap in "\n".join(public_gaps(tmp_path, FILLED.replace(before, after)))


def test_a_year_is_not_too_long(tmp_path: Path) -> None:
    assert public_gaps(tmp_path, FILLED.replace("2026-10-01", "2025-11-27")) == []


@pytest.mark.parametrize("key", ["paijat_hame", "kainuu", "osterbotten"])
def test_nobody_has_written_the_texts_of_the_programs_own_regions(key: str) -> None:
    region = load_region(region_file(key))
    assert len(gaps(region.public, region.languages, ON)) > len(NEEDED)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ('[public]\nemail = "nobody"', "public.email"),
        ('[public.accessibility]\nstate = "good"', "public.accessibility.state"),
        ('[public]\nowner = "x"', "public.owner"),
        ('[brand]\ncolour = "green"\ndark = "#ffffff"', "brand.colour"),
        ('[brand]\ncolour = "#0b5345"', "colour and dark go together"),
        ('[brand]\ncolour = "#999999"\ndark = "#ffffff"', "colour: #999999 on #fdfcf9 has a contrast of 2.8"),
        ('[brand]\ncolour = "#0b5345"\ndark = "#0b5345"', "take a lighter one"),
        ('[brand]\nlogo = "none.svg"', "brand.logo: none.svg cannot be read"),
        ('[brand]\nlogo = "small.toml"', "brand.logo: small.toml must be an SVG"),
    ],
)
def test_what_the_public_pages_cannot_use_is_a_fault_of_the_file(tmp_path: Path, given: str, fault: str) -> None:
    assert fault in "\n".join(faults(tmp_path, SMALL + given))


def test_a_region_has_its_own_looks(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'></svg>", "utf-8")
    region = read(tmp_path, SMALL + '[brand]\ncolour = "#003366"\ndark = "#99ccff"\nlogo = "logo.svg"\n')
    assert (region.brand.colour, region.brand.dark, region.logo[:4]) == ("#003366", "#99ccff", b"<svg")
