"""Scraped text and links, made fit for a mail.

Does not escape: that is the template's work. Everything a publisher wrote passes here before it is shown.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit

URL_LENGTH = 2000


def clean(text: str, most: int) -> str:
    """Scraped text on one line: no control, bidi, private or other invisible characters, cut at a word to `most`."""
    line = " ".join(text.split())
    if not line.isprintable():
        line = " ".join("".join(c for c in line if unicodedata.category(c)[0] != "C").split())
    if len(line) <= most:
        return line
    return line[: most - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"


def safe_url(url: str) -> str:
    """An http or https address, percent-encoded; empty for anything else (other schemes, user names, odd hosts)."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if len(url) > URL_LENGTH or parts.scheme not in ("http", "https"):
        return ""
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", parts.netloc):
        return ""
    return quote(parts.geturl(), safe="%/:?#[]@!$&()*+,;=~-._")
