"""Patterns for the words and signs of written dates in Finnish, Swedish, English and German.

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
    1: "january januari januar jan tammikuuta tammikuun tammikuu tammi",
    2: "february februari februar feb helmikuuta helmikuun helmikuu helmi",
    3: "march mars märz mar maaliskuuta maaliskuun maaliskuu maalis",
    4: "april apr huhtikuuta huhtikuun huhtikuu huhti",
    5: "may maj mai toukokuuta toukokuun toukokuu touko",
    6: "june juni jun kesäkuuta kesäkuun kesäkuu kesä",
    7: "july juli jul heinäkuuta heinäkuun heinäkuu heinä",
    8: "august augusti aug elokuuta elokuun elokuu elo",
    9: "september sept sep syyskuuta syyskuun syyskuu syys",
    10: "october oktober oct okt lokakuuta lokakuun lokakuu loka",
    11: "november nov marraskuuta marraskuun marraskuu marras",
    12: "december dezember dec dez joulukuuta joulukuun joulukuu joulu",
}
NUMBER_OF = {name: number for number, names in _MONTHS.items() for name in names.split()}
_MONTH = f"(?:{'|'.join(sorted(NUMBER_OF, key=len, reverse=True))})"

# CET is written all year round for local time in Central Europe, so both names mean local time.
ZONES = {
    r"(?:brussels|paris|luxembourg|copenhagen|stockholm|oslo)(?:\s+local)?\s+time(?:\s+zone)?": BRUSSELS,
    r"(?:brysselin|keski-euroopan|ruotsin)\s+(?:kesä|talvi)?aikaa?": BRUSSELS,
    r"(?:bryssel|svensk|centraleuropeisk)\s?(?:sommar)?tid": BRUSSELS,
    r"central\s+european(?:\s+summer)?\s+time|c\.?e\.?(?:s|\(s\))?\.?t|mes?z": BRUSSELS,
    r"(?:finnish|finland|helsinki)(?:\s+local)?\s+time|finsk\s+tid": HELSINKI,
    r"(?:suomen|helsingin)\s+(?:kesä|talvi)?aikaa?": HELSINKI,
    r"eastern\s+european(?:\s+summer)?\s+time|eest|eet": HELSINKI,
    r"utc|gmt": ZoneInfo("UTC"),
    r"aoe|anywhere\s+on\s+earth": ANYWHERE_ON_EARTH,
    r"brussels|bryssel(?:in|issä)?": BRUSSELS,
    r"helsinki|helsingissä|helsingfors": HELSINKI,
}
_ZONE = "|".join(ZONES)
ZONE = re.compile(rf"\b(?:{_ZONE})\b", re.IGNORECASE)
_WEEKDAYS = (
    "maanantai(?:na)?|tiistai(?:na)?|keskiviikko(?:na)?|torstai(?:na)?|perjantai(?:na)?|lauantai(?:na)?|sunnuntai(?:na)?"
    "|ma|ti|ke|to|pe|la|su|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun"
    "|(?:mån|tis|ons|tors|fre|lör|sön)dag(?:en)?|mån|tis?|ons?|tors?|fre|lör|sön"
    "|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
)

_DASH = r"\s*[–—-]\s*"
TOKEN = re.compile(
    rf"""
    (?P<iso>(?<![\d-])(?P<iso_day>\d{{4}}-\d\d-\d\d)(?:[T\s](?P<iso_time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?
        (?P<iso_offset>Z|[+-]\d\d:?\d\d)?(?![\d-]))
    |(?P<epoch>(?<!\d)\d{{13}}(?!\d))
    |(?P<slashed>(?<![\d/-])\d{{1,2}}(?P<mark>[/-])\d{{1,2}}(?P=mark)\d{{4}}(?![\d/-]))
    |(?P<dotted>(?<![\d.])\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{4}}(?!\d))
    |(?P<clock>(?:\b(?P<prefix>klo|kello|klockan|kl\.?|at):?\s*)?(?<![\d.:])(?P<hour>\d{{1,2}})
        (?:(?P<sign>[.:h])(?P<minute>\d\d)(?::\d\d)?)?(?P<hours>\s?(?:h(?:rs|ours)?|uhr)\b)?
        (?:\s*(?:(?P<half>[ap])\.?m\b\.?|(?P<noon>noon)\b))?(?![\d:]|\.\d))
    |(?P<zone>\b(?:{_ZONE})\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Tried where a token may begin with a number that is no time of day: names of months, and dates without their year.
DATE = re.compile(
    rf"""
    (?P<named>(?<![\d.])(?P<nd>\d{{1,2}})(?:(?:st|nd|rd|th|:[ae]\b)?\s+|\.\s*)(?:of\s+)?(?P<nm>{_MONTH})\b\.?(?:,?\s+(?P<ny>\d{{4}})(?!\d))?)
    |(?P<hyphened>(?<![\d.-])(?P<hd>\d{{1,2}})-(?P<hm>{_MONTH})-(?P<hy>\d{{4}})(?![\d-]))
    |(?P<month_first>\b(?P<mm>{_MONTH})\b\.?\s+(?P<md>\d{{1,2}})(?:st|nd|rd|th|\.\s+päivä(?:nä|än)?\b)?(?![\d.:])(?:,?\s+(?P<my>\d{{4}})(?!\d))?)
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
    "hyphened": DateForm.NAMED,
    "month_first": DateForm.NAMED,
}
KINDS = {
    True: ("iso", "epoch", "slashed", "dotted", "clock", "zone"),
    False: ("named", "hyphened", "month_first", "short", "lone"),
}

_UNCERTAIN = (
    r"[~≈]|\?(?=\s|$)|\b[cn]\.(?=\s)"
    r"|\b(?:noin|arvio\w*|alustav\w*|suunnilleen|alku(?:puol|vuo)\w*|loppu(?:puol|vuo)\w*|puoliväli\w*|about|around"
    r"|approx\w*|early|mid|late|end\s+of|beginning\s+of|preliminar\w*|tentative\w*|expected|indicative|estimated|circa"
    r"|ca|cirka|preliminär\w*|början|slutet|mitten|tbc|cancel\w+|suspended|withdrawn|postponed|peru(?:ttu|utettu|utunut)"
    r"|siirretty|inställ\w+|uppskjut\w+|abgesagt)\b"
)
UNCERTAIN = re.compile(_UNCERTAIN, re.IGNORECASE)
_LABELS = (
    "Deadline|Closing|Opening|Closure|Start|End|Due|Submission|Application|Any|The|In|On|At|Each|Same|This|First|Full"
)
_ELSEWHERE = (  # local times that we do not know: an abbreviation, London time, local time, Lissabonin aikaa, lokal tid
    r"\b(?:(?-i:[A-Z]{1,3}[SD]?T)|MSK"
    rf"|(?!(?:{_LABELS})\b)[^\W\d_]{{2,30}}(?:\s+(?:local|standard|summer|daylight))?\s+time"
    r"|[^\W\d_][\w-]{2,30}n\s+(?:kesä|talvi)?aikaa|paikallista\s+aikaa|(?:lokal|pacific|[^\W\d_]{2,30}sk)\s+(?:\w{1,10})?tid)\b"
)
UNKNOWN_ZONE = re.compile(_ELSEWHERE, re.IGNORECASE)
_DAY_NAME = rf"(?:(?:{_WEEKDAYS})\.?\s+)?"
_SIGNS = r"[\s,.;:()|!–—-]"

# A date that gave way to another: "30 April extended to 15 May 2026", "15 May 2026 (previously 30 April 2026)".
_EXTENDS = r"extended|prolonged|jatke(?:ttu|taan|ttiin)|pidenne(?:tty|tään|ttiin)|förläng(?:[dts]|ts|des)|verlängert"
_MOVES = (
    rf"{_EXTENDS}|postponed|delayed|moved|shifted|rescheduled|(?:changed|updated|amended)(?=\s+(?:to|from)\b)"
    r"|siirre(?:tty|tään|ttiin)|siirty(?:nyt|y|i)|flytta(?:[dts]|ts|des)|ändra(?:[dt]|ts|des)(?=\s+(?:till|från)\b)|uppskjut\w+"
)
_ARROW = r"[→⇒➔➜➝➞➡⟶⟹►▶]|[=–-]{0,2}>{1,2}"
_FILLING = (
    r"the|call|deadline|date|closing|submission|application|period|has|have|been|is|to|until|till|by"
    r"|hakuai\w*|haku|määräai\w*|on|asti|saakka|ansökningstiden|tiden|den|och\s+med|t\.?o\.?m|bis|zum"
)
_NEW = r"new|now|uusi|nytt?|nya"
_OLD = (
    r"previous(?:ly)?|former(?:ly)?|original(?:ly)?|was|old|instead\s+of|aiemmin|aikaisemmin|aiempi|alun\s?perin"
    r"|alkuperäinen|entinen|vanha|oli|tidigare|ursprunglig\w*|i\s?stället\s+för|zuvor|ursprünglich"
)
MOVE = re.compile(  # nothing but words of a move
    rf"(?:{_ARROW}|{_SIGNS}|\b(?:{_MOVES}|{_NEW}|{_OLD}|{_FILLING}|from|från|{_WEEKDAYS})\b)*+", re.IGNORECASE
)
MOVED = re.compile(rf"{_ARROW}|\b(?:{_MOVES}|{_NEW})\b", re.IGNORECASE)
MOVED_FROM = re.compile(rf"\b(?:{_MOVES})\s+(?:from|från)\b", re.IGNORECASE)
MOVED_TO = re.compile(rf"\b(?:{_MOVES})\b(?:{_SIGNS}|\b(?:{_FILLING}|{_WEEKDAYS})\b)*+$", re.IGNORECASE)
REPLACES = re.compile(rf"\b(?:(?:{_MOVES})\s+(?:from|från)|{_OLD})\b", re.IGNORECASE)
EXTENDED = re.compile(rf"\b(?:{_EXTENDS})\b", re.IGNORECASE)

# Two dates that belong together.
_TO = (
    r"to|until|till|through|asti|saakka|till\s+och\s+med|t\.?\s?o\.?\s?m\.?|bis(?:\s+zum)?"
    r"|ja\s+(?:se\s+)?(?:on\s+avoinna|päättyy)|and\s+closes(?:\s+on)?"
)
TO = re.compile(rf"\s*(?:{_TO}){_SIGNS}*{_DAY_NAME}", re.IGNORECASE)
JOINED = re.compile(rf"[\s,.|)]*(?:[–—-]+|{_TO})[\s,(|]*{_DAY_NAME}", re.IGNORECASE)
BETWEEN = re.compile(rf"\b(?:between|mellan|zwischen)\s+{_DAY_NAME}(?:den\s+|the\s+)?$", re.IGNORECASE)
BETWEEN_THEM = re.compile(r"\s*(?:välisenä|välillä|välinen|emellan)\b", re.IGNORECASE)
_AND = r"and|or|ja|sekä|tai|och|samt|eller|und|oder"
AND = re.compile(rf"\s*(?:and|och|und|ja)\s+{_DAY_NAME}", re.IGNORECASE)
SEPARATOR = re.compile(rf"[,;|/&+]|\b(?:{_AND})\b", re.IGNORECASE)
_NTH = (
    r"(?:first|second|third|fourth|fifth|next|last|final|ensimmäinen|toinen|kolmas|neljäs|seuraava|viimeinen|första|andra"
    r"|tredje|fjärde|nästa|sista)"
)
_OF_LIST = (
    r"cut-?offs?|stages?|phases?|rounds?|steps?|intakes?|vaihe|kierros|hakukierros|omgång(?:en)?|steg(?:et)?|asti|saakka"
    r"|mennessä|den|on"
)
LISTED = re.compile(  # words that a list of cut-offs may have between its days; a separator must be among them
    rf"(?:[\s,;|/&+():.]|\b(?:{_AND}|{_NTH}(?:[\s-]+(?:deadlines?|dates?|calls?|määräaika|haku|ansökningsdag))?|{_OF_LIST}"
    rf"|{_WEEKDAYS})\b)*+",
    re.IGNORECASE,
)

# What a date is for.
OPENS = re.compile(
    r"\b(?:alka\w*|alkoi|lähtien|ava(?:utuu|utui|utunut|taan|ttu|ttiin)|auke(?:aa|si|nee)|käynnisty\w*|opened|opening"
    r"|opens?(?!\s+(?:until|till|to|for))|start\w*|launch\w*|begins?|beginning|from|as\s+of|(?:not|open)\s+before|onwards|aikaisintaan"
    r"|öppna[rsd]\w*|börja[rd]\w*|från|fr\.?\s?o\.?\s?m|tidigast|(?-i:ab)(?=\s+\d)|beginn|öffn\w+|geöffnet)\b",
    re.IGNORECASE,
)
OPEN_ENDED = re.compile(r"\s*[–—-]\s*$")
CLOSES = re.compile(
    r"\b(?:päätty\w*|sulke(?:utuu|utui|utunut)|saakka|asti|mennessä|viimei(?:nen|stään)|määräai\w*|clos(?:es|ed|ing)|ends?"
    r"|deadline|until|till|by|due|no\s+later|latest|(?<!not\s)(?<!open\s)before|ennen|före|stäng\w*|senast(?!\s+uppdatera)|sista|frist|bis|endet)\b",
    re.IGNORECASE,
)
OTHER = re.compile(
    r"\b(?:publi(?:shed|cation|cerad\w*|cerat|cering\w*)|posted|updated?|modified|julkais\w*|päivitet\w*|muokat\w*"
    r"|uppdatera\w*|veröffentlicht|aktualisiert|webinar\w*|webinaari\w*|info\s?(?:day|session|päivä|tilaisuus|tag)\w*"
    r"|events?(?=\s*:)|tilaisuus|tapahtuma|seminaari|seminarium|results?|decisions?|päätök\w*|tulok\w*|beslut|resultat"
    r"|project\s+start|start\s+of\s+(?:the\s+)?projects?)\b",
    re.IGNORECASE,
)
ASKED = re.compile(r"\b(?:questions?|clarifications?|kysymy\w+|frågor)\b", re.IGNORECASE)  # their own deadline
LATER = re.compile(r"\b(?<!there)(?:after|efter)\s+(?:the\s+|den\s+)?$", re.IGNORECASE)
SINCE = re.compile(r"\s*jälkeen\b", re.IGNORECASE)
_CONTINUOUS = (
    r"jatkuva|löpande|kontinuerlig|continuous|rolling|ongoing|open\s+all\s+year|always\s+open|toistaiseksi"
    r"|no\s+deadline"
)
CONTINUOUS = re.compile(rf"\s*(?:{_CONTINUOUS})", re.IGNORECASE)
UNDATED = re.compile(
    rf"\s*(?:{_CONTINUOUS}|tarkentuu|t\.?b\.?[acd]\b|to\s+be\s+(?:announced|confirmed|defined))", re.IGNORECASE
)
FILLER = re.compile(rf"[\s:–—-]*(?:is|on|by|the|date|päivä|den|:|\s)*{_DAY_NAME}", re.IGNORECASE)
FOLLOWED = re.compile(  # directly behind a date: its role, or a doubt, which belong to it
    r"\s*(?:alkaen|lähtien|onwards|asti|saakka|mennessä|jälkeen)\b|\s*[–—-](?=\s*(?:\n|$))"
    rf"|[\s,;(–—-]*(?:{_UNCERTAIN})",
    re.IGNORECASE,
)
# Behind a time of day the name of a place means its clock: "17:00 Pacific", "(Lisbon)", "16.15 msk", "in New York".
_END = r"(?=\s{0,3}(?:[,;|)\n]|\.(?!\w)|$))"
PLACES = (
    re.compile(r"\s{0,3}[(\[](?P<place>[^\d()\[\]]{1,40})[)\]]"),
    re.compile(rf"\s{{0,3}}(?:in\s)?(?P<place>[^\W\d_][\w/.-]{{0,30}}){_END}"),
    re.compile(rf"[\s,|/–—-]{{0,6}}(?:in\s)?(?P<place>[A-ZÅÄÖ][\w-]{{1,20}}(?:\s[A-ZÅÄÖ][\w-]{{1,20}})?){_END}"),
)
NO_PLACE = re.compile(
    rf"\b(?:{_LABELS}|{_WEEKDAYS}|{_NTH}|{_OF_LIST}|{_AND}|{_EXTENDS}|new|{_MONTH}|alkaen|lähtien|to|until|till|through|by"
    r"|online|sharp|noon|strict|time|zone|aikaa?|tid|hours|uhr|cut|off)\b",
    re.IGNORECASE,
)
FOLLOWED_ELSEWHERE = re.compile(rf"[\s,;(]*(?:(?-i:[A-Z])\w{{1,20}}\s+)?{_ELSEWHERE}|\s*[+−–-]\s?\d", re.IGNORECASE)
DIGITS = re.compile(r"\d+")
SENTENCE_ENDS = re.compile(r"\n|[.!?]\s+[A-ZÅÄÖ]")
GLUE = re.compile(r"[\s,;()]*+(?:at|on|klo|kello|kl\.?|klockan|by)?[\s,;()]*+", re.IGNORECASE)
