"""Patterns for the words and signs of written dates in Finnish, Swedish and English.

Does not parse dates (`tracker.sources.support.dates`). Each pattern is linear in the text that it searches.
"""

import re
from enum import StrEnum
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
HELSINKI = ZoneInfo("Europe/Helsinki")
ANYWHERE_ON_EARTH = ZoneInfo("Etc/GMT+12")  # UTC-12, the last place where a day ends


class DateForm(StrEnum):
    """A way of writing dates; a source that uses few of them can refuse the others."""

    ISO = "iso"  # 2026-03-31, 2026-03-31T16:15:00Z, 2026-03-31+02:00
    DOTTED = "dotted"  # 31.3.2026, 2.2.–31.3.2026
    SLASHED = "slashed"  # 31/03/2026, 31-03-2026: the day first, always
    NAMED = "named"  # 31 March 2026, March 31, 2026, 31. maaliskuuta 2026, 31 mars 2026
    EPOCH = "epoch"  # milliseconds


_MONTHS = {
    1: "january januari jan tammikuuta tammikuu tammi",
    2: "february februari feb helmikuuta helmikuu helmi",
    3: "march mars mar maaliskuuta maaliskuu maalis",
    4: "april apr huhtikuuta huhtikuu huhti",
    5: "may maj toukokuuta toukokuu touko",
    6: "june juni jun kesäkuuta kesäkuu kesä",
    7: "july juli jul heinäkuuta heinäkuu heinä",
    8: "august augusti aug elokuuta elokuu elo",
    9: "september sept sep syyskuuta syyskuu syys",
    10: "october oktober oct okt lokakuuta lokakuu loka",
    11: "november nov marraskuuta marraskuu marras",
    12: "december dec joulukuuta joulukuu joulu",
}
NUMBER_OF = {name: number for number, names in _MONTHS.items() for name in names.split()}
_MONTH = f"(?:{'|'.join(sorted(NUMBER_OF, key=len, reverse=True))})"

# CET is written all year round for local time in Central Europe, so both names mean local time.
ZONES = {
    r"(?:brussels|paris|luxembourg|copenhagen|stockholm|oslo)(?:\s+local)?\s+time": BRUSSELS,
    r"(?:brysselin|keski-euroopan|ruotsin)\s+aika[a]?|(?:bryssel|svensk|centraleuropeisk)\s?tid": BRUSSELS,
    r"central\s+european(?:\s+summer)?\s+time": BRUSSELS,
    r"cest|cet": BRUSSELS,
    r"(?:finnish|finland|helsinki)\s+time|suomen\s+aika[a]?|helsingin\s+aikaa|finsk\s+tid": HELSINKI,
    r"eastern\s+european(?:\s+summer)?\s+time": HELSINKI,
    r"eest|eet": HELSINKI,
    r"utc|gmt": ZoneInfo("UTC"),
    r"aoe|anywhere\s+on\s+earth": ANYWHERE_ON_EARTH,
}
_ZONE = "|".join(ZONES)
_WEEKDAYS = (
    "maanantai(?:na)?|tiistai(?:na)?|keskiviikko(?:na)?|torstai(?:na)?|perjantai(?:na)?|lauantai(?:na)?|sunnuntai(?:na)?"
    "|ma|ti|ke|to|pe|la|su|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun"
    "|måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|mån|tis?|ons?|tors?|fre|lör|sön"
)

