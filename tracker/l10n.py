"""Localisation: write days, times, money, counts and EU terms in Finnish, Swedish and English.

Forms follow Finnish usage (d.m.yyyy, klo 18.00, 3,3 milj. €); the Swedish is that of Finland. The texts are in
`locales/`, with English as the source; weekdays, months and separators are CLDR's, from Babel. Never reads the clock:
callers count the days.
"""

import gettext
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal

from db.calls import CallStatus, Deadline
from db.subscribers import Language
from tracker.instants import in_zone

DOMAIN = "karkivahti"
LOCALES = Path(__file__).parent / "locales"
BRUSSELS = ZoneInfo("Europe/Brussels")
MILLION = 1_000_000
FORMATTED = 4096  # days, and sums, that are remembered as written: a list has the same ones again and again
TYPED_DAY = re.compile(r"(?<![\d.-])(?:(\d{4})-(\d\d)-(\d\d)|(\d{1,2})\.(\d{1,2})\.(\d{4}))(?![\d-])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Forms:
    """How a language writes days and times, in CLDR's patterns.

    `same_month` and `same_year` are the first day of a span whose last day says the rest.
    """

    locale: str
    day: str
    bare_day: str
    short_day: str
    time: str
    same_month: str
    same_year: str


FORMS: Mapping[str, Forms] = {
    Language.FI: Forms("fi_FI", "ccc d.M.yyyy", "d.M.yyyy", "ccc d.M.", "H.mm", "d.", "d.M."),
    Language.SV: Forms("sv_FI", "ccc d.M.yyyy", "d.M.yyyy", "ccc d.M.", "H.mm", "d.", "d.M."),
    # Whole months: CLDR's short ones are of three and of four letters (Jun, Sept).
    Language.EN: Forms("en_GB", "ccc d MMMM yyyy", "d MMMM yyyy", "d MMMM", "H.mm", "d", "d MMMM"),
}


def N_(text: str) -> str:
    """Mark a text in a table for translation."""
    return text


ZONES = {"Europe/Helsinki": N_("Finnish time"), "Europe/Brussels": N_("Brussels time")}

PROGRAMMES = {
    "AGRIP": N_("Promotion of agricultural products"),
    "AKKE": N_("Regional development funding (AKKE)"),
    "AMIF": N_("Asylum, Migration and Integration Fund"),
    "BMVI": N_("Border Management and Visa Instrument"),
    "CEF": N_("Connecting Europe Facility"),
    "CERV": N_("Citizens, Equality, Rights and Values"),
    "COSME": N_("COSME, for small and medium-sized enterprises"),
    "CREA": N_("Creative Europe"),
    "DIGITAL": N_("Digital Europe"),
    "EDF": N_("European Defence Fund"),
    "EMFAF": N_("Maritime, Fisheries and Aquaculture Fund"),
    "ERASMUS": N_("Erasmus+"),
    "ERASMUS+": N_("Erasmus+"),
    "EP": N_("European Parliament"),
    "ERDF": N_("European Regional Development Fund (ERDF)"),
    "ERDF-TA": N_("European Regional Development Fund (ERDF), technical assistance"),
    "ESC": N_("European Solidarity Corps"),
    "ESF": N_("European Social Fund Plus (ESF+)"),
    "ESF+": N_("European Social Fund Plus (ESF+)"),
    "EU4H": N_("EU4Health"),
    "EUAF": N_("Union Anti-Fraud Programme"),
    "EUBA": N_("EU bodies and agencies"),
    "EUI": N_("European Urban Initiative"),
    "EURATOM": N_("Euratom"),
    "H2020": N_("Horizon 2020"),
    "HORIZON": N_("Horizon Europe"),
    "IMCAP": N_("Information measures for the common agricultural policy"),
    "IMREG": N_("Information measures for cohesion policy"),
    "I3": N_("Interregional Innovation Investments (I3)"),
    "INNOVFUND": N_("Innovation Fund"),
    "INTERREG": N_("Interreg"),
    "ISF": N_("Internal Security Fund"),
    "JTF": N_("Just Transition Fund"),
    "JTM": N_("Just Transition Mechanism"),
    "JUST": N_("Justice Programme"),
    "LIFE": N_("LIFE programme"),
    "NDICI": N_("Global Europe (NDICI)"),
    "PERICLES": N_("Pericles IV: protection of the euro"),
    "PPPA": N_("Pilot projects and preparatory actions"),
    "RELEX": N_("EU external action (EuropeAid/NDICI)"),
    "RENEWFM": N_("EU Renewable Energy Financing Mechanism"),
    "RFCS": N_("Research Fund for Coal and Steel"),
    "SMP": N_("Single Market Programme"),
    "SOCPL": N_("Social prerogatives"),
    "UCPM": N_("Union Civil Protection Mechanism"),
}

OLD_PROGRAMME = "14"

ACTIONS = {
    "RIA": N_("research and innovation action (RIA)"),
    "IA": N_("innovation action (IA)"),
    "CSA": N_("coordination and support action (CSA)"),
    "COFUND": N_("programme co-fund action"),
    "PCP": N_("pre-commercial procurement (PCP)"),
    "PPI": N_("procurement of innovative solutions (PPI)"),
    "RPR": N_("recognition prize"),
    "LS": N_("lump sum grant"),
    "PJG": N_("project grant"),
    "SIMPLE": N_("simple grant"),
    "FSTP": N_("grant for financial support to third parties"),
    "DA": N_("development action"),
    "RA": N_("research action"),
    "INFRA": N_("infrastructure project"),
}

# The Portal's English names of the types of action (its code tables of 2023 and 2026), in the singular, longest first.
ACTION_NAMES = {
    "research and innovation action": "RIA",
    "coordination and support action": "CSA",
    "public procurement of innovative solution": "PPI",
    "grants for financial support": "FSTP",
    "pre-commercial procurement": "PCP",
    "infrastructure project": "INFRA",
    "programme cofund action": "COFUND",
    "innovation action": "IA",
    "development action": "DA",
    "recognition prize": "RPR",
    "lump sum grant": "LS",
    "project grant": "PJG",
    "research action": "RA",
    "cofund action": "COFUND",
    "simple grant": "SIMPLE",
}

STATUSES = {CallStatus.OPEN: N_("Open"), CallStatus.FORTHCOMING: N_("Coming"), CallStatus.CLOSED: N_("Closed")}
AUDIENCES = {
    "company": N_("companies"),
    "sme": N_("SMEs"),
    "university": N_("universities and research organisations"),
    "research": N_("research organisations"),
    "education": N_("educational institutions"),
    "municipality": N_("municipalities"),
    "development_company": N_("development companies"),
    "association": N_("associations"),
    "public": N_("public bodies"),
    "individual": N_("private persons"),
    "large_company": N_("large companies"),
    "ngo": N_("non-profit organisations"),
    "business_support": N_("business support organisations"),
    "person": N_("private persons"),
    "other": N_("others"),
}


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language (fi, sv, en); English is the source. FileNotFoundError if its .mo is missing."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALES, [language])


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(FORMS[language].locale)


@lru_cache(FORMATTED)
def day(on: date, language: str) -> str:
    """A day with its weekday: to 26.11.2026, tors 26.11.2026, Thu 26 November 2026."""
    return format_date(on, FORMS[language].day, locale=_locale(language))


@lru_cache(FORMATTED)
def bare_day(on: date, language: str) -> str:
    """A day without its weekday: 26.11.2026, 26 November 2026."""
    return format_date(on, FORMS[language].bare_day, locale=_locale(language))


def redated(text: str, language: str) -> str:
    """Words that an admin typed, with their days (26.11.2026, 2026-11-26) as the language writes them."""
    return TYPED_DAY.sub(lambda typed: _redated(typed, language), text)


def _redated(typed: re.Match[str], language: str) -> str:
    numbers = typed.group(1, 2, 3) if typed[1] else typed.group(6, 5, 4)
    try:
        return bare_day(date(*map(int, numbers)), language)
    except ValueError:  # no day of the calendar
        return typed[0]


def month(on: date, language: str) -> str:
    """The month of a day, with its year: marraskuu 2026."""
    return format_date(on, "LLLL yyyy", locale=_locale(language))


def month_name(month: int, language: str) -> str:
    """The name of a month (1-12) by itself: marraskuu."""
    return format_date(date(2000, month, 1), "LLLL", locale=_locale(language))


def span(from_on: date, to_on: date, language: str) -> str:
    """The days from one to another, both included: 16.–22.11.2026, 16–22 November 2026."""
    if from_on == to_on:
        return bare_day(from_on, language)
    forms = FORMS[language]
    pattern = forms.bare_day if from_on.year != to_on.year else forms.same_year
    if (from_on.year, from_on.month) == (to_on.year, to_on.month):
        pattern = forms.same_month
    dash = " – " if " " in pattern else "–"
    return format_date(from_on, pattern, locale=_locale(language)) + dash + bare_day(to_on, language)


def instant(at: datetime, language: str, zone: ZoneInfo) -> str:
    """An aware instant as local time, without its year: ma 23.11. klo 6.12. The sentence around it names the zone."""
    local = in_zone(at, zone)
    return catalogue(language).gettext("%(day)s at %(time)s") % {
        "day": format_date(local.date(), FORMS[language].short_day, locale=_locale(language)),
        "time": _time(local, language),
    }


def moment(at: datetime, language: str, zone: ZoneInfo) -> str:
    """An aware instant as local time, with its year: 25.11.2026 klo 14.10. The sentence around it names the zone."""
    local = in_zone(at, zone)
    return catalogue(language).gettext("%(day)s at %(time)s") % {
        "day": bare_day(local.date(), language),
        "time": _time(local, language),
    }


def deadline(value: Deadline, language: str, zone: ZoneInfo) -> str:
    """A cut-off, with its time if that is known: to 26.11.2026 klo 18.00 Suomen aikaa.

    The publisher's own date comes first, as the call's page shows it. If the instant falls on another day in the
    reader's zone, it is told in Brussels time, and in the reader's beside it.
    """
    if value.at is None:
        return day(value.on, language)
    here, there = in_zone(value.at, zone), in_zone(value.at, BRUSSELS)
    if here.date() == value.on:
        return _clock(here, zone, language)
    if there.date() == value.on:
        return f"{_clock(there, BRUSSELS, language)} ({_clock(here, zone, language)})"
    return day(value.on, language)


def time_of_day(at: datetime, language: str, zone: ZoneInfo) -> str:
    """An aware instant as a local time of day: klo 17.00 Brysselin aikaa."""
    said = {"time": _time(in_zone(at, zone), language), "zone": zone_name(zone, language)}
    return catalogue(language).gettext("at %(time)s %(zone)s") % said


def _clock(local: datetime, zone: ZoneInfo, language: str) -> str:
    """A local time with its day and its zone."""
    return f"{day(local.date(), language)} {time_of_day(local, language, zone)}"


def zone_name(zone: ZoneInfo, language: str) -> str:
    """The name of a zone's time: Suomen aikaa, Brysselin aikaa; others by their city."""
    t = catalogue(language)
    if zone.key in ZONES:
        return t.gettext(ZONES[zone.key])
    city = get_timezone_location(zone.key, locale=_locale(language), return_city=True)
    return t.gettext("local time (%(city)s)") % {"city": city}


def _time(local: datetime, language: str) -> str:
    return format_time(local.time(), FORMS[language].time, locale=_locale(language))


def days_left(days: int, language: str) -> str:
    """The time left: tänään, huomenna, 12 päivää jäljellä; `days` is counted from the edition's day."""
    t = catalogue(language)
    if days < 0:
        return t.gettext("passed")
    near = {0: t.gettext("today"), 1: t.gettext("tomorrow")}
    return near.get(days) or t.ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}


