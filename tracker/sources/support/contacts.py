"""Remove contact persons, with their addresses and phone numbers, from a publisher's text before it is stored.

Names are recognised by what stands next to them (an address, a number, a heading such as "Lisätietoja"): a name alone
in running text stays.
"""

import re
from collections.abc import Iterator

_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]++\s?(?:@|[(\[](?:at|ät|a|@)[)\]])\s?[\w-]+(?:(?:\.|[(\[]\.[)\]])[\w-]+)+", re.IGNORECASE
)
# Begins with + or 0 and has at least seven digits, so that years, sums and dates do not match.
_NUMBER = re.compile(
    r"(?<![\w.,–-])(?<!\d\s)(?:\+\d{1,3}(?:\s?\(0\))?|\(?0\d{1,3}\)?|0\d{2,3}/(?=\d{6}))(?:[\s–-]?\d){5,}(?![\w.,]\d)"
)
_HEADING = re.compile(
    r"(?:lisätie(?:toja|toa|dot)|yhteyshenkilö|yhteystie|ota yhteyttä|tiedustelut|kysymyksiin vasta|kontakt"
    r"|(?:mer|ytterligare|närmare) (?:information|upplysningar)|contact"
    r"|enquiries|for (?:more|further) information|more information|further information)",
    re.IGNORECASE,
)
# A sentence whose first words announce names, followed by a name: two capitalised words.
_WHO = re.compile(
    r"(?:lisätietoj?a|yhteyshenkilö|ota yhteyttä|tiedustelut|kysymyksiin vasta|kontaktperson|contact person"
    r"|(?:mer|ytterligare|närmare) (?:information|upplysningar) (?:ges|lämnas))[\w\s:,-]*?"
    r"(?-i:\b[A-ZÅÄÖ][a-zåäöé-]+\s[A-ZÅÄÖ][a-zåäöé-]+)",
    re.IGNORECASE,
)
# No sentence begins with + or 0: in "Testi Henkilö, puh. 040 000 0000" the number belongs to the name.
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-ZÅÄÖ1-9])")
SHORT = 100  # characters: below a heading such lines are names, titles and units


def without_contacts(text: str) -> str:
    """Drop the sentences and lines that say whom to ask from a text (one paragraph per line)."""
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    is_below_heading = False
    for line in text.split("\n"):
        is_heading = _HEADING.match(line) is not None
        is_below_heading = is_heading or (is_below_heading and len(line) < SHORT and not line.endswith(":"))
        if is_below_heading and len(line) < SHORT:
            continue
        if remaining := " ".join(sentence for sentence in _SENTENCE.split(line) if not _is_contact(sentence)):
            yield remaining


def _is_contact(sentence: str) -> bool:
    return _has_address(sentence) or _has_number(sentence) or _WHO.match(sentence) is not None


def _has_address(sentence: str) -> bool:
    """Most sentences lack every sign that an address has, and need no search."""
    return any(sign in sentence for sign in "@([") and _ADDRESS.search(sentence) is not None


def _has_number(sentence: str) -> bool:
    return any(sign in sentence for sign in "+0") and _NUMBER.search(sentence) is not None