_DASH = r"\s*[–—-]\s*"
TOKEN = re.compile(
    rf"""
    (?P<iso>(?<![\d-])(?P<iso_day>\d{{4}}-\d\d-\d\d)(?:[T\s](?P<iso_time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?
        (?P<iso_offset>Z|[+-]\d\d:?\d\d)?(?![\d-]))
    |(?P<epoch>(?<!\d)\d{{13}}(?!\d))
    |(?P<slashed>(?<![\d/-])\d{{1,2}}(?P<mark>[/-])\d{{1,2}}(?P=mark)\d{{4}}(?![\d/-]))
    |(?P<dotted>(?<![\d.])\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{4}}(?!\d))
    |(?P<clock>(?:\b(?P<prefix>klo|kello|klockan|kl\.?|at)\s*)?(?<![\d.:])(?P<hour>\d{{1,2}})
        (?:(?P<sign>[.:h])(?P<minute>\d\d)(?::\d\d)?)?(?P<hours>\s?h(?:rs|ours)?\b)?
        (?:\s*(?:(?P<half>[ap])\.?m\b\.?|(?P<noon>noon)\b))?(?![\d:]|\.\d))
    |(?P<zone>\b(?:{_ZONE})\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Tried where a token may begin with a number that is no time of day: names of months, and dates without their year.
DATE = re.compile(
    rf"""
    (?P<named>(?<![\d.])(?P<nd>\d{{1,2}})(?:st|nd|rd|th|\.|:[ae]\b)?\s+(?:of\s+)?(?P<nm>{_MONTH})\b\.?,?(?:\s+(?P<ny>\d{{4}})(?!\d))?)
    |(?P<month_first>\b(?P<mm>{_MONTH})\b\.?\s+(?P<md>\d{{1,2}})(?:st|nd|rd|th)?(?![\d.:])(?:,?\s+(?P<my>\d{{4}})(?!\d))?)
    |(?P<short>(?<![\d.])\d{{1,2}}\.\s?\d{{1,2}}\.(?!\s?\d{{4}}|\d))
    |(?P<lone>(?<![\d.])\d{{1,2}}(?:\.|st|nd|rd|th)?(?={_DASH}\d{{1,2}}(?:\.\s?\d|(?:st|nd|rd|th|\.)?\s+{_MONTH}\b)))
    """,
    re.IGNORECASE | re.VERBOSE,
)
FORMS = {
    "iso": DateForm.ISO,
    "epoch": DateForm.EPOCH,
    "slashed": DateForm.SLASHED,
    "dotted": DateForm.DOTTED,
    "short": DateForm.DOTTED,
    "named": DateForm.NAMED,
    "month_first": DateForm.NAMED,
}
KINDS = {True: ("iso", "epoch", "slashed", "dotted", "clock", "zone"), False: ("named", "month_first", "short", "lone")}

UNCERTAIN = re.compile(
    r"\b(?:noin|arvio\w*|alustav\w*|suunnilleen|alku(?:puol|vuo)\w*|loppu(?:puol|vuo)\w*|puoliväli\w*|about|around"
    r"|approx\w*|early|mid|late|end\s+of|beginning\s+of|preliminar\w*|tentative\w*|expected|indicative|estimated|circa"
    r"|ca|cirka|preliminär\w*|början|slutet|mitten|tbc|extended\s+from|jatkettu|pidennetty|siirretty|förlängd)\b",
    re.IGNORECASE,
)
_LABELS = "Deadline|Closing|Opening|Closure|Start|End|Due|Submission|Application|Any|The|In|On|At|Each|Same"
_ELSEWHERE = (  # local times that we do not know: an abbreviation, London time, local time, Lissabonin aikaa, lokal tid
    r"\b(?:[A-Z]{1,3}[SD]?T|MSK"
    rf"|(?!(?:{_LABELS})\b)[A-Z][a-z]+(?:\s+(?:local|standard|summer|daylight))?\s+[Tt]ime|[Ll]ocal\s+time"
    r"|(?:[A-ZÅÄÖ][\w-]*n|paikallista)\s+aikaa|(?:lokal|engelsk)\s+tid)\b"
)
UNKNOWN_ZONE = re.compile(_ELSEWHERE)
# Directly after a time of day: "17:00 Pacific", "17:00 (Lisbon)", "16.15 MSK" name a place whose clock is meant.
BEHIND_CLOCK = re.compile(
    rf"\s*(?P<place>\([^\W\d_][^()\d]{{1,40}}\)|(?!(?:{_LABELS}|{_WEEKDAYS.title()})\b)[A-ZÅÄÖ][\w-]+(?=\s*(?:[.,;)\n]|$)))"
)
_DAY_NAME = rf"(?:(?:{_WEEKDAYS})\.?\s+)?"
JOINED = re.compile(  # a dash or word that makes a period of two dates
    r"[\s,.|)]*(?:[–—-]+|to|until|till|through|asti|ja\s+(?:se\s+)?(?:on\s+avoinna|päättyy)|and\s+closes(?:\s+on)?"
    rf"|till\s+och\s+med)[\s,(|]*{_DAY_NAME}",
    re.IGNORECASE,
)
LISTED = re.compile(  # a sign or word that makes them a list of cut-offs
    rf"\s*(?:[,;|/&]|(?:[,;]\s*)?\b(?:and|or|ja|sekä|och|samt)\b)\s*{_DAY_NAME}", re.IGNORECASE
)
SEPARATOR = re.compile(r"[,;|/&]|\b(?:and|or|ja|sekä|och|samt)\b", re.IGNORECASE)
MOVED = re.compile(  # a sign or word that replaces the first by the second
    r"[\s,.;:()]*(?:→|⇒|[=-]>|(?:has\s+been\s+|is\s+)?(?:now\s+)?(?:extended|postponed|moved|changed|prolonged)"
    r"(?:\s+(?:to|until|till))?|jatkettu|pidennetty|siirretty|siirtynyt|(?:förläng[td]|flytta[td]|ändra[td])(?:\s+till)?)"
    rf"[\s,.;:()]*{_DAY_NAME}",
    re.IGNORECASE,
)
OPENS = re.compile(
    r"\b(?:alka\w*|lähtien|ava(?:utuu|utui|utunut|taan|ttu|ttiin)|opens?(?!\s+(?:until|till|to|for))|opened|opening"
    r"|start\w*|from|öppna[rsd]\w*|från|fr\.?\s?o\.?\s?m\b)",
    re.IGNORECASE,
)
OPEN_ENDED = re.compile(r"\s*[–—-]\s*$")
CLOSES = re.compile(
    r"\b(?:päätty\w*|saakka|asti|mennessä|clos(?:es|ing)|ends?|deadline|until|till|by|stänger|senast)\b", re.IGNORECASE
)
OTHER = re.compile(
    r"\b(?:julkaistu|päivitetty|muokattu|published|posted|updated|modified|publicerad\w*|uppdaterad\w*)\b",
    re.IGNORECASE,
)
_CONTINUOUS = (
    r"jatkuva|löpande|kontinuerlig|continuous|rolling|ongoing|open\s+all\s+year|always\s+open|toistaiseksi"
    r"|no\s+deadline"
)
CONTINUOUS = re.compile(rf"\s*(?:{_CONTINUOUS})", re.IGNORECASE)
UNDATED = re.compile(
    rf"\s*(?:{_CONTINUOUS}|tarkentuu|t\.?b\.?[acd]\b|to\s+be\s+(?:announced|confirmed|defined))", re.IGNORECASE
)
FILLER = re.compile(rf"[\s:–—-]*(?:is|on|by|the|date|päivä|den|:|\s)*{_DAY_NAME}", re.IGNORECASE)
FOLLOWED = re.compile(rf"[\s,;(]*{_ELSEWHERE}")
GLUE = re.compile(r"[\s,;()]*+(?:at|on|klo|kello|kl\.?|klockan|by)?[\s,;()]*+", re.IGNORECASE)