def number(value: int, language: str) -> str:
    """A whole number with the language's thousands separator."""
    return format_decimal(value, locale=_locale(language))


def decimal(value: float, language: str) -> str:
    """A number with one decimal."""
    return format_decimal(value, "#,##0.0", locale=_locale(language))


def money(euro: int, language: str) -> str:
    """Whole euro as 950 000 € or 3,3 milj. €; in millions only if nothing is rounded away."""
    return _euro(_amount(euro, language), _in_millions(euro), language)


def money_range(least: int, most: int, language: str) -> str:
    """Two sums of whole euro as one range: 2–3,5 milj. €, 600 000 € – 1,2 milj. €."""
    if least == most:
        return money(least, language)
    if _in_millions(least) != _in_millions(most):
        return f"{money(least, language)} – {money(most, language)}"
    both = f"{_amount(least, language)}–{_amount(most, language)}"
    return _euro(both, _in_millions(least), language)


def per_project(least: int | None, most: int | None, language: str) -> str:
    """Money for each project in whole euro: 2–3,5 milj. € hanketta kohti; empty if neither sum is known."""
    t = catalogue(language)
    if least is not None and most is not None:
        return t.gettext("%(sum)s per project") % {"sum": money_range(least, most, language)}
    if most is not None:
        return t.gettext("at most %(sum)s per project") % {"sum": money(most, language)}
    if least is not None:
        return t.gettext("at least %(sum)s per project") % {"sum": money(least, language)}
    return ""


