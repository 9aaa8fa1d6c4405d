"""Which letters an answer's bytes stand for, read as browsers do: every text comes as UTF-8, whatever it came in.

Byte order mark, then the header's charset, then what the text itself declares, by the names of the Encoding Standard
(https://encoding.spec.whatwg.org/#names-and-labels): ISO 8859-1 means Windows-1252. JSON and robots.txt are always
UTF-8. What can stand for no letter becomes U+FFFD, which `tracker.sources.walls` finds.
"""

import codecs
import re
from email.message import Message

NUL_BESIDE = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}  # how markup in UTF-16 begins
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
LIKELY = "cp1252"  # of a page that declares nothing and is no UTF-8
BEGINNING = 4096  # bytes in which a page declares its charset
MOST_HEADER = 500  # characters
# Labels that mean another coding than Python's codec of that name.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-16-le",
}
_READ = re.compile(
    r"utf-8|utf-16-[lb]e|iso8859-\d\d?|cp125\d|cp(?:866|874|932|949)|koi8-[ru]|mac-(?:roman|cyrillic)|gb18030|big5hkscs"
    r"|euc_jp|iso2022_jp"
)
_TEXT = re.compile(
    r"text/|application/(?:[\w.-]{1,60}\+)?(?:xml|json)\b|application/(?:x-)?javascript\b", re.IGNORECASE
)
_JSON = re.compile(r"[\w.-]{1,60}/(?:[\w.-]{1,60}\+)?json\b", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--(?:(?!-->).)*+(?:-->)?", re.DOTALL)
_DECLARED = re.compile(
    rb"""<\?xml\s[^>]{0,200}?\bencoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})"""
    rb"""|<meta\s[^>]{0,300}?(?<=[\s;/])charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})""",
    re.IGNORECASE,
)


def as_utf8(body: bytes, content_type: str, name: str = "") -> bytes:
    """Return the body of an answer in UTF-8 without a byte order mark; what is no text comes as it is.

    `name` is the last part of its address: robots.txt is UTF-8 whatever its header says (RFC 9309, 2.3).
    """
    is_json = _JSON.match(content_type) is not None
    if content_type and not _TEXT.match(content_type) and not is_json:
        return body
    for mark, coding in BOMS:
        if body.startswith(mark):
            return _recoded(body[len(mark) :], coding)
    if is_json or name == "robots.txt" or (not content_type and body.lstrip()[:1] in (b"{", b"[")):
        return body
    return _recoded(body, _coding(_charset(content_type)) or _own_coding(body))


def as_text(body: bytes) -> str:
    """Decode a text that was fetched, or was kept by an earlier build as it came."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return as_utf8(body, "").decode("utf-8", "replace")


def _recoded(body: bytes, coding: str) -> bytes:
    text = body.decode(coding, "replace")
    return text.encode("utf-8", "replace")


def _charset(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type[:MOST_HEADER]  # its parser takes the square of what it is given
    return str(header.get_param("charset") or "")


def _own_coding(body: bytes) -> str:
    """Return what a text without a word in its header declares in itself; else UTF-8 if it is, or what is likely."""
    if coding := NUL_BESIDE.get(body[:2]):
        return coding
    declared = _DECLARED.search(_COMMENT.sub(b"", body[:BEGINNING]))
    if declared and (coding := _coding((declared[1] or declared[2]).decode("ascii", "replace"))):
        return "utf-8" if coding.startswith("utf-16") else coding  # it could not have been read if it were UTF-16
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return LIKELY
    return "utf-8"


def _coding(label: str) -> str:
    """Return the coding that a label means; empty for one that browsers do not know."""
    try:
        name = codecs.lookup(label.strip().lower().replace("x-sjis", "shift_jis")).name
    except (LookupError, ValueError):
        return ""
    name = _MEANT.get(name, name)
    return name if _READ.fullmatch(name) else ""
