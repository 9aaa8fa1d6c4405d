"""Samples: digests with real identifiers, dates and amounts, for the golden mails and the tests of their parts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from db.calls import Deadline
from db.eligibility import Applicant, Basis, Certainty, Eligibility, Finding
from tracker.digests.content import (
    Change,
    ChangeKind,
    Correction,
    Digest,
    DigestCall,
    Reason,
    Section,
    SectionKind,
    SourceRead,
)
from tracker.eligibility.claims import ORGANISATIONS
from tracker.emails.digest_view import Links


class Sample(Protocol):
    """A sample digest by its language."""

    __name__: str

    def __call__(self, language: str) -> Digest: ...


HELSINKI = ZoneInfo("Europe/Helsinki")
CONTACT = "Kärkivahti, Esimerkkikatu 1, 15110 Lahti, karkivahti@region.example"
LINKS = Links(
    manage="https://vahti.example/preferences/abc",
    unsubscribe="https://vahti.example/u/abc",
    web_copy="https://vahti.example/mail/abc",
    feedback="https://vahti.example/not-for-us/abc",
    calls="https://vahti.example/calls",
    site="https://vahti.example",
)
PORTAL = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/topic-details/"
MONDAY = date(2026, 11, 23)

REGIONS = {"fi": "Päijät-Häme", "sv": "Päijänne-Tavastland", "en": "Päijät-Häme"}
SPEARHEADS = {
    "food": (("fi", "Ruoka ja juoma"), ("sv", "Mat och dryck"), ("en", "Food and beverage")),
    "circular": (("fi", "Kiertotalous"), ("sv", "Cirkulär ekonomi"), ("en", "Circular economy")),
    "manufacturing": (("fi", "Valmistus"), ("sv", "Tillverkning"), ("en", "Manufacturing")),
    "sport": (("fi", "Sportti"), ("sv", "Sport"), ("en", "Sport")),
}


FOLLOWED = {
    "fi": "Ruoka ja juoma, Kiertotalous, Valmistus tai Sportti",
    "sv": "Mat och dryck, Cirkulär ekonomi, Tillverkning eller Sport",
    "en": "Food and beverage, Circular economy, Manufacturing or Sport",
}
NARROW = {
    "fi": "Sportti, Erasmus+, kohderyhmänä kunnat tai yhdistykset, vain avoimet haut",
    "sv": "Sport, Erasmus+, för kommuner eller föreningar, endast öppna utlysningar",
    "en": "Sport, Erasmus+, for municipalities or associations, open calls only",
}


def reason(key: str, *found: str) -> Reason:
    return Reason(key, SPEARHEADS[key], found)


def eligible(*usual: str, **known: Any) -> Eligibility:
    """Who may apply; of that, `usual` is general knowledge."""
    found = Finding(facts=usual, basis=Basis.PROGRAMME, evidence="a row", certainty=Certainty.GENERAL)
    return Eligibility(findings=(found,), **known)


def call(
    number: int, title: str, identifier: str | None, programme: str | None, action: str | None, *days: date
) -> DigestCall:
    """A call with one plain cut-off for each day given, counted from the Monday of all samples."""
    return DigestCall(
        call_id=number,
        title=title,
        identifier=identifier,
        programme=programme,
        type_of_action=action,
        source_name="EU Funding & Tenders Portal",
        opens_on=date(2026, 5, 13),
        deadlines=tuple(Deadline(on=day) for day in days),
        days_left=(days[0] - MONDAY).days if days else None,
        ended_on=None,
        is_over=False,
        continuous=False,
        two_stage=False,
        budget_total=None,
        project_min=None,
        project_max=None,
        expected_grants=None,
        audience=(),
        consortium=None,
        reasons=(),
        changes=(),
        note=None,
        url=f"{PORTAL}{identifier}",
    )


CIRCBIO = replace(
    call(
        1,
        "Circular bio-based value chains for industrial symbiosis in cities",
        "HORIZON-CL6-2026-02-CIRCBIO-04",
        "HORIZON",
        "HORIZON Innovation Actions",
        date(2026, 11, 26),
    ),
    deadlines=(Deadline(on=date(2026, 11, 26), at=datetime(2026, 11, 26, 16, tzinfo=UTC)),),
    budget_total=14_000_000,
    project_min=6_000_000,
    project_max=7_000_000,
    expected_grants=2,
    audience=("company", "university", "municipality"),
    eligibility=eligible(yes=ORGANISATIONS, consortium=(3, 3), alone=False, rate=(70, 100)),
    consortium="at least three partners from three different Member States or associated countries",
    reasons=(reason("circular", "industrial symbiosis", "circular"), reason("food", "food waste")),
)
I3 = replace(
    call(
        2,
        "Interregional Innovation Investments Strand 2a",
        "I3-2026-INV2a",
        "I3",
        "I3 Project Grants",
        date(2026, 12, 1),
        date(2027, 4, 13),
    ),
    days_left=8,
    budget_total=30_200_000,
    project_max=10_000_000,
    reasons=(reason("manufacturing", "smart manufacturing"),),
    changes=(Change(ChangeKind.DEADLINE, date(2026, 12, 15), date(2026, 12, 1)),),
    eligibility=eligible("rate", yes=ORGANISATIONS, consortium=(3, 3), rate=(70, 100)),
    note="Due to the end-of-year closure of the submission system the deadline is brought forward to 1 December 2026.",
)
SOIL = replace(
    call(
        3,
        "Living labs in food systems: soil health along grain value chains",
        "HORIZON-MISS-2026-05-SOIL-02",
        "HORIZON",
        "HORIZON Research and Innovation Actions",
        date(2026, 12, 10),
    ),
    budget_total=24_000_000,
    project_min=12_000_000,
    project_max=12_000_000,
    expected_grants=2,
    eligibility=eligible(yes=ORGANISATIONS, no=(Applicant.PERSON,), consortium=(3, 3), rate=(100,), trl=(5, 6)),
    reasons=(reason("food", "grain", "food systems"),),
    changes=(Change(ChangeKind.DEADLINE, date(2026, 11, 26), date(2026, 12, 10)),),
)
SPORT = replace(
    call(4, "Cooperation partnerships in sport", "ERASMUS-SPORT-2027-SCP", "ERASMUS", "ERASMUS Lump Sum Grants"),
    opens_on=date(2026, 12, 3),
    deadlines=(Deadline(on=date(2027, 3, 5), at=datetime(2027, 3, 5, 16, tzinfo=UTC)),),
    days_left=102,
    project_min=120_000,
    project_max=400_000,
    eligibility=eligible(
        *("sme", "rate"), yes=(Applicant.SME, Applicant.PUBLIC, Applicant.NGO), rate=(80,), lump_sum=True
    ),
    reasons=(reason("sport", "sport", "physical activity"),),
)
CASCADE = replace(
    call(5, "Open call 2: pilots of plant-based drinks", "AGRIFOOD-OC2", None, None, date(2027, 1, 15)),
    project_max=60_000,
    audience=("sme",),
    reasons=(reason("food", "plant-based", "drinks"),),
    url="https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities/competitive-calls-cs/13962",
)
TWO_STAGE = replace(
    call(
        6,
        "Manufacturing as a service with AI-driven robotics",
        "HORIZON-CL4-2027-01-MAT-PROD-03-two-stage",
        "HORIZON",
        "HORIZON JU Innovation Actions",
    ),
    deadlines=(Deadline(on=date(2027, 2, 2), stage=1), Deadline(on=date(2027, 9, 16), stage=2)),
    days_left=71,
    two_stage=True,
    reasons=(reason("manufacturing", "robotics", "Manufacturing"),),
)
REGIONAL = replace(
    call(7, "EAKR: kiertotalouden kokeilut yrityksissä", "EURA-2026-118", "ERDF", None),
    source_name="EURA 2021",
    continuous=True,
    deadlines=(),
    days_left=None,
    budget_total=1_234_567,
    reasons=(reason("circular", "kiertotalouden"),),
    changes=(
        Change(ChangeKind.BUDGET, 950_000, 1_234_567),
        Change(ChangeKind.TITLE, "EAKR: kiertotalouskokeilut", "EAKR: kiertotalouden kokeilut yrityksissä"),
        Change(ChangeKind.TEXT, None, "Hakijana on oltava vähintään kaksi kuntaa kumppaneina."),
    ),
    url="https://eura2021.fi/hakuilmoitukset/118",
)
ACCELERATOR = replace(
    call(
        8,
        "EIC Accelerator Open 2026",
        "HORIZON-EIC-2026-ACCELERATOR-01",
        "HORIZON",
        "HORIZON EIC Accelerator",
        date(2027, 1, 7),
        date(2027, 3, 4),
    ),
    continuous=True,
    project_max=2_500_000,
    audience=("company",),
    reasons=(reason("manufacturing", "deep tech"),),
    changes=(
        Change(
            ChangeKind.CUTOFFS,
            (date(2027, 1, 7), date(2027, 5, 6)),
            (date(2027, 1, 7), date(2027, 3, 4)),
        ),
        Change(ChangeKind.LATE),
    ),
)
GONE = replace(
    call(
        9, "Promotion of malt and barley drinks", "AGRIP-MULTI-2026-TC", "AGRIP", "AGRIP-MULTI-PJG", date(2027, 4, 23)
    ),
    reasons=(reason("food", "malt"),),
)

READ = (
    SourceRead("EU Funding & Tenders Portal", datetime(2026, 11, 23, 4, 12, tzinfo=UTC), None),
    SourceRead("EURA 2021", datetime(2026, 11, 23, 4, 15, tzinfo=UTC), None),
)
BLIND = (
    READ[0],
    SourceRead("EURA 2021", datetime(2026, 11, 19, 16, 14, tzinfo=UTC), datetime(2026, 11, 20, 4, 14, tzinfo=UTC)),
    SourceRead("Interreg Europe", None, None),
)


def digest(language: str, *sections: Section) -> Digest:
    return Digest(
        edition=31,
        cadence="weekly",
        period="2026-W48",
        on=MONDAY,
        from_on=date(2026, 11, 16),
        to_on=date(2026, 11, 22),
        catch_up=False,
        language=language,
        region=REGIONS[language],
        interests=(FOLLOWED[language],),
        sections=sections,
        coverage=READ,
    )


def weekly(language: str) -> Digest:
    """A week with every section in it, and a blind source."""
    return replace(
        digest(
            language,
            Section(SectionKind.CLOSING_SOON, (CIRCBIO,)),
            Section(SectionKind.DEADLINE_MOVED, (I3, SOIL)),
            Section(SectionKind.NEW, (SPORT, CASCADE, TWO_STAGE)),
            Section(SectionKind.OPENED, (replace(ACCELERATOR, changes=(Change(ChangeKind.REOPENED),)),)),
            Section(SectionKind.CHANGED, (REGIONAL, replace(ACCELERATOR, call_id=10, title="EIC Accelerator 2027"))),
            Section(SectionKind.WITHDRAWN, (GONE,)),
        ),
        coverage=BLIND,
    )


def daily(language: str) -> Digest:
    """A day with one new call."""
    return replace(
        digest(language, Section(SectionKind.NEW, (SPORT,))),
        cadence="daily",
        period="2026-11-23",
        from_on=date(2026, 11, 20),
        to_on=date(2026, 11, 22),
        interests=(NARROW[language],),
    )


def catch_up(language: str) -> Digest:
    """Two weeks in one, after an outage."""
    return replace(
        digest(language, Section(SectionKind.NEW, (CASCADE, TWO_STAGE))), from_on=date(2026, 11, 9), catch_up=True
    )


def quiet(language: str) -> Digest:
    """A sign of life after weeks without news."""
    return digest(language)


def overflowing(language: str) -> Digest:
    """More calls than 90 kB of HTML can hold."""
    many = tuple(
        replace(CIRCBIO, call_id=100 + n, title=f"{CIRCBIO.title}, topic {n}", identifier=f"HORIZON-CL6-2027-{n:03}")
        for n in range(90)
    )
    return digest(
        language,
        Section(SectionKind.CLOSING_SOON, (CIRCBIO,)),
        Section(SectionKind.NEW, many),
        Section(SectionKind.WITHDRAWN, (GONE,)),
    )


def urgent(language: str) -> Digest:
    """What cannot wait for Monday: a deadline that came earlier, and a call that closes before."""
    closing = replace(CASCADE, deadlines=(Deadline(on=date(2026, 11, 27)),), days_left=4)
    return replace(
        digest(language, Section(SectionKind.DEADLINE_MOVED, (I3,)), Section(SectionKind.NEW, (closing,))),
        kind="urgent",
        period="2026-11-23T06:10:00",
        from_on=MONDAY,
        to_on=MONDAY,
    )


def welcome(language: str) -> Digest:
    """What is open for somebody who has just come; one call is known from two sources."""
    twice = replace(REGIONAL, changes=(), also=(("Päijät-Hämeen liitto", "https://paijat-hame.fi/haku/118"),))
    return replace(
        digest(
            language,
            Section(SectionKind.CLOSING_SOON, (CIRCBIO,)),
            Section(SectionKind.OPEN_NOW, (TWO_STAGE, twice)),
            Section(SectionKind.COMING, (SPORT,)),
        ),
        kind="welcome",
        period="2026-11-23T06:10:00",
        from_on=MONDAY,
        to_on=MONDAY,
    )


def correction(language: str) -> Digest:
    """A date that was told wrong, to those who were told it."""
    return replace(
        digest(language, Section(SectionKind.CORRECTED, (replace(SOIL, changes=()),))),
        kind="correction",
        period="2026-11-23T06:10:00",
        from_on=MONDAY,
        to_on=MONDAY,
        correction=Correction("deadlines", "26.11.2026", "10.12.2026"),
    )
