"""Find the base forms of words in Finnish, Swedish and English, and split texts into words.

Accents are kept, so that tehdas and tehtävä stay apart.
"""

import contextlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import Stemmer

from tracker.folding import RAISED, UNPLAIN, WORD, folded, plain_hyphens
from tracker.tagging.dictionaries import LANGUAGES, cache_folder, dictionaries
from tracker.tagging.voikko import Voikko, find_voikko

MOST_CACHED = 60_000  # distinct words of a language; beyond that its cache is emptied
Found = TypeVar("Found")
READ_TWICE = 16  # texts that are kept in their words
MOST_READ = 60  # words, from which the language of a text is found
SHORTEST_PART = 4  # letters of a compound's part: shorter ones occur in too many words
SHORTEST_REST = 3
SHORTEST_UNKNOWN = 6  # letters of a part that the dictionary lacks: a rule's term may be new to it
SHORTEST_TAIL = 5  # letters of a last part that decides a compound's base form: shorter ones are endings
LEAST_CUT_OFF = 3  # letters by which a guess is shorter than an unknown word: then it is the word's first part only
LONGEST_WORD = 60  # letters; longer ones are codes or addresses and stay as they are

# Snowball gives these the stem of a different word: experience, design, import, several, production, customer.
_UNSTEMMED = frozenset(
    {
        "experiment", "experimental", "designate", "designation", "designee", "important", "importance",
        "severe", "severity", "production", "productive", "productivity", "custom", "customs",
        "animation", "organ", "organic", "organism", "universe", "objective", "generic",
        "severance", "hospitality", "fitness",
    }
)  # fmt: skip

# Corrections of simplemma's dictionaries for words of our spearheads: (language, form) -> lemma.
_CORRECTED = {
    ("fi", "maltaan"): "mallas",
    ("fi", "elintarvikkeen"): "elintarvike",
    ("fi", "elintarvikkeet"): "elintarvike",
    ("fi", "museoiden"): "museo",
    ("fi", "puutuote"): "puutuote",
    ("fi", "puutuotteen"): "puutuote",
    ("fi", "puutuotteita"): "puutuote",
    ("fi", "puutuotteiden"): "puutuote",
    ("sv", "sport"): "sport",
    ("sv", "malt"): "malt",
    ("sv", "avfall"): "avfall",
    ("sv", "avfallet"): "avfall",
    ("sv", "avfallets"): "avfall",
    ("sv", "kost"): "kost",
    ("sv", "mekatroniken"): "mekatronik",
}

# First parts of Finnish and Swedish compounds that are not words on their own.
_BOUND = frozenset(
    {
        "lähi", "pien", "suur", "erikois", "yhteis", "bio", "eko", "agro", "nano", "mikro", "multi", "när", "små",
        "inter", "trans",
    }
)  # fmt: skip


