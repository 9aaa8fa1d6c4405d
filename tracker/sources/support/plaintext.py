"""Plain text from publishers' HTML: one line per paragraph, list item ("- ") or heading, and no mark-up left.

Does not make HTML safe to show: the result is text, and must be escaped wherever it is shown.
"""

import re
from collections.abc import Iterator
from html import unescape

_LINE = "\0"  # a real line end, while the text still holds meaningless line breaks; str.split does not split on it
_BLOCKS = "p div br ul ol li h1 h2 h3 h4 h5 h6 table tr td th section article blockquote dl dt dd hr pre figure main"
_INLINE = "a b i u em strong span sup sub font"
_PLAIN_TAGS = {
    f"{slash}{name}{end}": _LINE for name in _BLOCKS.split() for slash in ("", "/") for end in ("", "/", " /")
}
_PLAIN_TAGS |= {f"{slash}{name}": "" for name in _INLINE.split() for slash in ("", "/")}
_PLAIN_TAGS["li"] = _LINE + "- "
_STRUCK = ("s", "strike", "del")  # struck text no longer holds: an old deadline before the new one
_STRIKING = ("line-through", "strikethrough")  # the same by a style or a class
STRUCK_OUT = ", ".join((*_STRUCK, *(f'[{name}*="{word}"]' for name in ("style", "class") for word in _STRIKING)))
_UNSEEN = re.compile(rf"<!--|<(script|style|head|template|{'|'.join(_STRUCK)})\b", re.IGNORECASE)
_ENDS = {
    name: re.compile(rf"</{name}\b" if name else "-->", re.IGNORECASE)
    for name in ("", "script", "style", "head", "template", *_STRUCK)
}
_SUP = re.compile(
    r"(?P<before>.?)<sup\b[^<>]{0,200}>(?P<open>(?:<[^<>]{0,200}>){0,3})(?P<text>[^<]{1,20})(?=<)",
    re.IGNORECASE | re.DOTALL,
)
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MAY_BE_UNSEEN = re.compile(r"<(?:!|[sS](?:[cCtT][rRyY]|[\s>])|[hH][eE][aA]|[tT][eE]|[dD][eE][lL])")


def text_of(markup: str) -> str:
    """Convert HTML to plain text; text without mark-up keeps its own lines.

    The EU portal's section headings (`topicdescriptionkind`) become lines that end with a colon.
    """
    if any(word in markup for word in _STRIKING):
        markup = _without_struck(markup)
    text = _without_tags(markup) if "<" in markup else markup.replace("\n", _LINE)
    if "&" in text:
        text = unescape(text)
    lines = [line.strip() for line in " ".join(text.split()).split(_LINE)]
    return "\n".join([line for line in lines if line and line != ":"]).replace("\n-\n", "\n- ")


def line_of(markup: str) -> str:
    """Put a title or other short text on one line; repeated lines appear once."""
    if "<" not in markup and "&" not in markup and "\n" not in markup:
        return " ".join(markup.split())
    words = " ".join(dict.fromkeys(text_of(markup).split("\n"))).split()
    half = len(words) // 2
    is_double = "\n" in markup and words[:half] == words[half:]
    return " ".join(words[:half] if is_double else words)


def _without_struck(markup: str) -> str:
    from bs4 import BeautifulSoup  # takes long to import, and little is struck

    page = BeautifulSoup(markup, "lxml")
    for struck in page.select(STRUCK_OUT):
        struck.decompose()
    return str(page.body or page)


def _without_tags(markup: str) -> str:
    if "<sup" in markup or "<SUP" in markup:
        markup = _SUP.sub(_raised, markup)
    if _MAY_BE_UNSEEN.search(markup):
        markup = "".join(_seen(markup))
    first, *parts = markup.split("<")
    pieces = [first]
    for part in parts:
        tag, closed, text = part.partition(">")
        mark = _PLAIN_TAGS.get(tag)
        pieces.append(_marked(part, tag, text) if mark is None or not closed else mark + text)
    return "".join(pieces)


def _raised(sup: re.Match[str]) -> str:
    """Keep raised text apart from its word: economy¹ is economy with a note; the st of 31st belongs to its number."""
    text = sup["text"].translate(_SUPERSCRIPTS)
    is_word = text == sup["text"] and sup["before"].isalpha() and text[0].isalpha()
    return sup["before"] + sup["open"] + " " * is_word + text


def _marked(part: str, tag: str, text: str) -> str:
    """Convert a part of the markup that began with "<": what its tag means, then its text."""
    if not tag or not (tag[0].isalpha() or tag[0] in "/!?"):
        return "<" + part  # as in "a < b"
    if tag.count('"') % 2 == 1 and '">' in text:  # a quoted ">", as in the portal's class="eui-u-mt-l>"
        text = text.partition('">')[2]
    if "topicdescriptionkind" in tag:
        return f"{_LINE}{text.rstrip(' :')}:{_LINE}"
    return _PLAIN_TAGS.get(tag.split(None, 1)[0].lower(), "") + text


def _seen(markup: str) -> Iterator[str]:
    """Yield what lies outside comments, scripts, styles and struck text.

    A comment, script or style that never ends takes the rest with it, as in a browser; a strike-out does not.
    """
    at = 0
    endless: set[str] = set()  # what never ends from here on need not be searched for again
    while unseen := _UNSEEN.search(markup, at):
        name = (unseen[1] or "").lower()
        yield markup[at : unseen.start()]
        end = None if name in endless else _ENDS[name].search(markup, unseen.end())
        if end is not None:
            at = end.start() if name else end.end()
        elif name in _STRUCK:
            endless.add(name)
            at = unseen.end()
            yield "<" + name
        else:
            return
    yield markup[at:]