def money_change(old: int, new: int, language: str) -> str:
    """Two sums of whole euro, one after the other: 12 → 15 milj. €, 950 000 € → 1,2 milj. €."""
    if _in_millions(old) != _in_millions(new) or language == Language.EN:
        return f"{money(old, language)} → {money(new, language)}"
    both = f"{_amount(old, language)} → {_amount(new, language)}"
    return _euro(both, _in_millions(old), language)


def _in_millions(euro: int) -> bool:
    return euro >= MILLION and euro % 1000 == 0


@lru_cache(FORMATTED)
def _amount(euro: int, language: str) -> str:
    value = euro / MILLION if _in_millions(euro) else euro
    return format_decimal(value, format="#,##0.###", locale=_locale(language))


def _euro(amount: str, in_millions: bool, language: str) -> str:
    t = catalogue(language)
    text = t.gettext("€%(amount)s")
    if in_millions:  # 1 miljon, 1,5 miljoner
        text = t.ngettext("€%(amount)s million", "€%(amount)s million", 1 if amount == "1" else 2)
    return text % {"amount": amount}


def in_language(words: Mapping[str, str], language: str) -> str:
    """What somebody wrote in several languages, in this one; else in the first in which they wrote anything."""
    return words.get(language) or next((text for text in words.values() if text), "")


