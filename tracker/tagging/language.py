"""The rule language: parse a line that an official can read into a query, and word a query in plain language.

Queries are compiled and matched elsewhere (`tracker.tagging.index`).

    "circular economy" OR recycl* OR (waste NEAR/5 reuse) AND NOT id:*-EURATOM-*

A word matches in every inflected form; `=word` only as written (and if it has capitals, only with them); `word*` by its
beginning; "words in quotes" next to each other; `a NEAR/5 b` with at most five words between them, in either order.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from tracker.errors import RuleError
from tracker.folding import folded_text
from tracker.tagging.messages import FAULTS, PHRASES
from tracker.tagging.query import And, Glob, How, Near, Not, Or, Phrase, Query, Within, Word

FIELDS = ("title", "text", "id", "call", "programme", "destination", "action", "source", "audience")
LONGEST = 10_000  # characters
MOST_WORDS = 1_000
DEEPEST = 20  # brackets within brackets
WIDEST = 100  # words between the two sides of NEAR
SHORTEST_PREFIX = 3  # letters before the star

_GRAMMAR = r"""
start: either
either: both ("OR" both)*
both: one ("AND" one)*
one: "NOT" one -> negated
   | close
close: atom (NEAR atom)?
atom: WORD -> word
    | QUOTED -> quoted
    | ID -> identifier
    | FIELD atom -> within
    | "(" either ")" -> grouped
