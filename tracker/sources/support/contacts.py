"""Contact persons: taken out of a publisher's text before it is stored, with their addresses and telephones.

Names are known by what stands beside them (an address, a number, a heading such as "Lisätietoja"): a name alone in
running text stays. Does not judge what else a text says.
"""

import re
from collections.abc import Iterator

_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]++\s?(?:@|[(\[](?:at|ät|a|@)[)\]])\s?[\w-]+(?:(?:\.|[(\[]\.[)\]])[\w-]+)+", re.IGNORECASE
)
# Begins with + or 0 and has at least seven digits, so that neither years, sums nor dates are taken for one.
_NUMBER = re.compile(
    r"(?<![\w.,–-])(?<!\d\s)(?:\+\d{1,3}(?:\s?\(0\))?|\(?0\d{1,3}\)?|0\d{2,3}/(?=\d{6}))(?:[\s–-]?\d){5,}(?![\w.,]\d)"
)
_HEADING = re.compile(
    r"(?:lisätie(?:toja|toa|dot)|yhteyshenkilö|yhteystie|ota yhteyttä|tiedustelut|kysymyksiin vasta|kontakt"
    r"|(?:mer|ytterligare|närmare) (?:information|upplysningar)|contact"
    r"|enquiries|for (?:more|further) information|more information|further information)",
    re.IGNORECASE,
)
# A sentence that says by its first words that names follow, and a name: two words with capitals.
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
    """A text (a paragraph a line) without the sentences and lines that say whom to ask."""
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    is_below_heading = False
    for line in text.split("\n"):
        is_heading = _HEADING.match(line) is not None
        is_below_heading = is_heading or (is_below_heading and len(line) < SHORT and not line.endswith(":"))
        if is_below_heading and len(line) < SHORT:
            continue
        if kept := " ".join(sentence for sentence in _SENTENCE.split(line) if not _is_contact(sentence)):
            yield kept


def _is_contact(sentence: str) -> bool:
    return bool(_ADDRESS.search(sentence) or _NUMBER.search(sentence) or _WHO.match(sentence))