def listed(items: Sequence[str], language: str, style: Literal["standard", "or"] = "standard") -> str:
    """Words in a row: a, b ja c; or a, b tai c."""
    return format_list(list(items), style, locale=_locale(language)) if items else ""


def days(on: Sequence[date], language: str, most: int) -> str:
    """Days in a row, at most `most` of them: 1.2.2027, 1.3.2027 ja 2 muuta."""
    shown = [bare_day(day, language) for day in on[:most]]
    rest = len(on) - most
    if rest > 0:
        shown.append(catalogue(language).ngettext("%(n)d more", "%(n)d more", rest) % {"n": rest})
    return listed(shown, language)


def quoted(text: str, language: str) -> str:
    """Text in the language's quotation marks."""
    return catalogue(language).gettext("“%(text)s”") % {"text": text}


def programme(code: str, language: str) -> str:
    """A programme's name by our code; the code itself if it has no name here.

    The Portal marks programmes of 2014-2020 by a 14 at the end; they have the names of those that followed.
    """
    current = code.upper().removesuffix(OLD_PROGRAMME)
    name = PROGRAMMES.get(current)
    if name is None:
        return code
    return catalogue(language).gettext(name) + (" 2014–2020" if current != code.upper() else "")


def type_of_action(given: str, language: str) -> str:
    """A type of action by its code (RIA, HORIZON-RIA) or its English name; as given if it has no name here."""
    text = " ".join(given.split())
    if name := ACTIONS.get(_action_code(text)):
        return catalogue(language).gettext(name)
    programme_code, _, rest = text.partition(" ")
    return rest if rest and programme_code in PROGRAMMES else text


def _action_code(text: str) -> str:
    if " " not in text:
        return text.upper().rsplit("-", 1)[-1]
    singular = text.lower().removesuffix("s")
    return next((code for name, code in ACTION_NAMES.items() if singular.endswith(name)), "")


def audience(given: Sequence[str], language: str) -> str:
    """Who may apply: our codes (`company`, `municipality`, …) in the language, a publisher's own words as given."""
    t = catalogue(language)
    return ", ".join(t.gettext(AUDIENCES[word]) if word in AUDIENCES else word for word in given)