class Lemmas:
    """The dictionaries of the three languages and a cache of words already analysed."""

    def __init__(self, cache_dir: Path | None = None, use_voikko: bool = True) -> None:
        """Load the dictionaries from `cache_dir`, by default the user's cache folder; the first use makes them.

        Making them takes some seconds. Finnish is read by Voikko if it is installed and `use_voikko` is set.
        """
        tries = dictionaries(cache_dir or cache_folder())
        from simplemma import Lemmatizer  # takes longer than most commands, which read no words
        from simplemma.strategies import DefaultStrategy

        strategy = DefaultStrategy(dictionary_factory=tries)
        self._lemmatizer = Lemmatizer(cache_max_size=1, lemmatization_strategy=strategy)
        self._known: dict[str, Mapping[str, str]] = {language: tries.get_dictionary(language) for language in LANGUAGES}
        self._english = Stemmer.Stemmer("english", 0)
        self._voikko = find_voikko() if use_voikko else None
        self._analysed: dict[str, WordCache[tuple[str, ...]]] = {}

    @cached_property
    def name(self) -> str:
        """Name and version of what reads the words; another reader of words may lead to other tags."""
        finnish = [f"Voikko {self._voikko.version} (Finnish)"] if self._voikko else []
        return ", ".join([*finnish, f"simplemma {version('simplemma')}", f"Snowball {version('pystemmer')} (English)"])

    def analyse(self, form: str, language: str) -> tuple[str, ...]:
        """Analyse a word as written in a text: its lemma, then the lemmas of its parts if it is a compound."""
        return self.of(language)[form]

    def of(self, language: str) -> "WordCache[tuple[str, ...]]":
        """The analyses of this language's words, each made when it is first looked up."""
        if language not in self._analysed:
            self._analysed[language] = WordCache(partial(self._analyse, language=language))
        return self._analysed[language]

    def lemma(self, form: str, language: str) -> str:
        """Return only the lemma of a word."""
        return self.analyse(form, language)[0]

    def is_known(self, form: str, language: str) -> bool:
        """Whether the language's dictionary has the word in this form."""
        return self._known[language].get(form.lower()) is not None

    def language_of(self, words: Sequence[str]) -> str:
        """The language that knows most of these words: English, Finnish, Swedish in a tie. Only the first are read."""
        first = words[:MOST_READ]
        return max(sorted(LANGUAGES), key=lambda language: sum(self._is_of(word, language) for word in first))

    def _is_of(self, word: str, language: str) -> bool:
        return self.is_known(word, language) or len(self.analyse(word, language)) > 1

    def _analyse(self, form: str, language: str) -> tuple[str, ...]:
        word = _ACRONYM.sub(r"\1", form).lower()
        if len(word) > LONGEST_WORD or language not in LANGUAGES or word.isdigit():
            return (word,)
        lemma = _CORRECTED.get((language, word)) or self._lemmatizer.lemmatize(word, language).lower()
        if language == "en":
            return (lemma if lemma in _UNSTEMMED else self._english.stemWord(lemma),)
        if language == "fi" and self._voikko and (lemmas := self._by_voikko(word, self._voikko)):
            return lemmas
        parts = self._parts(lemma, language)
        if not self.is_known(word, language):
            parts |= dict.fromkeys(_names(word, language))
            if lemma != word:  # the lemma is simplemma's guess
                parts |= self._parts(word, language) | {lemma: None}
                cut_off = len(word) - len(lemma) >= LEAST_CUT_OFF
                lemma = self._compound(word, language) or (word if cut_off else lemma)
        parts.pop(lemma, None)
        return (lemma, *parts)

    def _by_voikko(self, word: str, voikko: Voikko) -> tuple[str, ...]:
        """Analyse a word with Voikko: its base forms, then every part of a compound; empty if unknown."""
        readings = voikko.analyse(word)
        corrected = _CORRECTED.get(("fi", word))
        bases = (
            [corrected]
            if corrected
            else sorted((reading.base.lower() for reading in readings), key=lambda base: base != word)
        )
        lemmas = dict.fromkeys(bases)
        for part in dict.fromkeys(part for reading in readings for part in _between(word, reading.cuts)):
            if len(part) >= SHORTEST_PART:
                lemmas |= dict.fromkeys([*(reading.base.lower() for reading in voikko.analyse(part)), part])
        return tuple(lemmas) if readings else ()

    def _compound(self, word: str, language: str) -> str | None:
        """Find the base form of a compound of two known words: simplemma takes sivuvirta for a form of sivu."""
        for cut in range(SHORTEST_REST, len(word) - SHORTEST_TAIL + 1):
            head, tail = word[:cut], word[cut:]
            knows_head = head in _BOUND or self.is_known(_unlinked(head, language), language)
            if knows_head and self.is_known(tail, language):
                return head + self._lemmatizer.lemmatize(tail, language).lower()
        return None

    def _parts(self, word: str, language: str, of_head: bool = False) -> dict[str, None]:
        """Return a compound's parts, each a beginning or end whose rest is a known word, and its own base form.

        A beginning may be a compound too: natur-turism-projekt is about turism.
        """
        parts: dict[str, None] = {}
        for cut in range(SHORTEST_REST, len(word) - SHORTEST_REST + 1):
            head, tail = word[:cut], word[cut:]
            knows_tail = self.is_known(tail, language)
            if knows_tail:
                parts |= self._part(head, language) | self._part(_unlinked(head, language), language)
                if not of_head and len(tail) >= SHORTEST_PART:
                    parts |= self._parts(_unlinked(head, language), language, of_head=True)
            if head in _BOUND or self.is_known(_unlinked(head, language), language):
                parts |= self._part(tail, language)
                if knows_tail:
                    parts[head + self._lemmatizer.lemmatize(tail, language).lower()] = None
        return parts

    def _part(self, part: str, language: str) -> dict[str, None]:
        """Return a part as written and its lemma; nothing for a short unknown part, which is chance."""
        enough = SHORTEST_PART if self.is_known(part, language) else SHORTEST_UNKNOWN
        if len(part) < enough:
            return {}
        return dict.fromkeys((part, self._lemmatizer.lemmatize(part, language).lower()))


class WordCache(dict[str, Found]):
    """What is known of words as written in a text, each looked up once."""

    def __init__(self, look_up: Callable[[str], Found]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, form: str) -> Found:
        if len(self) >= MOST_CACHED:
            self.clear()
        found = self[form] = self._look_up(form)
        return found


