"""NUTS codes: which there are in Finland, in every version since 2010, and how those of other countries begin.

https://ec.europa.eu/eurostat/web/nuts
"""

import re

_COUNTRIES = frozenset(
    [
        "AL",
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "ME",
        "MK",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "RS",
        "SE",
        "SI",
        "SK",
        "TR",
        "UK",
        "XK",
    ]
)
_FINLAND = frozenset(
    [
        "FI",
        "FI1",
        "FI2",
        "FI13",
        "FI18",
        "FI19",
        "FI1A",
        "FI1B",
        "FI1C",
        "FI1D",
        "FI20",
        "FI131",
        "FI132",
        "FI133",
        "FI134",
        "FI181",
        "FI182",
        "FI183",
        "FI184",
        "FI185",
        "FI186",
        "FI187",
        "FI1A1",
        "FI1A2",
        "FI1A3",
        "FI191",
        "FI192",
        "FI193",
        "FI194",
        "FI195",
        "FI196",
        "FI197",
        "FI198",
        "FI199",
        "FI19A",
        "FI19B",
        "FI1B1",
        "FI1C1",
        "FI1C2",
        "FI1C3",
        "FI1C4",
        "FI1C5",
        "FI1C6",
        "FI1C7",
        "FI1D1",
        "FI1D2",
        "FI1D3",
        "FI1D4",
        "FI1D5",
        "FI1D6",
        "FI1D7",
        "FI1D8",
        "FI1D9",
        "FI1DA",
        "FI1DB",
        "FI1DC",
        "FI200",
    ]
)
_SHAPE = re.compile(r"[A-Z]{2}[0-9A-Z]{0,3}")


def is_nuts(code: str) -> bool:
    """Whether there is such a code; of countries other than Finland, only its country and its shape are known."""
    if code.startswith("FI"):
        return code in _FINLAND
    return _SHAPE.fullmatch(code) is not None and code[:2] in _COUNTRIES