NEAR.3: /NEAR\/\d+/
ID.3: /id:(?![\s("])[^\s()"]+/i
FIELD.2: /[^\W\d_]+:/
QUOTED.2: /=?"[^"]*"/
WORD: /[^\s()":]+/
%ignore /\s+/
"""

# Lines with each fault, for lark's match_examples: the parser's state at the fault tells which fault it is.
_EXAMPLES = {
    "extra_bracket": ["a)", "(a))", "a OR b)", "a AND b)", '"a")', "title:a)", "a NEAR/5 b)", "NOT a)", ")", "id:a*)"],
    "no_operator": [
        "a b", '"a" b', 'a "b"', "(a) b", "(a) (b)", "a (b)", "(a b)", "a NOT b", "a title:b", "a OR b c", "a AND b c",
        "title:a b", "a NEAR/5 b c", "a id:b", "id:a b", 'id:a* "b"', "(a) NOT b",
    ],
    "nothing_before": [
        "OR a", "AND a", "NEAR/5 a", "(OR a)", "(AND a)", "(NEAR/5 a)", "a OR OR b", "a OR AND b", "a OR NEAR/5 b",
        "a AND OR b", "a AND AND b", "a AND NEAR/5 b", "NOT OR a", "NOT AND a", "NOT NEAR/5 a",
    ],
    "nothing_after": ["a OR", "a AND", "a NEAR/5", "NOT", "(a OR)", "(a AND)", "a OR NOT", "(a NEAR/5)", "(NOT)", "("],
    "empty_field": ["title:", "title: OR a", "title: AND a", "title: NEAR/5 a", "(title:)", "a OR title:", "id:"],
    "empty_brackets": ["()", "a OR ()", "a AND ()", "title:()", "NOT ()", "(())"],
    "near_chain": ["a NEAR/5 b NEAR/5 c"],
    "near_not": ["a NEAR/5 NOT b", "a NEAR/5 OR b", "a NEAR/5 AND b", "title:NOT a"],
}  # fmt: skip


def parse_rule(text: str, language: str = "en") -> Query:
    """Parse a rule into a query; `language` (fi, sv, en) is that of error messages.

    Raises RuleError with the column, counted from 1, and a hint. Takes time linear in the rule's length.
    """
    text = as_typed(text)
    try:
        return _parsed(text)
    except UnexpectedInput:
        raise _explained(text, language) from None
    except _Fault as fault:
        raise fault.worded(language) from None


def check_line(text: str, language: str = "en") -> None:
    """Raise RuleError for a line that may not be saved: it cannot be parsed, or has marks that mean nothing here.

    In lines that were saved earlier such marks are ignored, like all marks between words.
    """
    parse_rule(text, language)
    for piece in _PIECES.finditer(as_typed(text)):
        if _STRANGE.search(piece[0]) and '"' not in piece[0]:
            raise _Fault("strange_mark", piece.start() + 1, piece[0]).worded(language)


def needs_a_word(query: Query) -> bool:
    """Whether a text must contain some word for the query to match; `NOT x` alone would match nearly every call."""
    match query:
        case Not():
            return False
        case And(parts):
            return any(needs_a_word(part) for part in parts)
        case Or(parts):
            return all(needs_a_word(part) for part in parts)
        case Within(_, part):
            return needs_a_word(part)
        case _:
            return True


def parts_of(query: Query) -> Iterator[Query]:
    """Iterate over the query and everything in it, outermost first."""
    waiting = [query]
    while waiting:
        part = waiting.pop()
        yield part
        match part:
            case And(parts) | Or(parts):
                waiting.extend(reversed(parts))
            case Not(inner) | Within(_, inner):
                waiting.append(inner)
            case Near(left, right, _):
                waiting += [right, left]


def rule_in_words(query: Query, language: str) -> str:
    """Put a query into plain fi, sv or en, e.g. "a call that has the phrase “circular economy”"."""
    say = PHRASES[language]
    return say["call"].format(_in_words(query, say))


@lru_cache(maxsize=10_000)
def as_typed(text: str) -> str:
    """Turn a line into what a plain keyboard types: straight quotes, one kind of hyphen, folded words."""
    return folded_text(text.translate(_QUOTES))


def split_words(text: str) -> list[str]:
    """Split a rule's word or phrase into words; hyphens and other marks separate words, as they do in texts."""
    return _WORDS.findall(text)


class _Fault(Exception):
    """A fault of a line, not yet put into the admin's language."""

    def __init__(self, key: str, column: int | None, subject: str = "") -> None:
        super().__init__(key)
        self.key, self.column, self.subject = key, column, subject

    def worded(self, language: str) -> RuleError:
        message, hint = FAULTS[language][self.key]
        fields = " ".join(f"{field}:" for field in FIELDS)
        hint = hint.format(self.subject, fields=fields)
        return RuleError(message.format(self.subject), self.column, hint, PHRASES[language]["column"])


_QUOTES = {ord(mark): '"' for mark in "“”„‟«»"}  # as word processors type them, in Finnish the same on both sides
_WORDS = re.compile(r"[^\W_]+")
_PIECES = re.compile(r'=?"[^"]*"|[^\s()"]+')
# Marks that mean something in regular expressions or other search fields, but nothing here; and control characters.
_STRANGE = re.compile(r"[\[\]{}^$\\|?!;,<>\x00-\x1f\x7f]|^-")
_STARRED = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*\*")


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Builds the query bottom-up while lark parses, so that nesting costs no Python stack."""

    def start(self, query: Query) -> Query:
        return query

    def either(self, *parts: Query) -> Query:
        return parts[0] if len(parts) == 1 else Or(parts)

    def both(self, *parts: Query) -> Query:
        return parts[0] if len(parts) == 1 else And(parts)

    def one(self, part: Query) -> Query:
        return part

    def grouped(self, part: Query) -> Query:
        return part

    def negated(self, part: Query) -> Query:
        return Not(part)

    def close(self, left: Query, near: Token | None = None, right: Query | None = None) -> Query:
        if near is None or right is None:
            return left
        distance = int(near[len("NEAR/") :][:9])
        if distance > WIDEST:
            raise _Fault("near_wide", near.column, str(WIDEST))
        return Near(left, right, distance)

    def word(self, token: Token) -> Query:
        return _word(token)

    def quoted(self, token: Token) -> Query:
        exact = token.startswith("=")
        words = [
            word
            for piece in token.lstrip("=").strip('"').split()
            for word in _pieces(piece.lstrip("="), token.column, exact or piece.startswith("="))
        ]
        if not words:
            raise _Fault("no_letters", token.column, str(token))
        return words[0] if len(words) == 1 else Phrase(tuple(words))

    def identifier(self, token: Token) -> Query:
        value = token.partition(":")[2]
        if "*" not in value:
            return Within("id", Phrase(tuple(Word(piece, How.EXACT) for piece in _lower_words(value, token.column))))
        if not _WORDS.search(value):
            raise _Fault("open_glob", token.column, value)
        return Glob(value.lower())

    def within(self, field: Token, part: Query) -> Query:
        name = field[:-1].lower()
        if name not in FIELDS:
            raise _Fault("unknown_field", field.column, name)
        if any(isinstance(inner, Within | Glob) for inner in parts_of(part)):
            raise _Fault("field_in_field", field.column, name)
        return Within(name, part)


def _word(token: Token) -> Query:
    """Parse a word outside quotes; a hyphenated one becomes a phrase."""
    exact = token.startswith("=")
    if token.lower() in _LOWER_OPERATORS:
        raise _Fault("small_operator", token.column, str(token))
    if re.fullmatch(r"NEAR(/\D*)?", token):
        raise _Fault("near_number", token.column, str(token))
    pieces = _pieces(token.lstrip("="), token.column, exact)
    if not pieces:
        raise _Fault("no_letters", token.column, str(token))
    if len(pieces) == 1:
        return pieces[0]
    plain = len(pieces) == 2 and all(piece.how is How.INFLECTED for piece in pieces)
    return Phrase(tuple(pieces), pieces[0].text + pieces[1].text if plain else None)


def _pieces(text: str, column: int | None, exact: bool) -> list[Word]:
    """Parse the words of one piece without spaces; a star is allowed only at its very end."""
    if "*" in text and not _STARRED.fullmatch(text):
        raise _Fault("star_inside", column, text)
    words = [Word(word, How.EXACT if exact else How.INFLECTED) for word in split_words(text)]
    if text.endswith("*"):
        if len(words[-1].text) < SHORTEST_PREFIX:
            raise _Fault("short_prefix", column, text)
        words[-1] = Word(words[-1].text.lower(), How.PREFIX)
    return words


def _lower_words(value: str, column: int | None) -> list[str]:
    words = [word.lower() for word in split_words(value)]
    if not words:
        raise _Fault("no_letters", column, value)
    return words


_OPERATORS = frozenset({"AND", "OR", "NOT"})
_LOWER_OPERATORS = frozenset({"and", "or", "not", "ja", "tai", "ei", "och", "eller", "inte"})


def _is_nearable(near: Near) -> bool:
    """Whether both sides of NEAR have places in a text: words, phrases and alternatives of them do."""
    return not any(isinstance(part, Not | And | Within | Glob | Near) for part in parts_of(near) if part is not near)


def _check_size(text: str) -> None:
    depth = 0
    for column, letter in enumerate(text, start=1):
        depth += (letter == "(") - (letter == ")")
        if depth > DEEPEST:
            raise _Fault("too_deep", column, str(DEEPEST))
    if not text.strip():
        raise _Fault("empty", 1)
    words = sum(word not in _OPERATORS for word in split_words(text))
    if len(text) > LONGEST or words > MOST_WORDS:
        raise _Fault("too_long", min(len(text), LONGEST), str(MOST_WORDS))
    nots = re.search(rf"(?:NOT\s+){{{DEEPEST}}}", text)
    if nots:
        raise _Fault("too_deep", nots.start() + 1, str(DEEPEST))


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> Query:
    # Cached, because each edit makes a new index of nearly the same lines.
    _check_size(text)
    query = cast(Query, _parser().parse(text))
    for part in parts_of(query):
        if isinstance(part, Near) and not _is_nearable(part):
            raise _Fault("near_words", text.find("NEAR/") + 1)
    if not needs_a_word(query):
        raise _Fault("only_not", text.find("NOT") + 1)
    return query


@cache
def _parser() -> Lark:
    # lexer='basic': the contextual one takes the second OR of `food OR OR waste` for a word.
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder())


def _explained(text: str, language: str) -> RuleError:
    """Turn the parser's error into one for admins; unclosed quotes and brackets show only by counting."""
    if text.count('"') % 2:
        return _Fault("unclosed_quote", text.rfind('"') + 1).worded(language)
    try:
        _plain_parser().parse(text)
    except UnexpectedToken as error:
        return _explained_token(error, text).worded(language)
    except UnexpectedCharacters as error:
        return _Fault("stray_colon", error.column).worded(language)
    return _Fault("no_operator", 1).worded(language)


def _explained_token(error: UnexpectedToken, text: str) -> _Fault:
    token = error.token
    if token.type == "$END" and (open_at := _open_bracket(text)):
        return _Fault("unclosed_bracket", open_at)
    if token.type == "WORD" and token.lower() in _LOWER_OPERATORS:
        return _Fault("small_operator", token.column, str(token))
    if token.type == "WORD" and token.upper().startswith("NEAR"):
        return _Fault("near_number", token.column, str(token))
    # use_accepts=False: with it on, lark 1.3.1 fails in a debug message of its own (%d of a ParserState).
    key = error.match_examples(_plain_parser().parse, _EXAMPLES, use_accepts=False) or "no_operator"
    return _Fault(str(key), len(text) + 1 if token.type == "$END" else token.column)


@cache
def _plain_parser() -> Lark:
    # match_examples compares parser states, which are comparable only between parsers without a transformer.
    return Lark(_GRAMMAR, parser="lalr", lexer="basic")


def _open_bracket(text: str) -> int | None:
    """Find the column of the innermost bracket still open at the end; None if there is none."""
    waiting: list[int] = []
    for column, letter in enumerate(text, start=1):
        if letter == "(":
            waiting.append(column)
        elif letter == ")" and waiting:
            waiting.pop()
    return waiting[-1] if waiting else None


def _in_words(query: Query, say: dict[str, str]) -> str:
    match query:
        case Near(left, right, distance):
            return say["near"].format(_in_words(left, say), _in_words(right, say), distance)
        case Not(part):
            return say["not"].format(_in_words(part, say))
        case Within(field, part):
            return say["within"].format(say["call_field" if field == "call" else field], _in_words(part, say))
        case And(parts):
            first, *others = [_bracketed(part, say) for part in parts if not isinstance(part, Not)] or [""]
            required = "".join([first, *(say["and"] + other for other in others)])
            excluded = [say["but_not"].format(_bracketed(part.part, say)) for part in parts if isinstance(part, Not)]
            return "".join([required, *excluded])
        case Or(parts):
            return say["or"].join([*_alike(parts, say), *(_bracketed(p, say) for p in parts if _kind(p) is None)])
        case _:
            return say[_kind(query) or ""].format(_quoted(query, say))


def _bracketed(query: Query, say: dict[str, str]) -> str:
    words = _in_words(query, say)
    return f"({words})" if isinstance(query, And | Or) else words


def _alike(parts: Sequence[Query], say: dict[str, str]) -> Iterator[str]:
    """Word alternatives of one kind together: one of the words “a”, “b” or “c” in any form."""
    by_kind: dict[str, list[str]] = {}
    for part in parts:
        if kind := _kind(part):
            by_kind.setdefault(kind, []).append(_quoted(part, say))
    for kind, quoted in by_kind.items():
        *most, last = dict.fromkeys(quoted)
        yield say[f"{kind}_any"].format(", ".join(most) + say["or"] + last) if most else say[kind].format(last)


def _kind(query: Query) -> str | None:
    """Tell which sort of word or phrase a query is; None for a query made of several."""
    match query:
        case Word(_, how):
            return how.value
        case Phrase():
            return "phrase"
        case Glob():
            return "glob"
        case _:
            return None


def _quoted(query: Query, say: dict[str, str]) -> str:
    match query:
        case Phrase(words, joined):
            mark = "-" if joined else " "
            text = mark.join(word.text + "*" * (word.how is How.PREFIX) for word in words)
        case Glob(pattern):
            return pattern.upper()
        case Word(text, _):
            pass
        case _:
            raise TypeError(query)
    return say["quoted"].format(text)