def _names(word: str, language: str) -> list[str]:
    """Return what a word would be without its ending, were it a foreign name: Bauhausin and Interregs are forms of one.

    The dictionaries lack most names, and simplemma guesses at long endings only.
    """
    ending = _NAME_ENDINGS[language].search(word)
    return [word[: ending.start()]] if ending and ending.start() >= SHORTEST_PART else []


def _between(word: str, cuts: Sequence[int]) -> list[str]:
    """List the parts of a compound: what stands between any two of its cuts, the longest first; not the whole."""
    places = [0, *cuts, len(word)]
    parts = [word[first:last] for first, last in combinations(places, 2)]
    return sorted(parts, key=len, reverse=True)[1:]


def _unlinked(head: str, language: str) -> str:
    """Drop the s that joins the parts of Swedish compounds: livsmedels-industri."""
    return head[:-1] if language == "sv" and head.endswith("s") and len(head) > SHORTEST_PART else head


@lru_cache(maxsize=READ_TWICE)
def words_once(text: str) -> tuple[list[str], list[str], list[tuple[int, int, str]]]:
    """Return the words, the pieces and the joined words of a text; do not change them.

    The last few texts are kept, as a call is read twice, for its tags and for the search.
    """
    words, pieces = split_text(text)
    return words, pieces, joined_words(words, pieces)


def split_text(text: str) -> tuple[list[str], list[str]]:
    """Split a text into its words and its pieces: what comes before the first word, that word, what follows it, etc.

    Word n is piece 2n+1, so the pieces' lengths give its place in the text. Words are folded (`tracker.folding`);
    every kind of hyphen is a plain one among the pieces.
    """
    if text.isascii():
        pieces = _PIECES.split(text)
        return pieces[1::2], pieces
    text = plain_hyphens(text)
    is_plain = not UNPLAIN.search(text)
    pieces = (_PIECES if is_plain else WORD).split(text)
    if is_plain and unicodedata.is_normalized("NFKC", text):
        return pieces[1::2], pieces
    return [word if word.isascii() else folded(word) for word in pieces[1::2]], pieces


def joined_words(words: list[str], pieces: list[str]) -> list[tuple[int, int, str]]:
    """Return words that a text has beside those as split, each with the numbers of its first and last part.

    A hyphenated word is also one without its hyphen, as agri-food is also agrifood, and a word cut at a line's end is
    whole; those with digits are left out. A word with a raised number is also one with that number, as in CO². A name
    in camel case is also its parts, as AgriTourism4All is about tourism.
    """
    between, glue = pieces[2:-1:2], "".join(pieces[2::2])
    joined = []
    for hyphen in HYPHENS:
        place = -1 if hyphen in glue else len(between)
        with contextlib.suppress(ValueError):  # list.index says so when there is none left
            while True:
                place = between.index(hyphen, place + 1)
                if words[place].isalpha() and words[place + 1].isalpha():
                    joined.append((place, place + 1, words[place] + words[place + 1]))
    if not glue.isascii() and RAISED.search(glue):
        raised = ((place, RAISED.match(piece)) for place, piece in enumerate(pieces[2::2]))
        joined += [(place, place, words[place] + folded(match[0])) for place, match in raised if match]
    return joined + _parts_of_names(words)


def _parts_of_names(words: list[str]) -> list[tuple[int, int, str]]:
    in_lines = "\n".join(words)
    places = dict.fromkeys(in_lines.count("\n", 0, capital.start()) for capital in _WITHIN.finditer(in_lines))
    named = [place for place in places if len(words[place]) <= LONGEST_WORD and _HUMP.search(words[place])]
    return [(place, place, part) for place in named for part in _NAMED.findall(words[place])]


HYPHENS = ("-", "-\n", "-\r\n")  # between two words that may be one
_PIECES = re.compile(r"([^\W_]+)")
_NAME_ENDINGS = {  # after a consonant, Finnish has an i before the ending
    "fi": re.compile(r"(?<=[^aeiouyåäö])i(?:n|in|[aä]|na|nä|ksi|ss[aä]|st[aä]|ll[aä]|lt[aä]|lle|tt[aä])$"),
    "sv": re.compile(r"(?<=[^s])s$"),
}
_HUMP = re.compile(r"[a-zåäö]\d*[A-ZÅÄÖ]")  # within a name like AgriTourism4All
_WITHIN = re.compile(r"[A-ZÅÄÖ](?<=[a-zåäö\d][A-ZÅÄÖ])")  # where there may be one; capitals are few, so this is fast
_NAMED = re.compile(r"[A-ZÅÄÖ][a-zåäö]{3,}")
_ACRONYM = re.compile(r"^([A-ZÅÄÖ]{2,})s$")  # SMEs, NGOs
