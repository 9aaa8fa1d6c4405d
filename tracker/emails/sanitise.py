"""Make scraped text and links safe for a mail. Everything a publisher wrote passes here before it is shown.

Does not escape HTML: the templates do.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit

URL_LENGTH = 2000
PARAGRAPH_LENGTH = 4000
SPARE = 20  # times as many characters are looked at as are shown: the rest of a text of megabytes is never read


def clean(text: str, most: int) -> str:
    """Put scraped text on one line, without control, bidi, private and other invisible characters, cut to `most`."""
    line = " ".join(text[: most * SPARE].split())
    if not line.isprintable():
        line = " ".join("".join(c for c in line if unicodedata.category(c)[0] != "C").split())
    if len(line) <= most:
        return line
    return line[: most - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text that somebody typed, each on one line; an empty line begins another."""
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    return tuple(line for part in parts if (line := clean(part, PARAGRAPH_LENGTH)))


def safe_url(url: str) -> str:
    """Percent-encode an http or https address; empty for anything else (other schemes, user names, odd hosts)."""
    if len(url) > URL_LENGTH:
        return ""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return ""
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", parts.netloc):
        return ""
    return quote(parts.geturl(), safe="%/:?#[]@!$&()*+,;=~-._")
